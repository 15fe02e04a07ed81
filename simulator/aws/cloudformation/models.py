"""CloudFormation's state: stacks, change sets and exports, and the operations on them.

Source: AWS CloudFormation User Guide, "Stack creation events", "Understand CloudFormation stack
creation events", "Updating stacks using change sets"; API Reference, "CreateStack" and its kin.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from moto.cloudformation import models as moto_models
from moto.cloudformation.exceptions import AlreadyExistsException
from moto.cloudformation.utils import generate_stack_id

from simulator.aws.cloudformation.blueprint import Blueprint, draw
from simulator.aws.cloudformation.exceptions import InsufficientCapabilities, invalid
from simulator.aws.cloudformation.lives import Lives
from simulator.aws.cloudformation.stack import Stack

_NAME = re.compile(
    r"[a-zA-Z0-9][-_a-zA-Z0-9]*"
)  # AWS takes no underscore and no digit first; moto does
_UPDATABLE = frozenset(
    {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "CREATE_FAILED"}
    | {"UPDATE_FAILED"}
)


class FormationBackend(Lives, moto_models.CloudFormationBackend):
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
        monitored: dict[str, Any] | None = None,
        retain_except_on_create: bool = False,
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
        stack.client_request_token, stack.monitored = token, monitored or {}
        stack.retain_except_on_create = retain_except_on_create
        if parent is not None:
            stack.parent_id, stack.root_id = parent.stack_id, parent.root_id or parent.stack_id
        blueprint = draw(stack, template, parameters)
        require(stack, blueprint, capabilities, direct=True)
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

    # Updating.

    def check_updatable(self, stack: Stack) -> None:
        """Raise ValidationError for a stack in a state that cannot be updated."""
        if stack.status not in _UPDATABLE:
            raise invalid(
                f"Stack:{stack.stack_id} is in {stack.status} state and can not be updated."
            )

    # Deleting.

    def delete_stack(
        self, name_or_stack_id: str, retained: list[str] | None = None, *, forced: bool = False
    ) -> None:
        """Begin to delete a stack; one that is not there is deleted already."""
        stack = self.stack_or_none(name_or_stack_id)
        if stack is None or stack.status in ("DELETE_COMPLETE", "DELETE_IN_PROGRESS"):
            return
        if stack.enable_termination_protection:
            raise invalid(
                f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled"
            )
        if forced and stack.status != "DELETE_FAILED":
            raise invalid(
                f"Stack [{stack.name}] is in {stack.status} state; DeletionMode FORCE_DELETE_STACK "
                "is for stacks in DELETE_FAILED state"
            )
        self.begin_delete(stack, retained, forced=forced)


def require(
    stack: Stack, blueprint: Blueprint, given: list[str] | None, *, direct: bool = False
) -> None:
    """Raise InsufficientCapabilities unless the caller acknowledges what a template does.

    None is of who is not asked: a nested stack, a stack set; and, as in moto, of CreateStack and
    UpdateStack without the parameter. `direct`: without a change set that shows what the macros
    have made, which wants an acknowledgement too.
    """
    stack.capabilities = list(given or [])
    if given is None:
        return
    wanted = blueprint.capabilities()
    if direct and blueprint.transforms:
        wanted.append("CAPABILITY_AUTO_EXPAND")
    enough = [*given, *(["CAPABILITY_IAM"] if "CAPABILITY_NAMED_IAM" in given else [])]
    if any(each not in enough for each in wanted):
        raise InsufficientCapabilities(f"Requires capabilities : [{', '.join(wanted)}]")
