"""Stacks come, change, fail and go. AWS CloudFormation User Guide, "Stack creation events",
"Stack failure options", "UpdateReplacePolicy attribute", "DeletionPolicy attribute"."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator.world import World

QUEUE = {"Type": "AWS::SQS::Queue"}


def queue(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::SQS::Queue", "Properties": properties}


def refusal(call: Any, **options: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as refused:
        call(**options)
    told = refused.value.response["Error"]
    return told["Code"], told["Message"]


def test_events_of_a_creation(stacks: Any) -> None:
    template = {
        "Resources": {
            "Topic": {"Type": "AWS::SNS::Topic"},
            "Subscription": {
                "Type": "AWS::SNS::Subscription",
                "Properties": {
                    "TopicArn": {"Ref": "Topic"},
                    "Protocol": "sqs",
                    "Endpoint": {"Fn::GetAtt": ["Queue", "Arn"]},
                },
            },
            "Queue": QUEUE,
        }
    }
    assert stacks.create(template)["StackStatus"] == "CREATE_COMPLETE"
    events = stacks.events()
    assert events[0] == ("s", "CREATE_IN_PROGRESS")
    assert events[-1] == ("s", "CREATE_COMPLETE")
    assert events.index(("Queue", "CREATE_COMPLETE")) < events.index(
        ("Subscription", "CREATE_IN_PROGRESS")
    )
    # Once when it is begun, once when the service has given it an id.
    assert events.count(("Topic", "CREATE_IN_PROGRESS")) == 2


def test_creation_takes_time_where_calls_do() -> None:
    with World(seed=1, traffic="typical") as world:
        formation: Any = world.cloud.session().client("cloudformation")
        template = json.dumps({"Resources": {"Queue": QUEUE}})
        formation.create_stack(StackName="s", TemplateBody=template)
        (stack,) = formation.describe_stacks(StackName="s")["Stacks"]
        assert stack["StackStatus"] == "CREATE_IN_PROGRESS"
        world.run()
        events = formation.describe_stack_events(StackName="s")["StackEvents"]
        took_s = (events[0]["Timestamp"] - events[-1]["Timestamp"]).total_seconds()
        assert 10 <= took_s < 15


def test_a_failure_rolls_back_and_says_why(stacks: Any, world: World) -> None:
    template = {
        "Resources": {
            "Good": QUEUE,
            "Bad": {**queue(VisibilityTimeout=99999999), "DependsOn": "Good"},
        }
    }
    told = stacks.create(template)
    assert told["StackStatus"] == "ROLLBACK_COMPLETE"
    reasons = stacks.reasons()
    assert "VisibilityTimeout" in reasons["Bad"]
    assert reasons["Bad"].startswith("Resource handler returned message:")
    assert "HandlerErrorCode: InvalidRequest" in reasons["Bad"]
    assert reasons["s"] == (
        "The following resource(s) failed to create: [Bad]. Rollback requested by user."
    )
    assert ("Good", "DELETE_COMPLETE") in stacks.events()
    sqs: Any = world.cloud.session().client("sqs")
    assert "QueueUrls" not in sqs.list_queues()
    code, message = refusal(
        stacks.client.update_stack, StackName="s", TemplateBody=json.dumps(template)
    )
    assert code == "ValidationError"
    assert message.endswith("is in ROLLBACK_COMPLETE state and can not be updated.")


@pytest.mark.parametrize(
    ("on_failure", "status"), [("DO_NOTHING", "CREATE_FAILED"), ("DELETE", "DELETE_COMPLETE")]
)
def test_what_happens_on_failure_can_be_chosen(stacks: Any, on_failure: str, status: str) -> None:
    template = {"Resources": {"Bad": queue(VisibilityTimeout=99999999)}}
    assert stacks.create(template, OnFailure=on_failure)["StackStatus"] == status


def test_unknown_property_and_type(stacks: Any) -> None:
    stacks.create({"Resources": {"Q": queue(Colour="red")}})
    assert stacks.reasons()["Q"] == (
        "Properties validation failed for resource Q with message:\n"
        "[#: extraneous key [Colour] is not permitted]"
    )
    stacks.create({"Resources": {"P": {"Type": "AWS::SNS::Subscription"}}}, name="t")
    assert "#: required key [TopicArn] not found" in stacks.reasons("t")["P"]
    unknown = json.dumps({"Resources": {"X": {"Type": "AWS::Never::Was"}}})
    code, message = refusal(stacks.client.create_stack, StackName="u", TemplateBody=unknown)
    assert (code, message) == (
        "ValidationError",
        "Template format error: Unrecognized resource types: [AWS::Never::Was]",
    )


def test_a_type_that_is_not_made_here_fails_by_its_name(stacks: Any) -> None:
    told = stacks.create({"Resources": {"Yard": {"Type": "AWS::Cloud9::EnvironmentEC2"}}})
    assert told["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "AWS::Cloud9::EnvironmentEC2 is not implemented" in stacks.reasons()["Yard"]


def test_update_in_place_and_by_replacement(stacks: Any) -> None:
    first = {"Resources": {"Q": queue(VisibilityTimeout=5), "T": {"Type": "AWS::SNS::Topic"}}}
    stacks.create(first)
    before = stacks.resources()
    second = {"Resources": {"Q": queue(VisibilityTimeout=6), "T": {"Type": "AWS::SNS::Topic"}}}
    assert stacks.update(second)["StackStatus"] == "UPDATE_COMPLETE"
    assert stacks.resources() == before
    third = {
        "Resources": {
            "Q": queue(VisibilityTimeout=6, QueueName="named"),
            "N": QUEUE,
        }
    }
    stacks.update(third)
    after = stacks.resources()
    assert after["Q"] != before["Q"]
    assert after["Q"].endswith("/named")
    assert sorted(after) == ["N", "Q"]
    gone = [logical_id for logical_id, status in stacks.events() if status == "DELETE_COMPLETE"]
    assert sorted(gone) == ["Q", "T"]
    assert sorted(names_of_queues(stacks)) == sorted([after["N"].rsplit("/", 1)[-1], "named"])


def names_of_queues(stacks: Any) -> list[str]:
    """A stack tells a queue's URL as AWS has it, a call as its caller reaches it."""
    sqs: Any = stacks.world.cloud.session().client("sqs")
    return [url.rsplit("/", 1)[-1] for url in sqs.list_queues()["QueueUrls"]]


