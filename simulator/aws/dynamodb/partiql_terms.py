"""What a PartiQL statement is made of, once it has been read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

Value = dict[str, Any]


class Malformed(Exception):
    """A statement that cannot be read; the message says where."""


class Mismatched(Malformed):
    """There are more question marks than parameters, or fewer."""


class Path(NamedTuple):
    """An attribute, or what lies in it: names and places."""

    parts: tuple[str | int, ...]


class Call(NamedTuple):
    """A function of what may be paths, values and calls."""

    name: str
    arguments: tuple[Any, ...]


class Test(NamedTuple):
    """A condition: its kind (and, or, not, compare, in, between, missing, null), and of what."""

    kind: str
    of: tuple[Any, ...]


@dataclass
class Statement:
    """What a statement asks for."""

    kind: str
    table: str = ""
    index: str | None = None
    paths: list[Path] = field(default_factory=list)
    """What is selected; nothing means all."""
    where: Test | Call | None = None
    order: tuple[Path, bool] | None = None
    """By which attribute, and whether downwards."""
    item: Value = field(default_factory=dict)
    changes: list[tuple[str, Path, Any]] = field(default_factory=list)
    """SET and REMOVE: what, and to which operand."""
    returning: str = ""


def conjuncts(where: Test | Call | None) -> list[Any]:
    """The conditions that all have to hold."""
    if where is None:
        return []
    if isinstance(where, Test) and where.kind == "and":
        return [inner for each in where.of for inner in conjuncts(each)]
    return [where]
