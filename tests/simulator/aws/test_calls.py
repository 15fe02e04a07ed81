"""Calls as facts: long values cut, bytes told by their digest, errors of every protocol read."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.aws import calls
from simulator.aws.errors import error_response
from simulator.aws.routing import resolve
from simulator.aws.wire import as_moto
from simulator.http import HttpRequest, HttpResponse

SIGNED = "AWS4-HMAC-SHA256 Credential=t/20260101/us-east-1/{}/aws4_request, Signature=0"


def told(
    service: str, path: str, body: bytes, method: str = "POST", **headers: str
) -> dict[str, Any]:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    signed = {"Authorization": SIGNED.format(service), **given}
    wire = as_moto(HttpRequest(method, f"http://localhost{path}", signed, body))
    return calls.parameters(wire, resolve(wire))


def json_call(service: str, target: str, body: bytes) -> dict[str, Any]:
    kind = "application/x-amz-json-1.1"
    return told(service, "/", body, X_Amz_Target=target, Content_Type=kind)


def test_parameters_of_paths_and_bodies() -> None:
    path = "/2015-03-31/functions/f/invocations?Qualifier=2"
    shown = told("lambda", path, b'{"ride": 1}', X_Amz_Invocation_Type="Event")
    assert shown["FunctionName"] == "f"
    assert shown["Qualifier"] == "2"
    assert shown["InvocationType"] == "Event"
    assert shown["Payload"] == '{"ride": 1}'  # what the lesson is about stays readable


def test_long_texts_are_cut_and_bytes_told_by_digest() -> None:
    shown = json_call("sqs", "AmazonSQS.SendMessage", b'{"MessageBody": "%s"}' % (b"x" * 5000))
    assert shown["MessageBody"] == "x" * 1024 + "… (5000 characters)"
    path = "/2015-03-31/functions/f/invocations"
    assert told("lambda", path, b"\xff\x00")["Payload"] == "<2 bytes, sha256 ea5dbf9596d1>"


@pytest.mark.parametrize(
    ("service", "target", "body"),
    [
        ("secretsmanager", "secretsmanager.CreateSecret", b'{"SecretString": "s3cret"}'),
        ("ssm", "AmazonSSM.PutParameter", b'{"Value": "s3cret"}'),
        ("kms", "TrentService.Encrypt", b'{"Plaintext": "czNjcmV0"}'),
        (
            "cognito-idp",
            "AWSCognitoIdentityProviderService.AdminSetUserPassword",
            b'{"Password": "s3cret"}',
        ),
    ],
)
def test_secrets_are_masked(service: str, target: str, body: bytes) -> None:
    assert list(json_call(service, target, body).values()) == ["***"]


def test_secrets_inside_structures_are_masked() -> None:
    shown = json_call(
        "ecs", "AmazonEC2ContainerServiceV20141113.RegisterTaskDefinition",
        b'{"containerDefinitions": [{"name": "c", "environment":'
        b' [{"name": "PASSWORD", "value": "plain"}]}]}',
    )  # fmt: skip
    assert shown["containerDefinitions"][0]["name"] == "c"
    shown = told(
        "lambda",
        "/2015-03-31/functions",
        b'{"FunctionName": "f", "Environment": {"Variables": {"TOKEN": "s3cret"}}}',
    )
    assert shown["FunctionName"] == "f"
    assert "s3cret" not in str(shown)


def test_what_cannot_be_read_is_told_as_such() -> None:
    shown = json_call("sqs", "AmazonSQS.SendMessage", b"{")
    assert shown == {calls.UNREAD: "JSONDecodeError"}


@pytest.mark.parametrize("protocol", ["json", "rest-json", "query", "ec2", "s3", "rest-xml"])
def test_the_outcome_of_an_error(protocol: str) -> None:
    response = error_response(protocol, 400, "NoSuchRide", "No ride.", "id")
    assert calls.outcome(response) == {
        "status": 400,
        "error": "NoSuchRide",
        "message": "No ride.",
    }


def test_the_outcome_without_a_body() -> None:
    assert calls.outcome(HttpResponse(200, {}, b"{}")) == {"status": 200}
    assert calls.outcome(HttpResponse(404, {}, b"")) == {"status": 404, "error": "HTTP 404"}
    namespaced = HttpResponse(400, {}, b'{"__type": "com.amazonaws#Gone"}')
    assert calls.outcome(namespaced)["error"] == "Gone"
    assert calls.outcome(HttpResponse(500, {}, b"{broken"))["error"] == "HTTP 500"
