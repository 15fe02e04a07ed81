"""Every refusal of SNS, in AWS's words, and where moto's public tests hold other words, in those.

Sources: Amazon SNS API Reference, "Publish", "PublishBatch", "Subscribe", "ConfirmSubscription",
"SetSubscriptionAttributes", "SetTopicAttributes", "CreateTopic", "TagResource".
"""

from __future__ import annotations

from moto.sns.exceptions import (
    BatchEntryIdsNotDistinct,
    InternalError,
    SNSException,
    SNSInvalidParameter,
    SNSNotFoundError,
    TooManyEntriesInBatchRequest,
    TopicNotFound,
)

__all__ = [
    "AuthorizationError",
    "BatchEntryIdsNotDistinct",
    "BatchRequestTooLong",
    "EmptyBatchRequest",
    "InternalError",
    "InvalidBatchEntryId",
    "SNSException",
    "SNSInvalidParameter",
    "SNSNotFoundError",
    "TooManyEntriesInBatchRequest",
    "TopicNotFound",
    "attribute_unusable",
    "bad_attribute",
    "bad_filter",
    "bad_structure",
    "invalid",
    "validation",
]

# moto's public tests and AWS differ in the sentence about a bad filter policy. Those tests
# subscribe HTTP endpoints only, so these get moto's sentence and all others AWS's.
_MOTO_SPEAKS_TO = ("http", "https")
_MOTO_SAYS_WHERE = ("numeric", "Value of", "Bottom")


class AuthorizationError(SNSException):
    """The caller may not do that."""

    code = "AuthorizationError"


class EmptyBatchRequest(SNSException):
    """A batch without entries."""

    code = "EmptyBatchRequest"
    message = "The batch request doesn't contain any entries."


class InvalidBatchEntryId(SNSException):
    """A batch entry whose id is no id."""

    code = "InvalidBatchEntryId"
    message = "The Id of a batch entry in a batch request doesn't abide by the specification."


class BatchRequestTooLong(SNSException):
    """A batch over 256 KB."""

    code = "BatchRequestTooLong"
    message = "The length of all the messages put together is more than the limit."


def invalid(reason: str) -> SNSInvalidParameter:
    """InvalidParameter, in SNS's usual form."""
    return SNSInvalidParameter(f"Invalid parameter: {reason}")


def validation(path: str) -> SNSException:
    """A member that the API requires is missing."""
    return SNSException(
        "ValidationError",
        f"1 validation error detected: Value null at '{path}' failed to satisfy constraint: "
        "Member must not be null",
    )


def bad_attribute(reason: str) -> SNSException:
    """A message attribute that SNS cannot take."""
    return SNSException("ParameterValueInvalid", reason)


def attribute_unusable(reason: str) -> SNSException:
    """The same, for a value that is empty or no number.

    AWS's code is ParameterValueInvalid here too; moto's tests hold InvalidParameter.
    """
    return SNSInvalidParameter(reason)


def bad_structure(reason: str, protocol: str | None) -> SNSException:
    """A message that should be JSON by protocol and is not.

    moto finds that out when it delivers, so its words are heard where there is a subscriber.
    """
    if protocol is None:
        return invalid(f"Message Structure - {reason}")
    if "parse" in reason:
        return SNSInvalidParameter("Message is not valid JSON.")
    return SNSInvalidParameter(f"Message does not contain {protocol} or default keys.")


def bad_filter(reason: str, protocol: str, *, subscribing: bool, plain: bool) -> SNSException:
    """A filter policy that SNS refuses; `plain` reasons come without a prefix."""
    if plain:
        return invalid(reason)
    if protocol in _MOTO_SPEAKS_TO:
        if any(word in reason for word in _MOTO_SAYS_WHERE):
            return invalid(f"Attributes Reason: FilterPolicy: {reason}\n at ...")
        return invalid(f"FilterPolicy: {reason}")
    return invalid(f"{'Attributes Reason: ' if subscribing else ''}FilterPolicy: {reason}")
