"""Parameter mappings of REST APIs: from a request or an answer to where it is wanted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.aws.apigateway.answers import Answer
from simulator.aws.apigateway.exchange import Exchange
from simulator.aws.apigateway.jsonpaths import body_of, select


def from_request(expression: str, exchange: Exchange) -> str | None:
    """The value of `method.request.…`, `context.…`, `stageVariables.…` or a text in quotes.

    WebSocket APIs write `route.request.…`.
    """
    known = _common(expression, exchange)
    if known is not None:
        return known
    if expression.startswith("route."):
        expression = f"method.{expression.removeprefix('route.')}"
    place, _, name = expression.removeprefix("method.request.").partition(".")
    asked = exchange.asked
    if place == "querystring":
        return asked.queried(name)
    if place == "multivaluequerystring":
        return asked.all_queried(name)
    if place in ("header", "multivalueheader"):
        return asked.header(name)
    if place == "path":
        return exchange.path_parameters.get(name)
    if expression.startswith("method.request.body"):
        path = expression.removeprefix("method.request.body").lstrip(".")
        return _written(select(body_of(asked.body), path))
    return None


def from_response(expression: str, exchange: Exchange, answer: Answer) -> str | None:
    """The value of `integration.response.…`, or as in a request's mapping."""
    known = _common(expression, exchange)
    if known is not None:
        return known
    rest = expression.removeprefix("integration.response.")
    place, _, name = rest.partition(".")
    if place in ("header", "multivalueheader"):
        found = [value for key, value in answer.headers if key.lower() == name.lower()]
        return ",".join(found) if found else None
    if place == "body":
        return _written(select(body_of(answer.body), name))
    return None


def request_parts(
    mappings: Mapping[str, str] | None, exchange: Exchange
) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Headers, query and path parameters of an integration's request, by its mappings.

    What a template set as $context.requestOverride comes last.
    """
    headers: dict[str, str] = {}
    query: dict[str, str] = {}
    path: dict[str, str] = {}
    places = {"header": headers, "querystring": query, "path": path}
    for target, expression in (mappings or {}).items():
        place, _, name = target.removeprefix("integration.request.").partition(".")
        value = from_request(str(expression), exchange)
        if place in places and value is not None:
            places[place][name] = value
    for place, values in exchange.overrides.get("requestOverride", {}).items():
        if place in places and isinstance(values, dict):
            places[place].update({name: str(value) for name, value in values.items()})
    return headers, query, path


def context_value(name: str, exchange: Exchange) -> str | None:
    """A variable of $context by its dotted name."""
    value: Any = exchange.variables_of_context()
    for part in name.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return None
        value = value[part]
    return _written(value)


def _common(expression: str, exchange: Exchange) -> str | None:
    if len(expression) >= 2 and expression[0] == expression[-1] == "'":
        return expression[1:-1]
    if expression.startswith("context."):
        return context_value(expression.removeprefix("context."), exchange)
    if expression.startswith("stageVariables."):
        return exchange.variables.get(expression.removeprefix("stageVariables."))
    return None


def _written(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (dict, list)):
        from simulator.aws.apigateway.javalike import as_json

        return as_json(value)
    return str(value)
