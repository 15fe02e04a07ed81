"""What is done with change sets: made, found, executed, deleted.

Source: AWS CloudFormation API Reference, "CreateChangeSet", "ExecuteChangeSet".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from moto.cloudformation.exceptions import AlreadyExistsException
from moto.cloudformation.utils import generate_changeset_id

from simulator.aws.cloudformation.blueprint import Blueprint, draw
from simulator.aws.cloudformation.changes import ChangeSet, foresee
from simulator.aws.cloudformation.exceptions import (
    ChangeSetNotFound,
    InsufficientCapabilities,
    InvalidChangeSetStatus,
    ValidationError,
    invalid,
)
from simulator.aws.cloudformation.models import require
from simulator.aws.cloudformation.stack import Stack

if TYPE_CHECKING:
    from simulator.aws.cloudformation.models import FormationBackend

_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]{0,127}")
NO_CHANGES = (
    "The submitted information didn't contain changes. Submit different information to create a "
    "change set."
)


def change_sets(backend: FormationBackend) -> list[ChangeSet]:
    """All change sets of an account and Region."""
    return cast("list[ChangeSet]", list(backend.change_sets.values()))


def is_same(stack: Stack, blueprint: Blueprint) -> bool:
    """Whether deploying a blueprint would change nothing at all."""
    before = stack.blueprint
    if before is None or before.given() != blueprint.given() or foresee(stack, blueprint):
        return False
    return (before.processed.get("Outputs") or {}) == (blueprint.processed.get("Outputs") or {})


def create(
    backend: FormationBackend,
    stack: Stack | None,
    kind: str,
    *,
    stack_name: str,
    name: str,
    text: str,
    given: dict[str, Any],
    capabilities: list[str],
    **options: Any,
) -> ChangeSet:
    """Make a change set, and its stack if it is to be a new one. Raises ValidationError."""
    if not _NAME.fullmatch(name):
        raise invalid(
            f"1 validation error detected: Value '{name}' at 'changeSetName' failed to satisfy "
            "constraint: Member must satisfy regular expression pattern: "
            "[a-zA-Z][-a-zA-Z0-9]*|arn:[-a-zA-Z0-9:/._+]*"
        )
    if kind == "CREATE":
        if stack is not None and stack.status != "REVIEW_IN_PROGRESS":
            raise invalid(
                f"Stack [{stack_name}] already exists and cannot be created again with "
                f"the changeSet [{name}]."
            )
        if stack is None:
            stack = backend.new_stack(stack_name, "", given, tags=options["tags"])
            backend.stacks[stack.stack_id] = stack
            stack.tell("REVIEW_IN_PROGRESS", "User Initiated")
    elif stack is None:
        raise invalid(f"Stack [{stack_name}] does not exist")
    elif stack.status != "REVIEW_IN_PROGRESS":
        backend.check_updatable(stack)
    for other in [c for c in change_sets(backend) if c.stack is stack]:
        if other.change_set_name == name:
            if other.execution_status == "AVAILABLE":
                raise AlreadyExistsException(f"ChangeSet {name} already exists")
            del backend.change_sets[other.change_set_id]
    made = ChangeSet(
        change_set_id=generate_changeset_id(name, backend.region_name, backend.account_id),
        change_set_name=name,
        change_set_type=kind,
        stack=stack,
        template=text,
        given=given,
        capabilities=capabilities,
        **options,
    )
    backend.change_sets[made.change_set_id] = made
    try:
        made.blueprint = draw(stack, text, given)
        require(stack, made.blueprint, capabilities)
    except Exception as error:
        of_template = isinstance(error, ValidationError | InsufficientCapabilities)
        told = str(error.message) if of_template else ""  # type: ignore[attr-defined]
        if not told.startswith("Transform "):
            del backend.change_sets[made.change_set_id]
            if kind == "CREATE" and len(stack.events) == 1:
                del backend.stacks[stack.stack_id]
            raise
        made.fail(told)
        return made
    same_tags = not made.tags or made.tags == stack.tags
    if kind == "UPDATE" and same_tags and is_same(stack, made.blueprint):
        made.fail(NO_CHANGES)
        return made
    made.changes = foresee(stack, made.blueprint, made.tags)
    return made


def find(backend: FormationBackend, name: str, stack_name: str | None) -> ChangeSet:
    """A change set by its id, or its name and its stack's. Raises ChangeSetNotFound."""
    for each in change_sets(backend):
        if each.change_set_id == name:
            return each
        if each.change_set_name == name and stack_name in (
            None,
            each.stack_name,
            each.stack_id,
        ):
            return each
    if stack_name and backend.stack_or_none(stack_name) is None:
        raise invalid(f"Stack [{stack_name}] does not exist")
    raise ChangeSetNotFound(f"ChangeSet [{name}] does not exist")


def delete(backend: FormationBackend, name: str, stack_name: str | None) -> None:
    """Delete a change set; one that is not there is deleted already."""
    try:
        found = find(backend, name, stack_name)
    except ChangeSetNotFound:
        if name.startswith("arn:"):
            return
        raise
    del backend.change_sets[found.change_set_id]


def execute(
    backend: FormationBackend,
    name: str,
    stack_name: str | None,
    disable_rollback: bool,
    retain_except_on_create: bool,
) -> None:
    """Start the deployment that a change set foresees."""
    found = find(backend, name, stack_name)
    if found.execution_status != "AVAILABLE" or found.blueprint is None:
        raise InvalidChangeSetStatus(
            f"ChangeSet [{found.change_set_id}] cannot be executed in its current execution "
            f"status of [{found.execution_status}]"
        )
    stack = found.stack
    stack.retain_except_on_create = retain_except_on_create
    stack.monitored = found.monitored or stack.monitored
    stack.role_arn = found.role_arn or stack.role_arn
    stack.change_set_id = found.change_set_id
    if found.notification_arns:
        stack.notification_arns = found.notification_arns
    found.execution_status = "EXECUTE_COMPLETE"
    for other in change_sets(backend):
        if other.stack is stack and other is not found:
            other.execution_status = "OBSOLETE"
    if stack.status == "REVIEW_IN_PROGRESS":
        on_failure = found.on_failure or ("DO_NOTHING" if disable_rollback else "ROLLBACK")
        stack.parameters, stack.tags = found.given, found.tags or stack.tags
        backend.start_create(stack, found.blueprint, on_failure)
    else:
        backend.start_update(stack, found.blueprint, disable_rollback, tags=found.tags or None)
