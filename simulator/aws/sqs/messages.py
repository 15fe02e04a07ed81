"""What a message may hold on the wire, what it weighs, its MD5s, and the text of its receipts."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import struct
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from moto.sqs.exceptions import InvalidParameterValue, MissingParameter

from simulator.aws.sqs.exceptions import InvalidMessageContents, InvalidValue
from simulator.model.message import Receipt
from simulator.model.queue import Queue

MAXIMUM_SIZE = 1_048_576
"""1 MiB, a message or a whole batch ("Amazon SQS message quotas", developer guide)."""
ATTRIBUTES_MAX = 10
DELAY_MAX_S = 900
_NAME_MAX = 256
_NUMBER_DIGITS_MAX = 38
_UNALLOWED = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ATTRIBUTE_NAME = re.compile(r"[A-Za-z0-9_.\-][\w.\-]*")  # AWS was seen to let other letters pass
_ID = re.compile(r"[A-Za-z0-9!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]{1,128}")
_BATCH_ID = re.compile(r"[A-Za-z0-9_\-]{1,80}")
_STRING, _BINARY = b"\x01", b"\x02"
_RECEIPT = struct.Struct(">QI")
_SEAL_BYTES = 64
_PREFIX = "AQEB"

Attributes = Mapping[str, Mapping[str, Any]]


def check_body(body: str | None) -> None:
    """Raises where a body is missing or holds a character that is not allowed."""
    if not body:
        raise MissingParameter("MessageBody")
    found = _UNALLOWED.search(body)
    if found:
        raise InvalidMessageContents(found[0])


def check_attributes(attributes: Attributes) -> None:
    """Raises where a message attribute is not as "Amazon SQS message metadata" says."""
    if len(attributes) > ATTRIBUTES_MAX:
        raise InvalidParameterValue(
            f"Number of message attributes [{len(attributes)}] exceeds the allowed maximum "
            f"[{ATTRIBUTES_MAX}]."
        )
    for name, attribute in attributes.items():
        _check_name(name)
        _check_value(name, attribute, "user")


def check_system_attributes(attributes: Attributes) -> None:
    """Raises where a message system attribute is none that can be sent."""
    for name, attribute in attributes.items():
        if name != "AWSTraceHeader":
            raise InvalidParameterValue(
                f"Message system attribute name '{name}' is invalid. The supported message "
                "system attribute names are: AWSTraceHeader."
            )
        if str(attribute.get("DataType") or "").split(".")[0] != "String":
            raise InvalidParameterValue(
                f"The message system attribute '{name}' must have the type String."
            )
        _check_value(name, attribute, "system")


def check_id(parameter: str, value: str | None) -> None:
    """Raises where a message group id or deduplication id has characters it must not have."""
    if value is not None and not _ID.fullmatch(value):
        raise InvalidValue(
            value,
            parameter,
            f"{parameter} can only include alphanumeric and punctuation characters. "
            "1 to 128 in length.",
        )


def is_batch_id(text: object) -> bool:
    """Whether a batch entry may have that id."""
    return isinstance(text, str) and _BATCH_ID.fullmatch(text) is not None


def size_of(body: str, attributes: Attributes) -> int:
    """What a message weighs: its body and each attribute's name, type and value, in bytes."""
    size = len(body) if body.isascii() else len(body.encode())
    for name, attribute in attributes.items():
        size += len(name.encode()) + len(str(attribute.get("DataType") or "").encode())
        size += len(_value(attribute)[1])
    return size


def md5_of(body: str) -> str:
    """MD5OfMessageBody."""
    return hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()


def md5_of_attributes(attributes: Attributes) -> str:
    """MD5OfMessageAttributes, as "Calculating the MD5 message digest" describes it."""
    digest = hashlib.md5(usedforsecurity=False)
    for name in sorted(attributes):
        attribute = attributes[name]
        kind, value = _value(attribute)
        for part in (name.encode(), str(attribute["DataType"]).encode()):
            digest.update(struct.pack(">I", len(part)) + part)
        digest.update(kind + struct.pack(">I", len(value)) + value)
    return digest.hexdigest()


