"""A program from its first state to its end: time limits, and the last event of the history."""

from __future__ import annotations

import threading
from typing import Any

from moto.stepfunctions.parser.api import HistoryEventType, StateMachineType
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.eval_component import EvalComponent
from moto.stepfunctions.parser.asl.component.program.program import Program
from moto.stepfunctions.parser.asl.eval.program_state import (
    ProgramEnded,
    ProgramError,
    ProgramStopped,
    ProgramTimedOut,
)
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str

from simulator.aws.seams import replace
from simulator.aws.states import parts
from simulator.kernel import current_fiber, sleep

EXPRESS_LIMIT_S = 300
"""How long an Express execution may run.

Source: AWS Step Functions Developer Guide, "Choosing workflow type in Step Functions".
"""
SHORTEST_S = 0.2
"""How long an execution that fails lasts at least, if a caller from outside has started it: on AWS
none fails in no time, and clients (moto's own tests among them) start a machine that fails at once
to look at it, list it and stop it while it runs. One that waits, or gives away a task token, is
exact."""

_LAST = (
    HistoryEventType.MapRunAborted,
    HistoryEventType.ExecutionAborted,
    HistoryEventType.ExecutionTimedOut,
)


def install() -> None:
    """Run programs here instead of in the interpreter's own loop."""
    replace(Program, "eval", _run)
    replace(Program, "_eval_body", _eval_states)


def _run(program: Program, env: Any) -> None:
    """Run a program, no longer than it says; an Express execution five minutes at most."""
    limit_s: float | None = None
    if program.timeout_seconds:
        limit_s = program.timeout_seconds.timeout_seconds
    if not env.is_frame() and env.execution_type == StateMachineType.EXPRESS:
        limit_s = min(limit_s or EXPRESS_LIMIT_S, EXPRESS_LIMIT_S)
    env.next_state_name = parts.starting(env, program.start_at.start_at_name)
    within(limit_s, program, env)


def within(limit_s: float | None, program: EvalComponent, env: Any) -> None:
    """Go on from the environment's next state, for so long."""
    if limit_s is None:
        EvalComponent.eval(program, env)
        return
    states = threading.Thread(target=EvalComponent.eval, args=(program, env), daemon=True)
    states.start()
    states.join(timeout=limit_s)
    if states.is_alive():
        env.set_timed_out()
        fall_silent(env)


def fall_silent(env: Any) -> None:
    """Tell no more of an execution that is stopped than what that does: its states just end."""
    events = env.event_manager
    tell = events.add_event

    def last(context: Any, event_type: Any, **more: Any) -> int:
        if event_type in _LAST:
            return int(tell(context=context, event_type=event_type, **more))
        return int(context.last_published_event_id)

    events.__dict__.setdefault("add_event", last)


def speak_again(env: Any) -> None:
    """Tell of a stopped execution again: it is redriven."""
    env.event_manager.__dict__.pop("add_event", None)


def _eval_states(program: Program, env: Any) -> None:
    """Run state after state; what ends the execution itself, and no branch of it, is told."""
    try:
        while env.is_running():
            program._get_state(env.next_state_name).eval(env)
            env.stack.clear()
            env.heap.clear()
    except FailureEventException as failure:
        if env.is_running():  # what fails because it is stopped has not failed
            env.set_error(error=failure.get_execution_failed_event_details())
    except Exception as error:  # a fault of the interpreter is the execution's, not the world's
        cause = f"{type(error).__name__}({error})"
        if env.is_running():
            env.set_error(error={"error": "States.Runtime", "cause": cause})
    if env.is_frame():
        return
    if isinstance(env.program_state(), ProgramError):
        _hold()
    kind, details = end_of(env)
    env.event_manager.add_event(
        context=env.event_history_context, event_type=kind, event_details=details
    )


def _hold() -> None:
    fiber = current_fiber()
    run = fiber.context.get("run") if fiber else None
    if run is None or not run.brief or run.redrive_count:
        return
    lasted_s = (run.now - run.start_date).total_seconds()
    if lasted_s < SHORTEST_S:
        sleep(SHORTEST_S - lasted_s)


def end_of(env: Any) -> tuple[HistoryEventType, Any]:
    """The event of a program's end, and its details."""
    state = env.program_state()
    if isinstance(state, ProgramError):
        told = {name: value for name, value in (state.error or {}).items() if value is not None}
        kept = {name: told[name] for name in ("error", "cause") if name in told}
        return HistoryEventType.ExecutionFailed, {"executionFailedEventDetails": kept}
    if isinstance(state, ProgramStopped):
        env.event_history_context.source_event_id = 0
        why = {"error": state.error, "cause": state.cause}
        return HistoryEventType.ExecutionAborted, {"executionAbortedEventDetails": why}
    if isinstance(state, ProgramTimedOut):
        return HistoryEventType.ExecutionTimedOut, {"executionTimedOutEventDetails": {}}
    if not isinstance(state, ProgramEnded):
        raise RuntimeError(f"a program cannot end in the state {type(state).__name__}")
    output = to_json_str(env.states.get_input(), separators=(",", ":"))
    done = {"output": output, "outputDetails": {"truncated": False}}
    return HistoryEventType.ExecutionSucceeded, {"executionSucceededEventDetails": done}
