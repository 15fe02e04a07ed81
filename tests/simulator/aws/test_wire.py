"""Requests for moto: what its own slow way makes of them, but for what that way gets wrong."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.model import ListShape, ShapeResolver
from moto.core import parse, responses
from moto.core.request import Request

from simulator.aws.wire import as_moto, lighten
from simulator.http import HttpRequest

HEADERS = {
    "Host": "other:1",
    "Content-Type": "application/json",
    "x-amz-meta-a_b": "1",
    "X-Amz-Meta-C-d": "2",
    "transfer-encoding": "chunked",
    "content-length": "99",
    "Authorization": "signed",
}


def seen(request: Request) -> dict[str, Any]:
    return {
        "environ": {
            key: value
            for key, value in request.environ.items()
            if not key.startswith(("werkzeug", "wsgi.input"))
        },
        "urls": (request.path, request.url, request.raw_path, request.raw_url, request.host),
        "args": list(request.args.items(multi=True)),
        "headers": sorted(request.headers),
        "body": request.data,
        "length": request.content_length,
    }


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost/",
        "http://localhost:4566/a%20b/%C3%A9?x=%C3%A9&y=1+2&&z",
        "http://rides.localhost:80/k",
        "http://127.0.0.1:4566/a//b/%2F?",
        "http://paddock/a+b?list-type=2",
        "https://sqs.us-east-1.amazonaws.com/123456789012/q",
    ],
)
@pytest.mark.parametrize("headers", [{}, HEADERS], ids=["bare", "with headers"])
@pytest.mark.parametrize("body", [b"", b"a body"])
def test_it_is_what_moto_makes(url: str, headers: dict[str, str], body: bytes) -> None:
    ours = as_moto(HttpRequest("PUT", url, headers, body))
    assert seen(ours) == seen(Request.from_primitives("PUT", url, headers, body))


def test_what_moto_gets_wrong() -> None:
    wire = as_moto(HttpRequest("GET", "http://[::1]:4566/ride;leg=2?x=1"))
    assert (wire.environ["SERVER_NAME"], wire.environ["SERVER_PORT"]) == ("::1", "4566")
    assert wire.path == "/ride;leg=2"


def test_methods_of_a_class_are_looked_up_once() -> None:
    lighten()
    lighten()
    found = responses.method_names_from_class(responses.BaseResponse)
    assert "call_action" in found
    assert responses.method_names_from_class(responses.BaseResponse) is found


def test_a_text_is_no_list_and_no_instant_of_a_year_beyond() -> None:
    parser = parse.RestJSONParser(None)
    shape = ListShape("L", {"type": "list", "member": {"shape": "S"}}, ShapeResolver({}))
    with pytest.raises(TypeError, match="a list is wanted"):
        parser._parse_list(shape, "text")
    for beyond in ("1e999", "x" * 65):
        with pytest.raises(ValueError, match=r"instant|timezone"):
            parse.botocore_parse_timestamp(beyond)
