"""Holds a parsed request against the input that the service's model declares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def first_mismatch(value: Any, shape: Any, path: str = "") -> str | None:
    """What is of the wrong type, as a sentence, or None. Nulls are parameters not given."""
    if shape is None or value is None:
        return None
    kind, where = shape.type_name, path or "The request's body"
    if kind == "structure":
        if not isinstance(value, Mapping):
            return f"{where} must be an object."
        return _first(
            first_mismatch(value.get(name), member, f"{path}.{name}".lstrip("."))
            for name, member in shape.members.items()
        )
    if kind == "map":
        if not isinstance(value, Mapping):
            return f"{where} must be an object."
        return _first(
            f"{path}.{key} must not be null."
            if inner is None
            else first_mismatch(inner, shape.value, f"{path}.{key}")
            for key, inner in value.items()
        )
    if kind == "list":
        if not isinstance(value, (list, tuple)):
            return f"{where} must be a list."
        return _first(
            f"{path}[{index}] must not be null."
            if inner is None
            else first_mismatch(inner, shape.member, f"{path}[{index}]")
            for index, inner in enumerate(value)
        )
    if kind == "string" and not isinstance(value, str):
        return f"{where} must be a string."
    if kind == "integer" and (not isinstance(value, int) or isinstance(value, bool)):
        return f"{where} must be a whole number."
    if kind == "blob" and not isinstance(value, (str, bytes)):
        return f"{where} must be binary data."
    return None


def first_missing(value: Any, shape: Any, but: str = "") -> str | None:
    """The first parameter that has to be there and is not; `but` may be missing."""
    if shape is None or value is None:
        return None
    if shape.type_name == "structure":
        for name in shape.required_members:
            if name != but and value.get(name) is None:
                return str(name)
        return _first(
            first_missing(value.get(name), member, but) for name, member in shape.members.items()
        )
    if shape.type_name == "list":
        return _first(first_missing(inner, shape.member, but) for inner in value)
    return None


def _first(found: Any) -> str | None:
    return next((sentence for sentence in found if sentence), None)
