"""How a pipe flows: batches are filtered, enriched, put into shape and given to the target.

What reads the source is what reads for Lambda's event source mappings, with the same batches,
windows, filters, retries and partial failures. Source: Amazon EventBridge User Guide, "Amazon
EventBridge Pipes", "Pipes concepts", "Input transformation", "Batching and concurrency".
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from moto.awslambda.exceptions import UnknownFunctionException
from moto.core.exceptions import JsonRESTError

from simulator.aws.functions.exceptions import TooManyRequests
from simulator.aws.functions.mappings import Mapping, Mappings, origin_of, source_of
from simulator.aws.pipes.models import settings
from simulator.aws.pipes.reaching import Reach
from simulator.kernel.fiber import on_behalf
from simulator.model.bus import TargetError
from simulator.model.function import Result
from simulator.model.transform import compact, placeholders, transform

if TYPE_CHECKING:
    from moto.pipes.models import Pipe

    from simulator.aws.cloud import Cloud
    from simulator.world import World

_TAKEN_WHOLE = ("lambda", "states")
"""Services that get a batch as one list; others get event by event."""


class Carrier:
    """Stands where Lambda's door stands for a mapping."""

    def __init__(self, world: World, pipe: Pipe, reach: Reach) -> None:
        self.pipe, self._world, self._reach = pipe, world, reach

    @property
    def functions(self) -> Any:
        """Where ids of requests are drawn."""
        return self._reach.functions

    @property
    def later(self) -> Any:
        """What posts to a destination for failures."""
        return self._reach.later

    def service(self, arn: str, event: bytes, trigger: str) -> tuple[Any, Result]:
        """Carry a batch through the pipe, as Lambda's door carries one into a function."""
        del arn, trigger
        records = [_flat(each) for each in json.loads(event)["Records"]]
        with on_behalf(actor=f"pipes:{self.pipe.name}", account=self.pipe.account_id):
            try:
                answer = self._carry(records)
            except TargetError as error:
                if error.code == "THROTTLING":
                    raise TooManyRequests(error.message) from error
                self._tell("pipes.failed", len(records), error=error.code, message=error.message)
                return None, Result(error.message.encode(), failed=True, log_lines=())
        self._tell("pipes.carried", len(records))
        return None, Result(answer, failed=False, log_lines=())

    def _tell(self, what: str, events: int, **more: Any) -> None:
        pipe = self.pipe
        self._world.record(what, pipe=pipe.name, target=pipe.target, events=events, **more)

    def _carry(self, records: list[Any]) -> bytes:
        pipe = self.pipe
        events = records
        if pipe.enrichment:
            given = pipe.enrichment_parameters or {}
            bodies = [self._shaped(each, given.get("InputTemplate")) for each in events]
            told = json.loads(self._reach.enrich(pipe.enrichment, f"[{','.join(bodies)}]") or "[]")
            events = told if isinstance(told, list) else [told]
            if not events:
                return b""
        given = pipe.target_parameters or {}
        bodies = [self._shaped(each, given.get("InputTemplate")) for each in events]
        if pipe.target.split(":")[2] in _TAKEN_WHOLE:
            return self._reach.whole(pipe.target, f"[{','.join(bodies)}]", given)
        for event, body in zip(events, bodies, strict=True):
            self._reach.one(pipe, body, event, given)
        return b""

    def _shaped(self, event: Any, template: str | None) -> str:
        """One event as the next step gets it."""
        if not template or not isinstance(event, dict):
            return compact(event)
        parsed = {**event, **_parsed(event)}
        paths = {name: name for name in placeholders(template) if name.startswith("$")}
        reserved = {
            "aws.pipes.pipe-arn": self.pipe.arn,
            "aws.pipes.pipe-name": self.pipe.name,
            "aws.pipes.source-arn": self.pipe.source,
            "aws.pipes.enrichment-arn": self.pipe.enrichment or "",
            "aws.pipes.target-arn": self.pipe.target,
            "aws.pipes.event": event,
            "aws.pipes.event.json": event,
        }
        return transform(template, paths, parsed, reserved)


