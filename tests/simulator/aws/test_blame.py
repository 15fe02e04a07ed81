"""Whose fault a stumble is: the caller's by AWS's model, moto's for what it lacks, or ours."""

from __future__ import annotations

import json
import sysconfig
from typing import Any

import pytest

from simulator.aws.blame import Refusal, refusal_for, unknown_operation
from simulator.aws.routing import resolve
from simulator.aws.wire import as_moto
from simulator.http import HttpRequest

SIGNED = "AWS4-HMAC-SHA256 Credential=123456789012/20260101/us-east-1/{}/aws4_request, Signature=0"
FORM = "application/x-www-form-urlencoded"
MOTO = f"{sysconfig.get_path('purelib')}/moto/x.py"


def stumble(source: str, room: str = "moto.x", path: str = MOTO) -> Exception:
    """What such code of a module and file raises."""
    try:
        exec(compile(source, path, "exec"), {"__name__": room})
    except Exception as error:
        return error
    raise AssertionError("it did not stumble")


ANY = "raise IndexError('moto said this')"


def blamed(service: str, request: dict[str, Any], error: Exception | str = ANY) -> Refusal | None:
    url = "http://localhost" + request.pop("path", "/")
    body = request.pop("body", b"")
    method = request.pop("method", "POST")
    wire = as_moto(
        HttpRequest(method, url, {"Authorization": SIGNED.format(service), **request}, body)
    )
    return refusal_for(wire, resolve(wire), stumble(error) if isinstance(error, str) else error)


def dynamodb(action: str, body: Any) -> dict[str, Any]:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return {"X-Amz-Target": f"DynamoDB_20120810.{action}", "body": text}


def form(body: str) -> dict[str, Any]:
    return {"Content-Type": FORM, "body": body.encode()}


def schemas(path: str, body: bytes = b"", method: str = "GET") -> dict[str, Any]:
    return {"path": path, "method": method, "body": body}


GET = {"TableName": "rides", "Key": {"id": {"S": "1"}}}


@pytest.mark.parametrize(
    ("service", "request_", "status", "code", "sentence"),
    [
        ("dynamodb", dynamodb("GetItem", {"TableName": "rides"}), 400, "ValidationException",
         "Key is required."),
        ("dynamodb", dynamodb("GetItem", GET | {"TableName": None}), 400, "ValidationException",
         "TableName is required."),
        ("dynamodb", dynamodb("GetItem", GET | {"Key": []}), 400, "SerializationException",
         "Key is a list; it must be dict."),
        ("dynamodb", dynamodb("GetItem", GET | {"ReturnConsumedCapacity": "ALL"}), 400,
         "ValidationException",
         "The value at ReturnConsumedCapacity must be one of: INDEXES, TOTAL, NONE."),
        ("dynamodb", dynamodb("ListTables", {"Limit": 101}), 400, "ValidationException",
         "The value at Limit is beyond its maximum, 100."),
        ("dynamodb", dynamodb("ListTables", {"ExclusiveStartTableName": "a b"}), 400,
         "ValidationException",
         r"The value at ExclusiveStartTableName must match \A(?:[a-zA-Z0-9_.-]+)\Z."),
        ("dynamodb", dynamodb("GetItem", GET | {"Key": {"id": {}}}), 400, "ValidationException",
         "The value at Key.id must contain exactly one of the supported datatypes."),
        ("dynamodb", dynamodb("GetItem", b"[]"), 400, "SerializationException",
         "The request cannot be read: TypeError: a JSON object is wanted"),
        ("ec2", form("Action=DeleteVpc"), 400, "MissingParameter", "VpcId is required."),
        ("ec2", form("Action=DescribeVpcs&MaxResults=x"), 400, "InvalidParameterValue",
         "The request cannot be read: ValueError: "),
        ("schemas", schemas("/v1/registries?limit=x"), 400, "SerializationException",
         "The request cannot be read"),
        ("s3", {"path": "/rides?versioning", "method": "PUT", "body": b"<a>"}, 400,
         "MalformedXML", "The request cannot be read"),
        ("s3", {"path": "/rides?versioning", "method": "PUT"}, 400, "MalformedXML",
         "VersioningConfiguration is required."),
    ],
)  # fmt: skip
def test_what_the_model_forbids_is_refused(
    service: str, request_: dict[str, Any], status: int, code: str, sentence: str
) -> None:
    refusal = blamed(service, dict(request_))
    assert refusal is not None
    assert (refusal.status, refusal.code) == (status, code)
    assert refusal.message.startswith(sentence)


