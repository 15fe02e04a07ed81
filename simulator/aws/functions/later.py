"""Asynchronous invocations: retries, dead-letter queues, and records to destinations.

Source: Lambda Developer Guide, "Capturing records of Lambda asynchronous invocations" and "Adding
a dead-letter queue".
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from moto.moto_api._internal import mock_random

from simulator.kernel.fiber import on_behalf
from simulator.model.function import Result
from simulator.model.retrying import MOST_AGE_S, MOST_RETRIES, Ending, Patience, deliver

if TYPE_CHECKING:
    from simulator.aws.functions.models import VirtualFunction
    from simulator.aws.functions.running import Functions
    from simulator.world import World

_LONGEST_ERROR = 1024


class Later:
    """Lambda's own queue of events, one fiber an event."""

    def __init__(self, world: World, functions: Functions) -> None:
        self._world = world
        self._functions = functions

    def send(self, function: VirtualFunction, payload: bytes, arn: str = "") -> str:
        """Take an event in; its request id."""
        request_id = self._functions.new_request_id()
        self._world.spawn(
            self._live,
            function,
            payload or b"{}",
            arn or function.function_arn,
            request_id,
            name=f"event for {function.function_name}",
            daemon=True,
        )
        return request_id

    def _live(self, function: VirtualFunction, payload: bytes, arn: str, request_id: str) -> None:
        qualifier = qualifier_of(arn)

        def attempt() -> Result:
            return self._functions.invoke(function, payload, arn=arn, request_id=request_id)

        def patience() -> Patience:
            config = settings(function, qualifier)
            return Patience(
                int(config.get("MaximumRetryAttempts", MOST_RETRIES)),
                float(config.get("MaximumEventAgeInSeconds") or MOST_AGE_S),
            )

        if self._functions.stopped(function):
            ending = Ending("RecursiveInvocation", 0, None)
        else:
            ending = deliver(self._world, function.function_name, attempt, patience)
        with on_behalf(actor="lambda", account=function.account_id):
            self._tell(function, qualifier, payload, request_id, ending)

    def _tell(
        self,
        function: VirtualFunction,
        qualifier: str,
        payload: bytes,
        request_id: str,
        ending: Ending,
    ) -> None:
        succeeded = ending.condition == "Success"
        config = settings(function, qualifier).get("DestinationConfig") or {}
        side = config.get("OnSuccess" if succeeded else "OnFailure") or {}
        if not succeeded:
            self._world.record(
                "lambda.dropped",
                function=function.function_name,
                request_id=request_id,
                condition=ending.condition,
            )
            if target := function.dead_letter_config.get("TargetArn"):
                self._bury(function, str(target), payload, request_id, ending)
        if side.get("Destination"):
            told = record(function, qualifier, payload, request_id, ending, self._now())
            self.post(function, str(side["Destination"]), told, succeeded=succeeded)

    def post(
        self, function: Any, target: str, told: dict[str, Any], *, succeeded: bool = False
    ) -> None:
        """Send a record to a destination; a failure to do so is a fact, and no more."""
        kind, text = target.split(":")[2], json.dumps(told)
        region, account = target.split(":")[3], target.split(":")[4]
        try:
            client = self._client(kind, function, account, region)
            if kind == "sqs":
                client.send_message(QueueUrl=queue_url(target), MessageBody=text)
            elif kind == "sns":
                client.publish(TopicArn=target, Message=text)
            elif kind == "lambda":
                client.invoke(FunctionName=target, InvocationType="Event", Payload=text.encode())
            elif kind == "events":
                source = str(told["requestContext"]["functionArn"])
                outcome = "Success" if succeeded else "Failure"
                entry = {
                    "Source": "lambda",
                    "DetailType": f"Lambda Function Invocation Result - {outcome}",
                    "Detail": text,
                    "Resources": [target, source],
                    "EventBusName": target,
                }
                client.put_events(Entries=[entry])
            elif kind == "s3":
                key = f"aws/lambda/async/{function.function_name}/{self._file_name()}"
                bucket = target.rpartition(":")[2]
                client.put_object(Bucket=bucket, Key=key, Body=text.encode())
            else:
                raise ValueError(f"{target} is no destination that Lambda knows")
        except Exception as error:  # whatever the other service says to it
            self._undelivered(function.function_name, target, error)

    def _bury(
        self,
        function: VirtualFunction,
        target: str,
        payload: bytes,
        request_id: str,
        ending: Ending,
    ) -> None:
        kind, region, account = target.split(":")[2:5]
        values = {
            "RequestID": ("String", request_id),
            "ErrorCode": ("Number", "200" if ending.result is not None else "429"),
            "ErrorMessage": ("String", error_message(ending)[:_LONGEST_ERROR]),
        }
        attributes = {
            name: {"DataType": data_type, "StringValue": value}
            for name, (data_type, value) in values.items()
        }
        text = payload.decode("utf-8", "replace")
        try:
            client = self._client(kind, function, account, region)
            if kind == "sqs":
                client.send_message(
                    QueueUrl=queue_url(target), MessageBody=text, MessageAttributes=attributes
                )
            else:
                client.publish(TopicArn=target, Message=text, MessageAttributes=attributes)
        except Exception as error:  # whatever the other service says to it
            self._undelivered(function.function_name, target, error)

    def _client(self, service: str, function: Any, account: str, region: str) -> Any:
        session = self._world.cloud.session(
            account or function.account_id, region or function.region
        )
        return session.client(service)

    def _undelivered(self, name: str, target: str, error: Exception) -> None:
        self._world.record("lambda.undelivered", function=name, target=target, error=str(error))

    def _now(self) -> datetime:
        return self._world.clock.instant

    def _file_name(self) -> str:
        return f"{self._now():%Y/%m/%d/%Y-%m-%dT%H.%M.%S}-{mock_random.uuid4()}"


