"""Message move tasks: API reference, "StartMessageMoveTask", "ListMessageMoveTasks",
"CancelMessageMoveTask"; errors as AWS was recorded to give them."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator.world import World

Make = Callable[..., str]
Arn = Callable[[str], str]


@pytest.fixture
def dead(world: World, sqs: Any, make: Make, arn: Arn) -> Callable[[int], str]:
    """A dead-letter queue called dead, with so many messages that came from the queue work."""

    def fill(count: int) -> str:
        url = make("dead")
        policy = json.dumps({"deadLetterTargetArn": arn(url), "maxReceiveCount": 1})
        work = make("work", VisibilityTimeout="0", RedrivePolicy=policy)
        for number in range(count):
            sqs.send_message(QueueUrl=work, MessageBody=f"message-{number}")
        for _ in range(2):
            for _ in range(count):
                sqs.receive_message(QueueUrl=work, VisibilityTimeout=0)
        assert len(world.cloud.queue("dead")) == count
        return arn(url)

    return fill


def tasks(sqs: Any, source: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sqs.list_message_move_tasks(SourceArn=source, MaxResults=10)[
        "Results"
    ]
    return found


def refusal(call: Callable[..., Any], **parameters: Any) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    response = caught.value.response
    error = response["Error"]
    return error["Code"], error["Message"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_messages_go_to_a_queue_of_ones_choice_as_new_ones(
    world: World, sqs: Any, make: Make, arn: Arn, dead: Callable[[int], str]
) -> None:
    source, target = dead(2), arn(make("target"))
    old = {message["id"] for message in world.cloud.peek_queue("dead")}
    started = sqs.start_message_move_task(SourceArn=source, DestinationArn=target)
    handle = json.loads(base64.b64decode(started["TaskHandle"]))
    assert handle["sourceArn"] == source
    world.run()
    moved = world.cloud.peek_queue("target")
    assert [message["body"] for message in moved] == ["message-0", "message-1"]
    assert not old & {message["id"] for message in moved}
    assert [message["receive_count"] for message in moved] == [0, 0]
    (task,) = tasks(sqs, source)
    assert task.pop("StartedTimestamp") == round(world.clock.start.timestamp() * 1000)
    assert task == {
        "Status": "COMPLETED",
        "SourceArn": source,
        "DestinationArn": target,
        "ApproximateNumberOfMessagesMoved": 2,
        "ApproximateNumberOfMessagesToMove": 2,
    }


def test_without_a_destination_each_goes_back_to_where_it_came_from(
    world: World, sqs: Any, dead: Callable[[int], str]
) -> None:
    source = dead(3)
    sqs.start_message_move_task(SourceArn=source)
    world.run()
    assert len(world.cloud.queue("work")) == 3
    assert "DestinationArn" not in tasks(sqs, source)[0]


def test_a_rate_is_kept(
    world: World, sqs: Any, make: Make, arn: Arn, dead: Callable[[int], str]
) -> None:
    source, target = dead(4), arn(make("target"))
    sqs.start_message_move_task(
        SourceArn=source, DestinationArn=target, MaxNumberOfMessagesPerSecond=1
    )
    world.run()
    moved = [fact.at for fact in world.journal.facts if fact.data.get("to") == "target"]
    assert moved == [0, 1, 2, 3]


def test_a_task_can_be_cancelled_and_only_one_runs(
    world: World, sqs: Any, make: Make, arn: Arn, dead: Callable[[int], str]
) -> None:
    source, target = dead(10), arn(make("target"))
    task = {"SourceArn": source, "DestinationArn": target, "MaxNumberOfMessagesPerSecond": 1}
    handle = sqs.start_message_move_task(**task)["TaskHandle"]
    assert refusal(sqs.start_message_move_task, **task) == (
        "InvalidParameterValue",
        "There is already a task running. Only one active task is allowed for a source queue arn "
        "at a given time.",
        400,
    )
    world.run(until=1.5)
    (running,) = tasks(sqs, source)
    assert (running["Status"], running["TaskHandle"]) == ("RUNNING", handle)
    told = sqs.cancel_message_move_task(TaskHandle=handle)
    assert told["ApproximateNumberOfMessagesMoved"] == 2
    world.run()
    (ended,) = tasks(sqs, source)
    assert (ended["Status"], ended["ApproximateNumberOfMessagesMoved"]) == ("CANCELLED", 2)
    assert "TaskHandle" not in ended
    assert len(world.cloud.queue("dead")) == 8
    assert refusal(sqs.cancel_message_move_task, TaskHandle=handle)[0] == (
        "AWS.SimpleQueueService.UnsupportedOperation"
    )


def test_a_task_fails_with_its_destination(
    world: World, sqs: Any, make: Make, arn: Arn, dead: Callable[[int], str]
) -> None:
    source, url = dead(3), make("target")
    sqs.start_message_move_task(
        SourceArn=source, DestinationArn=arn(url), MaxNumberOfMessagesPerSecond=1
    )
    world.run(until=0.5)
    sqs.delete_queue(QueueUrl=url)
    world.run()
    (task,) = tasks(sqs, source)
    assert (task["Status"], task["FailureReason"]) == (
        "FAILED",
        "AWS.SimpleQueueService.NonExistentQueue",
    )
    assert world.cloud.queue("dead").visible == 2


def test_what_cannot_be_started_or_cancelled(
    sqs: Any, make: Make, arn: Arn, dead: Callable[[int], str]
) -> None:
    source, plain = dead(0), arn(make("plain"))
    assert refusal(sqs.start_message_move_task, SourceArn=plain, DestinationArn=source) == (
        "InvalidParameterValue",
        "Source queue must be configured as a Dead Letter Queue.",
        400,
    )
    assert refusal(
        sqs.start_message_move_task, SourceArn=source, DestinationArn=plain + "nope"
    ) == (
        "ResourceNotFoundException",
        "The resource that you specified for the DestinationArn parameter doesn't exist.",
        404,
    )
    for rate in (0, 501):
        assert refusal(
            sqs.start_message_move_task, SourceArn=source, MaxNumberOfMessagesPerSecond=rate
        )[0] == ("InvalidParameterValue")
    assert refusal(sqs.cancel_message_move_task, TaskHandle="foobared") == (
        "InvalidParameterValue",
        "Value for parameter TaskHandle is invalid.",
        400,
    )

    def handle(task_id: str, source_arn: str) -> str:
        plain_text = json.dumps({"taskId": task_id, "sourceArn": source_arn})
        return base64.b64encode(plain_text.encode()).decode()

    assert refusal(sqs.cancel_message_move_task, TaskHandle=handle("x", plain + "nope")) == (
        "ResourceNotFoundException",
        "The resource that you specified for the SourceArn parameter doesn't exist.",
        404,
    )
    assert refusal(sqs.cancel_message_move_task, TaskHandle=handle("x", source)) == (
        "ResourceNotFoundException",
        "Task does not exist.",
        404,
    )