def test_an_update_that_fails_is_undone(stacks: Any) -> None:
    stacks.create({"Resources": {"Q": queue(VisibilityTimeout=5)}})
    before = stacks.resources()
    bad = {
        "Resources": {
            "Q": queue(VisibilityTimeout=6),
            "New": QUEUE,
            "Bad": {**queue(VisibilityTimeout=99999999), "DependsOn": ["Q", "New"]},
        }
    }
    assert stacks.update(bad)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert stacks.resources() == before
    sqs: Any = stacks.world.cloud.session().client("sqs")
    asked = sqs.get_queue_attributes(QueueUrl=before["Q"], AttributeNames=["VisibilityTimeout"])
    assert asked["Attributes"] == {"VisibilityTimeout": "5"}
    statuses = [status for logical_id, status in stacks.events() if logical_id == "s"]
    assert statuses[2:] == [
        "UPDATE_IN_PROGRESS",
        "UPDATE_ROLLBACK_IN_PROGRESS",
        "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
        "UPDATE_ROLLBACK_COMPLETE",
    ]


def test_no_updates(stacks: Any) -> None:
    template = {"Resources": {"Q": QUEUE}}
    stacks.create(template)
    told = refusal(stacks.client.update_stack, StackName="s", TemplateBody=json.dumps(template))
    assert told == ("ValidationError", "No updates are to be performed.")


