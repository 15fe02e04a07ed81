"""What event source mappings of every kind share: filters, and answers that name failed records.

Source: Lambda Developer Guide, "Control which events Lambda sends to your function" and
"Implementing partial batch responses".
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from simulator.aws.functions import checks
from simulator.model.pattern import InvalidPattern, Pattern, compile_pattern

MOST_FILTERS = 5
REPORTS = "ReportBatchItemFailures"


class Filters:
    """A mapping's filter criteria, compiled: a record passes where any pattern matches it."""

    def __init__(self, criteria: Any, path: str) -> None:
        """`path` is where a record carries its data: body, data or dynamodb.

        A pattern that cannot be read lets nothing pass, and is `broken`: moto takes it, and so do
        we; AWS refuses it.
        """
        patterns = [
            str(each.get("Pattern", "{}")) for each in (criteria or {}).get("Filters") or ()
        ]
        if len(patterns) > MOST_FILTERS:
            raise checks.invalid(f"A mapping can have {MOST_FILTERS} filters at most.")
        self._path = path
        self.broken = ""
        self._open = not patterns
        self._patterns: list[tuple[Pattern, str]] = []
        for text in patterns:
            try:
                read = json.loads(text)
                pattern = compile_pattern(text)
            except (ValueError, InvalidPattern) as error:
                self.broken = f"Invalid filter pattern definition. {error}"
                continue
            wanted = read.get(path) if isinstance(read, dict) else None
            kind = "json" if isinstance(wanted, dict) else "text" if wanted else "any"
            self._patterns.append((pattern, kind))

    def __bool__(self) -> bool:
        return not self._open

    def passes(self, record: dict[str, Any], data: str | None) -> bool:
        """Whether a record goes to the function; `data` is its own text, which may be JSON."""
        if self._open:
            return True
        value: Any = data
        if data is not None:
            try:
                value = json.loads(data)
            except ValueError:
                value = data
            if not isinstance(value, (dict, list)):
                value = data
        for pattern, kind in self._patterns:
            if data is not None and kind != "any" and (kind == "json") != isinstance(value, dict):
                continue
            event = record if data is None else {**record, self._path: value}
            if pattern.matches(event):
                return True
        return False


def failed_items(answer: Any, known: Iterable[str], types: Iterable[str] | None) -> set[str] | None:
    """The records that a function says it failed on; None where all count as failed."""
    if REPORTS not in (types or ()):
        return set()
    try:
        told = json.loads(answer or b"null")
    except ValueError:
        return None
    if told is None or told == {}:
        return set()
    if not isinstance(told, dict) or "batchItemFailures" not in told:
        return set() if isinstance(told, dict) else None
    failures = told["batchItemFailures"]
    if failures is None or failures == []:
        return set()
    there = set(known)
    try:
        names = [each["itemIdentifier"] for each in failures]
    except (TypeError, KeyError):
        return None
    if not all(isinstance(name, str) and name in there for name in names):
        return None
    return set(names)
