"""The children of a Distributed Map: executions of their own, their counts, their results in S3.

Sources: AWS Step Functions Developer Guide, "Using Map state in Distributed mode", "ResultWriter
(Map)"; API Reference, "DescribeMapRun", "ListExecutions".
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from moto.moto_api._internal import mock_random
from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.state.exec.state_map.result_writer.resource_eval import (  # noqa: E501
    resource_eval_s3,
)
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventHistoryContext, EventManager
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str

from simulator.aws.states import parts
from simulator.aws.states.billing import billed_ms
from simulator.aws.states.interpreter import instant
from simulator.aws.states.program import end_of
from simulator.kernel import current_fiber
from simulator.kernel.fiber import on_behalf

if TYPE_CHECKING:
    from simulator.aws.states.parts import Part, Path
    from simulator.world import World

_STATUSES = {
    "ProgramError": "FAILED",
    "ProgramTimedOut": "TIMED_OUT",
    "ProgramStopped": "ABORTED",
}
_COUNTS = {"FAILED": "failed", "TIMED_OUT": "timed_out", "ABORTED": "aborted"}


class Child:
    """One child of a map run, as calls about executions see it."""

    brief = False

    def __init__(
        self, world: World, record: Any, parent: Any, *, items: int, again: Child | None = None
    ) -> None:
        self.record = record
        self.state_machine = parent.state_machine
        self.express: bool = record.express
        self.name: str = again.name if again else str(mock_random.uuid4())
        self.redrive_count: int = again.redrive_count + 1 if again else 0
        self.progress: dict[Path, Part] = {}
        self.resume: dict[Path, Part] = again.progress if again else {}
        kind = "express" if self.express else "execution"
        place = record.map_state_machine_arn.replace(":stateMachine:", f":{kind}:")
        self.exec_arn = f"{place}:{self.name}"
        self.state_machine_arn: str = record.map_state_machine_arn
        self.items = items
        self.status = "RUNNING"
        self.over = threading.Event()
        self.output: Any = None
        self.error: str | None = None
        self.cause: str | None = None
        self.execution_input = ""
        self.exec_worker: Any = None
        self._clock = world.clock
        self.start_date = world.clock.instant
        self.stop_date: datetime | None = None

    @property
    def now(self) -> datetime:
        """The present instant in the child's world."""
        return self._clock.instant

    @property
    def billed_ms(self) -> int:
        """For how long an Express child is billed."""
        return billed_ms(self.start_date, self.stop_date or self.now)

    def end(self, state: Any, output: Any) -> None:
        """Note how the child's program has ended."""
        self.status = _STATUSES.get(type(state).__name__, "SUCCEEDED")
        self.stop_date = self.now
        if self.status == "SUCCEEDED":
            self.output = output
        elif self.status == "FAILED":
            self.error = (state.error or {}).get("error")
            self.cause = (state.error or {}).get("cause")
        self.over.set()

    def stop(self, error: str | None, cause: str | None) -> None:
        """Abort the child, if it runs."""
        if self.status == "RUNNING":
            env: Any = self.exec_worker.env
            env.set_stop(stop_date=self.now, error=error, cause=cause)

    def listed(self) -> dict[str, Any]:
        """The child as an entry of ListExecutions."""
        return {
            "executionArn": self.exec_arn,
            "stateMachineArn": self.state_machine_arn,
            "name": self.name,
            "status": self.status,
            "startDate": self.start_date,
            **({} if self.stop_date is None else {"stopDate": self.stop_date}),
            "mapRunArn": self.record.map_run_arn,
            "itemCount": self.items,
            "redriveCount": self.redrive_count,
        }

    def described(self) -> dict[str, Any]:
        """The answer of DescribeExecution."""
        told = {key: value for key, value in self.listed().items() if key != "itemCount"}
        told |= {"input": self.execution_input, "inputDetails": {"included": True}}
        if self.status == "SUCCEEDED":
            told["output"] = to_json_str(self.output, separators=(",", ":"))
            told["outputDetails"] = {"included": True}
        told |= {
            name: value
            for name, value in (("error", self.error), ("cause", self.cause))
            if value is not None
        }
        return told | {
            "redriveStatus": "NOT_REDRIVABLE",
            "redriveStatusReason": "Child executions are redriven with their map run",
        }

    def written(self) -> dict[str, Any]:
        """The child as a result file tells it."""
        told: dict[str, Any] = {
            "ExecutionArn": self.exec_arn,
            "Input": self.execution_input,
            "InputDetails": {"Included": True},
            "Name": self.name,
            "StartDate": instant(self.start_date),
            "StateMachineArn": self.state_machine_arn,
            "Status": self.status,
            "StopDate": instant(self.stop_date or self.start_date),
        }
        if self.status == "SUCCEEDED":
            told["Output"] = to_json_str(self.output, separators=(",", ":"))
            told["OutputDetails"] = {"Included": True}
        elif self.status == "FAILED":
            told |= {"Error": self.error, "Cause": self.cause}
        return told


