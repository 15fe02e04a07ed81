"""SNS filter policies, compiled once: which messages a subscription wants, by attribute or by body.

Behaviour: Amazon SNS Developer Guide, "Amazon SNS subscription filter policies", "String value
matching", "Numeric value matching", "Key matching" and "Filter policy constraints in Amazon SNS".
The operators are those of EventBridge's patterns, but not all of them are allowed here.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from simulator.model.matcher import InvalidPattern, Pairs, is_number
from simulator.model.pattern import Values, compile_values, parse

ATTRIBUTES, BODY = "MessageAttributes", "MessageBody"
"""What a policy looks at (FilterPolicyScope)."""

MOST_KEYS = 5
MOST_COMBINATIONS = 150
LARGEST_NUMBER = 1_000_000_000
_PRECISION = 1_000_000
_MOST_WILDCARDS = 3
_MOST_WILDCARD_POINTS = 100
_OR = "$or"
_SCALAR_ONLY = ("prefix", "suffix", "wildcard", "equals-ignore-case")
_UNDER_ANYTHING_BUT = ("prefix", "wildcard")
_STAR = re.compile(r"\\.|(\*)")


class InvalidFilter(ValueError):
    """A policy that SNS refuses; the message is AWS's reason."""


class NestedFilter(InvalidFilter):
    """A nested policy that looks at attributes, which have no depth."""


class NumberTooLarge(InvalidFilter):
    """A number beyond a billion, at which SNS fails."""


@dataclass(frozen=True, slots=True)
class _Leaf:
    values: Values
    null: bool


@dataclass(frozen=True, slots=True)
class _Node:
    fields: tuple[tuple[str, _Node | _Leaf], ...]
    choices: tuple[tuple[_Node, ...], ...]


@dataclass(frozen=True, slots=True)
class Filter:
    """A compiled policy."""

    scope: str
    root: _Node

    def matches(self, attributes: Mapping[str, Mapping[str, Any]], body: str) -> bool:
        """Whether a message is wanted; `attributes` have a Type and a Value each."""
        if not self.root.fields and not self.root.choices:
            return True
        if self.scope == ATTRIBUTES:
            return _node_matches(self.root, _comparable(attributes), by_attributes=True)
        document = _document(body)
        return isinstance(document, dict) and _node_matches(
            self.root, document, by_attributes=False, empty=not document
        )


@lru_cache(maxsize=1024)
def compile_filter(text: str, scope: str = ATTRIBUTES) -> Filter:
    """Compile a policy's JSON. Raises InvalidFilter, or ValueError where it is no JSON."""
    source = parse(text)
    if not isinstance(source, Pairs):
        raise InvalidFilter("Filter is not an object")
    nested = _look_at_shape(source)
    if nested and scope == ATTRIBUTES:
        raise NestedFilter(
            "Filter policy scope MessageAttributes does not support nested filter policy"
        )
    try:
        root = _compile(_deepened(source) if scope == BODY else source)
    except InvalidPattern as error:
        raise InvalidFilter(str(error)) from error
    if len(dict(source)) > MOST_KEYS:
        raise InvalidFilter(f"Filter policy can not have more than {MOST_KEYS} keys")
    points = _wildcard_points(source)
    if _combinations(source, 1) > MOST_COMBINATIONS or points > _MOST_WILDCARD_POINTS:
        raise InvalidFilter("Filter policy is too complex")
    return Filter(scope, root)


# ---- what may stand in a policy


def _look_at_shape(source: Pairs) -> bool:
    """Whether objects stand in it. Raises InvalidFilter for what is neither object nor array."""
    nested = False
    for name, entry in source:
        if isinstance(entry, Pairs):
            _look_at_shape(entry)
            nested = True
        elif name == _OR and isinstance(entry, list):
            for choice in entry:
                if isinstance(choice, Pairs):
                    nested = _look_at_shape(choice) or nested
        elif not isinstance(entry, list):
            raise InvalidFilter(f'"{name}" must be an object or an array')
    return nested


