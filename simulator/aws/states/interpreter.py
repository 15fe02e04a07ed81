"""Corrections of the interpreter's common parts: the context object, and branches side by side."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import (
    CustomErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.error_name import ErrorName
from moto.stepfunctions.parser.asl.component.state.exec.state_parallel.branch_worker import (
    BranchWorker,
)
from moto.stepfunctions.parser.asl.component.state.state import CommonStateField
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker

from simulator.aws.seams import replace
from simulator.kernel import current_fiber, sleep
from simulator.kernel.fiber import on_behalf

if TYPE_CHECKING:
    from simulator.world import World

plain_state_input: Any = CommonStateField._eval_state_input
plain_branch: Any = BranchWorker._thread_routine
plain_environment: Any = ExecutionWorker._get_evaluation_environment


def install(world: World) -> None:
    """Put the corrections in force."""
    replace(CommonStateField, "_eval_state_input", _state_input(world))
    replace(CustomErrorName, "__init__", _error_name)
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
    if siblings.missing:
        gate.wait()
    gate.set()
    with on_behalf(branch=True):
        plain_branch(worker)


def _error_name(error: CustomErrorName, error_name: str | None) -> None:
    """Take any name: what fails a branch or an iteration may be called `States.…` as well."""
    ErrorName.__init__(error, error_name=error_name)
