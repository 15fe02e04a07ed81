"""boto3 calls a second inside the process, against botocore alone with a constant answer."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse

from benchmarks import Ratio, side_by_side
from simulator.world import World

CALLS = 500
ITEM = {"id": {"S": "r1"}, "fare": {"N": "12"}}
ANSWER = b'{"Item": {"id": {"S": "r1"}, "fare": {"N": "12"}}}'


class _Body(io.BytesIO):
    """A body as urllib3 would stream it."""

    def stream(self, size: int = 65536, **_: Any) -> Iterator[bytes]:
        while chunk := self.read(size):
            yield chunk


def null_client() -> Any:
    """A client whose transport costs nothing: what is left is botocore's own work."""
    client = boto3.client(
        "dynamodb",
        region_name="us-east-1",
        aws_access_key_id="123456789012",
        aws_secret_access_key="bench",
    )

    def answer(request: Any, **_: Any) -> AWSResponse:
        headers = {"Content-Type": "application/x-amz-json-1.0"}
        return AWSResponse(request.url, 200, headers, _Body(ANSWER))

    client.meta.events.register("before-send", answer)
    return client


def gets(client: Any) -> Callable[[], int]:
    """Reads of one item."""

    def work() -> int:
        for _ in range(CALLS):
            assert client.get_item(TableName="rides", Key={"id": {"S": "r1"}})["Item"] == ITEM
        return CALLS

    return work


def in_world(world: World) -> Callable[[], int]:
    """The same reads by a fiber of `world`, each written down in its journal."""
    client = world.cloud.session().client("dynamodb")
    client.create_table(
        TableName="rides",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    client.put_item(TableName="rides", Item=ITEM)
    work = gets(client)
    return lambda: world.run(until=world.spawn(work))


def compare() -> Iterator[Ratio]:
    """One line: what moto and the journal add to a client's own cost."""
    with World(seed=1) as world:
        what = "in-process calls (DynamoDB GetItem)"
        yield side_by_side(what, in_world(world), "botocore, null transport", gets(null_client()))
