"""Tables, made in one line."""

from collections.abc import Callable
from typing import Any

import pytest

from simulator.world import World


@pytest.fixture
def dynamodb(world: World) -> Any:
    return world.cloud.session().client("dynamodb")


@pytest.fixture
def table(dynamodb: Any) -> Callable[..., dict[str, Any]]:
    """Create a table with the key `id`; returns its description."""

    def create(name: str = "rides", view: str | None = None, **options: Any) -> dict[str, Any]:
        if view:
            options["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": view}
        if "ProvisionedThroughput" not in options:
            options["BillingMode"] = "PAY_PER_REQUEST"
        keys = {
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        }
        made = dynamodb.create_table(TableName=name, **{**keys, **options})
        return made["TableDescription"]

    return create


@pytest.fixture
def put(dynamodb: Any) -> Callable[..., Any]:
    """Put an item of texts and numbers into `rides`."""

    def act(id_: str, /, **attributes: Any) -> Any:
        item = {"id": {"S": id_}}
        for name, value in attributes.items():
            kind = "S" if isinstance(value, str) else "N"
            item[name] = {kind: str(value)}
        return dynamodb.put_item(TableName="rides", Item=item, ReturnConsumedCapacity="INDEXES")

    return act


class Reader:
    """Reads a stream from its beginning."""

    def __init__(self, world: World) -> None:
        self.client = world.cloud.session().client("dynamodbstreams")

    def shard(self, arn: str) -> dict[str, Any]:
        return self.client.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]

    def iterator(self, arn: str, kind: str = "TRIM_HORIZON", **options: Any) -> str:
        return self.client.get_shard_iterator(
            StreamArn=arn, ShardId=self.shard(arn)["ShardId"], ShardIteratorType=kind, **options
        )["ShardIterator"]

    def records(self, arn: str) -> list[dict[str, Any]]:
        return self.client.get_records(ShardIterator=self.iterator(arn))["Records"]


@pytest.fixture
def reader(world: World) -> Reader:
    return Reader(world)
