"""An execution, Standard or Express, of a machine, a version or an alias: its ARN and answers."""

from __future__ import annotations

import copy
import threading
from datetime import datetime
from typing import TYPE_CHECKING, Any

from moto.moto_api._internal import mock_random
from moto.stepfunctions.models import StateMachineVersion
from moto.stepfunctions.parser.api import ExecutionStatus, StateMachineType
from moto.stepfunctions.parser.asl.eval.program_state import ProgramStopped
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str
from moto.stepfunctions.parser.backend.execution import (
    BaseExecutionWorkerCommunication,
    Execution,
)
from moto.stepfunctions.parser.backend.execution_worker import SyncExecutionWorker

from simulator.aws.states import jsontext, logs, telling
from simulator.aws.states.billing import EXPRESS_MEMORY_MB, billed_ms

if TYPE_CHECKING:
    from simulator.aws.states.models import StatesBackend
    from simulator.aws.states.parts import Part, Path

REDRIVE_LIMIT_S = 14 * 86_400
"""How long after its end an execution can be redriven.

Source: AWS Step Functions Developer Guide, "Restarting state machine executions with redrive".
"""


class StatesExecution(Execution):
    """moto's execution with what it lacks: type, version, alias, redrives, logs, and its end."""

    def __init__(
        self,
        backend: StatesBackend,
        machine: Any,
        name: str,
        text: str,
        *,
        alias_arn: str | None = None,
        from_outside: bool = False,
        trace_header: str | None = None,
    ) -> None:
        # A snapshot: an update of the machine is for later executions.
        snapshot = copy.copy(machine)
        self.backend = backend
        self._clock = backend.world.clock
        now = self._clock.instant
        kind = StateMachineType(machine.type)
        self.express = kind == StateMachineType.EXPRESS
        arn = execution_arn(backend, machine.name, name, express=self.express)
        super().__init__(
            name=name,
            sm_type=kind,
            role_arn=machine.roleArn,
            exec_arn=arn,
            account_id=backend.account_id,
            region_name=backend.region_name,
            state_machine=snapshot,
            start_date=now,
            cloud_watch_logging_session=logs.session_for(arn, machine, now),
            activity_store=backend.waiting_activities,
            input_data=text,
            trace_header=trace_header,
        )
        snapshot.sm_type = kind
        self.version_arn = machine.arn if isinstance(machine, StateMachineVersion) else None
        self.alias_arn = alias_arn
        # Whether it could be over before the caller who started it has seen it run.
        self.brief = from_outside and not self.express
        if self.version_arn:
            self.state_machine_arn = snapshot.source_arn
        self.redrive_count = 0
        self.behalf: dict[str, Any] = {}
        # How far the parts have come that run side by side, and what a redrive finds of them.
        self.progress: dict[Path, Part] = {}
        self.resume: dict[Path, Part] = {}
        self.over = threading.Event()
        self.redrive_date: datetime | None = None

    def _get_start_execution_worker_comm(self) -> BaseExecutionWorkerCommunication:
        return _Ending(self)

    @property
    def now(self) -> datetime:
        """The present instant in the execution's world."""
        return self._clock.instant

    @property
    def billed_ms(self) -> int:
        """For how long an Express execution is billed, which ends now if it has not ended yet."""
        return billed_ms(self.start_date, self.stop_date or self.now)

    @property
    def redrivable(self) -> str:
        """Why the execution cannot be redriven; nothing, if it can."""
        if self.express or self.exec_status == ExecutionStatus.SUCCEEDED:
            return "Execution is SUCCEEDED and cannot be redriven"
        if self.exec_status == ExecutionStatus.RUNNING:
            return "Execution is RUNNING and cannot be redriven"
        over_s = (self.now - self.start_date).total_seconds()
        if over_s > REDRIVE_LIMIT_S:
            return "Execution start is outside the 14 day redrivable period"
        return ""

    def described(self) -> dict[str, Any]:
        """The answer of DescribeExecution."""
        answer: dict[str, Any] = {
            "executionArn": self.exec_arn,
            "stateMachineArn": self.state_machine_arn,
            "name": self.name,
            "status": self.status,
            "startDate": self.start_date,
            "input": self.execution_input,
            "inputDetails": {"included": True},
            "redriveCount": self.redrive_count,
            **self._ended(),
            **self._origin(),
        }
        why_not = self.redrivable
        answer["redriveStatus"] = "NOT_REDRIVABLE" if why_not else "REDRIVABLE"
        if why_not:
            answer["redriveStatusReason"] = why_not
        if self.trace_header:
            answer["traceHeader"] = self.trace_header
        return answer

    def listed(self) -> dict[str, Any]:
        """The execution as an entry of ListExecutions."""
        return {
            "executionArn": self.exec_arn,
            "stateMachineArn": self.state_machine_arn,
            "name": self.name,
            "status": self.status,
            "startDate": self.start_date,
            **({} if self.stop_date is None else {"stopDate": self.stop_date}),
            **({"redriveCount": self.redrive_count} if not self.express else {}),
            **self._origin(),
        }

    def _origin(self) -> dict[str, Any]:
        """Which version and alias it was started from, and its latest redrive."""
        told: dict[str, Any] = {}
        if self.version_arn:
            told["stateMachineVersionArn"] = self.version_arn
        if self.alias_arn:
            told["stateMachineAliasArn"] = self.alias_arn
        if self.redrive_date:
            told["redriveDate"] = self.redrive_date
        return told

    def _ended(self) -> dict[str, Any]:
        told: dict[str, Any] = {}
        if self.status == ExecutionStatus.RUNNING.value:
            return told
        told["stopDate"] = self.stop_date
        if self.status == ExecutionStatus.SUCCEEDED.value:
            told["output"] = to_json_str(self.output, separators=(",", ":"))
            told["outputDetails"] = {"included": True}
        if self.error is not None:
            told["error"] = self.error
        if self.cause is not None:
            told["cause"] = self.cause
        return told


