"""Calls of other services: parameters and answers as the SDK names them, errors as AWS does.

Sources: AWS Step Functions Developer Guide, "Learning to use AWS service SDK integrations in Step
Functions", "Handling errors in Step Functions workflows".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from botocore.exceptions import ClientError, UnknownServiceError
from botocore.model import ListShape, MapShape, OperationModel, StructureShape
from botocore.session import get_session
from moto.stepfunctions.models import stepfunctions_backends
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_aws_sdk as sdk,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import (  # noqa: E501
    StateTaskService,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_sfn import (  # noqa: E501
    StateTaskServiceSfn,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_sqs import (  # noqa: E501
    StateTaskServiceSqs,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_unsupported import (  # noqa: E501
    StateTaskServiceUnsupported,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.state_task import StateTask
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str

from simulator.aws.seams import replace
from simulator.aws.states import failures, https
from simulator.aws.states.interpreter import instant

plain_parameters: Any = StateTask._eval_parameters
plain_sqs_task: Any = StateTaskServiceSqs._eval_service_task
plain_sqs_error: Any = StateTaskServiceSqs._from_error
plain_sync: Any = StateTaskServiceSfn._build_sync_resolver
plain_sync2: Any = StateTaskServiceSfn._build_sync2_resolver

_GENERIC = (sdk.StateTaskServiceAwsSdk, StateTaskServiceUnsupported)
# How AWS spells the services in the errors of SDK integrations: as its Java SDK does.
_ERROR_NAMES = {
    "apigateway": "ApiGateway",
    "athena": "Athena",
    "batch": "Batch",
    "cloudformation": "CloudFormation",
    "cloudwatch": "CloudWatch",
    "cloudwatchlogs": "CloudWatchLogs",
    "dynamodb": "DynamoDb",
    "ec2": "Ec2",
    "ecs": "Ecs",
    "eventbridge": "EventBridge",
    "firehose": "Firehose",
    "glue": "Glue",
    "iam": "Iam",
    "kinesis": "Kinesis",
    "kms": "Kms",
    "lambda": "Lambda",
    "organizations": "Organizations",
    "s3": "S3",
    "scheduler": "Scheduler",
    "secretsmanager": "SecretsManager",
    "sesv2": "SesV2",
    "sfn": "Sfn",
    "sns": "Sns",
    "sqs": "Sqs",
    "ssm": "Ssm",
    "sts": "Sts",
}
_BOTO_NAMES = {
    "sfn": "stepfunctions",
    "states": "stepfunctions",
    "cloudwatchlogs": "logs",
    "eventbridge": "events",
}


def install() -> None:
    """Let tasks speak to services as AWS's do."""
    sdk._SERVICE_ERROR_NAMES.update(_ERROR_NAMES)
    replace(StateTaskService, "_SERVICE_NAME_SFN_TO_BOTO_OVERRIDES", _BOTO_NAMES)
    replace(StateTaskService, "_normalise_parameters", _parameters)
    replace(StateTaskService, "_normalise_response", _response)
    replace(StateTask, "_eval_parameters", _eval_parameters)
    replace(StateTaskServiceSqs, "_from_error", _sqs_error)
    replace(StateTaskServiceSqs, "_eval_service_task", _send_to_queue)
    replace(StateTaskServiceSfn, "_build_sync_resolver", _when_over(plain_sync))
    replace(StateTaskServiceSfn, "_build_sync2_resolver", _when_over(plain_sync2))


def _eval_parameters(state: Any, env: Any) -> Any:
    """A task's parameters; a resource of no service that is served ends the task here."""
    resource = vars(state).get("taken_out", {}).get("Resource")
    if https.is_http(state):
        return plain_parameters(state, env)
    if resource is None and isinstance(state, _GENERIC) and _called(state, None, None) is None:
        resource = state.resource.resource_arn
    if resource is None:
        given = plain_parameters(state, env)
        return _known(state, given) if isinstance(state, sdk.StateTaskServiceAwsSdk) else given
    cause = f"The resource {resource!r} is of no service that is served here."
    raise failures.failed(env, "executionFailed", "States.Runtime", cause)


def _known(state: Any, given: Any) -> Any:
    """What a call has parameters for; AWS's SDK integrations leave the rest out, as recorded."""
    called = _called(state, None, None)
    if called is None or called.input_shape is None or not isinstance(given, dict):
        return given
    names = {name.lower() for name in called.input_shape.members}
    return {name: value for name, value in given.items() if name.lower() in names}