def expect(record: Any, inputs: list[Any], *, batched: bool) -> None:
    """Count the children that a map run is about to have, and their items."""
    record.children = {}
    record.batched = batched
    record.workers = 0
    record.done = False
    record.items = sum(_items(record, each) for each in inputs)
    for counter, total in (
        (record.execution_counter, len(inputs)),
        (record.item_counter, record.items),
    ):
        counter.total.count(total)
        counter.pending.count(total)


def _items(record: Any, given: Any) -> int:
    return len(given["Items"]) if record.batched else 1


def wanted(record: Any, pool: Any) -> int:
    """How many more children may be run at once."""
    waiting: int = len(pool._open_jobs)
    if not record.max_concurrency:
        return waiting
    free: int = record.max_concurrency - record.workers
    return min(max(free, 0), waiting)


def too_many_failed(record: Any) -> bool:
    """Whether more items have failed than a map run tolerates."""
    failed = sum(child.items for child in record.children.values() if child.error is not None)
    count, percentage = record.tolerated_failure_count, record.tolerated_failure_percentage
    over_count = failed > count
    over_percentage = bool(record.items) and failed * 100 / record.items > percentage
    if count and percentage:
        over = over_count or over_percentage
    else:  # a threshold of zero that stands beside another one is none
        over = over_count if count or not percentage else over_percentage
    return bool(failed) and over


def give_up(record: Any, pool: Any) -> None:
    """Start no more children, and abort those that run; all of them are counted as aborted."""
    while (job := pool.next_job()) is not None:
        items = _items(record, job.job_input)
        for counter, number in ((record.execution_counter, 1), (record.item_counter, items)):
            counter.pending.offset(-number)
            counter.aborted.count(number)
        pool.close_job(job)
    abort(record)


def abort(record: Any) -> None:
    """Abort the children that run."""
    for child in list(record.children.values()):
        child.stop(None, None)


def eval_job(world: World, plain: Callable[[Any, Any, Any], None]) -> Callable[..., None]:
    """What runs one child: the interpreter's own way, with an execution around it."""

    def run(worker: Any, env: Any, job: Any) -> None:
        record = worker._map_run_record
        fiber = current_fiber()
        parent = fiber.context.get("run") if fiber else None
        items = _items(record, job.job_input)
        path = parts.path_of(worker._work_name, job.job_index)
        kept = parts.left_over(path)
        if kept is not None and kept.done:
            parts.note(path, kept)
            record.children[job.job_index] = kept.child
            job.job_output = kept.output
            _count_as_done(record, items)
            return
        child = Child(world, record, parent, items=items, again=kept.child if kept else None)
        parts.go_on(env, kept)
        generation = parts.generation()
        record.children[job.job_index] = child
        _count_as_started(record, items)
        env.event_manager = EventManager()
        env.event_history_context = EventHistoryContext.of_program_start()
        child.exec_worker = _Holder(env)
        worker._eval_input = _beginning(worker, child)
        backend = getattr(parent, "backend", None)
        if backend is not None and not child.express:
            backend.running[child.exec_arn] = child
        with on_behalf(branch=False, execution=child.name, run=child, parts=()):
            plain(worker, env, job)
            state = env.program_state()
            child.end(state, job.job_output)
            kind, details = end_of(env)
            env.event_manager.add_event(
                context=env.event_history_context, event_type=kind, event_details=details
            )
        parts.note(path, parts.ended(env, job.job_output, child), generation)
        _count_as_ended(record, child)

    return run


