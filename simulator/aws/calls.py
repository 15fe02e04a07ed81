"""A call as the journal tells it: its parameters with secrets masked, and how it ended."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape
from moto.core.model import ServiceModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import determine_request_protocol

from simulator.aws.routing import Target
from simulator.aws.wire import WireRequest
from simulator.http import HttpResponse

MASK = "***"
UNREAD = "unread"
"""Stands for the parameters of a call whose body cannot be read: the kind of error."""
_LONGEST_TEXT = 1024
_SECRET_NAMES = re.compile(
    r"(password|secretstring|secretbinary|secretaccesskey|sessiontoken|plaintext|privatekey"
    r"|authtoken|^token$|oauthtoken|clientsecret)",
    re.IGNORECASE,
)
# Marked as sensitive by AWS's models, and yet what a learner must see: the data of the lesson.
_OPEN_SERVICES = frozenset({"stepfunctions"})
_OPEN_NAMES = frozenset({"Payload", "ZipFile"})
_XML_CODE = re.compile(rb"<Code>([^<]*)</Code>")
_XML_MESSAGE = re.compile(rb"<Message>([^<]*)</Message>", re.IGNORECASE)


def parameters(request: WireRequest, target: Target) -> dict[str, Any]:
    """The parameters of a call, for a person to read: secrets masked, long values cut."""
    try:
        parsed = read(request, target)
        shape = _input_shape(target)
        if target.service in _OPEN_SERVICES:
            shape = None
        return {name: _shown(name, value, _member(shape, name)) for name, value in parsed.items()}
    except Exception as error:  # what cannot be parsed is told, and moto gives the verdict
        return {UNREAD: type(error).__name__}


def read(request: WireRequest, target: Target) -> Mapping[str, Any]:
    """The parameters of a call as they are. Raises whatever shows that they cannot be read."""
    model: ServiceModel | None = target.model
    if model is None or target.action not in model.operation_names:
        return {}
    if "HTTP_X_AMZ_TARGET" in request.environ:
        return _json_object(request)
    protocol = determine_request_protocol(model, request.content_type)
    operation = model.operation_model(target.action)
    parser = PROTOCOL_PARSERS[protocol](operation, map_type=dict)
    parsed = parser.parse(
        {
            "method": request.method,
            "values": request.values,
            "headers": request.headers,
            "body": request.data,
            "url_path": request.path,
            "url_params": _url_parameters(request, target),
        }
    )
    return parsed if isinstance(parsed, Mapping) else {}


def _json_object(request: WireRequest) -> Mapping[str, Any]:
    parsed = request.said() if request.data else {}
    if not isinstance(parsed, dict):
        raise TypeError("a JSON object is wanted")  # moto takes it for no parameters
    return parsed


def _url_parameters(request: WireRequest, target: Target) -> dict[str, Any]:
    from moto.core.routing import get_service_router

    if target.model is None or not str(target.model.metadata["protocol"]).startswith("rest"):
        return {}
    _, found = get_service_router(target.service).match(request)
    return dict(found)


def _input_shape(target: Target) -> Shape | None:
    if target.model is None or target.action not in target.model.operation_names:
        return None
    shape: Shape | None = target.model.operation_model(target.action).input_shape
    return shape


def _member(shape: Any, name: str) -> Shape | None:
    """What AWS's model says of a member of a structure; of a map's value, of a list's element."""
    if isinstance(shape, StructureShape):
        members: Mapping[str, Shape] = shape.members
        return members.get(name)
    if isinstance(shape, MapShape):
        return shape.value
    return shape.member if isinstance(shape, ListShape) else None


@lru_cache(maxsize=4096)
def _is_secret(name: str) -> bool:
    return _SECRET_NAMES.search(name) is not None


def _shown(name: str, value: Any, shape: Shape | None) -> Any:
    if _is_secret(name):
        return MASK
    if shape is not None and shape.metadata.get("sensitive") and name not in _OPEN_NAMES:
        return MASK
    if isinstance(value, Mapping):
        return {
            str(key): _shown(str(key), inner, _member(shape, str(key)))
            for key, inner in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_shown(name, inner, _member(shape, name)) for inner in value]
    if hasattr(value, "read"):
        value = value.read()
    if shape is not None and shape.type_name == "blob" and isinstance(value, str):
        value = _decoded(value)
    if isinstance(value, (bytes, bytearray)):
        try:
            value = bytes(value).decode()
        except UnicodeDecodeError:
            return f"<{len(value)} bytes, sha256 {hashlib.sha256(value).hexdigest()[:12]}>"
    if isinstance(value, str) and len(value) > _LONGEST_TEXT:
        return f"{value[:_LONGEST_TEXT]}… ({len(value)} characters)"
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # JSON has no such number
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def _decoded(text: str) -> str | bytes:
    """A blob as JSON carries it, decoded where it can be."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return text


def outcome(response: HttpResponse) -> dict[str, Any]:
    """How a call ended: its HTTP status and, where it failed, AWS's error code and message."""
    if response.status < 400:
        return {"status": response.status}
    code, message = code_and_message(response)
    ended = {"status": response.status, "error": code or f"HTTP {response.status}"}
    return {**ended, "message": message} if message else ended


def code_and_message(response: HttpResponse) -> tuple[str, str]:
    """What an error says, in JSON or XML; empty where it does not."""
    code = message = None
    if response.body[:1] == b"{":
        headers = {name.lower(): value for name, value in response.headers.items()}
        try:
            told = json.loads(response.body)
        except ValueError:
            told = {}
        code = told.get("__type") or told.get("code") or headers.get("x-amzn-errortype")
        message = told.get("message") or told.get("Message")
    elif found := _XML_CODE.search(response.body):
        code = found[1].decode()
        text = _XML_MESSAGE.search(response.body)
        message = text[1].decode() if text else None
    return str(code or "").rsplit("#", 1)[-1], str(message or "")
