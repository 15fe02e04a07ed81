"""Step Functions' backend: moto's executing one, with Express, versions, aliases and redrive."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from moto.moto_api._internal import mock_random
from moto.stepfunctions.exceptions import ResourceNotFound
from moto.stepfunctions.models import StateMachine
from moto.stepfunctions.parser import models as parser_models
from moto.stepfunctions.parser.api import ExecutionStatus
from moto.stepfunctions.parser.asl.eval.program_state import ProgramStopped

from simulator.aws.states import activities, logs, parsing, redrive, routes, telling, tokens
from simulator.aws.states.children import Child
from simulator.aws.states.exceptions import (
    ExecutionAlreadyExists,
    ExecutionDoesNotExist,
    ExecutionNotRedrivable,
    InvalidArn,
    InvalidExecutionInput,
    StateMachineAlreadyExists,
    StateMachineDoesNotExist,
    StateMachineTypeNotSupported,
    ValidationException,
)
from simulator.aws.states.executions import (
    StatesExecution,
    SyncExecution,
    is_json,
)
from simulator.aws.states.program import fall_silent
from simulator.aws.states.revisions import publish as publish_revision
from simulator.aws.states.revisions import revised, revision, same
from simulator.kernel import current_fiber
from simulator.kernel.fiber import on_behalf

if TYPE_CHECKING:
    from simulator.world import World

_NOT_FOR_TYPE = "This operation is not supported by this type of state machine"
_PAYLOAD_LIMIT = 262_144


class StatesBackend(  # type: ignore[misc]  # its tokens answer nothing, as moto's own do
    activities.Activities,
    routes.Routes,
    tokens.Tokens,
    parser_models.StepFunctionsParserBackend,
):
    """moto's executing backend, acting in the account and the name of each execution."""

    world: World

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        # An index over the machines' executions, and what runs of Express workflows.
        self.running: dict[str, Any] = {}

    @property
    def _url_module(self) -> Any:
        from simulator.aws.states import urls

        return urls

    def _validate_machine_arn(self, machine_arn: str) -> None:
        routes.check_prefix(machine_arn)
        super()._validate_machine_arn(machine_arn)

    def _validate_execution_arn(self, execution_arn: str) -> None:
        routes.check_prefix(execution_arn)
        super()._validate_execution_arn(execution_arn)

    # machines

    def create_state_machine(  # type: ignore[override]  # moto leaves its own untyped
        self,
        name: str,
        definition: str,
        roleArn: str,  # noqa: N803  # moto's name
        **options: Any,
    ) -> StateMachine:
        """Create a machine. The same request again is answered again; another one is refused.

        Source: AWS Step Functions API Reference, "CreateStateMachine": definition, type, logging
        and tracing tell, not the role nor the tags.
        """
        kind = options.get("sm_type") or "STANDARD"
        parsing.validate(definition, kind)
        options["loggingConfiguration"] = logs.checked(options.get("loggingConfiguration"))
        for machine in self.state_machines:
            if machine.name == name and not same(machine, definition, kind, options):
                raise StateMachineAlreadyExists(f"State Machine Already Exists: '{machine.arn}'")
        created: StateMachine = super().create_state_machine(name, definition, roleArn, **options)
        return created

    def update_state_machine(  # type: ignore[override]  # moto's two backends differ here too
        self,
        arn: str,
        *,
        publish: bool | None = None,
        version_description: str | None = None,
        **changes: Any,
    ) -> StateMachine:
        """Change a machine: a new revision, if anything differs; published, if asked for."""
        before = revised(self.describe_state_machine(arn))
        logs.check_changed(changes.get("logging_configuration"))
        machine: Any = super().update_state_machine(arn, **changes)
        if revised(machine) != before:
            machine.revision_id = str(mock_random.uuid4())
        if publish:
            latest = machine.latest_version
            if latest and version_description and latest.description != version_description:
                # The same revision under another description: moto's clients want a version.
                machine.publish(version_description)
                machine.latest_version.revision_id = revision(machine)
            publish_revision(machine, version_description)
        updated: StateMachine = machine
        return updated

    def delete_state_machine(self, arn: str) -> None:
        """Delete a machine, its versions, aliases and executions; qualified, a version."""
        for machine in self.state_machines:
            if machine.arn == arn:
                for execution in machine.executions:
                    self.running.pop(execution.execution_arn, None)
        super().delete_state_machine(arn)

    def tag_resource(self, arn: str, tags: dict[str, str]) -> None:
        """Tag a machine or an activity; versions and aliases carry no tags."""
        self._check_taggable(arn)
        super().tag_resource(arn, tags)

    def untag_resource(self, arn: str, tag_keys: list[str]) -> None:
        """Take tags off a machine or an activity."""
        self._check_taggable(arn)
        super().untag_resource(arn, tag_keys)

    def _check_taggable(self, arn: str) -> None:
        if arn not in self.activities and all(
            machine.arn != arn for machine in self.state_machines
        ):
            raise ResourceNotFound(arn)

    # executions

    def resolve(self, arn: str) -> tuple[Any, Any, str | None]:
        """The machine of an ARN, what of it to run, and the alias that chose it."""
        self._validate_machine_arn(arn)
        base, _, last = arn.rpartition(":")
        if len(arn.split(":")) <= 7:
            machine = self._machine(arn)
            return machine, machine, None
        machine = self._machine(base, arn)
        if last.isdigit() and int(last) in machine.versions:
            return machine, machine.versions[int(last)], None
        if last in machine.aliases:
            return machine, self.routed(machine.aliases[last]), arn
        raise StateMachineDoesNotExist(f"State Machine Does Not Exist: '{arn}'")

    def _machine(self, arn: str, asked: str = "") -> Any:
        for machine in self.state_machines:
            if machine.arn == arn:
                return machine
        raise StateMachineDoesNotExist(f"State Machine Does Not Exist: '{asked or arn}'")

    def start_execution(  # type: ignore[override]  # moto leaves its own defaults untyped
        self,
        state_machine_arn: str,
        name: str | None = None,
        execution_input: str | None = None,
        trace_header: str | None = None,
    ) -> StatesExecution:
        """Start an execution; without a name it gets one of its own, as on AWS."""
        text = "{}" if execution_input is None else execution_input
        return self._start(StatesExecution, state_machine_arn, name, text, trace_header)

    def start_sync_execution(
        self, state_machine_arn: str, name: str | None, text: str, trace_header: str | None
    ) -> SyncExecution:
        """Run an Express execution to its end, while the caller waits."""
        if self.resolve(state_machine_arn)[0].type != "EXPRESS":
            raise StateMachineTypeNotSupported(_NOT_FOR_TYPE)
        run = self._start(SyncExecution, state_machine_arn, name, text, trace_header)
        assert isinstance(run, SyncExecution)
        return run

    def _start(
        self,
        made_as: Callable[..., StatesExecution],
        arn: str,
        name: str | None,
        text: str,
        trace_header: str | None,
    ) -> StatesExecution:
        machine, chosen, alias = self.resolve(arn)
        if name:
            self._validate_name(name)
        _check_input(text)
        name = name or str(mock_random.uuid4())
        express = machine.type == "EXPRESS"
        if not express:
            before = self.running.get(self._arn_of(machine.name, name))
            if before is not None:
                if before.status == "RUNNING" and before.execution_input == text:
                    known: StatesExecution = before
                    return known
                raise ExecutionAlreadyExists(f"Execution Already Exists: '{before.exec_arn}'")
        fiber = current_fiber()
        outside = fiber is not None and bool(fiber.context.get("served"))
        behalf = {
            "actor": f"states:{machine.name}",
            "account": self.account_id,
            "machine": machine.name,
            "execution": name,
            "role": chosen.roleArn,
            "states_arn": machine.arn,
        }
        with on_behalf(**behalf):
            run = made_as(
                self,
                chosen,
                name,
                text,
                alias_arn=alias,
                from_outside=outside,
                trace_header=trace_header,
            )
            if not express:
                machine.executions.append(run)
                self.running[run.exec_arn] = run
            run.behalf = {**behalf, "run": run, "served": False, "parts": ()}
            with on_behalf(**run.behalf):
                run.start()
            if run.status == "RUNNING":
                telling.status_changed(run)
        return run

    def _arn_of(self, machine: str, name: str) -> str:
        place = f"arn:{self.partition}:states:{self.region_name}:{self.account_id}"
        return f"{place}:execution:{machine}:{name}"

    def describe_execution(self, execution_arn: str) -> Any:
        """The execution or map run's child of an ARN; those of Express workflows are not kept."""
        _no_express(execution_arn)
        self._validate_execution_arn(execution_arn)
        execution = self.running.get(execution_arn)
        if execution is None:
            raise ExecutionDoesNotExist(f"Execution Does Not Exist: '{execution_arn}'")
        return execution

    def stop_execution(
        self, execution_arn: str, error: str | None = None, cause: str | None = None
    ) -> Any:
        """Abort an execution, at once; one that is over stays as it ended."""
        execution = self.describe_execution(execution_arn)
        if isinstance(execution, Child):
            execution.stop(error, cause)
            return execution
        if execution.exec_status == ExecutionStatus.RUNNING:
            now = self.world.clock.instant
            execution.stop(stop_date=now, error=error, cause=cause)
            env: Any = execution.exec_worker.env if execution.exec_worker else None
            if env is not None and not env.is_running():
                # Its states are over, its end is not told yet: it ends as aborted.
                env._program_state = ProgramStopped(now, error, cause)
            if env is not None:
                fall_silent(env)
            execution.exec_status, execution.stop_date = ExecutionStatus.ABORTED, now
            execution.error, execution.cause = error, cause
            execution.over.set()
            telling.status_changed(execution)
        return execution

    def redrive_execution(self, execution_arn: str) -> StatesExecution:
        """Run a failed execution again from where it failed."""
        execution = self.describe_execution(execution_arn)
        if isinstance(execution, Child):
            raise ExecutionNotRedrivable("Child executions are redriven with their map run")
        redrive.redrive(execution)
        again: StatesExecution = execution
        return again

    def children_of(self, map_run_arn: str) -> list[Child]:
        """The child executions of a map run, newest first.

        Raises:
            ResourceNotFound: there is no such map run.
            StateMachineTypeNotSupported: the children are Express; those are not kept.
        """
        record = self._map_run_of(map_run_arn)
        if getattr(record, "express", False):
            raise StateMachineTypeNotSupported(_NOT_FOR_TYPE)
        found = getattr(record, "children", {})
        return [child for _, child in sorted(found.items(), reverse=True)]

    def _map_run_of(self, arn: str) -> Any:
        for execution in self._get_executions():
            env: Any = execution.exec_worker.env if execution.exec_worker else None
            record = env.map_run_record_pool_manager.get(arn) if env else None
            if record is not None:
                return record
        raise ResourceNotFound(arn)

    def describe_map_run(self, map_run_arn: str) -> dict[str, Any]:
        """A map run: its status, its counts."""
        told: dict[str, Any] = self._map_run_of(map_run_arn).describe()
        return told

    def update_map_run(self, map_run_arn: str, *given: Any, **changes: Any) -> None:
        """Change the concurrency and the thresholds of a map run."""
        self._map_run_of(map_run_arn)
        super().update_map_run(map_run_arn, *given, **changes)

    def executions_of(self, arn: str) -> list[StatesExecution]:
        """The executions started by an ARN, newest first: of a machine, a version or an alias."""
        machine = self.resolve(arn)[0]
        if machine.type == "EXPRESS":
            raise StateMachineTypeNotSupported(_NOT_FOR_TYPE)
        found = machine.executions
        if arn != machine.arn:
            found = [run for run in found if arn in (run.version_arn, run.alias_arn)]
        return list(reversed(found))


def _check_input(text: str) -> None:
    if len(text.encode()) > _PAYLOAD_LIMIT:
        raise ValidationException(
            "1 validation error detected: Value at 'input' failed to satisfy constraint: "
            f"Member must have length less than or equal to {_PAYLOAD_LIMIT}"
        )
    wrong = is_json(text)
    if wrong:
        raise InvalidExecutionInput(f"Invalid State Machine Execution Input: '{wrong}'")


def _no_express(arn: str) -> None:
    if ":express:" in arn:
        raise InvalidArn("Invalid Arn: 'Resource type not valid in this context: express'")
