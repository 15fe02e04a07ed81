"""Delivery status logs ("Amazon SNS message delivery status"): successes by rate, failures all."""

import hashlib
import json
from typing import Any

import pytest

from simulator.world import World

ROLE = "arn:aws:iam::123456789012:role/feedback"
GROUP = "sns/us-east-1/123456789012/rides"


@pytest.fixture
def logged(world: World) -> Any:
    logs: Any = world.cloud.session().client("logs")

    def read(group: str) -> list[dict[str, Any]]:
        (stream,) = logs.describe_log_streams(logGroupName=group)["logStreams"]
        name = stream["logStreamName"]
        found = logs.get_log_events(logGroupName=group, logStreamName=name)["events"]
        return [json.loads(event["message"]) for event in found]

    return read


def want(sns: Any, topic: str, **attributes: str) -> None:
    for name, value in attributes.items():
        sns.set_topic_attributes(TopicArn=topic, AttributeName=name, AttributeValue=value)


def test_a_success(world: World, sns: Any, topic: str, subscribed: Any, logged: Any) -> None:
    subscribed("q")
    sns.publish(TopicArn=topic, Message="not wanted yet")
    want(sns, topic, SQSSuccessFeedbackRoleArn=ROLE, SQSSuccessFeedbackSampleRate="100")
    message_id = sns.publish(TopicArn=topic, Message="m")["MessageId"]
    (told,) = logged(GROUP)
    assert told["status"] == "SUCCESS"
    notification = told["notification"]
    assert (notification["messageId"], notification["topicArn"]) == (message_id, topic)
    assert notification["messageMD5Sum"] == hashlib.md5(b"m").hexdigest()
    delivery = told["delivery"]
    assert (delivery["statusCode"], delivery["dwellTimeMs"]) == (200, 0)
    last = world.cloud.peek_queue("q")[-1]
    assert json.loads(delivery["providerResponse"]) == {"sqsMessageId": last["id"]}


def test_a_failure(sns: Any, topic: str, logged: Any) -> None:
    gone = "arn:aws:sqs:us-east-1:123456789012:gone"
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=gone)
    want(sns, topic, SQSFailureFeedbackRoleArn=ROLE)
    sns.publish(TopicArn=topic, Message="m")
    (told,) = logged(f"{GROUP}/Failure")
    assert (told["status"], told["delivery"]["destination"]) == ("FAILURE", gone)


def test_some_successes(sns: Any, topic: str, subscribed: Any, logged: Any) -> None:
    subscribed("q")
    want(sns, topic, SQSSuccessFeedbackRoleArn=ROLE, SQSSuccessFeedbackSampleRate="30")
    for _ in range(200):
        sns.publish(TopicArn=topic, Message="m")
    assert 35 < len(logged(GROUP)) < 90
