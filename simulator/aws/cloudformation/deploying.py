"""Deployment of one stack: its resources come, change and go, and are rolled back where one fails.

Source: AWS CloudFormation User Guide, "Stack creation events", "Stack failure options".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from simulator.aws.cloudformation.blueprint import Blueprint
from simulator.aws.cloudformation.exceptions import ResourceFailed
from simulator.aws.cloudformation.kinds import kind_of
from simulator.aws.cloudformation.kinds.base import Job, Kind, StackResource
from simulator.aws.cloudformation.kinds.tagging import retag
from simulator.aws.cloudformation.operation import FAILURES, Operation
from simulator.aws.cloudformation.policies import StackPolicy
from simulator.aws.cloudformation.reasons import reason_of
from simulator.aws.cloudformation.stack import Stack
from simulator.model.deployment import walk

__all__ = ["FAILURES", "Deployment"]


class Deployment(Operation):
    """The making or changing of a stack's resources; `failed` is by what it did not go well."""

    def __init__(
        self, stack: Stack, blueprint: Blueprint, policy: StackPolicy | None = None
    ) -> None:
        super().__init__(stack, blueprint)
        self.failed: list[str] = []
        self.before: dict[str, StackResource | None] = {}
        self._policy = policy or StackPolicy("")
        # What the stack was before an update: its blueprint and its tags.
        self.stable: tuple[Blueprint | None, dict[str, str]] = (stack.blueprint, stack.tags)

    def create(self) -> bool:
        """Make every resource; whether all went well."""
        walk(self.stack.world, self.blueprint.needs, self._make)
        return not self.failed

    def update(self) -> bool:
        """Make, change and replace resources; whether all went well."""
        for name, resource in self.stack.resources.items():
            if name not in self.blueprint.wanted:
                denied = self._policy.refusal("Update:Delete", name, resource.type)
                if denied:
                    self._fail(resource, "UPDATE", denied)
        if not self.failed:
            walk(self.stack.world, self.blueprint.needs, self._make_or_change)
        return not self.failed

    def _fail(self, resource: StackResource, verb: str, reason: str) -> None:
        self.failed.append(resource.logical_id)
        self.stack.tell_of(resource, f"{verb}_FAILED", reason)

    def _make_or_change(self, name: str) -> bool:
        resource = self.stack.resources.get(name)
        if resource is None or resource.status == "CREATE_FAILED":
            if resource is not None:  # of a stack that was left as it failed
                self._take_down(resource, "DeletionPolicy", {})
            self.before[name] = None
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
        resource.tags = _tags(job, kind)
        resource.idle = job.properties.unread()
        resource.idle.extend(f"UpdatePolicy/{n}" for n in resource.declared.get("UpdatePolicy", ()))
        self._take(kind.seconds)
        _wait_for_signals(self.stack, resource)

    def _change(self, name: str) -> bool:
        resource = self.stack.resources[name]
        declared = self.blueprint.wanted[name]
        before = replace(
            resource,
            properties=dict(resource.properties),
            attributes=dict(resource.attributes),
            tags=dict(resource.tags),
        )
        try:
            properties = self._properties(resource, declared)
        except FAILURES as error:
            self._fail(resource, "UPDATE", reason_of(error, resource.type))
            return False
        resource.declared = declared
        kind = kind_of(resource.type)
        tags = _tags(Job(self.stack, resource, properties), kind) if kind else {}
        same = (declared["Type"], properties, tags) == (
            resource.type,
            before.properties,
            before.tags,
        )
        if same and resource.status != "UPDATE_FAILED" and not (kind and kind.always):
            return True
        self.before[name] = before
        return self._try(resource, "UPDATE", lambda: self._alter(resource, properties, declared))

    def _alter(
        self, resource: StackResource, properties: dict[str, Any], declared: Mapping[str, Any]
    ) -> None:
        stack, name = self.stack, resource.logical_id
        kind = self._kind(resource)
        job = Job(stack, resource, properties)
        if declared["Type"] != resource.type:
            raise ResourceFailed(
                f"Update of resource type is not permitted. The new template modifies resource "
                f"type of the following resources: [{name}]"
            )
        replaces = kind.replaces(job)
        action = "Update:Replace" if replaces else "Update:Modify"
        denied = self._policy.refusal(action, name, resource.type)
        if denied:
            raise ResourceFailed(denied)
        if not replaces:
            stack.tell_of(resource, "UPDATE_IN_PROGRESS")
            self._alter_in_place(resource, kind, properties)
            self._take(kind.seconds)
            return
        _check_name_is_free(job, kind)
        stack.tell_of(
            resource,
            "UPDATE_IN_PROGRESS",
            "Requested update requires the creation of a new physical resource; hence creating "
            "one.",
        )
        old = replace(resource)
        resource.attributes = {}
        try:
            self._bring_up(resource, kind, properties)
        except FAILURES:
            if resource.physical_id == old.physical_id:  # nothing new has come
                resource.properties, resource.attributes = old.properties, old.attributes
            raise
        self.replaced.append(old)

    def _alter_in_place(
        self, resource: StackResource, kind: Kind, properties: dict[str, Any]
    ) -> None:
        job = Job(self.stack, resource, properties)
        tagged = kind.shape.tags if kind.shape else ""
        names = dict.fromkeys([*resource.properties, *properties])
        changed = [n for n in names if resource.properties.get(n) != properties.get(n)]
        resource.properties = properties  # also where it fails: then that is what is undone
        if kind.always or kind.shape is None or any(name != tagged for name in changed):
            kind.update(job)
            others = [name for name in changed if name != tagged]
            unread = job.properties.unread()
            resource.idle = [path for path in unread if path.split("/")[0] in others]
        before, now = resource.tags, _tags(job, kind)
        if now != before:
            if not retag(job, tagged, before):
                resource.idle.append(tagged)
            resource.tags = now

    def _try(self, resource: StackResource, verb: str, work: Callable[[], None]) -> bool:
        try:
            work()
        except FAILURES as error:
            if not resource.properties and verb == "CREATE":
                self.stack.tell_of(resource, "CREATE_IN_PROGRESS")
            self._fail(resource, verb, reason_of(error, resource.type))
            return False
        if self.failed or self.stack.cancelled:
            told = "creation" if verb == "CREATE" else "update"
            self._fail(resource, verb, f"Resource {told} cancelled")
            return False
        idle = f"Without effect in Paddock: {', '.join(resource.idle)}" if resource.idle else None
        self.stack.tell_of(resource, f"{verb}_COMPLETE", idle)
        return True

    # Undoing.

    def undo(self, skipped: list[str] | None = None) -> list[str]:
        """Put everything back as it was before an update; those that would not be put back.

        What has been put back is not touched again, nor are the `skipped`.
        """
        stuck: list[str] = []
        for name in reversed(list(self.before)):
            before, resource = self.before[name], self.stack.resources[name]
            if before is None:
                continue  # it goes in the clean-up
            if name in (skipped or ()):
                self.stack.tell_of(resource, "UPDATE_COMPLETE")
            elif resource.physical_id != before.physical_id:
                # What took its place is taken down; the old one stays.
                self.replaced = [old for old in self.replaced if old.logical_id != name]
                self.replaced.append(replace(resource))
                self._restore(resource, before)
            elif not self._put_back(resource, before):
                stuck.append(name)
                continue
            del self.before[name]
        return stuck

    def _restore(self, resource: StackResource, before: StackResource) -> None:
        resource.physical_id, resource.made = before.physical_id, before.made
        resource.properties, resource.attributes = before.properties, before.attributes
        resource.tags, resource.declared = before.tags, before.declared
        self.stack.tell_of(resource, "UPDATE_COMPLETE")

    def _put_back(self, resource: StackResource, before: StackResource) -> bool:
        tried = resource.properties
        touched = (tried, resource.tags) != (before.properties, before.tags)
        self.stack.tell_of(resource, "UPDATE_IN_PROGRESS")
        try:
            if touched:
                self._alter_in_place(resource, self._kind(resource), before.properties)
        except FAILURES as error:
            if not isinstance(error, ResourceFailed):  # what cannot be changed has not been
                resource.properties = tried
                self.stack.tell_of(resource, "UPDATE_FAILED", reason_of(error, resource.type))
                return False
        attributes = {**before.attributes, **resource.attributes}
        self._restore(resource, replace(before, attributes=attributes))
        return True


def _tags(job: Job, kind: Kind) -> dict[str, str]:
    """The tags that a resource is to have; none where it can have none."""
    name = kind.shape.tags if kind.shape else ""
    return job.tags(name) if name else {}


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
