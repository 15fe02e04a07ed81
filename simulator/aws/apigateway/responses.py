"""Calls of API Gateway's first generation that moto lacks or reads wrongly."""

from __future__ import annotations

import json
from typing import Any, ClassVar
from urllib.parse import parse_qsl, unquote, urlsplit

from moto.apigateway.exceptions import NoIntegrationDefined
from moto.apigateway.responses import APIGatewayResponse
from moto.core.responses import TYPE_RESPONSE

from simulator.aws.apigateway import patches
from simulator.aws.apigateway.answers import STATUS
from simulator.aws.apigateway.asked import Asked
from simulator.aws.apigateway.doors import Api
from simulator.aws.apigateway.front import Front
from simulator.aws.apigateway.tags import Tagging


class RestResponses(Tagging, APIGatewayResponse):
    """moto's, and TestInvokeMethod, GetUsage, FlushStageAuthorizersCache."""

    front: ClassVar[Front]

    def create_rest_api(self) -> TYPE_RESPONSE:
        """As moto, with the binary media types it forgets."""
        answer = super().create_rest_api()
        types = self._get_param("binaryMediaTypes")
        if answer[0] != 200 or not types:
            return answer
        api = self.backend.get_rest_api(json.loads(answer[2])["id"])
        api.binaryMediaTypes = list(types)
        return 200, {}, json.dumps(api.to_dict())

    def create_stage(self) -> TYPE_RESPONSE:
        """As moto; a canary is refused."""
        self._no_canary()
        return super().create_stage()

    def create_deployment(self) -> TYPE_RESPONSE:
        """As moto; a canary is refused."""
        self._no_canary()
        return super().create_deployment()

    def update_stage(self) -> str:
        """As moto; a canary is refused."""
        for operation in self._get_param("patchOperations") or ():
            if "canarySettings" in str(operation.get("path")):
                self._refuse_canary()
        return super().update_stage()

    def _no_canary(self) -> None:
        if self._get_param("canarySettings"):
            self._refuse_canary()

    @staticmethod
    def _refuse_canary() -> None:
        raise NotImplementedError("canary releases: deploy to a stage of its own instead")

    def test_invoke_method(self) -> TYPE_RESPONSE:
        """Call a method as it is now, deployed or not."""
        parts = self.path.split("/")
        api_id, resource_id, verb = parts[2], parts[4], unquote(parts[6])
        state = self.backend.get_rest_api(api_id)
        resource = self.backend.get_resource(api_id, resource_id)
        method = resource.get_method(verb)
        api = Api("REST", api_id, self.current_account, self.region, state)
        told = self._get_param("pathWithQueryString") or resource.get_path()
        url = urlsplit(str(told))
        headers = self._get_param("headers") or {}
        several = self._get_param("multiValueHeaders") or {}
        lines = [(n, v) for n, values in several.items() for v in values]
        lines += [(n, v) for n, v in headers.items() if n not in several]
        asked = Asked(
            method="GET" if verb == "ANY" else verb,
            raw_path=url.path or "/",
            raw_query=url.query,
            headers=tuple(lines),
            body=(self._get_param("body") or "").encode(),
            host="testPrefix.testDomainName",
            source_ip="test-invoke-source-ip",
            query=tuple(parse_qsl(url.query, keep_blank_values=True)),
        )
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
        self.front.authorisers.flush(parts[2], unquote(parts[4]))
        return 202, {}, ""

    def flush_stage_cache(self) -> TYPE_RESPONSE:
        """Forget the answers that a stage has kept."""
        parts = self.path.split("/")
        self.backend.get_stage(parts[2], unquote(parts[4]))
        self.front.caches.flush(parts[2], unquote(parts[4]))
        return 202, {}, ""

    def get_usage(self) -> TYPE_RESPONSE:
        """What the keys of a plan used and had left, day by day."""
        plan = self.backend.get_usage_plan(self.path.split("/")[2])
        begin, end = str(self._get_param("startDate")), str(self._get_param("endDate"))
        limit = (plan.quota or {}).get("limit")
        wanted = self._get_param("keyId")
        items: dict[str, list[list[int]]] = {}
        for (plan_id, key, day), count in sorted(self.front.plans.used.items()):
            if plan_id == plan.id and begin <= day <= end and wanted in (None, key):
                left = max(0, int(limit) - count) if limit is not None else 0
                items.setdefault(key, []).append([count, left])
        told = {"usagePlanId": plan.id, "startDate": begin, "endDate": end, "values": items}
        return 200, {}, json.dumps(told)


def put_in(url_paths: dict[str, Any], front: Front) -> None:
    """Let ours answer where moto's did, and at the addresses it does not know."""
    RestResponses.front = front
    for path, handler in list(url_paths.items()):
        if getattr(handler, "__self__", None) is APIGatewayResponse:
            url_paths[path] = RestResponses.dispatch
    stage = "{0}/restapis/(?P<function_id>[^/]+)/stages/(?P<stage_name>[^/]+)"
    url_paths[f"{stage}/cache/(?P<what>authorizers|data)/?$"] = RestResponses.dispatch
    url_paths["{0}/usageplans/(?P<usage_plan_id>[^/]+)/usage/?$"] = RestResponses.dispatch
