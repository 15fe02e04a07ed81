"""Lambda event source mappings: "Using Lambda with Amazon SQS"."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from simulator.world import World

KEEPS = """
import boto3, json
def handler(event, context):
    bodies = [record["body"] for record in event["Records"]]
    if "poison" in bodies:
        raise ValueError("poison")
    url = boto3.client("sqs").get_queue_url(QueueName="seen")["QueueUrl"]
    boto3.client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps(bodies))
    return {"batchItemFailures": [
        {"itemIdentifier": r["messageId"]} for r in event["Records"] if r["body"] == "again"
    ]}
"""


@pytest.fixture
def sqs(world: World) -> Any:
    return world.cloud.session().client("sqs")


@pytest.fixture
def mapped(world: World, queue: Callable[..., tuple[str, str]], deploy: Callable[..., str]) -> str:
    queue("seen")
    url, _ = queue("work", VisibilityTimeout="30")
    function = deploy("keeper", KEEPS)
    world.cloud.session().client("lambda").create_event_source_mapping(
        EventSourceArn="arn:aws:sqs:us-east-1:123456789012:work",
        FunctionName=function,
        BatchSize=10,
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )
    return url


@pytest.mark.process
def test_a_batch_is_handed_over_and_deleted(world: World, sqs: Any, mapped: str) -> None:
    world.run(until=1)
    sqs.send_message_batch(
        QueueUrl=mapped, Entries=[{"Id": str(i), "MessageBody": f"m{i}"} for i in range(3)]
    )
    world.run(until=10)
    assert [json.loads(m["body"]) for m in world.cloud.peek_queue("seen")] == [["m0", "m1", "m2"]]
    assert world.cloud.peek_queue("work") == []


@pytest.mark.process
def test_what_fails_comes_back_after_its_timeout(world: World, sqs: Any, mapped: str) -> None:
    sqs.send_message(QueueUrl=mapped, MessageBody="poison")
    world.run(until=10)
    assert world.cloud.peek_queue("seen") == []
    world.run(until=65)
    (message,) = world.cloud.peek_queue("work")
    assert message["receive_count"] == 3


@pytest.mark.process
def test_a_part_of_a_batch_can_fail(world: World, sqs: Any, mapped: str) -> None:
    entries = [{"Id": str(i), "MessageBody": body} for i, body in enumerate(("good", "again"))]
    sqs.send_message_batch(QueueUrl=mapped, Entries=entries)
    world.run(until=10)
    assert [message["body"] for message in world.cloud.peek_queue("work")] == ["again"]
