"""Reads a request's parameters by the input that the service's model declares."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from botocore.model import OperationNotFoundError
from moto.core.utils import get_service_model

Reader = Callable[[Any], Any]


class Mismatch(Exception):
    """A value is not of its type; the path to it grows as the error passes outwards."""

    def __init__(self, wanted: str) -> None:
        super().__init__(wanted)
        self.wanted = wanted
        self.path: list[str] = []

    def __str__(self) -> str:
        where = ".".join(reversed(self.path)) or "The request's body"
        return f"{where} must be {self.wanted}."


class Missing(Exception):
    """A parameter that has to be there is not; the message is its name."""


@cache
def reader(action: str) -> Reader | None:
    """What reads the parameters of an action, or None for one that there is not.

    It takes parsed JSON or moto's parsed query parameters, blobs as base64 or as bytes, drops what
    the input does not declare and what is null, and raises Mismatch or Missing.
    """
    try:
        shape = get_service_model("sqs").operation_model(action).input_shape
    except OperationNotFoundError:
        return None
    return _reader(shape) if shape is not None else lambda _: {}


def _reader(shape: Any) -> Reader:
    kind = shape.type_name
    if kind == "structure":
        return _structure(shape)
    if kind == "map":
        return _map(_reader(shape.value))
    if kind == "list":
        return _list(_reader(shape.member))
    return {"string": _string, "integer": _integer, "blob": _blob, "boolean": _boolean}[kind]


def _structure(shape: Any) -> Reader:
    members = {name: _reader(member) for name, member in shape.members.items()}
    required = tuple(shape.required_members)

    def read(value: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise Mismatch("an object")
        found: dict[str, Any] = {}
        for name, inner in value.items():
            member = members.get(name)
            if member is not None and inner is not None:
                found[name] = _at(name, member, inner)
        for name in required:
            if name not in found:
                raise Missing(name)
        return found

    return read


def _map(inner: Reader) -> Reader:
    def read(value: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise Mismatch("an object")
        return {key: _at(str(key), inner, each) for key, each in value.items()}

    return read


def _list(inner: Reader) -> Reader:
    def read(value: Any) -> list[Any]:
        if not isinstance(value, (list, tuple)):
            raise Mismatch("a list")
        return [_at(str(index), inner, each) for index, each in enumerate(value)]

    return read


def _at(name: str, read: Reader, value: Any) -> Any:
    try:
        return read(value)
    except Mismatch as mismatch:
        mismatch.path.append(name)
        raise


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise Mismatch("a string")
    return value


def _integer(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise Mismatch("a whole number")
    return value


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Mismatch("true or false")
    return value


def _blob(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    try:
        return base64.b64decode(_string(value), validate=True)
    except (binascii.Error, ValueError):
        raise Mismatch("base64") from None
