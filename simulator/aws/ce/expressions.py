"""What of a bill is asked for, and by what it is grouped.

Source: Cost Explorer API Reference, "Expression", "GroupDefinition".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from moto.core.exceptions import JsonRESTError

from simulator.price.catalog import ledger_name, service_code, usage_type
from simulator.price.ledger import Entry

DIMENSIONS: dict[str, Callable[[Entry], str]] = {
    "LINKED_ACCOUNT": lambda entry: entry.owner.account,
    "RECORD_TYPE": lambda _: "Usage",
    "SERVICE": lambda entry: ledger_name(entry.rate.service),
    "SERVICE_CODE": lambda entry: service_code(entry.rate.service),
    "USAGE_TYPE": lambda entry: usage_type(entry.rate.meter),
}
_MATCHES: dict[str, Callable[[str, str], bool]] = {
    "EQUALS": lambda found, wanted: found == wanted,
    "STARTS_WITH": lambda found, wanted: found.startswith(wanted),
    "ENDS_WITH": lambda found, wanted: found.endswith(wanted),
    "CONTAINS": lambda found, wanted: wanted in found,
}
_MOST_GROUPS = 2


class Invalid(JsonRESTError):
    """A request that cannot be meant."""

    def __init__(self, message: str) -> None:
        super().__init__("ValidationException", message)


def holds(expression: Mapping[str, Any], entry: Entry) -> bool:
    """Whether an entry is among what is asked for."""
    if not expression:
        return True
    if len(expression) != 1:
        raise Invalid(
            "Expression cannot have more than one root operator; combine them with And or Or"
        )
    ((kind, inner),) = expression.items()
    if kind == "And":
        return all(holds(each, entry) for each in inner)
    if kind == "Or":
        return any(holds(each, entry) for each in inner)
    if kind == "Not":
        return not holds(inner, entry)
    if kind == "Dimensions":
        return _matches(inner, dimension(str(inner.get("Key")))(entry))
    if kind == "Tags":
        return _matches(inner, dict(entry.owner.tags).get(str(inner.get("Key"))))
    raise Invalid(f"{kind} is not implemented by Paddock in a filter")


def _matches(wanted: Mapping[str, Any], found: str | None) -> bool:
    options: Sequence[str] = wanted.get("MatchOptions") or ["EQUALS"]
    if "ABSENT" in options:
        return found is None
    if found is None:
        return False
    values = [str(value) for value in wanted.get("Values") or ()]
    if "CASE_INSENSITIVE" in options:
        found, values = found.lower(), [value.lower() for value in values]
    unknown = set(options) - {*_MATCHES, "CASE_SENSITIVE", "CASE_INSENSITIVE"}
    if unknown:
        raise Invalid(f"{sorted(unknown)[0]} is not implemented by Paddock as a match option")
    tests = [_MATCHES[option] for option in options if option in _MATCHES] or [_MATCHES["EQUALS"]]
    return any(test(found, value) for test in tests for value in values)


def dimension(name: str) -> Callable[[Entry], str]:
    """How an entry's value of a dimension is read. Raises Invalid for what no fact tells."""
    if name not in DIMENSIONS:
        raise Invalid(
            f"{name} is not implemented by Paddock as a dimension; there are "
            f"{', '.join(sorted(DIMENSIONS))}"
        )
    return DIMENSIONS[name]


def grouping(definitions: Sequence[Mapping[str, str]]) -> list[Callable[[Entry], str]]:
    """How the keys of an entry's group are read."""
    if len(definitions) > _MOST_GROUPS:
        raise Invalid("Can only group by up to two keys")
    return [_key(definition) for definition in definitions]


def _key(definition: Mapping[str, str]) -> Callable[[Entry], str]:
    kind, key = definition.get("Type"), str(definition.get("Key"))
    if kind == "DIMENSION":
        return dimension(key)
    if kind == "TAG":
        return lambda entry: f"{key}${dict(entry.owner.tags).get(key, '')}"
    raise Invalid(f"{kind} is not implemented by Paddock as a group")
