"""Step Functions: moto's own interpreter on fibers, its history as facts, its holes closed."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import ClientError
from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.exceptions import AWSError
from moto.stepfunctions import models
from moto.stepfunctions.parser import api
from moto.stepfunctions.parser import models as parser_models
from moto.stepfunctions.parser import utils as parser_utils
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import (
    CustomErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.state.exec.execute_state import ExecutionState
from moto.stepfunctions.parser.asl.component.state.exec.state_task.state_task_lambda import (
    StateTaskLambda,
)
from moto.stepfunctions.parser.asl.component.state.state import CommonStateField
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventManager
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser

from simulator.aws.seams import replace
from simulator.aws.states import (
    apis,
    https,
    integrations,
    interpreter,
    language,
    maps,
    parsing,
    paths,
    program,
    reading,
    tokens,
)
from simulator.aws.states.billing import EXPRESS_MEMORY_MB
from simulator.aws.states.models import StatesBackend
from simulator.kernel import current_fiber, sleep
from simulator.kernel.fiber import on_behalf

if TYPE_CHECKING:
    from simulator.aws.session import Session
    from simulator.world import World

_SHOWN = 2048
plain_publish: Any = EventManager._publish_history_event
plain_eval_state: Any = CommonStateField._eval_body
plain_handle_retry: Any = ExecutionState._handle_retry
plain_lambda_error: Any = StateTaskLambda._from_error


def install(world: World, session: Callable[[str, str], Session]) -> None:
    """Run every state machine of the process in `world`."""
    parser_utils.TMP_THREADS.clear()
    # A state that fails is a fact of the journal, not a warning for the operator.
    logging.getLogger("moto.stepfunctions").setLevel(logging.CRITICAL)
    # One store: what CloudFormation creates is what the interpreter runs.
    store = models.stepfunctions_backends
    StatesBackend.world = world
    replace(store, "backend", StatesBackend)
    tokens.install()
    replace(parser_models, "stepfunctions_parser_backends", store)
    replace(AmazonStateLanguageParser, "parse", staticmethod(parsing.parsing()))
    parser_backend = parser_models.StepFunctionsParserBackend
    replace(parser_backend, "_validate_definition", staticmethod(parsing.validate))
    _name_the_parsers_errors()
    replace(EventManager, "_publish_history_event", _publishing(world))
    replace(CommonStateField, "_eval_body", _eval_state)
    replace(ExecutionState, "_handle_retry", _handle_retry)
    replace(StateTaskLambda, "_from_error", _lambda_error)
    replace(retrier_decl, "time", _RetryClock(world))
    language.install()
    paths.install()
    parsing.install()
    interpreter.install(world)
    program.install()
    maps.install(world)
    reading.install()
    integrations.install()
    https.install(world)
    apis.install(world)
    _give_tasks_clients(session)


def _give_tasks_clients(session: Callable[[str, str], Session]) -> None:
    """Let tasks call in-process, in the account of their execution or of the role they assume."""
    options = Config(parameter_validation=False, retries={"total_max_attempts": 1})
    clients: dict[tuple[str, str, str], Any] = {}

    def client_for(region: str, service: str, state_credentials: Any = None) -> Any:
        fiber = current_fiber()
        context = fiber.context if fiber else {}
        account = context.get("account", DEFAULT_ACCOUNT_ID)
        role: str = getattr(state_credentials, "role_arn", "")
        if role != context.get("role") and role.count(":") >= 5:
            account = role.split(":")[4] or account
        key = (account, region, service)
        if key not in clients:
            clients[key] = session(account, region).client(service, config=options)
        return clients[key]

    for name, module in list(sys.modules.items()):
        if name.startswith("moto.stepfunctions.parser") and hasattr(module, "boto_client_for"):
            replace(module, "boto_client_for", client_for)


def _name_the_parsers_errors() -> None:
    """Give the interpreter's errors the attributes moto's serialiser looks for."""
    for error in vars(api).values():
        if isinstance(error, type) and issubclass(error, AWSError) and "code" in vars(error):
            replace(error, "TYPE", vars(error)["code"])
            replace(error, "STATUS", vars(error)["status_code"])


HISTORY_LIMIT = 25_000
"""Events in the history of one Standard execution; one more and it fails.