def _compile(source: Pairs) -> _Node:
    fields: dict[str, _Node | _Leaf] = {}
    choices: list[tuple[_Node, ...]] = []
    for name, entry in source:
        if name == _OR:
            choices.append(_compile_choices(entry))
        elif isinstance(entry, Pairs):
            if not entry:
                raise InvalidFilter("Empty objects are not allowed")
            fields[name] = _compile(entry)
        else:
            fields[name] = _compile_leaf(entry)
    return _Node(tuple(fields.items()), tuple(choices))


def _deepened(source: Pairs) -> Pairs:
    """The policy with `a.b` written as b within a, which SNS takes for the same."""
    deep: dict[str, Any] = {}
    for name, entry in source:
        first, dot, rest = name.partition(".")
        if name == _OR and isinstance(entry, list):
            deep[name] = [_deepened(e) if isinstance(e, Pairs) else e for e in entry]
            continue
        if dot and first and rest:
            name, entry = first, Pairs(((rest, entry),))
        if isinstance(entry, Pairs) and entry:
            before = deep.get(name, Pairs())
            entry = _deepened(Pairs((*(before if isinstance(before, Pairs) else ()), *entry)))
        deep[name] = entry
    return Pairs(deep.items())


def _compile_choices(entry: Any) -> tuple[_Node, ...]:
    if not isinstance(entry, list):
        raise InvalidFilter("It must be an Array followed with $or.")
    if not all(isinstance(choice, Pairs) for choice in entry):
        raise InvalidFilter("Only JSON object is allowed in array of $or relationship.")
    if len(entry) < 2:
        raise InvalidFilter("There must have at least 2 Objects in $or relationship.")
    return tuple(_compile(choice) for choice in entry)


def _compile_leaf(entry: list[Any]) -> _Leaf:
    for value in entry:
        if isinstance(value, Pairs) and value:
            _look_at_operator(*value[0])
        elif is_number(value):
            _look_at_number(value)
    return _Leaf(compile_values(_precise(entry)), any(value is None for value in entry))


def _look_at_operator(name: str, operand: Any) -> None:
    """Refuse what EventBridge has and SNS has not."""
    if name in _SCALAR_ONLY and not isinstance(operand, str):
        raise InvalidFilter(f"{name} match pattern must be a string")
    if name == "anything-but" and isinstance(operand, Pairs) and operand:
        inner, inner_operand = operand[0]
        if inner not in _UNDER_ANYTHING_BUT:
            raise InvalidFilter(f"Unsupported anything-but pattern: {inner}")
        terms = inner_operand if isinstance(inner_operand, list) else [inner_operand]
        if not all(isinstance(term, str) for term in terms):
            raise InvalidFilter(f"{inner} match pattern must be a string")
    if name == "numeric" and isinstance(operand, list):
        for term in operand:
            if is_number(term) and abs(term) > LARGEST_NUMBER:
                raise InvalidFilter("Value must be between -1.0E9 and 1.0E9, inclusive")


def _look_at_number(value: Any) -> None:
    if abs(value) > LARGEST_NUMBER:
        raise NumberTooLarge("Unknown")


def _precise(value: Any) -> Any:
    """What SNS compares: of a fraction, six digits (its guide says five)."""
    if isinstance(value, float) and math.isfinite(value):
        return math.trunc(value * _PRECISION) / _PRECISION
    if isinstance(value, Pairs):
        return Pairs((name, _precise(entry)) for name, entry in value)
    return [_precise(entry) for entry in value] if isinstance(value, list) else value


def _combinations(source: Pairs, depth: int) -> int:
    """The product over the fields of how many values, times how deep; alternatives are added."""
    product = 1
    for name, entry in source:
        if isinstance(entry, Pairs):
            product *= _combinations(entry, depth + 1)
        elif name == _OR:
            product *= sum(_combinations(choice, depth) for choice in entry)
        else:
            product *= len(entry) * depth
    return product


