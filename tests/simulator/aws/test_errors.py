"""Errors in a service's own protocol, read back by botocore's own parsers."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.parsers import create_parser

from simulator.aws.errors import code_of, error_response, protocol_of

HARD = 'It said "<no> & ü" – \u2028.'


@pytest.mark.parametrize(
    ("protocol", "parser"),
    [
        ("json", "json"),
        ("rest-json", "rest-json"),
        ("query", "query"),
        ("ec2", "ec2"),
        ("rest-xml", "rest-xml"),
        ("s3", "rest-xml"),
        ("smithy-rpc-v2-cbor", "smithy-rpc-v2-cbor"),
    ],
)
@pytest.mark.parametrize("message", [HARD, "x" * 70_000])
def test_botocore_reads_code_and_message(protocol: str, parser: str, message: str) -> None:
    response = error_response(protocol, 501, "NotImplemented", message, "id-1")
    told: Any = create_parser(parser).parse(
        {
            "status_code": response.status,
            "headers": {name.lower(): value for name, value in response.headers.items()},
            "body": response.body,
        },
        None,
    )
    assert told["Error"]["Code"] == "NotImplemented"
    assert told["Error"]["Message"] == message


def test_a_code_for_an_error_without_one() -> None:
    assert code_of(404, "rest-json") == "ResourceNotFoundException"
    assert code_of(400, None) == "BadRequestException"
    assert code_of(416, "rest-xml") == "InvalidRange"
    assert code_of(400, "ec2") == "InvalidRequest"
    assert code_of(500, "query") == "InternalFailure"


def test_the_requests_own_protocol_comes_first() -> None:
    assert protocol_of("query", target=True) == "json"
    assert protocol_of("json", form=True) == "query"
    assert protocol_of("ec2", form=True) == "ec2"
    assert protocol_of("json", target=True, cbor=True) == "smithy-rpc-v2-cbor"
    assert protocol_of("rest-xml", service="s3") == "s3"
    assert protocol_of("rest-xml", service="route53") == "rest-xml"
    assert protocol_of(None) == "rest-json"
