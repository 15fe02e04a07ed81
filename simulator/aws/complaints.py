"""What AWS's model of an operation forbids in a request, one complaint at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.validate import ParamValidator

_LONGEST_MATCHED = 2048  # a model's pattern may take for ever on more
_CLASS = re.compile(r"<class '([\w.]+)'>")  # as botocore writes it
_VALIDATOR = ParamValidator()


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with a request, and in which of the operation's members."""

    kind: Literal["type", "missing", "value"]
    member: str
    sentence: str


def complaints(shape: StructureShape, said: Mapping[str, Any]) -> Iterator[Complaint]:
    """What `shape`, an operation's input, forbids in the parameters `said`; first what it lacks."""
    given = _without_nulls(said)
    for kind, at, details in _VALIDATOR.validate(given, shape)._errors:
        where = at.lstrip(".")
        member = re.split(r"[.\[]", where, maxsplit=1)[0]
        if kind == "missing required field":
            name = str(details["required_name"])
            path = f"{where}.{name}" if where else name
            yield Complaint("missing", member or name, f"{path} is required.")
        elif kind == "invalid type":
            wanted = _CLASS.sub(r"\1", " or ".join(details["valid_types"]))
            found = type(details["param"]).__name__
            yield Complaint("type", member, f"{where} is a {found}; it must be {wanted}.")
        elif kind != "unknown field":
            yield Complaint("value", member, f"The value at {where} is not allowed: {kind}.")
    for name, member in shape.members.items():
        if name in given:
            for at, sentence in _not_allowed(member, given[name]):
                yield Complaint("value", name, f"The value at {name}{at} {sentence}.")


def _not_allowed(shape: Shape, value: Any, at: str = "") -> Iterator[tuple[str, str]]:
    """Where values are beyond their greatest size, outside their choice or not of their pattern."""
    for key, member, inner in _inside(shape, value):
        yield from _not_allowed(member, inner, at + key)
    size = len(value) if isinstance(value, (str, bytes, list, Mapping)) else value
    most = shape.metadata.get("max")
    if most is not None and isinstance(size, (int, float)) and size > most:
        yield at, f"is beyond its maximum, {most}"
    if shape.name == "AttributeValue" and isinstance(value, Mapping) and size != 1:
        yield at, "must contain exactly one of the supported datatypes"  # DynamoDB's
    if shape.type_name == "string" and isinstance(value, str):
        choice = getattr(shape, "enum", None)
        if choice and value not in choice:
            yield at, f"must be one of: {', '.join(choice)}"
        pattern = _pattern(shape.metadata.get("pattern"))
        if pattern and len(value) <= _LONGEST_MATCHED and not pattern.search(value):
            yield at, f"must match {pattern.pattern}"


def _inside(shape: Shape, value: Any) -> Iterator[tuple[str, Shape, Any]]:
    """What a value holds: where, of what shape, and what."""
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        known = shape.members
        yield from ((f".{name}", known[name], value[name]) for name in known if name in value)
    elif isinstance(shape, ListShape) and isinstance(value, list):
        yield from ((f"[{index}]", shape.member, inner) for index, inner in enumerate(value))
    elif isinstance(shape, MapShape) and isinstance(value, Mapping):
        yield from ((f".{key}", shape.value, inner) for key, inner in value.items())


@cache
def _pattern(text: str | None) -> re.Pattern[str] | None:
    """A pattern of a model's; None for one that Python cannot read."""
    try:
        return re.compile(rf"\A(?:{text})\Z") if text else None
    except re.error:
        return None


def _without_nulls(value: Any) -> Any:
    """The value as botocore's validator wants it: absent, not null."""
    if isinstance(value, Mapping):
        return {key: _without_nulls(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, (list, tuple)):
        return [_without_nulls(inner) for inner in value]
    return value
