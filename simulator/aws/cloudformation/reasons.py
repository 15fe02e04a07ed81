"""Status reasons: why a resource failed, as CloudFormation's handlers put it."""

from __future__ import annotations

import logging

from botocore.exceptions import BotoCoreError, ClientError
from moto.core.exceptions import ServiceException
from moto.moto_api._internal import mock_random
from werkzeug.exceptions import HTTPException

from simulator.aws.cloudformation.exceptions import ResourceFailed

log = logging.getLogger(__name__)

_CODES = (
    ("AlreadyExist", "AlreadyExists"),
    ("ResourceConflict", "AlreadyExists"),
    ("EntityAlreadyExists", "AlreadyExists"),
    ("NotFound", "NotFound"),
    ("NoSuch", "NotFound"),
    ("NonExistent", "NotFound"),
    ("AccessDenied", "AccessDenied"),
    ("Throttl", "Throttling"),
    ("TooManyRequests", "Throttling"),
    ("LimitExceeded", "ServiceLimitExceeded"),
    ("Internal", "ServiceInternalError"),
    ("NotImplemented", "InternalFailure"),
)
_SERVICES = {
    "SQS": "Sqs",
    "SNS": "Sns",
    "DynamoDB": "DynamoDb",
    "IAM": "Iam",
    "StepFunctions": "Sfn",
    "Events": "EventBridge",
    "Logs": "CloudWatchLogs",
    "KMS": "Kms",
    "SSM": "Ssm",
}


def reason_of(error: Exception, resource_type: str) -> str:
    """An error of a resource's handler as its status reason."""
    if not isinstance(error, ClientError):
        told = str(getattr(error, "message", "") or error)
        if isinstance(error, (ResourceFailed, ServiceException, HTTPException, BotoCoreError)):
            return told
        log.warning("%s: %s: %s", resource_type, type(error).__name__, error)
        log.debug("%s", resource_type, exc_info=error)
        return f"{resource_type} failed inside Paddock: {type(error).__name__}: {told}"
    said = error.response["Error"]
    code, message = str(said.get("Code", "")), str(said.get("Message", ""))
    meta = error.response["ResponseMetadata"]
    service = resource_type.split("::")[1] if "::" in resource_type else resource_type
    handler_code = next((ours for part, ours in _CODES if part in code), "InvalidRequest")
    request_id = meta.get("RequestId") or mock_random.uuid4()
    return (
        f'Resource handler returned message: "{message} (Service: '
        f"{_SERVICES.get(service, service)}, Status Code: {meta.get('HTTPStatusCode', 400)}, "
        f'Request ID: {request_id})" (RequestToken: {mock_random.uuid4()}, '
        f"HandlerErrorCode: {handler_code})"
    )
