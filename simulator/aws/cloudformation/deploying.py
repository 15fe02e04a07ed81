"""Deployment of one stack: its resources come, change and go, and are rolled back where one fails.

Source: AWS CloudFormation User Guide, "Stack creation events", "Stack failure options",
"DeletionPolicy attribute", "UpdateReplacePolicy attribute".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from simulator.aws.cloudformation import secrets
from simulator.aws.cloudformation.blueprint import Blueprint, resolver_for
from simulator.aws.cloudformation.exceptions import ResourceFailed, invalid
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


class Deployment:
    """One operation on a stack's resources; `failed` is by what it did not go well."""

    def __init__(self, stack: Stack, blueprint: Blueprint) -> None:
        self.stack = stack
        self.blueprint = blueprint
        self.resolver: Resolver = resolver_for(stack, blueprint, self)
        self.failed: list[str] = []
        self.before: dict[str, tuple[str | None, dict[str, Any], dict[str, Any], Any]] = {}
        self.replaced: list[StackResource] = []

    # What the resolver asks.

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

    # What is done.

    def create(self) -> bool:
        """Make every resource; whether all went well."""
        walk(self.stack.world, self.blueprint.needs, self._make)
        return not self.failed

    def update(self) -> bool:
        """Make, change and replace resources; whether all went well."""
        walk(self.stack.world, self.blueprint.needs, self._make_or_change)
        return not self.failed

    def _make_or_change(self, name: str) -> bool:
        if name not in self.stack.resources:
            self.before[name] = (None, {}, {}, None)
            return self._make(name)
        return self._change(name)

    def _make(self, name: str) -> bool:
        declared = self.blueprint.wanted[name]
        resource = StackResource(name, declared["Type"], declared)
        self.stack.resources[name] = resource

        def work() -> None:
            self._bring_up(resource, self._kind(resource), self._properties(resource))

        return self._try(resource, "CREATE", work)

    def _bring_up(self, resource: StackResource, kind: Kind, properties: dict[str, Any]) -> None:
        told: list[str] = []
        resource.properties, before = properties, resource.properties
        status = "UPDATE_IN_PROGRESS" if before else "CREATE_IN_PROGRESS"
        if not before:
            self.stack.tell_of(resource, status)

        def begun(physical_id: str) -> None:
            if not told:
                told.append(physical_id)
                resource.physical_id = physical_id
                self.stack.tell_of(resource, status, "Resource creation Initiated")

        job = Job(self.stack, resource, properties, begun)
        physical_id = kind.create(job)
        begun(physical_id)
        resource.physical_id = physical_id
        self._take(kind.seconds)
        _wait_for_signals(self.stack, resource)

    def _change(self, name: str) -> bool:
        resource = self.stack.resources[name]
        declared = self.blueprint.wanted[name]
        before = (
            resource.physical_id,
            dict(resource.properties),
            dict(resource.attributes),
            resource.made,
        )
        try:
            properties = self._properties(resource, declared)
        except FAILURES as error:
            self.failed.append(name)
            self.stack.tell_of(resource, "UPDATE_FAILED", reason_of(error, resource.type))
            return False
        resource.declared = declared
        if declared["Type"] == resource.type and properties == before[1]:
            return True
        self.before[name] = before
        return self._try(resource, "UPDATE", lambda: self._alter(resource, properties, declared))

    def _alter(
        self, resource: StackResource, properties: dict[str, Any], declared: Mapping[str, Any]
    ) -> None:
        stack = self.stack
        kind = self._kind(resource)
        job = Job(stack, resource, properties)
        if declared["Type"] != resource.type:
            raise ResourceFailed(
                f"Update of resource type is not permitted. The new template modifies resource "
                f"type of the following resources: [{resource.logical_id}]"
            )
        if not kind.replaces(job):
            stack.tell_of(resource, "UPDATE_IN_PROGRESS")
            kind.update(job)
            resource.properties = properties
            self._take(kind.seconds)
            return
        _check_name_is_free(job, kind)
        stack.tell_of(
            resource,
            "UPDATE_IN_PROGRESS",
            "Requested update requires the creation of a new physical resource; hence creating "
            "one.",
        )
        old = StackResource(resource.logical_id, resource.type, resource.declared)
        old.physical_id, old.properties = resource.physical_id, resource.properties
        old.attributes, old.made = resource.attributes, resource.made
        resource.attributes = {}
        self._bring_up(resource, kind, properties)
        self.replaced.append(old)

    def _try(self, resource: StackResource, verb: str, work: Callable[[], None]) -> bool:
        try:
            work()
        except FAILURES as error:
            if not resource.properties and verb == "CREATE":
                self.stack.tell_of(resource, "CREATE_IN_PROGRESS")
            reason = reason_of(error, resource.type)
            self.failed.append(resource.logical_id)
            self.stack.tell_of(resource, f"{verb}_FAILED", reason)
            return False
        if self.failed:
            told = "creation" if verb == "CREATE" else "update"
            self.failed.append(resource.logical_id)
            self.stack.tell_of(resource, f"{verb}_FAILED", f"Resource {told} cancelled")
            return False
        self.stack.tell_of(resource, f"{verb}_COMPLETE")
        return True

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

    def undo(self) -> bool:
        """Put everything back as it was before an update; whether that went well."""
        well = True
        for name in reversed(list(self.before)):
            physical_id, properties, attributes, made = self.before[name]
            resource = self.stack.resources[name]
            if physical_id is None:
                continue  # it goes in the clean-up
            if resource.physical_id != physical_id:
                new = StackResource(name, resource.type, resource.declared, resource.properties)
                new.physical_id, new.attributes = resource.physical_id, resource.attributes
                new.made = resource.made
                self.replaced = [old for old in self.replaced if old.logical_id != name]
                self.replaced.append(new)
                resource.physical_id, resource.attributes = physical_id, attributes
                resource.properties, resource.made = properties, made
                self.stack.tell_of(resource, "UPDATE_COMPLETE")
                continue
            well = self._put_back(resource, properties) and well
        return well

    def _put_back(self, resource: StackResource, properties: dict[str, Any]) -> bool:
        tried = resource.properties
        self.stack.tell_of(resource, "UPDATE_IN_PROGRESS")
        try:
            self._kind(resource).update(Job(self.stack, resource, properties))
        except FAILURES as error:
            if tried is not properties and resource.reason is not None:
                self.stack.tell_of(resource, "UPDATE_FAILED", reason_of(error, resource.type))
                return False
        resource.properties = properties
        self.stack.tell_of(resource, "UPDATE_COMPLETE")
        return True

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
        if _kept(policy, declared, stack.status):
            stack.tell_of(resource, "DELETE_SKIPPED")
            return True
        stack.tell_of(resource, "DELETE_IN_PROGRESS")
        try:
            kind = self._kind(resource)
            kind.delete(Job(stack, resource, resource.properties))
        except FAILURES as error:
            if not is_gone(error):
                stack.tell_of(resource, "DELETE_FAILED", reason_of(error, resource.type))
                return False
        self._take(min(1.0, kind.seconds))
        stack.tell_of(resource, "DELETE_COMPLETE")
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


