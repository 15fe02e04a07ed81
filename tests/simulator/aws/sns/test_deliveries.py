"""SNS delivers: who gets what when, what is told of it, and one dead subscriber fails nobody.

Sources: Amazon SNS Developer Guide, "Amazon SNS message delivery retries", "Amazon SNS dead-letter
queues", "Amazon SNS raw message delivery", "Fanout to Amazon SQS queues".
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from simulator.fault import Fault
from simulator.world import World

Bodies = Callable[[str], list[Any]]
Told = Callable[[], list[str]]


def test_a_dead_subscriber_does_not_fail_the_publish(
    world: World, sns: Any, topic: str, subscribed: Any, bodies: Bodies, told: Told
) -> None:
    gone = "arn:aws:sqs:us-east-1:123456789012:gone"
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=gone)
    subscribed("alive")
    sns.publish(TopicArn=topic, Message="ride ended")
    assert [body["Message"] for body in bodies("alive")] == ["ride ended"]
    assert told() == ["sns.published", "sns.failed", "sns.delivered"]


def test_a_filtered_message_is_not_delivered(
    sns: Any, topic: str, subscribed: Any, bodies: Bodies, told: Told
) -> None:
    subscribed("berlin", FilterPolicy='{"city": ["berlin"]}')
    for city in ("paris", "berlin"):
        attribute = {"DataType": "String", "StringValue": city}
        sns.publish(TopicArn=topic, Message=city, MessageAttributes={"city": attribute})
    assert [body["Message"] for body in bodies("berlin")] == ["berlin"]
    assert told().count("sns.delivered") == 1


def test_a_body_is_filtered_as_the_protocol_gets_it(
    sns: Any, topic: str, subscribed: Any, bodies: Bodies
) -> None:
    subscribed("q", FilterPolicyScope="MessageBody", FilterPolicy='{"ride": {"km": [3]}}')
    sns.publish(TopicArn=topic, Message='{"ride": {"km": 3}}')
    sns.publish(TopicArn=topic, Message='{"ride": {"km": 4}}')
    by_protocol = json.dumps({"default": "{}", "sqs": '{"ride": {"km": 3}}'})
    sns.publish(TopicArn=topic, Message=by_protocol, MessageStructure="json")
    assert [body["Message"] for body in bodies("q")] == ['{"ride": {"km": 3}}'] * 2


def test_publish_does_not_wait_for_the_deliveries(
    world: World, sns: Any, topic: str, subscribed: Any, bodies: Bodies
) -> None:
    subscribed("q")
    seen: list[int] = []

    def publisher() -> None:
        sns.publish(TopicArn=topic, Message="m")
        seen.append(len(bodies("q")))

    world.spawn(publisher)
    world.run()
    assert (seen, len(bodies("q")), world.now_s) == ([0], 1, 0)


def test_subscribers_are_served_in_the_order_they_came(
    world: World, sns: Any, topic: str, subscribed: Any
) -> None:
    for name in ("c", "a", "b"):
        subscribed(name)
    sns.publish(TopicArn=topic, Message="m")
    sent = [fact.data["queue"] for fact in world.journal.facts if fact.what == "sqs.sent"]
    assert sent == ["c", "a", "b"]


def test_an_envelope_has_aws_fields_in_aws_order(
    sns: Any, topic: str, subscribed: Any, bodies: Bodies
) -> None:
    subscription = subscribed("q")
    attributes = {"b": {"DataType": "Binary", "BinaryValue": b"\x02\x03\x04"}}
    sent = sns.publish(TopicArn=topic, Message="ö", Subject="s", MessageAttributes=attributes)
    (body,) = bodies("q")
    assert list(body) == [
        *("Type", "MessageId", "TopicArn", "Subject", "Message", "Timestamp", "SignatureVersion"),
        *("Signature", "SigningCertURL", "UnsubscribeURL", "MessageAttributes"),
    ]
    assert (body["Type"], body["MessageId"]) == ("Notification", sent["MessageId"])
    assert (body["Message"], body["SignatureVersion"]) == ("ö", "1")
    assert body["MessageAttributes"] == {"b": {"Type": "Binary", "Value": "AgME"}}
    assert body["UnsubscribeURL"].endswith(f"/?Action=Unsubscribe&SubscriptionArn={subscription}")


def test_a_raw_message_keeps_its_attributes(
    sns: Any, sqs: Any, topic: str, subscribed: Any
) -> None:
    subscribed("q", RawMessageDelivery="true")
    attributes = {
        "n": {"DataType": "Number", "StringValue": "99.12"},
        "b": {"DataType": "Binary", "BinaryValue": b"\x02\x03\x04"},
    }
    sns.publish(TopicArn=topic, Message="text", MessageAttributes=attributes)
    url = sqs.get_queue_url(QueueName="q")["QueueUrl"]
    (message,) = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    assert message["Body"] == "text"
    assert message["MessageAttributes"] == attributes


def test_a_raw_message_with_more_attributes_than_sqs_takes_is_buried(
    sns: Any, topic: str, queue: Any, subscribed: Any, bodies: Bodies, told: Told
) -> None:
    redrive = json.dumps({"deadLetterTargetArn": queue("dead")})
    subscribed("q", RawMessageDelivery="true", RedrivePolicy=redrive)
    attribute = {"DataType": "String", "StringValue": "x"}
    attributes = {f"a{n}": attribute for n in range(11)}
    sns.publish(TopicArn=topic, Message="m", MessageAttributes=attributes)
    assert told() == ["sns.published", "sns.failed", "sns.lost"], "nor does the other queue take it"
    assert bodies("q") == []


@pytest.mark.parametrize("raw", ["true", "false"])
def test_what_cannot_be_delivered_lies_in_the_dead_letter_queue(
    sns: Any, sqs: Any, topic: str, queue: Any, subscribed: Any, bodies: Bodies, raw: str
) -> None:
    redrive = json.dumps({"deadLetterTargetArn": queue("dead")})
    subscribed("q", RawMessageDelivery=raw, RedrivePolicy=redrive)
    sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName="q")["QueueUrl"])
    sns.publish(TopicArn=topic, Message="lost")
    (body,) = bodies("dead")
    assert body == "lost" if raw == "true" else body["Message"] == "lost"


def test_a_queue_that_fails_is_tried_again_until_it_answers(
    world: World, sns: Any, topic: str, subscribed: Any, bodies: Bodies, told: Told
) -> None:
    subscribed("q")
    broken = Fault("down", {"service": "sqs", "resource": "q"}, attempts=range(1, 6))
    world.faults.inject(broken)
    sns.publish(TopicArn=topic, Message="m")
    world.run()
    assert told() == ["sns.published", *["sns.retried"] * 5, "sns.delivered"]
    assert (len(bodies("q")), world.now_s) == (1, 2), "three at once, then one second apart"


def test_a_queue_that_refuses_is_not_tried_again(
    world: World, sns: Any, topic: str, subscribed: Any, told: Told
) -> None:
    subscribed("q")
    where = {"service": "sqs", "resource": "q"}
    world.faults.inject(Fault("denied", where, error="AccessDenied", status=403))
    sns.publish(TopicArn=topic, Message="m")
    world.run()
    assert told() == ["sns.published", "sns.failed"]


def test_a_function_gets_the_event_that_lambda_documents(
    world: World, sns: Any, topic: str, deploy: Callable[..., str], permit: Callable[..., None]
) -> None:
    arn = deploy("f", "def handler(event, _):\n    print(__import__('json').dumps(event))")
    permit(arn, "sns.amazonaws.com", topic)
    subscription = sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn)
    sns.publish(TopicArn=topic, Message="hello")
    world.run()
    (printed,) = [fact.data["text"] for fact in world.journal.facts if fact.what == "lambda.log"]
    (record,) = json.loads(printed)["Records"]
    assert record["EventSource"] == "aws:sns"
    assert record["EventSubscriptionArn"] == subscription["SubscriptionArn"]
    assert record["Sns"]["Message"] == "hello"
    assert (record["Sns"]["Subject"], record["Sns"]["MessageAttributes"]) == (None, {})
    assert {"SigningCertUrl", "UnsubscribeUrl"} <= set(record["Sns"])


def test_a_function_that_is_gone_is_a_dead_subscriber(
    world: World, sns: Any, topic: str, told: Told
) -> None:
    arn = "arn:aws:lambda:us-east-1:123456789012:function:gone"
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn)
    sns.publish(TopicArn=topic, Message="m")
    world.run()
    assert told() == ["sns.published", "sns.failed"]


def test_a_trace_goes_on_into_the_queue(
    world: World, sqs: Any, topic: str, subscribed: Any
) -> None:
    subscribed("q")
    trace = "Root=1-3152b799-8954dae64eda91bc9a23a7e8;Parent=7fa8c0f79203be72;Sampled=1"
    client = world.cloud.session().client("sns", region_name="us-east-1")

    def add(params: Any, **_: Any) -> None:
        params["headers"]["X-Amzn-Trace-Id"] = trace

    client.meta.events.register("before-call.sns.Publish", add)
    client.publish(TopicArn=topic, Message="m")
    url = sqs.get_queue_url(QueueName="q")["QueueUrl"]
    got = sqs.receive_message(QueueUrl=url, AttributeNames=["AWSTraceHeader"])
    assert got["Messages"][0]["Attributes"]["AWSTraceHeader"] == trace


def test_a_fair_queues_group_goes_with_a_standard_topics_message(
    sns: Any, sqs: Any, topic: str, subscribed: Any
) -> None:
    subscribed("q")
    sns.publish(TopicArn=topic, Message="m", MessageGroupId="tenant-1")
    url = sqs.get_queue_url(QueueName="q")["QueueUrl"]
    got = sqs.receive_message(QueueUrl=url, AttributeNames=["All"])["Messages"][0]
    assert got["Attributes"]["MessageGroupId"] == "tenant-1"


def test_cloudwatch_is_told(world: World, sns: Any, topic: str, subscribed: Any) -> None:
    subscribed("q")
    subscribed("berlin", FilterPolicy='{"city": ["berlin"]}')
    gone = "arn:aws:sqs:us-east-1:123456789012:gone"
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=gone)
    sns.publish(TopicArn=topic, Message="m")
    world.run(until=120)
    cloudwatch: Any = world.cloud.session().client("cloudwatch")

    def total(metric: str) -> float:
        found = cloudwatch.get_metric_statistics(
            Namespace="AWS/SNS",
            MetricName=metric,
            Dimensions=[{"Name": "TopicName", "Value": "rides"}],
            StartTime=world.clock.start,
            EndTime=world.clock.instant,
            Period=300,
            Statistics=["Sum"],
        )
        return sum(point["Sum"] for point in found["Datapoints"])

    for kind in ("Delivered", "Failed", "FilteredOut", "FilteredOut-NoMessageAttributes"):
        assert total(f"NumberOfNotifications{kind}") == 1, kind
    assert total("NumberOfMessagesPublished") == 1
    assert total("PublishSize") == 1


def test_actors_in_the_world_publish_without_botocore(
    world: World, topic: str, subscribed: Any, bodies: Bodies
) -> None:
    subscribed("q", RawMessageDelivery="true")
    rides = world.cloud.topics.topic("rides")

    def passengers() -> Any:
        for number in range(3):
            rides.publish(f"ride {number}")
            yield world.env.timeout(60)

    world.env.process(passengers())
    world.run()
    assert bodies("q") == ["ride 0", "ride 1", "ride 2"]
    with pytest.raises(KeyError):
        world.cloud.topics.topic("buses")


def test_what_a_check_publishes_unseen_leaves_no_fact(
    world: World, sns: Any, topic: str, subscribed: Any, told: Told, bodies: Bodies
) -> None:
    subscribed("q")

    def look() -> None:
        with world.cloud.unseen():
            sns.publish(TopicArn=topic, Message="m")

    world.spawn(look)
    world.run()
    assert (told(), len(bodies("q"))) == ([], 1)
