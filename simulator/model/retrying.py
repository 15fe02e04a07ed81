"""Lambda's queue of asynchronous events: run it, run it again, give it up.

Source: Lambda Developer Guide, "How Lambda handles errors and retries with asynchronous
invocation".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from simulator.kernel.fiber import sleep
from simulator.model.concurrency import Throttled
from simulator.model.function import Result

if TYPE_CHECKING:
    from simulator.world import World

RETRY_DELAYS_S = (60.0, 120.0)
"""How long Lambda waits before each retry of an event that the function failed on."""

MOST_RETRIES = 2
MOST_AGE_S = 21_600.0
_FIRST_BACKOFF_S, _LONGEST_BACKOFF_S = 1.0, 300.0

Condition = Literal[
    "Success",
    "RetriesExhausted",
    "EventAgeExceeded",
    "ZeroReservedConcurrency",
    "RecursiveInvocation",
]


@dataclass(frozen=True)
class Patience:
    """How often and for how long an event is tried."""

    retries: int = MOST_RETRIES
    age_s: float = MOST_AGE_S


@dataclass(frozen=True)
class Ending:
    """What became of an event: `invoked` is how often the function ran on it."""

    condition: Condition
    invoked: int
    result: Result | None


def deliver(
    world: World, function: str, attempt: Callable[[], Result], patience: Callable[[], Patience]
) -> Ending:
    """Run one event to its end, in the calling fiber.

    `attempt` raises Throttled where there is no room: that is no attempt of the function's, and is
    tried again after 1, 2, 4 … up to 300 seconds while the event is young enough. `patience` is
    asked each time, for settings may change while an event waits.
    """
    began_s, backoff_s, invoked = world.now_s, _FIRST_BACKOFF_S, 0
    result: Result | None = None
    while True:
        try:
            result = attempt()
            invoked += 1
            if not result.failed:
                return Ending("Success", invoked, result)
            if invoked > patience().retries:
                return Ending("RetriesExhausted", invoked, result)
            delay_s = RETRY_DELAYS_S[invoked - 1]
        except Throttled as full:
            if full.never:
                return Ending("ZeroReservedConcurrency", invoked, result)
            delay_s = backoff_s
            backoff_s = min(2 * backoff_s, _LONGEST_BACKOFF_S)
        if world.now_s + delay_s - began_s > patience().age_s:
            return Ending("EventAgeExceeded", invoked, result)
        if result is not None and result.failed:
            world.record("lambda.retried", function=function, attempt=invoked, delay_s=delay_s)
        sleep(delay_s)
