"""Subscriptions as SNS keeps them: endpoints, attributes, idempotency, other accounts.

Sources: Amazon SNS API Reference, "Subscribe", "SetSubscriptionAttributes", "Unsubscribe",
"ListSubscriptions"; Developer Guide, "Sending Amazon SNS messages to an Amazon SQS queue in a
different account".
"""

import json
from typing import Any

import pytest

from simulator.world import World

OTHER = "210987654321"


@pytest.mark.parametrize(
    ("protocol", "endpoint", "message"),
    [
        ("bird", "x", "Invalid parameter: Amazon SNS does not support this protocol string: bird"),
        ("sqs", "http://q", "Invalid parameter: SQS endpoint ARN"),
        ("sms", "+15--551234567", "Invalid SMS endpoint: +15--551234567"),
        ("sms", "NAA+15551234567", "Invalid SMS endpoint: NAA+15551234567"),
        ("http", "https://a", "Invalid parameter: Endpoint must match the specified protocol"),
        ("email", "nobody", "Invalid parameter: Email address"),
        ("lambda", "f", "Invalid parameter: Lambda endpoint ARN"),
        ("firehose", "f", "Invalid parameter: Firehose endpoint ARN"),
    ],
)  # fmt: skip
def test_an_endpoint_that_the_protocol_has_not(
    sns: Any, topic: str, refused: Any, protocol: str, endpoint: str, message: str
) -> None:
    told = refused(sns.subscribe, TopicArn=topic, Protocol=protocol, Endpoint=endpoint)
    assert told == ("InvalidParameter", message, 400)


def test_subscribing_again_finds_it(sns: Any, topic: str, queue: Any, refused: Any) -> None:
    endpoint = {"TopicArn": topic, "Protocol": "sqs", "Endpoint": queue("q")}

    def subscribe(**attributes: str) -> str:
        return str(sns.subscribe(**endpoint, Attributes=attributes)["SubscriptionArn"])

    first = subscribe(RawMessageDelivery="True")
    assert subscribe(RawMessageDelivery="true") == first
    assert subscribe(FilterPolicyScope="MessageAttributes") == first
    assert subscribe() == first
    code, message, _ = refused(
        sns.subscribe, **endpoint, Attributes={"RawMessageDelivery": "false"}
    )
    assert (code, message) == (
        "InvalidParameter",
        "Invalid parameter: Attributes Reason: Subscription already exists with different "
        "attributes",
    )


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("Colour", "red", "AttributeName"),
        ("RawMessageDelivery", "", "RawMessageDelivery: Invalid value []. Must be true or false."),
        (
            "FilterPolicyScope",
            "X",
            "FilterPolicyScope: Invalid value [X]. Please use either MessageBody or "
            "MessageAttributes",
        ),
        ("FilterPolicy", '{"a": "b"}', 'FilterPolicy: "a" must be an object or an array'),
        (
            "FilterPolicy",
            '{"a": {"b": ["c"]}}',
            "Filter policy scope MessageAttributes does not support nested filter policy",
        ),
        (
            "FilterPolicy",
            "{no}",
            "FilterPolicy: failed to parse JSON. Unexpected character ('n' (code 110)): was "
            "expecting double-quote to start field name",
        ),
        (
            "RedrivePolicy",
            '{"deadLetterTargetArn": "fake"}',
            "RedrivePolicy: deadLetterTargetArn is an invalid arn",
        ),
        ("DeliveryPolicy", '{"x": 1}', "DeliveryPolicy: Unexpected JSON member: x"),
        (
            "DeliveryPolicy",
            '{"throttlePolicy": {"maxReceivesPerSecond": 0}}',
            "DeliveryPolicy: throttlePolicy.maxReceivesPerSecond must be at least 1",
        ),
    ],
)  # fmt: skip
def test_an_attribute_that_is_refused(
    sns: Any, subscribed: Any, refused: Any, name: str, value: str, reason: str
) -> None:
    code, message, status = refused(
        sns.set_subscription_attributes,
        SubscriptionArn=subscribed("q"),
        AttributeName=name,
        AttributeValue=value,
    )
    assert (code, status) == ("InvalidParameter", 400)
    assert message.partition("\n")[0] == f"Invalid parameter: {reason}"


def test_subscribe_names_the_attributes_in_its_refusal(
    sns: Any, topic: str, queue: Any, refused: Any
) -> None:
    endpoint = {"TopicArn": topic, "Protocol": "sqs", "Endpoint": queue("q")}
    _, message, _ = refused(
        sns.subscribe, **endpoint, Attributes={"FilterPolicy": '{"a": [{"suffix": 1}]}'}
    )
    assert message == (
        "Invalid parameter: Attributes Reason: FilterPolicy: suffix match pattern must be a string"
    )
    assert sns.list_subscriptions()["Subscriptions"] == [], "a refused one is not half made"


