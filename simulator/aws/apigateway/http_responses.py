"""Calls of API Gateway's second generation that moto lacks: deployments, stages, quick create."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import unquote

from moto.apigatewayv2.exceptions import APIGatewayV2Error, BadRequestException
from moto.apigatewayv2.responses import ApiGatewayV2Response
from moto.core.responses import TYPE_RESPONSE
from moto.core.utils import utcnow

from simulator.aws.apigateway.doors import Api
from simulator.aws.apigateway.http_models import Stage
from simulator.aws.apigateway.routes import Deployment, in_force
from simulator.aws.openapi import export, http_export

if TYPE_CHECKING:
    from simulator.aws.apigateway import Apis

_API_MAPPING = {"apiId": "api_id", "apiMappingKey": "api_mapping_key", "stage": "stage"}
_DOMAIN_NAME = {
    "domainNameConfigurations": "domain_name_configurations",
    "mutualTlsAuthentication": "mutual_tls_authentication",
}
_ROUTE_RESPONSE = {
    "modelSelectionExpression": "model_selection_expression",
    "responseModels": "response_models",
    "routeResponseKey": "route_response_key",
}


class DeploymentNotFound(APIGatewayV2Error):
    """There is no such deployment."""

    code = 404

    def __init__(self, deployment_id: str) -> None:
        told = f"Unable to find Deployment by ID {deployment_id} within this API"
        super().__init__("NotFoundException", told)


class HttpResponses(ApiGatewayV2Response):
    """moto's, and what it lacks."""

    apis: ClassVar[Apis]

    def create_api(self) -> TYPE_RESPONSE:
        """As moto, and with a target all that makes it callable ("quick create")."""
        answer = super().create_api()
        target = self._get_param("target")
        told = json.loads(answer[2])
        if not target:
            return answer
        backend = self.apigatewayv2_backend
        api = backend.get_api(told["apiId"])
        is_lambda = str(target).startswith("arn:")
        integration = api.create_integration(
            connection_type="INTERNET",
            description="",
            integration_method="POST" if is_lambda else "ANY",
            integration_type="AWS_PROXY" if is_lambda else "HTTP_PROXY",
            integration_uri=target,
            credentials_arn=self._get_param("credentialsArn"),
            payload_format_version="2.0" if is_lambda else "1.0",
        )
        api.create_route(
            api_key_required=False,
            authorization_scopes=[],
            route_key=self._get_param("routeKey") or "$default",
            target=f"integrations/{integration.id}",
        )
        api.create_stage({"stageName": "$default", "autoDeploy": True})
        return answer

    def create_stage(self) -> TYPE_RESPONSE:
        """As moto; names are unique, and a deployment must be there."""
        api, told = self._api(), json.loads(self.body)
        if told["stageName"] in api.stages:
            raise _Conflict("Stage already exists")
        self._deployed(api, told, bool(told.get("autoDeploy")))
        return super().create_stage()

    def update_stage(self) -> TYPE_RESPONSE:
        """Change a stage's settings."""
        api, told = self._api(), json.loads(self.body)
        stage: Any = api.get_stage(unquote(self.path.split("/")[-1]))
        self._deployed(api, told, bool(told.get("autoDeploy", stage.auto_deploy)))
        shown = api.deployments.get(stage.deployment_id)
        if shown is not None and told.get("autoDeploy") is False:
            shown.keep()  # the stage stays at it
        for name, attribute in Stage.SETTINGS.items():
            if name in told:
                setattr(stage, attribute, told[name])
        if told.get("autoDeploy"):
            api.deploy_by_itself()
        stage.updated = utcnow()
        return 200, {}, json.dumps(stage.to_json())

    def create_deployment(self) -> TYPE_RESPONSE:
        """Keep the API's routes and integrations as they are, and show them in a stage."""
        api, told = self._api(), json.loads(self.body or "{}")
        if not api.routes and api.protocol_type == "WEBSOCKET":
            raise BadRequestException("At least one route is required before deploying the Api.")
        stage: Any = api.get_stage(told["stageName"]) if told.get("stageName") else None
        deployment = Deployment(api, told.get("description") or "")
        api.deployments[deployment.deployment_id] = deployment
        if stage is not None and not stage.auto_deploy:
            stage.deployment_id = deployment.deployment_id
        return 201, {}, json.dumps(deployment.to_json())

    def get_deployments(self) -> TYPE_RESPONSE:
        """All deployments of an API."""
        items = [each.to_json() for each in self._api().deployments.values()]
        return 200, {}, json.dumps({"items": items})

    def get_deployment(self) -> TYPE_RESPONSE:
        """One deployment."""
        return 200, {}, json.dumps(self._deployment().to_json())

    def update_deployment(self) -> TYPE_RESPONSE:
        """Change a deployment's description."""
        deployment = self._deployment()
        deployment.description = json.loads(self.body).get("description") or ""
        return 200, {}, json.dumps(deployment.to_json())

    def delete_deployment(self) -> TYPE_RESPONSE:
        """Forget a deployment that no stage shows."""
        deployment, api = self._deployment(), self._api()
        if any(stage.deployment_id == deployment.deployment_id for stage in api.stages.values()):
            raise BadRequestException("Active stages pointing to this deployment must be moved")
        del api.deployments[deployment.deployment_id]
        return 204, {}, ""

    def export_api(self) -> TYPE_RESPONSE:
        """What an HTTP API, or a stage of it, shows as an OpenAPI document."""
        api = self._api()
        if api.protocol_type != "HTTP":
            raise BadRequestException("Only HTTP APIs can be exported")
        if self.path.split("/")[5] != "OAS30":
            raise BadRequestException("Unsupported specification; it must be OAS30")
        name = self._get_param("stageName")
        shown = in_force(Api("HTTP", api.api_id, "", "", api), api.get_stage(name)) if name else api
        own = str(self._get_param("includeExtensions", "true")).lower() != "false"
        domain = f"{api.api_id}.execute-api.{self.region}.amazonaws.com"
        told = http_export.document(api, shown, domain, name, own)
        kind = str(self._get_param("outputType") or "JSON")
        return 200, {}, export.as_text(told, kind).encode()

    def get_authorizers(self) -> TYPE_RESPONSE:
        """All authorizers of an API."""
        items = [each.to_json() for each in self._api().authorizers.values()]
        return 200, {}, json.dumps({"items": items})

    def get_route_responses(self) -> TYPE_RESPONSE:
        """All responses of a route."""
        route = self._api().get_route(self.path.split("/")[5])
        items = [each.to_json() for each in route.route_responses.values()]
        return 200, {}, json.dumps({"items": items})

    def update_route_response(self) -> TYPE_RESPONSE:
        """Change a response of a route."""
        parts, told = self.path.split("/"), json.loads(self.body)
        found: Any = self._api().get_route(parts[5]).get_route_response(parts[7])
        for name, attribute in _ROUTE_RESPONSE.items():
            if name in told:
                setattr(found, attribute, told[name])
        return 200, {}, json.dumps(found.to_json())

    def update_api_mapping(self) -> TYPE_RESPONSE:
        """Let a path of a domain lead to another API or stage."""
        parts, told = self.path.split("/"), json.loads(self.body)
        found: Any = self.apigatewayv2_backend.get_api_mapping(parts[5], unquote(parts[3]))
        if "apiId" in told:
            self.apigatewayv2_backend.get_api(told["apiId"])
        for name, attribute in _API_MAPPING.items():
            if name in told:
                setattr(found, attribute, told[name])
        return 200, {}, json.dumps(found.to_json())

    def update_domain_name(self) -> TYPE_RESPONSE:
        """Change a domain's certificates or mutual TLS."""
        told = json.loads(self.body)
        found: Any = self.apigatewayv2_backend.get_domain_name(unquote(self.path.split("/")[3]))
        for name, attribute in _DOMAIN_NAME.items():
            if name in told:
                setattr(found, attribute, told[name])
        return 200, {}, json.dumps(found.to_json())

    def reset_authorizers_cache(self) -> TYPE_RESPONSE:
        """Forget what Lambda authorizers of a stage answered."""
        name = unquote(self.path.split("/")[5])
        self._api().get_stage(name)
        self.apis.front.gates.kept.flush(self._api().api_id, name)
        return 204, {}, ""

    def delete_access_log_settings(self) -> TYPE_RESPONSE:
        """Log no more calls of a stage."""
        self._api().get_stage(unquote(self.path.split("/")[5])).access_log_settings = None
        return 204, {}, ""

    def delete_route_settings(self) -> TYPE_RESPONSE:
        """Let a route have its stage's settings again."""
        parts = self.path.split("/")
        stage = self._api().get_stage(unquote(parts[5]))
        stage.route_settings.pop(unquote("/".join(parts[7:])), None)
        return 204, {}, ""

    def get_models(self) -> TYPE_RESPONSE:
        """All models of an API."""
        items = [each.to_json() for each in self._api().models.values()]
        return 200, {}, json.dumps({"items": items})

    def _api(self) -> Any:
        return self.apigatewayv2_backend.get_api(self.path.split("/")[3])

    def _deployment(self) -> Deployment:
        deployment_id = self.path.split("/")[5]
        found: Deployment | None = self._api().deployments.get(deployment_id)
        if found is None:
            raise DeploymentNotFound(deployment_id)
        return found

    @staticmethod
    def _deployed(api: Any, told: dict[str, Any], automatic: bool) -> None:
        deployment_id = told.get("deploymentId")
        if not deployment_id:
            return
        if deployment_id not in api.deployments:
            raise DeploymentNotFound(deployment_id)
        if automatic:
            raise BadRequestException("A stage with autoDeploy takes no deploymentId")
        api.deployments[deployment_id].keep()


class _Conflict(APIGatewayV2Error):
    code = 409

    def __init__(self, message: str) -> None:
        super().__init__("ConflictException", message)


def put_in(url_paths: dict[str, Any], apis: Apis) -> None:
    """Let ours answer where moto's did, and at the addresses it does not know."""
    HttpResponses.apis = apis
    for path, handler in list(url_paths.items()):
        if getattr(handler, "__self__", None) is ApiGatewayV2Response:
            url_paths[path] = HttpResponses.dispatch
    api = "{0}/v2/apis/(?P<api_id>[^/]+)"
    stage = "stages/(?P<stage_name>[^/]+)"
    for path in (
        "deployments",
        "deployments/(?P<deployment_id>[^/]+)",
        "exports/(?P<specification>[^/]+)",
        f"{stage}/accesslogsettings",
        f"{stage}/cache/authorizers",
        f"{stage}/routesettings/(?P<route_key>.+)",
    ):
        url_paths[f"{api}/{path}$"] = HttpResponses.dispatch