def _wildcard_points(source: Pairs) -> int:
    """One point for a pattern with one wildcard, three for each wildcard of a longer one; a
    field's sum counts as often as it has patterns."""
    total = 0
    for name, entry in source:
        if isinstance(entry, Pairs):
            total += _wildcard_points(entry)
        elif name == _OR:
            total += sum(_wildcard_points(choice) for choice in entry)
        else:
            stars = [count for value in entry if (count := _stars(value))]
            if any(count > _MOST_WILDCARDS for count in stars):
                raise InvalidFilter(
                    f"wildcard match pattern can have at most {_MOST_WILDCARDS} wildcards"
                )
            total += sum(1 if count == 1 else 3 * count for count in stars) * len(stars)
    return total


def _stars(value: Any) -> int:
    """How many wildcards an entry of a policy has."""
    if not isinstance(value, Pairs) or not value:
        return 0
    name, operand = value[0]
    if name == "anything-but" and isinstance(operand, Pairs):
        return _stars(operand)
    if name != "wildcard" or not isinstance(operand, str):
        return 0
    return sum(1 for found in _STAR.finditer(operand) if found[1])


# ---- what a message holds


def _comparable(attributes: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The attributes that SNS compares, as JSON would hold them; the binary ones it ignores."""
    found: dict[str, Any] = {}
    for name, attribute in attributes.items():
        kind, value = str(attribute["Type"]), attribute["Value"]
        if kind.startswith("Number"):
            found[name] = _number(value)
        elif kind == "String.Array":
            try:
                array = json.loads(value)
            except ValueError:
                array = value
            found[name] = array
        elif kind.startswith("String"):
            found[name] = value
    return found


def _number(text: Any) -> Any:
    try:
        value = float(text)
    except ValueError:
        return str(text)
    return int(value) if value.is_integer() else value


def _document(body: str) -> Any:
    try:
        document = json.loads(body)
        return _document_deepened(document) if "." in body else document
    except (ValueError, RecursionError):
        return None


def _document_deepened(value: Any) -> Any:
    """A body with `a.b` as b within a, like the policies that it is held against."""
    if isinstance(value, list):
        return [_document_deepened(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    deep: dict[str, Any] = {}
    for name, entry in value.items():
        first, dot, rest = name.partition(".")
        if dot and first and rest:
            name, entry = first, {rest: entry}
        entry = _document_deepened(entry)
        deep[name] = [deep[name], entry] if name in deep else entry
    return deep


def _node_matches(
    node: _Node, document: Mapping[str, Any], *, by_attributes: bool, empty: bool | None = None
) -> bool:
    """Whether all fields fit, and of each `$or` one choice, within one and the same object."""
    nothing = not document if empty is None else empty
    for name, wanted in node.fields:
        if isinstance(wanted, _Leaf):
            scalars = list(_scalars(document[name])) if name in document else []
            if not _leaf_matches(wanted, scalars, by_attributes=by_attributes, nothing=nothing):
                return False
        else:
            objects = list(_objects(document.get(name))) or [{}]
            if not any(
                _node_matches(wanted, found, by_attributes=by_attributes, empty=nothing)
                for found in objects
            ):
                return False
    return all(
        any(
            _node_matches(choice, document, by_attributes=by_attributes, empty=nothing)
            for choice in choices
        )
        for choices in node.choices
    )


def _leaf_matches(leaf: _Leaf, scalars: list[Any], *, by_attributes: bool, nothing: bool) -> bool:
    if scalars:
        return any(leaf.values.accept(_precise(value)) for value in scalars)
    if leaf.values.absent and not nothing:
        return True
    return leaf.null and by_attributes  # as AWS does, though its guide does not say so


def _scalars(value: Any) -> Any:
    if isinstance(value, list):
        for entry in value:
            yield from _scalars(entry)
    elif not isinstance(value, dict):
        yield value


def _objects(value: Any) -> Any:
    if isinstance(value, list):
        for entry in value:
            yield from _objects(entry)
    elif isinstance(value, dict):
        yield value
