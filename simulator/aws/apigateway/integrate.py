"""Integrations of REST APIs: Lambda, HTTP, AWS services and mocks, with their mappings."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from simulator.aws.apigateway import contents, mapping, proxy
from simulator.aws.apigateway.answers import Answer, Refused
from simulator.aws.apigateway.exchange import Exchange
from simulator.aws.apigateway.headers import remapped, unmappable
from simulator.aws.apigateway.lambdas import Invoked, Lambdas, NotInvoked, function_arn
from simulator.aws.apigateway.outbound import (
    NotServed,
    Outbound,
    Unreachable,
    filled,
    split_uri,
)
from simulator.aws.apigateway.templates import TemplateFailed, render
from simulator.http import HttpRequest

TIMEOUT_S = 29.0
"""How long an integration may take unless it says otherwise ("Quotas for REST APIs")."""

_JSON = "application/json"
_STAGE_VARIABLE = re.compile(r"\$\{stageVariables\.([A-Za-z0-9_]+)\}")
_NOT_FORWARDED = ("host", "x-amzn-trace-id")
_SIGNATURE = "AWS4-HMAC-SHA256 "  # of Authorization: it was for API Gateway


@dataclass(frozen=True, slots=True)
class Result:
    """What an integration came to: `matched` is what selection patterns are held against."""

    answer: Answer
    matched: str
    mapped: bool
    """Whether integration responses shape it."""


def internal(why: str, status: int = 500) -> Refused:
    """The answer to whatever goes wrong behind an API."""
    kind = "INTEGRATION_FAILURE" if status == 502 else "API_CONFIGURATION_ERROR"
    return Refused(
        kind,
        "Internal server error",
        status=status,
        why=why,
        error_type="InternalServerErrorException",
    )


class Integrations:
    """Carries calls of REST APIs to what stands behind them."""

    def __init__(self, lambdas: Lambdas, outbound: Outbound) -> None:
        self._lambdas = lambdas
        self._outbound = outbound

    def answer(self, exchange: Exchange, method: Any) -> Answer:
        """The answer of a method's integration. Raises Refused."""
        integration = method.method_integration
        if integration is None:
            raise internal(f"{exchange.resource_path} has no integration")
        with self.failures():
            with exchange.integrating():
                answer = self._answered(exchange, integration)
            if str(integration.integration_type).upper() not in ("MOCK", "HTTP_PROXY"):
                answer.default("X-Amzn-Trace-Id", exchange.ids.trace)
            return answer

    @staticmethod
    @contextmanager
    def failures() -> Iterator[None]:
        """While open, what goes wrong behind the API becomes its answer: Refused."""
        try:
            yield
        except NotInvoked as error:
            raise _not_invoked(error) from error
        except contents.NotBase64 as error:
            raise internal(str(error)) from error
        except proxy.Malformed as error:
            raise internal(f"Malformed Lambda proxy response: {error}", 502) from error
        except TemplateFailed as error:
            raise internal(str(error)) from error
        except Unreachable as error:
            if error.timeout:
                raise timed_out(str(error)) from error
            told = "Network error communicating with endpoint"
            raise Refused("INTEGRATION_FAILURE", told, why=str(error)) from error
        except NotServed as error:
            told = f"{error} are not implemented by Paddock"
            raise Refused("API_CONFIGURATION_ERROR", told, status=501, why=told) from error

    def _answered(self, exchange: Exchange, integration: Any) -> Answer:
        kind = str(integration.integration_type or "").upper()
        if kind == "AWS_PROXY":
            return self._proxy(exchange, integration)
        result = self.result(exchange, integration)
        return _shaped(exchange, integration, result) if result.mapped else result.answer

    def result(self, exchange: Exchange, integration: Any) -> Result:
        """What stands behind an integration answers, when it is no Lambda proxy."""
        kind = str(integration.integration_type or "").upper()
        if integration.connection_type == "VPC_LINK":
            raise NotServed("private integrations (VPC links)")
        if kind == "AWS":
            result = self._aws(exchange, integration)
        elif kind in ("HTTP", "HTTP_PROXY"):
            result = self._http(exchange, integration, kind == "HTTP_PROXY")
        elif kind == "MOCK":
            result = self._mock(exchange, integration)
        else:
            raise NotServed(f"integrations of type {kind!r}")
        exchange.integration_status = result.answer.status
        return result

    def _proxy(self, exchange: Exchange, integration: Any) -> Answer:
        _must_post(integration)
        event = proxy.rest_event(exchange, exchange.takes_binary(exchange.asked.content_type))
        body = json.dumps(event, separators=(",", ":")).encode()
        invoked = self._invoke(exchange, integration, body)
        exchange.integration_status = 200
        if invoked.failed:
            raise internal(f"the function failed: {invoked.payload.decode(errors='replace')}", 502)
        accept = (exchange.asked.header("accept") or "").partition(",")[0].partition(";")[0]
        answer = proxy.rest_answer(invoked.payload, exchange.takes_binary(accept.strip()))
        answer.headers = remapped(answer.headers)
        return answer

    def _invoke(
        self, exchange: Exchange, integration: Any, body: bytes, later: bool = False
    ) -> Invoked:
        """Run an integration's function."""
        uri = uri_of(exchange, integration)
        if exchange.trace is not None:
            headers = {"X-Amzn-Trace-Id": exchange.ids.trace}
            exchange.trace.sent(endpoint_of(uri), headers, body)
        began_s = exchange.clock()
        invoked = self._lambdas.invoke(
            uri,
            exchange.api,
            (exchange.arn, exchange.template_arn),
            body,
            timeout_s=_timeout_s(integration),
            role=integration.credentials,
            later=later,
        )
        exchange.integration_request_id = invoked.request_id
        if exchange.trace is not None:
            told = [("x-amzn-RequestId", invoked.request_id)]
            answer = Answer(202 if later else 200, invoked.payload, told)
            exchange.trace.received(answer, exchange.clock() - began_s)
        return invoked

    def _aws(self, exchange: Exchange, integration: Any) -> Result:
        body, content_type = _request_body(exchange, integration)
        uri = uri_of(exchange, integration)
        parts = mapping.request_parts(integration.request_parameters, exchange)
        _mappable(parts[0], aws=True)
        if function_arn(uri) is None:
            if exchange.trace is not None:
                headers = {**parts[0], "Content-Type": content_type}
                exchange.trace.sent(endpoint_of(uri), headers, body)
            began_s = exchange.clock()
            answer = self._outbound.service(
                uri,
                integration.http_method or "POST",
                parts,
                body,
                content_type,
                exchange.api,
                _timeout_s(integration),
            )
            if exchange.trace is not None:
                exchange.trace.received(answer, exchange.clock() - began_s)
            return Result(answer, str(answer.status), True)
        _must_post(integration)
        later = any(
            name.lower() == "x-amz-invocation-type" and value == "Event"
            for name, value in parts[0].items()
        )
        invoked = self._invoke(exchange, integration, body, later)
        matched = ""
        if invoked.failed:
            exchange.integration_error = invoked.payload.decode(errors="replace")
            try:
                matched = str(json.loads(invoked.payload).get("errorMessage") or "")
            except (ValueError, AttributeError):
                matched = exchange.integration_error
        answer = Answer(200, invoked.payload, [("Content-Type", _JSON)])
        return Result(answer, matched, True)

    def _http(self, exchange: Exchange, integration: Any, whole: bool) -> Result:
        asked = exchange.asked
        mapped, query, path = mapping.request_parts(integration.request_parameters, exchange)
        headers: dict[str, str] = {}
        body = asked.body
        _mappable(mapped, aws=False)
        if whole:
            headers = {
                name: value
                for name, value in asked.headers
                if name.lower() not in _NOT_FORWARDED and not value.startswith(_SIGNATURE)
            }
            query = {**dict(asked.query), **query}
        else:
            body, content_type = _request_body(exchange, integration)
            if body:
                headers["Content-Type"] = content_type
            headers["Accept"] = _JSON
            headers["User-Agent"] = f"AmazonAPIGateway_{exchange.api.id}"
        headers |= {
            **mapped,
            "X-Amzn-Trace-Id": exchange.ids.trace,
            "x-amzn-apigateway-api-id": exchange.api.id,
        }
        method = integration.http_method or asked.method
        if method == "ANY":
            method = asked.method
        url = filled(uri_of(exchange, integration), {**exchange.path_parameters, **path})
        if query:
            url += ("&" if "?" in url else "?") + urlencode(query)
        request = HttpRequest(method, url, headers, body)
        if exchange.trace is not None:
            exchange.trace.sent(url, headers, body)
        began_s = exchange.clock()
        answer = self._outbound.send(
            request, exchange.api, _timeout_s(integration), exchange.asked.address
        )
        if exchange.trace is not None:
            exchange.trace.received(answer, exchange.clock() - began_s)
        if whole:
            answer.headers = remapped(answer.headers)
        return Result(answer, str(answer.status), not whole)

    def _mock(self, exchange: Exchange, integration: Any) -> Result:
        body, _ = _request_body(exchange, integration)
        try:
            status = int(json.loads(body)["statusCode"])
        except (ValueError, KeyError, TypeError) as error:
            raise internal("the mock's request template gives no statusCode") from error
        return Result(Answer(status), str(status), True)


