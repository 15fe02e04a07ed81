"""What Publish and PublishBatch take, and how they refuse the rest.

Sources: Amazon SNS API Reference, "Publish", "PublishBatch"; Developer Guide, "Amazon SNS message
attributes".
"""

import json
from typing import Any

import pytest

from simulator.fault import Fault
from simulator.world import World

LIMIT = 262_144


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"Message": ""}, "Empty message"),
        ({"Message": "m", "Subject": ""}, "Subject"),
        ({"Message": "m", "Subject": "two\nlines"}, "Subject"),
        ({"Message": "m" * (LIMIT + 1)}, "Message too long"),
        ({"Message": "{}", "MessageStructure": "json"},
         "Message Structure - No default entry in JSON message body"),
        ({"Message": '{"default": {}}', "MessageStructure": "json"},
         "Message Structure - No default entry in JSON message body"),
        ({"Message": "no", "MessageStructure": "json"},
         "Message Structure - JSON message body failed to parse"),
        ({"Message": "m", "MessageDeduplicationId": "d"},
         "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter "
         "that is not valid for this topic type"),
    ],
)  # fmt: skip
def test_a_message_that_is_refused(
    sns: Any, topic: str, refused: Any, arguments: dict[str, str], reason: str
) -> None:
    told = refused(sns.publish, TopicArn=topic, **arguments)
    assert told == ("InvalidParameter", f"Invalid parameter: {reason}", 400)


@pytest.mark.parametrize(
    ("name", "attribute", "code", "message"),
    [
        ("a", {"DataType": "Binary", "BinaryValue": b""}, "ParameterValueInvalid",
         "The message attribute 'a' must contain non-empty message attribute value for message "
         "attribute type 'Binary'."),
        ("a", {"DataType": "String", "BinaryValue": b"1"}, "ParameterValueInvalid",
         "The message attribute 'a' with type 'String' must use field 'String'."),
        ("a", {"DataType": "Binary", "StringValue": "1"}, "ParameterValueInvalid",
         "The message attribute 'a' with type 'Binary' must use field 'Binary'."),
        ("a", {"DataType": "Text", "StringValue": "1"}, "ParameterValueInvalid",
         "The message attribute 'a' has an invalid message attribute type, the set of supported "
         "type prefixes is Binary, Number, and String."),
        ("a" * 257, {"DataType": "String", "StringValue": "1"}, "ParameterValueInvalid",
         "Length of message attribute name must be less than 256 bytes."),
        ("^", {"DataType": "String", "StringValue": "1"}, "ParameterValueInvalid",
         "Invalid non-alphanumeric character '#x5E' was found in the message attribute name. Can "
         "only include alphanumeric characters, hyphens, underscores, or dots."),
        (".a", {"DataType": "String", "StringValue": "1"}, "ParameterValueInvalid",
         "Invalid message attribute name starting with character '.' was found."),
        ("a.", {"DataType": "String", "StringValue": "1"}, "ParameterValueInvalid",
         "Invalid message attribute name ending with character '.' was found."),
        ("a..b", {"DataType": "String", "StringValue": "1"}, "ParameterValueInvalid",
         "Message attribute name can not have successive '.' character."),
        ("a", {"DataType": "String", "StringValue": ""}, "InvalidParameter",
         "The message attribute 'a' must contain non-empty message attribute value for message "
         "attribute type 'String'."),
    ],
)  # fmt: skip
def test_an_attribute_that_is_refused(
    sns: Any, topic: str, refused: Any, name: str, attribute: Any, code: str, message: str
) -> None:
    arguments = {"TopicArn": topic, "MessageAttributes": {name: attribute}}
    assert refused(sns.publish, Message="m", **arguments) == (code, message, 400)
    entry = {"Id": "1", "Message": "m", "MessageAttributes": {name: attribute}}
    told = refused(sns.publish_batch, TopicArn=topic, PublishBatchRequestEntries=[entry])
    assert told == (code, message, 400)


