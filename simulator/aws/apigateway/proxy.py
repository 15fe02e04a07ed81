"""Lambda proxy integrations: the event a function gets, and what its answer means."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from simulator.aws.apigateway.answers import Answer
from simulator.aws.apigateway.asked import all_of, joined, last_of
from simulator.aws.apigateway.exchange import Exchange

_REST_KEYS = frozenset({"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"})
_TEXT_TYPES = (
    "application/json",
    "application/xml",
    "application/javascript",
    "application/graphql",
)


class Malformed(Exception):
    """A function's answer that is none; the message says what is wrong with it."""


def forwarded(exchange: Exchange) -> tuple[tuple[str, str], ...]:
    """The caller's headers, and those that API Gateway adds."""
    return (
        *exchange.asked.headers,
        ("X-Amzn-Trace-Id", exchange.ids.trace),
        ("X-Forwarded-For", exchange.asked.source_ip),
        ("X-Forwarded-Port", "443"),
        ("X-Forwarded-Proto", "https"),
    )


def rest_event(exchange: Exchange, binary: bool) -> dict[str, Any]:
    """Payload of a REST API (Developer Guide, "Lambda proxy integrations", input format)."""
    asked, headers = exchange.asked, forwarded(exchange)
    body, encoded = _body(asked.body, binary)
    return {
        "resource": exchange.resource_path,
        "path": f"{exchange.base}{exchange.path}",
        "httpMethod": asked.method,
        "headers": last_of(headers),
        "multiValueHeaders": all_of(headers),
        "queryStringParameters": last_of(asked.query) or None,
        "multiValueQueryStringParameters": all_of(asked.query) or None,
        "pathParameters": exchange.path_parameters or None,
        "stageVariables": exchange.variables or None,
        "requestContext": exchange.rest_context(),
        "body": body,
        "isBase64Encoded": encoded,
    }


def event_1_0(exchange: Exchange) -> dict[str, Any]:
    """An HTTP API's payload of format 1.0 ("AWS Lambda proxy integrations for HTTP APIs")."""
    event = rest_event(exchange, not is_text(exchange.asked.content_type))
    key = exchange.resource_path
    context = {
        **event["requestContext"],
        "resourceId": key,
        "resourcePath": key.partition(" ")[2] or key,
    }
    if exchange.claims is not None:
        context["authorizer"] = {"claims": exchange.claims, "scopes": exchange.scopes}
    else:
        context.setdefault("authorizer", {})
    event["requestContext"] = context
    return {"version": "1.0", **event, "resource": context["resourcePath"]}


def event_2_0(exchange: Exchange) -> dict[str, Any]:
    """An HTTP API's payload of format 2.0: what is not there is left out."""
    asked = exchange.asked
    headers = tuple(pair for pair in forwarded(exchange) if pair[0].lower() != "cookie")
    cookies = [
        part.strip()
        for name, value in asked.headers
        if name.lower() == "cookie"
        for part in value.split(";")
        if part.strip()
    ]
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": exchange.resource_path,
        "rawPath": exchange.stage_path,
        "rawQueryString": asked.raw_query,
        "headers": joined(headers, lower=True),
        "requestContext": context_2_0(exchange),
        "isBase64Encoded": False,
    }
    if cookies:
        event["cookies"] = cookies
    if asked.query:
        event["queryStringParameters"] = joined(asked.query)
    if exchange.path_parameters:
        event["pathParameters"] = exchange.path_parameters
    if exchange.variables:
        event["stageVariables"] = exchange.variables
    if asked.body:
        event["body"], event["isBase64Encoded"] = _body(asked.body, not is_text(asked.content_type))
    return event


def context_2_0(exchange: Exchange) -> dict[str, Any]:
    """`requestContext` of format 2.0."""
    asked = exchange.asked
    context: dict[str, Any] = {
        "accountId": exchange.api.account,
        "apiId": exchange.api.id,
        "domainName": exchange.domain,
        "domainPrefix": exchange.domain.partition(".")[0],
        "http": {
            "method": asked.method,
            "path": exchange.stage_path,
            "protocol": asked.protocol,
            "sourceIp": asked.source_ip,
            "userAgent": asked.user_agent or "",
        },
        "requestId": exchange.ids.extended,
        "routeKey": exchange.resource_path,
        "stage": exchange.stage_name,
        "time": exchange.request_time,
        "timeEpoch": exchange.at_ms,
    }
    if exchange.claims is not None:
        context["authorizer"] = {"jwt": {"claims": exchange.claims, "scopes": exchange.scopes}}
    elif "iam" in (exchange.authorizer or {}):
        context["authorizer"] = exchange.authorizer
    elif exchange.authorizer is not None:
        context["authorizer"] = {"lambda": exchange.authorizer}
    return context


