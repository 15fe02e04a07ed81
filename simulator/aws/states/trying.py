"""TestState: one state, run by itself, with mocks where the request gives them.

Source: AWS Step Functions API Reference, "TestState".
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from moto.moto_api._internal import mock_random
from moto.stepfunctions.models import StateMachineInstance
from moto.stepfunctions.parser.api import InvalidDefinition, StateMachineType
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.eval_component import EvalComponent
from moto.stepfunctions.parser.asl.eval.program_state import ProgramError, ProgramRunning
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str
from moto.stepfunctions.parser.backend.execution import (
    BaseExecutionWorkerCommunication,
    Execution,
)
from moto.stepfunctions.parser.backend.execution_worker import SyncExecutionWorker

from simulator.aws.states import jsontext, language, mocks, parsing
from simulator.aws.states.exceptions import InvalidExecutionInput, ValidationException
from simulator.aws.states.executions import is_json
from simulator.aws.states.inspecting import Inspection
from simulator.aws.states.program import within
from simulator.kernel.fiber import on_behalf

if TYPE_CHECKING:
    from simulator.aws.states.models import StatesBackend

PARAMETERS = (
    "context",
    "definition",
    "input",
    "inspectionLevel",
    "mock",
    "revealSecrets",
    "roleArn",
    "stateConfiguration",
    "stateName",
    "variables",
)
LIMIT_S = 300.0
"""How long a state may run under test."""

_TYPES = ("Task", "Wait", "Pass", "Succeed", "Fail", "Choice")
_NAME = "StateName"
"""What AWS calls a state that is given without a name."""


class _Given(dict[str, Any]):
    """A context object that a request gives: the interpreter may add nothing to it."""

    def __setitem__(self, key: str, value: Any) -> None:
        return

    def __missing__(self, key: str) -> dict[str, Any]:
        return _Given()

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, Any]:
        return {key: copy.deepcopy(value, memo) for key, value in self.items()}


class _Single(EvalComponent):
    """A program of one state, which ends where the state points to another."""

    def __init__(self, state: Any) -> None:
        self._state = state

    def eval(self, env: Any) -> None:
        """Run it, no longer than a state may run under test."""
        env.next_state_name = self._state.name
        within(LIMIT_S, self, env)

    def _eval_body(self, env: Any) -> None:
        try:
            self._state.eval(env)
        except FailureEventException as failure:
            env.set_error(error=failure.get_execution_failed_event_details())
        except Exception as error:  # a fault of the interpreter is the state's, not the world's
            cause = f"{type(error).__name__}({error})"
            env.set_error(error={"error": "States.Runtime", "cause": cause})


class _Worker(SyncExecutionWorker):
    state: Any
    variables: Mapping[str, Any]
    context: dict[str, Any] | None

    def _get_evaluation_entrypoint(self) -> EvalComponent:
        return _Single(self.state)

    def _get_evaluation_environment(self) -> Any:
        env: Any = super()._get_evaluation_environment()
        for name, value in self.variables.items():
            env.variable_store._outer_scope[name] = value
        if self.context is not None:
            given = _Given({key: _Given(value) for key, value in self.context.items()})
            env.states._states_data["context"] = given
            env.states.context_object.context_object_data = given
        return env


class _Ending(BaseExecutionWorkerCommunication):
    """The end of a state: where it would go on is an answer here, not a step."""

    def terminated(self) -> None:
        trial: Any = self.execution
        env = trial.exec_worker.env
        if isinstance(env.program_state(), ProgramRunning):
            trial.next_state = env.next_state_name
            env.set_ended()
        super().terminated()


class _Trial(Execution):
    next_state: str | None = None

    def begin(self, state: Any, variables: Mapping[str, Any], context: Any) -> None:
        """Run `state` to its end."""
        self._given = (state, variables, context)
        self.start()

    def _get_start_execution_worker_comm(self) -> BaseExecutionWorkerCommunication:
        return _Ending(self)

    def _get_start_execution_worker(self) -> _Worker:
        plain = super()._get_start_execution_worker()
        made = _Worker(
            evaluation_details=plain._evaluation_details,
            exec_comm=plain._execution_communication,
            cloud_watch_logging_session=None,
            activity_store=self._activity_store,
        )
        made.state, made.variables, made.context = self._given
        return made


def try_state(backend: StatesBackend, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Run the state of a TestState request and tell what it did.

    Raises:
        InvalidDefinition: the definition cannot run, or is a Map or Parallel without a mock.
        ValidationException: the request's parts do not suit each other.
    """
    definition = _state_of(asked["definition"], asked.get("stateName"))
    name = asked.get("stateName") or _NAME
    mocks.check(definition, asked)
    _check_kind(definition, asked)
    context = None
    if asked.get("context"):
        context = mocks.context_of(definition, asked["context"])
    text: Any = asked.get("input") or "{}"
    for given in (text, asked.get("variables") or "{}"):
        wrong = is_json(given)
        if wrong:
            raise InvalidExecutionInput(f"Invalid State Machine Execution Input: '{wrong}'")
    variables = json.loads(asked.get("variables") or "{}")
    inspection = Inspection(definition, asked)
    state = _parsed(name, definition)
    inspection.data["input"] = to_json_str(json.loads(text))
    inspection.attach(state)
    trial = _trial(backend, asked.get("roleArn"), text)
    with on_behalf(
        actor=f"states:{trial.name}",
        account=backend.account_id,
        machine=trial.name,
        execution=trial.name,
        role=asked.get("roleArn"),
    ):
        trial.begin(state, variables, context)
    return _told(trial, inspection, asked.get("inspectionLevel") or "INFO")


