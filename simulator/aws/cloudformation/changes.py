"""Change sets: what executing a template would do to a stack, before it is done.

Source: AWS CloudFormation User Guide, "Update CloudFormation stacks using change sets"; API
Reference, "ResourceChange", "ResourceChangeDetail", "ResourceTargetDefinition".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from moto.core.utils import utcnow

from simulator.aws.cloudformation import secrets
from simulator.aws.cloudformation.blueprint import Blueprint, resolver_for
from simulator.aws.cloudformation.deploying import FAILURES
from simulator.aws.cloudformation.kinds import kind_of
from simulator.aws.cloudformation.kinds.base import Job, StackResource

if TYPE_CHECKING:
    from datetime import datetime

    from simulator.aws.cloudformation.stack import Stack

UNKNOWN = "{{changeSet:KNOWN_AFTER_APPLY}}"
_POLICIES = ("DeletionPolicy", "UpdateReplacePolicy")


@dataclass
class ChangeSet:
    """A change set, in moto's words where moto's code reads it."""

    change_set_id: str
    change_set_name: str
    change_set_type: str
    stack: Stack
    template: str
    given: dict[str, Any]
    description: str | None
    notification_arns: list[str]
    tags: dict[str, str]
    role_arn: str | None
    capabilities: list[str]
    blueprint: Blueprint | None = None
    changes: list[dict[str, Any]] = field(default_factory=list)
    status: str = "CREATE_COMPLETE"
    execution_status: str = "AVAILABLE"
    status_reason: str | None = None
    on_failure: str | None = None
    monitored: dict[str, Any] = field(default_factory=dict)
    creation_time: datetime = field(default_factory=utcnow)
    include_nested: bool = False

    @property
    def stack_id(self) -> str:
        """The stack's id."""
        return self.stack.stack_id

    @property
    def stack_name(self) -> str:
        """The stack's name."""
        return self.stack.name

    def fail(self, reason: str) -> None:
        """It cannot be executed, and why."""
        self.status, self.execution_status, self.status_reason = "FAILED", "UNAVAILABLE", reason


class _Foreseen:
    """Resources as far as they can be known before the deployment."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self.replaced: dict[str, None] = {}
        self.changed: dict[str, None] = {}

    def reference(self, logical_id: str) -> Any:
        """What Ref is now; unknown for what is yet to be made."""
        resource = self._stack.resources.get(logical_id)
        if resource is None or logical_id in self.replaced:
            return UNKNOWN
        return resource.attributes.get("Ref", resource.physical_id)

    def attribute(self, logical_id: str, name: str) -> Any:
        """What Fn::GetAtt is now."""
        resource = self._stack.resources.get(logical_id)
        if resource is None or logical_id in self.replaced:
            return UNKNOWN
        kind = kind_of(resource.type)
        if kind is not None and hasattr(kind, "attribute"):
            return kind.attribute(Job(self._stack, resource, resource.properties), name)
        return resource.attributes.get(name, UNKNOWN)


def foresee(
    stack: Stack, blueprint: Blueprint, tags: Mapping[str, str] | None = None
) -> list[dict[str, Any]]:
    """What deploying a blueprint on a stack would change, as DescribeChangeSet has it.

    `tags` are what the stack's tags would be, where they were given.
    """
    retagged = bool(tags) and tags != stack.tags
    foreseen = _Foreseen(stack)
    resolver = resolver_for(stack, blueprint, foreseen)
    found: list[dict[str, Any]] = []
    from simulator.model.deployment import ordered

    for name in ordered(blueprint.needs):
        declared = blueprint.wanted[name]
        resource = stack.resources.get(name)
        if resource is None:
            added = _change("Add", name, declared["Type"])
            with suppress(*FAILURES):
                wanted = resolver.resolve(declared.get("Properties") or {})
                added["AfterContext"] = context(wanted)
            found.append(added)
            continue
        try:
            written = resolver.resolve(declared.get("Properties") or {})
            properties = secrets.resolve(stack, written)
            kind = kind_of(declared["Type"])
            if kind is not None and kind.shape is not None:
                properties = kind.shape.checked(name, properties)
        except FAILURES:
            properties = declared.get("Properties") or {}
        change = _modification(stack, resource, declared, properties, retagged=retagged)
        if change is not None:
            foreseen.changed[name] = None
            if change["Replacement"] == "True":
                foreseen.replaced[name] = None
            found.append(change)
    for name, resource in stack.resources.items():
        if name not in blueprint.wanted and resource.physical_id is not None:
            gone = _change("Remove", name, resource.type, resource.physical_id)
            gone["BeforeContext"] = context(_shown(resource.properties, resource.declared))
            policy = resource.declared.get("DeletionPolicy", "Delete")
            found.append({**gone, "PolicyAction": policy if policy == "Retain" else "Delete"})
    order = {"Add": 0, "Modify": 1, "Remove": 2}
    found.sort(key=lambda change: order[change["Action"]])
    return [{"Type": "Resource", "ResourceChange": change} for change in found]


def _change(action: str, name: str, kind: str, physical_id: str | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {
        "Action": action,
        "LogicalResourceId": name,
        "ResourceType": kind,
    }
    if action == "Modify":  # AWS sends empty lists with the others; they tell of changes only
        found.update(Scope=[], Details=[])
    if physical_id is not None:
        found["PhysicalResourceId"] = physical_id
    return found


def _values(before: Mapping[str, Any], after: Mapping[str, Any], name: str) -> dict[str, str]:
    """A property's values before and after, where it has them, and what is done to it."""
    found = {
        member: value if isinstance(value, str) else json.dumps(value, default=str)
        for member, properties in (("BeforeValue", before), ("AfterValue", after))
        if (value := properties.get(name)) is not None
    }
    change = "Modify" if len(found) == 2 else "Add" if "AfterValue" in found else "Remove"
    return {**found, "AttributeChangeType": change}


