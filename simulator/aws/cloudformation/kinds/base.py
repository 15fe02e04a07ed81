"""A kind of resource: how it is made, changed, deleted and read through its own service's API."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from moto.cloudformation.utils import random_suffix
from moto.moto_api._internal import mock_random

from simulator.aws.cloudformation.exceptions import ResourceFailed
from simulator.aws.cloudformation.shapes import Shape, shape_of
from simulator.aws.cloudformation.watching import Watched

if TYPE_CHECKING:
    from datetime import datetime

    from simulator.aws.cloudformation.stack import Stack


@dataclass
class StackResource:
    """A resource of a stack, as it is now."""

    logical_id: str
    type: str
    declared: dict[str, Any]
    properties: dict[str, Any] = field(default_factory=dict)
    physical_id: str | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    status: str = ""
    reason: str | None = None
    tags: dict[str, str] = field(default_factory=dict)  # its own and its stack's
    idle: list[str] = field(default_factory=list)  # properties without effect here
    at: datetime | None = None
    made: Any = None  # moto's own object, where moto makes it
    drift: dict[str, Any] = field(
        default_factory=lambda: {"StackResourceDriftStatus": "NOT_CHECKED"}
    )

    # The names by which moto's own code knows these.

    @property
    def logical_resource_id(self) -> str:
        """The name in the template."""
        return self.logical_id

    @property
    def physical_resource_id(self) -> str | None:
        """The name or id in the service."""
        return self.physical_id

    @property
    def cf_resource_type(self) -> str:
        """The type in the template."""
        return self.type


class Job:
    """One resource at work: what is wanted of it, and what there was before."""

    def __init__(
        self,
        stack: Stack,
        resource: StackResource,
        properties: dict[str, Any],
        begun: Callable[[str], None] | None = None,
    ) -> None:
        self.stack = stack
        self.resource = resource
        self.logical_id = resource.logical_id
        self.type = resource.type
        self.properties = Watched(properties)
        same = resource.properties is properties  # it is being made: there was nothing before
        self.before = self.properties if same else resource.properties
        self._begun = begun

    @property
    def physical_id(self) -> str:
        """The name or id in the service."""
        return self.resource.physical_id or ""

    @property
    def attributes(self) -> dict[str, Any]:
        """What Fn::GetAtt finds."""
        return self.resource.attributes

    def begun(self, physical_id: str) -> None:
        """The service has begun to make it, and calls it `physical_id`."""
        if self._begun is not None:
            self._begun(physical_id)

    def client(self, service: str) -> Any:
        """A client that acts in the stack's account and Region."""
        return self.stack.client(service)

    def get(self, name: str, default: Any = None) -> Any:
        """A property."""
        return self.properties.get(name, default)

    def name(self, longest: int = 64, *, lower: bool = False, suffix: str = "") -> str:
        """A name for a resource that was given none: stack, logical id, chance."""
        tail = f"-{random_suffix()}{suffix}"
        room = longest - len(tail)
        stack, logical_id = self.stack.name, self.logical_id
        if len(stack) + 1 + len(logical_id) > room:
            stack = stack[: max(1, room - 1 - len(logical_id))]
            logical_id = logical_id[: room - 1 - len(stack)]
        found = f"{stack}-{logical_id}{tail}"
        return found.lower() if lower else found

    def unique_id(self) -> str:
        """An id of this seed."""
        return str(mock_random.uuid4())

    def tags(self, name: str = "Tags") -> dict[str, str]:
        """The resource's tags and the stack's, the resource's first in rank."""
        given = self.properties.get(name) or {}
        if isinstance(given, list):
            given = {str(tag["Key"]): str(tag.get("Value", "")) for tag in given}
        return {**self.stack.tags, **{str(key): str(value) for key, value in given.items()}}

    def tag_list(self, name: str = "Tags") -> list[dict[str, str]]:
        """The same as a list of Key and Value."""
        return [{"Key": key, "Value": value} for key, value in self.tags(name).items()]

    def changed(self, *names: str) -> bool:
        """Whether one of these properties is no longer what it was."""
        return any(self.properties.get(name) != self.before.get(name) for name in names)

    def fail(self, sentence: str) -> ResourceFailed:
        """A failure to raise."""
        return ResourceFailed(sentence)


