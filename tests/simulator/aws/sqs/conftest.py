"""A client and the shortest way to a queue."""

from collections.abc import Callable
from typing import Any

import pytest

from simulator.world import World


@pytest.fixture
def sqs(world: World) -> Any:
    return world.cloud.session().client("sqs")


@pytest.fixture
def make(sqs: Any) -> Callable[..., str]:
    """Create a queue; its URL. A name that ends in .fifo makes it a FIFO queue."""

    def create(name: str = "q", **attributes: str) -> str:
        if name.endswith(".fifo"):
            attributes = {"FifoQueue": "true", **attributes}
        return str(sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])

    return create


@pytest.fixture
def arn(sqs: Any) -> Callable[[str], str]:
    def of(url: str) -> str:
        told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return str(told["Attributes"]["QueueArn"])

    return of
