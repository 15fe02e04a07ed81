"""What guards a stack: policies, rules, time-outs, triggers, roles. AWS CloudFormation User Guide,
"Prevent updates to stack resources", "CloudFormation template Rules syntax", "Roll back your
CloudFormation stack on alarm breach", "Continue rolling back an update"; API Reference,
"CreateStack", "DeleteStack", "RollbackStack"."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator.world import World


def queue(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::SQS::Queue", "Properties": properties}


def of(**resources: Any) -> dict[str, Any]:
    return {"Resources": resources}


def policy(*denied: str, resource: str = "LogicalResourceId/Queue") -> str:
    allow = {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}
    deny = {"Effect": "Deny", "Action": list(denied), "Principal": "*", "Resource": resource}
    return json.dumps({"Statement": [allow, deny]})


@pytest.mark.parametrize(
    "action,after",
    [
        ("Update:Modify", of(Queue=queue(DelaySeconds=9), Other=queue())),
        ("Update:Replace", of(Queue=queue(QueueName="new"), Other=queue())),
        ("Update:Delete", of(Other=queue())),
    ],
)
def test_a_stack_policy_denies(stacks: Any, action: str, after: Any) -> None:
    before = of(Queue=queue(DelaySeconds=1), Other=queue())
    stacks.create(before, StackPolicyBody=policy(action))
    assert stacks.update(after)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert stacks.reasons()["Queue"] == (
        f"Action denied by stack policy: Statement [#2] does not allow [{action}] for resource "
        "[LogicalResourceId/Queue];"
    )
    assert list(stacks.resources()) == ["Queue", "Other"]
    # The same update with a policy of its own, for its duration.
    during = json.dumps({"Statement": [json.loads(policy(action))["Statement"][0]]})
    told = stacks.update(after, StackPolicyDuringUpdateBody=during)
    assert told["StackStatus"] == "UPDATE_COMPLETE"


def test_a_stack_policy_allows_only_what_it_names(stacks: Any) -> None:
    stacks.create(of(Queue=queue(), Other=queue()))
    named = {
        "Effect": "Allow",
        "Action": "Update:*",
        "Principal": "*",
        "Resource": "LogicalResourceId/Oth*",
        "Condition": {"StringEquals": {"ResourceType": ["AWS::SQS::Queue"]}},
    }
    stacks.client.set_stack_policy(StackName="s", StackPolicyBody=json.dumps({"Statement": named}))
    assert stacks.update(of(Queue=queue(), Other=queue(DelaySeconds=3)))["StackStatus"] == (
        "UPDATE_COMPLETE"
    )
    stacks.update(of(Queue=queue(DelaySeconds=3), Other=queue(DelaySeconds=3)))
    assert "not allowed by stack policy" in stacks.reasons()["Queue"]


def test_rules(stacks: Any) -> None:
    template = {
        "Parameters": {"Stage": {"Type": "String"}, "Size": {"Type": "String", "Default": "small"}},
        "Rules": {
            "Production": {
                "RuleCondition": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]},
                "Assertions": [
                    {
                        "Assert": {"Fn::Contains": [["large", "huge"], {"Ref": "Size"}]},
                        "AssertDescription": "Production wants a large size.",
                    }
                ],
            }
        },
        **of(Queue=queue()),
    }
    stage = {"ParameterKey": "Stage", "ParameterValue": "prod"}
    with pytest.raises(ClientError, match="Production wants a large size"):
        stacks.create(template, Parameters=[stage])
    size = {"ParameterKey": "Size", "ParameterValue": "huge"}
    assert stacks.create(template, Parameters=[stage, size])["StackStatus"] == "CREATE_COMPLETE"
    test = {**stage, "ParameterValue": "test"}
    assert stacks.create(template, "t", Parameters=[test])["StackStatus"] == "CREATE_COMPLETE"


WAITING = {
    "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
    "Wait": {
        "Type": "AWS::CloudFormation::WaitCondition",
        "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": "7200"},
    },
}


def test_creation_takes_no_longer_than_it_may(stacks: Any, world: World) -> None:
    told = stacks.create(of(**WAITING), TimeoutInMinutes=30)
    assert told["StackStatus"] == "ROLLBACK_COMPLETE"
    assert told["TimeoutInMinutes"] == 30
    assert stacks.reasons()["s"] == (
        "Stack creation time exceeded the specified timeout. Rollback requested by user."
    )
    assert stacks.reasons()["Wait"] == "Resource creation cancelled"
    assert world.now_s < 3600


def test_an_update_can_be_cancelled(stacks: Any, world: World) -> None:
    stacks.create(of(Queue=queue()))
    stacks.client.update_stack(
        StackName="s", TemplateBody=json.dumps(of(Queue=queue(DelaySeconds=5), **WAITING))
    )
    world.run(until=60)
    assert stacks.told()["StackStatus"] == "UPDATE_IN_PROGRESS"
    stacks.client.cancel_update_stack(StackName="s")
    world.run()
    assert stacks.told()["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert list(stacks.resources()) == ["Queue"]
    with pytest.raises(ClientError, match="cannot be called from current stack status"):
        stacks.client.cancel_update_stack(StackName="s")


def test_an_alarm_rolls_a_stack_back(stacks: Any, world: World) -> None:
    alarms: Any = world.cloud.session().client("cloudwatch")
    alarms.put_metric_alarm(
        AlarmName="trouble",
        MetricName="Errors",
        Namespace="Mine",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    (alarm,) = alarms.describe_alarms(AlarmNames=["trouble"])["MetricAlarms"]
    triggers = [{"Arn": alarm["AlarmArn"], "Type": "AWS::CloudWatch::Alarm"}]
    watched = {"RollbackTriggers": triggers, "MonitoringTimeInMinutes": 10}
    told = stacks.create(of(Queue=queue()), RollbackConfiguration=watched)
    assert told["StackStatus"] == "CREATE_COMPLETE"
    assert told["RollbackConfiguration"] == watched
    assert world.now_s >= 600
    alarms.set_alarm_state(AlarmName="trouble", StateValue="ALARM", StateReason="a test")
    told = stacks.update(of(Queue=queue(DelaySeconds=3)))
    assert told["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    sqs: Any = world.cloud.session().client("sqs")
    found = sqs.get_queue_attributes(
        QueueUrl=stacks.resources()["Queue"], AttributeNames=["DelaySeconds"]
    )
    assert found["Attributes"]["DelaySeconds"] == "0"


def test_a_role_makes_the_calls(stacks: Any, world: World) -> None:
    facts: list[Any] = []
    world.journal.subscribe(facts.append)
    stacks.create(of(Queue=queue()), RoleARN="arn:aws:iam::123456789012:role/deployer")
    (made,) = (fact for fact in facts if fact.data.get("action") == "CreateQueue")
    assert made.who == "cloudformation:deployer"


def test_what_would_not_go_is_left(stacks: Any, world: World) -> None:
    stacks.create(of(Bucket={"Type": "AWS::S3::Bucket"}, Queue=queue()))
    s3: Any = world.cloud.session().client("s3")
    s3.put_object(Bucket=stacks.resources()["Bucket"], Key="k", Body=b"v")
    with pytest.raises(ClientError, match="DELETE_FAILED"):
        stacks.client.delete_stack(StackName="s", DeletionMode="FORCE_DELETE_STACK")
    assert stacks.delete()["StackStatus"] == "DELETE_FAILED"
    assert stacks.delete(DeletionMode="FORCE_DELETE_STACK")["StackStatus"] == "DELETE_COMPLETE"
    assert len(s3.list_buckets()["Buckets"]) == 1


def test_a_failed_update_is_kept_and_then_rolled_back(stacks: Any) -> None:
    bad = queue(DelaySeconds=99999999)
    stacks.create(of(Queue=queue(DelaySeconds=1)))
    told = stacks.update(of(Queue=queue(DelaySeconds=2), Bad=bad), DisableRollback=True)
    assert told["StackStatus"] == "UPDATE_FAILED"
    stacks.client.rollback_stack(StackName="s")
    stacks.world.run()
    assert stacks.told()["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert list(stacks.resources()) == ["Queue"]


def test_a_failed_creation_is_kept_and_mended(stacks: Any) -> None:
    bad = of(Queue=queue(), Bad=queue(DelaySeconds=99999999))
    assert stacks.create(bad, OnFailure="DO_NOTHING")["StackStatus"] == "CREATE_FAILED"
    told = stacks.update(of(Queue=queue(), Bad=queue(DelaySeconds=9)))
    assert told["StackStatus"] == "UPDATE_COMPLETE"
    assert all(url.startswith("https://") for url in stacks.resources().values())


def test_a_rollback_that_fails_is_continued(stacks: Any, world: World) -> None:
    """A queue that somebody deletes cannot be put back, and is skipped in the end."""
    stacks.create(of(Queue=queue(DelaySeconds=1)))
    sqs: Any = world.cloud.session().client("sqs")
    stacks.client.update_stack(
        StackName="s", TemplateBody=json.dumps(of(Queue=queue(DelaySeconds=5), **WAITING))
    )
    world.run(until=60)
    sqs.delete_queue(QueueUrl=stacks.resources()["Queue"])
    stacks.client.cancel_update_stack(StackName="s")
    world.run()
    assert stacks.told()["StackStatus"] == "UPDATE_ROLLBACK_FAILED"
    stacks.client.continue_update_rollback(StackName="s")
    world.run()
    assert stacks.told()["StackStatus"] == "UPDATE_ROLLBACK_FAILED"
    stacks.client.continue_update_rollback(StackName="s", ResourcesToSkip=["Queue"])
    world.run()
    assert stacks.told()["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"


def test_events_go_to_topics(stacks: Any, world: World) -> None:
    sns: Any = world.cloud.session().client("sns")
    sqs: Any = world.cloud.session().client("sqs")
    topic = sns.create_topic(Name="events")["TopicArn"]
    url = sqs.create_queue(QueueName="events")["QueueUrl"]
    arn = "arn:aws:sqs:us-east-1:123456789012:events"
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    stacks.create(of(Queue=queue()), NotificationARNs=[topic])
    found = []
    while got := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found += [json.loads(each["Body"]) for each in got]
    assert {each["Subject"] for each in found} == {"AWS CloudFormation Notification"}
    told = [dict(line.split("=", 1) for line in m["Message"].splitlines()) for m in found]
    seen = {(each["LogicalResourceId"], each["ResourceStatus"]) for each in told}
    assert ("'s'", "'CREATE_IN_PROGRESS'") in seen
    assert ("'Queue'", "'CREATE_COMPLETE'") in seen
    assert ("'s'", "'CREATE_COMPLETE'") in seen
    assert len(found) == len(stacks.events())


def test_tags_of_a_stack_reach_its_resources(stacks: Any, world: World) -> None:
    template = of(
        Queue=queue(Tags=[{"Key": "mine", "Value": "1"}]),
        Topic={"Type": "AWS::SNS::Topic"},
        Policy={
            "Type": "AWS::SQS::QueuePolicy",
            "Properties": {"Queues": [{"Ref": "Queue"}], "PolicyDocument": {"Statement": []}},
        },
    )
    stacks.create(template, Tags=[{"Key": "team", "Value": "a"}, {"Key": "old", "Value": "x"}])
    tags = [{"Key": "team", "Value": "b"}]
    stacks.client.create_change_set(
        StackName="s",
        ChangeSetName="c",
        TemplateBody=json.dumps(template),
        Tags=tags,
        Capabilities=["CAPABILITY_IAM"],
    )
    changes = stacks.client.describe_change_set(StackName="s", ChangeSetName="c")["Changes"]
    assert [
        (each["ResourceChange"]["LogicalResourceId"], each["ResourceChange"]["Scope"])
        for each in changes
    ] == [("Queue", ["Tags"]), ("Topic", ["Tags"])]
    stacks.client.execute_change_set(StackName="s", ChangeSetName="c")
    world.run()
    assert stacks.told()["Tags"] == tags
    sqs: Any = world.cloud.session().client("sqs")
    found = sqs.list_queue_tags(QueueUrl=stacks.resources()["Queue"])["Tags"]
    assert found == {"team": "b", "mine": "1"}
    sns: Any = world.cloud.session().client("sns")
    assert sns.list_tags_for_resource(ResourceArn=stacks.resources()["Topic"])["Tags"] == tags


def test_no_property_is_left_out_in_silence(stacks: Any) -> None:
    stream: dict[str, Any] = {
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
        "ImportSourceSpecification": {"InputFormat": "CSV", "S3BucketSource": {"S3Bucket": "b"}},
    }
    told = stacks.create(of(Table={"Type": "AWS::DynamoDB::Table", "Properties": stream}))
    assert told["StackStatus"] == "ROLLBACK_COMPLETE"
    assert stacks.reasons()["Table"] == (
        "Property ImportSourceSpecification of AWS::DynamoDB::Table is not implemented by Paddock"
    )
    # What else nobody looks at, at any depth, an event names.
    images = {"RepositoryName": "r", "LifecyclePolicy": {"LifecyclePolicyText": "{}"}}
    stream["StreamSpecification"] = {
        "StreamViewType": "KEYS_ONLY",
        "ResourcePolicy": {"PolicyDocument": {}},
    }
    del stream["ImportSourceSpecification"]
    template = of(
        R={"Type": "AWS::ECR::Repository", "Properties": images},
        Table={"Type": "AWS::DynamoDB::Table", "Properties": stream},
    )
    stacks.create(template, "t")
    told = stacks.told_of("t")
    assert told["Table"] == "Without effect in Paddock: StreamSpecification/ResourcePolicy"
    assert told["R"] == "Without effect in Paddock: LifecyclePolicy/LifecyclePolicyText"
