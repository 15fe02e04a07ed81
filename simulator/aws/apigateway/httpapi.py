"""HTTP APIs: CORS, route, authorise, throttle, integrate."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from simulator.aws.apigateway import parameters, proxy, subtypes
from simulator.aws.apigateway.answers import Answer, Refused, plain
from simulator.aws.apigateway.cors import Cors
from simulator.aws.apigateway.exchange import Exchange
from simulator.aws.apigateway.gates import Gates
from simulator.aws.apigateway.integrate import with_variables
from simulator.aws.apigateway.lambdas import Lambdas, NotInvoked
from simulator.aws.apigateway.outbound import NotServed, Outbound, Unreachable, filled
from simulator.aws.apigateway.plans import Plans
from simulator.aws.apigateway.routes import in_force, route
from simulator.http import HttpRequest

TIMEOUT_S = 30.0
"""How long an integration may take at most ("Quotas for HTTP APIs")."""
PAYLOAD_LIMIT_BYTES = 10 * 1024 * 1024

_NOT_FORWARDED = ("host",)
_NOT_RETURNED = ("connection", "content-length", "transfer-encoding")


class HttpApis:
    """Answers calls of HTTP APIs."""

    def __init__(
        self,
        lambdas: Lambdas,
        outbound: Outbound,
        gates: Gates,
        plans: Plans,
        callers: subtypes.Callers,
    ) -> None:
        self._lambdas = lambdas
        self._outbound = outbound
        self._gates = gates
        self._plans = plans
        self._callers = callers

    def answer(self, exchange: Exchange) -> Answer:
        """The answer to a call."""
        cors = Cors(exchange.api.state.cors_configuration)
        try:
            answer = self._answered(exchange, cors)
        except Refused as refused:
            exchange.refused = refused
            answer = plain(refused)
        cors.apply(exchange.asked, answer)
        answer.default("apigw-requestid", exchange.ids.extended)
        return answer

    def _answered(self, exchange: Exchange, cors: Cors) -> Answer:
        asked, stage = exchange.asked, exchange.stage
        if stage is None:
            raise _not_found(f"there is no stage {exchange.stage_name!r}")
        if len(asked.body) > PAYLOAD_LIMIT_BYTES:
            raise Refused("REQUEST_TOO_LARGE", "Request Entity Too Large")
        if cors.is_preflight(asked):
            exchange.resource_path = "OPTIONS"
            return cors.preflight(asked)
        deployed = in_force(exchange.api, stage)
        found = route(list(deployed.routes.values()), asked.method, asked.raw_path)
        if found is None:
            raise _not_found(f"no route fits {asked.method} {asked.path}")
        chosen, exchange.path_parameters = found
        exchange.resource_path = chosen.route_key
        exchange.resource_id = chosen.route_id
        if chosen.route_key == "$default":
            exchange.path_parameters = {}
        self._throttle(exchange)
        self._gates.check(exchange, deployed, chosen)
        integration = deployed.integrations.get(str(chosen.target or "").rpartition("/")[2])
        if integration is None:
            raise _internal(f"the route {chosen.route_key} has no integration")
        try:
            with exchange.integrating():
                return self._integrated(exchange, integration)
        except NotInvoked as error:
            if error.kind in ("timeout", "throttled"):
                raise _unavailable(str(error)) from error
            raise _internal(str(error)) from error
        except proxy.Malformed as error:
            raise _internal(str(error)) from error
        except Unreachable as error:
            raise _unavailable(str(error)) from error
        except NotServed as error:
            told = f"{error} are not implemented by Paddock"
            raise Refused("API_CONFIGURATION_ERROR", told, status=501, why=told) from error

    def _throttle(self, exchange: Exchange) -> None:
        stage = exchange.stage
        key = exchange.resource_path
        settings = {**(stage.default_route_settings or {}), **(stage.route_settings or {}).get(
            key, {}
        )}  # fmt: skip
        rate, burst = settings.get("throttlingRateLimit"), settings.get("throttlingBurstLimit")
        if rate is not None or burst is not None:
            self._plans.take((exchange.api.id, exchange.stage_name, key), rate, burst)
        self._plans.hold_account(exchange)

    def _integrated(self, exchange: Exchange, integration: Any) -> Answer:
        kind = str(integration.integration_type or "").upper()
        if kind == "AWS_PROXY" and integration.integration_subtype:
            answer = self._callers.answer(exchange, integration)
        elif kind == "AWS_PROXY":
            answer = self._function(exchange, integration)
        elif integration.connection_type == "VPC_LINK":
            raise NotServed("private integrations (VPC links)")
        elif kind == "HTTP_PROXY":
            answer = self._http(exchange, integration)
        else:
            raise NotServed(f"integrations of type {kind!r} with HTTP APIs")
        exchange.integration_status = answer.status
        parameters.shape_response(exchange, integration.response_parameters or {}, answer)
        return answer

    def _function(self, exchange: Exchange, integration: Any) -> Answer:
        version = str(integration.payload_format_version or "1.0")
        event = proxy.event_1_0(exchange) if version == "1.0" else proxy.event_2_0(exchange)
        invoked = self._lambdas.invoke(
            with_variables(str(integration.integration_uri), exchange),
            exchange.api,
            _sources(exchange),
            json.dumps(event, separators=(",", ":")).encode(),
            timeout_s=timeout_s(integration),
            role=integration.credentials_arn,
        )
        exchange.integration_request_id = invoked.request_id
        if invoked.failed:
            told = invoked.payload.decode(errors="replace")
            exchange.integration_error = told
            raise _internal(f"the function failed: {told}")
        return proxy.http_answer(invoked.payload, version)

    def _http(self, exchange: Exchange, integration: Any) -> Answer:
        asked = exchange.asked
        uri = with_variables(str(integration.integration_uri), exchange)
        uri = filled(uri, exchange.path_parameters, encoded=False)
        headers = {n: v for n, v in asked.headers if n.lower() not in _NOT_FORWARDED}
        headers |= {
            "Forwarded": f"for={asked.source_ip};host={exchange.domain};proto=https",
            "X-Amzn-Trace-Id": exchange.ids.trace,
        }
        shaped = parameters.shape_request(
            exchange, integration.request_parameters or {}, headers, list(asked.query)
        )
        method = str(integration.integration_method or "ANY")
        method = asked.method if method == "ANY" else method
        if shaped.path is not None:
            scheme, _, rest = uri.partition("://")
            uri = f"{scheme}://{rest.partition('/')[0]}{shaped.path}"
        if shaped.query:
            uri += ("&" if "?" in uri else "?") + urlencode(shaped.query)
        request = HttpRequest(method, uri, shaped.headers, asked.body)
        answer = self._outbound.send(request, exchange.api, timeout_s(integration), asked.address)
        answer.headers = [p for p in answer.headers if p[0].lower() not in _NOT_RETURNED]
        return answer


def timeout_s(integration: Any) -> float:
    """How long an integration may take."""
    stated = integration.timeout_in_millis
    return min(int(stated) / 1000, TIMEOUT_S) if stated else TIMEOUT_S


def _sources(exchange: Exchange) -> tuple[str, ...]:
    """What permissions name: the route's ARN ("Create a Lambda authorizer", permissions)."""
    method, _, path = exchange.resource_path.partition(" ")
    stem = exchange.stage_arn
    if not path:
        return (f"{stem}/{method}", exchange.arn)
    return (f"{stem}/{method}{path}", f"{stem}/*{path}", exchange.arn, exchange.template_arn)


def _not_found(why: str) -> Refused:
    return Refused("RESOURCE_NOT_FOUND", "Not Found", why=why)


def _internal(why: str) -> Refused:
    return Refused("API_CONFIGURATION_ERROR", "Internal Server Error", why=why)


def _unavailable(why: str) -> Refused:
    return Refused("INTEGRATION_FAILURE", "Service Unavailable", status=503, why=why)
