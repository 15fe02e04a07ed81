"""What CloudFormation refuses, in its own words, and how a resource says that it failed."""

from __future__ import annotations

from moto.cloudformation.exceptions import CloudFormationError, ValidationError

__all__ = [
    "ChangeSetNotFound",
    "InsufficientCapabilities",
    "InvalidChangeSetStatus",
    "ResourceFailed",
    "ValidationError",
    "invalid",
]


class InsufficientCapabilities(CloudFormationError):
    """The template asks for something that the caller has not acknowledged."""

    code = "InsufficientCapabilitiesException"


class ChangeSetNotFound(CloudFormationError):
    """There is no such change set."""

    code = "ChangeSetNotFound"


class InvalidChangeSetStatus(CloudFormationError):
    """The change set is not in a state in which it can be executed."""

    code = "InvalidChangeSetStatus"


class LeftInPlace(Exception):
    """A resource that nobody here can take down."""


class ResourceFailed(Exception):
    """A resource could not be made, changed or deleted; the text is its status reason."""


def invalid(message: str) -> ValidationError:
    """A ValidationError that says `message`."""
    return ValidationError(message=message)
