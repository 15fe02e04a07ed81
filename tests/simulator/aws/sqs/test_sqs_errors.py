"""What SQS refuses, with code, message and status.

Sources: API reference, each action's "Errors"; developer guide, "Amazon SQS message metadata",
"Amazon SQS message quotas"; messages as AWS was recorded to give them.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator.world import World

Make = Callable[..., str]
INVALID_ID = (
    "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
    "It can be at most 80 letters long."
)


def refusal(call: Callable[..., Any], **parameters: Any) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    response = caught.value.response
    error = response["Error"]
    return error["Code"], error["Message"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_a_queue_that_is_not_there(sqs: Any) -> None:
    told = refusal(sqs.send_message, QueueUrl="http://sqs/123456789012/nope", MessageBody="x")
    assert told == (
        "AWS.SimpleQueueService.NonExistentQueue",
        "The specified queue does not exist.",
        400,
    )


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        ({"MessageBody": ""}, "MissingParameter", "MessageBody"),
        ({"MessageBody": "a\x08b"}, "InvalidMessageContents", "'#x8'"),
        ({"MessageBody": "a" * 1_048_577}, "InvalidParameterValue", "shorter than 1048576 bytes"),
        ({"DelaySeconds": 901}, "InvalidParameterValue", "DelaySeconds must be >= 0 and <= 900."),
        ({"DelaySeconds": -1}, "InvalidParameterValue", "Value -1 for parameter DelaySeconds"),
        (
            {"MessageDeduplicationId": "d"},
            "InvalidParameterValue",
            "The request include parameter that is not valid for this queue type.",
        ),
        ({"MessageGroupId": "g g"}, "InvalidParameterValue", "MessageGroupId can only include"),
    ],
)
def test_messages_that_cannot_be_sent(
    sqs: Any, make: Make, given: dict[str, Any], code: str, message: str
) -> None:
    told = refusal(sqs.send_message, **{"QueueUrl": make(), "MessageBody": "x", **given})
    assert (told[0], message in told[1], told[2]) == (code, True, 400)


@pytest.mark.parametrize(
    ("name", "attribute", "message"),
    [
        ("a", {"DataType": "String", "StringValue": ""},
         "Message (user) attribute 'a' must contain a non-empty value of type 'String'."),
        ("a", {"DataType": "Binary", "BinaryValue": b""}, "non-empty value of type 'Binary'."),
        ("a", {"DataType": "Text", "StringValue": "x"}, "invalid message attribute type"),
        ("a", {"DataType": "Number", "StringValue": "x1"},
         "Can't cast the value of message (user) attribute 'a' to a number."),
        ("a", {"DataType": "String", "StringValue": "\x0b"}, "not allowed"),
        ("a!", {"DataType": "String", "StringValue": "x"}, "The message attribute name 'a!'"),
        ("aWs.x", {"DataType": "String", "StringValue": "x"}, "reserved prefix"),
        (".x", {"DataType": "String", "StringValue": "x"}, "period"),
        ("x.", {"DataType": "String", "StringValue": "x"}, "period"),
        ("L" * 257, {"DataType": "String", "StringValue": "x"}, "shorter than 256"),
        ("a", {"DataType": "Number." + "L" * 256, "StringValue": "1"}, "shorter than 256"),
    ],
)  # fmt: skip
def test_message_attributes_that_cannot_be_sent(
    sqs: Any, make: Make, name: str, attribute: dict[str, Any], message: str
) -> None:
    told = refusal(
        sqs.send_message, QueueUrl=make(), MessageBody="x", MessageAttributes={name: attribute}
    )
    assert (told[0], message in told[1], told[2]) == ("InvalidParameterValue", True, 400)


def test_eleven_message_attributes_are_one_too_many(sqs: Any, make: Make) -> None:
    attributes = {f"a{i}": {"DataType": "String", "StringValue": "x"} for i in range(11)}
    told = refusal(sqs.send_message, QueueUrl=make(), MessageBody="x", MessageAttributes=attributes)
    assert told[1] == "Number of message attributes [11] exceeds the allowed maximum [10]."


def test_attributes_count_towards_the_size(sqs: Any, make: Make) -> None:
    url, extra = make(MaximumMessageSize="1024"), {"k": {"DataType": "String", "StringValue": "x"}}
    sqs.send_message(QueueUrl=url, MessageBody="a" * (1024 - 8), MessageAttributes=extra)
    told = refusal(
        sqs.send_message, QueueUrl=url, MessageBody="a" * (1024 - 7), MessageAttributes=extra
    )
    assert told[1] == (
        "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes."
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"MaxNumberOfMessages": 11},
         "Value 11 for parameter MaxNumberOfMessages is invalid. "
         "Reason: Must be between 1 and 10, if provided."),
        ({"MaxNumberOfMessages": 0}, "Value 0 for parameter MaxNumberOfMessages"),
        ({"WaitTimeSeconds": 21}, "Value 21 for parameter WaitTimeSeconds"),
        ({"VisibilityTimeout": 43_201}, "Value 43201 for parameter VisibilityTimeout"),
    ],
)  # fmt: skip
def test_receives_that_cannot_be(sqs: Any, make: Make, given: dict[str, Any], message: str) -> None:
    told = refusal(sqs.receive_message, QueueUrl=make(), **given)
    assert (told[0], message in told[1], told[2]) == ("InvalidParameterValue", True, 400)


def test_unknown_names_are_named(sqs: Any, make: Make) -> None:
    url = make()
    unknown = ("InvalidAttributeName", "Unknown Attribute Nope.", 400)
    assert refusal(sqs.receive_message, QueueUrl=url, AttributeNames=["Nope"]) == unknown
    assert refusal(sqs.get_queue_attributes, QueueUrl=url, AttributeNames=["Nope"]) == unknown
    assert refusal(sqs.set_queue_attributes, QueueUrl=url, Attributes={"Nope": "1"}) == unknown


def test_receipt_handles(sqs: Any, make: Make) -> None:
    url, other = make(), make("other")
    sqs.send_message(QueueUrl=url, MessageBody="x")
    handle = sqs.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"]
    assert refusal(sqs.delete_message, QueueUrl=url, ReceiptHandle="garbage")[0] == (
        "ReceiptHandleIsInvalid"
    )
    assert refusal(sqs.delete_message, QueueUrl=other, ReceiptHandle=handle)[0] == (
        "ReceiptHandleIsInvalid"
    )
    sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
    told = refusal(
        sqs.change_message_visibility, QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=42
    )
    assert told[:2] == (
        "InvalidParameterValue",
        f"Value {handle} for parameter ReceiptHandle is invalid. Reason: Message does not exist "
        "or is not available for visibility timeout change.",
    )


def test_a_fifo_receipt_handle_expires(world: World, sqs: Any, make: Make) -> None:
    url = make("q.fifo", ContentBasedDeduplication="true", VisibilityTimeout="1")
    sqs.send_message(QueueUrl=url, MessageBody="x", MessageGroupId="g")
    handle = sqs.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"]
    world.run(until=1)
    told = refusal(sqs.delete_message, QueueUrl=url, ReceiptHandle=handle)
    assert told[:2] == (
        "InvalidParameterValue",
        f"Value {handle} for parameter ReceiptHandle is invalid. "
        "Reason: The receipt handle has expired.",
    )


def test_no_message_stays_invisible_for_more_than_twelve_hours(
    world: World, sqs: Any, make: Make
) -> None:
    url = make()
    sqs.send_message(QueueUrl=url, MessageBody="x")
    handle = sqs.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"]
    world.run(until=10)
    told = refusal(
        sqs.change_message_visibility, QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=43_200
    )
    assert "Total VisibilityTimeout for the message is beyond the limit" in told[1]


@pytest.mark.parametrize("id_", ["", "testLongId" * 10, "invalid:id"])
def test_batch_ids(sqs: Any, make: Make, id_: str) -> None:
    url = make()
    expected = ("AWS.SimpleQueueService.InvalidBatchEntryId", INVALID_ID, 400)
    entry = {"Id": id_, "ReceiptHandle": "h"}
    assert refusal(sqs.delete_message_batch, QueueUrl=url, Entries=[entry]) == expected
    entry = {"Id": id_, "MessageBody": "x"}
    assert refusal(sqs.send_message_batch, QueueUrl=url, Entries=[entry]) == expected


@pytest.mark.parametrize("action", ["SendMessage", "DeleteMessage", "ChangeMessageVisibility"])
def test_batches_of_none_of_twenty_and_of_twins(sqs: Any, make: Make, action: str) -> None:
    url = make()
    entry, call = {
        "SendMessage": ({"MessageBody": "x"}, sqs.send_message_batch),
        "DeleteMessage": ({"ReceiptHandle": "h"}, sqs.delete_message_batch),
        "ChangeMessageVisibility": (
            {"ReceiptHandle": "h", "VisibilityTimeout": 1},
            sqs.change_message_visibility_batch,
        ),
    }[action]
    service = "AWS.SimpleQueueService."
    assert refusal(call, QueueUrl=url, Entries=[])[:2] == (
        service + "EmptyBatchRequest",
        f"There should be at least one {action}BatchRequestEntry in the request.",
    )
    twenty = [{"Id": str(i), **entry} for i in range(20)]
    assert refusal(call, QueueUrl=url, Entries=twenty)[:2] == (
        service + "TooManyEntriesInBatchRequest",
        "Maximum number of entries per request are 10. You have sent 20.",
    )
    assert refusal(call, QueueUrl=url, Entries=[{"Id": "a", **entry}] * 2)[:2] == (
        service + "BatchEntryIdsNotDistinct",
        "Id a repeated.",
    )


def test_a_batch_too_long(sqs: Any, make: Make) -> None:
    entries = [{"Id": "1", "MessageBody": "a" * 1_048_576}, {"Id": "2", "MessageBody": "a"}]
    assert refusal(sqs.send_message_batch, QueueUrl=make(), Entries=entries)[:2] == (
        "AWS.SimpleQueueService.BatchRequestTooLong",
        "Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes.",
    )


def test_fifo_needs_a_group_and_a_way_to_deduplicate(sqs: Any, make: Make) -> None:
    url = make("q.fifo")
    assert refusal(sqs.send_message, QueueUrl=url, MessageBody="x", MessageGroupId="g")[:2] == (
        "InvalidParameterValue",
        "The queue should either have ContentBasedDeduplication enabled or "
        "MessageDeduplicationId provided explicitly",
    )
    told = refusal(sqs.send_message, QueueUrl=url, MessageBody="x", MessageDeduplicationId="d")
    assert told == (
        "MissingParameter",
        "The request must contain the parameter MessageGroupId.",
        400,
    )
    told = refusal(
        sqs.send_message, QueueUrl=url, MessageBody="x", MessageGroupId="g",
        MessageDeduplicationId="d", DelaySeconds=2,
    )  # fmt: skip
    assert told[1] == (
        "Value 2 for parameter DelaySeconds is invalid. Reason: The request include parameter "
        "that is not valid for this queue type."
    )


def test_one_purge_a_minute(world: World, sqs: Any, make: Make) -> None:
    url = make("crowded")
    sqs.purge_queue(QueueUrl=url)
    assert refusal(sqs.purge_queue, QueueUrl=url) == (
        "AWS.SimpleQueueService.PurgeQueueInProgress",
        "Only one PurgeQueue operation on crowded is allowed every 60 seconds.",
        403,
    )
    world.run(until=60)
    sqs.purge_queue(QueueUrl=url)


def test_a_deleted_queues_name_rests_for_a_minute(world: World, sqs: Any, make: Make) -> None:
    sqs.delete_queue(QueueUrl=make("gone"))
    assert refusal(sqs.create_queue, QueueName="gone") == (
        "AWS.SimpleQueueService.QueueDeletedRecently",
        "You must wait 60 seconds after deleting a queue before you can create another with the "
        "same name.",
        400,
    )
    world.run(until=60)
    make("gone")


def test_too_many_in_flight(world: World, sqs: Any, make: Make) -> None:
    """ "Amazon SQS queue quotas": a short poll gets OverLimit, a long poll nothing; FIFO never."""
    url, fifo = make(), make("q.fifo", ContentBasedDeduplication="true")
    for name, target in (("q", url), ("q.fifo", fifo)):
        world.cloud.queue(name).in_flight_limit = 0
        group = {"MessageGroupId": "g"} if target == fifo else {}
        sqs.send_message(QueueUrl=target, MessageBody="x", **group)
    assert refusal(sqs.receive_message, QueueUrl=url)[::2] == ("OverLimit", 403)
    assert "Messages" not in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1)
    assert "Messages" not in sqs.receive_message(QueueUrl=fifo)


def test_tags_and_permissions(sqs: Any, make: Make) -> None:
    url = make()
    assert refusal(sqs.tag_queue, QueueUrl=url, Tags={})[0] == "MissingParameter"
    assert refusal(
        sqs.add_permission, QueueUrl=url, Label="l", AWSAccountIds=["123456789012"],
        Actions=["DeleteQueue"],
    )[:2] == (
        "InvalidParameterValue",
        "Value SQS:DeleteQueue for parameter ActionName is invalid. "
        "Reason: Only the queue owner is allowed to invoke this action.",
    )  # fmt: skip
    for _ in range(1):
        sqs.add_permission(
            QueueUrl=url, Label="l", AWSAccountIds=["123456789012"], Actions=["SendMessage"]
        )
    assert "Already exists." in refusal(
        sqs.add_permission, QueueUrl=url, Label="l", AWSAccountIds=["123456789012"],
        Actions=["SendMessage"],
    )[1]  # fmt: skip
    policy = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]
    assert json.loads(policy["Policy"])["Statement"][0]["Action"] == "SQS:SendMessage"
    sqs.remove_permission(QueueUrl=url, Label="l")
    assert "Attributes" not in sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])
