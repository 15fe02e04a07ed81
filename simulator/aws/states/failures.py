"""Failures as the interpreter raises them: their name and cause, and the event that tells them."""

from __future__ import annotations

from typing import Any

from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import (
    CustomErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)

_EVENTS = {
    "taskFailed": HistoryEventType.TaskFailed,
    "mapRunFailed": HistoryEventType.TaskFailed,
    "executionFailed": HistoryEventType.ExecutionFailed,
    "evaluationFailed": HistoryEventType.EvaluationFailed,
}


def failed(env: Any, told_as: str, error: str, cause: str, **more: Any) -> FailureEventException:
    """A failure, told by `<told_as>EventDetails`."""
    details: Any = {f"{told_as}EventDetails": {**more, "error": error, "cause": cause}}
    return FailureEventException(
        FailureEvent(
            env=env,
            error_name=CustomErrorName(error),
            event_type=_EVENTS[told_as],
            event_details=details,
        )
    )


def task_failed(state: Any, env: Any, error: str, cause: str) -> FailureEventException:
    """The failure of a task, with the resource that it called."""
    kind, resource = state._get_sfn_resource_type(), state._get_sfn_resource()
    return failed(env, "taskFailed", error, cause, resourceType=kind, resource=resource)


def state_failed(env: Any, error: str, cause: str) -> FailureEventException:
    """A failure of the running state that the history tells with the execution's end alone."""
    if error != "States.Runtime":  # the interpreter adds where it happened to that one only
        cause = f"{where(env)} {cause}"
    return failed(env, "executionFailed", error, cause)


def where(env: Any) -> str:
    """How AWS begins to tell what went wrong in a state."""
    entered = env.event_history_context.source_event_id
    return (
        f"An error occurred while executing the state '{env.next_state_name}' "
        f"(entered at the event id #{entered})."
    )
