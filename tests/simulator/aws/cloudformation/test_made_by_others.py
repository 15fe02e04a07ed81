"""Nested stacks, custom resources and wait conditions. AWS CloudFormation User Guide, "Nested
stacks", "Custom resources", "Create wait conditions in a CloudFormation template"."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator.http import HttpRequest

ANSWERING = """
import cfnresponse

def handler(event, context):
    properties = event["ResourceProperties"]
    if properties.get("Refuse"):
        cfnresponse.send(event, context, cfnresponse.FAILED, {}, reason="not today")
        return
    data = {"Greeting": "hello " + properties["Name"], "Kind": event["RequestType"]}
    cfnresponse.send(event, context, cfnresponse.SUCCESS, data, properties.get("Id", "made"))
"""


def custom(role: str, code: str = ANSWERING, **properties: Any) -> dict[str, Any]:
    function = {
        "Handler": "index.handler",
        "Runtime": "python3.12",
        "Role": role,
        "Timeout": 20,
        "Code": {"ZipFile": code},
    }
    wanted = {"ServiceToken": {"Fn::GetAtt": ["F", "Arn"]}, **properties}
    return {
        "Resources": {
            "F": {"Type": "AWS::Lambda::Function", "Properties": function},
            "C": {"Type": "Custom::Greeting", "Properties": wanted},
        },
        "Outputs": {
            "Greeting": {"Value": {"Fn::GetAtt": ["C", "Greeting"]}},
            "Kind": {"Value": {"Fn::GetAtt": ["C", "Kind"]}},
        },
    }


@pytest.mark.parametrize("kind", ["Custom::Greeting", "AWS::CloudFormation::CustomResource"])
def test_a_function_makes_a_resource(stacks: Any, role: str, kind: str) -> None:
    template = custom(role, Name="Ada")
    template["Resources"]["C"]["Type"] = kind
    stacks.create(template)
    assert stacks.outputs() == {"Greeting": "hello Ada", "Kind": "Create"}
    assert stacks.resources()["C"] == "made"
    template["Resources"]["C"]["Properties"]["Name"] = "Bob"
    stacks.update(template)
    assert stacks.outputs() == {"Greeting": "hello Bob", "Kind": "Update"}
    assert stacks.delete()["StackStatus"] == "DELETE_COMPLETE"


def test_attributes_are_the_functions_own(stacks: Any, role: str) -> None:
    template = custom(role, Name="Ada")
    template["Resources"]["C"]["Type"] = "AWS::CloudFormation::CustomResource"
    stacks.create(template)
    assert stacks.outputs() == {"Greeting": "hello Ada", "Kind": "Create"}


def test_a_function_refuses(stacks: Any, role: str) -> None:
    assert stacks.create(custom(role, Refuse="yes"))["StackStatus"] == "ROLLBACK_FAILED"
    assert "Message returned: not today" in stacks.reasons()["C"]


def test_a_function_that_never_answers(stacks: Any, role: str) -> None:
    template = custom(role, "def handler(event, context): pass", Name="x", ServiceTimeout=90)
    stacks.create(template, OnFailure="DO_NOTHING")
    assert stacks.told()["StackStatus"] == "CREATE_FAILED"
    assert stacks.reasons()["C"].startswith("CloudFormation did not receive a response from your")
    assert stacks.world.now_s >= 90


@pytest.fixture
def inner(stacks: Any) -> Callable[[Any], str]:
    """Puts a template into a bucket; its address."""
    s3: Any = stacks.world.cloud.session().client("s3")
    s3.create_bucket(Bucket="templates")

    def put(template: Any) -> str:
        s3.put_object(Bucket="templates", Key="inner.json", Body=json.dumps(template))
        return "https://s3.us-east-1.amazonaws.com/templates/inner.json"

    return put


def outer(address: str, **parameters: Any) -> dict[str, Any]:
    nested = {"TemplateURL": address, "Parameters": parameters}
    return {
        "Resources": {"Inner": {"Type": "AWS::CloudFormation::Stack", "Properties": nested}},
        "Outputs": {"Url": {"Value": {"Fn::GetAtt": ["Inner", "Outputs.Url"]}}},
    }


def inside(**properties: Any) -> dict[str, Any]:
    queue = {"QueueName": {"Ref": "Name"}, **properties}
    return {
        "Parameters": {"Name": {"Type": "String"}},
        "Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": queue}},
        "Outputs": {"Url": {"Value": {"Ref": "Q"}}},
    }


def test_nested_stacks(stacks: Any, inner: Any) -> None:
    address = inner(inside())
    stacks.create(outer(address, Name="one"))
    assert stacks.outputs()["Url"].endswith("/one")
    nested = stacks.told(stacks.resources()["Inner"])
    assert nested["ParentId"] == nested["RootId"] == stacks.told()["StackId"]
    inner(inside(DelaySeconds=4))
    assert stacks.update(outer(address, Name="two"))["StackStatus"] == "UPDATE_COMPLETE"
    assert stacks.outputs()["Url"].endswith("/two")
    assert stacks.delete()["StackStatus"] == "DELETE_COMPLETE"
    assert stacks.told(nested["StackId"])["StackStatus"] == "DELETE_COMPLETE"


def test_a_nested_stack_that_fails(stacks: Any, inner: Any) -> None:
    address = inner(inside(VisibilityTimeout=99999999))
    assert stacks.create(outer(address, Name="one"))["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "was not successfully created" in stacks.reasons()["Inner"]
    assert "VisibilityTimeout" in stacks.reasons()["Inner"]


WAITING = {
    "Resources": {
        "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
        "Wait": {
            "Type": "AWS::CloudFormation::WaitCondition",
            "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": "600", "Count": 2},
        },
    },
    "Outputs": {"Data": {"Value": {"Fn::GetAtt": ["Wait", "Data"]}}},
}


def test_a_wait_condition(stacks: Any) -> None:
    world = stacks.world
    made = stacks.client.create_stack(StackName="s", TemplateBody=json.dumps(WAITING))
    world.run(until=world.now_s + 5)
    address = stacks.resources()["Handle"]
    for number in (1, 2):
        assert stacks.told()["StackStatus"] == "CREATE_IN_PROGRESS"
        body = {"Status": "SUCCESS", "UniqueId": str(number), "Data": "up", "Reason": "r"}
        request = HttpRequest("PUT", address, {}, json.dumps(body).encode())
        assert world.cloud.network.send(request).status == 200
        world.run(until=world.now_s + 5)
    assert stacks.told(made["StackId"])["StackStatus"] == "CREATE_COMPLETE"
    assert json.loads(stacks.outputs()["Data"]) == {"1": "up", "2": "up"}


def test_a_wait_condition_times_out(stacks: Any) -> None:
    assert stacks.create(WAITING)["StackStatus"] == "ROLLBACK_COMPLETE"
    assert stacks.reasons()["Wait"] == (
        "WaitCondition timed out. Received 0 conditions when expecting 2"
    )
    assert stacks.world.now_s >= 600


def test_a_creation_policy_and_its_signal(stacks: Any) -> None:
    policy = {"ResourceSignal": {"Count": 1, "Timeout": "PT5M"}}
    queue = {"Type": "AWS::CloudFormation::WaitCondition", "CreationPolicy": policy}
    stacks.client.create_stack(StackName="s", TemplateBody=json.dumps({"Resources": {"Q": queue}}))
    stacks.world.run(until=stacks.world.now_s + 5)
    assert stacks.told()["StackStatus"] == "CREATE_IN_PROGRESS"
    signal = {"StackName": "s", "UniqueId": "u", "LogicalResourceId": "Q"}
    stacks.client.signal_resource(**signal, Status="SUCCESS")
    stacks.world.run(until=stacks.world.now_s + 5)
    assert stacks.told()["StackStatus"] == "CREATE_COMPLETE"
    with pytest.raises(ClientError, match="does not exist for stack"):
        stacks.client.signal_resource(**{**signal, "LogicalResourceId": "N"}, Status="SUCCESS")
