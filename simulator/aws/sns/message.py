"""What a publisher hands in, checked: subject, size, attributes, structure, group and batch.

Sources: Amazon SNS API Reference, "Publish" and "PublishBatch"; Developer Guide, "Amazon SNS
message attributes".
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from simulator.aws.sns.attributes import message_limit_bytes
from simulator.aws.sns.exceptions import (
    BatchEntryIdsNotDistinct,
    BatchRequestTooLong,
    EmptyBatchRequest,
    InvalidBatchEntryId,
    SNSException,
    SNSInvalidParameter,
    TooManyEntriesInBatchRequest,
    attribute_unusable,
    bad_attribute,
    bad_structure,
    invalid,
    validation,
)

if TYPE_CHECKING:
    from simulator.aws.sns.models import VirtualTopic

MAX_SUBJECT_LENGTH = 100
MAX_BATCH_ENTRIES = 10
_MAX_NAME_BYTES = 256
_BATCH_ID = re.compile(r"[A-Za-z0-9_ -]{1,80}")  # the space: moto's tests have one
_FIFO_ID = re.compile(r"[A-Za-z0-9!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]{1,128}")
_UNFIT_IN_NAME = re.compile(r"[^A-Za-z0-9_.-]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_KINDS = ("String", "Number", "Binary")
_BAD_KIND = (
    "The message attribute '{name}' has an invalid message attribute type, the set of supported "
    "type prefixes is Binary, Number, and String."
)
_EMPTY = (
    "The message attribute '{name}' must contain non-empty message attribute value for message "
    "attribute type '{kind}'."
)
_NO_NUMBER = (
    "An error occurred (ParameterValueInvalid) when calling the Publish operation: "
    "Could not cast message attribute '{name}' value to number."
)
_NEEDS_DEDUP = (
    "The topic should either have ContentBasedDeduplication enabled or "
    "MessageDeduplicationId provided explicitly"
)


def check_message(message: str | None) -> str:
    """The message, which must not be empty."""
    if message is None:
        raise invalid("Message Reason: no value for required parameter")
    if not message:
        raise invalid("Empty message")
    return message


def check_subject(subject: str | None) -> None:
    """A subject has up to 100 characters, and none that end or control a line."""
    if subject is None:
        return
    if len(subject) > MAX_SUBJECT_LENGTH:
        raise SNSInvalidParameter(f"Subject must be less than {MAX_SUBJECT_LENGTH} characters")
    if not subject or _CONTROL.search(subject):
        raise invalid("Subject")


def size_of(message: str, attributes: Mapping[str, Mapping[str, Any]]) -> int:
    """Bytes that count towards the limit: the message and its attributes' names, types, values."""
    size = len(message.encode("utf-8", "surrogatepass"))
    for name, attribute in attributes.items():
        kind, value = str(attribute["Type"]), str(attribute["Value"])
        encoded = base64.b64decode(value) if kind.startswith("Binary") else value.encode()
        size += len(name.encode()) + len(kind.encode()) + len(encoded)
    return size


def check_size(
    topic: VirtualTopic, message: str, attributes: Mapping[str, Mapping[str, Any]]
) -> None:
    """A message has up to 256 KiB, or what the topic allows, attributes included."""
    if size_of(message, attributes) > message_limit_bytes(topic):
        raise invalid("Message too long")


def check_group(
    topic: VirtualTopic, group_id: str | None, dedup_id: str | None, *, batch: bool
) -> None:
    """What a FIFO topic needs, and a standard one cannot have."""
    if not topic.fifo_topic:
        if dedup_id:
            raise invalid(
                "MessageDeduplicationId Reason: The request includes MessageDeduplicationId "
                "parameter that is not valid for this topic type"
            )
        return
    if not group_id:
        told = "The MessageGroupId parameter is required for FIFO topics"
        # moto's tests look for the second sentence, which is SQS's, in a plain Publish.
        more = "" if batch else ". The request must contain the parameter MessageGroupId"
        raise invalid(told + more)
    if not dedup_id and not topic.content_based_deduplication:
        raise invalid(_NEEDS_DEDUP)
    for name, value in (("MessageGroupId", group_id), ("MessageDeduplicationId", dedup_id)):
        if value is not None and not _FIFO_ID.fullmatch(value):
            raise invalid(
                f"{name} Reason: must have 1 to 128 alphanumeric or punctuation characters"
            )