class Kind:
    """How resources of one type come and go. Calls may raise ClientError or ResourceFailed."""

    seconds: ClassVar[float] = 2.0
    """How long it takes to be ready after its calls have been answered, where calls take time.

    AWS publishes no such times; these are ours, of the order that a person sees.
    """
    unmade: ClassVar[frozenset[str]] = frozenset()
    """Properties of AWS's that cannot be made here: a template that has one fails."""
    replacing: ClassVar[frozenset[str]] = frozenset()
    """Properties whose change replaces the resource, beyond those of AWS's schema."""
    keeping: ClassVar[frozenset[str]] = frozenset()
    """Properties of the schema's that can be changed all the same."""
    always: ClassVar[bool] = False
    """Whether an update looks into it though its properties are as before."""

    def __init__(self, type_name: str) -> None:
        self.type = type_name

    @property
    def shape(self) -> Shape | None:
        """What AWS says of the type."""
        return shape_of(self.type)

    def create(self, job: Job) -> str:
        """Make it; its physical id."""
        raise NotImplementedError

    def update(self, job: Job) -> None:  # noqa: ARG002
        """Change it to what `job.properties` says."""
        raise ResourceFailed(f"{self.type} cannot be updated in place by Paddock")

    def delete(self, job: Job) -> None:
        """Take it down. Something that is gone already is no failure."""
        raise NotImplementedError

    def read(self, job: Job) -> dict[str, Any] | None:
        """Its properties as they are in the service now; None where it is gone."""
        raise NotImplementedError

    def replaces(self, job: Job) -> bool:
        """Whether the change of its properties needs another resource in its place."""
        shape = self.shape
        fixed = (shape.replacing if shape else frozenset()) | self.replacing
        return job.changed(*sorted(fixed - self.keeping))


class Put(Kind):
    """A kind that one call makes and changes alike, by a name that the caller gives."""

    named: ClassVar[str]
    longest: ClassVar[int] = 255

    def create(self, job: Job) -> str:
        """Put it for the first time."""
        name = str(job.get(self.named) or job.name(self.longest))
        job.resource.physical_id = name
        self.update(job)
        return name


class PolicyOf(Kind):
    """A policy that is put on things of a service, and has itself no name there."""

    def create(self, job: Job) -> str:
        """Put the policy on each of them."""
        self.update(job)
        job.attributes["Id"] = job.name(80)
        return str(job.attributes["Id"])


def pick(source: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The entries of `source` that it has by these names."""
    return {name: source[name] for name in names if name in source}


def lowered(value: Any, *, keep: Iterable[str] = ()) -> Any:
    """A structure with the names of its members in camelCase; below `keep`, as it is."""
    if isinstance(value, list):
        return [lowered(each, keep=keep) for each in value]
    if isinstance(value, Mapping):
        return {
            low(name): each if name in keep else lowered(each, keep=keep)
            for name, each in value.items()
        }
    return value


def low(name: str) -> str:
    """PascalCase as camelCase: KmsKeyArn as kmsKeyArn, and ARN as arn."""
    if name.isupper():
        return name.lower()
    return re.sub(r"^[A-Z]+(?=[A-Z][a-z])|^[A-Z]", lambda match: match[0].lower(), name)


def is_gone(error: Exception) -> bool:
    """Whether a service says that there is no such thing."""
    told: Mapping[str, Any] = getattr(error, "response", {}).get("Error", {})
    code = str(told.get("Code", ""))
    return any(word in code for word in ("NotFound", "NoSuch", "NonExistent", "DoesNotExist"))
