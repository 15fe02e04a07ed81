"""Topics as SNS keeps them: names, attributes, tags, Regions.

Sources: Amazon SNS API Reference, "CreateTopic", "SetTopicAttributes", "GetTopicAttributes",
"DeleteTopic", "TagResource".
"""

import json
from typing import Any

import pytest

from simulator.world import World


@pytest.mark.parametrize("name", ["", "a" * 257, "a:b", "a b", "a.b", "ä"])
def test_a_name_that_no_topic_has(sns: Any, refused: Any, name: str) -> None:
    code, message, status = refused(sns.create_topic, Name=name)
    assert (code, message, status) == ("InvalidParameter", "Invalid parameter: Topic Name", 400)


def test_fifo_topics_end_in_fifo_and_no_others(sns: Any, refused: Any) -> None:
    fifo = {"FifoTopic": "true"}
    assert "must end with .fifo" in refused(sns.create_topic, Name="t", Attributes=fifo)[1]
    assert refused(sns.create_topic, Name="t.fifo")[0] == "InvalidParameter"
    sns.create_topic(Name="t.fifo", Attributes=fifo)


def test_creating_it_again_finds_it(sns: Any, topic: str, refused: Any) -> None:
    sns.set_topic_attributes(TopicArn=topic, AttributeName="DisplayName", AttributeValue="R")
    assert sns.create_topic(Name="rides")["TopicArn"] == topic
    assert sns.get_topic_attributes(TopicArn=topic)["Attributes"]["DisplayName"] == "R"
    assert sns.create_topic(Name="rides", Attributes={"DisplayName": "R"})["TopicArn"] == topic
    _, message, _ = refused(sns.create_topic, Name="rides", Attributes={"DisplayName": "S"})
    assert "already exists with different attributes" in message


def test_tags_of_a_topic_that_is_there(sns: Any, refused: Any) -> None:
    tags = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    sns.create_topic(Name="t", Tags=tags)
    sns.create_topic(Name="t", Tags=tags[:1])
    sns.create_topic(Name="t")
    code, message, status = refused(sns.create_topic, Name="t", Tags=[{"Key": "c", "Value": "3"}])
    told = "Invalid parameter: Tags Reason: Topic already exists with different tags"
    assert (code, message, status) == ("InvalidParameter", told, 400)


def test_a_tag_comes_once(sns: Any, topic: str, refused: Any) -> None:
    twice = [{"Key": "k", "Value": "1"}, {"Key": "k", "Value": "1"}]
    told = "Invalid parameter: Duplicated keys are not allowed."
    assert refused(sns.tag_resource, ResourceArn=topic, Tags=twice)[1] == told


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("FifoTopic", "false", "AttributeName"),
        ("Colour", "red", "AttributeName"),
        ("SignatureVersion", "3", "SignatureVersion: Invalid value [3]"),
        ("TracingConfig", "Some", "TracingConfig: Invalid value [Some]"),
        ("Policy", "{no", "Policy Error: null"),
        ("DeliveryPolicy", '{"smtp": {}}', "DeliveryPolicy: http must be an object"),
    ],
)
def test_an_attribute_that_cannot_be_set(
    sns: Any, topic: str, refused: Any, name: str, value: str, reason: str
) -> None:
    arguments = {"TopicArn": topic, "AttributeName": name, "AttributeValue": value}
    code, message, status = refused(sns.set_topic_attributes, **arguments)
    assert (code, message, status) == ("InvalidParameter", f"Invalid parameter: {reason}", 400)


def test_a_delivery_policy_fills_up_with_defaults(sns: Any, topic: str) -> None:
    own = {"http": {"defaultHealthyRetryPolicy": {"minDelayTarget": 5, "maxDelayTarget": 6}}}
    arguments = {"TopicArn": topic, "AttributeName": "DeliveryPolicy"}
    sns.set_topic_attributes(**arguments, AttributeValue=json.dumps(own))
    told = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    effective = json.loads(told["EffectiveDeliveryPolicy"])["http"]
    assert effective["defaultHealthyRetryPolicy"]["minDelayTarget"] == 5
    assert effective["defaultHealthyRetryPolicy"]["numRetries"] == 3
    assert effective["defaultRequestPolicy"] == {"headerContentType": "text/plain; charset=UTF-8"}


