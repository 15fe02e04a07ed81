"""An event bus over time: which rules an event meets, how a delivery is tried and given up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Generic, TypeVar

from simulator.kernel import sleep
from simulator.model.pattern import Pattern, flatten

MAX_ATTEMPTS = 185
MAX_AGE_S = 86_400.0
"""What a target without a retry policy gets (EventBridge User Guide, "Retry policy")."""

# AWS publishes no curve, only "exponential back off and jitter" and the two limits above. With this
# ceiling both come after about a day, as they do on AWS.
_FIRST_WAIT_S = 1.0
_LONGEST_WAIT_S = 640.0

R = TypeVar("R")


class TargetError(Exception):
    """A target that did not take an event.

    `code` is EventBridge's word for why, `told` the error code that the target itself gave.
    """

    def __init__(self, code: str, message: str, *, retriable: bool, told: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retriable = retriable
        self.told = told or code


@dataclass(frozen=True)
class RetryPolicy:
    """How often and for how long a delivery is tried again."""

    max_attempts: int = MAX_ATTEMPTS
    max_age_s: float = MAX_AGE_S


@dataclass(frozen=True)
class Outcome:
    """How a delivery ended. `exhausted` is the limit that ended it, if one did."""

    retries: int
    error: TargetError | None = None
    exhausted: str | None = None


def deliver(
    attempt: Callable[[], None],
    policy: RetryPolicy,
    chance: Random,
    now_s: Callable[[], float],
    on_retry: Callable[[int, TargetError, float], None] | None = None,
) -> Outcome:
    """Try until it works or the policy is spent, in the running fiber.

    `attempt` raises TargetError; one that is not retriable ends it at once.
    """
    began_s = now_s()
    retries = 0
    while True:
        try:
            attempt()
        except TargetError as error:
            if not error.retriable:
                return Outcome(retries, error)
            if retries >= policy.max_attempts:
                return Outcome(retries, error, "MaximumRetryAttempts")
            left_s = began_s + policy.max_age_s - now_s()
            wait_s = backoff_s(retries, chance)
            if wait_s >= left_s:
                sleep(max(0.0, left_s))
                return Outcome(retries, error, "MaximumEventAgeInSeconds")
            retries += 1
            if on_retry is not None:
                on_retry(retries, error, wait_s)
            sleep(wait_s)
        else:
            return Outcome(retries)


def backoff_s(retries: int, chance: Random) -> float:
    """How long to wait before the next try after `retries` retries: doubling, half of it jitter."""
    ceiling_s: float = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2.0 ** min(retries, 20))
    return round(ceiling_s * (0.5 + 0.5 * chance.random()), 3)


class RuleIndex(Generic[R]):
    """The rules of a bus, found by an event without trying them all.

    A rule that names its detail types or its sources is looked up by them; only the others, and
    what the look-up finds, are matched in full. Rules come in the order in which they were given.
    """

    _PATHS = ("detail-type", "source")

    def __init__(self, rules: Iterable[tuple[R, Pattern]]) -> None:
        self._named: dict[tuple[str, str], list[tuple[int, R, Pattern]]] = {}
        self._others: list[tuple[int, R, Pattern]] = []
        for order, (rule, pattern) in enumerate(rules):
            entry = (order, rule, pattern)
            for path in self._PATHS:
                names = pattern.only_strings(path)
                if names is not None:
                    for name in sorted(names):
                        self._named.setdefault((path, name), []).append(entry)
                    break
            else:
                self._others.append(entry)

    def match(self, event: Mapping[str, Any]) -> list[R]:
        """The rules whose pattern the event matches."""
        fields = flatten(event)
        found = list(self._others)
        for path in self._PATHS:
            for value, _ in fields.get(path, ()):
                if isinstance(value, str):
                    found += self._named.get((path, value), ())
        found.sort(key=lambda entry: entry[0])
        return [rule for _, rule, pattern in found if pattern.matches_fields(fields)]