def test_a_filter_cannot_come_to_a_scope_that_it_does_not_fit(
    sns: Any, subscribed: Any, refused: Any
) -> None:
    arn = subscribed("q", FilterPolicyScope="MessageBody", FilterPolicy='{"a": {"b": ["c"]}}')
    _, message, _ = refused(
        sns.set_subscription_attributes,
        SubscriptionArn=arn,
        AttributeName="FilterPolicyScope",
        AttributeValue="MessageAttributes",
    )
    assert "does not support nested" in message


def test_attributes_as_they_are_told(sns: Any, topic: str, subscribed: Any) -> None:
    arn = subscribed("q", RawMessageDelivery="TrUe", FilterPolicyScope="MessageBody")
    told = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    assert told == {
        "ConfirmationWasAuthenticated": "true",
        "Endpoint": "arn:aws:sqs:us-east-1:123456789012:q",
        "Owner": "123456789012",
        "PendingConfirmation": "false",
        "Protocol": "sqs",
        "RawMessageDelivery": "true",
        "SubscriptionArn": arn,
        "SubscriptionPrincipal": "arn:aws:iam::123456789012:user/moto",
        "TopicArn": topic,
    }


def test_ending_a_subscription(sns: Any, topic: str, subscribed: Any, refused: Any) -> None:
    arn = subscribed("q")
    sns.unsubscribe(SubscriptionArn=arn)
    sns.unsubscribe(SubscriptionArn=arn)
    told = refused(sns.get_subscription_attributes, SubscriptionArn=arn)
    assert told == ("NotFound", "Subscription does not exist", 404)
    short = "SubscriptionArn Reason: An ARN must have at least 6 elements, not 1"
    assert refused(sns.unsubscribe, SubscriptionArn="x")[1] == f"Invalid parameter: {short}"
    assert refused(sns.unsubscribe, SubscriptionArn=topic)[1] == "Invalid parameter: SubscriptionId"


def test_pages_of_a_hundred(sns: Any, topic: str) -> None:
    for number in range(101):
        sns.subscribe(TopicArn=topic, Protocol="sms", Endpoint=f"+1555123{number:04}")
    first = sns.list_subscriptions_by_topic(TopicArn=topic)
    rest = sns.list_subscriptions_by_topic(TopicArn=topic, NextToken=first["NextToken"])
    assert (len(first["Subscriptions"]), len(rest["Subscriptions"])) == (100, 1)
    assert "NextToken" not in rest


def test_a_fifo_queue_has_no_place_at_a_standard_topic(
    sns: Any, topic: str, queue: Any, refused: Any
) -> None:
    arn = queue("q.fifo")
    _, message, _ = refused(sns.subscribe, TopicArn=topic, Protocol="sqs", Endpoint=arn)
    assert message == (
        "Invalid parameter: Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be "
        "subscribed to standard SNS topics"
    )


def test_another_account_subscribes_its_queue_and_publishes(
    world: World, sns: Any, topic: str
) -> None:
    theirs = world.cloud.session(account=OTHER)
    their_sns: Any = theirs.client("sns")
    theirs.client("sqs").create_queue(QueueName="theirs")
    arn = f"arn:aws:sqs:us-east-1:{OTHER}:theirs"
    subscription = their_sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    their_sns.publish(TopicArn=topic, Message="from them")
    sns.publish(TopicArn=topic, Message="from us")
    found = world.cloud.peek_queue("theirs", account=OTHER)
    assert [json.loads(m["body"])["Message"] for m in found] == ["from them", "from us"]
    by_topic = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert [one["Owner"] for one in by_topic] == [OTHER]
    assert sns.list_subscriptions()["Subscriptions"] == [], "those of the caller's account only"
    (own,) = their_sns.list_subscriptions()["Subscriptions"]
    assert own["SubscriptionArn"] == subscription["SubscriptionArn"]


def test_a_queue_of_another_account_has_to_confirm(world: World, sns: Any, topic: str) -> None:
    theirs = world.cloud.session(account=OTHER)
    theirs.client("sqs").create_queue(QueueName="theirs")
    arn = f"arn:aws:sqs:us-east-1:{OTHER}:theirs"
    told = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)["SubscriptionArn"]
    assert told == "pending confirmation"
    sns.publish(TopicArn=topic, Message="too early")
    (asked,) = [json.loads(m["body"]) for m in world.cloud.peek_queue("theirs", account=OTHER)]
    assert asked["Type"] == "SubscriptionConfirmation"
    their_sns: Any = theirs.client("sns")
    their_sns.confirm_subscription(TopicArn=topic, Token=asked["Token"])
    sns.publish(TopicArn=topic, Message="in time")
    last = json.loads(world.cloud.peek_queue("theirs", account=OTHER)[-1]["body"])
    assert last["Message"] == "in time"
