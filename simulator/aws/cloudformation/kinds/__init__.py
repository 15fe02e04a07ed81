"""The kinds of resources: ours by service, and moto's own where we have none."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from simulator.aws.cloudformation.kinds.base import Kind
from simulator.aws.cloudformation.shapes import shape_of

_ROOMS = {
    "ApiGateway": "apigateway",
    "ApiGatewayV2": "apigatewayv2",
    "CDK": "formation",
    "CloudFormation": "formation",
    "CloudWatch": "cloudwatch",
    "CodeDeploy": "codedeploy",
    "DynamoDB": "dynamodb",
    "Cognito": "cognito",
    "EC2": "network",
    "EventSchemas": "events",
    "Events": "events",
    "IAM": "iam",
    "KMS": "keys",
    "Kinesis": "kinesis",
    "KinesisFirehose": "kinesis",
    "Lambda": "functions",
    "Logs": "logs",
    "Pipes": "pipes",
    "S3": "s3",
    "SNS": "sns",
    "SQS": "sqs",
    "SSM": "keys",
    "Scheduler": "events",
    "SecretsManager": "keys",
    "StepFunctions": "workflows",
}
_CUSTOM = "AWS::CloudFormation::CustomResource"


@cache
def kind_of(type_name: str) -> Kind | None:
    """How resources of a type are made; None where they cannot be."""
    if type_name.startswith("Custom::"):
        type_name = _CUSTOM
    parts = type_name.split("::")
    room = _ROOMS.get(parts[1]) if len(parts) == 3 and parts[0] == "AWS" else None
    if room is not None:
        kinds: dict[str, type[Kind]] = import_module(f"{__name__}.{room}").KINDS
        if type_name in kinds:
            return kinds[type_name](type_name)
    from simulator.aws.cloudformation.kinds.moto_made import moto_kind

    return moto_kind(type_name)


def is_known(type_name: str) -> bool:
    """Whether AWS has such a type, whether or not we can make it."""
    if type_name.startswith("Custom::") or shape_of(type_name) is not None:
        return True
    return kind_of(type_name) is not None
