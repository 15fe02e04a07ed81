"""Distributed Map: items in batches, failures tolerated or not, results written to S3.

Sources: AWS Step Functions Developer Guide, "Using Map state in Distributed mode", "ItemBatcher
(Map)", "ResultWriter (Map)", "Setting failure thresholds for Distributed Map states".
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from moto.stepfunctions.parser.api import HistoryEventType, MapRunStatus
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration import (
    distributed_iteration_component as distributed,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration import job
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.itemprocessor import (
    distributed_item_processor_worker as processor,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.iteration_worker import (  # noqa: E501
    IterationWorker,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.iterator import (
    distributed_iterator_worker as old_processor,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.result_writer.resource_eval import (  # noqa: E501
    resource_eval_s3,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.state_map import StateMap
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventManager
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str

from simulator.aws.seams import replace
from simulator.aws.states import children, failures, jsonata, parts
from simulator.aws.states.paths import extract
from simulator.kernel import current_fiber
from simulator.kernel.fiber import on_behalf

if TYPE_CHECKING:
    from simulator.world import World

DistributedMap: Any = distributed.DistributedIterationComponent
Worker: Any = processor.DistributedItemProcessorWorker

OldWorker: Any = old_processor.DistributedIteratorWorker  # of the older field, Iterator

plain_map: Any = None
plain_job: Any = Worker._eval_job
plain_iteration: Any = IterationWorker._eval_job
plain_old_job: Any = OldWorker._eval_job
LARGEST_BATCH_BYTES = 262_144
OVER_THRESHOLD = "States.ExceedToleratedFailureThreshold"
TOO_MANY_FAILED = "The specified tolerated failure threshold was exceeded"
"""The cause of States.ExceedToleratedFailureThreshold."""


def install(world: World) -> None:
    """Let Distributed Map states do what AWS's do; call it after `language.install`."""
    global plain_map
    plain_map = replace(StateMap, "_eval_execution", _eval_map)
    replace(DistributedMap, "_eval_body", _eval_map_run)
    replace(Worker, "_eval_job", children.eval_job(world, plain_job))
    replace(OldWorker, "_eval_job", children.eval_job(world, plain_old_job))
    replace(Worker, "_eval_pool", _eval_children)
    replace(OldWorker, "_eval_pool", _eval_children)
    replace(IterationWorker, "_eval_pool", _eval_iterations)
    replace(IterationWorker, "_eval_job", _eval_iteration)
    writer: Any = resource_eval_s3.ResourceEvalS3
    replace(writer, "_handle_put_object", staticmethod(children.write_results))


def _eval_map(state: StateMap, env: Any) -> None:
    parts.begin(state.name)
    with on_behalf(map_state=state):
        plain_map(state, env)


def _eval_map_run(component: Any, env: Any) -> None:
    """Tell of a map run how it begins and ends: with its execution, aborted if that is stopped.

    Source: AWS Step Functions API Reference, "HistoryEvent", "DescribeMapRun".
    """
    given = env.stack.pop()
    record, events = given.map_run_record, env.event_manager
    started: Any = {"mapRunStartedEventDetails": {"mapRunArn": record.map_run_arn}}
    _tell(env, HistoryEventType.MapRunStarted, started)
    try:
        if given.item_reader:
            given.item_reader.eval(env=env)
        else:
            env.stack.append(given.input_items)
        env.event_manager = EventManager()  # what happens within is the children's history
        _map_run(component, env, given)
    except Exception as error:
        pair = (
            error.extract_error_cause_pair() if isinstance(error, FailureEventException) else None
        )
        told = zip(("error", "cause"), pair or (), strict=False)
        why = {name: each for name, each in told if each}
        env.event_manager = events
        _tell(env, HistoryEventType.MapRunFailed, {"mapRunFailedEventDetails": why})
        record.set_stop(status=MapRunStatus.FAILED)
        raise
    finally:
        env.event_manager = events
    if env.is_running():
        _tell(env, HistoryEventType.MapRunSucceeded)
        record.set_stop(status=MapRunStatus.SUCCEEDED)
    else:
        _tell(env, HistoryEventType.MapRunAborted)
        record.set_stop(status=MapRunStatus.ABORTED)


def _tell(env: Any, kind: HistoryEventType, details: Any = None) -> None:
    env.event_manager.add_event(
        context=env.event_history_context, event_type=kind, event_details=details
    )


def _map_run(component: Any, env: Any, eval_input: Any) -> None:
    """Run the children of a Distributed Map, and see whether too many have failed."""
    items = env.stack.pop()
    fiber = current_fiber()
    state = fiber.context.get("map_state") if fiber else None
    batcher = vars(state).get("taken_out", {}).get("ItemBatcher") if state else None
    record = eval_input.map_run_record
    record.express = vars(state).get("taken_out", {}).get("ExecutionType") == "EXPRESS"
    if batcher:
        items = batches(items, batcher, env)
    children.expect(record, items, batched=batcher is not None)
    pool = job.JobPool(job_program=component._get_iteration_program(), job_inputs=items)
    if items:

        def launch() -> None:
            for _ in range(children.wanted(record, pool)):
                record.workers += 1
                component._launch_worker(env=env, eval_input=eval_input, job_pool=pool)

        launch()
        threading.Thread(target=_adjust, args=(record, launch), daemon=True).start()
        pool.await_jobs()
        record.done = True
        record.update_event.set()
    failure = pool.get_worker_exception()
    if failure is not None:
        raise failure
    if children.too_many_failed(record):
        raise _over_threshold(env)
    ended = [child for _, child in sorted(record.children.items())]
    env.stack.append([child.output for child in ended if child.status == "SUCCEEDED"])


