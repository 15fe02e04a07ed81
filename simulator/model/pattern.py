"""Event patterns, compiled once: which events they match, array by array as EventBridge does.

Behaviour: Amazon EventBridge User Guide, "Creating Amazon EventBridge event patterns", and the
published matcher of EventBridge (aws/event-ruler).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from simulator.model.matcher import InvalidPattern, Matcher, Pairs, exactly, expression, read_number

__all__ = ["Fields", "InvalidPattern", "Pattern", "Values", "compile_pattern", "compile_values"]

_OR = "$or"
_MOST_BRANCHES = 1000  # "Creating event patterns": $or may multiply to so many combinations
_RESERVED_IN_OR = frozenset(
    (
        *("exactly", "equals-ignore-case", "prefix", "suffix", "anything-but", "exists"),
        *("wildcard", "numeric", "cidr", "=", "<", "<=", ">", ">=", "regex", "not-wildcard"),
        *("not-equals-ignore-case", "date-after", "date-on-or-after", "date-before"),
        *("date-on-or-before", "in-date-range", "ip-address-in-range"),
        "ip-address-not-in-range",
    )
)

# Where in which arrays of the event a value lies: (array, index) pairs.
Membership = tuple[tuple[int, int], ...]
Fields = dict[str, list[tuple[Any, Membership]]]


@dataclass(frozen=True, slots=True)
class Values:
    """What one field may be: any of the strings `exact`, or what any of `tests` accepts.

    `absent` says that the field may be missing, `present` that any value will do.
    """

    exact: frozenset[str]
    tests: tuple[Matcher, ...]
    absent: bool
    present: bool

    def accept(self, value: Any) -> bool:
        """Whether a scalar of an event is one of these."""
        if self.present:
            return True
        if isinstance(value, str) and value in self.exact:
            return True
        return any(test(value) for test in self.tests)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern: it matches where any branch does, each branch all of its fields."""

    branches: tuple[tuple[tuple[str, Values], ...], ...]
    text: str = field(default="", compare=False)

    def matches(self, event: Mapping[str, Any] | Pairs) -> bool:
        """Whether an event, a JSON object, matches."""
        return self.matches_fields(flatten(event))

    def matches_fields(self, fields: Fields) -> bool:
        """The same for an event flattened before, for many patterns on one event."""
        return any(_branch_matches(branch, fields) for branch in self.branches)

    def only_strings(self, path: str) -> frozenset[str] | None:
        """The strings that the field at `path` has to be one of, or None where it may be others."""
        found: set[str] = set()
        for branch in self.branches:
            values = dict(branch).get(path)
            if values is None or values.tests or values.absent or values.present:
                return None
            found |= values.exact
        return frozenset(found)


def flatten(event: Mapping[str, Any] | Pairs) -> Fields:
    """An event's scalars by their dotted path, each with its place in the arrays around it."""
    fields: Fields = {}
    arrays = 0

    def load(path: str, value: Any, inside: Membership) -> None:
        nonlocal arrays
        if isinstance(value, (Mapping, Pairs)):
            pairs = value.items() if isinstance(value, Mapping) else value
            for name, entry in pairs:
                load(f"{path}.{name}" if path else name, entry, inside)
        elif isinstance(value, (list, tuple)):
            array = arrays
            arrays += 1
            for index, entry in enumerate(value):
                nested = isinstance(entry, (Mapping, list, tuple))
                load(path, entry, (*inside, (array, index)) if nested else inside)
        else:
            fields.setdefault(path, []).append((value, inside))

    load("", event, ())
    return fields


def parse(text: str) -> Any:
    """JSON with every object as Pairs. Raises ValueError; what follows it is not read."""
    decoder = json.JSONDecoder(
        object_pairs_hook=Pairs, parse_float=read_number, parse_constant=_no_constant
    )
    try:
        value, _ = decoder.raw_decode(text.lstrip(" \t\n\r"))
    except RecursionError as error:
        raise ValueError("JSON is nested too deeply") from error
    return value


@lru_cache(maxsize=4096)
def compile_pattern(text: str) -> Pattern:
    """Compile a pattern's JSON. Raises InvalidPattern with AWS's reason."""
    try:
        source = parse(text)
    except ValueError as error:
        raise InvalidPattern(f"Invalid JSON: {error}") from error
    if not isinstance(source, Pairs):
        raise InvalidPattern("Filter is not an object")
    branches = _compile_object(source, "", [{}], inside_or=False)
    return Pattern(tuple(tuple(sorted(branch.items())) for branch in branches), text)


