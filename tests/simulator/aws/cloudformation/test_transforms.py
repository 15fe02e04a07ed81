"""AWS SAM and other macros. AWS CloudFormation User Guide, "Transform reference"; AWS Serverless
Application Model Developer Guide, "AWS SAM resources and properties"."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator.world import World


@pytest.fixture
def parts(world: World) -> Any:
    """A bucket with a layer in it."""
    s3: Any = world.cloud.session().client("s3")
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("python/helper.py", "WORD = 'from the layer'")
    s3.create_bucket(Bucket="parts")
    s3.put_object(Bucket="parts", Key="layer.zip", Body=package.getvalue())
    return s3


def test_everything_that_serverless_has(
    stacks: Any, parts: Any, written: Callable[[str], str]
) -> None:
    told = stacks.create(written("serverless.yaml"))
    assert told["StackStatus"] == "CREATE_COMPLETE", stacks.reasons()
    session = stacks.world.cloud.session()
    functions: Any = session.client("lambda")
    resources, outputs = stacks.resources(), stacks.outputs()
    assert outputs["Function"].endswith(":live")
    name = resources["Function"]
    told = functions.get_function_configuration(FunctionName=name)
    assert told["Environment"]["Variables"] == {"STAGE": "test"}
    mappings = functions.list_event_source_mappings()["EventSourceMappings"]
    assert sorted(m["EventSourceArn"].split(":")[2] for m in mappings) == ["dynamodb", "sqs"]
    policy = json.loads(functions.get_policy(FunctionName=name, Qualifier="live")["Policy"])
    allowed = sorted(each["Principal"]["Service"] for each in policy["Statement"])
    assert allowed.count("apigateway.amazonaws.com") >= 2
    assert {"events.amazonaws.com", "s3.amazonaws.com", "sns.amazonaws.com"} <= set(allowed)
    deploy: Any = session.client("codedeploy")
    (application,) = deploy.list_applications()["applications"]
    (group,) = deploy.list_deployment_groups(applicationName=application)["deploymentGroups"]
    told = deploy.get_deployment_group(applicationName=application, deploymentGroupName=group)
    named = told["deploymentGroupInfo"]["deploymentConfigName"]
    assert named == "CodeDeployDefault.LambdaCanary10Percent5Minutes"
    sns: Any = session.client("sns")
    (subscription,) = sns.list_subscriptions()["Subscriptions"]
    assert subscription["Protocol"] == "lambda"
    iam: Any = session.client("iam")
    role = resources["FunctionRole"]
    attached = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    assert "AWSLambdaBasicExecutionRole" in [each["PolicyName"] for each in attached]
    apis: Any = session.client("apigateway")
    paths = {
        api["name"]: sorted(
            item["path"] for item in apis.get_resources(restApiId=api["id"])["items"]
        )
        for api in apis.get_rest_apis()["items"]
    }
    assert paths == {"s": ["/", "/rides", "/rides/{id}"], "bookings": ["/", "/bookings"]}
    sfn: Any = session.client("stepfunctions")
    machine = sfn.describe_state_machine(stateMachineArn=outputs["Machine"])
    assert json.loads(machine["definition"])["States"]["Call"]["Resource"].endswith(name)
    assert stacks.delete()["StackStatus"] == "DELETE_COMPLETE", stacks.reasons()


def test_processed_and_original_template(stacks: Any, parts: Any) -> None:
    text = (
        "Transform: AWS::Serverless-2016-10-31\n"
        "Resources: {T: {Type: AWS::Serverless::SimpleTable}}"
    )
    stacks.create(text)
    original = stacks.client.get_template(StackName="s", TemplateStage="Original")
    assert original["TemplateBody"] == text
    processed = stacks.client.get_template(StackName="s", TemplateStage="Processed")
    assert "AWS::DynamoDB::Table" in str(processed["TemplateBody"])


def test_serverless_says_what_it_cannot_read(stacks: Any) -> None:
    function = {"Type": "AWS::Serverless::Function", "Properties": {"Handler": "h"}}
    template = {"Transform": "AWS::Serverless-2016-10-31", "Resources": {"F": function}}
    with pytest.raises(ClientError) as refused:
        stacks.create(template)
    told = refused.value.response["Error"]["Message"]
    assert told.startswith("Transform AWS::Serverless-2016-10-31 failed with: Invalid Serverless")
    assert "Resource with id [F] is invalid" in told
    stacks.client.create_change_set(
        StackName="t", ChangeSetName="c", ChangeSetType="CREATE", TemplateBody=json.dumps(template)
    )
    change_set = stacks.client.describe_change_set(StackName="t", ChangeSetName="c")
    assert (change_set["Status"], change_set["StatusReason"]) == ("FAILED", told)


def test_include(stacks: Any, parts: Any) -> None:
    parts.put_object(Bucket="parts", Key="q.yaml", Body=b"DelaySeconds: 7\nQueueName: !Ref Name")
    include = {"Name": "AWS::Include", "Parameters": {"Location": "s3://parts/q.yaml"}}
    stacks.create(
        {
            "Parameters": {"Name": {"Type": "String", "Default": "included"}},
            "Resources": {
                "Q": {"Type": "AWS::SQS::Queue", "Properties": {"Fn::Transform": include}}
            },
        }
    )
    assert stacks.resources()["Q"].endswith("/included")


def test_loops(stacks: Any) -> None:
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Fn::Sub": "t-${City}"}}}
    template = {
        "Transform": "AWS::LanguageExtensions",
        "Parameters": {"Cities": {"Type": "CommaDelimitedList", "Default": "berlin,paris"}},
        "Resources": {"Fn::ForEach::Topics": ["City", {"Ref": "Cities"}, {"Topic${City}": topic}]},
    }
    valid = stacks.client.validate_template(TemplateBody=json.dumps(template))
    assert valid["DeclaredTransforms"] == ["AWS::LanguageExtensions"]
    told = stacks.create(template)
    assert told["StackStatus"] == "CREATE_COMPLETE"
    assert sorted(stacks.resources()) == ["Topicberlin", "Topicparis"]
    assert stacks.resources()["Topicparis"].endswith(":t-paris")


def test_policies_are_worked_out(stacks: Any) -> None:
    template = {
        "Transform": "AWS::LanguageExtensions",
        "Parameters": {"Keep": {"Type": "String", "Default": "yes"}},
        "Conditions": {"Kept": {"Fn::Equals": [{"Ref": "Keep"}, "yes"]}},
        "Resources": {
            "T": {
                "Type": "AWS::SNS::Topic",
                "DeletionPolicy": {"Fn::If": ["Kept", "Retain", "Delete"]},
            }
        },
    }
    stacks.create(template)
    gone = stacks.delete()
    assert gone["StackStatus"] == "DELETE_COMPLETE"
    assert ("T", "DELETE_SKIPPED") in stacks.events(gone["StackId"])


def test_a_macro_of_ones_own(stacks: Any, deploy: Callable[..., str]) -> None:
    deploy(
        "shout",
        "def handler(event, context):\n"
        "    fragment = event['fragment']\n"
        "    fragment['Resources']['T']['Properties'] = {\n"
        "        'TopicName': event['templateParameterValues']['Word'].upper()}\n"
        "    return {'requestId': event['requestId'], 'status': 'success', 'fragment': fragment}\n",
    )
    macro = {
        "Type": "AWS::CloudFormation::Macro",
        "Properties": {"Name": "Shout", "FunctionName": "shout"},
    }
    stacks.create({"Resources": {"M": macro}}, name="macros")
    stacks.create(
        {
            "Transform": "Shout",
            "Parameters": {"Word": {"Type": "String", "Default": "ride"}},
            "Resources": {"T": {"Type": "AWS::SNS::Topic"}},
        }
    )
    assert stacks.resources()["T"].endswith(":RIDE")
    with pytest.raises(ClientError, match="No transform named 123456789012::Whisper found"):
        stacks.create(
            {"Transform": "Whisper", "Resources": {"T": {"Type": "AWS::SNS::Topic"}}}, name="w"
        )


def test_a_queue_a_topic_and_a_bus(stacks: Any, written: Callable[[str], str]) -> None:
    told = stacks.create(written("buses.yaml"))
    assert told["StackStatus"] == "CREATE_COMPLETE", stacks.reasons()
    outputs, session = stacks.outputs(), stacks.world.cloud.session()
    functions: Any = session.client("lambda")
    for name in ("QueuePublisher", "BusPublisher"):
        answer = functions.invoke(FunctionName=outputs[name])
        assert "FunctionError" not in answer, answer["Payload"].read()
    sns: Any = session.client("sns")
    sns.publish(TopicArn=outputs["Topic"], Message="hello")
    stacks.world.run(until=stacks.world.now_s + 60)
    tables: Any = session.client("dynamodb")
    found = tables.scan(TableName=outputs["Notes"])["Items"]
    assert sorted(item["id"]["S"] for item in found) == [
        *("BusConsumer/bus", "QueueConsumer/queue", "TopicConsumer/aws:sns"),
    ]
