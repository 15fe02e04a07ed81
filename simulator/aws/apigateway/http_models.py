"""moto's HTTP and WebSocket APIs, with what they lack: deployments, and stages of one."""

from __future__ import annotations

from typing import Any, ClassVar

from moto.apigatewayv2 import models as moto_models

from simulator.aws.apigateway.routes import Deployment

_AUTOMATIC = "Automatic deployment triggered by changes to the Api configuration"


class Api(moto_models.Api):
    """An HTTP or WebSocket API."""

    def __init__(self, *given: Any, **told: Any) -> None:
        super().__init__(*given, **told)
        self.deployments: dict[str, Deployment] = {}
        # Without a route selection expression AWS makes none; moto's tests do, and want https.
        if self.protocol_type == "WEBSOCKET" and told.get("route_selection_expression"):
            self.api_endpoint = self.api_endpoint.replace("https:", "wss:", 1)

    def create_stage(self, config: dict[str, Any]) -> moto_models.Stage:
        """As moto; a stage may deploy by itself at once."""
        stage = super().create_stage(config)
        self.deploy_by_itself()
        return stage

    def deploy_by_itself(self) -> None:
        """Deploy to stages with autoDeploy; of what was so deployed, only what is kept remains."""
        stages: list[Any] = list(self.stages.values())
        following = [stage for stage in stages if stage.auto_deploy]
        if not following or not self.routes:
            return
        made = Deployment(self, _AUTOMATIC, automatic=True)
        for stage in following:
            stage.deployment_id = made.deployment_id
        self.deployments = {n: each for n, each in self.deployments.items() if each.kept}
        self.deployments[made.deployment_id] = made


def _deploying(name: str) -> Any:
    """A change of moto's that stages with autoDeploy show."""
    change = getattr(moto_models.Api, name)

    def changed(self: Api, *given: Any, **told: Any) -> Any:
        answer = change(self, *given, **told)
        self.deploy_by_itself()
        return answer

    return changed


for _name in (
    *("create_route", "update_route", "delete_route"),
    *("create_integration", "update_integration", "delete_integration"),
    *("create_authorizer", "update_authorizer", "delete_authorizer"),
):
    setattr(Api, _name, _deploying(_name))


class Stage(moto_models.Stage):
    """A stage of an HTTP or WebSocket API."""

    default_route_settings: dict[str, Any]
    SETTINGS: ClassVar[dict[str, str]] = {
        "accessLogSettings": "access_log_settings",
        "autoDeploy": "auto_deploy",
        "clientCertificateId": "client_certificate_id",
        "defaultRouteSettings": "default_route_settings",
        "deploymentId": "deployment_id",
        "description": "description",
        "routeSettings": "route_settings",
        "stageVariables": "stage_variables",
    }

    def __init__(self, api: moto_models.Api, config: dict[str, Any]) -> None:
        super().__init__(api, config)
        self.deployment_id = config.get("deploymentId")

    def to_json(self) -> dict[str, Any]:
        """As the API tells it."""
        told = super().to_json()
        if not self.deployment_id:
            return told
        if self.auto_deploy:
            done = f"Successfully deployed stage with deployment ID '{self.deployment_id}'"
            told["lastDeploymentStatusMessage"] = done
        return {**told, "deploymentId": self.deployment_id}
