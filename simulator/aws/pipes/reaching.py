"""What a pipe reaches: its enrichment, and its target, each by a call of that service's API."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from simulator.aws.events.targets import Parcel, Targets
from simulator.aws.functions.models import VirtualFunction
from simulator.model.bus import TargetError
from simulator.model.transform import select

if TYPE_CHECKING:
    from moto.pipes.models import Pipe

    from simulator.aws.cloud import Cloud
    from simulator.world import World


class Reach:
    """Calls on behalf of pipes. Raises TargetError."""

    def __init__(self, world: World, cloud: Cloud) -> None:
        self._targets = Targets(world, cloud)
        self._cloud = cloud

    @property
    def functions(self) -> Any:
        """Where ids of requests are drawn."""
        return self._cloud.functions

    @property
    def later(self) -> Any:
        """What posts to a destination for failures."""
        return VirtualFunction.door.later

    def enrich(self, arn: str, batch: str) -> str:
        """What a function or an Express workflow makes of a batch."""
        if arn.split(":")[2] == "states":
            return self._workflow(arn, batch)
        return self._function(arn, batch)

    def whole(self, arn: str, batch: str, given: dict[str, Any]) -> bytes:
        """Give a batch to a function or a workflow; what the function answers, if it is asked."""
        if arn.split(":")[2] == "lambda":
            kind = (given.get("LambdaFunctionParameters") or {}).get("InvocationType")
            if kind != "FIRE_AND_FORGET":
                return self._function(arn, batch).encode()
            self._invoke(arn, batch, "Event")
            return b""
        kind = (given.get("StepFunctionStateMachineParameters") or {}).get("InvocationType")
        if kind == "REQUEST_RESPONSE":
            return self._workflow(arn, batch).encode()
        states = self._client("stepfunctions", arn)
        self._targets.call(lambda: states.start_execution(stateMachineArn=arn, input=batch))
        return b""

    def one(self, pipe: Pipe, body: str, event: Any, given: dict[str, Any]) -> None:
        """Give one event to a queue, topic, stream, log group or bus."""
        service = pipe.target.split(":")[2]
        if service == "events":
            return self._bus(pipe, body, given.get("EventBridgeEventBusParameters") or {})
        if service == "kinesis":
            return self._stream(pipe.target, body, event, given)
        target: dict[str, Any] = {"Arn": pipe.target}
        queue = given.get("SqsQueueParameters")
        if queue:
            group = _value(queue.get("MessageGroupId"), event)
            dedup = _value(queue.get("MessageDeduplicationId"), event)
            options: dict[str, Any] = {"MessageGroupId": group, "MessageDeduplicationId": dedup}
            options = {name: value for name, value in options.items() if value}
            self._targets.call(lambda: self._targets.send_message(pipe.target, body, **options))
            return None
        return self._targets.take(Parcel(target, body, event if isinstance(event, dict) else {}))

    def _bus(self, pipe: Pipe, body: str, given: dict[str, Any]) -> None:
        kind = pipe.source.split(":")[2]
        entry = {
            "EventBusName": pipe.target,
            "Source": given.get("Source", f"Pipe {pipe.name}"),
            "DetailType": given.get("DetailType", f"Event from aws:{kind}"),
            "Detail": body,
            "Resources": given.get("Resources", []),
        }
        events = self._client("events", pipe.target)
        told = self._targets.call(lambda: events.put_events(Entries=[entry]))
        if told["FailedEntryCount"]:
            failed = told["Entries"][0]
            raise TargetError(
                failed["ErrorCode"], failed.get("ErrorMessage") or "", retriable=False
            )

    def _stream(self, arn: str, body: str, event: Any, given: dict[str, Any]) -> None:
        key = _value((given.get("KinesisStreamParameters") or {}).get("PartitionKey"), event)
        kinesis = self._client("kinesis", arn)
        self._targets.call(
            lambda: kinesis.put_record(StreamARN=arn, Data=body.encode(), PartitionKey=key or "-")
        )

    def _function(self, arn: str, batch: str) -> str:
        answer = self._invoke(arn, batch, "RequestResponse")
        text = str(answer["Payload"].read().decode())
        if "FunctionError" in answer:
            raise TargetError("ERROR_FROM_TARGET", text, retriable=True)
        return text

    def _invoke(self, arn: str, batch: str, kind: str) -> Any:
        functions = self._client("lambda", arn)
        return self._targets.call(
            lambda: functions.invoke(FunctionName=arn, InvocationType=kind, Payload=batch.encode())
        )

    def _workflow(self, arn: str, batch: str) -> str:
        states = self._client("stepfunctions", arn)
        told = self._targets.call(
            lambda: states.start_sync_execution(stateMachineArn=arn, input=batch)
        )
        if told["status"] != "SUCCEEDED":
            failed = {"error": told.get("error"), "cause": told.get("cause")}
            raise TargetError("ERROR_FROM_TARGET", json.dumps(failed), retriable=True)
        return str(told["output"])

    def _client(self, service: str, arn: str) -> Any:
        _, _, _, region, account, *_ = arn.split(":")
        return self._targets.client(service, account, region)


def _value(given: Any, event: Any) -> str:
    """A parameter that may be a path into the event."""
    if isinstance(given, str) and given.startswith("$"):
        found = select(event, given)
        return "" if found is None else str(found)
    return str(given) if given else ""