def record(
    function: VirtualFunction,
    qualifier: str,
    payload: bytes,
    request_id: str,
    ending: Ending,
    now: datetime,
) -> dict[str, Any]:
    """What a destination is told of an event."""
    base = _unqualified(function.function_arn)
    told: dict[str, Any] = {
        "version": "1.0",
        "timestamp": instant(now),
        "requestContext": {
            "requestId": request_id,
            "functionArn": f"{base}:{qualifier}",
            "condition": ending.condition,
            "approximateInvokeCount": ending.invoked,
        },
        "requestPayload": _read(payload),
    }
    result = ending.result
    if result is not None:
        response: dict[str, Any] = {"statusCode": 200, "executedVersion": str(function.version)}
        if result.failed:
            response["functionError"] = "Unhandled"
        told |= {"responseContext": response, "responsePayload": _read(result.payload)}
    return told


def settings(function: VirtualFunction, qualifier: str) -> dict[str, Any]:
    """The asynchronous settings of a function by the qualifier it was invoked with."""
    return function.invoke_configs.get(qualifier, {})


def qualifier_of(arn: str) -> str:
    """The version or alias that an ARN names; $LATEST where it names none."""
    parts = arn.split(":")
    return parts[7] if len(parts) > 7 else "$LATEST"


def queue_url(arn: str) -> str:
    """The URL of the queue with this ARN."""
    from simulator.aws.events.targets import queue_url as url_of

    return url_of(arn)


def error_message(ending: Ending) -> str:
    """What a failed event's function said last."""
    if ending.condition == "RecursiveInvocation":
        return "Recursive loop detected."
    if ending.result is None:
        return "Rate Exceeded."
    told = _read(ending.result.payload)
    return str(told.get("errorMessage", "")) if isinstance(told, dict) else ""


def instant(now: datetime) -> str:
    """An instant as Lambda writes it."""
    return f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z"


def _unqualified(arn: str) -> str:
    return ":".join(arn.split(":")[:7])


def _read(data: bytes) -> Any:
    try:
        return json.loads(data) if data else None
    except ValueError:
        return data.decode("utf-8", "replace")