class SyncExecution(StatesExecution):
    """An execution of StartSyncExecution: it runs while its caller waits."""

    def _get_start_execution_worker(self) -> SyncExecutionWorker:
        started = super()._get_start_execution_worker()
        return SyncExecutionWorker(
            evaluation_details=started._evaluation_details,
            exec_comm=started._execution_communication,
            cloud_watch_logging_session=self._cloud_watch_logging_session,
            activity_store=self._activity_store,
        )

    def answer(self) -> dict[str, Any]:
        """The answer of StartSyncExecution.

        Source: AWS Step Functions API Reference, "StartSyncExecution"; billing: Developer Guide,
        "Choosing workflow type in Step Functions" (100 ms steps, 64 MB chunks).
        """
        told = self._ended()
        if self.status == ExecutionStatus.ABORTED.value:
            told.setdefault("error", "States.Runtime")
        return {
            "executionArn": self.exec_arn,
            "stateMachineArn": self.state_machine_arn,
            "name": self.name,
            "startDate": self.start_date,
            "status": self.status if self.status in _SYNC_STATUSES else "FAILED",
            "input": self.execution_input,
            "inputDetails": {"included": True},
            "outputDetails": {"included": True},
            **told,
            **({"traceHeader": self.trace_header} if self.trace_header else {}),
            "billingDetails": {
                "billedMemoryUsedInMB": EXPRESS_MEMORY_MB,
                "billedDurationInMilliseconds": self.billed_ms,
            },
        }


_SYNC_STATUSES = ("SUCCEEDED", "FAILED", "TIMED_OUT")


class _Ending(BaseExecutionWorkerCommunication):
    """What is written down when the interpreter has come to its end."""

    def terminated(self) -> None:
        run: Any = self.execution
        if run.exec_status != ExecutionStatus.RUNNING:
            return  # stopped: that was its end
        super().terminated()
        state = run.exec_worker.env.program_state()
        if isinstance(state, ProgramStopped):
            run.error, run.cause = state.error, state.cause
        run.over.set()
        telling.status_changed(run)


def execution_arn(backend: Any, machine: str, name: str, *, express: bool) -> str:
    """The ARN of an execution; those of Express end in an id, so that names may come again."""
    place = f"arn:{backend.partition}:states:{backend.region_name}:{backend.account_id}"
    if express:
        return f"{place}:express:{machine}:{name}:{mock_random.uuid4()}"
    return f"{place}:execution:{machine}:{name}"


def is_json(text: str) -> str:
    """Why `text` is no JSON, or nothing."""
    if not text.strip():
        return "Invalid execution input."
    wrong = jsontext.fault(text)
    return wrong.message if wrong else ""