def uri_of(exchange: Exchange, integration: Any) -> str:
    """The URI of an integration, its stage variables filled in."""
    return with_variables(str(integration.uri or ""), exchange)


def endpoint_of(uri: str) -> str:
    """Where a call of a service by an integration's URI goes, as logs tell it."""
    region, service, kind, rest = split_uri(uri)
    path = rest.lstrip("/") if kind == "path" else f"?Action={rest}"
    return f"https://{service}.{region}.amazonaws.com/{path}"


def with_variables(text: str, exchange: Exchange) -> str:
    """A text with `${stageVariables.name}` replaced."""
    return _STAGE_VARIABLE.sub(lambda found: exchange.variables.get(found[1], ""), text)


def timed_out(why: str) -> Refused:
    """The answer of a REST API whose integration takes too long."""
    return Refused(
        "INTEGRATION_TIMEOUT",
        "Endpoint request timed out",
        why=why,
        error_type="InternalServerErrorException",
    )


def _not_invoked(error: NotInvoked) -> Refused:
    if error.kind == "timeout":
        return timed_out(str(error))
    return internal(str(error))


def _timeout_s(integration: Any) -> float:
    stated = integration.timeout_in_millis
    return int(stated) / 1000 if stated else TIMEOUT_S


def _mappable(mapped: dict[str, str], *, aws: bool) -> None:
    if (name := unmappable(mapped, aws=aws)) is not None:
        raise internal(f"an integration's request may not set the header {name}")


