"""FIFO topics: order, groups and deduplication, into FIFO queues and standard ones.

Sources: Amazon SNS Developer Guide, "Amazon SNS message ordering and deduplication strategies using
FIFO topics", "Amazon SNS message delivery for FIFO topics", "Amazon SNS FIFO topic message
deduplication".
"""

import hashlib
import json
from typing import Any

import pytest

from simulator.fault import Fault
from simulator.world import World

NEEDS_DEDUP = (
    "Invalid parameter: The topic should either have ContentBasedDeduplication enabled or "
    "MessageDeduplicationId provided explicitly"
)


@pytest.fixture
def ordered(sns: Any) -> str:
    created = sns.create_topic(Name="rides.fifo", Attributes={"FifoTopic": "true"})
    return str(created["TopicArn"])


@pytest.fixture
def lined_up(sns: Any, ordered: str, queue: Any) -> str:
    subscription = sns.subscribe(TopicArn=ordered, Protocol="sqs", Endpoint=queue("q.fifo"))
    return str(subscription["SubscriptionArn"])


def publish(sns: Any, topic: str, message: str, group: str = "g", **more: str) -> Any:
    dedup = more.pop("dedup", message)
    return sns.publish(
        TopicArn=topic,
        Message=message,
        MessageGroupId=group,
        MessageDeduplicationId=dedup,
        **more,
    )


def received(sqs: Any, name: str) -> list[dict[str, Any]]:
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"])
    return list(found.get("Messages", []))


def test_what_a_fifo_topic_needs(sns: Any, ordered: str, refused: Any) -> None:
    arguments = {"TopicArn": ordered, "Message": "m"}
    assert "MessageGroupId parameter is required" in refused(sns.publish, **arguments)[1]
    told = refused(sns.publish, **arguments, MessageGroupId="g")
    assert told == ("InvalidParameter", NEEDS_DEDUP, 400)
    entries = [{"Id": "1", "Message": "m"}]
    told = refused(sns.publish_batch, TopicArn=ordered, PublishBatchRequestEntries=entries)
    assert told[1] == "Invalid parameter: The MessageGroupId parameter is required for FIFO topics"


def test_messages_keep_their_order_group_and_number(
    sns: Any, sqs: Any, ordered: str, lined_up: str
) -> None:
    sequences = [publish(sns, ordered, text)["SequenceNumber"] for text in "abc"]
    assert sequences == sorted(sequences)
    got = received(sqs, "q.fifo")
    bodies = [json.loads(message["Body"]) for message in got]
    assert [body["Message"] for body in bodies] == ["a", "b", "c"]
    assert [body["SequenceNumber"] for body in bodies] == sequences
    assert not {"Signature", "SignatureVersion", "SigningCertURL"} & set(bodies[0])
    assert {m["Attributes"]["MessageGroupId"] for m in got} == {"g"}
    assert [m["Attributes"]["MessageDeduplicationId"] for m in got] == ["a", "b", "c"]


def test_a_duplicate_is_answered_and_not_delivered(
    world: World, sns: Any, ordered: str, lined_up: str, bodies: Any, told: Any
) -> None:
    first = publish(sns, ordered, "a", dedup="d")
    again = publish(sns, ordered, "b", dedup="d", group="other")
    assert (again["MessageId"], again["SequenceNumber"]) == (
        first["MessageId"],
        first["SequenceNumber"],
    )
    assert told().count("sns.published") == 1
    world.run(until=world.now_s + 300)
    assert publish(sns, ordered, "b", dedup="d")["MessageId"] != first["MessageId"]
    assert [body["Message"] for body in bodies("q.fifo")] == ["a", "b"]


def test_content_is_the_id_where_the_topic_says_so(
    sns: Any, sqs: Any, ordered: str, lined_up: str
) -> None:
    arguments = {"TopicArn": ordered, "AttributeName": "ContentBasedDeduplication"}
    sns.set_topic_attributes(**arguments, AttributeValue="true")
    for _ in range(2):
        sns.publish(TopicArn=ordered, Message="Test", MessageGroupId="g")
    (message,) = received(sqs, "q.fifo")
    expected = hashlib.sha256(b"Test").hexdigest()
    assert message["Attributes"]["MessageDeduplicationId"] == expected


def test_deduplication_by_group(sns: Any, queue: Any, bodies: Any) -> None:
    attributes = {"FifoTopic": "true", "FifoThroughputScope": "MessageGroup"}
    topic = sns.create_topic(Name="fast.fifo", Attributes=attributes)["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue("standard"))
    for group in ("g", "h", "g"):
        publish(sns, topic, "m", group=group)
    assert len(bodies("standard")) == 2


def test_a_standard_queue_gets_neither_group_nor_id(
    sns: Any, sqs: Any, ordered: str, queue: Any
) -> None:
    sns.subscribe(TopicArn=ordered, Protocol="sqs", Endpoint=queue("standard"))
    publish(sns, ordered, "m")
    (message,) = received(sqs, "standard")
    assert not {"MessageGroupId", "MessageDeduplicationId"} & set(message["Attributes"])
    assert json.loads(message["Body"])["SequenceNumber"]


def test_only_queues_subscribe(sns: Any, ordered: str, refused: Any) -> None:
    endpoint = {"Protocol": "email", "Endpoint": "a@example.com"}
    assert "only deliver to Amazon SQS" in refused(sns.subscribe, TopicArn=ordered, **endpoint)[1]


def test_its_dead_letters_lie_in_a_fifo_queue(
    sns: Any, sqs: Any, ordered: str, lined_up: str, queue: Any, refused: Any
) -> None:
    arguments = {"SubscriptionArn": lined_up, "AttributeName": "RedrivePolicy"}

    def redrive_to(name: str) -> str:
        return json.dumps({"deadLetterTargetArn": queue(name)})

    _, message, _ = refused(
        sns.set_subscription_attributes, **arguments, AttributeValue=redrive_to("plain")
    )
    assert message == (
        "Invalid parameter: RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription to "
        "a FIFO Topic."
    )
    sns.set_subscription_attributes(**arguments, AttributeValue=redrive_to("dead.fifo"))
    sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName="q.fifo")["QueueUrl"])
    publish(sns, ordered, "m")
    (message,) = received(sqs, "dead.fifo")
    assert json.loads(message["Body"])["Message"] == "m"
    assert message["Attributes"]["MessageGroupId"] == "g"


def test_a_failing_queue_holds_up_its_group_and_no_other(
    world: World, sns: Any, ordered: str, lined_up: str
) -> None:
    broken = Fault("down", {"service": "sqs", "resource": "q.fifo"}, attempts=range(1, 6))
    world.faults.inject(broken)
    publish(sns, ordered, "first")
    publish(sns, ordered, "second")
    publish(sns, ordered, "other", group="h")
    world.run()
    sent = [
        json.loads(fact.data["body"])["Message"]
        for fact in world.journal.facts
        if fact.what == "sqs.sent"
    ]
    assert sent.index("first") < sent.index("second")
    assert len(sent) == 3
