"""What a target gets of an event: JSON paths, templates with placeholders, reserved variables.

Behaviour: Amazon EventBridge User Guide, "Amazon EventBridge input transformation".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

RESERVED = frozenset(
    f"aws.events.{name}"
    for name in ("rule-arn", "rule-name", "event", "event.json", "event.ingestion-time")
)
"""Variables that every template has."""

_STEP = re.compile(
    r"\.(?P<name>[^.\[\]]+)|\[(?P<index>\d+)\]|\[(?P<all>\*)\]|\['(?P<quoted>[^']+)'\]"
)
_PLACEHOLDER = re.compile(r"<([^<>\s]+)>")
_MISSING = object()


def compact(value: Any) -> str:
    """JSON as EventBridge writes it: without blanks."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def is_path(path: str) -> bool:
    """Whether `path` is a JSON path of the kind that EventBridge knows."""
    return path.startswith("$") and _STEP.sub("", path[1:]) == ""


def select(event: Any, path: str) -> Any:
    """The value at a JSON path such as `$.detail.items[0]`, or None where there is none."""
    found = _select(event, path)
    return None if found is _MISSING else found


def placeholders(template: str) -> list[str]:
    """The names between angle brackets in a template."""
    return _PLACEHOLDER.findall(template)


def transform(
    template: str, paths: Mapping[str, str], event: Mapping[str, Any], reserved: Mapping[str, Any]
) -> str:
    """Fill a template: inside quotation marks with text, elsewhere with JSON.

    `paths` gives the JSON path of each variable; one that the event lacks becomes empty text.
    """
    values = {name: _select(event, path) for name, path in paths.items()}
    values.update(reserved)
    pieces: list[str] = []
    quoted, at = False, 0
    for match in _PLACEHOLDER.finditer(template):
        before = template[at : match.start()]
        quoted ^= _quotation_marks(before) % 2 == 1
        pieces.append(before)
        at = match.end()
        if match[1] not in values:
            pieces.append(match[0])
            continue
        value = values[match[1]]
        pieces.append(_as_text(value) if quoted else _as_json(value))
    return "".join((*pieces, template[at:]))


def _select(event: Any, path: str) -> Any:
    value = event
    for step in _STEP.finditer(path, 1):
        name = step["name"] or step["quoted"]
        if name == "*" or step["all"]:
            rest = "$" + path[step.end() :]
            entries = value.values() if isinstance(value, Mapping) else value
            if not isinstance(value, (Mapping, list)):
                return _MISSING
            found = [_select(entry, rest) for entry in entries]
            return [entry for entry in found if entry is not _MISSING]
        if name is not None and isinstance(value, Mapping) and name in value:
            value = value[name]
        elif step["index"] and isinstance(value, list) and int(step["index"]) < len(value):
            value = value[int(step["index"])]
        else:
            return _MISSING
    return value


def _quotation_marks(text: str) -> int:
    return len(re.findall(r'(?<!\\)(?:\\\\)*"', text))


def _as_text(value: Any) -> str:
    if value is _MISSING:
        return ""
    if isinstance(value, str):
        return compact(value)[1:-1]
    # Objects and lists lose their quotation marks within a string; nothing is escaped.
    return compact(value).replace('"', "")


def _as_json(value: Any) -> str:
    return '""' if value is _MISSING else compact(value)
