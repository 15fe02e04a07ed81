"""Redrive: a failed execution goes on from the state that failed.

Source: AWS Step Functions Developer Guide, "Restarting state machine executions with redrive".
Of a Parallel or Map state that failed, the parts that have not succeeded run again (`parts`).
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from moto.stepfunctions.parser.api import ExecutionStatus, HistoryEventType
from moto.stepfunctions.parser.asl.eval.program_state import ProgramRunning

from simulator.aws.states.exceptions import ExecutionNotRedrivable
from simulator.aws.states.interpreter import instant
from simulator.aws.states.program import speak_again, within
from simulator.kernel.fiber import on_behalf

if TYPE_CHECKING:
    from simulator.aws.states.executions import StatesExecution


def redrive(run: StatesExecution) -> None:
    """Start `run` again where it failed, with the input and the variables it had there.

    Raises:
        ExecutionNotRedrivable: it runs, has succeeded, is Express or older than 14 days.
    """
    why_not = run.redrivable
    worker: Any = run.exec_worker
    env: Any = worker.env
    state = env.__dict__.get("at_state") if env is not None else None
    if why_not or state is None:
        raise ExecutionNotRedrivable(why_not or "Execution did not enter a state")
    run.redrive_count += 1
    run.resume, run.progress = run.progress, {}
    run.redrive_date = run.now
    run.exec_status, run.stop_date = ExecutionStatus.RUNNING, None
    run.error = run.cause = None
    run.over.clear()
    env.stack.clear()
    env.heap.clear()
    env._frames.clear()
    env._program_state = ProgramRunning()  # type: ignore[no-untyped-call]
    env.next_state_name = state
    execution = env.states.context_object.context_object_data["Execution"]
    execution["RedriveCount"] = run.redrive_count
    execution["RedriveTime"] = instant(run.redrive_date)
    env.event_history_context.source_event_id = env.event_history_context.last_published_event_id
    speak_again(env)
    with on_behalf(**run.behalf):
        env.event_manager.add_event(
            context=env.event_history_context,
            event_type=HistoryEventType.ExecutionRedriven,
            event_details={"executionRedrivenEventDetails": {"redriveCount": run.redrive_count}},
        )
        program = worker._get_evaluation_entrypoint()
        threading.Thread(target=_go_on, args=(program, env, worker), daemon=True).start()


def _go_on(program: Any, env: Any, worker: Any) -> None:
    limit_s = program.timeout_seconds.timeout_seconds if program.timeout_seconds else None
    within(limit_s, program, env)
    worker._execution_communication.terminated()
