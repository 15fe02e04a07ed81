"""What the SDK for JavaScript calls AWS's services, and botocore's names for them."""

from __future__ import annotations

from functools import cache
from typing import Any

import botocore.session
from botocore.exceptions import UnknownServiceError

_ODD_CLASSES = {
    "StepFunctions": "stepfunctions",
    "EventBridge": "events",
    "CloudWatchEvents": "events",
    "CloudWatchLogs": "logs",
    "CognitoIdentityServiceProvider": "cognito-idp",
    "CognitoIdentity": "cognito-identity",
    "IotData": "iot-data",
    "AutoScaling": "autoscaling",
    "ECRPUBLIC": "ecr-public",
}
CLASSES = (*_ODD_CLASSES, "DynamoDB", "DynamoDBStreams", "Lambda", "Kinesis", "SecretsManager")
"""Classes whose names are not in capitals throughout; the commonest."""

_ODD_PACKAGES = {
    "eventbridge": "events",
    "cloudwatch-events": "events",
    "sfn": "stepfunctions",
    "cloudwatch-logs": "logs",
    "cognito-identity-provider": "cognito-idp",
    "iot-data-plane": "iot-data",
    "elastic-load-balancing-v2": "elbv2",
    "elastic-load-balancing": "elb",
    "efs": "efs",
    "database-migration-service": "dms",
}


@cache
def _session() -> Any:
    return botocore.session.Session()


@cache
def _known() -> frozenset[str]:
    return frozenset(_session().get_available_services())


def of_class(name: str) -> str | None:
    """The service of a class of version 2, such as `SQS`; None where there is none."""
    service = _ODD_CLASSES.get(name, name.lower())
    return service if service in _known() else None


def of_package(name: str) -> str | None:
    """The service of a package of version 3, such as `client-sqs`; None where there is none."""
    bare = name.removeprefix("client-")
    for service in (_ODD_PACKAGES.get(bare, bare), bare.replace("-", "")):
        if service in _known():
            return service
    return None


@cache
def model(service: str) -> Any:
    """A service's model."""
    return _session().get_service_model(service)


@cache
def pages(service: str) -> dict[str, Any]:
    """How each operation of a service pages: the members of its token and of its limit."""
    try:
        told = _session().get_paginator_model(service)._paginator_config
    except (UnknownServiceError, ValueError):
        return {}
    found = {}
    for operation, config in told.items():
        given, output = config["input_token"], config["output_token"]
        if isinstance(given, str) and isinstance(output, str):
            told_output = output.partition(" || ")[0]
            found[operation] = {
                "input": given,
                "output": told_output,
                "limit": config.get("limit_key"),
            }
    return found


@cache
def waiters(service: str) -> tuple[str, ...]:
    """The states that a service can be waited for."""
    try:
        told = _session().get_waiter_model(service)
    except (UnknownServiceError, ValueError):
        return ()
    return tuple(sorted(told.waiter_names))
