"""Whose fault it is that moto failed on a request: the caller's, where the request was wrong.

moto takes requests to be well formed. Where it stumbles, the request is held against what AWS's
model declares of its operation, and what that forbids is refused as AWS refuses it. What the model
allows and moto stumbles over all the same is not built. Where the stumble is in our own code and
the request is right, nobody but us is to blame. A request that moto answers is never looked at.
"""

from __future__ import annotations

import binascii
import json
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from traceback import walk_tb
from typing import Any
from xml.etree.ElementTree import ParseError
from xml.parsers.expat import ExpatError

from moto.core.parse import RequestParserError

from simulator.aws import calls
from simulator.aws.complaints import Complaint, complaints
from simulator.aws.routing import Target
from simulator.aws.wire import WireRequest

# What is parsed in a service came with a request, and so did the halves of a character.
_PARSERS = (ExpatError, ParseError, json.JSONDecodeError, UnicodeError, binascii.Error)
# What an operation may declare for values that are wrong.
_INVALID = (
    "ValidationException",
    "InvalidParameterValueException",
    "InvalidParameterException",
    "InvalidRequestException",
    "BadRequestException",
)
# Where a library's frames are; those in <...> are of generated code.
_LIBRARIES = ("<", *(sysconfig.get_path(kind) for kind in ("stdlib", "purelib", "platlib")))
_OF_PLAIN_VALUES = frozenset(dir(str) + dir(dict) + dir(list))


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error for the caller."""

    status: int
    code: str
    message: str


def refusal_for(request: WireRequest, target: Target, error: Exception) -> Refusal | None:
    """What the caller is told of a request that `error` stopped; None where it is our failure."""
    model = target.model
    if model is None:
        return None
    if (unknown := unknown_operation(target)) is not None:
        return unknown
    if isinstance(error, _PARSERS):
        return _unreadable(target, error)
    try:
        request.data.decode()
        said = calls.read(request, target)
        complaint = _complaint(target, said, error)
    except Exception as unread:  # whatever is wrong with the bytes of a stranger
        return _unreadable(target, unread)
    if complaint is not None:
        return _refusal(target, complaint)
    if (name := _missed(error, said)) is not None:
        return _not_found(target, f"There is no {name[:200]!r}.")
    if not _is_motos(error):
        return None
    if _lacks_a_thing(error):
        return _not_found(target, "What the request names, or should name, is not there.")
    return _not_built(target, error)


def unknown_operation(target: Target) -> Refusal | None:
    """What the caller is told of an operation that AWS's model of the service does not have."""
    if target.model is None or target.action in target.model.operation_names:
        return None
    named = repr(target.action[:100]) if target.action else "that the request fits"
    sentence = f"{target.service} has no operation {named}."
    if target.protocol in ("query", "ec2"):
        return Refusal(400, "InvalidAction" if target.action else "MissingAction", sentence)
    if target.protocol == "rest-xml":
        return Refusal(405, "MethodNotAllowed", sentence)
    return Refusal(404, "UnknownOperationException", sentence)


def _complaint(target: Target, said: Mapping[str, Any], error: Exception) -> Complaint | None:
    """What is wrong with the parameters, by the operation's model or by the error's own words."""
    if isinstance(error, RecursionError):
        return Complaint("value", "", "The request is nested too deeply.")
    shape = _operation(target).input_shape
    if (complaint := next(complaints(shape, said), None) if shape else None) is not None:
        return complaint
    if isinstance(error, ValueError):
        for text in _texts(said):
            if repr(text) in str(error):
                return Complaint("value", "", f"The value {text[:200]!r} is not allowed.")
    return None


def _unreadable(target: Target, error: Exception) -> Refusal:
    sentence = f"The request cannot be read: {type(error).__name__}: {str(error)[:200]}"
    in_body = isinstance(error, (*_PARSERS, RequestParserError))
    code = {
        "rest-xml": "MalformedXML" if in_body else "InvalidArgument",
        "query": "MalformedInput",
        "ec2": "InvalidParameterValue",
    }.get(str(target.protocol), "SerializationException")
    return Refusal(400, code, sentence)


def _refusal(target: Target, complaint: Complaint) -> Refusal:
    operation = _operation(target)
    if target.protocol == "rest-xml":
        payload = operation.input_shape and operation.input_shape.serialization.get("payload")
        code = "MalformedXML" if payload and complaint.member == payload else "InvalidArgument"
    elif target.protocol in ("query", "ec2"):
        code = "MissingParameter" if complaint.kind == "missing" else "InvalidParameterValue"
    elif complaint.kind == "type":
        code = "SerializationException"
    else:
        declared = {shape.name for shape in operation.error_shapes}
        code = next((code for code in _INVALID if code in declared), _INVALID[0])
    return Refusal(400, code, complaint.sentence)


def _not_found(target: Target, sentence: str) -> Refusal:
    if target.protocol in ("json", "rest-json"):
        declared = [shape.name for shape in _operation(target).error_shapes]
        found = next((code for code in declared if "NotFound" in code), None)
        if found is not None:
            return Refusal(400 if target.protocol == "json" else 404, found, sentence)
    return _refusal(target, Complaint("value", "", sentence))


def _not_built(target: Target, error: Exception) -> Refusal:
    stumble = f"{type(error).__name__}: {str(error)[:200]}"
    name = f"{target.service}:{target.action}"
    return Refusal(501, "NotImplemented", f"{name} is not built for such a request: {stumble}")


def _operation(target: Target) -> Any:
    assert target.model is not None
    return target.model.operation_model(target.action)


# ---- what a stumble says


def _missed(error: Exception, said: Mapping[str, Any]) -> str | None:
    """The name in the request that a look-up did not find."""
    name = error.args[0] if isinstance(error, KeyError) and error.args else None
    return name if isinstance(name, str) and name in _texts(said) else None


def _lacks_a_thing(error: Exception) -> bool:
    """Whether a look-up, not a parameter that may be left out, came to nothing."""
    if isinstance(error, AttributeError):
        return error.obj is None and error.name not in _OF_PLAIN_VALUES
    if isinstance(error, KeyError):
        return error.args == (None,)
    return isinstance(error, StopIteration)


def _is_motos(error: Exception) -> bool:
    """Whether it was moto's code that stumbled, or a library that it called; not code of ours."""
    for frame, _ in reversed(list(walk_tb(error.__traceback__))):
        room = frame.f_globals.get("__name__", "").partition(".")[0]
        path = frame.f_code.co_filename
        if room == "moto":
            return True
        if room == "simulator" or not path.startswith(_LIBRARIES):
            break
    return False


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
