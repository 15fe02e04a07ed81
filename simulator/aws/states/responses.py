"""Step Functions over the wire: moto's parsing and serialising, and the calls moto has not."""

from __future__ import annotations

import base64
import binascii
import copy
import json
from collections.abc import Mapping, Sequence
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.stepfunctions.models import StateMachineVersion
from moto.stepfunctions.responses import StepFunctionResponse

from simulator.aws.states import checking, routes, trying
from simulator.aws.states.exceptions import InvalidToken, ValidationException
from simulator.aws.states.models import StatesBackend
from simulator.aws.states.references import references
from simulator.aws.states.revisions import revision

_DATA = ("input", "output", "inputDetails", "outputDetails", "parameters")
_SELECTING = (
    "stateMachineArn",
    "executionArn",
    "mapRunArn",
    "statusFilter",
    "redriveFilter",
    "reverseOrder",
)
_STATUSES = ("SUCCEEDED", "TIMED_OUT", "PENDING_REDRIVE", "ABORTED", "FAILED", "RUNNING")
_PAGE = 100
_LARGEST_PAGE = 1_000
_LONGEST_TOKEN = 1_024
_LONGEST_TOKENS = {"ListExecutions": 3_096}


class StatesResponse(StepFunctionResponse):
    """One call of Step Functions."""

    @property
    def backend(self) -> StatesBackend:
        """The backend of the caller's account and Region."""
        backend = self.stepfunction_backend
        assert isinstance(backend, StatesBackend)
        return backend

    # machines and versions

    def _describe_state_machine(self, state_machine_arn: str) -> ActionResult:
        answer: Any = super()._describe_state_machine(state_machine_arn).result
        described = dict(answer)
        machine = self.backend.describe_state_machine(state_machine_arn)
        if revision(machine):
            described["revisionId"] = revision(machine)
        return ActionResult(described | _referring(machine))

    def describe_state_machine_for_execution(self) -> ActionResult:
        """The machine as the execution knows it."""
        run = self.backend.describe_execution(self._get_param("executionArn"))
        machine: Any = run.state_machine
        answer: dict[str, Any] = {
            "stateMachineArn": run.state_machine_arn,
            "name": machine.name,
            "definition": machine.definition,
            "roleArn": machine.roleArn,
            "updateDate": machine.update_date,
            "loggingConfiguration": machine.loggingConfiguration,
            "tracingConfiguration": machine.tracingConfiguration,
            "encryptionConfiguration": machine.encryptionConfiguration,
            **({"revisionId": revision(machine)} if revision(machine) else {}),
            **_referring(machine),
        }
        return ActionResult(answer)

    def update_state_machine(self) -> ActionResult:
        """Change a machine; later executions see it."""
        machine = self.backend.describe_state_machine(self._get_param("stateMachineArn"))
        answer: Any = super().update_state_machine().result
        kept = revision(machine)
        return ActionResult(answer | ({"revisionId": kept} if kept else {}))

    def list_state_machines(self) -> ActionResult:
        """The machines, oldest first."""
        page, token = self._page(list(self.backend.state_machines))
        listed = [
            {
                "stateMachineArn": each.arn,
                "name": each.name,
                "type": each.type,
                "creationDate": each.creation_date,
            }
            for each in page
        ]
        return ActionResult({"stateMachines": listed, **token})

    def publish_state_machine_version(self) -> ActionResult:
        """Publish the machine as it is."""
        version = self.backend.publish_version(
            self._get_param("stateMachineArn"),
            self._get_param("description"),
            self._get_param("revisionId"),
        )
        answer = {"creationDate": version.creation_date, "stateMachineVersionArn": version.arn}
        return ActionResult(answer)

    def delete_state_machine_version(self) -> ActionResult:
        """Delete a version that no alias routes to."""
        self.backend.delete_version(self._get_param("stateMachineVersionArn"))
        return EmptyResult()

    def list_state_machine_versions(self) -> ActionResult:
        """A machine's versions, newest first."""
        machine = self.backend.describe_state_machine(self._get_param("stateMachineArn"))
        versions: list[StateMachineVersion] = list(reversed(machine.versions.values()))
        page, token = self._page(versions)
        listed = [
            {"stateMachineVersionArn": each.arn, "creationDate": each.creation_date}
            for each in page
        ]
        return ActionResult({"stateMachineVersions": listed, **token})

    def create_state_machine_alias(self) -> ActionResult:
        """Create an alias of one version or two."""
        routes.check_routes(self._get_param("routingConfiguration", if_none=[]))
        return super().create_state_machine_alias()

    def validate_state_machine_definition(self) -> ActionResult:
        """Say what is wrong with a definition."""
        return ActionResult(
            checking.diagnosed(
                self._get_param("definition"),
                self._get_param("type") or "STANDARD",
                self._get_int_param("maxResults") or _PAGE,
            )
        )

    def test_state(self) -> ActionResult:
        """Run one state by itself."""
        return ActionResult(
            trying.try_state(
                self.backend, {name: self._get_param(name) for name in trying.PARAMETERS}
            )
        )

    # executions

    def start_execution(self) -> ActionResult:
        """Start an execution."""
        run = self.backend.start_execution(
            self._get_param("stateMachineArn"),
            self._get_param("name"),
            self._get_param("input", if_none="{}"),
            self._get_param("traceHeader"),
        )
        return ActionResult({"executionArn": run.exec_arn, "startDate": run.start_date})

    def start_sync_execution(self) -> ActionResult:
        """Run an Express execution and wait for it."""
        run = self.backend.start_sync_execution(
            self._get_param("stateMachineArn"),
            self._get_param("name"),
            self._get_param("input", if_none="{}"),
            self._get_param("traceHeader"),
        )
        return ActionResult(run.answer())

    def describe_execution(self) -> ActionResult:
        """What became of an execution."""
        run = self.backend.describe_execution(self._get_param("executionArn"))
        return ActionResult(run.described())

    def list_executions(self) -> ActionResult:
        """The executions of a machine, version or alias, or of a map run, newest first."""
        runs: list[Any]
        machine, map_run = self._get_param("stateMachineArn"), self._get_param("mapRunArn")
        if bool(machine) == bool(map_run):
            raise ValidationException("Must specify either a stateMachineArn or a mapRunArn")
        if map_run:
            runs = list(self.backend.children_of(map_run))
        else:
            runs = list(self.backend.executions_of(machine))
        status = self._get_param("statusFilter")
        if status not in (None, *_STATUSES):
            raise ValidationException(
                f"1 validation error detected: Value '{status}' at 'statusFilter' failed to "
                f"satisfy constraint: Member must satisfy enum value set: [{', '.join(_STATUSES)}]"
            )
        wanted = {"REDRIVEN": True, "NOT_REDRIVEN": False}.get(self._get_param("redriveFilter"))
        found = [
            run
            for run in runs
            if status in (None, run.status)
            and (wanted is None or bool(run.redrive_count) == wanted)
        ]
        page, token = self._page(found)
        return ActionResult({"executions": [run.listed() for run in page], **token})

    def stop_execution(self) -> ActionResult:
        """Abort an execution."""
        run = self.backend.stop_execution(
            self._get_param("executionArn"), self._get_param("error"), self._get_param("cause")
        )
        return ActionResult({"stopDate": run.stop_date})

    def redrive_execution(self) -> ActionResult:
        """Go on with a failed execution where it failed."""
        run = self.backend.redrive_execution(self._get_param("executionArn"))
        return ActionResult({"redriveDate": run.redrive_date})

    def get_execution_history(self) -> ActionResult:
        """The events of an execution, a page at a time."""
        run = self.backend.describe_execution(self._get_param("executionArn"))
        env = run.exec_worker.env if run.exec_worker else None
        kept: Sequence[Any] = env.event_manager._history_event_list if env else ()
        events = list(kept)
        if self._get_bool_param("reverseOrder"):
            events.reverse()
        page, token = self._page(events)
        page = copy.deepcopy(page)
        if self._get_param("includeExecutionData") is False:
            for event in page:
                _without_data(event)
        return ActionResult({"events": page, **token})

    def list_map_runs(self) -> ActionResult:
        """The map runs of an execution, a page at a time."""
        found = self.backend.list_map_runs(self._get_param("executionArn"))["mapRuns"]
        page, token = self._page(found)
        return ActionResult({"mapRuns": page, **token})

    # tasks

    def send_task_failure(self) -> ActionResult:
        """A task has failed."""
        self.backend.send_task_failure(
            self._get_param("taskToken"), self._get_param("error"), self._get_param("cause")
        )
        return EmptyResult()

    def get_activity_task(self) -> ActionResult:
        """The next task of an activity."""
        answer = self.backend.get_activity_task(
            self._get_param("activityArn"), self._get_param("workerName")
        )
        return ActionResult(answer)

    def _page(self, items: list[Any]) -> tuple[list[Any], dict[str, str]]:
        """The part of a list that was asked for, and the token of the next one."""
        size = self._get_int_param("maxResults") or _PAGE
        if size > _LARGEST_PAGE:
            raise ValidationException(
                f"1 validation error detected: Value '{size}' at 'maxResults' failed to satisfy "
                f"constraint: Member must have value less than or equal to {_LARGEST_PAGE}"
            )
        token = self._get_param("nextToken") or ""
        longest = _LONGEST_TOKENS.get(self._get_action(), _LONGEST_TOKEN)
        if len(token) > longest:
            raise ValidationException(
                f"1 validation error detected: Value '{token}' at 'nextToken' failed to satisfy "
                f"constraint: Member must have length less than or equal to {longest}"
            )
        asked = {name: self._get_param(name) for name in _SELECTING}
        start = _offset(token, asked)
        end = start + size
        following = {"nextToken": _token(end, asked)} if end < len(items) else {}
        return items[start:end], following


def _referring(machine: Any) -> dict[str, Any]:
    found = references(machine.definition)
    return {"variableReferences": found} if found else {}


def _token(offset: int, asked: Mapping[str, Any]) -> str:
    text = json.dumps([offset, asked], sort_keys=True)
    return base64.urlsafe_b64encode(text.encode()).decode()


def _offset(token: str, asked: Mapping[str, Any]) -> int:
    if not token:
        return 0
    try:
        offset, asked_before = json.loads(base64.urlsafe_b64decode(token))
    except (ValueError, binascii.Error) as error:
        raise InvalidToken("Invalid Token: 'Invalid token'") from error
    if asked_before != dict(asked):
        raise InvalidToken("Invalid Token: 'Input inconsistent with page token'")
    return int(offset)


def _without_data(event: dict[str, Any]) -> None:
    for details in event.values():
        if isinstance(details, dict):
            for name in _DATA:
                details.pop(name, None)
