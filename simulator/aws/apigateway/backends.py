"""Integrations of WebSocket APIs that are no Lambda proxies: HTTP, AWS services, functions, mocks.

Sources: API Gateway Developer Guide, "Set up a WebSocket API integration response in API Gateway",
"Data transformations for WebSocket APIs", "Set up data mapping for WebSocket APIs", "WebSocket
selection expressions".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from simulator.aws.apigateway import parameters
from simulator.aws.apigateway.answers import Answer
from simulator.aws.apigateway.exchange import Exchange
from simulator.aws.apigateway.integrate import Integrations, internal
from simulator.aws.apigateway.jsonpaths import body_of, select
from simulator.aws.apigateway.templates import render

_DEFAULT = "$default"


@dataclass(frozen=True, slots=True)
class _Backend:
    """A WebSocket API's integration, with the names that a REST API's has."""

    integration_type: str
    uri: str
    http_method: str
    request_parameters: dict[str, str]
    request_templates: dict[str, str]
    passthrough_behaviour: str
    timeout_in_millis: int | None
    credentials: str | None
    connection_type: str | None
    content_handling: str | None


class Backends:
    """Carries what clients of WebSocket APIs say to backends, and shapes what these answer."""

    def __init__(self, integrations: Integrations) -> None:
        self._integrations = integrations

    def answer(self, exchange: Exchange, route: Any, integration: Any) -> Answer:
        """What a route's backend answers, shaped for the client. Raises Refused."""
        kind = str(integration.integration_type).upper()
        templates = dict(integration.request_templates or {})
        chosen = _template(templates, integration.template_selection_expression, exchange)
        behaviour = str(integration.passthrough_behavior or "WHEN_NO_MATCH").upper()
        if chosen is None and templates and behaviour == "WHEN_NO_TEMPLATES":
            behaviour = "NEVER"
        backend = _Backend(
            kind,
            str(integration.integration_uri or ""),
            str(integration.integration_method or "POST"),
            dict(integration.request_parameters or {}),
            {} if chosen is None else {"application/json": chosen},
            behaviour,
            integration.timeout_in_millis,
            integration.credentials_arn,
            integration.connection_type,
            integration.content_handling_strategy,
        )
        if kind == "MOCK" and chosen is None:
            return Answer(200)
        with self._integrations.failures(), exchange.integrating():
            result = self._integrations.result(exchange, backend)
            if not result.mapped or not is_two_way(route):
                return result.answer
            return _shaped(exchange, integration, result.answer, result.matched)


def is_two_way(route: Any) -> bool:
    """Whether a route's client gets an answer."""
    return bool(route.route_response_selection_expression or route.route_responses)


def _shaped(exchange: Exchange, integration: Any, given: Answer, matched: str) -> Answer:
    """An answer as the integration response that fits makes of it."""
    responses = list((integration.responses or {}).values())
    chosen = _fitting(responses, matched)
    if chosen is None:
        raise internal(
            "no match for output mapping and no default output mapping configured: "
            f"{matched or 'success'} fits no integration response"
        )
    templates = dict(chosen.response_templates or {})
    template = _template(templates, chosen.template_selection_expression, exchange, given)
    if template is None:
        return given
    text = render(template, exchange, given.body, override="responseOverride")
    return Answer(given.status, text.encode(), list(given.headers))


def _fitting(responses: list[Any], matched: str) -> Any:
    default = None
    for response in responses:
        key = str(response.integration_response_key or "")
        if key == _DEFAULT:
            default = response
            continue
        try:
            if matched and re.fullmatch(key.strip("/"), matched, re.DOTALL):
                return response
        except re.error:
            continue
    return default


def _template(
    templates: dict[str, str],
    expression: str | None,
    exchange: Exchange,
    given: Answer | None = None,
) -> str | None:
    """The template that a selection expression leads to, or None."""
    if not templates:
        return None
    key = evaluated(str(expression or _DEFAULT), exchange, given)
    return templates.get(key, templates.get(_DEFAULT))


def evaluated(expression: str, exchange: Exchange, given: Answer | None = None) -> str:
    """The key that a selection expression comes to; `\\$` is a dollar sign."""

    def fill(found: re.Match[str]) -> str:
        if found[0] == "\\$":
            return "$"
        name = found[1] or found[2]
        if name.startswith("integration.response."):
            return _of_backend(name.removeprefix("integration.response."), given) or ""
        return parameters.value_of(f"${{{name}}}", exchange) or ""

    return _VARIABLE.sub(fill, expression)


_VARIABLE = re.compile(
    r"\\\$|\$\{([^}]+)\}|\$((?:request|context|stageVariables|integration)\.[A-Za-z0-9_.\-\[\]$*]+)"
)


def _of_backend(name: str, given: Answer | None) -> str | None:
    if given is None:
        return None
    place, _, rest = name.partition(".")
    if place == "statuscode":
        return str(given.status)
    if place in ("header", "multivalueheader"):
        return next((v for n, v in given.headers if n.lower() == rest.lower()), None)
    found = select(body_of(given.body), rest)
    return None if found is None else str(found)
