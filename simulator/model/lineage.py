"""Which functions a request has come through, and how often: how recursive loops are found.

The count goes with the fiber, and with what is sent while it holds. Source: Lambda Developer Guide,
"Use Lambda recursive loop detection to prevent infinite loops".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from simulator.kernel import current_fiber
from simulator.kernel.fiber import on_behalf

MOST = 16
"""How often a function may run in one chain of requests."""

CARRIERS = frozenset({"lambda", "s3", "sns", "sqs"})
"""The services through which a chain is followed."""

KEY = "lineage"

Lineage = Mapping[str, int]


def current() -> Lineage:
    """The lineage of the running fiber."""
    fiber = current_fiber()
    found: Lineage | None = fiber.context.get(KEY) if fiber else None
    return found or {}


def longer(function_arn: str) -> dict[str, int]:
    """The running fiber's, with one more run of a function, whichever version."""
    name, before = base(function_arn), current()
    return {**before, name: before.get(name, 0) + 1}


def loops(function_arn: str, lineage: Lineage | None = None) -> bool:
    """Whether one more run of a function would be one too many."""
    known = current() if lineage is None else lineage
    return known.get(base(function_arn), 0) >= MOST


def united(lineages: Iterable[Lineage]) -> dict[str, int]:
    """The lineage of what comes together in a batch."""
    found: dict[str, int] = {}
    for lineage in lineages:
        for name, times in lineage.items():
            found[name] = max(times, found.get(name, 0))
    return found


def carried(system: Mapping[str, Any]) -> dict[str, Any]:
    """A message's own entries, and the lineage that it is sent with."""
    lineage = current()
    return {**system, KEY: lineage} if lineage else dict(system)


def of_message(system: Mapping[str, Any] | None) -> Lineage:
    """The lineage that a message was sent with."""
    found: Lineage = (system or {}).get(KEY) or {}
    return found


def through(service: str) -> AbstractContextManager[None]:
    """While open, act as a service does to which the chain is or is not followed."""
    if service in CARRIERS or not current():
        return nullcontext()
    return on_behalf(**{KEY: None})


def base(function_arn: str) -> str:
    """An ARN without its qualifier."""
    return ":".join(function_arn.split(":")[:7])
