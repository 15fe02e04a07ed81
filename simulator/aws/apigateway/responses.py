"""Calls of API Gateway's first generation that moto lacks or reads wrongly."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from moto.apigateway.exceptions import (
    BadRequestException,
    NoIntegrationDefined,
    StageNotFoundException,
)
from moto.apigateway.responses import APIGatewayResponse
from moto.core.responses import TYPE_RESPONSE
from moto.core.utils import iso_8601_datetime_without_milliseconds, utcnow

from simulator.aws.apigateway import patches
from simulator.aws.apigateway.answers import STATUS
from simulator.aws.apigateway.deployed import picture
from simulator.aws.apigateway.documentation import DocumentationCalls
from simulator.aws.apigateway.doors import Api
from simulator.aws.apigateway.front import Front
from simulator.aws.apigateway.more_calls import MoreCalls
from simulator.aws.apigateway.stages import percent
from simulator.aws.apigateway.tags import Tagging
from simulator.aws.apigateway.written import EXTENSION
from simulator.aws.openapi import export


class RestResponses(Tagging, MoreCalls, DocumentationCalls):
    """moto's, with deployments, exports, tests, tags, documentation and patches."""

    def create_rest_api(self) -> TYPE_RESPONSE:
        """As moto, with the binary media types it forgets, and as a copy of another API."""
        source = self._get_param("cloneFrom")
        original = self.backend.get_rest_api(source) if source else None
        answer = super().create_rest_api()
        types = self._get_param("binaryMediaTypes")
        if answer[0] != 200 or (not types and original is None):
            return answer
        api = self.backend.get_rest_api(json.loads(answer[2])["id"])
        if original is not None:
            shown = picture(original, keep=False)
            copy = export.Export(shown, "oas30", frozenset({"apigateway"}))
            document = copy.document({"title": api.name}, "", "")
            self.backend.put_rest_api(api.id, document, fail_on_warnings=False, mode="overwrite")
        if types:
            api.binaryMediaTypes = list(types)
        return 200, {}, json.dumps(api.to_dict())

    def create_stage(self) -> TYPE_RESPONSE:
        """As moto, with a canary; deployments must be there."""
        api = self.backend.get_rest_api(self.path.split("/")[2])
        canary = self._get_param("canarySettings")
        self._deployed(api, self._get_param("deploymentId"), canary)
        percent((canary or {}).get("percentTraffic") or 0)
        answer = super().create_stage()
        stage: Any = api.stages[self._get_param("stageName")]
        stage.documentation_version = self._get_param("documentationVersion")
        if canary:
            stage.set_canary(canary)
        return 201, {"status": 201}, json.dumps(stage.to_json()) if canary else answer[2]

    @staticmethod
    def _deployed(api: Any, deployment_id: Any, canary: Any = None) -> None:
        for wanted in (deployment_id, (canary or {}).get("deploymentId")):
            if wanted and wanted not in api.deployments:
                raise BadRequestException("Deployment id does not exist")

    def create_deployment(self) -> TYPE_RESPONSE:
        """As moto, to a stage's canary too."""
        api = self.backend.get_rest_api(self.path.split("/")[2])
        name, canary = self._get_param("stageName"), self._get_param("canarySettings")
        stage: Any = api.stages.get(name) if name else None
        told = "Invalid deployment content specified."
        if canary is None:
            if stage is not None and stage.canary_settings:
                told += (
                    f"Stage {name} has a canary: deploy to it, or remove it from the stage first"
                )
                raise BadRequestException(told)
            return super().create_deployment()
        if not name:
            told += "Non null and non empty stageName must be provided for canary deployment. "
            raise BadRequestException(f"{told}Provided value is {'null' if name is None else ''}")
        if stage is None:
            told += (
                f"Stage {name} must already be created before making a canary release deployment"
            )
            raise BadRequestException(told)
        percent(canary.get("percentTraffic") or 0)
        made = self.backend.create_deployment(api.id, "", self._get_param("description") or "")
        stage.set_canary(canary, made.id)
        return 201, {"status": 201}, json.dumps(made.to_json())

    def update_stage(self) -> str:
        """As moto; a deployment that it names must be there."""
        api = self.backend.get_rest_api(self.path.split("/")[2])
        for operation in self._get_param("patchOperations") or ():
            path = str(operation.get("path"))
            if path.endswith("/deploymentId") and operation.get("op") == "replace":
                self._deployed(api, operation.get("value"))
        return super().update_stage()

    def get_export(self) -> TYPE_RESPONSE:
        """What a stage shows as an OpenAPI document."""
        parts = self.path.rstrip("/").split("/")
        stage_name, kind = unquote(parts[4]), parts[6]
        api: Any = self.backend.apis.get(parts[2])
        stage = api.stages.get(stage_name) if api is not None else None
        if stage is None:
            raise StageNotFoundException
        if kind not in export.KINDS:
            raise BadRequestException(f"No API exporter for type '{kind}'")
        deployment = api.deployments.get(stage.deployment_id)
        shown = getattr(deployment, "picture", None) or picture(api, keep=False)
        asked = str(self._get_param("extensions") or "")
        extensions = frozenset(each.strip() for each in asked.split(",") if each.strip())
        if unknown := sorted(extensions - export.EXTENSIONS):
            raise BadRequestException(f"Unknown extension '{unknown[0]}'")
        if "postman" in extensions:
            raise NotImplementedError("exports with Postman extensions")
        version = api.version
        if version == "V1":  # moto's, where nobody gave one
            version = iso_8601_datetime_without_milliseconds(utcnow())
        about = {"description": api.description, "version": version, "title": api.name}
        domain = f"{api.id}.execute-api.{self.region}.amazonaws.com"
        told = export.Export(shown, kind, extensions).document(about, domain, stage_name)
        version_of = api.documentation.versions.get(stage.documentation_version)
        if version_of is not None and "apigateway" in extensions:
            told[EXTENSION] = {"version": version_of["version"], **version_of["parts"]}
        media_type = str(self.headers.get("Accept") or "")
        suffix = "yaml" if "yaml" in media_type else "json"
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Disposition": f'attachment; filename="{kind}_{version}.{suffix}"',
        }
        return 200, headers, export.as_text(told, media_type).encode()

    def test_invoke_method(self) -> TYPE_RESPONSE:
        """Call a method as it is now, deployed or not."""
        parts = self.path.split("/")
        api_id, resource_id, verb = parts[2], parts[4], unquote(parts[6])
        state = self.backend.get_rest_api(api_id)
        resource = self.backend.get_resource(api_id, resource_id)
        method = resource.get_method(verb)
        api = Api("REST", api_id, self.current_account, self.region, state)
        asked = self.made_up("GET" if verb == "ANY" else verb, resource.get_path())
        return 200, {}, json.dumps(self.front.test(api, resource, method, asked, self._variables()))

    def update_resource(self) -> TYPE_RESPONSE:
        """Change a resource's path part or parent."""
        return self._patched(self._resource(), patches.RESOURCE, "to_dict")

    def update_method(self) -> TYPE_RESPONSE:
        """Change a method's settings."""
        return self._patched(self._method(), patches.METHOD)

    def update_method_response(self) -> TYPE_RESPONSE:
        """Change a method response."""
        found = self._method().get_response(self.path.split("/")[8])
        return self._patched(found, patches.METHOD_RESPONSE, status=201)

    def update_integration(self) -> TYPE_RESPONSE:
        """Change a method's integration."""
        return self._patched(self._method().method_integration, patches.INTEGRATION)

    def update_integration_response(self) -> TYPE_RESPONSE:
        """Change an integration response."""
        integration = self._method().method_integration
        if integration is None:
            raise NoIntegrationDefined
        found = integration.get_integration_response(self.path.split("/")[9])
        return self._patched(found, patches.INTEGRATION_RESPONSE)

    def update_gateway_response(self) -> TYPE_RESPONSE:
        """Change a gateway response; one that is AWS's default becomes the API's own."""
        _, _, api_id, _, kind = self.path.rstrip("/").split("/")
        api = self.backend.get_rest_api(api_id)
        if kind not in api.gateway_responses:
            status: Any = STATUS.get(kind)
            text = {"application/json": '{"message":$context.error.messageString}'}
            api.put_gateway_response(kind, status, {}, text)
        return self._patched(api.gateway_responses[kind], patches.GATEWAY_RESPONSE)

    def update_model(self) -> TYPE_RESPONSE:
        """Change a model's schema or description."""
        parts = self.path.split("/")
        return self._patched(self.backend.get_model(parts[2], parts[4]), patches.MODEL)

    def update_deployment(self) -> TYPE_RESPONSE:
        """Change a deployment's description."""
        parts = self.path.split("/")
        found = self.backend.get_deployment(parts[2], parts[4])
        return self._patched(found, patches.DEPLOYMENT)

    def _resource(self) -> Any:
        parts = self.path.split("/")
        return self.backend.get_resource(parts[2], parts[4])

    def _method(self) -> Any:
        return self._resource().get_method(unquote(self.path.split("/")[6]))

    def _patched(
        self, thing: Any, fields: dict[str, str], tell: str = "to_json", status: int = 200
    ) -> TYPE_RESPONSE:
        if thing is None:
            raise NoIntegrationDefined
        patches.patch(thing, self._get_param("patchOperations") or (), fields)
        return status, {}, json.dumps(getattr(thing, tell)())

    def _variables(self) -> dict[str, str]:
        return dict(self._get_param("stageVariables") or {})

    def flush_stage_authorizers_cache(self) -> TYPE_RESPONSE:
        """Forget what Lambda authorizers answered."""
        parts = self.path.split("/")
        self.backend.get_stage(parts[2], unquote(parts[4]))
        self.front.authorisers.kept.flush(parts[2], unquote(parts[4]))
        return 202, {}, ""

    def flush_stage_cache(self) -> TYPE_RESPONSE:
        """Forget the answers that a stage has kept."""
        parts = self.path.split("/")
        self.backend.get_stage(parts[2], unquote(parts[4]))
        self.front.caches.kept.flush(parts[2], unquote(parts[4]))
        return 202, {}, ""


def put_in(url_paths: dict[str, Any], front: Front) -> None:
    """Let ours answer where moto's did, and at the addresses it does not know."""
    RestResponses.front = front
    for path, handler in list(url_paths.items()):
        if getattr(handler, "__self__", None) is APIGatewayResponse:
            url_paths[path] = RestResponses.dispatch
    stage = "{0}/restapis/(?P<function_id>[^/]+)/stages/(?P<stage_name>[^/]+)"
    url_paths[f"{stage}/cache/(?P<what>authorizers|data)/?$"] = RestResponses.dispatch
    written = "{0}/restapis/(?P<function_id>[^/]+)/documentation/(?P<what>parts|versions)"
    url_paths[f"{written}(?:/(?P<part_id>[^/]+))?/?$"] = RestResponses.dispatch
    plan = "{0}/usageplans/(?P<usage_plan_id>[^/]+)"
    url_paths[f"{plan}/keys/(?P<api_key_id>[^/]+)/usage/?$"] = RestResponses.dispatch
    url_paths[f"{plan}/usage/?$"] = RestResponses.dispatch