def is_text(content_type: str) -> bool:
    """Whether HTTP APIs hand a body of this type on as it is; all else goes in base64."""
    return (
        not content_type
        or content_type.startswith("text/")
        or content_type in _TEXT_TYPES
        or content_type.endswith(("+json", "+xml"))
    )


def _body(body: bytes, binary: bool) -> tuple[str | None, bool]:
    if not body:
        return None, False
    if binary:
        return base64.b64encode(body).decode(), True
    return body.decode("utf-8", "replace"), False


def rest_answer(payload: bytes, as_binary: bool) -> Answer:
    """What a function answered to a REST API. Raises Malformed.

    `as_binary`: the caller takes a binary type of the API's, so base64 is undone.
    """
    told = _parsed(payload)
    if not isinstance(told, dict):
        raise Malformed("the function's answer is no JSON object")
    if strange := [key for key in told if key not in _REST_KEYS]:
        raise Malformed(f"the function's answer has the unknown key {strange[0]!r}")
    answer = Answer(_status(told.get("statusCode", 200)))
    _add_headers(answer, told)
    body = told.get("body")
    if body is not None and not isinstance(body, str):
        raise Malformed(f"the body of the function's answer is a {type(body).__name__}, no string")
    answer.body = _decoded(body or "", bool(told.get("isBase64Encoded")) and as_binary)
    answer.default("Content-Type", "application/json")
    return answer


def http_answer(payload: bytes, version: str) -> Answer:
    """What a function answered to an HTTP API: format 2.0 takes any JSON. Raises Malformed."""
    try:
        told = _parsed(payload)
    except Malformed:
        if version != "2.0":
            raise
        return Answer(200, payload, [("content-type", "text/plain;charset=UTF-8")])
    if version == "2.0" and not (isinstance(told, dict) and "statusCode" in told):
        text = told if isinstance(told, str) else json.dumps(told, separators=(",", ":"))
        return Answer(200, text.encode(), [("Content-Type", "application/json")])
    if not isinstance(told, dict):
        raise Malformed("the function's answer is no JSON object")
    answer = Answer(_status(told.get("statusCode", 200)))
    _add_headers(answer, told)
    cookies = told.get("cookies") if version == "2.0" else None
    if isinstance(cookies, list):
        answer.headers.extend(("set-cookie", str(cookie)) for cookie in cookies)
    body = told.get("body")
    if body is not None and not isinstance(body, str):
        if version != "2.0":
            raise Malformed(f"the body of the function's answer is a {type(body).__name__}")
        body = json.dumps(body, separators=(",", ":"))
    answer.body = _decoded(body or "", bool(told.get("isBase64Encoded")))
    if answer.body:
        answer.default("Content-Type", "text/plain;charset=UTF-8")
    return answer


def _parsed(payload: bytes) -> Any:
    try:
        return json.loads(payload)
    except ValueError as error:
        raise Malformed("the function's answer is no JSON") from error


def _status(value: Any) -> int:
    try:
        status = int(value)
    except (TypeError, ValueError) as error:
        raise Malformed(f"statusCode {value!r} is no number") from error
    if isinstance(value, bool) or not 100 <= status <= 599:
        raise Malformed(f"statusCode {value!r} is no HTTP status")
    return status


def _add_headers(answer: Answer, told: dict[str, Any]) -> None:
    """Single and multiple headers; a name in both has the values of the multiple one."""
    several = told.get("multiValueHeaders") or {}
    single = told.get("headers") or {}
    if not isinstance(several, dict) or not isinstance(single, dict):
        raise Malformed("the headers of the function's answer are no JSON object")
    names = {str(name).lower() for name in several}
    for name, value in single.items():
        if str(name).lower() not in names:
            answer.headers.append((str(name), _text(value)))
    for name, values in several.items():
        if not isinstance(values, list):
            raise Malformed(f"multiValueHeaders.{name} is no list")
        answer.headers.extend((str(name), _text(value)) for value in values)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (dict, list)):
        raise Malformed("a header of the function's answer is no text")
    return "" if value is None else str(value)


def _decoded(body: str, encoded: bool) -> bytes:
    if not encoded:
        return body.encode()
    try:
        return base64.b64decode(body)
    except (binascii.Error, ValueError) as error:
        raise Malformed("isBase64Encoded is true, and the body is no base64") from error
