"""Change sets. AWS CloudFormation User Guide, "Update CloudFormation stacks using change sets"."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

QUEUE = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "q", "DelaySeconds": 1}}


def make(stacks: Any, resources: Any, kind: str, name: str = "c") -> dict[str, Any]:
    stacks.client.create_change_set(
        StackName="s",
        ChangeSetName=name,
        ChangeSetType=kind,
        TemplateBody=json.dumps({"Resources": resources}),
    )
    return dict(stacks.client.describe_change_set(StackName="s", ChangeSetName=name))


def changes(told: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    found = [each["ResourceChange"] for each in told["Changes"]]
    return [(c["Action"], c["LogicalResourceId"], c.get("Replacement")) for c in found]


def test_a_stack_by_change_sets(stacks: Any) -> None:
    told = make(stacks, {"Q": QUEUE, "T": {"Type": "AWS::SNS::Topic"}}, "CREATE")
    assert (told["Status"], told["ExecutionStatus"]) == ("CREATE_COMPLETE", "AVAILABLE")
    assert changes(told) == [("Add", "Q", None), ("Add", "T", None)]
    assert stacks.told()["StackStatus"] == "REVIEW_IN_PROGRESS"
    stacks.client.execute_change_set(StackName="s", ChangeSetName="c")
    stacks.world.run()
    assert stacks.told()["StackStatus"] == "CREATE_COMPLETE"

    renamed = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "r", "DelaySeconds": 1}}
    told = make(stacks, {"Q": renamed, "N": {"Type": "AWS::SQS::Queue"}}, "UPDATE", "d")
    assert changes(told) == [("Add", "N", None), ("Modify", "Q", "True"), ("Remove", "T", None)]
    (modified,) = [
        each["ResourceChange"]
        for each in told["Changes"]
        if each["ResourceChange"]["Action"] == "Modify"
    ]
    assert modified["Scope"] == ["Properties"]
    assert modified["Details"][0]["Target"] == {
        "Attribute": "Properties",
        "Name": "QueueName",
        "RequiresRecreation": "Always",
    }
    stacks.client.execute_change_set(StackName="s", ChangeSetName="d")
    stacks.world.run()
    assert sorted(stacks.resources()) == ["N", "Q"]


def test_values_of_properties_are_told_on_request(stacks: Any) -> None:
    """API Reference, "DescribeChangeSet" (IncludePropertyValues), "ResourceTargetDefinition"."""
    ssm: Any = stacks.world.cloud.session().client("ssm")
    ssm.put_parameter(Name="secret", Value="hush", Type="String")
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "{{resolve:ssm:secret}}"}}
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"DelaySeconds": 1}}
    stacks.create({"Resources": {"T": topic, "Q": queue}})
    later = {"Type": "AWS::SQS::Queue", "Properties": {"DelaySeconds": 2}}
    make(stacks, {"T": topic, "Q": later}, "UPDATE")
    told = stacks.client.describe_change_set(
        StackName="s", ChangeSetName="c", IncludePropertyValues=True
    )
    (change,) = [each["ResourceChange"] for each in told["Changes"]]
    assert change["BeforeContext"] == '{"Properties":{"DelaySeconds":1}}'
    assert change["AfterContext"] == '{"Properties":{"DelaySeconds":2}}'
    assert change["Details"][0]["Target"] == {
        "Attribute": "Properties",
        "Name": "DelaySeconds",
        "Path": "/Properties/DelaySeconds",
        "RequiresRecreation": "Never",
        "BeforeValue": "1",
        "AfterValue": "2",
        "AttributeChangeType": "Modify",
    }
    make(stacks, {"Q": queue}, "UPDATE", "d")
    told = stacks.client.describe_change_set(
        StackName="s", ChangeSetName="d", IncludePropertyValues=True
    )
    (gone,) = [each["ResourceChange"] for each in told["Changes"]]
    assert "resolve:ssm:secret" in gone["BeforeContext"] and "hush" not in gone["BeforeContext"]


def test_what_depends_on_a_replaced_resource_is_foreseen(stacks: Any) -> None:
    def resources(name: str) -> dict[str, Any]:
        queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name}}
        value = {"Type": "String", "Value": {"Fn::GetAtt": ["Q", "Arn"]}}
        return {"P": {"Type": "AWS::SSM::Parameter", "Properties": value}, "Q": queue}

    stacks.create({"Resources": resources("one")})
    told = make(stacks, resources("two"), "UPDATE")
    assert changes(told) == [("Modify", "Q", "True"), ("Modify", "P", "False")]
    detail = told["Changes"][1]["ResourceChange"]["Details"][0]
    assert detail["Evaluation"] == "Dynamic"


def test_no_changes(stacks: Any) -> None:
    stacks.create({"Resources": {"Q": QUEUE}})
    told = make(stacks, {"Q": QUEUE}, "UPDATE")
    assert (told["Status"], told["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert told["StatusReason"].startswith("The submitted information didn't contain changes.")
    with pytest.raises(ClientError) as refused:
        stacks.client.execute_change_set(StackName="s", ChangeSetName="c")
    assert refused.value.response["Error"]["Code"] == "InvalidChangeSetStatus"


def test_change_sets_that_are_not_there(stacks: Any) -> None:
    stacks.create({"Resources": {"Q": QUEUE}})
    with pytest.raises(ClientError) as refused:
        stacks.client.describe_change_set(StackName="s", ChangeSetName="never")
    assert refused.value.response["Error"]["Code"] == "ChangeSetNotFound"
    make(stacks, {"Q": QUEUE, "R": {"Type": "AWS::SQS::Queue"}}, "UPDATE")
    listed = stacks.client.list_change_sets(StackName="s")["Summaries"]
    assert [each["ChangeSetName"] for each in listed] == ["c"]
    stacks.client.delete_change_set(StackName="s", ChangeSetName="c")
    assert stacks.client.list_change_sets(StackName="s")["Summaries"] == []


def test_capabilities_are_asked_for_and_nothing_is_left(stacks: Any) -> None:
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}}
    with pytest.raises(ClientError) as refused:
        make(stacks, {"R": role}, "CREATE")
    told = refused.value.response["Error"]
    assert (told["Code"], told["Message"]) == (
        "InsufficientCapabilitiesException",
        "Requires capabilities : [CAPABILITY_IAM]",
    )
    assert stacks.client.describe_stacks()["Stacks"] == []


def test_a_fault_of_the_emulator_leaves_nothing_behind(
    stacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as patched:
        patched.setattr("simulator.aws.cloudformation.changing.draw", broken)
        with pytest.raises(ClientError, match="InternalFailure"):
            make(stacks, {"Q": QUEUE}, "CREATE")
    assert make(stacks, {"Q": QUEUE}, "CREATE")["Status"] == "CREATE_COMPLETE"