Source: AWS Step Functions Developer Guide, "Step Functions service quotas".
"""


def _eval_state(state: CommonStateField, env: Any) -> None:
    """Enter a state, unless the execution's history is full: a loop without a wait ends so."""
    env.at_state = state.name
    if env.event_manager._event_id_gen._next_id <= HISTORY_LIMIT:
        try:
            plain_eval_state(state, env)
        except FailureEventException as failure:
            language.tell_failure(env, failure)
            raise
        return
    error = StatesErrorNameType.StatesRuntime
    cause = f"The execution reached the maximum number of history events ({HISTORY_LIMIT})."
    details: Any = {"executionFailedEventDetails": {"error": error.to_name(), "cause": cause}}
    raise FailureEventException(
        FailureEvent(
            env=env,
            error_name=StatesErrorName(typ=error),
            event_type=api.HistoryEventType.ExecutionFailed,
            event_details=details,
        )
    )


def _publishing(world: World) -> Callable[..., None]:
    def publish(
        manager: EventManager,
        event_id: int,
        source_event_id: int,
        event_type: Any,
        timestamp: Any,
        event_details: Mapping[str, Any] | None,
    ) -> None:
        plain_publish(manager, event_id, source_event_id, event_type, timestamp, event_details)
        if event_details and "evaluationFailedEventDetails" in event_details:
            manager.__dict__.setdefault("failed_queries", []).append(
                event_details["evaluationFailedEventDetails"]
            )
        details: Mapping[str, Any] = next(iter((event_details or {}).values()), {})
        states: dict[int, str] = manager.__dict__.setdefault("state_names", {})
        kind = str(getattr(event_type, "value", event_type))
        state = details.get("name") if kind.endswith(("StateEntered", "StateExited")) else None
        if state is None and not kind.startswith(("ParallelState", "MapState", "Execution")):
            state = states.get(source_event_id)
        fiber = current_fiber()
        context = fiber.context if fiber else {}
        if state:
            states[event_id] = state
            context["state"] = state
        run = context.get("run")
        express = bool(run is not None and run.express)
        told: dict[str, Any] = {
            key: _cut(details[key]) for key in _TOLD if details.get(key) is not None
        }
        if express:
            told["express"] = True
            if kind in _ENDS:
                told |= {"billed_ms": context["run"].billed_ms, "memory_mb": EXPRESS_MEMORY_MB}
        world.record(
            f"states.{kind}",
            machine=context.get("machine", ""),
            execution=context.get("execution", ""),
            id=event_id,
            previous_id=source_event_id,
            **({"state": state} if state else {}),
            **told,
        )

    return publish


_ENDS = ("ExecutionSucceeded", "ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted")
_TOLD = ("resource", "resourceType", "error", "cause", "input", "output")


def _cut(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text)} characters)"


def _handle_retry(state: ExecutionState, env: Any, failure_event: Any) -> Any:
    context = env.states.context_object.context_object_data["State"]
    with on_behalf(
        retry={
            "state": state.name,
            "error": failure_event.error_name.error_name,
            "attempt": context["RetryCount"] + 1,
        }
    ):
        return plain_handle_retry(state, env, failure_event)


def _lambda_error(state: StateTaskLambda, env: Any, ex: Exception) -> Any:
    """Name Lambda's own errors as AWS does, `Lambda.ServiceException` and so on; moto: `Exception`.

    Source: AWS Step Functions Developer Guide, "Handling errors in Step Functions workflows".
    """
    event = plain_lambda_error(state, env, ex)
    if isinstance(ex, ClientError):
        code = f"Lambda.{ex.response['Error']['Code']}"
        event.event_details["lambdaFunctionFailedEventDetails"]["error"] = code
        event.error_name = CustomErrorName(code)
    return event


class _RetryClock:
    """The `time` a retrier sees: it tells the journal how long it backs off, and waits."""

    def __init__(self, world: World) -> None:
        self._world = world

    def sleep(self, interval_s: float) -> None:
        fiber = current_fiber()
        context = fiber.context if fiber else {}
        self._world.record(
            "states.Retried",
            machine=context.get("machine", ""),
            execution=context.get("execution", ""),
            **context.get("retry", {}),
            wait_s=interval_s,
        )
        sleep(interval_s)
