"""Whose fault it is that moto failed on a request: the caller's, where the request was wrong.

moto takes requests to be well formed. Where it stumbles, the request is held against what AWS's
model declares of its operation, and what that forbids is refused as AWS refuses it. A request that
moto answers is never looked at here.
"""

from __future__ import annotations

import binascii
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from xml.etree.ElementTree import ParseError
from xml.parsers.expat import ExpatError

from botocore.validate import ParamValidator
from moto.core.parse import RequestParserError
from moto.core.request import Request

from simulator.aws import calls
from simulator.aws.routing import Target

_LONGEST_MATCHED, _DEEPEST = 2048, 4
# What is parsed in a service came with a request.
_PARSERS = (ExpatError, ParseError, json.JSONDecodeError, UnicodeDecodeError, binascii.Error)
_VALIDATOR = ParamValidator()
# What an operation may declare for values that are wrong, and for things that are not there.
_INVALID = ("ValidationException", "InvalidParameterValueException", "InvalidParameterException")
_INVALID += ("InvalidRequestException", "BadRequestException")


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error for the caller."""

    status: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class _Complaint:
    """What is wrong with a request; `kind` is type, missing or value."""

    kind: str
    member: str
    sentence: str


def refusal_for(request: Request, target: Target, error: Exception) -> Refusal | None:
    """Why AWS would have refused a request that moto failed on with `error`, or None."""
    model = target.model
    if model is None:
        return None
    if target.action not in model.operation_names:
        return _unknown(target)
    if isinstance(error, _PARSERS):
        return _unreadable(request, target, error)
    try:
        request.data.decode()
        said = calls.read(request, target)
    except Exception as unread:  # whatever is wrong with the bytes of a stranger
        return _unreadable(request, target, unread)
    if isinstance(error, RecursionError):
        return _refusal(target, _Complaint("value", "", "The request is nested too deeply."))
    shape = model.operation_model(target.action).input_shape
    for complaint in _complaints(shape, said) if shape is not None else ():
        return _refusal(target, complaint)
    missed = str(error.args[0]) if isinstance(error, KeyError) and error.args else None
    if missed and missed in _texts(said):
        return _not_found(target, missed)
    if missed and shape is not None and missed in _declared_members(shape):
        sentence = f"{target.service}:{target.action} without {missed} is not built in Paddock."
        return Refusal(501, "NotImplemented", sentence)
    return None


def _unknown(target: Target) -> Refusal:
    sentence = f"{target.service} has no operation {target.action[:100]!r} that the request fits."
    if target.protocol == "rest-xml":
        return Refusal(405, "MethodNotAllowed", sentence)
    if target.protocol in ("query", "ec2"):
        return Refusal(400, "InvalidAction", sentence)
    return Refusal(404, "UnknownOperationException", sentence)


def _unreadable(request: Request, target: Target, error: Exception) -> Refusal:
    sentence = f"The request cannot be read: {type(error).__name__}: {str(error)[:200]}"
    if target.protocol == "rest-xml":
        body = isinstance(error, (*_PARSERS, RequestParserError))
        return Refusal(400, "MalformedXML" if body else "InvalidArgument", sentence)
    if target.protocol in ("query", "ec2"):
        code = "MalformedInput" if target.protocol == "query" else "InvalidParameterValue"
        return Refusal(400, code, sentence)
    return Refusal(400, "SerializationException", sentence)


def _refusal(target: Target, complaint: _Complaint) -> Refusal:
    if target.protocol == "rest-xml":
        payload = _operation(target).input_shape.serialization.get("payload")
        in_body = payload is not None and complaint.member == payload
        return Refusal(
            400, "MalformedXML" if in_body else "InvalidArgument", complaint.sentence
        )
    if target.protocol in ("query", "ec2"):
        code = "MissingParameter" if complaint.kind == "missing" else "InvalidParameterValue"
        return Refusal(400, code, complaint.sentence)
    if complaint.kind == "type":
        return Refusal(400, "SerializationException", complaint.sentence)
    return Refusal(400, _declared(target, _INVALID) or _INVALID[0], complaint.sentence)


def _not_found(target: Target, name: str) -> Refusal:
    sentence = f"There is no {name[:200]!r}."
    if target.protocol in ("json", "rest-json"):
        declared = [shape.name for shape in _operation(target).error_shapes]
        found = next((code for code in declared if "NotFound" in code), None)
        if found is not None:
            return Refusal(400 if target.protocol == "json" else 404, found, sentence)
    return _refusal(target, _Complaint("value", "", sentence))


def _operation(target: Target) -> Any:
    assert target.model is not None
    return target.model.operation_model(target.action)


def _declared(target: Target, codes: tuple[str, ...]) -> str | None:
    names = {shape.name for shape in _operation(target).error_shapes}
    return next((code for code in codes if code in names), None)


# ---- holding a request against its shape


def _complaints(shape: Any, said: Mapping[str, Any]) -> Iterator[_Complaint]:
    given = _without_nulls(said)
    for kind, at, details in _VALIDATOR.validate(given, shape)._errors:
        where = at.lstrip(".")
        member = re.split(r"[.\[]", where, maxsplit=1)[0]
        if kind == "missing required field":
            name = str(details["required_name"])
            path = f"{where}.{name}" if where else name
            yield _Complaint("missing", member or name, f"{path} is required.")
        elif kind == "invalid type":
            wanted = " or ".join(str(name) for name in details["valid_types"])
            found = type(details["param"]).__name__
            yield _Complaint("type", member, f"{where} is a {found}; it must be {wanted}.")
        elif kind != "unknown field":
            yield _Complaint("value", member, f"The value at {where} is not allowed: {kind}.")
    for name, member in shape.members.items():
        if (value := given.get(name)) is not None:
            yield from _beyond(name, name, member, value)


def _beyond(top: str, at: str, shape: Any, value: Any) -> Iterator[_Complaint]:
    """Values beyond their greatest size, outside their choice or not of their pattern."""
    kind = shape.type_name
    if kind == "structure" and isinstance(value, Mapping):
        for name, member in shape.members.items():
            if name in value:
                yield from _beyond(top, f"{at}.{name}", member, value[name])
    elif kind == "list" and isinstance(value, list):
        for index, entry in enumerate(value):
            yield from _beyond(top, f"{at}[{index}]", shape.member, entry)
    elif kind == "map" and isinstance(value, Mapping):
        for key, entry in value.items():
            yield from _beyond(top, f"{at}.{key}", shape.value, entry)
    size = len(value) if isinstance(value, (str, bytes, list, Mapping)) else value
    most = shape.metadata.get("max")
    if most is not None and isinstance(size, (int, float)) and size > most:
        yield _Complaint("value", top, f"The value at {at} is beyond its maximum, {most}.")
    if kind != "string" or not isinstance(value, str):
        return
    if shape.enum and value not in shape.enum:
        choice = ", ".join(shape.enum)
        yield _Complaint("value", top, f"The value at {at} must be one of: {choice}.")
    pattern = _pattern(shape.metadata.get("pattern"))
    if pattern and len(value) <= _LONGEST_MATCHED and not pattern.search(value):
        yield _Complaint("value", top, f"The value at {at} must match {pattern.pattern}.")


@cache
def _pattern(text: str | None) -> re.Pattern[str] | None:
    """A pattern of a model's; None for one that Python cannot read."""
    try:
        return re.compile(rf"\A(?:{text})\Z") if text else None
    except re.error:
        return None


def _without_nulls(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_nulls(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, (list, tuple)):
        return [_without_nulls(inner) for inner in value]
    return value


def _declared_members(shape: Any, depth: int = 0) -> Iterator[str]:
    """The names of a structure's members, and of theirs."""
    if shape.type_name == "list":
        yield from _declared_members(shape.member, depth)
    if shape.type_name == "structure" and depth < _DEEPEST:
        for name, member in shape.members.items():
            yield name
            yield from _declared_members(member, depth + 1)


def _texts(value: Any) -> Iterator[str]:
    """Every text of a request."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield str(key)
            yield from _texts(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _texts(inner)
