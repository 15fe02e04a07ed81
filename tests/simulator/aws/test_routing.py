"""Routing: what a request asks for, read from its signature, host, path and body."""

from __future__ import annotations

import pytest
from moto.core.request import Request

from simulator.aws.routing import Target, handler_for, is_missing, misdirection, resolve

SIGNED = "AWS4-HMAC-SHA256 Credential={}/20260101/{}/{}/aws4_request, Signature=0"
FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}


def request(
    service: str = "",
    method: str = "POST",
    path: str = "/",
    body: bytes = b"",
    *,
    key: str = "t",
    region: str = "us-east-1",
    host: str = "localhost",
    headers: dict[str, str] | None = None,
) -> Request:
    signed = {"Authorization": SIGNED.format(key, region, service)} if service else {}
    return Request.from_primitives(
        method, f"http://{host}{path}", {**signed, **(headers or {})}, body
    )


def asked(target: Target) -> tuple[str, str]:
    return target.service, target.action


def test_the_operation_of_each_protocol() -> None:
    target = {"X-Amz-Target": "AWSStepFunctions.StartExecution"}
    assert asked(resolve(request("states", headers=target))) == ("stepfunctions", "StartExecution")
    form = request("iam", body=b"Action=ListUsers&Version=2010-05-08", headers=FORM)
    assert asked(resolve(form)) == ("iam", "ListUsers")
    ec2 = request("ec2", body=b"Action=DescribeVpcs&Version=2016-11-15", headers=FORM)
    assert asked(resolve(ec2)) == ("ec2", "DescribeVpcs")
    invoke = request("lambda", path="/2015-03-31/functions/f/invocations")
    assert asked(resolve(invoke)) == ("lambda", "Invoke")
    assert asked(resolve(request("s3", "PUT", "/rides/key"))) == ("s3", "PutObject")
    assert asked(resolve(request("s3", "GET", "/rides?list-type=2"))) == ("s3", "ListObjectsV2")
    cbor = request(
        "monitoring",
        path="/service/GraniteServiceVersion20100801/operation/ListMetrics",
        headers={"Smithy-Protocol": "rpc-v2-cbor"},
    )
    assert asked(resolve(cbor)) == ("cloudwatch", "ListMetrics")


def test_a_service_that_moto_lacks_keeps_its_name() -> None:
    target = resolve(request("outposts", "GET", "/outposts"))
    assert (target.service, target.action, target.backend) == ("outposts", "ListOutposts", None)


def test_account_and_region() -> None:
    target = resolve(request("sqs", key="222233334444", region="eu-west-1"))
    assert (target.account, target.region) == ("222233334444", "eu-west-1")
    header = {"x-moto-account-id": "333344445555"}
    assert resolve(request("sqs", key="222233334444", headers=header)).account == "333344445555"
    assert resolve(request("sqs", key="AKIAIOSFODNN7EXAMPLE")).account == "123456789012"
    assert resolve(request()).region == "us-east-1"


@pytest.mark.parametrize(
    ("wire", "said"),
    [
        (request("sqs", region="us-east-9"), "no Region 'us-east-9'"),
        (request("sqs", headers={"x-moto-account-id": "7"}), "'7' is no account id"),
        (
            request("sqs", headers={"x-moto-account-id": "１２３４５６７８９０１２"}),
            "no account id",
        ),
    ],
)
def test_nowhere_is_said(wire: Request, said: str) -> None:
    assert said in str(misdirection(resolve(wire)))


def test_somewhere_is_fine() -> None:
    for region in ("us-east-1", "cn-north-1", "us-gov-west-1", "aws-global"):
        assert misdirection(resolve(request("sqs", region=region))) is None


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/rides?intelligent-tiering"),
        ("DELETE", "/rides?metrics&id=1"),
        ("DELETE", "/rides?inventory&id=1"),
        ("GET", "/rides/k?retention"),
        ("PUT", "/rides/k?renameObject"),
    ],
)
def test_s3_operations_that_moto_would_mistake(method: str, path: str) -> None:
    wire = request("s3", method, path)
    assert is_missing(resolve(wire), wire)


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/rides?inventory&id=1"), ("PUT", "/rides/k?retention"), ("DELETE", "/rides"),
     ("GET", "/rides/metrics"), ("GET", "/rides?prefix=metrics")],
)  # fmt: skip
def test_s3_operations_that_moto_has(method: str, path: str) -> None:
    wire = request("s3", method, path)
    assert not is_missing(resolve(wire), wire)


def test_a_handler_is_found_by_path() -> None:
    assert handler_for("sqs", "/") is not None
    assert handler_for("awslambda", "/no/such/path") is None
