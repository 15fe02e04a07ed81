"""What SQS refuses, with AWS's codes (API reference: "Common errors", each action's "Errors")."""

from __future__ import annotations

from moto.sqs.exceptions import SQSException

UNLISTED = ("InvalidAction", "SerializationException")
"""Codes that the model of the service does not list; moto would warn of them."""


class InvalidMessageContents(SQSException):
    """A character that XML 1.0 does not allow."""

    def __init__(self, character: str) -> None:
        super().__init__(
            "InvalidMessageContents",
            f"Invalid binary character '#x{ord(character):X}' was found in the message body, "
            "the set of allowed characters is #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD "
            "| #x10000 to #x10FFFF",
        )


class QueueDeletedRecently(SQSException):
    """A queue of that name was deleted less than a minute ago."""

    def __init__(self) -> None:
        super().__init__(
            "AWS.SimpleQueueService.QueueDeletedRecently",
            "You must wait 60 seconds after deleting a queue before you can create another with "
            "the same name.",
        )


class EmptyBatch(SQSException):
    """A batch without entries."""

    def __init__(self, action: str) -> None:
        super().__init__(
            "AWS.SimpleQueueService.EmptyBatchRequest",
            f"There should be at least one {action}BatchRequestEntry in the request.",
        )


class TooManyInFlight(SQSException):
    """A short poll of a standard queue with as many messages in flight as it can have."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            "OverLimit", f"The queue has reached its limit of {limit} messages in flight."
        )


class MessageNotInflight(SQSException):
    """The message has no visibility timeout to change."""

    def __init__(self) -> None:
        super().__init__(
            "AWS.SimpleQueueService.MessageNotInflight", "The specified message isn't in flight."
        )


class NotFound(SQSException):
    """A resource that a move task names is not there."""

    status = 404

    def __init__(self, message: str) -> None:
        super().__init__("ResourceNotFoundException", message)


class UnsupportedOperation(SQSException):
    """The task cannot do that now."""

    def __init__(self, message: str) -> None:
        super().__init__("AWS.SimpleQueueService.UnsupportedOperation", message)


class InvalidAction(SQSException):
    """No such action, or not on this URL."""

    def __init__(self, action: str) -> None:
        super().__init__("InvalidAction", f"The action {action} is not valid for this endpoint.")


class Unreadable(SQSException):
    """The request's body is not what its protocol and the operation's input say."""

    def __init__(self, message: str) -> None:
        super().__init__("SerializationException", message)


class InvalidValue(SQSException):
    """A parameter whose value is refused for `reason`."""

    def __init__(self, value: object, parameter: str, reason: str) -> None:
        super().__init__(
            "InvalidParameterValue",
            f"Value {value} for parameter {parameter} is invalid. Reason: {reason}",
        )


class InvalidAttribute(SQSException):
    """A queue attribute whose value is refused."""

    def __init__(self, name: str, reason: str = "") -> None:
        told = f" Reason: {reason}" if reason else ""
        super().__init__("InvalidAttributeValue", f"Invalid value for the parameter {name}.{told}")


class AttributeConflict(SQSException):
    """Attributes that exclude each other."""

    def __init__(self, message: str) -> None:
        super().__init__("InvalidAttributeName", message)
