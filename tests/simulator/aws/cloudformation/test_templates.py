"""Functions, conditions, parameters and the form of templates. AWS CloudFormation User Guide,
"Intrinsic function reference", "Condition functions", "Parameters"."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError


def value_of(stacks: Any, written: Any, **sections: Any) -> str:
    """What a value of a template comes to, as an output."""
    template = {
        "Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "q"}}},
        "Outputs": {"O": {"Value": written}},
        **sections,
    }
    stacks.create(template)
    return str(stacks.outputs()["O"])


def refused(stacks: Any, template: Any, **options: Any) -> str:
    text = template if isinstance(template, str) else json.dumps(template)
    with pytest.raises(ClientError) as error:
        stacks.client.create_stack(StackName="s", TemplateBody=text, **options)
    told = error.value.response["Error"]
    assert told["Code"] == "ValidationError"
    return str(told["Message"])


ARN = "arn:aws:sqs:us-east-1:123456789012:q"
MAP = {"M": {"us-east-1": {"A": "found", "L": ["x", "y"]}}}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ({"Fn::GetAtt": ["Q", "Arn"]}, ARN),
        ({"Fn::GetAtt": "Q.QueueName"}, "q"),
        ({"Fn::Sub": "${Q.Arn}/${!Literal}/${AWS::Region}"}, f"{ARN}/${{Literal}}/us-east-1"),
        (
            {"Fn::Sub": ["${A}-${AWS::AccountId}", {"A": {"Ref": "AWS::StackName"}}]},
            "s-123456789012",
        ),
        ({"Fn::Join": ["-", ["a", {"Ref": "AWS::Partition"}, "c"]]}, "a-aws-c"),
        ({"Fn::Select": [1, {"Fn::Split": [":", "a:b:c"]}]}, "b"),
        ({"Fn::Select": ["5", {"Fn::Split": [":", {"Fn::GetAtt": ["Q", "Arn"]}]}]}, "q"),
        ({"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "A"]}, "found"),
        ({"Fn::Join": [",", {"Fn::FindInMap": ["M", "us-east-1", "L"]}]}, "x,y"),
        ({"Fn::Base64": "ride"}, base64.b64encode(b"ride").decode()),
        (
            {"Fn::Join": ["|", {"Fn::Cidr": ["10.0.0.0/24", 3, 5]}]},
            "10.0.0.0/27|10.0.0.32/27|10.0.0.64/27",
        ),
        ({"Fn::If": ["Yes", "y", "n"]}, "y"),
        ({"Fn::If": ["No", "y", {"Ref": "AWS::URLSuffix"}]}, "amazonaws.com"),
        ({"Fn::Select": [0, {"Fn::GetAZs": ""}]}, "us-east-1a"),
        ({"Fn::ToJsonString": {"a": {"Fn::GetAtt": ["Q", "QueueName"]}}}, '{"a":"q"}'),
    ],
)  # fmt: skip
def test_functions(stacks: Any, written: Any, value: str) -> None:
    conditions = {
        "Yes": {"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]},
        "No": {"Fn::Not": [{"Condition": "Yes"}]},
        "Both": {"Fn::And": [{"Condition": "Yes"}, {"Fn::Or": [{"Condition": "No"}]}]},
    }
    assert value_of(stacks, written, Mappings=MAP, Conditions=conditions) == value


def test_no_value_is_as_if_not_there(stacks: Any) -> None:
    properties = {"VisibilityTimeout": {"Fn::If": ["No", 5, {"Ref": "AWS::NoValue"}]}}
    stacks.create(
        {
            "Conditions": {"No": {"Fn::Equals": ["a", "b"]}},
            "Resources": {
                "Q": {"Type": "AWS::SQS::Queue", "Properties": properties},
                "Never": {"Type": "AWS::SQS::Queue", "Condition": "No"},
            },
        }
    )
    sqs: Any = stacks.world.cloud.session().client("sqs")
    (url,) = stacks.resources().values()
    asked = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
    assert asked["Attributes"]["VisibilityTimeout"] == "30"


def test_yaml_in_short_form(stacks: Any) -> None:
    stacks.create(
        """
        AWSTemplateFormatVersion: 2010-09-09
        Conditions:
          Far: !Not [!Equals [!Ref "AWS::Region", eu-west-1]]
        Resources:
          Queue:
            Type: AWS::SQS::Queue
            Condition: Far
          Policy:
            Type: AWS::SQS::QueuePolicy
            Properties:
              Queues: [!Ref Queue]
              PolicyDocument: {Version: 2012-10-17, Statement: []}
        Outputs:
          Name: {Value: !Select [0, !Split ["-", !GetAtt Queue.QueueName]]}
        """
    )
    assert stacks.outputs() == {"Name": "s"}


def test_parameters(stacks: Any) -> None:
    ssm: Any = stacks.world.cloud.session().client("ssm")
    ssm.put_parameter(Name="/rides/city", Value="berlin", Type="String")
    template = {
        "Parameters": {
            "City": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/rides/city"},
            "Names": {"Type": "CommaDelimitedList", "Default": "a, b"},
            "Count": {"Type": "Number", "MinValue": 1, "MaxValue": 5},
            "Secret": {"Type": "String", "NoEcho": True, "Default": "hush"},
        },
        "Resources": {"T": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {
            "O": {"Value": {"Fn::Sub": "${City} ${Count}"}},
            "N": {"Value": {"Fn::Select": [1, {"Ref": "Names"}]}},
        },
    }
    given = [{"ParameterKey": "Count", "ParameterValue": "3"}]
    told = stacks.create(template, Parameters=given)
    assert stacks.outputs() == {"O": "berlin 3", "N": "b"}
    shown = {each["ParameterKey"]: each for each in told["Parameters"]}
    assert shown["Secret"]["ParameterValue"] == "****"
    assert shown["City"]["ParameterValue"] == "/rides/city"
    assert shown["City"]["ResolvedValue"] == "berlin"


@pytest.mark.parametrize(
    ("form", "given", "told"),
    [
        ({"AllowedValues": ["a", "b"]}, "c", "Parameter 'P' must be one of AllowedValues: [a, b]"),
        ({"AllowedPattern": "[a-z]+"}, "9", "Parameter 'P' must match pattern [a-z]+"),
        ({"MaxLength": 2}, "abc", "Parameter 'P' must contain at most 2 characters"),
        (
            {"AllowedPattern": "[a-z]+", "ConstraintDescription": "letters only"},
            "9",
            "Parameter 'P' failed to satisfy constraint: letters only",
        ),
    ],
)
def test_parameters_are_checked(stacks: Any, form: Any, given: str, told: str) -> None:
    template = {
        "Parameters": {"P": {"Type": "String", **form}},
        "Resources": {"T": {"Type": "AWS::SNS::Topic"}},
    }
    parameters = [{"ParameterKey": "P", "ParameterValue": given}]
    assert refused(stacks, template, Parameters=parameters) == told


def test_parameters_that_are_not_there(stacks: Any) -> None:
    template = {"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}
    parameters = [{"ParameterKey": "P", "ParameterValue": "x"}]
    assert refused(stacks, template, Parameters=parameters) == (
        "Parameters: [P] do not exist in the template"
    )


TOPIC = {"Type": "AWS::SNS::Topic"}


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ({"Outputs": {}}, "Template format error: At least one Resources member must be defined."),
        (
            {"Resources": {"T": {**TOPIC, "DependsOn": "X"}}},
            "Template format error: Unresolved resource dependencies [X] in the Resources block of "
            "the template",
        ),
        (
            {"Resources": {"T": {**TOPIC, "Properties": {"TopicName": {"Ref": "X"}}}}},
            "Template format error: Unresolved resource dependencies [X] in the Resources block of "
            "the template",
        ),
        (
            {
                "Resources": {
                    "A": {**TOPIC, "DependsOn": "B"},
                    "B": {**TOPIC, "DependsOn": "A"},
                    "C": {**TOPIC, "DependsOn": "A"},
                }
            },
            "Circular dependency between resources: [A, B]",
        ),
        (
            {"Resources": {"T": {}}},
            "Template format error: [/Resources/T] Every Resources object must contain a Type "
            "member.",
        ),
        (
            {"Resources": {"T": TOPIC}, "Nonsense": {}},
            "Invalid template property or properties [Nonsense]",
        ),
        (
            {"Resources": {"T": TOPIC}, "Outputs": {"O": {"Value": {"Fn::GetAtt": ["T", "No"]}}}},
            "Template error: resource T does not support attribute type No in Fn::GetAtt",
        ),
        (
            {"Resources": {"T": {**TOPIC, "Condition": "No"}}},
            "Template format error: Unresolved condition dependency No in the Resources block of "
            "the template",
        ),
        (
            {"Resources": {"T": TOPIC}, "Outputs": {f"O{n}": {"Value": n} for n in range(201)}},
            "Template format error: Number of outputs, 201, is greater than maximum allowed, 200",
        ),
        (
            {"Resources": {"T": {**TOPIC, "Metadata": {"Long": "x" * 51_200}}}},
            "1 validation error detected: Value at 'templateBody' failed to satisfy constraint: "
            "Member must have length less than or equal to 51200",
        ),
        (
            {"Resources": {"T": {**TOPIC, "DeletionPolicy": {"Ref": "P"}}}},
            "Template format error: Every DeletionPolicy member must be a string.",
        ),
        (
            {"Resources": {"T": {**TOPIC, "DeletionPolicy": "Snapshot"}}},
            "Template error: resource type AWS::SNS::Topic does not support deletion policy "
            "Snapshot",
        ),
        (
            {"Resources": {"T": {**TOPIC, "UpdateReplacePolicy": "Keep"}}},
            "Template format error: Unrecognized UpdateReplacePolicy Keep for T",
        ),
        (
            {"Resources": {"T": TOPIC}, "Hooks": {"H": {}}},
            "The section Hooks of a template is not implemented by Paddock",
        ),
        ("{", "Template format error: JSON not well-formed."),
        ("a: [", "Template format error: YAML not well-formed."),
    ],
)  # fmt: skip
def test_templates_that_are_refused(stacks: Any, template: Any, told: str) -> None:
    assert refused(stacks, template).startswith(told)


def test_validate_and_summarise(stacks: Any) -> None:
    template = {
        "Description": "d",
        "Parameters": {"P": {"Type": "String", "Default": "x", "Description": "p"}},
        "Resources": {
            "R": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}},
        },
    }
    told = stacks.client.validate_template(TemplateBody=json.dumps(template))
    assert told["Capabilities"] == ["CAPABILITY_IAM"]
    (parameter,) = told["Parameters"]
    assert (parameter["ParameterKey"], parameter["DefaultValue"]) == ("P", "x")
    summary = stacks.client.get_template_summary(TemplateBody=json.dumps(template))
    assert summary["ResourceTypes"] == ["AWS::IAM::Role"]


def test_dynamic_references(stacks: Any) -> None:
    session = stacks.world.cloud.session()
    ssm: Any = session.client("ssm")
    secrets: Any = session.client("secretsmanager")
    ssm.put_parameter(Name="n", Value="from-ssm", Type="String")
    secrets.create_secret(Name="x", SecretString='{"k": "hidden"}')
    value = "{{resolve:ssm:n}}/{{resolve:secretsmanager:x:SecretString:k}}"
    properties = {"Type": "String", "Name": "made", "Value": value}
    stacks.create({"Resources": {"P": {"Type": "AWS::SSM::Parameter", "Properties": properties}}})
    assert ssm.get_parameter(Name="made")["Parameter"]["Value"] == "from-ssm/hidden"
