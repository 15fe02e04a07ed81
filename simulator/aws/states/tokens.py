"""Task tokens: who waits for which, and what SendTask… does with it.

Source: AWS Step Functions API Reference, "SendTaskSuccess", "SendTaskFailure", "SendTaskHeartbeat".
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace as replaced
from typing import Any

from moto.stepfunctions.models import StepFunctionBackend
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_callback,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.state_task_activitiy import (
    StateTaskActivity,
)
from moto.stepfunctions.parser.asl.eval.callback.callback import (
    CallbackEndpoint,
    CallbackOutcomeFailure,
    CallbackOutcomeSuccess,
    CallbackPoolManager,
)

from simulator.aws.seams import replace
from simulator.aws.states import failures
from simulator.aws.states.exceptions import InvalidOutput, InvalidToken, TaskTimedOut
from simulator.aws.states.executions import is_json
from simulator.kernel import current_fiber

StateTaskServiceCallback: Any = state_task_service_callback.StateTaskServiceCallback

plain_pattern: Any = StateTaskServiceCallback._eval_integration_pattern
plain_activity: Any = StateTaskActivity._eval_execution
plain_add: Any = CallbackPoolManager.add
plain_add_activity: Any = CallbackPoolManager.add_activity_task


@dataclass(frozen=True, slots=True)
class _Waiting:
    endpoint: CallbackEndpoint
    run: Any
    over: bool = False


_waiting: dict[str, _Waiting] = {}


def install() -> None:
    """Know every token of the world; moto asks each running execution for it."""
    _waiting.clear()
    replace(CallbackPoolManager, "add", _add)
    replace(CallbackPoolManager, "add_activity_task", _add_activity)
    replace(StateTaskServiceCallback, "_eval_integration_pattern", _ending(plain_pattern))
    replace(StateTaskActivity, "_eval_execution", _ending(_eval_activity))


def _ending(plain: Any) -> Any:
    """Nobody waits for a task's token any more once the task is over, however it ended."""

    def evaluate(state: Any, env: Any, **options: Any) -> None:
        try:
            plain(state, env=env, **options)
        finally:
            task = env.states.context_object.context_object_data.get("Task") or {}
            kept = _waiting.get(task.get("Token", ""))
            if kept is not None:
                _waiting[kept.endpoint.callback_id] = replaced(kept, over=True)

    return evaluate


def _eval_activity(state: Any, env: Any) -> None:
    arn = state.resource.resource_arn
    if arn not in env.activity_store:
        raise failures.state_failed(env, "States.Runtime", f"The activity {arn} does not exist.")
    plain_activity(state, env=env)


def _add(pool: CallbackPoolManager, callback_id: str) -> CallbackEndpoint:
    return _noted(plain_add(pool, callback_id))


def _add_activity(pool: CallbackPoolManager, **task: Any) -> CallbackEndpoint:
    # Noted first: a worker that waits for the task may look at once.
    token = task["callback_id"]
    _waiting[token] = _Waiting(CallbackEndpoint(token), _run())
    return _noted(plain_add_activity(pool, **task))


def _noted(endpoint: CallbackEndpoint) -> CallbackEndpoint:
    _waiting[endpoint.callback_id] = _Waiting(endpoint, _run())
    return endpoint


def _run() -> Any:
    """The execution that gives a token away: whoever gets it sees the execution run."""
    fiber = current_fiber()
    run = fiber.context.get("run") if fiber else None
    if run is not None:
        run.brief = False
    return run


def waits(token: str) -> bool:
    """Whether an execution still waits for this token."""
    kept = _waiting.get(token)
    if kept is None or kept.over or kept.endpoint.get_outcome():
        return False
    return kept.run is None or kept.run.status == "RUNNING"


def fetched(token: str, worker: str | None) -> None:
    """A worker has fetched the activity task of this token."""
    endpoint: Any = _waiting[token].endpoint
    endpoint.notify_activity_task_start(worker_name=worker)


def _endpoint(token: str) -> CallbackEndpoint:
    if token not in _waiting:
        raise InvalidToken("Invalid Token: 'Invalid token'")
    if not waits(token):
        raise TaskTimedOut("Task Timed Out: 'Provided task does not exist anymore'")
    return _waiting[token].endpoint


class Tokens(StepFunctionBackend):
    """The part of the backend that hears from those who hold tokens."""

    def send_task_success(self, task_token: str, outcome: str) -> None:
        """The task has succeeded with this output, JSON."""
        endpoint = _endpoint(task_token)
        wrong = is_json(outcome)
        if wrong:
            raise InvalidOutput(f"Invalid Output: '{wrong}'")
        endpoint.notify(outcome=CallbackOutcomeSuccess(callback_id=task_token, output=outcome))

    def send_task_failure(
        self, task_token: str, error: str | None = None, cause: str | None = None
    ) -> None:
        """The task has failed."""
        outcome = CallbackOutcomeFailure(callback_id=task_token, error=error, cause=cause)
        _endpoint(task_token).notify(outcome=outcome)

    def send_task_heartbeat(self, task_token: str) -> None:
        """The task is still being worked on."""
        _endpoint(task_token).notify_heartbeat()
