"""What a schedule asks of its target: the request of an API, for templated and universal targets.

Source: EventBridge Scheduler User Guide, "Using templated targets", "Using universal targets".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore import xform_name

from simulator.aws.events.targets import queue_url
from simulator.model.bus import TargetError

_UNIVERSAL = re.compile(r"arn:[\w-]+:scheduler:::aws-sdk:([\w-]+):(\w+)")
# Names that the SDK behind universal targets and botocore do not share.
_BOTOCORE_NAMES = {
    "sfn": "stepfunctions",
    "cloudwatchlogs": "logs",
    "eventbridge": "events",
    "elasticloadbalancingv2": "elbv2",
}
READ_ONLY = ("get", "describe", "list", "poll", "receive", "search", "scan", "query", "select")
"""How the names of operations begin that are no universal targets."""


@dataclass(frozen=True)
class Request:
    """A call to be made: botocore's service and method names, and what to say."""

    service: str
    method: str
    account: str
    region: str
    parameters: Mapping[str, Any]

    def shown(self) -> str:
        """The parameters as JSON, for a dead-letter queue."""
        return json.dumps(self.parameters, default=_as_text)


def universal(arn: str) -> tuple[str, str] | None:
    """The service and the operation that a universal target's ARN names."""
    match = _UNIVERSAL.fullmatch(arn)
    return (match[1], match[2]) if match else None


def request_for(target: Mapping[str, Any], body: str, account: str, region: str) -> Request:
    """The call that a schedule in `account` and `region` makes. Raises TargetError."""
    arn = str(target["Arn"])
    named = universal(arn)
    if named is not None:
        service, operation = named
        return Request(
            _BOTOCORE_NAMES.get(service, service),
            xform_name(operation[:1].upper() + operation[1:]),
            account,
            region,
            _parameters(body),
        )
    parts = arn.split(":")
    template = _TEMPLATES.get(parts[2] if len(parts) > 5 else "")
    if template is None:
        raise TargetError("INVALID_PARAMETER", f"Paddock calls no {arn}", retriable=False)
    method, parameters = template(arn, target, body)
    service = "stepfunctions" if parts[2] == "states" else parts[2]
    return Request(service, method, parts[4], parts[3], parameters)


Template = Callable[[str, Mapping[str, Any], str], tuple[str, dict[str, Any]]]


def _lambda(arn: str, _: Mapping[str, Any], body: str) -> tuple[str, dict[str, Any]]:
    return "invoke", {"FunctionName": arn, "InvocationType": "Event", "Payload": body.encode()}


def _sqs(arn: str, target: Mapping[str, Any], body: str) -> tuple[str, dict[str, Any]]:
    group = (target.get("SqsParameters") or {}).get("MessageGroupId")
    grouped = {"MessageGroupId": group} if group else {}
    return "send_message", {"MessageBody": body, "QueueUrl": queue_url(arn), **grouped}


def _sns(arn: str, _: Mapping[str, Any], body: str) -> tuple[str, dict[str, Any]]:
    return "publish", {"TopicArn": arn, "Message": body}


def _states(arn: str, _: Mapping[str, Any], body: str) -> tuple[str, dict[str, Any]]:
    return "start_execution", {"stateMachineArn": arn, "input": body}


def _events(arn: str, target: Mapping[str, Any], body: str) -> tuple[str, dict[str, Any]]:
    said = target.get("EventBridgeParameters") or {}
    entry = {
        "EventBusName": arn,
        "Source": said.get("Source", ""),
        "DetailType": said.get("DetailType", ""),
        "Detail": body,
    }
    return "put_events", {"Entries": [entry]}


def _kinesis(arn: str, target: Mapping[str, Any], body: str) -> tuple[str, dict[str, Any]]:
    key = (target.get("KinesisParameters") or {}).get("PartitionKey", "")
    stream = arn.rpartition("/")[2]
    return "put_record", {"StreamName": stream, "Data": body.encode(), "PartitionKey": key}


def _firehose(arn: str, _: Mapping[str, Any], body: str) -> tuple[str, dict[str, Any]]:
    stream = arn.rpartition("/")[2]
    return "put_record", {"DeliveryStreamName": stream, "Record": {"Data": body.encode()}}


_TEMPLATES: dict[str, Template] = {
    "lambda": _lambda,
    "sqs": _sqs,
    "sns": _sns,
    "states": _states,
    "events": _events,
    "kinesis": _kinesis,
    "firehose": _firehose,
}


def _parameters(body: str) -> dict[str, Any]:
    try:
        parameters = json.loads(body)
    except ValueError:
        parameters = None
    if not isinstance(parameters, dict):
        raise TargetError("INVALID_JSON", "The Input is no JSON object.", retriable=False)
    return parameters


def _as_text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
