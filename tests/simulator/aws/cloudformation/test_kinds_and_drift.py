"""Each kind of resource comes, is as its template says, and goes. AWS CloudFormation User Guide,
"Detect unmanaged configuration changes to stacks and resources with drift detection"."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from simulator.world import World


@pytest.fixture(autouse=True)
def layer(world: World) -> None:
    s3: Any = world.cloud.session().client("s3")
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("python/helper.py", "WORD = 1")
    s3.create_bucket(Bucket="parts")
    s3.put_object(Bucket="parts", Key="layer.zip", Body=package.getvalue())


@pytest.mark.parametrize("name", ["every_kind.yaml", "every_api_kind.yaml"])
def test_every_kind_comes_and_goes(stacks: Any, written: Callable[[str], str], name: str) -> None:
    tags = [{"Key": "team", "Value": "a"}, {"Key": "old", "Value": "x"}]
    told = stacks.create(written(name), Tags=tags)
    assert told["StackStatus"] == "CREATE_COMPLETE", stacks.reasons()
    assert not [reason for reason in stacks.told_of().values() if "Without effect" in reason]
    told = stacks.update(written(name), Tags=[{"Key": "team", "Value": "b"}])
    assert told["StackStatus"] == "UPDATE_COMPLETE", stacks.reasons()
    stacks.client.detect_stack_drift(StackName="s")
    drifts = stacks.client.describe_stack_resource_drifts(StackName="s")["StackResourceDrifts"]
    drifted = [d for d in drifts if d["StackResourceDriftStatus"] in ("MODIFIED", "DELETED")]
    assert drifted == []
    gone = stacks.delete()
    assert gone["StackStatus"] == "DELETE_COMPLETE", stacks.reasons(gone["StackId"])


def test_drift(stacks: Any) -> None:
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 40}}
    stacks.create({"Resources": {"Q": queue, "R": queue, "T": {"Type": "AWS::SNS::Topic"}}})
    urls = stacks.resources()
    session = stacks.world.cloud.session()
    sqs: Any = session.client("sqs")
    sqs.set_queue_attributes(QueueUrl=urls["Q"], Attributes={"VisibilityTimeout": "41"})
    sqs.delete_queue(QueueUrl=urls["R"])
    begun = stacks.client.detect_stack_drift(StackName="s")
    told = stacks.client.describe_stack_drift_detection_status(
        StackDriftDetectionId=begun["StackDriftDetectionId"]
    )
    assert (told["DetectionStatus"], told["StackDriftStatus"]) == ("DETECTION_COMPLETE", "DRIFTED")
    assert told["DriftedStackResourceCount"] == 2
    drifts = {
        each["LogicalResourceId"]: each
        for each in stacks.client.describe_stack_resource_drifts(StackName="s")[
            "StackResourceDrifts"
        ]
    }
    statuses = {name: each["StackResourceDriftStatus"] for name, each in drifts.items()}
    assert statuses == {"Q": "MODIFIED", "R": "DELETED", "T": "IN_SYNC"}
    assert drifts["Q"]["PropertyDifferences"] == [
        {
            "PropertyPath": "/VisibilityTimeout",
            "ExpectedValue": "40",
            "ActualValue": "41",
            "DifferenceType": "NOT_EQUAL",
        }
    ]
    assert stacks.told()["DriftInformation"]["StackDriftStatus"] == "DRIFTED"


def test_a_property_that_is_not_made_here_fails_by_its_name(stacks: Any) -> None:
    bucket = {"MetricsConfigurations": [{"Id": "all"}]}
    stacks.create({"Resources": {"B": {"Type": "AWS::S3::Bucket", "Properties": bucket}}})
    assert stacks.reasons()["B"] == (
        "Property MetricsConfigurations of AWS::S3::Bucket is not implemented by Paddock"
    )


def test_a_canary_of_a_stage_in_a_stack(world, stacks) -> None:
    """AWS::ApiGateway::Stage CanarySetting."""
    template: dict = {
        "Resources": {
            "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "rides"}},
            "Get": {
                "Type": "AWS::ApiGateway::Method",
                "Properties": {
                    "RestApiId": {"Ref": "Api"},
                    "ResourceId": {"Fn::GetAtt": ["Api", "RootResourceId"]},
                    "HttpMethod": "GET",
                    "AuthorizationType": "NONE",
                    "Integration": {"Type": "MOCK"},
                },
            },
            "Release": {
                "Type": "AWS::ApiGateway::Deployment",
                "DependsOn": "Get",
                "Properties": {"RestApiId": {"Ref": "Api"}},
            },
            "Prod": {
                "Type": "AWS::ApiGateway::Stage",
                "Properties": {
                    "RestApiId": {"Ref": "Api"},
                    "DeploymentId": {"Ref": "Release"},
                    "StageName": "prod",
                    "CanarySetting": {
                        "DeploymentId": {"Ref": "Release"},
                        "PercentTraffic": 10,
                        "StageVariableOverrides": {"City": "Oslo"},
                    },
                },
            },
        }
    }
    stacks.create(template)
    api = stacks.resources()["Api"]
    client = world.cloud.session().client("apigateway")
    canary = client.get_stage(restApiId=api, stageName="prod")["canarySettings"]
    assert canary["percentTraffic"] == 10.0
    assert canary["stageVariableOverrides"] == {"City": "Oslo"}
    template["Resources"]["Prod"]["Properties"]["CanarySetting"]["PercentTraffic"] = 30
    stacks.update(template)
    canary = client.get_stage(restApiId=api, stageName="prod")["canarySettings"]
    assert canary["percentTraffic"] == 30.0
    del template["Resources"]["Prod"]["Properties"]["CanarySetting"]
    stacks.update(template)
    assert "canarySettings" not in client.get_stage(restApiId=api, stageName="prod")


def test_a_deployment_describes_its_stage(world, stacks) -> None:
    """AWS::ApiGateway::Deployment StageDescription."""
    stacks.create(
        {
            "Resources": {
                "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "rides"}},
                "Get": {
                    "Type": "AWS::ApiGateway::Method",
                    "Properties": {
                        "RestApiId": {"Ref": "Api"},
                        "ResourceId": {"Fn::GetAtt": ["Api", "RootResourceId"]},
                        "HttpMethod": "GET",
                        "AuthorizationType": "NONE",
                        "Integration": {"Type": "MOCK"},
                    },
                },
                "Release": {
                    "Type": "AWS::ApiGateway::Deployment",
                    "DependsOn": "Get",
                    "Properties": {
                        "RestApiId": {"Ref": "Api"},
                        "StageName": "prod",
                        "StageDescription": {
                            "Description": "for riders",
                            "LoggingLevel": "INFO",
                            "ThrottlingRateLimit": 7,
                            "TracingEnabled": True,
                            "Variables": {"City": "Oslo"},
                            "MethodSettings": [
                                {
                                    "ResourcePath": "/",
                                    "HttpMethod": "GET",
                                    "DataTraceEnabled": True,
                                },
                                {
                                    "ResourcePath": "/~1rides~1{id}",
                                    "HttpMethod": "GET",
                                    "CacheTtlInSeconds": 9,
                                },
                            ],
                            "AccessLogSetting": {
                                "DestinationArn": "arn:aws:logs:us-east-1:123456789012:"
                                "log-group:calls",
                                "Format": "$context.requestId",
                            },
                            "CanarySetting": {"PercentTraffic": "10"},
                        },
                    },
                },
            }
        }
    )
    client = world.cloud.session().client("apigateway")
    stage = client.get_stage(restApiId=stacks.resources()["Api"], stageName="prod")
    assert (stage["description"], stage["variables"]) == ("for riders", {"City": "Oslo"})
    assert stage["tracingEnabled"] is True
    everywhere = stage["methodSettings"]["*/*"]
    assert (everywhere["loggingLevel"], everywhere["throttlingRateLimit"]) == ("INFO", 7.0)
    assert stage["methodSettings"]["/GET"]["dataTraceEnabled"] is True
    assert stage["methodSettings"]["rides/{id}/GET"]["cacheTtlInSeconds"] == 9
    assert stage["accessLogSettings"]["format"] == "$context.requestId"
    assert stage["canarySettings"]["percentTraffic"] == 10.0


def test_a_domain_of_a_rest_api_in_a_stack(world, stacks) -> None:
    """AWS::ApiGateway::DomainName, AWS::ApiGateway::BasePathMapping."""
    template: dict = {
        "Resources": {
            "Domain": {
                "Type": "AWS::ApiGateway::DomainName",
                "Properties": {
                    "DomainName": "rides.example",
                    "RegionalCertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/a",
                    "EndpointConfiguration": {"Types": ["REGIONAL"]},
                },
            },
            "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "rides"}},
            "Mapping": {
                "Type": "AWS::ApiGateway::BasePathMapping",
                "Properties": {
                    "DomainName": {"Ref": "Domain"},
                    "RestApiId": {"Ref": "Api"},
                    "BasePath": "v1",
                },
            },
        },
        "Outputs": {"To": {"Value": {"Fn::GetAtt": ["Domain", "RegionalDomainName"]}}},
    }
    stacks.create(template)
    assert stacks.outputs()["To"].endswith(".execute-api.us-east-1.amazonaws.com")
    client = world.cloud.session().client("apigateway")
    (mapping,) = client.get_base_path_mappings(domainName="rides.example")["items"]
    assert (mapping["basePath"], mapping["restApiId"]) == ("v1", stacks.resources()["Api"])
    properties = template["Resources"]["Domain"]["Properties"]
    properties["RegionalCertificateArn"] = properties["RegionalCertificateArn"][:-1] + "b"
    stacks.update(template)
    told = client.get_domain_name(domainName="rides.example")
    assert told["regionalCertificateArn"].endswith("/b")
    stacks.delete()
    assert client.get_domain_names()["items"] == []