def _sqs_error(state: Any, env: Any, ex: Exception) -> FailureEvent:
    """Name SQS's refusals as AWS does.

    Source: AWS Step Functions Developer Guide, "Calling Amazon SQS with Step Functions"; recorded.
    """
    if not isinstance(ex, ClientError):
        event: FailureEvent = plain_sqs_error(state, env=env, ex=ex)
        return event
    code, message = ex.response["Error"]["Code"], ex.response["Error"]["Message"]
    error = "SQS.AmazonSQSException"
    if code in ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"):
        error = "SQS.QueueDoesNotExistException"
    meta = ex.response["ResponseMetadata"]
    cause = (
        f"{message} (Service: AmazonSQS; Status Code: {meta['HTTPStatusCode']}; "
        f"Error Code: {code}; Request ID: {meta['RequestId']}; Proxy: null)"
    )
    return failures.task_failed(state, env, error, cause).failure_event


def _send_to_queue(state: Any, env: Any, *given: Any, **named: Any) -> None:
    """Call SQS; a queue's address that is none fails in the client, before any call."""
    url = str((named.get("normalised_parameters") or {}).get("QueueUrl", ""))
    if "://" not in url:
        cause = f"Unable to execute HTTP request: {url}: Name or service not known"
        raise failures.task_failed(state, env, "SQS.SdkClientException", cause)
    plain_sqs_task(state, env, *given, **named)


def _when_over(plain: Any) -> Any:
    """Look at a nested execution when it is over; the interpreter asks twice a second."""

    def build(state: Any, env: Any, **options: Any) -> Callable[[], Any]:
        submitted = env.stack[-1]
        look = plain(state, env=env, **options)
        arn = str(submitted.get("ExecutionArn") or submitted.get("executionArn") or "")

        def resolve() -> Any:
            run = _execution(arn)
            if run is not None:
                run.over.wait()
            return look()

        return resolve

    return build


def _execution(arn: str) -> Any:
    parts = arn.split(":")
    if len(parts) < 5:
        return None
    backend: Any = stepfunctions_backends[parts[4]][parts[3]]
    return backend.running.get(arn)


@lru_cache(maxsize=256)
def _operation(service: str, action: str) -> OperationModel | None:
    """botocore's model of a call, `action` in snake case."""
    try:
        model = get_session().get_service_model(service)
    except UnknownServiceError:
        return None
    wanted = action.replace("_", "").lower()
    for name in model.operation_names:
        if name.lower() == wanted:
            return model.operation_model(name)
    return None


def output_shape(service: str, action: str) -> Any:
    """botocore's model of what a call answers, by the names a Resource has; None if unknown."""
    called = _operation(_BOTO_NAMES.get(service, service), action)
    return called.output_shape if called else None


def _called(state: Any, service: str | None, action: str | None) -> OperationModel | None:
    return _operation(state._get_boto_service_name(service), state._get_boto_service_action(action))


def _parameters(
    state: Any,
    parameters: Any,
    boto_service_name: str | None = None,
    service_action_name: str | None = None,
) -> None:
    """Bring parameters into botocore's form: its names, texts and bytes where it wants them."""
    called = _called(state, boto_service_name, service_action_name)
    if called and called.input_shape and isinstance(parameters, dict):
        _fit(parameters, called.input_shape)


def _fit(given: dict[str, Any], shape: Any) -> None:
    members = {name.lower(): name for name in shape.members}
    for key in list(given):
        name = members.get(key.lower())
        if name is not None:
            given[name] = _fitted(given.pop(key), shape.members[name])


def _fitted(value: Any, shape: Any) -> Any:
    if isinstance(shape, StructureShape):
        if isinstance(value, dict):
            _fit(value, shape)
        return value
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [_fitted(item, shape.member) for item in value]
    if isinstance(shape, MapShape) and isinstance(value, dict):
        return {key: _fitted(item, shape.value) for key, item in value.items()}
    if shape.type_name == "string" and not isinstance(value, str | None):
        return to_json_str(value)
    if shape.type_name == "blob" and not isinstance(value, bytes):
        return to_json_str(value, separators=(",", ":")).encode()
    return value


def _response(
    state: Any,
    response: Any,
    boto_service_name: str | None = None,
    service_action_name: str | None = None,
) -> None:
    """Bring an answer into Step Functions' form: names begin with a capital, JSON throughout."""
    if isinstance(response, dict):
        called = _called(state, boto_service_name, service_action_name)
        _tell(response, called.output_shape if called else None)


def _tell(answer: dict[str, Any], shape: Any) -> None:
    members: Mapping[str, Any] = shape.members if isinstance(shape, StructureShape) else {}
    for key in list(answer):
        member = members.get(key)
        told = _told(answer.pop(key), member)
        answer[key[:1].upper() + key[1:] if member is not None else key] = told


def _told(value: Any, shape: Any) -> Any:
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, dict):
        _tell(value, shape)
    elif isinstance(value, list):
        inner = shape.member if isinstance(shape, ListShape) else None
        return [_told(item, inner) for item in value]
    elif hasattr(value, "read"):
        return value.read().decode(errors="replace")
    return value