def compile_values(source: Sequence[Any]) -> Values:
    """Compile the array of one field: scalars and match expressions. Raises InvalidPattern."""
    if not source:
        raise InvalidPattern("Empty arrays are not allowed")
    strings: set[str] = set()
    tests: list[Matcher] = []
    absent = present = False
    for entry in source:
        if isinstance(entry, Pairs):
            found = expression(entry)
            if found is True:
                present = True
            elif found is False:
                absent = True
            else:
                tests.append(found)
        elif isinstance(entry, str):
            if entry[:1].isdigit() or ":" in entry:  # it may be an IP address
                tests.append(exactly(entry))
            else:
                strings.add(entry)
        else:
            tests.append(exactly(entry))
    return Values(frozenset(strings), tuple(tests), absent, present)


_Branch = dict[str, Values]


def _compile_object(
    source: Pairs, path: str, branches: list[_Branch], *, inside_or: bool
) -> list[_Branch]:
    if not source:
        raise InvalidPattern("Empty objects are not allowed")
    for name, entry in source:
        if name == _OR:
            branches = _compile_or(entry, path, branches)
            continue
        if inside_or and name in _RESERVED_IN_OR:
            raise InvalidPattern(
                f"{name} is Ruler reserved fieldName which cannot be used inside $or."
            )
        here = f"{path}.{name}" if path else name
        if isinstance(entry, Pairs):
            branches = _compile_object(entry, here, branches, inside_or=inside_or)
        elif isinstance(entry, list):
            values = compile_values(entry)
            # A field named twice: the later one counts.
            branches = [{**branch, here: values} for branch in branches]
        else:
            raise InvalidPattern(f'"{name}" must be an object or an array')
    return branches


def _compile_or(entry: Any, path: str, branches: list[_Branch]) -> list[_Branch]:
    if not isinstance(entry, list):
        raise InvalidPattern("It must be an Array followed with $or.")
    forked: list[_Branch] = []
    for alternative in entry:
        if not isinstance(alternative, Pairs):
            raise InvalidPattern("Only JSON object is allowed in array of $or relationship.")
        forked += _compile_object(alternative, path, branches, inside_or=True)
        if len(forked) > _MOST_BRANCHES:
            raise InvalidPattern(f"$or makes more than {_MOST_BRANCHES} combinations")
    if len(entry) < 2:
        raise InvalidPattern("There must have at least 2 Objects in $or relationship.")
    return forked


def _branch_matches(branch: tuple[tuple[str, Values], ...], fields: Fields) -> bool:
    """Whether every field has a fitting value, all of them in the same array elements."""
    chosen: list[tuple[dict[Membership, None], list[Membership], bool]] = []
    in_arrays = False
    for path, values in branch:
        found = fields.get(path)
        if found is None:
            if not values.absent:
                return False
            continue
        fitting = {inside: None for value, inside in found if values.accept(value)}
        if not fitting and not values.absent:
            return False
        if values.absent and not fitting and any(not inside for _, inside in found):
            return False
        in_arrays = in_arrays or any(inside for _, inside in found)
        chosen.append((fitting, [inside for _, inside in found], values.absent))
    return not in_arrays or _consistent(chosen, 0, {}, set())


def _consistent(
    chosen: list[tuple[dict[Membership, None], list[Membership], bool]],
    index: int,
    so_far: dict[int, int],
    failed: set[tuple[int, tuple[tuple[int, int], ...]]],
) -> bool:
    if index == len(chosen):
        return True
    state = (index, tuple(sorted(so_far.items())))
    if state in failed:
        return False
    fitting, everywhere, absent = chosen[index]
    for inside in fitting:
        if _agrees(so_far, inside) and _consistent(
            chosen, index + 1, {**so_far, **dict(inside)}, failed
        ):
            return True
    if (
        absent
        and not any(_agrees(so_far, inside) for inside in everywhere)
        and _consistent(chosen, index + 1, so_far, failed)
    ):
        return True
    failed.add(state)
    return False


def _agrees(so_far: dict[int, int], inside: Membership) -> bool:
    return all(so_far.get(array, index) == index for array, index in inside)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
