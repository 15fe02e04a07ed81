"""Corrections of the interpreter's common parts: the context object, and branches side by side."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from moto.stepfunctions.parser.api import StateMachineType
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import (
    CustomErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.error_name import ErrorName
from moto.stepfunctions.parser.asl.component.common.string.string_expression import (
    StringIntrinsicFunction,
)
from moto.stepfunctions.parser.asl.component.state.choice.state_choice import StateChoice
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration import (
    inline_iteration_component,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_parallel.branch_worker import (
    BranchWorker,
)
from moto.stepfunctions.parser.asl.component.state.state import CommonStateField
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker

from simulator.aws.seams import replace
from simulator.aws.states import failures, parts
from simulator.kernel import current_fiber, sleep
from simulator.kernel.fiber import on_behalf

if TYPE_CHECKING:
    from simulator.world import World

InlineIterationComponent: Any = inline_iteration_component.InlineIterationComponent

plain_choose: Any = StateChoice._eval_state
plain_intrinsic: Any = StringIntrinsicFunction._eval_body
plain_launch: Any = InlineIterationComponent._launch_worker
plain_state_input: Any = CommonStateField._eval_state_input
plain_branch: Any = BranchWorker._thread_routine
plain_environment: Any = ExecutionWorker._get_evaluation_environment


def install(world: World) -> None:
    """Put the corrections in force."""
    replace(CommonStateField, "_eval_state_input", _state_input(world))
    replace(CustomErrorName, "__init__", _error_name)
    replace(StateChoice, "_eval_state", _choose)
    replace(StringIntrinsicFunction, "_eval_body", _intrinsic)
    replace(InlineIterationComponent, "_launch_worker", _launch)
    replace(BranchWorker, "_thread_routine", _branch)
    replace(ExecutionWorker, "_get_evaluation_environment", _environment)


def instant(at: datetime) -> str:
    """A time as the context object writes it: `2026-01-01T00:00:00.000Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


def _environment(worker: Any) -> Any:
    """The context object at the start.

    Source: AWS Step Functions Developer Guide, "Accessing execution data from the Context object".
    """
    env = plain_environment(worker)
    execution: Any = env.states.context_object.context_object_data["Execution"]
    execution["StartTime"] = instant(execution["StartTime"])
    if env.execution_type == StateMachineType.STANDARD:
        execution["RedriveCount"] = 0
    return env


def _state_input(world: World) -> Callable[[CommonStateField, Any], None]:
    def state_input(state: CommonStateField, env: Any) -> None:
        """Filter a state's input; the branches of a Parallel state take turns here, as on AWS."""
        entered = env.states.context_object.context_object_data["State"]
        entered["EnteredTime"] = instant(world.clock.instant)
        fiber = current_fiber()
        if fiber and fiber.context.get("branch"):
            sleep(0)
        plain_state_input(state, env)

    return state_input


def _branch(worker: BranchWorker) -> None:
    """Run a branch from when all branches of its Parallel state are there."""
    siblings: Any = worker._branch_worker_comm
    gate = siblings.__dict__.setdefault("gate", threading.Event())
    siblings.missing = getattr(siblings, "missing", siblings._active_workers_num) - 1
    number = siblings._active_workers_num - siblings.missing - 1
    env, state = worker.env, worker.env.next_state_name or ""
    if not number:
        parts.begin(state)
    path = parts.path_of(state, number)
    kept = parts.left_over(path)
    if siblings.missing:
        gate.wait()
    gate.set()
    if kept is not None and kept.done:
        parts.note(path, kept)
        env.states.reset(kept.output)
        env.set_ended()
        siblings.on_terminated(env=env)
        return
    parts.go_on(env, kept)
    generation = parts.generation()
    with on_behalf(branch=True), parts.within_part(path):
        plain_branch(worker)
    parts.note(path, parts.ended(env, env.states.get_input()), generation)


def _error_name(error: CustomErrorName, error_name: str | None) -> None:
    """Take any name: what fails a branch or an iteration may be called `States.…` as well."""
    ErrorName.__init__(error, error_name=error_name)


def _choose(state: StateChoice, env: Any) -> None:
    """Follow the rule that matches; AWS tells the lack of one as a fault of the run.

    Source: AWS Step Functions Developer Guide, "Choice workflow state"; the sentence is recorded.
    """
    try:
        plain_choose(state, env)
    except RuntimeError as error:
        if "No branching option" not in str(error):
            raise
        cause = "Failed to transition out of the state. The state does not point to a next state."
        raise failures.state_failed(env, "States.Runtime", cause) from error


def _intrinsic(text: StringIntrinsicFunction, env: Any) -> None:
    """An intrinsic function that fails fails its state by name.

    Source: AWS Step Functions Developer Guide, "Handling errors in Step Functions workflows",
    States.IntrinsicFailure.
    """
    try:
        plain_intrinsic(text, env)
    except (ValueError, TypeError, ArithmeticError, LookupError) as error:
        cause = (
            f"The function '{text.intrinsic_function_derivation}' had the following error: {error}"
        )
        raise failures.state_failed(env, "States.IntrinsicFailure", cause) from error


INLINE_CONCURRENCY = 40
"""Iterations of an inline Map that run at once, at most.

Source: AWS Step Functions Developer Guide, "Using Map state in Inline mode".
"""


def _launch(component: Any, env: Any, eval_input: Any, job_pool: Any) -> Any:
    """Start one worker of a Map, unless there are enough."""
    job_pool.workers = getattr(job_pool, "workers", 0) + 1
    if job_pool.workers > INLINE_CONCURRENCY and not hasattr(eval_input, "map_run_record"):
        return None
    return plain_launch(component, env=env, eval_input=eval_input, job_pool=job_pool)