def _adjust(record: Any, launch: Callable[[], None]) -> None:
    """Run more children at once when UpdateMapRun allows for more; fewer run by and by."""
    while not record.done:
        record.update_event.wait()
        record.update_event.clear()
        if not record.done:
            launch()


def _over_threshold(env: Any) -> FailureEventException:
    return failures.failed(env, "mapRunFailed", OVER_THRESHOLD, TOO_MANY_FAILED)


def batches(items: list[Any], batcher: dict[str, Any], env: Any) -> list[Any]:
    """The items in batches, as the inputs of the children."""
    shared = batcher.get("BatchInput")
    shared = None if shared is None else _template(shared, env)
    most = int(_setting(batcher, "MaxItemsPerBatch", env) or 0) or len(items) or 1
    largest = int(_setting(batcher, "MaxInputBytesPerBatch", env) or 0) or LARGEST_BATCH_BYTES
    made: list[Any] = []
    batch: list[Any] = []
    head = {} if shared is None else {"BatchInput": shared}
    empty_bytes = bytes_so_far = len(to_json_str({**head, "Items": []}, separators=(",", ":")))
    for item in items:
        size = len(to_json_str(item, separators=(",", ":")).encode()) + bool(batch)
        if batch and (len(batch) == most or bytes_so_far + size > largest):
            made.append({**head, "Items": batch})
            batch, bytes_so_far = [], empty_bytes
        batch.append(item)
        bytes_so_far += size
    return [*made, {**head, "Items": batch}] if batch else made


def _setting(batcher: dict[str, Any], name: str, env: Any) -> Any:
    if f"{name}Path" in batcher:
        return extract(batcher[f"{name}Path"], env.states.get_input())
    return _template(batcher.get(name), env)


def _template(value: Any, env: Any) -> Any:
    """A template's value: paths in JSONPath's members that end in `.$`, JSONata in `{% %}`."""
    if isinstance(value, dict):
        made = {}
        for key, item in value.items():
            if key.endswith(".$") and isinstance(item, str):
                made[key[:-2]] = _path(item, env)
            else:
                made[key] = _template(item, env)
        return made
    if isinstance(value, list):
        return [_template(item, env) for item in value]
    if isinstance(value, str) and value.startswith("{%") and value.endswith("%}"):
        from simulator.aws.states.language import variables

        return jsonata.evaluate(value[2:-2].strip(), env.states._states_data, variables(env))
    return value


def _path(path: str, env: Any) -> Any:
    if path.startswith("$$"):
        return extract(path[1:], env.states.context_object.context_object_data)
    return extract(path, env.states.get_input())


def _eval_children(worker: Any, job: Any, worker_frame: Any) -> None:
    """Run jobs until there are none; the interpreter calls itself for each, ever deeper."""
    record = worker._map_run_record
    over = False
    while job is not None and not over:
        frame = worker_frame.open_inner_frame()
        worker._eval_job(env=frame, job=job)
        worker_frame.delete_frame(frame)
        if children.too_many_failed(record) or not worker._env.is_running():
            children.give_up(record, worker._job_pool)
        over = isinstance(job.job_output, Exception) or worker.stopped()
        over = over or 0 < record.max_concurrency < record.workers
        following = None if over else worker._job_pool.next_job()
        if following is None:
            record.workers -= 1
            worker._env.delete_frame(worker_frame)
        worker._job_pool.close_job(job)
        if following is None:
            return
        job = following
    record.workers -= 1
    worker._env.delete_frame(worker_frame)


def _eval_iteration(worker: Any, env: Any, job: Any) -> None:
    """Run one iteration of an inline Map, unless it has succeeded before a redrive."""
    path = parts.path_of(worker._work_name, job.job_index)
    kept = parts.left_over(path)
    if kept is not None and kept.done:
        parts.note(path, kept)
        job.job_output = kept.output
        return
    parts.go_on(env, kept)
    generation = parts.generation()
    with parts.within_part(path):
        plain_iteration(worker, env, job)
    parts.note(path, parts.ended(env, job.job_output), generation)


def _eval_iterations(worker: Any, job: Any, worker_frame: Any) -> None:
    """The same for the iterations of an inline Map."""
    while job is not None:
        frame = worker_frame.open_inner_frame()
        worker._eval_job(env=frame, job=job)
        worker_frame.close_frame(frame)
        over = isinstance(job.job_output, Exception) or worker.stopped()
        following = None if over else worker._job_pool.next_job()
        if over or following is None:
            if not over:
                # What the last iteration wrote is what the state after the Map refers to.
                last = frame.event_history_context.last_published_event_id
                worker_frame.event_history_context.source_event_id = last
            worker._env.close_frame(worker_frame)
            worker._job_pool.close_job(job)
            return
        worker._job_pool.close_job(job)
        job = following
    worker._env.close_frame(worker_frame)
