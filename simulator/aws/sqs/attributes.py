"""Which attributes a queue has, which values each may take, and how two sets of them differ."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from moto.sqs.exceptions import InvalidAttributeName, InvalidParameterValue

from simulator.aws.sqs.exceptions import AttributeConflict, InvalidAttribute, InvalidValue

# Source: API reference, "SetQueueAttributes": each attribute's lowest and highest value.
RANGES = {
    "DelaySeconds": (0, 900),
    "KmsDataKeyReusePeriodSeconds": (60, 86_400),
    "MaximumMessageSize": (1_024, 1_048_576),
    "MessageRetentionPeriod": (1, 1_209_600),  # AWS: from 60; moto's public tests take 1
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "VisibilityTimeout": (0, 43_200),
}
_CHOICES = {
    "ContentBasedDeduplication": ("true", "false"),
    "DeduplicationScope": ("messageGroup", "queue"),
    "FifoQueue": ("true", "false"),
    "FifoThroughputLimit": ("perQueue", "perMessageGroupId"),
    "SqsManagedSseEnabled": ("true", "false"),
}
_FIFO_ONLY = ("ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit")
_TEXTS = ("KmsMasterKeyId", "Policy", "RedriveAllowPolicy", "RedrivePolicy")
SETTABLE = (*RANGES, *_CHOICES, *_TEXTS)
CHANGEABLE = tuple(name for name in SETTABLE if name != "FifoQueue")
_PERMISSIONS = ("allowAll", "denyAll", "byQueue")
_SOURCES_MAX = 10
_RECEIVES_MAX = 1_000
_ARN = re.compile(r"arn:[a-z0-9-]+:sqs:[a-z0-9-]+:\d{12}:[\w-]+(\.fifo)?")


def checked(given: Mapping[str, Any], *, fifo: bool, scope: str = "queue") -> dict[str, str]:
    """The attributes as texts, each of them checked by itself and against the others.

    `scope` is the DeduplicationScope that holds where none is given.

    Any `FifoQueue` but true counts as not given.
    """
    attributes: dict[str, str] = {}
    for spelled, value in given.items():
        name = spelled.strip()  # AWS is stricter; moto's public tests have such names
        if name not in SETTABLE or (name in _FIFO_ONLY and not fifo):
            raise InvalidAttributeName(name)
        text = _text(value)
        if name == "FifoQueue" and text.lower() != "true":
            continue  # moto's public tests have "tru"
        attributes[name] = text
        if name in RANGES and text:
            _check_range(name, text)
        elif name != "FifoQueue" and name in _CHOICES and text and text not in _CHOICES[name]:
            raise InvalidAttribute(name)
    scope = attributes.get("DeduplicationScope", scope)
    if attributes.get("KmsMasterKeyId") and attributes.get("SqsManagedSseEnabled") == "true":
        raise AttributeConflict(
            "You can use one type of server-side encryption (SSE) at one time. You can either "
            "enable KMS SSE or SQS SSE."
        )
    if attributes.get("FifoThroughputLimit") == "perMessageGroupId" and scope != "messageGroup":
        raise InvalidAttribute(
            "FifoThroughputLimit", "perMessageGroupId needs the DeduplicationScope messageGroup."
        )
    if attributes.get("Policy"):
        _check_policy(attributes["Policy"])
    return attributes


def redrive_policy(text: str) -> dict[str, Any] | None:
    """A redrive policy as a value, None for an empty one."""
    policy = _mapping(text, "RedrivePolicy", "Redrive policy is not a dict or valid json")
    if not policy:
        return None
    for member in ("deadLetterTargetArn", "maxReceiveCount"):
        if member not in policy:
            raise InvalidValue(
                text,
                "RedrivePolicy",
                f"Redrive policy does not contain mandatory attribute: {member}.",
            )
    for member in policy:
        if member not in ("deadLetterTargetArn", "maxReceiveCount"):
            raise InvalidValue(
                text, "RedrivePolicy", "Only following attributes are supported: "
                "[deadLetterTargetArn, maxReceiveCount].",
            )  # fmt: skip
    count = str(policy["maxReceiveCount"])
    if not count.isdecimal() or not 1 <= int(count) <= _RECEIVES_MAX:
        raise InvalidValue(
            text,
            "RedrivePolicy",
            f"Invalid value for maxReceiveCount: {count}, valid values are from 1 to 1000 both "
            "inclusive.",
        )
    if not _ARN.fullmatch(str(policy["deadLetterTargetArn"])):
        raise InvalidValue(text, "RedrivePolicy", "Invalid value for deadLetterTargetArn.")
    return {**policy, "maxReceiveCount": int(count)}


def redrive_allow_policy(text: str) -> dict[str, Any] | None:
    """A redrive allow policy as a value, None for an empty one."""
    policy = _mapping(
        text, "RedriveAllowPolicy", "Amazon SQS can't create the redrive allow policy"
    )
    if not policy:
        return None
    permission, sources = policy.get("redrivePermission"), policy.get("sourceQueueArns")
    if permission not in _PERMISSIONS:
        raise InvalidValue(
            text,
            "RedriveAllowPolicy",
            "Amazon SQS can't create the redrive allow policy, as it's in an unsupported format.",
        )
    if (permission == "byQueue") != bool(sources) or (
        sources and (not isinstance(sources, list) or len(sources) > _SOURCES_MAX)
    ):
        raise InvalidValue(
            text,
            "RedriveAllowPolicy",
            "sourceQueueArns takes 1 to 10 queue ARNs with byQueue, and none otherwise.",
        )
    return policy


def same(name: str, one: str | None, other: str | None) -> bool:
    """Whether two values of an attribute say the same."""
    if name in ("Policy", "RedriveAllowPolicy", "RedrivePolicy") and one and other:
        try:
            return bool(_plain(json.loads(one)) == _plain(json.loads(other)))
        except ValueError:
            return one == other
    return (one or "") == (other or "")


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return str(value) if isinstance(value, int) else value


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (dict, list)):
        return json.dumps(value)
    return str(value)


def _check_range(name: str, text: str) -> None:
    lowest, highest = RANGES[name]
    if not text.isascii() or not text.isdecimal() or not lowest <= int(text) <= highest:
        raise InvalidAttribute(name)


def _check_policy(text: str) -> None:
    try:
        policy = json.loads(text)
    except ValueError:
        policy = None
    if not isinstance(policy, dict) or not isinstance(policy.get("Statement", []), (list, dict)):
        raise InvalidAttribute("Policy")


def _mapping(text: str, parameter: str, reason: str) -> dict[str, Any]:
    if not text:
        return {}
    try:
        policy = json.loads(text)
    except ValueError:
        policy = None
    if not isinstance(policy, dict):
        raise InvalidValue(text, parameter, f"{reason}.")
    return policy


__all__ = [
    "RANGES",
    "InvalidParameterValue",
    "checked",
    "redrive_allow_policy",
    "redrive_policy",
    "same",
]
