"""JSON in SNS's parameters: read, or refused in the words of the parser that AWS uses."""

from __future__ import annotations

import json
import re
from typing import Any

_WHERE = (
    "\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); "
    "line: {line}, column: {column}]"
)
_VALUES = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
_WORD = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")


class NotJson(ValueError):
    """Text that is no JSON; the message is AWS's complaint."""


def read_object(text: str) -> dict[str, Any]:
    """The JSON object that `text` is. Raises NotJson."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise NotJson(complaint(text, error)) from error
    except (RecursionError, ValueError) as error:
        raise NotJson(f"failed to parse JSON. {error}") from error
    if not isinstance(value, dict):
        raise NotJson("failed to parse JSON. It is not an object")
    return value


def is_object(text: str) -> bool:
    """Whether a text is a JSON object."""
    try:
        read_object(text)
    except NotJson:
        return False
    return True


def complaint(text: str, error: json.JSONDecodeError) -> str:
    """What AWS's parser says of the first mistake in a text."""
    at = error.pos
    found = text[at : at + 1]
    word = _WORD.match(text, at)
    unexpected = f"Unexpected character ('{found}' (code {ord(found or chr(0))}))"
    if not found:
        told, column = "Unexpected end-of-input", error.colno
    elif "property name" in error.msg:
        told = f"{unexpected}: was expecting double-quote to start field name"
        column = error.colno
    elif word is not None:
        told = f"Unrecognized token '{word[0]}': was expecting {_VALUES}"
        column = error.colno + len(word[0])
    else:
        told = f"{unexpected}: expected a valid value {_VALUES}"
        column = error.colno
    return f"failed to parse JSON. {told}" + _WHERE.format(line=error.lineno, column=column)
