"""REST APIs: route, authorise, throttle, validate, integrate, and refuse in the API's own words."""

from __future__ import annotations

import json
from typing import Any

from simulator.aws.apigateway import compression, validate
from simulator.aws.apigateway.answers import Answer, Refused, plain
from simulator.aws.apigateway.authorise import Authorisers
from simulator.aws.apigateway.caches import Caches
from simulator.aws.apigateway.deployed import Deployed, picture, route
from simulator.aws.apigateway.exchange import Exchange
from simulator.aws.apigateway.integrate import Integrations
from simulator.aws.apigateway.mapping import from_request
from simulator.aws.apigateway.plans import Plans
from simulator.aws.apigateway.templates import TemplateFailed, render

PAYLOAD_LIMIT_BYTES = 10 * 1024 * 1024
"""The largest body of a request ("Quotas for configuring and running a REST API")."""


class RestApis:
    """Answers calls of REST APIs from what their stages' deployments hold."""

    def __init__(
        self,
        integrations: Integrations,
        authorisers: Authorisers,
        plans: Plans,
        caches: Caches,
    ) -> None:
        self._caches = caches
        self._integrations = integrations
        self._authorisers = authorisers
        self._plans = plans

    def answer(self, exchange: Exchange) -> Answer:
        """The answer to a call, by an integration or by the gateway itself."""
        deployed: Deployed | None = None
        try:
            deployed = self._deployed(exchange)
            smallest = exchange.api.state.minimum_compression_size
            if smallest is not None:
                exchange.asked = compression.unpacked(exchange.asked)
            answer = self._answered(exchange, deployed)
            if smallest is not None:
                compression.pack(exchange.asked, answer, int(smallest))
        except Refused as refused:
            exchange.refused = refused
            answer = refusal(exchange, refused, deployed)
        answer.default("x-amzn-RequestId", exchange.ids.request)
        answer.default("x-amz-apigw-id", exchange.ids.extended)
        return answer

    @staticmethod
    def _deployed(exchange: Exchange) -> Deployed:
        api = exchange.api.state
        stage = exchange.stage
        if stage is None:
            raise Refused(
                "MISSING_AUTHENTICATION_TOKEN",
                "Forbidden",
                error_type="ForbiddenException",
                why=f"there is no stage {exchange.stage_name!r}",
            )
        deployment = api.deployments.get(exchange.deployment_id)
        kept: Deployed | None = getattr(deployment, "picture", None)
        if kept is None:
            raise Refused(
                "MISSING_AUTHENTICATION_TOKEN",
                "Missing Authentication Token",
                why=f"the stage {exchange.stage_name!r} has no deployment",
            )
        return kept

    def _answered(self, exchange: Exchange, deployed: Deployed) -> Answer:
        asked = exchange.asked
        exchange.binary_types = deployed.binary_types
        if len(asked.body) > PAYLOAD_LIMIT_BYTES:
            told = f"HTTP content length exceeded {PAYLOAD_LIMIT_BYTES} bytes."
            raise Refused("REQUEST_TOO_LARGE", told)
        found = route(deployed, asked.method, asked.raw_path)
        if found is None:
            raise Refused(
                "MISSING_AUTHENTICATION_TOKEN",
                "Missing Authentication Token",
                why=f"the deployment has no {asked.method} {asked.path}",
            )
        place, method, exchange.path_parameters = found
        exchange.resource_id, exchange.resource_path = place.id, place.path
        self._begin(exchange)
        self._authorisers.check(exchange, deployed, method)
        if method.api_key_required:
            self._plans.check_key(exchange, deployed.key_source == "AUTHORIZER")
        self._plans.hold_stage(exchange)
        validate.check(exchange, deployed, method)
        key = self._caches.key(exchange, method)
        if key is not None and (kept := self._caches.get(key)) is not None:
            exchange.from_cache = True
            return kept
        answer = self._integrations.answer(exchange, method)
        if key is not None:
            exchange.from_cache = False
            self._caches.put(key, exchange, answer)
        return answer

    @staticmethod
    def _begin(exchange: Exchange) -> None:
        if exchange.trace is not None:
            asked, ids = exchange.asked, exchange.ids
            values = exchange.path_parameters
            exchange.trace.asked(asked, ids.request, values, exchange.resource_path)

    def test(self, exchange: Exchange, method: Any) -> Answer:
        """TestInvokeMethod: what the method answers now, without authoriser, key or throttle."""
        deployed = picture(exchange.api.state, keep=False)
        exchange.binary_types = deployed.binary_types
        self._begin(exchange)
        try:
            validate.check(exchange, deployed, method)
            return self._integrations.answer(exchange, method)
        except Refused as refused:
            exchange.refused = refused
            return refusal(exchange, refused, deployed)


def refusal(exchange: Exchange, refused: Refused, deployed: Deployed | None) -> Answer:
    """A refusal as the API's gateway responses shape it (Developer Guide, "Gateway responses")."""
    custom = _custom(deployed.gateway_responses, refused) if deployed is not None else None
    if custom is None:
        answer = plain(refused)
        answer.default("x-amzn-ErrorType", refused.error_type)
        return answer
    status = int(custom.status_code) if custom.status_code else refused.status
    answer = Answer(status, b"", [("Content-Type", "application/json"), *refused.headers.items()])
    templates = custom.response_templates or {}
    accept = (exchange.asked.header("accept") or "").partition(",")[0].strip()
    kind = accept if accept in templates else "application/json"
    template = templates.get(kind) or (next(iter(templates.values())) if templates else None)
    if template is None:
        answer.body = plain(refused).body
    else:
        answer.put("Content-Type", kind if kind in templates else next(iter(templates)))
        answer.body = _written(template, exchange, refused).encode()
    for target, expression in (custom.response_parameters or {}).items():
        name = target.removeprefix("gatewayresponse.header.")
        value = from_request(str(expression), exchange)
        if value is not None:
            answer.put(name, value)
    answer.default("x-amzn-ErrorType", refused.error_type)
    return answer


def _custom(responses: dict[str, Any], refused: Refused) -> Any:
    if refused.kind in responses:
        return responses[refused.kind]
    default = "DEFAULT_5XX" if refused.default_status >= 500 else "DEFAULT_4XX"
    return responses.get(default)


def _written(template: str, exchange: Exchange, refused: Refused) -> str:
    error = {
        "message": refused.message,
        "messageString": json.dumps(refused.message),
        "responseType": refused.kind,
        "validationErrorString": refused.validation,
    }
    try:
        return render(template, exchange, exchange.asked.body, error=error)
    except TemplateFailed:
        return json.dumps({"message": refused.message})