def test_a_named_resource_cannot_be_replaced(stacks: Any) -> None:
    stacks.create(
        {"Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "t"}}}}
    )
    replaced = {"TopicName": "t", "FifoTopic": False}
    told = stacks.update({"Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": replaced}}})
    assert told["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"


def test_deletion_keeps_what_is_to_be_kept(stacks: Any) -> None:
    kept = {**QUEUE, "DeletionPolicy": "Retain"}
    stacks.create({"Resources": {"Kept": kept, "Q": QUEUE}})
    urls = stacks.resources()
    gone = stacks.delete()
    assert gone["StackStatus"] == "DELETE_COMPLETE"
    assert ("Kept", "DELETE_SKIPPED") in stacks.events(gone["StackId"])
    assert names_of_queues(stacks) == [urls["Kept"].rsplit("/", 1)[-1]]


def test_a_bucket_that_is_not_empty_stays(stacks: Any) -> None:
    stacks.create({"Resources": {"B": {"Type": "AWS::S3::Bucket"}, "Q": QUEUE}})
    s3: Any = stacks.world.cloud.session().client("s3")
    bucket = stacks.resources()["B"]
    s3.put_object(Bucket=bucket, Key="k", Body=b"")
    assert stacks.delete()["StackStatus"] == "DELETE_FAILED"
    assert "not empty" in stacks.reasons()["B"]
    s3.delete_object(Bucket=bucket, Key="k")
    assert stacks.delete()["StackStatus"] == "DELETE_COMPLETE"


def test_termination_protection(stacks: Any) -> None:
    stacks.create({"Resources": {"Q": QUEUE}}, EnableTerminationProtection=True)
    code, message = refusal(stacks.client.delete_stack, StackName="s")
    assert code == "ValidationError"
    assert message == "Stack [s] cannot be deleted while TerminationProtection is enabled"
    stacks.client.update_termination_protection(StackName="s", EnableTerminationProtection=False)
    assert stacks.delete()["StackStatus"] == "DELETE_COMPLETE"


def test_exports_and_imports(stacks: Any) -> None:
    value = {
        "Value": {"Fn::GetAtt": ["Q", "Arn"]},
        "Export": {"Name": {"Fn::Sub": "${AWS::StackName}-q"}},
    }
    stacks.create({"Resources": {"Q": QUEUE}, "Outputs": {"Arn": value}}, name="maker")
    arn = stacks.outputs("maker")["Arn"]
    user = {
        "Resources": {
            "P": {
                "Type": "AWS::SSM::Parameter",
                "Properties": {"Type": "String", "Value": {"Fn::ImportValue": "maker-q"}},
            }
        }
    }
    stacks.create(user, name="user")
    ssm: Any = stacks.world.cloud.session().client("ssm")
    found = ssm.get_parameter(Name=stacks.resources("user")["P"])["Parameter"]
    assert found["Value"] == arn
    assert stacks.client.list_imports(ExportName="maker-q")["Imports"] == ["user"]
    exported = stacks.client.list_exports()["Exports"]
    assert [(e["Name"], e["Value"]) for e in exported] == [("maker-q", arn)]
    told = stacks.update({"Resources": {"Q": QUEUE}}, "maker")
    assert told["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    canceled = "Delete canceled. Cannot delete export maker-q as it is in use by user."
    assert stacks.reasons("maker")["maker"] == canceled
    assert stacks.delete("maker")["StackStatus"] == "DELETE_FAILED"
    assert stacks.told("maker")["StackStatusReason"] == canceled
    stacks.delete("user")
    assert stacks.delete("maker")["StackStatus"] == "DELETE_COMPLETE"
    assert stacks.client.list_exports()["Exports"] == []


def test_an_export_belongs_to_one(stacks: Any) -> None:
    template = {
        "Resources": {"Q": QUEUE},
        "Outputs": {"Arn": {"Value": {"Ref": "Q"}, "Export": {"Name": "one"}}},
    }
    stacks.create(template, name="first")
    assert stacks.create(template, name="second")["StackStatus"] == "ROLLBACK_COMPLETE"
    reason = stacks.reasons("second")["second"]
    assert reason.startswith("Export with name one is already exported by stack first.")


def test_capabilities_are_asked_for(stacks: Any) -> None:
    role = {
        "Type": "AWS::IAM::Role",
        "Properties": {"RoleName": "r", "AssumeRolePolicyDocument": {"Statement": []}},
    }
    template = json.dumps({"Resources": {"R": role}})
    told = refusal(
        stacks.client.create_stack,
        StackName="s",
        TemplateBody=template,
        Capabilities=["CAPABILITY_IAM"],
    )
    assert told == (
        "InsufficientCapabilitiesException",
        "Requires capabilities : [CAPABILITY_NAMED_IAM]",
    )
    macro = {"Transform": "AWS::LanguageExtensions", "Resources": {"Q": QUEUE}}
    _, told_of_macros = refusal(
        stacks.client.create_stack,
        StackName="s",
        TemplateBody=json.dumps(macro),
        Capabilities=["CAPABILITY_IAM"],
    )
    assert told_of_macros == "Requires capabilities : [CAPABILITY_AUTO_EXPAND]"
