"""Why a text is no JSON, in the words of AWS's parser."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

NO_OBJECT = "Definition must be a valid JSON object"
_VALUES = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
_LITERALS = ("true", "false", "null")
_WORD = re.compile(r"[A-Za-z_$][\w$]*")


class Fault(NamedTuple):
    """What is wrong, and behind which character (counted from 1 in its line) it was seen."""

    message: str
    line: int
    column: int

    def place(self, text: str) -> str:
        """Where in `text` it is: `[Source: (String)"…"; line: 1, column: 4]`."""
        return f'[Source: (String)"{text}"; line: {self.line}, column: {self.column}]'


def fault(text: str) -> Fault | None:
    """What keeps `text` from being JSON; nothing, if it is JSON."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return _told(text, error)
    return None


def _told(text: str, error: json.JSONDecodeError) -> Fault:
    word = _WORD.match(text, error.pos)
    if word and word[0] not in _LITERALS:
        message = f"Unrecognized token '{word[0]}': was expecting {_VALUES}"
        return Fault(message, error.lineno, error.colno + len(word[0]))
    if error.pos >= len(text):
        return Fault("Unexpected end-of-input", error.lineno, error.colno)
    found = text[error.pos]
    wanted = {
        "Expecting property name enclosed in double quotes": "double-quote to start field name",
        "Expecting ':' delimiter": "a colon to separate field name and value",
        "Expecting ',' delimiter": "comma to separate entries",
    }.get(error.msg, f"a valid value {_VALUES}")
    message = f"Unexpected character ('{found}' (code {ord(found)})): was expecting {wanted}"
    return Fault(message, error.lineno, error.colno + 1)
