"""moto's HTTP and WebSocket APIs, with what they lack: deployments, and stages of one."""

from __future__ import annotations

from typing import Any, ClassVar

from moto.apigatewayv2 import models as moto_models


class Api(moto_models.Api):
    """An HTTP or WebSocket API."""

    def __init__(self, *given: Any, **told: Any) -> None:
        super().__init__(*given, **told)
        self.deployments: dict[str, Any] = {}


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
        return {**told, "deploymentId": self.deployment_id} if self.deployment_id else told
