"""How many bytes DynamoDB counts for an item (Developer Guide, "DynamoDB item sizes and formats").

An attribute value is a pair of its type (S, N, B, BOOL, NULL, SS, NS, BS, L, M) and its value, or
anything with `type` and `value`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

_CONTAINER = 3
_MEMBER = 1


def item_size(attributes: Mapping[str, Any]) -> int:
    """Bytes of an item: its attributes' names and values."""
    return sum(len(name.encode()) + value_size(value) for name, value in attributes.items())


def value_size(value: Any) -> int:
    """Bytes of one attribute value."""
    if isinstance(value, Mapping):
        ((kind, inner),) = value.items()
    else:
        kind, inner = value.type, value.value
    if kind == "S":
        return len(str(inner).encode())
    if kind == "N":
        return number_size(str(inner))
    if kind == "B":
        return binary_size(inner)
    if kind in ("BOOL", "NULL"):
        return 1
    if kind == "L":
        return _CONTAINER + sum(_MEMBER + value_size(member) for member in inner)
    if kind == "M":
        members: Iterable[tuple[str, Any]] = inner.items()
        return _CONTAINER + sum(
            _MEMBER + len(name.encode()) + value_size(member) for name, member in members
        )
    return sum(value_size({kind[0]: member}) for member in inner)


def number_size(text: str) -> int:
    """A byte for every two significant digits and one more, and one for a minus sign."""
    mantissa = text.strip().lower().partition("e")[0]
    digits = mantissa.lstrip("+-").replace(".", "").strip("0")
    return (len(digits) + 1) // 2 + 1 + mantissa.startswith("-")


def binary_size(value: Any) -> int:
    """Raw bytes, also where they come as base64 text."""
    if isinstance(value, (bytes, bytearray)):
        return len(value)
    text = str(value)
    return len(text) // 4 * 3 - (len(text) - len(text.rstrip("=")))
