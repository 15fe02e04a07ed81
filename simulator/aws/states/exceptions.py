"""The errors of Step Functions, as its API Reference names them."""

from __future__ import annotations

from moto.core.exceptions import AWSError


class StatesError(AWSError):
    """A refusal; its class is its code."""

    STATUS = 400

    def __init_subclass__(cls) -> None:
        cls.TYPE = cls.__name__


class ActivityDoesNotExist(StatesError):
    """No activity of this ARN."""


class ConflictException(StatesError):
    """Another revision is there, or something still refers to what is to go."""


class ExecutionAlreadyExists(StatesError):
    """An execution of this name with another input, or one that is over."""


class ExecutionDoesNotExist(StatesError):
    """No execution of this ARN."""


class ExecutionNotRedrivable(StatesError):
    """The execution runs, has succeeded, or is too old."""


class InvalidArn(StatesError):
    """The ARN is none, or one of another kind of thing."""


class InvalidExecutionInput(StatesError):
    """The input is no JSON."""


class InvalidOutput(StatesError):
    """A task's output is no JSON."""


class InvalidToken(StatesError):
    """No task was given this token."""


class ResourceNotFound(StatesError):
    """No alias of this ARN."""


class StateMachineAlreadyExists(StatesError):
    """A machine of this name with another definition or type."""


class StateMachineDoesNotExist(StatesError):
    """No machine, version or alias of this ARN."""


class StateMachineTypeNotSupported(StatesError):
    """Express where Standard is wanted, or the other way round."""


class TaskTimedOut(StatesError):
    """The task of a token is over."""


class ValidationException(StatesError):
    """The input does not satisfy a constraint."""
