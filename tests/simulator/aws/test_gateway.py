"""The gateway: every call answered, and written down with its secrets masked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.dynamodb.models import DynamoDBBackend
from moto.sns.models import SNSBackend

from simulator.fault import Fault
from simulator.http import HttpRequest
from simulator.world import World

SECRET = "hush-hush-42"


@pytest.fixture
def world() -> Iterator[World]:
    with World(seed=2) as world:
        yield world


def client(world: World, service: str, account: str = "123456789012") -> Any:
    return world.cloud.session(account).client(service)


def calls(world: World) -> list[dict[str, Any]]:
    return [dict(fact.data) for fact in world.journal.facts if fact.what == "call"]


def test_a_call_is_a_fact(world: World) -> None:
    client(world, "sqs", "222233334444").create_queue(QueueName="q")
    assert calls(world) == [
        {
            "service": "sqs",
            "action": "CreateQueue",
            "account": "222233334444",
            "region": "us-east-1",
            "params": {"QueueName": "q"},
            "latency_s": 0.0,
            "status": 200,
        }
    ]


def test_a_failed_call_tells_code_and_message(world: World) -> None:
    sqs = client(world, "sqs")
    with pytest.raises(ClientError):
        sqs.get_queue_url(QueueName="none")
    [told] = calls(world)
    assert (told["status"], told["error"]) == (400, "QueueDoesNotExist")
    assert "does not exist" in told["message"]


def test_latency_is_virtual_time(world: World) -> None:
    sqs = client(world, "sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)
    assert calls(world)[-1]["latency_s"] == 20


def test_no_secret_is_written_down(world: World) -> None:
    client(world, "secretsmanager").create_secret(Name="s", SecretString=SECRET)
    client(world, "secretsmanager").create_secret(Name="b", SecretBinary=SECRET.encode())
    client(world, "ssm").put_parameter(Name="p", Value=SECRET, Type="SecureString")
    iam = client(world, "iam")
    iam.create_user(UserName="u")
    given = iam.create_access_key(UserName="u")["AccessKey"]
    iam.create_login_profile(UserName="u", Password=SECRET)
    kms = client(world, "kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.encrypt(KeyId=key, Plaintext=SECRET.encode())
    s3 = client(world, "s3")
    s3.create_bucket(Bucket="rides")
    customers = "k" * 32
    s3.put_object(Bucket="rides", Key="k", SSECustomerKey=customers, SSECustomerAlgorithm="AES256")
    role = client(world, "sts").assume_role(
        RoleArn="arn:aws:iam::222233334444:role/r", RoleSessionName="session"
    )["Credentials"]
    told = "\n".join(world.journal.lines())
    assert told.count('"***"') >= 6
    hidden = (SECRET, given["SecretAccessKey"], role["SecretAccessKey"], role["SessionToken"])
    for secret in (*hidden, customers, "a2tra2tra2tr", "Credential="):
        assert secret not in told


def test_a_handler_that_breaks_is_an_internal_failure(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("unicorns per ride")

    monkeypatch.setattr(DynamoDBBackend, "list_tables", broken)
    monkeypatch.setattr(SNSBackend, "list_topics", broken)
    for service, call in (("dynamodb", "list_tables"), ("sns", "list_topics")):  # JSON, query XML
        with pytest.raises(ClientError) as caught:
            getattr(client(world, service), call)()
        told = caught.value.response
        assert told["ResponseMetadata"]["HTTPStatusCode"] == 500
        assert told["Error"]["Code"] == "InternalFailure"
        assert "ZeroDivisionError: unicorns per ride" in told["Error"]["Message"]


def test_what_cannot_be_read_is_refused_and_reaches_nobody(world: World) -> None:
    headers = {
        "X-Amz-Target": "AmazonSQS.CreateQueue",
        "Content-Type": "application/x-amz-json-1.0",
        "Authorization": "AWS4-HMAC-SHA256 Credential=t/1/us-east-1/sqs/aws4_request",
    }
    for body in (b"{", b"[]", b'{"QueueName": "\xff"}', b"null"):
        request = HttpRequest("POST", "http://localhost/", headers, body)
        response = world.cloud.gateway.handle(request)
        assert response.status == 400, body
        assert json.loads(response.body)["__type"] == "SerializationException"
    assert "QueueUrls" not in client(world, "sqs").list_queues()


def test_a_fault_strikes_before_or_after_the_effect(world: World) -> None:
    sqs = client(world, "sqs")
    for name, after in (("before", False), ("after", True)):
        world.faults.inject(
            Fault(name, {"action": "CreateQueue", "resource": name}, after=after, latency_s=2)
        )
        with pytest.raises(ClientError, match="ServiceException"):
            sqs.create_queue(QueueName=name)
    [url] = sqs.list_queues()["QueueUrls"]
    assert url.endswith("/after")
    assert [told["latency_s"] for told in calls(world)[:2]] == [2, 2]


def test_functions_may_not_empty_the_cloud(world: World) -> None:
    client(world, "sqs").create_queue(QueueName="stays")
    reset = HttpRequest("POST", "http://localhost/moto-api/reset")
    fiber = world.spawn(world.cloud.gateway.handle, reset, actor="lambda:hostile")
    assert world.run(until=fiber).status == 403
    assert client(world, "sqs").list_queues()["QueueUrls"]
    assert world.cloud.gateway.handle(reset).status == 200
    assert "QueueUrls" not in client(world, "sqs").list_queues()


def test_control_routes_do_not_exist_inside(world: World) -> None:
    response = world.cloud.network.send(
        HttpRequest("POST", "http://localhost/_paddock/clock", {}, b'{"advance_s": 5}')
    )
    assert response.status >= 400
    assert world.now_s == 0


def test_request_ids_repeat_under_a_seed() -> None:
    seen = []
    for _ in range(2):
        with World(seed=3) as world:
            seen.append([world.cloud.gateway.new_request_id() for _ in range(3)])
    assert seen[0] == seen[1]
    assert len(set(seen[0])) == 3
    assert [len(part) for part in seen[0][0].split("-")] == [8, 4, 4, 4, 12]


def test_every_error_has_a_code_and_a_message(world: World) -> None:
    with pytest.raises(ClientError) as caught:  # moto's has no message
        client(world, "ec2").describe_snapshot_attribute(
            SnapshotId="snap-1", Attribute="productCodes"
        )
    told = caught.value.response["Error"]
    assert told["Code"] == "InvalidSnapshot.NotFound"
    assert told["Message"] == (
        "ec2:DescribeSnapshotAttribute is refused: InvalidSnapshot.NotFound."
    )
    client(world, "s3").create_bucket(Bucket="rides")
    with pytest.raises(ClientError) as caught:  # moto's has no body
        client(world, "s3").put_bucket_versioning(Bucket="rides", VersioningConfiguration={})
    assert caught.value.response["Error"]["Code"] == "NotFound"


def test_an_error_that_xml_cannot_hold(world: World) -> None:
    client(world, "s3").create_bucket(Bucket="rides")
    with pytest.raises(ClientError) as caught:
        client(world, "s3").get_object_attributes(
            Bucket="rides", Key="\x00", ObjectAttributes=["ETag"]
        )
    assert caught.value.response["Error"]["Code"] == "NoSuchKey"
