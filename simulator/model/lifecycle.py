"""What a bucket's lifecycle rules do to an object, and from which midnight on.

Sources: S3 User Guide, "Lifecycle configuration elements", "Understanding object expiration",
"Transitioning objects using Amazon S3 Lifecycle", "Conflicting lifecycle actions".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import ceil

DAY_S = 86_400.0
SMALLEST = 128 * 1024
"""Bytes under which objects go to no class but the archives."""

_WARM_TO_COLD = (
    "STANDARD",
    "REDUCED_REDUNDANCY",
    "STANDARD_IA",
    "INTELLIGENT_TIERING",
    "ONEZONE_IA",
    "GLACIER_IR",
    "GLACIER",
    "DEEP_ARCHIVE",
)
_ARCHIVES = ("GLACIER", "DEEP_ARCHIVE")


@dataclass(frozen=True)
class Move:
    """To a storage class, so many days after something or at an instant (since 1970)."""

    storage_class: str
    days: int | None = None
    at_s: float | None = None
    keep: int = 0
    """Of versions that are no longer current, the newest so many stay."""


@dataclass(frozen=True)
class Rule:
    """One rule that is enabled. Days count from an object's making, or a version's end."""

    name: str
    prefix: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    over_bytes: int | None = None
    under_bytes: int | None = None
    expire_days: int | None = None
    expire_at_s: float | None = None
    expire_marker: bool = False
    moves: tuple[Move, ...] = ()
    noncurrent_days: int | None = None
    noncurrent_keep: int = 0
    noncurrent_moves: tuple[Move, ...] = ()
    abort_days: int | None = None
    smallest: bool = False
    """Whether objects under 128 KB go to the archives neither."""

    def covers(self, name: str, size: int, tags: Mapping[str, str]) -> bool:
        """Whether its filter lets an object through."""
        return (
            name.startswith(self.prefix)
            and all(tags.get(key) == value for key, value in self.tags.items())
            and (self.over_bytes is None or size > self.over_bytes)
            and (self.under_bytes is None or size < self.under_bytes)
        )


@dataclass(frozen=True)
class Thing:
    """An object or a version, as rules see it; `since_s` is what its days count from."""

    name: str
    size: int
    since_s: float
    storage_class: str
    tags: Mapping[str, str] = field(default_factory=dict)


def due_s(since_s: float, days: int) -> float:
    """The midnight, UTC, that so many days round up to."""
    return ceil((since_s + days * DAY_S) / DAY_S) * DAY_S


def expiry(rules: Iterable[Rule], thing: Thing) -> tuple[float, str] | None:
    """When a current object expires, and by which rule: the first of them."""
    found = []
    for rule in rules:
        if not rule.covers(thing.name, thing.size, thing.tags):
            continue
        if rule.expire_days is not None:
            found.append((due_s(thing.since_s, rule.expire_days), rule.name))
        if rule.expire_at_s is not None:
            found.append((rule.expire_at_s, rule.name))
    return min(found, key=lambda each: each[0], default=None)


def move(rules: Iterable[Rule], thing: Thing, now_s: float) -> tuple[str, str] | None:
    """The coldest class that a current object is to be in by now, and by which rule."""
    return _coldest(
        (
            (each, rule)
            for rule in rules
            if rule.covers(thing.name, thing.size, thing.tags)
            for each in rule.moves
        ),
        thing,
        now_s,
    )


def noncurrent_expiry(rules: Iterable[Rule], thing: Thing, newer: int, now_s: float) -> str | None:
    """The rule by which a version that is no longer current is to go by now.

    `newer` is how many versions are newer and not current either.
    """
    for rule in rules:
        if (
            rule.noncurrent_days is not None
            and rule.covers(thing.name, thing.size, thing.tags)
            and newer >= rule.noncurrent_keep
            and due_s(thing.since_s, rule.noncurrent_days) <= now_s
        ):
            return rule.name
    return None


def noncurrent_move(
    rules: Iterable[Rule], thing: Thing, newer: int, now_s: float
) -> tuple[str, str] | None:
    """The coldest class that a version no longer current is to be in by now."""
    return _coldest(
        (
            (each, rule)
            for rule in rules
            if rule.covers(thing.name, thing.size, thing.tags)
            for each in rule.noncurrent_moves
            if newer >= each.keep
        ),
        thing,
        now_s,
    )


def _coldest(
    moves: Iterable[tuple[Move, Rule]], thing: Thing, now_s: float
) -> tuple[str, str] | None:
    best = _rank(thing.storage_class)
    found: tuple[str, str] | None = None
    for each, rule in moves:
        at_s = each.at_s if each.days is None else due_s(thing.since_s, each.days)
        if at_s is None or at_s > now_s or _rank(each.storage_class) <= best:
            continue
        sized = rule.over_bytes is not None or rule.under_bytes is not None
        small = thing.size < SMALLEST and not sized
        if small and (rule.smallest or each.storage_class not in _ARCHIVES):
            continue
        best, found = _rank(each.storage_class), (each.storage_class, rule.name)
    return found


def _rank(storage_class: str) -> int:
    """How cold a class is; one that lifecycles know nothing of stays where it is."""
    if storage_class not in _WARM_TO_COLD:
        return len(_WARM_TO_COLD)
    return _WARM_TO_COLD.index(storage_class)