def _shown(properties: Mapping[str, Any], declared: Mapping[str, Any]) -> dict[str, Any]:
    """Properties with what refers to secrets as it is written."""
    written = declared.get("Properties") or {}
    return {
        name: written[name] if "{{resolve:" in str(written.get(name)) else value
        for name, value in properties.items()
    }


def context(properties: Mapping[str, Any]) -> str:
    """A resource's properties, as a change set shows them before and after."""
    return json.dumps({"Properties": properties}, default=str, separators=(",", ":"))


def _modification(
    stack: Stack,
    resource: StackResource,
    declared: Mapping[str, Any],
    properties: dict[str, Any],
    *,
    retagged: bool,
) -> dict[str, Any] | None:
    before = resource.properties
    names = sorted({*before, *properties})
    changed = [name for name in names if before.get(name) != properties.get(name)]
    policies = [p for p in _POLICIES if declared.get(p) != resource.declared.get(p)]
    kind = kind_of(resource.type)
    retagged = retagged and kind is not None and kind.shape is not None and bool(kind.shape.tags)
    if not changed and not policies and not retagged:
        return None
    replaced = False
    if kind is not None and changed:
        replaced = kind.replaces(Job(stack, resource, properties))
    change = _change("Modify", resource.logical_id, resource.type, resource.physical_id)
    change["Replacement"] = "True" if replaced else "False"
    now, then = _shown(properties, declared), _shown(before, resource.declared)
    change["BeforeContext"], change["AfterContext"] = context(then), context(now)
    change["Scope"] = [*(["Properties"] if changed else []), *policies]
    if retagged:
        change["Scope"].append("Tags")
        target = {"Attribute": "Tags", "RequiresRecreation": "Never"}
        source = {"Evaluation": "Static", "ChangeSource": "DirectModification"}
        change["Details"].append({"Target": target, **source})
    if replaced:
        change["PolicyAction"] = "ReplaceAndDelete"
    fixed = kind.shape.replacing if kind is not None and kind.shape is not None else frozenset()
    for name in changed:
        target = {
            "Attribute": "Properties",
            "Name": name,
            "RequiresRecreation": "Always" if name in fixed else "Never",
            "Path": f"/Properties/{name}",
            **_values(then, now, name),
        }
        dynamic = UNKNOWN in str(properties.get(name))
        change["Details"].append(
            {
                "Target": target,
                "Evaluation": "Dynamic" if dynamic else "Static",
                "ChangeSource": "DirectModification",
            }
        )
    return change
