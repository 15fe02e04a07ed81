"""An operation on a stack's resources: what they refer to, and how they are taken down.

Source: AWS CloudFormation User Guide, "DeletionPolicy attribute", "UpdateReplacePolicy attribute".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from simulator.aws.cloudformation import secrets
from simulator.aws.cloudformation.blueprint import Blueprint, resolver_for
from simulator.aws.cloudformation.exceptions import LeftInPlace, ResourceFailed, invalid
from simulator.aws.cloudformation.intrinsics import NO_VALUE, Resolver
from simulator.aws.cloudformation.kinds import kind_of
from simulator.aws.cloudformation.kinds.base import Job, Kind, StackResource, is_gone
from simulator.aws.cloudformation.reasons import reason_of
from simulator.aws.cloudformation.stack import Stack
from simulator.kernel import sleep
from simulator.model.deployment import turned, walk
from simulator.model.latency import NONE

# moto stumbles over what it has not foreseen; whatever goes wrong is the resource's failure.
FAILURES = (Exception,)


class Operation:
    """A stack, what it is to become, and what of it was replaced on the way."""

    def __init__(self, stack: Stack, blueprint: Blueprint) -> None:
        self.stack = stack
        self.blueprint = blueprint
        self.resolver: Resolver = resolver_for(stack, blueprint, self)
        self.replaced: list[StackResource] = []

    def reference(self, logical_id: str) -> Any:
        """A resource's Ref value."""
        resource = self.stack.resources.get(logical_id)
        if resource is None or logical_id not in self.blueprint.wanted:
            raise invalid(
                f"Template format error: Unresolved resource dependencies [{logical_id}] in the "
                "Resources block of the template"
            )
        return resource.attributes.get("Ref", resource.physical_id)

    def attribute(self, logical_id: str, name: str) -> Any:
        """A resource's attribute."""
        self.reference(logical_id)
        resource = self.stack.resources[logical_id]
        kind = kind_of(resource.type)
        value = resource.attributes.get(name, NO_VALUE)
        if value is NO_VALUE and kind is not None and hasattr(kind, "attribute"):
            value = kind.attribute(Job(self.stack, resource, resource.properties), name)
        if value is NO_VALUE:
            value = resource.properties.get(name, NO_VALUE)
        if value is NO_VALUE:
            raise invalid(
                f"Template error: resource {logical_id} does not support attribute type {name} "
                "in Fn::GetAtt"
            )
        return value

    def _take(self, seconds: float) -> None:
        """Let it take its time, where calls take any."""
        if self.stack.cloud.gateway.traffic.profile != NONE:
            sleep(seconds)

    def _kind(self, resource: StackResource) -> Kind:
        kind = kind_of(resource.type)
        if kind is None:
            raise ResourceFailed(
                f"Resource type {resource.type} is not implemented by Paddock; nothing was made"
            )
        return kind

    def _properties(
        self, resource: StackResource, declared: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """What a resource's properties come to. Raises ResourceFailed, ValidationError."""
        written = (declared or resource.declared).get("Properties") or {}
        found: dict[str, Any] = secrets.resolve(self.stack, self.resolver.resolve(written))
        kind = kind_of(resource.type)
        if kind is None:
            return found
        shape = kind.shape
        found = shape.checked(resource.logical_id, found) if shape else found
        for name in sorted(kind.unmade & found.keys()):
            raise ResourceFailed(
                f"Property {name} of {resource.type} is not implemented by Paddock"
            )
        return found

    def clean_up(self, names: list[str]) -> list[str]:
        """Delete what was replaced, and the resources `names`; those that would not go."""
        stuck = [
            old.logical_id
            for old in self.replaced
            if not self._take_down(old, "UpdateReplacePolicy", old.declared)
        ]
        return [*stuck, *self.delete(names)]

    def delete(self, names: list[str]) -> list[str]:
        """Delete resources, what needs others first; those that would not go."""
        stuck: list[str] = []
        known = self.stack.blueprint.needs if self.stack.blueprint else {}
        known = {**known, **self.blueprint.needs}
        there = [name for name in self.stack.resources if name in names]

        def go(name: str) -> bool:
            resource = self.stack.resources[name]
            if self._take_down(resource, "DeletionPolicy", resource.declared):
                del self.stack.resources[name]
            else:
                stuck.append(name)
            return True

        walk(self.stack.world, turned({name: known.get(name, []) for name in there}), go)
        return stuck

    def _take_down(self, resource: StackResource, policy: str, declared: Mapping[str, Any]) -> bool:
        stack = self.stack
        if resource.physical_id is None:
            return True
        if _kept(policy, declared, stack):
            stack.tell_of(resource, "DELETE_SKIPPED")
            return True
        stack.tell_of(resource, "DELETE_IN_PROGRESS")
        try:
            kind = self._kind(resource)
            kind.delete(Job(stack, resource, resource.properties))
        except LeftInPlace as left:
            stack.tell_of(resource, "DELETE_SKIPPED", str(left))
            return True
        except FAILURES as error:
            if not is_gone(error):
                stack.tell_of(resource, "DELETE_FAILED", reason_of(error, resource.type))
                return False
        self._take(min(1.0, kind.seconds))
        unsaved = declared.get(policy) == "Snapshot"
        told = f"Without effect in Paddock: {policy} Snapshot" if unsaved else None
        stack.tell_of(resource, "DELETE_COMPLETE", told)
        return True

    def outputs(self) -> list[dict[str, Any]]:
        """The outputs' values. Raises ValidationError where one cannot be worked out."""
        found: list[dict[str, Any]] = []
        for name, output in (self.blueprint.processed.get("Outputs") or {}).items():
            condition = output.get("Condition")
            if condition is not None and not self.resolver.condition(str(condition)):
                continue
            value = self.resolver.resolve(output["Value"])
            if value is NO_VALUE:
                continue
            if isinstance(value, (dict, list)):
                value = json.dumps(value)
            one: dict[str, Any] = {"OutputKey": name, "OutputValue": _text(value)}
            if output.get("Description") is not None:
                one["Description"] = str(output["Description"])
            if output.get("Export"):
                one["ExportName"] = _text(self.resolver.resolve(output["Export"]["Name"]))
            found.append(one)
        return found


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _kept(policy: str, declared: Mapping[str, Any], stack: Stack) -> bool:
    chosen, status = declared.get(policy, "Delete"), stack.status
    if stack.retain_except_on_create and chosen == "Retain":
        chosen = "RetainExceptOnCreate"
    if chosen == "RetainExceptOnCreate":
        return not status.startswith("ROLLBACK")
    return str(chosen) == "Retain"
