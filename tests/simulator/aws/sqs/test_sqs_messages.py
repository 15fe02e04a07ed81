"""Messages on the wire: what is sent, received, deleted and moved.

Sources: API reference, "SendMessage", "ReceiveMessage", "SendMessageBatch", "DeleteMessage";
MD5s and shapes as AWS was recorded to give them.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from simulator.world import World

Make = Callable[..., str]
THREE = {
    "Help.Me": {"DataType": "String", "StringValue": "Me"},
    "Hello": {"DataType": "String", "StringValue": "There"},
    "General": {"DataType": "String", "StringValue": "Kenobi"},
}


def receive(sqs: Any, url: str, **options: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sqs.receive_message(QueueUrl=url, **options).get("Messages", [])
    return found


def bodies(sqs: Any, url: str, **options: Any) -> list[str]:
    return [message["Body"] for message in receive(sqs, url, MaxNumberOfMessages=10, **options)]


@pytest.mark.parametrize(
    ("wanted", "md5", "names"),
    [
        ([], None, []),
        (["All"], "4c360f3fdafd970e05fae2f149d997f5", ["General", "Hello", "Help.Me"]),
        (["*"], "4c360f3fdafd970e05fae2f149d997f5", ["General", "Hello", "Help.Me"]),
        ([".*"], "4c360f3fdafd970e05fae2f149d997f5", ["General", "Hello", "Help.Me"]),
        (["Foo", "Help"], None, []),
        (["Hello", "General"], "fca026605781cb4126a1e9044df24232", ["General", "Hello"]),
        (["Hel.*"], "83fee93c1bcd8b9a5a923ffacdc636c7", ["Hello", "Help.Me"]),
        (["AWS."], None, []),
    ],
)
def test_message_attributes_by_name(
    sqs: Any, make: Make, wanted: list[str], md5: str | None, names: list[str]
) -> None:
    url = make()
    sent = sqs.send_message(QueueUrl=url, MessageBody="msg", MessageAttributes=THREE)
    assert sent["MD5OfMessageAttributes"] == "4c360f3fdafd970e05fae2f149d997f5"
    assert sent["MD5OfMessageBody"] == "6e2baaf3b97dbeef01c0043275f9a0e7"
    (message,) = receive(sqs, url, MessageAttributeNames=wanted)
    assert message.get("MD5OfMessageAttributes") == md5
    assert sorted(message.get("MessageAttributes", {})) == names


def test_attribute_names_may_have_letters_of_other_languages(sqs: Any, make: Make) -> None:
    attributes = {"attr.1øßä": {"DataType": "String", "StringValue": "Valida"}}
    sent = sqs.send_message(QueueUrl=make(), MessageBody="x", MessageAttributes=attributes)
    assert sent["MD5OfMessageAttributes"]


def test_binary_attributes_come_back_as_bytes(sqs: Any, make: Make) -> None:
    url, raw = make(), b"traceparent\x1e00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01"
    attributes = {"attr1": {"DataType": "Binary", "BinaryValue": raw}}
    sqs.send_message(QueueUrl=url, MessageBody="test", MessageAttributes=attributes)
    (message,) = receive(sqs, url, MessageAttributeNames=["All"])
    assert message["MD5OfMessageAttributes"] == "8cbe4db156db8a94db8b801b7addb984"
    assert message["MessageAttributes"]["attr1"]["BinaryValue"] == raw


def test_system_attributes(world: World, sqs: Any, make: Make) -> None:
    url = make(VisibilityTimeout="0")
    root = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
    trace = {"AWSTraceHeader": {"DataType": "String", "StringValue": root}}
    sent = sqs.send_message(QueueUrl=url, MessageBody="x", MessageSystemAttributes=trace)
    assert sent["MD5OfMessageSystemAttributes"] == "5ae4d5d7636402d80f4eb6d213245a88"
    world.run(until=1.5)
    receive(sqs, url)
    world.run(until=2)
    start_ms = round(world.clock.start.timestamp() * 1000)
    (message,) = receive(sqs, url, MessageSystemAttributeNames=["All"])
    attributes = message["Attributes"]
    assert attributes.pop("SenderId")
    assert attributes == {
        "AWSTraceHeader": root,
        "ApproximateFirstReceiveTimestamp": str(start_ms + 1500),
        "ApproximateReceiveCount": "2",
        "SentTimestamp": str(start_ms),
    }
    (message,) = receive(sqs, url, AttributeNames=["SentTimestamp"])
    assert list(message["Attributes"]) == ["SentTimestamp"]


@pytest.mark.parametrize(
    "body", ['"&quot;&quot;\r', '{\r\n"id" : "1"}', "ünïcödé 🦄", "<a>&amp;</a>"]
)
def test_a_body_comes_back_as_it_was(sqs: Any, make: Make, body: str) -> None:
    url = make()
    sent = sqs.send_message(QueueUrl=url, MessageBody=body)
    (message,) = receive(sqs, url)
    assert message["Body"] == body
    assert message["MD5OfBody"] == sent["MD5OfMessageBody"]


def test_a_batch_fails_in_parts(sqs: Any, make: Make) -> None:
    url = make(MaximumMessageSize="1024")
    entries = [
        {"Id": "good", "MessageBody": "1"},
        {"Id": "contents", "MessageBody": "\x01"},
        {"Id": "late", "MessageBody": "2", "DelaySeconds": 901},
        {"Id": "long", "MessageBody": "a" * 1025},
        {"Id": "fine", "MessageBody": "3"},
    ]
    told = sqs.send_message_batch(QueueUrl=url, Entries=entries)
    assert [entry["Id"] for entry in told["Successful"]] == ["good", "fine"]
    assert [(entry["Id"], entry["Code"], entry["SenderFault"]) for entry in told["Failed"]] == [
        ("contents", "InvalidMessageContents", True),
        ("late", "InvalidParameterValue", True),
        ("long", "InvalidParameterValue", True),
    ]
    assert bodies(sqs, url) == ["1", "3"]


def test_batches_of_deletes_and_changes_fail_in_parts(sqs: Any, make: Make) -> None:
    url = make()
    sqs.send_message_batch(
        QueueUrl=url, Entries=[{"Id": str(i), "MessageBody": str(i)} for i in range(2)]
    )
    one, two = (message["ReceiptHandle"] for message in receive(sqs, url, MaxNumberOfMessages=2))
    told = sqs.change_message_visibility_batch(
        QueueUrl=url,
        Entries=[
            {"Id": "a", "ReceiptHandle": one, "VisibilityTimeout": 0},
            {"Id": "b", "ReceiptHandle": "garbage", "VisibilityTimeout": 0},
            {"Id": "c", "ReceiptHandle": two, "VisibilityTimeout": 43_201},
        ],
    )
    assert [entry["Id"] for entry in told["Successful"]] == ["a"]
    assert [(entry["Id"], entry["Code"]) for entry in told["Failed"]] == [
        ("b", "ReceiptHandleIsInvalid"),
        ("c", "InvalidParameterValue"),
    ]
    told = sqs.delete_message_batch(
        QueueUrl=url,
        Entries=[{"Id": "a", "ReceiptHandle": one}, {"Id": "b", "ReceiptHandle": "garbage"}],
    )
    assert [entry["Id"] for entry in told["Successful"]] == ["a"]
    assert told["Failed"][0]["Message"] == (
        'The input receipt handle "garbage" is not a valid receipt handle.'
    )
    assert len(bodies(sqs, url)) == 0


def test_fifo_on_the_wire(sqs: Any, make: Make) -> None:
    url = make("q.fifo", DeduplicationScope="messageGroup", FifoThroughputLimit="perMessageGroupId")
    ids = {"MessageGroupId": "g", "MessageDeduplicationId": "d"}
    sent = sqs.send_message(QueueUrl=url, MessageBody="x", **ids)
    again = sqs.send_message(QueueUrl=url, MessageBody="x", **ids)
    assert again["MessageId"] == sent["MessageId"]
    assert again["SequenceNumber"] == sent["SequenceNumber"]
    assert len(sent["SequenceNumber"]) == 20
    sqs.send_message(QueueUrl=url, MessageBody="y", **{**ids, "MessageGroupId": "h"})
    messages = receive(sqs, url, MaxNumberOfMessages=10, AttributeNames=["All"])
    assert [message["Body"] for message in messages] == ["x", "y"]
    assert messages[0]["Attributes"]["MessageGroupId"] == "g"
    assert messages[0]["Attributes"]["MessageDeduplicationId"] == "d"
    assert messages[0]["Attributes"]["SequenceNumber"] == sent["SequenceNumber"]


def test_content_is_its_own_deduplication_id(sqs: Any, make: Make) -> None:
    url = make("q.fifo", ContentBasedDeduplication="true")
    for body in ("x", "x", "y"):
        sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId="g")
    assert bodies(sqs, url) == ["x", "y"]


def test_a_receive_attempt_can_be_repeated(sqs: Any, make: Make) -> None:
    url = make("q.fifo", ContentBasedDeduplication="true")
    sqs.send_message(QueueUrl=url, MessageBody="x", MessageGroupId="g")
    first, again = (receive(sqs, url, ReceiveRequestAttemptId="try") for _ in range(2))
    assert first == again != []


def test_a_dead_letter_tells_where_it_comes_from(
    world: World, sqs: Any, make: Make, arn: Callable[[str], str]
) -> None:
    dead = make("dead")
    policy = json.dumps({"deadLetterTargetArn": arn(dead), "maxReceiveCount": "2"})
    url = make("work", VisibilityTimeout="1", RedrivePolicy=policy)
    sent = sqs.send_message(QueueUrl=url, MessageBody="poison", MessageAttributes=THREE)
    for second in (0, 1):
        world.run(until=second)
        assert bodies(sqs, url) == ["poison"]
    world.run(until=2)
    assert bodies(sqs, url) == []
    (message,) = receive(sqs, dead, AttributeNames=["All"], MessageAttributeNames=["All"])
    assert message["MessageId"] == sent["MessageId"]
    assert message["Attributes"]["DeadLetterQueueSourceArn"] == arn(url)
    assert message["Attributes"]["ApproximateReceiveCount"] == "3"
    assert message["MessageAttributes"] == THREE
    moved = [fact for fact in world.journal.facts if fact.what == "sqs.moved"]
    assert [(fact.data["queue"], fact.data["to"]) for fact in moved] == [("work", "dead")]
    sources = sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"]
    assert sources == [url]


def test_a_queue_waits_as_long_as_it_says_by_itself(world: World, sqs: Any, make: Make) -> None:
    url = make(ReceiveMessageWaitTimeSeconds="7")
    assert bodies(sqs, url) == []
    assert world.now_s == 7
    assert bodies(sqs, url, WaitTimeSeconds=0) == []
    assert world.now_s == 7


def test_actors_and_boto3_share_one_queue(world: World, sqs: Any, make: Make) -> None:
    url, queue = make(), world.cloud.queue("q")
    queue.send("from an actor")
    assert bodies(sqs, url) == ["from an actor"]
    sqs.send_message(QueueUrl=url, MessageBody="from boto3")
    (delivery,) = queue.take()
    assert delivery.body == "from boto3"
    queue.delete(delivery.receipt)
    assert len(queue) == 1
