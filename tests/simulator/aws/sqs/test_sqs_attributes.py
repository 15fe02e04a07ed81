"""What a queue is: its attributes and who may use it as a dead-letter queue.

Sources: API reference, "CreateQueue", "SetQueueAttributes", "GetQueueAttributes"; answers as AWS
was recorded to give them.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator.world import World

Make = Callable[..., str]


def told(sqs: Any, url: str, *names: str) -> dict[str, str]:
    asked = list(names) or ["All"]
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=asked)
    return dict(answer.get("Attributes", {}))


def refusal(call: Callable[..., Any], **parameters: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_standard_queues_attributes(world: World, sqs: Any, make: Make) -> None:
    url = make()
    begun = str(int(world.clock.start.timestamp()))
    assert told(sqs, url) == {
        "ApproximateNumberOfMessages": "0",
        "ApproximateNumberOfMessagesDelayed": "0",
        "ApproximateNumberOfMessagesNotVisible": "0",
        "CreatedTimestamp": begun,
        "DelaySeconds": "0",
        "LastModifiedTimestamp": begun,
        "MaximumMessageSize": "1048576",
        "MessageRetentionPeriod": "345600",
        "QueueArn": "arn:aws:sqs:us-east-1:123456789012:q",
        "ReceiveMessageWaitTimeSeconds": "0",
        "SqsManagedSseEnabled": "true",
        "VisibilityTimeout": "30",
    }


def test_a_fifo_queue_has_four_more(sqs: Any, make: Make) -> None:
    attributes = told(sqs, make("q.fifo"))
    assert attributes["FifoQueue"] == "true"
    assert attributes["ContentBasedDeduplication"] == "false"
    assert attributes["DeduplicationScope"] == "queue"
    assert attributes["FifoThroughputLimit"] == "perQueue"


def test_attributes_change_and_take_effect(world: World, sqs: Any, make: Make) -> None:
    url = make()
    world.run(until=100)
    sqs.set_queue_attributes(
        QueueUrl=url, Attributes={"VisibilityTimeout": "69", "DelaySeconds": "420"}
    )
    attributes = told(sqs, url, "VisibilityTimeout", "DelaySeconds", "LastModifiedTimestamp")
    assert attributes["VisibilityTimeout"] == "69"
    assert int(attributes["LastModifiedTimestamp"]) == int(world.clock.start.timestamp()) + 100
    sqs.send_message(QueueUrl=url, MessageBody="x")
    assert told(sqs, url, "ApproximateNumberOfMessagesDelayed") == {
        "ApproximateNumberOfMessagesDelayed": "1"
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DelaySeconds", "901"),
        ("DelaySeconds", "-1"),
        ("VisibilityTimeout", "43201"),
        ("VisibilityTimeout", "soon"),
        ("MaximumMessageSize", "1023"),
        ("MaximumMessageSize", "1048577"),
        ("MessageRetentionPeriod", "1209601"),
        ("ReceiveMessageWaitTimeSeconds", "21"),
        ("KmsDataKeyReusePeriodSeconds", "59"),
        ("SqsManagedSseEnabled", "maybe"),
        ("Policy", "{"),
    ],
)
def test_values_out_of_range(sqs: Any, make: Make, name: str, value: str) -> None:
    expected = ("InvalidAttributeValue", f"Invalid value for the parameter {name}.")
    assert refusal(make, name="new", **{name: value}) == expected
    url = make()
    before = told(sqs, url)
    given = {name: value, "VisibilityTimeout": value if name == "VisibilityTimeout" else "17"}
    assert refusal(sqs.set_queue_attributes, QueueUrl=url, Attributes=given) == expected
    assert told(sqs, url) == before


def test_high_throughput_needs_deduplication_by_group(sqs: Any, make: Make) -> None:
    limit = {"FifoThroughputLimit": "perMessageGroupId"}
    assert refusal(make, name="q.fifo", **limit)[0] == "InvalidAttributeValue"
    url = make("q.fifo", DeduplicationScope="messageGroup")
    sqs.set_queue_attributes(QueueUrl=url, Attributes=limit)
    assert told(sqs, url)["FifoThroughputLimit"] == "perMessageGroupId"


def test_dead_letter_sources_come_in_pages(sqs: Any, make: Make, arn: Callable[[str], str]) -> None:
    dead = make("dead")
    policy = json.dumps({"deadLetterTargetArn": arn(dead), "maxReceiveCount": 1})
    urls = [make(f"work-{number}", RedrivePolicy=policy) for number in range(3)]
    pages = sqs.get_paginator("list_dead_letter_source_queues").paginate(
        QueueUrl=dead, PaginationConfig={"PageSize": 2}
    )
    assert [page["queueUrls"] for page in pages] == [urls[:2], urls[2:]]
    pages = sqs.get_paginator("list_queues").paginate(
        QueueNamePrefix="work", PaginationConfig={"PageSize": 2}
    )
    assert [page["QueueUrls"] for page in pages] == [urls[:2], urls[2:]]


def test_encryption_is_by_kms_or_by_sqs(sqs: Any, make: Make) -> None:
    url = make()
    kms = {"KmsMasterKeyId": "testKeyId", "KmsDataKeyReusePeriodSeconds": "6000"}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={**kms, "SqsManagedSseEnabled": "false"})
    names = ("KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled")
    assert told(sqs, url, *names) == {**kms, "SqsManagedSseEnabled": "false"}
    both = {"KmsMasterKeyId": "testKeyId", "SqsManagedSseEnabled": "true"}
    assert refusal(sqs.set_queue_attributes, QueueUrl=url, Attributes=both) == (
        "InvalidAttributeName",
        "You can use one type of server-side encryption (SSE) at one time. You can either enable "
        "KMS SSE or SQS SSE.",
    )
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"SqsManagedSseEnabled": "true"})
    assert told(sqs, url, *names) == {"SqsManagedSseEnabled": "true"}


def test_the_type_of_a_queue_is_for_good(sqs: Any, make: Make) -> None:
    url, fifo = make(), make("q.fifo")
    given = {"FifoQueue": "true"}
    assert refusal(sqs.set_queue_attributes, QueueUrl=url, Attributes=given) == (
        "InvalidAttributeName",
        "Unknown Attribute FifoQueue.",
    )
    sqs.set_queue_attributes(QueueUrl=fifo, Attributes=given)
    assert refusal(sqs.set_queue_attributes, QueueUrl=fifo, Attributes={"FifoQueue": "false"}) == (
        "InvalidAttributeValue",
        "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.",
    )


@pytest.mark.parametrize(
    ("name", "attributes"),
    [
        ("plain", {"FifoQueue": "true"}),
        ("named.fifo", {}),
        ("slash/ed", {}),
        ("a" * 81, {}),
    ],
)
def test_names_that_cannot_be(sqs: Any, name: str, attributes: dict[str, str]) -> None:
    code, _ = refusal(sqs.create_queue, QueueName=name, Attributes=attributes)
    assert code == "InvalidParameterValue"


def test_creating_twice(sqs: Any, make: Make) -> None:
    url = make(ReceiveMessageWaitTimeSeconds="1", DelaySeconds="1")
    assert make() == url
    assert make(DelaySeconds="1") == url
    assert refusal(make, DelaySeconds="2", ReceiveMessageWaitTimeSeconds="1") == (
        "QueueAlreadyExists",
        "A queue already exists with the same name and a different value for attribute "
        "DelaySeconds",
    )
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "2"})
    assert make(DelaySeconds="2") == url


def test_a_policy_comes_and_goes(sqs: Any, make: Make) -> None:
    url, policy = make(), json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": "x"}]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    assert json.loads(told(sqs, url)["Policy"])["Statement"] == [{"Sid": "x"}]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    assert "Policy" not in told(sqs, url)


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        ({"deadLetterTargetArn": "dummy", "maxReceiveCount": 42},
         "Invalid value for deadLetterTargetArn."),
        ({"maxReceiveCount": 42}, "mandatory attribute: deadLetterTargetArn."),
        ({"deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:dead"},
         "mandatory attribute: maxReceiveCount."),
        ({"deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:dead", "maxReceiveCount": 0},
         "Invalid value for maxReceiveCount: 0, valid values are from 1 to 1000 both inclusive."),
        ({"deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:nope", "maxReceiveCount": 1},
         "Dead letter target does not exist."),
        ({"deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:d.fifo", "maxReceiveCount": 1},
         "Dead-letter queue must be same type of queue as the source."),
    ],
)  # fmt: skip
def test_redrive_policies_that_cannot_be(make: Make, policy: dict[str, Any], reason: str) -> None:
    make("dead")
    make("d.fifo")
    text = json.dumps(policy)
    code, message = refusal(make, name="new", RedrivePolicy=text)
    assert code == "InvalidParameterValue"
    assert message.startswith(f"Value {text} for parameter RedrivePolicy is invalid. Reason: ")
    assert message.endswith(reason)


def test_a_redrive_policy_is_told_with_a_number_and_can_be_taken_away(
    sqs: Any, make: Make, arn: Callable[[str], str]
) -> None:
    policy = {"deadLetterTargetArn": arn(make("dead")), "maxReceiveCount": "3"}
    url = make("work", RedrivePolicy=json.dumps(policy))
    assert json.loads(told(sqs, url)["RedrivePolicy"]) == {**policy, "maxReceiveCount": 3}
    assert make("work", RedrivePolicy=json.dumps({**policy, "maxReceiveCount": 3})) == url
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": ""})
    assert "RedrivePolicy" not in told(sqs, url)


def test_who_may_use_a_dead_letter_queue(sqs: Any, make: Make, arn: Callable[[str], str]) -> None:
    url = make("dead")
    policy = json.dumps({"deadLetterTargetArn": arn(url), "maxReceiveCount": 1})

    def allow(**allowed: Any) -> None:
        sqs.set_queue_attributes(
            QueueUrl=url, Attributes={"RedriveAllowPolicy": json.dumps(allowed)}
        )

    allow(redrivePermission="denyAll")
    assert refusal(make, name="friend", RedrivePolicy=policy)[0] == "InvalidParameterValue"
    friend = "arn:aws:sqs:us-east-1:123456789012:friend"
    allow(redrivePermission="byQueue", sourceQueueArns=[friend])
    make("friend", RedrivePolicy=policy)
    assert refusal(make, name="stranger", RedrivePolicy=policy)[0] == "InvalidParameterValue"
    for wrong in (
        {"redrivePermission": "sometimes"},
        {"redrivePermission": "byQueue"},
        {"redrivePermission": "allowAll", "sourceQueueArns": [friend]},
        {"redrivePermission": "byQueue", "sourceQueueArns": [friend] * 11},
    ):
        given = {"RedriveAllowPolicy": json.dumps(wrong)}
        code, _ = refusal(sqs.set_queue_attributes, QueueUrl=url, Attributes=given)
        assert code == "InvalidParameterValue"


def test_cloudformation_makes_and_changes_queues(world: World, sqs: Any) -> None:
    cloudformation = world.cloud.session().client("cloudformation")
    template: dict[str, Any] = {
        "Resources": {
            "Dead": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "dead"}},
            "Work": {
                "Type": "AWS::SQS::Queue",
                "Properties": {
                    "QueueName": "work",
                    "VisibilityTimeout": 7,
                    "Tags": [{"Key": "k", "Value": "v"}],
                    "RedrivePolicy": {
                        "deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]},
                        "maxReceiveCount": 4,
                    },
                },
            },
        }
    }
    cloudformation.create_stack(StackName="s", TemplateBody=json.dumps(template))
    world.run()
    url = sqs.get_queue_url(QueueName="work")["QueueUrl"]
    attributes = told(sqs, url)
    assert attributes["VisibilityTimeout"] == "7"
    assert json.loads(attributes["RedrivePolicy"])["maxReceiveCount"] == 4
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"]["k"] == "v"
    work = template["Resources"]["Work"]["Properties"]
    work["VisibilityTimeout"], work["RedrivePolicy"]["maxReceiveCount"] = 9, 5
    work["DelaySeconds"] = 3
    cloudformation.update_stack(StackName="s", TemplateBody=json.dumps(template))
    world.run()
    asked = ("VisibilityTimeout", "DelaySeconds")
    assert told(sqs, url, *asked) == {"VisibilityTimeout": "9", "DelaySeconds": "3"}
    assert json.loads(told(sqs, url)["RedrivePolicy"])["maxReceiveCount"] == 5
    assert world.cloud.queue("work").visibility_timeout_s == 9