def _must_post(integration: Any) -> None:
    """Lambda takes POST only, whatever method a caller uses."""
    if str(integration.http_method).upper() != "POST":
        raise internal(
            f"the integration's method is {integration.http_method}; Lambda wants POST: "
            "put the integration with --integration-http-method POST"
        )


def _request_body(exchange: Exchange, integration: Any) -> tuple[bytes, str]:
    """The body an integration gets, and its type: mapped, converted, passed on or refused."""
    templates = integration.request_templates or {}
    asked = exchange.asked
    kind = asked.content_type or _JSON
    template = templates.get(kind)
    binary = exchange.takes_binary(asked.content_type)
    change = contents.Change(integration.content_handling, binary)
    if template is not None:
        text = render(template, exchange, change.before(asked.body))
        return change.after(text.encode()), _JSON
    behaviour = str(integration.passthrough_behaviour or "WHEN_NO_MATCH").upper()
    if behaviour == "NEVER" or (behaviour == "WHEN_NO_TEMPLATES" and templates):
        raise Refused("UNSUPPORTED_MEDIA_TYPE", "Unsupported Media Type", why=f"type {kind}")
    body = change.after(change.before(asked.body))
    return body, asked.header("content-type") or _JSON


def _shaped(exchange: Exchange, integration: Any, result: Result) -> Answer:
    """An integration's answer as the integration response that fits it makes of it."""
    responses = integration.integration_responses or {}
    chosen = _selected(responses, result.matched)
    if chosen is None:
        raise internal(
            f"no integration response fits {result.matched or 'success'!r}, and none is the default"
        )
    given = result.answer
    answer = Answer(int(chosen.status_code))
    kind, template = _response_template(exchange, chosen.response_templates or {})
    told = next((v for n, v in given.headers if n.lower() == "content-type"), "")
    binary = exchange.takes_binary(told.partition(";")[0].strip())
    change = contents.Change(chosen.content_handling, binary)
    if template:
        text = render(template, exchange, change.before(given.body), override="responseOverride")
        answer.body = change.after(text.encode())
        answer.put("Content-Type", kind)
    else:
        answer.body = change.after(change.before(given.body))
        answer.put("Content-Type", kind if chosen.response_templates else _JSON)
    for target, expression in (chosen.response_parameters or {}).items():
        name = target.removeprefix("method.response.header.")
        value = mapping.from_response(str(expression), exchange, given)
        if value is not None and name != target:
            for known, text in remapped([(name, value)]):
                answer.put(known, text)
    override = exchange.overrides.get("responseOverride", {})
    if "status" in override:
        answer.status = int(override["status"])
    for name, value in (override.get("header") or {}).items():
        answer.put(name, str(value))
    return answer


def _selected(responses: dict[str, Any], matched: str) -> Any:
    default = None
    for response in responses.values():
        pattern = response.selection_pattern
        if not pattern:
            default = default or response
            continue
        try:
            if matched and re.fullmatch(pattern, matched, re.DOTALL):
                return response
        except re.error:
            continue
    return default


def _response_template(exchange: Exchange, templates: dict[str, Any]) -> tuple[str, str | None]:
    if not templates:
        return _JSON, None
    accept = exchange.asked.header("accept") or ""
    for part in accept.split(","):
        kind = part.partition(";")[0].strip().lower()
        if kind in templates:
            return kind, templates[kind]
    kind = _JSON if _JSON in templates else next(iter(templates))
    return kind, templates[kind]
