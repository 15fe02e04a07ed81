"""TestState: one state, run by itself.

Source: AWS Step Functions API Reference, "TestState".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from moto.moto_api._internal import mock_random
from moto.stepfunctions.models import StateMachineInstance
from moto.stepfunctions.parser.api import InspectionLevel, StateMachineType
from moto.stepfunctions.parser.asl.eval.program_state import ProgramRunning
from moto.stepfunctions.parser.backend.test_state.execution import TestStateExecution
from moto.stepfunctions.parser.backend.test_state.execution_worker import (
    TestStateExecutionWorker,
)

from simulator.aws.states import parsing
from simulator.aws.states.exceptions import InvalidExecutionInput, ValidationException
from simulator.aws.states.executions import execution_arn, is_json
from simulator.kernel.fiber import on_behalf

if TYPE_CHECKING:
    from simulator.aws.states.models import StatesBackend

_NOT_BUILT = ("mock", "stateConfiguration")
PARAMETERS = (
    "definition",
    "stateName",
    "input",
    "roleArn",
    "variables",
    "inspectionLevel",
    *_NOT_BUILT,
)
_TYPES = ("Task", "Pass", "Wait", "Choice", "Succeed", "Fail")


class _Worker(TestStateExecutionWorker):
    given: Mapping[str, Any] = {}

    def _get_evaluation_environment(self) -> Any:
        env = super()._get_evaluation_environment()
        for name, value in self.given.items():
            env.variable_store._outer_scope[name] = value
        return env


class _Trial(TestStateExecution):
    given: Mapping[str, Any] = {}

    def _get_start_execution_worker_comm(self) -> Any:
        return _Ending(self)

    def _get_start_execution_worker(self) -> _Worker:
        worker = super()._get_start_execution_worker()
        made = _Worker(
            evaluation_details=worker._evaluation_details,
            exec_comm=worker._execution_communication,
            cloud_watch_logging_session=None,
            activity_store=self._activity_store,
        )
        made.given = self.given
        return made


class _Ending(TestStateExecution.TestCaseExecutionWorkerCommunication):
    """The end of a state: where it would go on is an answer here, not a step."""

    def terminated(self) -> None:
        trial: Any = self.execution
        env = trial.exec_worker.env
        if isinstance(env.program_state(), ProgramRunning):
            trial.next_state = env.next_state_name
            env.set_ended()
        super().terminated()


def try_state(backend: StatesBackend, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Run the state of a TestState request and tell what it did.

    Raises:
        ValidationException: the request asks for a kind of state that cannot be tried.
        NotImplementedError: it asks for mocks, which are not built.
    """
    for name in _NOT_BUILT:
        if asked.get(name):
            raise NotImplementedError(f"TestState with {name} is not built")
    definition = _state_of(asked["definition"], asked.get("stateName"))
    text: Any = asked.get("input") or "{}"
    wrong = is_json(text)
    if wrong:
        raise InvalidExecutionInput(f"Invalid State Machine Execution Input: '{wrong}'")
    name = f"TestState-{mock_random.uuid4()}"
    machine: Any = StateMachineInstance(
        arn=f"arn:{backend.partition}:states:{backend.region_name}:{backend.account_id}"
        f":stateMachine:{name}",
        name=name,
        definition=json.dumps(definition),
        roleArn=asked.get("roleArn") or "",
    )
    machine.sm_type = StateMachineType.STANDARD
    trial = _Trial(
        name=name,
        role_arn=machine.roleArn,
        exec_arn=execution_arn(backend, name, name, express=False),
        account_id=backend.account_id,
        region_name=backend.region_name,
        state_machine=machine,
        start_date=backend.world.clock.instant,
        input_data=text,
        activity_store=backend.waiting_activities,
    )
    trial.given = json.loads(asked.get("variables") or "{}")
    with on_behalf(
        actor=f"states:{name}", account=backend.account_id, machine=name, execution=name
    ):
        trial.start()
    level = InspectionLevel(asked.get("inspectionLevel") or "INFO")
    told: dict[str, Any] = dict(trial.to_test_state_output(inspection_level=level))
    if trial.next_state and told["status"] == "SUCCEEDED":
        told["nextState"] = trial.next_state
        if trial.next_state != definition.get("Next") and definition["Type"] != "Choice":
            told |= {"status": "CAUGHT_ERROR", **_failure(trial)}
    return told


def _failure(trial: Any) -> dict[str, Any]:
    """The error that a catcher caught: the last one the history tells."""
    for event in reversed(trial.exec_worker.env.event_manager._history_event_list):
        for details in event.values():
            if isinstance(details, dict) and "error" in details:
                return {name: details[name] for name in ("error", "cause") if name in details}
    return {}


def _state_of(text: str, name: str | None) -> dict[str, Any]:
    parsed = parsing.as_json(text)
    state = parsed
    if isinstance(parsed, dict) and "States" in parsed:
        if name not in parsed["States"]:
            raise ValidationException(f"State '{name}' does not exist in the definition")
        state = parsed["States"][name]
        if "QueryLanguage" in parsed:
            state.setdefault("QueryLanguage", parsed["QueryLanguage"])
    kind = state.get("Type") if isinstance(state, dict) else None
    if kind in ("Map", "Parallel"):
        raise NotImplementedError(f"TestState of a {kind} state is not built")
    if kind not in _TYPES:
        raise ValidationException(f"State type '{kind}' is not supported by TestState")
    tried: dict[str, Any] = state
    return tried
