"""Topics and queues of a world, the shortest way."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator.world import World

ACCOUNT = "123456789012"


@pytest.fixture
def sns(world: World) -> Any:
    return world.cloud.session().client("sns")


@pytest.fixture
def sqs(world: World) -> Any:
    return world.cloud.session().client("sqs")


@pytest.fixture
def topic(sns: Any) -> str:
    return str(sns.create_topic(Name="rides")["TopicArn"])


@pytest.fixture
def queue(sqs: Any) -> Callable[..., str]:
    """Create a queue; its ARN."""

    def create(name: str, **attributes: str) -> str:
        if name.endswith(".fifo"):
            attributes = {"FifoQueue": "true", **attributes}
        sqs.create_queue(QueueName=name, Attributes=attributes)
        return f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"

    return create


@pytest.fixture
def subscribed(sns: Any, topic: str, queue: Callable[..., str]) -> Callable[..., str]:
    """Create a queue that is subscribed to the topic; the subscription's ARN."""

    def create(name: str, **attributes: str) -> str:
        subscription = sns.subscribe(
            TopicArn=topic, Protocol="sqs", Endpoint=queue(name), Attributes=attributes
        )
        return str(subscription["SubscriptionArn"])

    return create


@pytest.fixture
def bodies(world: World) -> Callable[[str], list[Any]]:
    """What a queue holds: envelopes read, raw messages as they are."""

    def read(name: str) -> list[Any]:
        found = []
        for message in world.cloud.peek_queue(name):
            try:
                found.append(json.loads(message["body"]))
            except ValueError:
                found.append(message["body"])
        return found

    return read


@pytest.fixture
def told(world: World) -> Callable[[], list[str]]:
    """The facts about SNS so far, by name."""
    return lambda: [fact.what for fact in world.journal.facts if fact.what.startswith("sns.")]


@pytest.fixture
def refused() -> Callable[..., tuple[str, str, int]]:
    """A call that must fail: its code, message and HTTP status."""

    def call(operation: Callable[..., Any], **arguments: Any) -> tuple[str, str, int]:
        with pytest.raises(ClientError) as error:
            operation(**arguments)
        response = error.value.response
        return (
            response["Error"]["Code"],
            response["Error"]["Message"],
            response["ResponseMetadata"]["HTTPStatusCode"],
        )

    return call
