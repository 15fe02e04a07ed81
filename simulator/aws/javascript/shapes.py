"""Values between JavaScript and botocore: marks for dates and bytes, and what a shape makes of one.

Source: AWS SDK for JavaScript, "ParamValidator" (version 2) for the sentences of refusals.
"""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime
from typing import Any

from botocore.eventstream import EventStream
from botocore.model import Shape
from botocore.response import StreamingBody

_DATE, _BYTES, _BODY = "\x00date", "\x00bytes", "\x00body"
_NUMBERS = {"integer": int, "long": int, "float": float, "double": float}


def unmarked(value: Any) -> Any:
    """What JavaScript sent, with its dates and bytes."""
    if isinstance(value, list):
        return [unmarked(each) for each in value]
    if not isinstance(value, dict):
        return value
    if _DATE in value:
        return datetime.fromtimestamp(float(value[_DATE]) / 1000, UTC)
    if _BYTES in value:
        return base64.b64decode(str(value[_BYTES]))
    return {str(name): unmarked(each) for name, each in value.items()}


def marked(value: Any) -> Any:
    """What botocore answered, as JSON can say it."""
    if isinstance(value, dict):
        return {str(name): marked(each) for name, each in value.items()}
    if isinstance(value, (list, tuple, EventStream)):
        return [marked(each) for each in value]
    if isinstance(value, datetime):
        return {_DATE: round(value.timestamp() * 1000)}
    if isinstance(value, (bytes, bytearray)):
        return {_BYTES: base64.b64encode(value).decode()}
    if isinstance(value, StreamingBody):
        return {_BODY: base64.b64encode(value.read()).decode()}
    return value


def prepared(value: Any, shape: Any, *, strict: bool) -> Any:
    """A parameter as botocore takes it. What AWS does not know stays only where it is `strict`."""
    if value is None or getattr(shape, "is_document_type", False):
        return value
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        return {
            name: prepared(each, shape.members[name], strict=strict)
            if name in shape.members
            else each
            for name, each in value.items()
            if each is not None and (strict or name in shape.members)
        }
    if kind == "list" and isinstance(value, list):
        return [prepared(each, shape.member, strict=strict) for each in value]
    if kind == "map" and isinstance(value, dict):
        return {name: prepared(each, shape.value, strict=strict) for name, each in value.items()}
    return _scalar(value, shape, strict=strict)


def _scalar(value: Any, shape: Shape, *, strict: bool) -> Any:
    kind = shape.type_name
    if kind in _NUMBERS and isinstance(value, (str, float)):
        try:
            return _NUMBERS[kind](value)
        except ValueError:
            return value
    if kind == "string" and not strict and isinstance(value, (int, float)):
        return str(value).lower() if isinstance(value, bool) else str(value)
    return value


_MISSING = re.compile(r'Missing required parameter in (?P<where>.+?): "(?P<name>[^"]+)"')
_UNKNOWN = re.compile(r'Unknown parameter in (?P<where>.+?): "(?P<name>[^"]+)"')
_TYPE = re.compile(r"Invalid type for parameter (?P<name>.+?), value: .*valid types: (?P<type>.+)")
_TYPES = {"str": "a string", "int": "a number", "dict": "a structure", "list": "an Array"}
_TYPES |= {"bool": "a boolean", "float": "a number", "datetime": "a Date object"}


def complaint(report: str) -> tuple[str, str]:
    """botocore's report of bad parameters as version 2 of the SDK words it: a code, a sentence."""
    found = [_worded(line) for line in report.splitlines() if line.strip()]
    if len(found) == 1:
        return found[0]
    lines = "\n".join(f"* {code}: {sentence}" for code, sentence in found)
    return "MultipleValidationErrors", f"There were {len(found)} validation errors:\n{lines}"


def _worded(line: str) -> tuple[str, str]:
    if match := _MISSING.search(line):
        where = _place(match["where"])
        return "MissingRequiredParameter", f"Missing required key '{match['name']}' in {where}"
    if match := _UNKNOWN.search(line):
        where = _place(match["where"])
        return "UnexpectedParameter", f"Unexpected key '{match['name']}' found in {where}"
    if match := _TYPE.search(line):
        kind = next((said for name, said in _TYPES.items() if f"'{name}'" in match["type"]), "")
        return "InvalidParameterType", f"Expected params.{match['name']} to be {kind or 'another'}"
    return "ValidationError", line


def _place(where: str) -> str:
    return "params" if where == "input" else f"params.{where}"