class _Holder:
    """Where the calls about an execution look for its history."""

    def __init__(self, env: Any) -> None:
        self.env = env


def _beginning(worker: Any, child: Child) -> Callable[..., None]:
    """Make the child's input, in the parent's context, and begin the child's own."""

    def begin(env_frame: Any) -> None:
        type(worker)._eval_input(worker, env_frame=env_frame)
        env = env_frame
        given = env.states.get_input()
        child.execution_input = to_json_str(given, separators=(",", ":"))
        context = env.states.context_object.context_object_data
        outer = context["Execution"]
        context["Execution"] = {
            **outer,
            "Id": child.exec_arn,
            "Input": given,
            "Name": child.name,
            "StartTime": instant(child.start_date),
        }
        machine = child.state_machine_arn
        context["StateMachine"] = {"Id": machine, "Name": machine.rpartition(":")[2]}
        details: Any = {
            "executionStartedEventDetails": {
                "input": child.execution_input,
                "inputDetails": {"truncated": False},
                "roleArn": env.aws_execution_details.role_arn,
            }
        }
        env.event_manager.add_event(
            context=env.event_history_context,
            event_type=HistoryEventType.ExecutionStarted,
            event_details=details,
            update_source_event_id=False,
        )

    return begin


def _count_as_done(record: Any, items: int) -> None:
    """A child that succeeded before a redrive: it is there, and does not run."""
    for counter, number in ((record.execution_counter, 1), (record.item_counter, items)):
        counter.pending.offset(-number)
        counter.succeeded.count(number)
        counter.results_written.count(number)


def _count_as_started(record: Any, items: int) -> None:
    """The interpreter counts a child anew, as one item: make good for it."""
    record.execution_counter.total.offset(-1)
    record.execution_counter.pending.offset(-1)
    record.item_counter.total.offset(-1)
    record.item_counter.pending.offset(-items)
    record.item_counter.running.count(items - 1)


def _count_as_ended(record: Any, child: Child) -> None:
    more = child.items - 1
    record.item_counter.running.offset(-more)
    if child.status == "SUCCEEDED":
        record.item_counter.succeeded.count(more)
        record.item_counter.results_written.count(more)
        return
    getattr(record.item_counter, _COUNTS[child.status]).count(more)
    record.execution_counter.running.offset(-1)


def write_results(env: Any, resource_runtime_part: Any, state_credentials: Any) -> None:
    """Write the children's results into files, and the manifest that lists them."""
    parameters = env.stack.pop()
    env.stack.pop()
    s3 = resource_eval_s3.ResourceEvalS3._get_s3_client(
        resource_runtime_part=resource_runtime_part, state_credentials=state_credentials
    )
    record = env.map_run_record_pool_manager.get_all()[-1]
    bucket, prefix = parameters["Bucket"], parameters.get("Prefix") or ""
    folder = f"{prefix.rstrip('/')}/" if prefix else ""
    folder += record.map_run_arn.rsplit(":", 1)[-1]
    files: dict[str, list[dict[str, Any]]] = {"FAILED": [], "PENDING": [], "SUCCEEDED": []}
    ended = [child for _, child in sorted(record.children.items())]
    for status in ("FAILED", "SUCCEEDED"):
        good = status == "SUCCEEDED"
        told = [child.written() for child in ended if (child.status == "SUCCEEDED") == good]
        if told:
            key = f"{folder}/{status}_0.json"
            body = json.dumps(told).encode()
            s3.put_object(Bucket=bucket, Key=key, Body=body)
            files[status].append({"Key": key, "Size": len(body)})
    manifest = {
        "DestinationBucket": bucket,
        "MapRunArn": record.map_run_arn,
        "ResultFiles": files,
    }
    key = f"{folder}/manifest.json"
    s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(manifest).encode())
    env.stack.append(
        {
            "MapRunArn": record.map_run_arn,
            "ResultWriterDetails": {"Bucket": bucket, "Key": key},
        }
    )