def chosen(attributes: Attributes, names: list[str]) -> dict[str, Any]:
    """The message attributes that a receive asked for: by name, `All`, `*`, or `prefix.*`."""
    if not names:
        return {}
    if "All" in names or "*" in names or ".*" in names:
        return dict(attributes)
    prefixes = tuple(name[:-2] for name in names if name.endswith(".*"))
    return {
        name: value
        for name, value in attributes.items()
        if name in names or (prefixes and name.startswith(prefixes))
    }


def write_receipt(receipt: Receipt, queue: Queue) -> str:
    """A receipt as the queue hands it out."""
    plain = _RECEIPT.pack(*receipt)
    return _PREFIX + base64.b64encode(plain + _seal(plain, queue)).decode()


def read_receipt(text: str, queue: Queue) -> Receipt | None:
    """The receipt a text stands for; None where the queue cannot have written it."""
    try:
        raw = base64.b64decode(text[len(_PREFIX) :], validate=True)
    except (binascii.Error, ValueError):
        return None
    plain, seal = raw[: _RECEIPT.size], raw[_RECEIPT.size :]
    if not text.startswith(_PREFIX) or seal != _seal(plain, queue):
        return None
    serial, count = _RECEIPT.unpack(plain)
    return serial, count


def _seal(plain: bytes, queue: Queue) -> bytes:
    key = queue.salt.to_bytes(8, "big")
    return hashlib.blake2b(plain + queue.arn.encode(), key=key, digest_size=_SEAL_BYTES).digest()


def _value(attribute: Mapping[str, Any]) -> tuple[bytes, bytes]:
    text = attribute.get("StringValue")
    if text:
        return _STRING, str(text).encode()
    raw = attribute.get("BinaryValue") or b""
    return _BINARY, raw.encode() if isinstance(raw, str) else bytes(raw)


def _check_name(name: str) -> None:
    if not _ATTRIBUTE_NAME.fullmatch(name):
        raise InvalidParameterValue(
            f"The message attribute name '{name}' is invalid. Attribute name can contain A-Z, "
            "a-z, 0-9, underscore (_), hyphen (-), and period (.) characters."
        )
    if len(name) > _NAME_MAX:
        raise InvalidParameterValue(
            f"Message (user) attribute name '{name}' must be shorter than {_NAME_MAX} Bytes."
        )
    if name.lower().startswith(("aws.", "amazon.")):
        raise InvalidParameterValue(
            f"Message (user) attribute name '{name}' must not start with a reserved prefix: "
            "AWS. or Amazon."
        )
    if name.startswith(".") or name.endswith(".") or ".." in name:
        raise InvalidParameterValue(
            f"Message (user) attribute name '{name}' must not start or end with a period, nor "
            "have periods in succession."
        )


def _check_value(name: str, attribute: Mapping[str, Any], owner: str) -> None:
    data_type = attribute.get("DataType")
    if not data_type:
        raise InvalidParameterValue(
            f"The message attribute '{name}' must contain non-empty message attribute type."
        )
    base = str(data_type).split(".")[0]
    if base not in ("String", "Number", "Binary"):
        raise InvalidParameterValue(
            f"The message attribute '{name}' has an invalid message attribute type, the set of "
            "supported type prefixes is Binary, Number, and String."
        )
    if len(str(data_type)) > _NAME_MAX:
        raise InvalidParameterValue(
            f"Message ({owner}) attribute '{name}' type must be shorter than {_NAME_MAX} Bytes."
        )
    value = attribute.get("BinaryValue" if base == "Binary" else "StringValue")
    if not value:
        raise InvalidParameterValue(
            f"Message ({owner}) attribute '{name}' must contain a non-empty value of type "
            f"'{'Binary' if base == 'Binary' else 'String'}'."
        )
    if base == "Number" and not _is_number(str(value)):
        raise InvalidParameterValue(
            f"Can't cast the value of message ({owner}) attribute '{name}' to a number."
        )
    if base != "Binary" and _UNALLOWED.search(str(value)):
        raise InvalidParameterValue(
            f"Message ({owner}) attribute '{name}' holds a character that is not allowed."
        )


def _is_number(text: str) -> bool:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return False
    return number.is_finite() and len(number.as_tuple().digits) <= _NUMBER_DIGITS_MAX
