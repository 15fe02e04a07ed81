"""CloudFormation's state: stacks, change sets and exports, and the operations on them.

Source: AWS CloudFormation User Guide, "Stack creation events", "Understand CloudFormation stack
creation events", "Updating stacks using change sets"; API Reference, "CreateStack" and its kin.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from moto.cloudformation import models as moto_models
from moto.cloudformation.exceptions import AlreadyExistsException
from moto.cloudformation.utils import generate_stack_id
from moto.core.utils import utcnow

from simulator.aws.cloudformation.blueprint import Blueprint, draw
from simulator.aws.cloudformation.deploying import FAILURES, Deployment
from simulator.aws.cloudformation.exceptions import InsufficientCapabilities, invalid
from simulator.aws.cloudformation.stack import Stack

_NAME = re.compile(
    r"[a-zA-Z0-9][-_a-zA-Z0-9]*"
)  # AWS takes no underscore and no digit first; moto does
_UPDATABLE = frozenset(
    {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE"}
    | {"IMPORT_ROLLBACK_COMPLETE"}
)


class FormationBackend(moto_models.CloudFormationBackend):
    """moto's backend with stacks that are really deployed."""

    stacks: dict[str, Stack]  # type: ignore[assignment]
    deleted_stacks: dict[str, Stack]  # type: ignore[assignment]

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.drift_detections: dict[str, dict[str, Any]] = {}
        self.drifts: dict[str, list[dict[str, Any]]] = {}
        self.macros: dict[str, str] = {}

    # Finding.

    def stack_or_none(self, name_or_id: str) -> Stack | None:
        """A stack by its id, deleted ones too, or by the name of one that is there."""
        found = self.stacks.get(name_or_id) or self.deleted_stacks.get(name_or_id)
        if found is None:
            found = next((s for s in self.stacks.values() if s.name == name_or_id), None)
        return found

    def get_stack(self, name_or_stack_id: str) -> Stack:
        """The same. Raises ValidationError where there is none."""
        found = self.stack_or_none(name_or_stack_id)
        if found is None:
            raise invalid(f"Stack with id {name_or_stack_id} does not exist")
        return found

    # Creating.

    def create_stack(
        self,
        name: str,
        template: str,
        parameters: Mapping[str, Any],
        notification_arns: list[str] | None = None,
        tags: dict[str, str] | None = None,
        role_arn: str | None = None,
        enable_termination_protection: bool | None = False,
        timeout_in_mins: int | None = None,
        stack_policy_body: str | None = None,
        capabilities: list[str] | None = None,
        on_failure: str = "ROLLBACK",
        parent: Stack | None = None,
        token: str | None = None,
        address: str | None = None,
    ) -> Stack:
        """Begin to create a stack; what fails later is told by its events."""
        stack = self.new_stack(
            name,
            template,
            parameters,
            notification_arns=notification_arns,
            tags=tags,
            role_arn=role_arn,
            enable_termination_protection=enable_termination_protection,
            timeout_in_mins=timeout_in_mins,
            stack_policy_body=stack_policy_body,
        )
        stack.client_request_token = token
        stack.address = address or stack.address
        if parent is not None:
            stack.parent_id, stack.root_id = parent.stack_id, parent.root_id or parent.stack_id
        blueprint = draw(stack, template, parameters)
        require(stack, blueprint, capabilities)
        self.stacks[stack.stack_id] = stack
        self.start_create(stack, blueprint, on_failure)
        return stack

    def new_stack(
        self, name: str, template: str, parameters: Mapping[str, Any], **options: Any
    ) -> Stack:
        """A stack that is of no backend yet. Raises AlreadyExistsException, ValidationError."""
        if not _NAME.fullmatch(name.removeprefix("StackSet:")) or len(name) > 128:
            raise invalid(
                f"1 validation error detected: Value '{name}' at 'stackName' failed to satisfy "
                "constraint: Member must satisfy regular expression pattern: "
                "[a-zA-Z][-a-zA-Z0-9]*|arn:[-a-zA-Z0-9:/._+]*"
            )
        there = next((s for s in self.stacks.values() if s.name == name), None)
        if there is not None:
            raise AlreadyExistsException(f"Stack [{name}] already exists")
        stack_id = generate_stack_id(name, self.region_name, self.account_id)
        return Stack(
            stack_id=stack_id,
            name=name,
            template=template,
            parameters=parameters,
            account_id=self.account_id,
            region_name=self.region_name,
            **options,
        )

    def begin_create(self, stack: Stack, template: str, parameters: Mapping[str, Any]) -> None:
        """Deploy a stack that is in no list: a stack set's hidden one."""
        self.start_create(stack, draw(stack, template, parameters), "ROLLBACK")

    def start_create(
        self,
        stack: Stack,
        blueprint: Blueprint,
        on_failure: str,
        reason: str = "User Initiated",
    ) -> None:
        """Start the operation that creates a stack's resources."""
        stack.blueprint, stack.template = blueprint, blueprint.text
        stack.disable_rollback = on_failure == "DO_NOTHING"
        stack.tell("CREATE_IN_PROGRESS", reason)
        self._start(stack, lambda: self._create(stack, blueprint, on_failure))

    def _start(self, stack: Stack, work: Callable[[], None]) -> None:
        def run() -> None:
            with suppress(_Superseded):
                work()

        stack.operation = stack.world.spawn(
            run, name=f"stack {stack.name}", actor="cloudformation", daemon=True
        )

    def _create(self, stack: Stack, blueprint: Blueprint, on_failure: str) -> None:
        deployment = Deployment(stack, blueprint)
        well = deployment.create()
        if well:
            trouble = self._publish_outputs(stack, deployment)
            if trouble is None:
                stack.tell("CREATE_COMPLETE")
                return
        else:
            named = ", ".join(deployment.failed)
            trouble = f"The following resource(s) failed to create: [{named}]."
        if on_failure == "DO_NOTHING":
            stack.tell("CREATE_FAILED", trouble)
            return
        verb = "DELETE" if on_failure == "DELETE" else "ROLLBACK"
        stack.tell(f"{verb}_IN_PROGRESS", f"{trouble} {_ASKED[verb]}")
        stuck = deployment.delete(list(stack.resources))
        if stuck:
            stack.tell(f"{verb}_FAILED", _stuck(stuck))
            return
        stack.tell(f"{verb}_COMPLETE")
        if on_failure == "DELETE":
            self._bury(stack)

    def _publish_outputs(self, stack: Stack, deployment: Deployment) -> str | None:
        """Work out and export the outputs; why that could not be."""
        try:
            outputs = deployment.outputs()
        except FAILURES as error:
            return str(getattr(error, "message", "") or error)
        for output in outputs:
            name = output.get("ExportName")
            there = self.exports.get(name) if name else None
            if there is not None and there.exporting_stack_id != stack.stack_id:
                owner = self.stacks.get(there.exporting_stack_id)
                by = owner.name if owner else there.exporting_stack_id
                return f"Export with name {name} is already exported by stack {by}. "
        gone = [e.name for e in stack.exports]
        for name in gone:
            self.exports.pop(name, None)
        stack.output_list = outputs
        for export in stack.exports:
            self.exports[export.name] = export
        return None

    # Updating.

    def start_update(
        self, stack: Stack, blueprint: Blueprint, disable_rollback: bool = False
    ) -> None:
        """Start the operation that updates a stack's resources."""
        stack.tell("UPDATE_IN_PROGRESS", "User Initiated")
        stack.last_updated_time = utcnow()
        self._start(stack, lambda: self._update(stack, blueprint, disable_rollback))

    def _update(self, stack: Stack, blueprint: Blueprint, disable_rollback: bool) -> None:
        deployment = Deployment(stack, blueprint)
        well, trouble = deployment.update(), None
        if well:
            trouble = self._publish_outputs(stack, deployment)
        else:
            named = ", ".join(deployment.failed)
            trouble = f"The following resource(s) failed to update: [{named}]. "
        if trouble is None:
            gone = [name for name in stack.resources if name not in blueprint.wanted]
            if gone or deployment.replaced:
                stack.tell("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
                deployment.clean_up(gone)
            stack.blueprint, stack.template = blueprint, blueprint.text
            stack.parameters = stack.stack_parameters
            stack.tell("UPDATE_COMPLETE")
        elif disable_rollback:
            stack.blueprint, stack.template = blueprint, blueprint.text
            stack.tell("UPDATE_FAILED", trouble)
        else:
            stack.tell("UPDATE_ROLLBACK_IN_PROGRESS", trouble)
            if not deployment.undo():
                stack.tell("UPDATE_ROLLBACK_FAILED", "Some resources could not be put back.")
                return
            old = stack.blueprint
            added = [name for name in stack.resources if not old or name not in old.wanted]
            stack.tell("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
            deployment.clean_up(added)
            stack.tell("UPDATE_ROLLBACK_COMPLETE")

    def check_updatable(self, stack: Stack) -> None:
        """Raise ValidationError for a stack in a state that cannot be updated."""
        if stack.status not in _UPDATABLE:
            raise invalid(
                f"Stack:{stack.stack_id} is in {stack.status} state and can not be updated."
            )

    # Deleting.

    def delete_stack(self, name_or_stack_id: str, retained: list[str] | None = None) -> None:
        """Begin to delete a stack; one that is not there is deleted already."""
        stack = self.stack_or_none(name_or_stack_id)
        if stack is None or stack.status in ("DELETE_COMPLETE", "DELETE_IN_PROGRESS"):
            return
        if stack.enable_termination_protection:
            raise invalid(
                f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled"
            )
        self.begin_delete(stack, retained)

    def begin_delete(self, stack: Stack, retained: list[str] | None = None) -> None:
        """Start the operation that deletes a stack."""
        for name in [export.name for export in stack.exports]:
            users = [s.name for s in self.stacks.values() if name in s.imports and s is not stack]
            if users:
                told = f"Export {name} cannot be deleted as it is in use by {' and '.join(users)}"
                stack.tell("DELETE_IN_PROGRESS", "User Initiated")
                stack.tell("DELETE_FAILED", told)
                return
        if stack.operation is not None and stack.operation.alive:
            stack.operation.interrupt(_Superseded())
        stack.tell("DELETE_IN_PROGRESS", "User Initiated")
        self._start(stack, lambda: self._delete(stack, retained or []))

    def _delete(self, stack: Stack, retained: list[str]) -> None:
        for name in retained:
            stack.resources.pop(name, None)
        if stack.blueprint is not None:
            deployment = Deployment(stack, stack.blueprint)
            stuck = deployment.delete(list(stack.resources))
            if stuck:
                stack.tell("DELETE_FAILED", _stuck(stuck))
                return
        stack.tell("DELETE_COMPLETE")
        self._bury(stack)

    def _bury(self, stack: Stack) -> None:
        stack.deletion_time = utcnow()
        for export in stack.exports:
            self.exports.pop(export.name, None)
        stack.output_list, stack.imports = [], {}
        if self.stacks.pop(stack.stack_id, None) is not None:
            self.deleted_stacks[stack.stack_id] = stack
        for name in [n for n, c in self.change_sets.items() if c.stack_id == stack.stack_id]:
            del self.change_sets[name]


class _Superseded(BaseException):
    """Another operation takes a stack over."""


_ASKED = {"ROLLBACK": "Rollback requested by user.", "DELETE": "Delete requested by user."}


def _stuck(names: list[str]) -> str:
    return f"The following resource(s) failed to delete: [{', '.join(names)}]. "


def require(stack: Stack, blueprint: Blueprint, given: list[str] | None) -> None:
    """Raise InsufficientCapabilities unless the caller acknowledges what a template does.

    None is of who is not asked: a nested stack, a stack set; and, as in moto, of CreateStack and
    UpdateStack without the parameter.
    """
    stack.capabilities = list(given or [])
    if given is None:
        return
    wanted = blueprint.capabilities()
    enough = [*given, *(["CAPABILITY_IAM"] if "CAPABILITY_NAMED_IAM" in given else [])]
    if any(each not in enough for each in wanted):
        raise InsufficientCapabilities(f"Requires capabilities : [{', '.join(wanted)}]")
