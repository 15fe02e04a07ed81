"""Parameter mapping of HTTP APIs: `$request…`, `$context…` and what is done with them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simulator.aws.apigateway.answers import Answer
from simulator.aws.apigateway.exchange import Exchange
from simulator.aws.apigateway.jsonpaths import body_of, select
from simulator.aws.apigateway.logs import variable

_IN_TEXT = re.compile(
    r"\$\{((?:request|context|stageVariables|response)\.[^}]+)\}"
    r"|\$((?:request|context|stageVariables|response)\.[A-Za-z0-9_.\-\[\]$*]+)"
)


@dataclass
class Shaped:
    """A request as its mapping has made it; `path` is None where it was left."""

    headers: dict[str, str]
    query: list[tuple[str, str]]
    path: str | None = None


def value_of(expression: str, exchange: Exchange, answer: Answer | None = None) -> str | None:
    """A text with `$request.header.x` and the like filled in; None where it is one that is not."""
    whole = _IN_TEXT.fullmatch(expression)
    if whole:
        return _value(whole[1] or whole[2], exchange, answer)

    def fill(found: re.Match[str]) -> str:
        return _value(found[1] or found[2], exchange, answer) or ""

    return _IN_TEXT.sub(fill, expression)


def any_value(expression: str, exchange: Exchange) -> Any:
    """As `value_of`, but a part of the body keeps its kind."""
    if expression == "$request.body":
        return exchange.asked.body.decode("utf-8", "replace")
    if expression.startswith("$request.body."):
        return select(body_of(exchange.asked.body), expression.removeprefix("$request.body."))
    return value_of(expression, exchange)


def shape_request(
    exchange: Exchange,
    mappings: Mapping[str, str],
    headers: dict[str, str],
    query: list[tuple[str, str]],
) -> Shaped:
    """Append, overwrite and remove as an HTTP API's integration says."""
    shaped = Shaped(dict(headers), list(query))
    for target, expression in mappings.items():
        action, _, place = target.partition(":")
        value = value_of(str(expression), exchange)
        kind, _, name = place.partition(".")
        if kind == "path":
            shaped.path = value
        elif kind == "header":
            _change(shaped.headers, action, name, value)
        elif kind == "querystring":
            if action != "append":
                shaped.query = [pair for pair in shaped.query if pair[0] != name]
            if action != "remove" and value is not None:
                shaped.query.append((name, value))
    return shaped


def shape_response(exchange: Exchange, mappings: Mapping[str, Any], answer: Answer) -> None:
    """Change an answer as the integration says for its status."""
    for target, expression in (mappings.get(str(answer.status)) or {}).items():
        action, _, place = str(target).partition(":")
        value = value_of(str(expression), exchange, answer)
        if place == "statuscode" and value and value.isdigit():
            answer.status = int(value)
            continue
        name = place.removeprefix("header.")
        if action == "remove":
            answer.drop(name)
        elif value is not None and action == "append":
            answer.headers.append((name, value))
        elif value is not None:
            answer.put(name, value)


def _change(headers: dict[str, str], action: str, name: str, value: str | None) -> None:
    known = next((key for key in headers if key.lower() == name.lower()), None)
    if action == "remove" or action == "overwrite":
        if known is not None:
            del headers[known]
        known_value = None
    else:
        known_value = headers.pop(known) if known is not None else None
    if action != "remove" and value is not None:
        headers[name] = f"{known_value},{value}" if known_value else value


def _value(name: str, exchange: Exchange, answer: Answer | None) -> str | None:
    place, _, rest = name.partition(".")
    if place == "stageVariables":
        return exchange.variables.get(rest)
    if place == "context":
        return variable(rest, exchange)
    if place == "response":
        return _of_answer(rest, answer)
    kind, _, key = rest.partition(".")
    asked = exchange.asked
    if kind == "header":
        return asked.header(key)
    if kind == "querystring":
        return asked.all_queried(key)
    if kind == "path":
        return exchange.path_parameters.get(key) if key else asked.path
    if kind == "body":
        return _text(any_value(f"$request.{rest}", exchange))
    return None


def _of_answer(rest: str, answer: Answer | None) -> str | None:
    if answer is None:
        return None
    kind, _, key = rest.partition(".")
    if kind == "statuscode":
        return str(answer.status)
    if kind == "header":
        found = [value for name, value in answer.headers if name.lower() == key.lower()]
        return ",".join(found) if found else None
    if kind == "body":
        return _text(select(body_of(answer.body), key) if key else answer.body.decode())
    return None


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    from simulator.aws.apigateway.javalike import as_json

    return as_json(value)