class Flow(Mapping):
    """A pipe as what reads its source sees it: a mapping of a function that is a pipe."""

    def __init__(self, world: World, pipe: Pipe, reach: Reach) -> None:
        self.pipe = pipe
        super().__init__({**self._spec(), "FunctionArn": pipe.arn, "FunctionName": pipe.name})
        self.door: Any = Carrier(world, pipe, reach)

    def _spec(self) -> dict[str, Any]:
        pipe, given = self.pipe, settings(self.pipe)
        dead = given.get("DeadLetterConfig")
        return {
            **given,
            "RegionName": pipe.region_name,
            "AccountId": pipe.account_id,
            "EventSourceArn": pipe.source,
            "Enabled": pipe.desired_state == "RUNNING",
            "FilterCriteria": (pipe.source_parameters or {}).get("FilterCriteria"),
            "BisectBatchOnFunctionError": given.get("OnPartialBatchItemFailure")
            == "AUTOMATIC_BISECT",
            "DestinationConfig": {"OnFailure": {"Destination": dead["Arn"]}} if dead else None,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
        }

    def refresh(self) -> None:
        """Take over what has changed about the pipe."""
        spec = self._spec()
        self.batch_size = spec.get("BatchSize")
        self.enabled = spec["Enabled"]
        self.filter_criteria = spec["FilterCriteria"]
        self.max_batch_window = spec.get("MaximumBatchingWindowInSeconds")
        self.source.change()

    def target(self) -> Any:
        """There is no function."""
        raise UnknownFunctionException(self.function_arn)

    def role(self) -> str:
        """The pipe's role."""
        return str(self.pipe.role_arn)


class Flows:
    """All pipes of a world."""

    def __init__(self, world: World, cloud: Cloud) -> None:
        self._world = world
        self._reach = Reach(world, cloud)
        self._flows: dict[str, Flow] = {}
        Mappings.listeners.clear()
        Mappings.listeners.append(self._wake)

    def begin(self, pipe: Pipe) -> None:
        """Read for a pipe. One whose source is not there says so, and carries nothing."""
        try:
            origin = origin_of(pipe.source)
        except JsonRESTError as error:
            told: Any = f"the source {pipe.source} is not there: {error.message}"
            pipe.state_reason = told
            self._world.record("pipes.without_source", pipe=pipe.name, source=pipe.source)
            return
        pipe.state_reason = None
        flow = Flow(self._world, pipe, self._reach)  # type: ignore[abstract]
        flow.source = source_of(self._world, flow, origin)
        self._flows[pipe.arn] = flow
        flow.source.start()

    def change(self, pipe: Pipe) -> None:
        """Put a pipe's changed settings in force."""
        if pipe.arn in self._flows:
            self._flows[pipe.arn].refresh()
        else:
            self.begin(pipe)

    def end(self, pipe: Pipe) -> None:
        """Read no more for a pipe."""
        flow = self._flows.pop(pipe.arn, None)
        if flow is not None:
            flow.source.stop()

    def _wake(self, source_arn: str) -> None:
        for flow in list(self._flows.values()):
            if flow.event_source_arn == source_arn:
                flow.source.wake()


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    """A record as pipes have it: what Kinesis says stands beside the rest."""
    if "kinesis" not in record:
        return record
    rest = {name: value for name, value in record.items() if name != "kinesis"}
    return {**record["kinesis"], **rest}


def _parsed(event: dict[str, Any]) -> dict[str, Any]:
    """The payloads of an event that are JSON, read ("Implicit body data parsing")."""
    found = {}
    for name in ("body", "data"):
        text = event.get(name)
        if not isinstance(text, str):
            continue
        try:
            plain = base64.b64decode(text, validate=True).decode() if name == "data" else text
            found[name] = json.loads(plain)
        except ValueError:
            continue
    return found
