"""boto3 calls a second inside the process, against botocore alone with a constant answer."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse

from benchmarks import Ratio, side_by_side
from simulator.world import World

CALLS = 600
ITEM = {"id": {"S": "r1"}, "fare": {"N": "12"}}
BODY = "a fare" * 20
_MD5 = hashlib.md5(BODY.encode(), usedforsecurity=False).hexdigest()
_RECEIVED = {"MessageId": "m1", "ReceiptHandle": "h1", "MD5OfBody": _MD5, "Body": BODY}
ANSWERS = {
    "GetItem": {"Item": ITEM},
    "SendMessage": {"MessageId": "m1", "MD5OfMessageBody": _MD5},
    "ReceiveMessage": {"Messages": [_RECEIVED]},
    "DeleteMessage": {},
}


class _Body(io.BytesIO):
    """A body as urllib3 would stream it."""

    def stream(self, size: int = 65536, **_: Any) -> Iterator[bytes]:
        while chunk := self.read(size):
            yield chunk


def null_client(service: str) -> Any:
    """A client whose transport costs nothing: what is left is botocore's own work."""
    client = boto3.client(
        service,
        region_name="us-east-1",
        aws_access_key_id="123456789012",
        aws_secret_access_key="bench",
    )
    answers = {name: json.dumps(told).encode() for name, told in ANSWERS.items()}

    def answer(request: Any, **_: Any) -> AWSResponse:
        target = request.headers["X-Amz-Target"]
        name = (target if isinstance(target, str) else target.decode()).rsplit(".", 1)[-1]
        headers = {"Content-Type": "application/x-amz-json-1.0"}
        return AWSResponse(request.url, 200, headers, _Body(answers[name]))

    client.meta.events.register("before-send", answer)
    return client


def gets(client: Any) -> Callable[[], int]:
    """Reads of one item."""

    def work() -> int:
        for _ in range(CALLS):
            assert client.get_item(TableName="rides", Key={"id": {"S": "r1"}})["Item"] == ITEM
        return CALLS

    return work


def passes(client: Any, url: str) -> Callable[[], int]:
    """Messages that are sent, received and deleted, one at a time."""

    def work() -> int:
        for _ in range(CALLS // 3):
            client.send_message(QueueUrl=url, MessageBody=BODY)
            got = client.receive_message(QueueUrl=url)["Messages"][0]
            client.delete_message(QueueUrl=url, ReceiptHandle=got["ReceiptHandle"])
        return CALLS

    return work


def table_of(world: World) -> Any:
    """A DynamoDB client of `world`, and the item that is read."""
    client = world.cloud.session().client("dynamodb")
    client.create_table(
        TableName="rides",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    client.put_item(TableName="rides", Item=ITEM)
    return client


def compare() -> Iterator[Ratio]:
    """Two lines: what moto and the journal add to a client's own cost."""
    peer = "botocore, null transport"
    with World(seed=1) as world:

        def in_world(work: Callable[[], int]) -> Callable[[], int]:
            """The same work by a fiber of `world`, each call written down in its journal."""
            return lambda: world.run(until=world.spawn(work))

        sqs = world.cloud.session().client("sqs")
        url = sqs.create_queue(QueueName="fares")["QueueUrl"]
        yield side_by_side(
            "in-process calls (SQS send, receive, delete)",
            in_world(passes(sqs, url)),
            peer,
            passes(null_client("sqs"), url),
        )
        yield side_by_side(
            "in-process calls (DynamoDB GetItem)",
            in_world(gets(table_of(world))),
            peer,
            gets(null_client("dynamodb")),
        )