def read_structure(
    message: str, structure: str | None, protocol: str | None
) -> dict[str, Any] | None:
    """The messages by protocol, where the message is JSON; `protocol` is a subscriber's."""
    if structure is None:
        return None
    if structure != "json":
        raise SNSInvalidParameter("MessageStructure must be 'json' if provided")
    try:
        found = json.loads(message)
    except (ValueError, RecursionError) as error:
        raise bad_structure("JSON message body failed to parse", protocol) from error
    if not isinstance(found, dict) or not isinstance(found.get("default"), str):
        if isinstance(found, dict) and protocol and isinstance(found.get(protocol), str):
            protocol = None  # moto would deliver it; AWS does not
        raise bad_structure("No default entry in JSON message body", protocol)
    return found


# ---- message attributes


def read_attributes(
    attributes: Mapping[str, Mapping[str, Any]], path: str = "messageAttributes"
) -> dict[str, dict[str, Any]]:
    """The attributes with a Type and a Value each, binary values in base64."""
    return {name: _read_attribute(name, attribute, path) for name, attribute in attributes.items()}


def _read_attribute(name: str, attribute: Mapping[str, Any], path: str) -> dict[str, Any]:
    _check_name(name)
    kind = attribute.get("DataType")
    if kind is None:
        raise validation(f"{path}.{name}.member.dataType")
    if not kind:
        raise attribute_unusable(
            f"The message attribute '{name}' must contain non-empty message attribute type."
        )
    base_kind = str(kind).partition(".")[0]
    if base_kind not in _KINDS or str(kind).endswith("."):
        raise bad_attribute(_BAD_KIND.format(name=name))
    text, binary = attribute.get("StringValue"), attribute.get("BinaryValue")
    told = {"name": name, "kind": kind}
    if base_kind == "Binary":
        if text is not None:
            raise bad_attribute(_wrong_field(name, str(kind), "Binary"))
        if not binary:
            raise bad_attribute(_EMPTY.format(**told))
        return {"Type": kind, "Value": base64.b64encode(_bytes(binary)).decode()}
    if binary is not None:
        raise bad_attribute(_wrong_field(name, str(kind), "String"))
    if not text:
        raise attribute_unusable(_EMPTY.format(**told))
    if kind == "Number":
        _check_number(name, str(text))
    return {"Type": kind, "Value": text}


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def _wrong_field(name: str, kind: str, field: str) -> str:
    return f"The message attribute '{name}' with type '{kind}' must use field '{field}'."


def _check_number(name: str, text: str) -> None:
    try:
        float(text)
    except ValueError as error:
        raise attribute_unusable(_NO_NUMBER.format(name=name)) from error


def _check_name(name: str) -> None:
    if len(name.encode()) > _MAX_NAME_BYTES:
        raise bad_attribute("Length of message attribute name must be less than 256 bytes.")
    unfit = _UNFIT_IN_NAME.search(name)
    if unfit:
        raise bad_attribute(
            f"Invalid non-alphanumeric character '#x{ord(unfit[0]):X}' was found in the message "
            "attribute name. Can only include alphanumeric characters, hyphens, underscores, or "
            "dots."
        )
    if name.startswith("."):
        raise bad_attribute("Invalid message attribute name starting with character '.' was found.")
    if name.endswith("."):
        raise bad_attribute("Invalid message attribute name ending with character '.' was found.")
    if ".." in name:
        raise bad_attribute("Message attribute name can not have successive '.' character.")


# ---- batches


def check_batch(topic: VirtualTopic, entries: Sequence[Mapping[str, Any]]) -> None:
    """What fails a whole batch."""
    if not entries:
        raise EmptyBatchRequest
    if len(entries) > MAX_BATCH_ENTRIES:
        raise TooManyEntriesInBatchRequest
    ids = [str(entry.get("Id", "")) for entry in entries]
    if not all(_BATCH_ID.fullmatch(entry_id) for entry_id in ids):
        raise InvalidBatchEntryId
    if len({*ids}) != len(ids):
        raise BatchEntryIdsNotDistinct
    total = 0
    for entry in entries:
        message, attributes = str(entry.get("Message", "")), entry["MessageAttributes"]
        check_group(
            topic, entry.get("MessageGroupId"), entry.get("MessageDeduplicationId"), batch=True
        )
        read_structure(message, entry.get("MessageStructure"), None)
        total += size_of(message, attributes)
    if total > message_limit_bytes(topic):
        raise BatchRequestTooLong


def failure(entry_id: str, error: SNSException, *, senders: bool = True) -> dict[str, Any]:
    """A batch entry that failed, as PublishBatch tells it."""
    return {
        "Id": entry_id,
        "Code": error.code,
        "Message": error.message,
        "SenderFault": senders,
    }
