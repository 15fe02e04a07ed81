"""Values in mapping templates: they answer to the methods that Java's maps, lists and texts have.

Mapping templates are Velocity, which calls Java. airspeed, whose objects are Python's, is told here
of the methods that API Gateway's own examples call and it lacks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from typing import Any

from simulator.aws.seams import replace

_FORBIDDEN = frozenset({"format", "format_map"})
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


class JavaMap(dict[str, Any]):
    """A JSON object in a template; as a text it is written as Java writes maps."""

    def __str__(self) -> str:
        inner = ", ".join(f"{key}={as_text(value)}" for key, value in self.items())
        return f"{{{inner}}}"

    def put(self, key: str, value: Any) -> Any:
        """Set an entry; what stood there before."""
        before = dict.get(self, key)
        self[key] = value
        return before

    def putAll(self, other: dict[str, Any]) -> None:  # noqa: N802  (Java's name)
        """Set all entries of another map."""
        self.update(other)

    def keySet(self) -> list[str]:  # noqa: N802
        """The keys."""
        return JavaList(self.keys())

    def entrySet(self) -> list[Any]:  # noqa: N802
        """The entries, each with `key` and `value`."""
        return JavaList(Entry(key, value) for key, value in self.items())

    def containsKey(self, key: str) -> bool:  # noqa: N802
        """Whether there is an entry of this name."""
        return key in self

    def isEmpty(self) -> bool:  # noqa: N802
        """Whether there are no entries."""
        return not self

    def size(self) -> int:
        """How many entries there are."""
        return len(self)

    def remove(self, key: str) -> Any:
        """Take an entry out."""
        return self.pop(key, None)


class JavaList(list[Any]):
    """A JSON array in a template."""

    def __str__(self) -> str:
        return f"[{', '.join(as_text(value) for value in self)}]"

    def size(self) -> int:
        """How many elements there are."""
        return len(self)

    def get(self, index: int) -> Any:
        """An element."""
        return self[index]

    def contains(self, value: Any) -> bool:
        """Whether an element is there."""
        return value in self

    def isEmpty(self) -> bool:  # noqa: N802
        """Whether there are no elements."""
        return not self

    def add(self, value: Any) -> bool:
        """Append an element."""
        self.append(value)
        return True

    def set(self, index: int, value: Any) -> Any:
        """Replace an element; what stood there before."""
        before, self[index] = self[index], value
        return before


class Entry:
    """An entry of a map."""

    def __init__(self, key: str, value: Any) -> None:
        self.key, self.value = key, value

    def getKey(self) -> str:  # noqa: N802
        """Its key."""
        return self.key

    def getValue(self) -> Any:  # noqa: N802
        """Its value."""
        return self.value


def as_java(value: Any) -> Any:
    """A JSON value, its maps and lists with Java's methods."""
    if isinstance(value, dict):
        return JavaMap({str(key): as_java(inner) for key, inner in value.items()})
    if isinstance(value, (list, tuple)):
        return JavaList(as_java(inner) for inner in value)
    return value


def as_text(value: Any) -> str:
    """A value as a template writes it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (dict, list)):
        return str(as_java(value))
    return str(value)


def as_json(value: Any) -> str:
    """A value as JSON, as `$input.json` writes it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _allowed(name: str) -> bool:
    """Whether a template may name it: Python's insides begin with an underscore."""
    return _NAME.fullmatch(name) is not None and name not in _FORBIDDEN


_TEXTS: dict[str, Callable[..., Any]] = {
    "concat": lambda text, other: text + other,
    "endsWith": lambda text, end: text.endswith(end),
    "equals": lambda text, other: text == other,
    "equalsIgnoreCase": lambda text, other: text.lower() == str(other).lower(),
    "indexOf": lambda text, part: text.find(part),
    "isEmpty": lambda text: not text,
    "lastIndexOf": lambda text, part: text.rfind(part),
    "replaceFirst": lambda text, pattern, new: re.sub(pattern, _backrefs(new), text, count=1),
    "replaceAll": lambda text, pattern, new: re.sub(pattern, _backrefs(new), text),
    "toLowerCase": lambda text: text.lower(),
    "toString": lambda text: text,
    "toUpperCase": lambda text: text.upper(),
    "trim": lambda text: text.strip(),
}
_MAPS = ("entrySet", "containsKey", "isEmpty", "size", "remove")
_NUMBERS = {"toString": lambda number: as_text(number), "equals": lambda a, b: a == b}


def _backrefs(new: str) -> str:
    """Java's `$1` in a replacement as Python's, and nothing else special."""
    return re.sub(r"\$(\d)", r"\\\1", new.replace("\\", "\\\\"))


@cache
def velocity() -> Any:
    """airspeed's module, with what it lacks; brought in when a template is first met."""
    from airspeed import operators

    methods = operators.__additional_methods__
    methods[str].update(_TEXTS)
    for name in _MAPS:
        methods[dict][name] = lambda each, *given, name=name: getattr(as_java(each), name)(*given)
    methods[dict]["remove"] = lambda each, key: each.pop(key, None)
    for kind in (int, float, bool):
        methods[kind] = dict(_NUMBERS)
    # A template comes from whoever makes an API: it must not reach into this process.
    replace(operators, "is_valid_vtl_identifier", _allowed)
    return operators