def test_counts_of_subscriptions(sns: Any, topic: str, subscribed: Any) -> None:
    subscribed("a")
    gone = subscribed("b")
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="rider@example.com")
    sns.unsubscribe(SubscriptionArn=gone)
    told = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    counts = [told[f"Subscriptions{kind}"] for kind in ("Confirmed", "Pending", "Deleted")]
    assert counts == ["1", "1", "1"]


def test_an_arn_that_is_none(sns: Any, topic: str, refused: Any) -> None:
    short = "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1"
    assert refused(sns.get_topic_attributes, TopicArn="t")[:2] == ("InvalidParameter", short)
    assert refused(sns.publish, TopicArn="", Message="m")[:2] == ("InvalidParameter", short)
    missing = refused(sns.get_topic_attributes, TopicArn=f"{topic}x")
    assert missing == ("NotFound", "Topic does not exist", 404)


def test_a_topic_answers_in_its_region_only(world: World, topic: str, refused: Any) -> None:
    elsewhere: Any = world.cloud.session(region="eu-west-1").client("sns")
    told = ("InvalidParameter", "Invalid parameter: TopicArn", 400)
    assert refused(elsewhere.publish, TopicArn=topic, Message="m") == told
    assert refused(elsewhere.delete_topic, TopicArn=topic) == told
    assert refused(elsewhere.list_subscriptions_by_topic, TopicArn=topic) == told
    arguments = {"Protocol": "email", "Endpoint": "a@example.com"}
    assert refused(elsewhere.subscribe, TopicArn=topic, **arguments) == told


def test_deleting_a_topic_ends_its_subscriptions(sns: Any, topic: str, subscribed: Any) -> None:
    subscribed("q")
    sns.delete_topic(TopicArn=topic)
    sns.delete_topic(TopicArn=topic)
    assert sns.list_subscriptions()["Subscriptions"] == []


def test_cloudformation_makes_topics_that_deliver(world: World, sns: Any, bodies: Any) -> None:
    session = world.cloud.session()
    template = {
        "Resources": {
            "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "q"}},
            "Topic": {
                "Type": "AWS::SNS::Topic",
                "Properties": {
                    "TopicName": "t",
                    "DisplayName": "Rides",
                    "Subscription": [
                        {"Protocol": "sqs", "Endpoint": {"Fn::GetAtt": ["Queue", "Arn"]}}
                    ],
                },
            },
        }
    }
    formation: Any = session.client("cloudformation")
    formation.create_stack(StackName="s", TemplateBody=json.dumps(template))
    world.run()
    (topic,) = sns.list_topics()["Topics"]
    sns.publish(TopicArn=topic["TopicArn"], Message="made")
    assert [body["Message"] for body in bodies("q")] == ["made"]


def test_cloudformation_makes_subscriptions_and_policies(
    world: World, sns: Any, topic: str, queue: Any, bodies: Any
) -> None:
    formation: Any = world.cloud.session().client("cloudformation")
    arn = queue("q")
    statement = {"Sid": "s", "Effect": "Allow", "Principal": "*", "Action": "sns:Publish"}

    def template(city: str) -> str:
        subscription = {
            "TopicArn": topic,
            "Protocol": "sqs",
            "Endpoint": arn,
            "RawMessageDelivery": True,
            "FilterPolicyScope": "MessageBody",
            "FilterPolicy": {"city": [city]},
        }
        policy = {"Topics": [topic], "PolicyDocument": {"Statement": [statement]}}
        resources = {
            "Subscription": {"Type": "AWS::SNS::Subscription", "Properties": subscription},
            "Policy": {"Type": "AWS::SNS::TopicPolicy", "Properties": policy},
        }
        return json.dumps({"Resources": resources})

    def policy() -> dict[str, Any]:
        found = sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"]
        return dict(json.loads(found))

    formation.create_stack(StackName="s", TemplateBody=template("berlin"))
    world.run()
    assert policy()["Statement"] == [statement]
    for city in ("paris", "berlin"):
        sns.publish(TopicArn=topic, Message=json.dumps({"city": city}))
    formation.update_stack(StackName="s", TemplateBody=template("paris"))
    world.run()
    sns.publish(TopicArn=topic, Message=json.dumps({"city": "paris"}))
    assert bodies("q") == [{"city": "berlin"}, {"city": "paris"}]
    formation.delete_stack(StackName="s")
    world.run()
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []
    assert policy()["Id"] == "__default_policy_ID"
