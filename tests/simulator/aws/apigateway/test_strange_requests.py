"""Whatever is asked of an API, it answers, and the emulator has not failed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.http import HttpRequest
from simulator.world import World

TEMPLATE = (
    '{"a": $input.json(\'$.a\'), "b": "$util.escapeJavaScript($input.params(\'q\'))", '
    '"p": "$input.path(\'$.b.c[0]\')"}'
)


@pytest.fixture
def url(world: World, rest: Any) -> str:
    world.cloud.partners.serve("echo.example", lambda r: _response(r.body))
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    rest.client.create_model(
        restApiId=rest.id, name="M", schema=json.dumps(schema), contentType="application/json"
    )
    validator = rest.client.create_request_validator(
        restApiId=rest.id, name="v", validateRequestBody=True, validateRequestParameters=True
    )
    where = rest.method(
        "ANY",
        "/{proxy+}",
        {
            "type": "HTTP",
            "integrationHttpMethod": "POST",
            "uri": "https://echo.example/{proxy}",
            "requestTemplates": {"application/json": TEMPLATE},
            "requestParameters": {
                "integration.request.path.proxy": "method.request.path.proxy",
                "integration.request.header.X-B": "method.request.body.a.b",
            },
        },
        requestValidatorId=validator["id"],
        requestModels={"application/json": "M"},
        requestParameters={"method.request.path.proxy": True},
    )
    rest.client.put_method_response(**where, statusCode="200")
    rest.client.put_integration_response(**where, statusCode="200")
    return str(rest.deploy())


def _response(body: bytes) -> Any:
    from simulator.http import HttpResponse

    return HttpResponse(200, {"Content-Type": "application/json"}, body)


def _checked(world: World, request: HttpRequest) -> None:
    answer = world.cloud.gateway.handle(request)
    fact = [f for f in world.journal.facts if f.what == "apigateway.answered"][-1].data
    assert "failed inside Paddock" not in str(fact.get("why")), (request, fact)
    assert 100 <= answer.status <= 599


@settings(max_examples=60)
@given(
    path=st.text(max_size=20),
    query=st.text(max_size=20),
    body=st.one_of(
        st.binary(max_size=40),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
            ),
        ).map(lambda value: json.dumps(value).encode()),
    ),
    kind=st.sampled_from(["application/json", "text/plain", "", ";", "application/json; x"]),
    header=st.text(st.characters(max_codepoint=255), max_size=10),
)
def test_any_request_is_answered(
    world: World, url: str, path: str, query: str, body: bytes, kind: str, header: str
) -> None:
    from urllib.parse import quote

    headers = {"Content-Type": kind, "Accept": header, "X-Any": header}
    _checked(world, HttpRequest("POST", f"{url}/x{quote(path)}?{query}", headers, body))


@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b'{"a":' * 50_000, b"\xff\xfe", b'{"a": 1e999}', b"nan", b'{"a": NaN}']
)
def test_hostile_bodies(world: World, url: str, body: bytes) -> None:
    _checked(world, HttpRequest("POST", f"{url}/x", {"Content-Type": "application/json"}, body))