def _kept(policy: str, declared: Mapping[str, Any], status: str) -> bool:
    chosen = declared.get(policy, "Delete")
    if chosen == "RetainExceptOnCreate":
        return not status.startswith("ROLLBACK")
    # A snapshot is of the kinds of databases and volumes only.
    return str(chosen) == "Retain"


def _check_name_is_free(job: Job, kind: Kind) -> None:
    """A resource with a name of the template's cannot be there twice."""
    shape = kind.shape
    own = job.type.rpartition("::")[2]
    for name in (f"{own}Name", "Name"):
        given = job.properties.get(name)
        named = shape is not None and name in shape.replacing
        if named and given is not None and given == job.before.get(name):
            raise ResourceFailed(
                "CloudFormation cannot update a stack when a custom-named resource requires "
                f"replacing. Rename {given} and update the stack again."
            )


def _wait_for_signals(stack: Stack, resource: StackResource) -> None:
    """A creation policy: wait for as many signals as it wants."""
    wanted = (resource.declared.get("CreationPolicy") or {}).get("ResourceSignal")
    if not wanted:
        return
    from simulator.aws.cloudformation.waiting import await_signals, seconds_of

    count = int(wanted.get("Count", 1))
    await_signals(stack, resource, count, seconds_of(str(wanted.get("Timeout", "PT5M"))))
