"""Requests that are not of their operation's shape, refused before moto trips over them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from botocore.model import OperationNotFoundError
from botocore.validate import ParamValidator
from moto.core.exceptions import JsonRESTError
from moto.core.utils import get_service_model

if TYPE_CHECKING:
    from botocore.model import Shape

_VALIDATOR = ParamValidator()


class Misshapen(JsonRESTError):
    """A value of the wrong type, or none where one must be."""

    code = 400


class NoOperation(JsonRESTError):
    """A request that is for no operation."""

    code = 404

    def __init__(self) -> None:
        super().__init__("UnknownOperationException", "The request is for no operation.")


def check_shape(service: str, operation: str | None, body: bytes | str) -> None:
    """Refuse a JSON body that `operation` cannot have. Unknown members are not looked at.

    Raises SerializationException for a wrong type, ValidationException for what is missing or out
    of bounds (EventBridge API Reference, "Common Errors").
    """
    if not operation:
        raise NoOperation
    try:
        shape = get_service_model(service).operation_model(operation).input_shape
    except OperationNotFoundError:
        return
    if shape is None:
        return
    try:
        said = _without_nulls(json.loads(body or "{}"))
    except (ValueError, RecursionError) as error:
        raise Misshapen("SerializationException", f"The body is no JSON: {error}") from error
    if not isinstance(said, dict):
        raise Misshapen("SerializationException", "The body must be a JSON object.")
    _check_members(shape, said)


def _check_members(shape: Any, said: Mapping[str, Any]) -> None:
    required = shape.metadata.get("required", [])
    absent: list[str] = []
    for name, member in shape.members.items():
        if "location" in member.serialization:
            for key in {name: 0, member.serialization.get("name", name): 0}:
                if key in said:  # moto would read it there too
                    list(_check_value(key, member, said[key]))
            continue
        value = said.get(member.serialization.get("name", name))
        if value is not None:
            absent += _check_value(name, member, value)
        elif name in required:
            absent.append(_lower(name))
    if absent:
        noun = "error" if len(absent) == 1 else "errors"
        listed = "; ".join(
            f"Value null at '{at}' failed to satisfy constraint: Member must not be null"
            for at in absent
        )
        text = f"{len(absent)} validation {noun} detected: {listed}"
        raise Misshapen("ValidationException", text)


def _check_value(name: str, member: Shape, value: Any) -> Iterator[str]:
    """What is missing in a value; a wrong type is raised."""
    missing = []
    for kind, at, details in _VALIDATOR.validate(value, member)._errors:
        where = f"{_lower(name)}{at}"
        if kind == "invalid type":
            found = type(details["param"]).__name__
            wanted = ", ".join(str(found) for found in details["valid_types"])
            text = f"The value at {where} is a {found}; it must be one of: {wanted}."
            raise Misshapen("SerializationException", text)
        if kind == "missing required field":
            missing.append(f"{where}.{_lower(str(details['required_name']))}")
    return iter(missing)


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(entry) for key, entry in value.items() if entry is not None}
    if isinstance(value, list):
        return [_without_nulls(entry) for entry in value]
    return value


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]
