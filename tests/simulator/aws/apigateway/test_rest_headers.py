"""Headers on their way through a REST API.

Source: API Gateway Developer Guide, "Important notes for API Gateway", REST APIs.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from simulator.http import HttpRequest, HttpResponse
from simulator.world import World

PARTNER = "https://partner.example/x"
SIGNED = (
    "AWS4-HMAC-SHA256 Credential=123456789012/20260101/us-east-1/execute-api/aws4_request, "
    "SignedHeaders=host, Signature=0"
)


@pytest.fixture
def seen(world: World) -> list[dict[str, str]]:
    """The headers that the partner gets, by small letters."""
    found: list[dict[str, str]] = []

    def answer(request: HttpRequest) -> HttpResponse:
        found.append({name.lower(): value for name, value in request.headers.items()})
        headers = {"Content-Type": "text/plain", "WWW-Authenticate": "Basic", "X-Own": "1"}
        return HttpResponse(200, headers, b"ok")

    world.cloud.partners.serve("partner.example", answer)
    return found


def backend(rest: Any, path: str, kind: str, **options: Any) -> dict[str, str]:
    integration = {"type": kind, "integrationHttpMethod": "GET", "uri": PARTNER, **options}
    where: dict[str, str] = rest.method("GET", path, integration)
    rest.client.put_method_response(**where, statusCode="200")
    return where


def test_a_proxy_hands_a_token_on_and_keeps_a_signature(
    rest: Any, call: Any, seen: list[dict[str, str]]
) -> None:
    backend(rest, "/x", "HTTP_PROXY")
    url = f"{rest.deploy()}/x"
    call("GET", url, authorization="Bearer t", TE="gzip", Expect="x", Max_Forwards="3", Age="1")
    call("GET", url, Authorization=SIGNED)
    first, second = seen
    assert (first["authorization"], first["age"]) == ("Bearer t", "1")
    assert not first.keys() & {"te", "expect", "max-forwards", "host"}
    assert "authorization" not in second


def test_what_a_backend_says_of_itself_gets_another_name(
    rest: Any, call: Any, seen: list[dict[str, str]]
) -> None:
    backend(rest, "/x", "HTTP_PROXY")
    answer = call("GET", f"{rest.deploy()}/x")
    assert answer.headers["x-amzn-Remapped-WWW-Authenticate"] == "Basic"
    assert answer.headers["X-Own"] == "1"
    assert "X-Amzn-Trace-Id" not in answer.headers
    assert len(seen) == 1


def test_a_functions_headers_are_renamed_too(rest: Any, permitted: Any, call: Any) -> None:
    source = """
def handler(e, c):
    return {"statusCode": 401, "headers": {"WWW-Authenticate": "Basic", "X-Own": "1"}}
"""
    rest.function("GET", "/x", permitted("f", source))
    answer = call("GET", f"{rest.deploy()}/x")
    assert answer.headers["x-amzn-Remapped-WWW-Authenticate"] == "Basic"
    assert (answer.status, answer.headers["X-Own"]) == (401, "1")


def test_a_mapping_may_not_say_how_long_a_request_is(
    rest: Any, call: Any, seen: list[dict[str, str]]
) -> None:
    mapped = {"integration.request.header.Content-Length": "'7'"}
    where = backend(rest, "/x", "HTTP", requestParameters=mapped)
    rest.client.put_integration_response(**where, statusCode="200")
    answer = call("GET", f"{rest.deploy()}/x")
    assert (answer.status, json.loads(answer.body)) == (500, {"message": "Internal server error"})
    assert seen == []


def test_without_a_body_there_is_no_type_and_mapped_names_are_changed(
    rest: Any, call: Any, seen: list[dict[str, str]]
) -> None:
    where = backend(rest, "/x", "HTTP")
    mapped = {
        "method.response.header.Server": "'mine'",
        "method.response.header.Via": "'us'",
    }
    rest.client.put_integration_response(**where, statusCode="200", responseParameters=mapped)
    answer = call("GET", f"{rest.deploy()}/x")
    assert "content-type" not in seen[0]
    assert answer.headers["x-amzn-Remapped-Server"] == "mine"
    assert answer.headers["Via"] == "us"