def _check_kind(definition: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
    kind = definition.get("Type")
    if kind in ("Map", "Parallel") and not asked.get("mock"):
        raise InvalidDefinition(
            "TestState API does not support Map or Parallel states. Supported state types "
            f"include: [{', '.join(_TYPES)}]"
        )
    if kind == "Task" and not asked.get("roleArn") and not asked.get("mock"):
        raise ValidationException("RoleArn must be specified when testing a Task state")


def _state_of(text: str, name: str | None) -> dict[str, Any]:
    """The state to try: the definition itself, or the one of that name in a whole machine."""
    parsed = parsing.as_json(text)
    if not isinstance(parsed, dict):
        raise InvalidDefinition(f"Invalid State Machine Definition: '{jsontext.NO_OBJECT}'")
    if "States" not in parsed:
        return parsed
    for each, state, spoken in _states(parsed, parsed.get("QueryLanguage")):
        if each == name:
            return {**({"QueryLanguage": spoken} if spoken else {}), **state}
    raise ValidationException("State not found in definition")


def _states(program: Any, language: str | None) -> Iterator[tuple[str, dict[str, Any], str | None]]:
    for name, state in program.get("States", {}).items():
        yield name, state, language
        inner = [*state.get("Branches", ()), state.get("ItemProcessor"), state.get("Iterator")]
        for each in inner:
            if isinstance(each, dict):
                yield from _states(each, language)


def _parsed(name: str, definition: dict[str, Any]) -> Any:
    program = {"StartAt": name, "States": {name: definition}}
    text = json.dumps(program)
    found = [each for each in parsing.faults(text) if each.code != "MISSING_TRANSITION_TARGET"]
    if found:
        raise parsing.refused(found)
    return parsing.parse(text)[0]._get_state(name)


def _trial(backend: StatesBackend, role: str | None, text: str) -> _Trial:
    machine_name, name = str(mock_random.uuid4()), str(mock_random.uuid4())
    place = f"arn:{backend.partition}:states:{backend.region_name}:{backend.account_id}"
    machine: Any = StateMachineInstance(
        arn=f"{place}:stateMachine:{machine_name}",
        name=machine_name,
        definition="{}",
        roleArn=role or "",
    )
    machine.sm_type = StateMachineType.EXPRESS
    role_arn: Any = role
    return _Trial(
        name=name,
        sm_type=StateMachineType.EXPRESS,
        role_arn=role_arn,
        exec_arn=f"{place}:express:{machine_name}:{name}",
        account_id=backend.account_id,
        region_name=backend.region_name,
        state_machine=machine,
        start_date=backend.world.clock.instant,
        cloud_watch_logging_session=None,
        activity_store=backend.waiting_activities,
        input_data=text,
        trace_header=None,
    )


def _told(trial: _Trial, inspection: Inspection, level: str) -> dict[str, Any]:
    worker: Any = trial.exec_worker
    ended = worker.env.program_state()
    told: dict[str, Any]
    if inspection.retriable:
        told = {"status": "RETRIABLE", **inspection.error}
    elif isinstance(ended, ProgramError):
        error = {key: value for key, value in (ended.error or {}).items() if value is not None}
        told = {"status": "FAILED", **error, **inspection.error}
    else:
        told = {"status": "SUCCEEDED", "output": to_json_str(trial.output)}
        if inspection.caught:
            told |= {"status": "CAUGHT_ERROR", **inspection.error}
        if trial.next_state:
            told["nextState"] = trial.next_state
    if level != "INFO":
        data = inspection.data
        variables = dict(language.variables(worker.env))
        if variables:
            data["variables"] = to_json_str(variables)
        told["inspectionData"] = data
    return told