def test_attributes_count_towards_the_size(sns: Any, topic: str, refused: Any) -> None:
    attributes = {"attr1": {"DataType": "Number", "StringValue": "1"}}
    room = LIMIT - len("attr1" + "Number" + "1")
    sns.publish(TopicArn=topic, Message="a" * room, MessageAttributes=attributes)
    told = refused(
        sns.publish, TopicArn=topic, Message="a" * (room + 1), MessageAttributes=attributes
    )
    assert told[1] == "Invalid parameter: Message too long"
    told = refused(sns.publish, TopicArn=topic, Message="ä" * (LIMIT // 2 + 1))
    assert told[1] == "Invalid parameter: Message too long", "bytes are counted, not characters"


def test_a_target_that_is_no_topic(sns: Any, topic: str, refused: Any) -> None:
    device = "arn:aws:sns:us-east-1:123456789012:endpoint/APNS/app/0f7d5971"
    told = "Invalid parameter: TargetArn Reason: No endpoint found for the target arn specified"
    assert refused(sns.publish, TargetArn=device, Message="m") == ("InvalidParameter", told, 400)
    told = "Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter"
    assert refused(sns.publish, Message="m") == ("InvalidParameter", told, 400)
    assert sns.publish(TargetArn=topic, Message="m")["MessageId"]


def test_each_protocol_gets_its_own_text(
    world: World, sns: Any, topic: str, subscribed: Any, bodies: Any
) -> None:
    subscribed("q")
    sns.subscribe(TopicArn=topic, Protocol="sms", Endpoint="+15551234567")
    message = json.dumps({"default": "for all", "sqs": "for queues"})
    sns.publish(TopicArn=topic, Message=message, MessageStructure="json")
    assert [body["Message"] for body in bodies("q")] == ["for queues"]
    assert [letter.body for letter in world.cloud.topics.outbox] == ["for all"]


def batch(*messages: str, **more: Any) -> list[dict[str, Any]]:
    return [{"Id": str(n), "Message": message, **more} for n, message in enumerate(messages)]


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        (batch(*"abcdefghijk"), "TooManyEntriesInBatchRequest"),
        ([{"Id": "x", "Message": "a"}] * 2, "BatchEntryIdsNotDistinct"),
        ([{"Id": "x/y", "Message": "a"}], "InvalidBatchEntryId"),
        ([{"Id": "x" * 81, "Message": "a"}], "InvalidBatchEntryId"),
        (batch("a" * (LIMIT // 2), "b" * (LIMIT // 2 + 1)), "BatchRequestTooLong"),
        (batch("{}", MessageStructure="json"), "InvalidParameter"),
        (batch("a", MessageDeduplicationId="d"), "InvalidParameter"),
    ],
)
def test_a_batch_that_fails_as_a_whole(
    sns: Any, topic: str, subscribed: Any, bodies: Any, refused: Any, entries: Any, code: str
) -> None:
    subscribed("q")
    told = refused(sns.publish_batch, TopicArn=topic, PublishBatchRequestEntries=entries)
    assert (told[0], told[2], bodies("q")) == (code, 400, [])


def test_an_empty_batch(world: World, topic: str, refused: Any) -> None:
    sns: Any = world.cloud.session().client("sns", region_name="us-east-1")
    told = refused(sns.publish_batch, TopicArn=topic, PublishBatchRequestEntries=[])
    assert told[0] == "EmptyBatchRequest"


def test_one_entry_fails_the_others_do_not(
    world: World, sns: Any, topic: str, subscribed: Any, bodies: Any
) -> None:
    subscribed("q")
    entries = batch("a", "b", "c")
    entries[1]["Subject"] = "two\nlines"
    told = sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)
    assert [one["Id"] for one in told["Successful"]] == ["0", "2"]
    (failed,) = told["Failed"]
    assert (failed["Id"], failed["Code"], failed["SenderFault"]) == ("1", "InvalidParameter", True)
    assert [body["Message"] for body in bodies("q")] == ["a", "c"]


def test_a_fault_strikes_one_entry(world: World, sns: Any, topic: str) -> None:
    where = {"action": "PublishBatchEntry", "resource": "2"}
    world.faults.inject(Fault("flaky", where, error="InternalError", message="try again"))
    told = sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=batch("a", "b", "c"))
    assert [one["Id"] for one in told["Successful"]] == ["0", "1"]
    assert told["Failed"] == [
        {"Id": "2", "Code": "InternalError", "Message": "try again", "SenderFault": False}
    ]


def test_the_same_seed_publishes_the_same_ids() -> None:
    def ids() -> list[str]:
        with World(seed=3) as world:
            sns: Any = world.cloud.session().client("sns")
            topic = sns.create_topic(Name="t")["TopicArn"]
            return [sns.publish(TopicArn=topic, Message="m")["MessageId"] for _ in range(3)]

    assert ids() == ids()


def test_a_topic_may_allow_larger_messages(sns: Any, topic: str, refused: Any) -> None:
    """API Reference, "SetTopicAttributes": MaximumMessageSize."""
    large = {"AttributeName": "MaximumMessageSize", "AttributeValue": "1048576"}
    assert "MaximumMessageSize" not in sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    mail = sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="a@example.com")
    assert refused(sns.set_topic_attributes, TopicArn=topic, **large)[0] == "InvalidParameter"
    other = sns.create_topic(Name="large", Attributes={"MaximumMessageSize": "1048576"})["TopicArn"]
    assert sns.get_topic_attributes(TopicArn=other)["Attributes"]["MaximumMessageSize"] == "1048576"
    assert sns.publish(TopicArn=other, Message="m" * 1_048_576)["MessageId"]
    told = refused(sns.publish, TopicArn=other, Message="m" * 1_048_577)
    assert told[1] == "Invalid parameter: Message too long"
    entries = [{"Id": str(n), "Message": "m" * 400_000} for n in range(3)]
    told = refused(sns.publish_batch, TopicArn=other, PublishBatchRequestEntries=entries)
    assert told[0] == "BatchRequestTooLong"
    told = refused(sns.subscribe, TopicArn=other, Protocol="email", Endpoint="a@example.com")
    assert told[0] == "InvalidParameter"
    assert mail["SubscriptionArn"]


@pytest.mark.parametrize("size", ["1023", "1048577", "much", "-1"])
def test_a_largest_message_has_limits(sns: Any, topic: str, refused: Any, size: str) -> None:
    attribute = {"AttributeName": "MaximumMessageSize", "AttributeValue": size}
    assert refused(sns.set_topic_attributes, TopicArn=topic, **attribute)[0] == "InvalidParameter"