def test_nested_values_are_named() -> None:
    keys = [{"AttributeName": "id", "KeyType": "FIRST"}]
    table = {"TableName": "r", "KeySchema": keys, "AttributeDefinitions": []}
    refusal = blamed("dynamodb", dynamodb("CreateTable", table))
    assert refusal is not None
    assert refusal.message == "The value at KeySchema[0].KeyType must be one of: HASH, RANGE."


def test_a_name_that_was_not_found() -> None:
    missed = "{}['rides']"
    refusal = blamed("dynamodb", dynamodb("GetItem", GET), missed)
    assert refusal == Refusal(400, "ResourceNotFoundException", "There is no 'rides'.")
    refusal = blamed("schemas", schemas("/v1/registries/name/rides"), missed)
    assert refusal == Refusal(404, "NotFoundException", "There is no 'rides'.")
    refusal = blamed("ec2", form("Action=DeleteVpc&VpcId=rides"), missed)
    assert refusal == Refusal(400, "InvalidParameterValue", "There is no 'rides'.")


def test_a_value_that_the_error_names() -> None:
    asked = form("Action=DescribeInstances&NextToken=ride")
    refusal = blamed("ec2", asked, "int('ride')")
    assert refusal == Refusal(400, "InvalidParameterValue", "The value 'ride' is not allowed.")


@pytest.mark.parametrize("search", ["None.arn", "{}[None]", "next(iter([]))"])
def test_a_search_that_found_nothing(search: str) -> None:
    refusal = blamed("ec2", form("Action=DeleteVpc&VpcId=v"), search)
    assert refusal is not None
    assert (refusal.status, refusal.code) == (400, "InvalidParameterValue")


@pytest.mark.parametrize("source", ["None.split()", "{}['cidr']", "[][0]", "None + 1", ANY])
def test_what_the_model_allows_and_moto_cannot_is_not_built(source: str) -> None:
    refusal = blamed("ec2", form("Action=DeleteVpc&VpcId=v"), source)
    assert refusal is not None
    assert (refusal.status, refusal.code) == (501, "NotImplemented")
    assert refusal.message.startswith("ec2:DeleteVpc is not built for such a request: ")


def test_what_fails_in_our_code_is_our_fault() -> None:
    for room, path in (("simulator.aws.x", MOTO), ("elsewhere", "/elsewhere/x.py")):
        ours = stumble("None.arn", room, path)
        assert blamed("ec2", form("Action=DeleteVpc&VpcId=v"), ours) is None
    library = stumble("import json; json.dumps({1: object()})")  # called by moto
    assert blamed("ec2", form("Action=DeleteVpc&VpcId=v"), library) is not None


def test_parsers_and_depth_are_about_the_request() -> None:
    refusal = blamed("dynamodb", dynamodb("GetItem", GET), "import json; json.loads('{')")
    assert refusal is not None
    assert refusal.code == "SerializationException"
    refusal = blamed("dynamodb", dynamodb("GetItem", GET), RecursionError())
    assert refusal == Refusal(400, "ValidationException", "The request is nested too deeply.")


@pytest.mark.parametrize(
    ("service", "request_", "status", "code"),
    [
        ("dynamodb", dynamodb("Nonsense", {}), 404, "UnknownOperationException"),
        ("ec2", form("Action=Nonsense"), 400, "InvalidAction"),
        ("ec2", form("Version=1"), 400, "MissingAction"),
        ("schemas", schemas("/v1/nonsense"), 404, "UnknownOperationException"),
        ("s3", schemas("/rides", method="BREW"), 405, "MethodNotAllowed"),
    ],
)
def test_operations_that_aws_does_not_have(
    service: str, request_: dict[str, Any], status: int, code: str
) -> None:
    refusal = blamed(service, dict(request_))
    assert refusal is not None
    assert (refusal.status, refusal.code) == (status, code)


def test_an_operation_that_aws_has() -> None:
    headers = {"Authorization": SIGNED.format("ec2"), "Content-Type": FORM}
    wire = as_moto(HttpRequest("POST", "http://localhost/", headers, b"Action=DeleteVpc"))
    assert unknown_operation(resolve(wire)) is None
