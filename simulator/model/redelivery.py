"""How often and when a notification is delivered again: the four phases of a delivery policy.

Source: Amazon SNS Developer Guide, "Amazon SNS message delivery retries".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import repeat
from typing import Any

BACKOFF_FUNCTIONS = ("arithmetic", "exponential", "geometric", "linear")
LONGEST_HTTP_S = 3600.0
"""How long all retries of an HTTP/S policy may take, in seconds."""
MOST_RETRIES = 100


@dataclass(frozen=True, slots=True)
class DeliveryPolicy:
    """The retries after a first attempt that failed: at once, at short delays, backing off, on.

    Delays are in seconds. AWS jitters them and publishes no formula for its backoff functions; ours
    are exact, so that a run repeats, and lead from `min_delay_s` to `max_delay_s`.
    """

    no_delay_retries: int = 0
    min_delay_retries: int = 0
    backoff_retries: int = 0
    max_delay_retries: int = 0
    min_delay_s: float = 1.0
    max_delay_s: float = 20.0
    pre_backoff_delay_s: float | None = None
    backoff_function: str = "exponential"
    most_receives_per_s: float | None = None

    @property
    def retries(self) -> int:
        """How many retries there are in all."""
        return (
            self.no_delay_retries
            + self.min_delay_retries
            + self.backoff_retries
            + self.max_delay_retries
        )

    def delays_s(self) -> Iterator[float]:
        """The delay before each retry, in order."""
        yield from repeat(0.0, self.no_delay_retries)
        before_s = self.pre_backoff_delay_s
        yield from repeat(
            self.min_delay_s if before_s is None else before_s, self.min_delay_retries
        )
        for step in range(self.backoff_retries):
            yield round(self._backoff_s(step), 6)
        yield from repeat(self.max_delay_s, self.max_delay_retries)

    def _backoff_s(self, step: int) -> float:
        if self.backoff_retries < 2:
            return self.min_delay_s
        share = _SHARES[self.backoff_function](step, self.backoff_retries - 1)
        return self.min_delay_s + (self.max_delay_s - self.min_delay_s) * share


# How far of the way from the shortest to the longest delay a step is, of `last` steps.
_SHARES: dict[str, Callable[[int, int], float]] = {
    "linear": lambda step, last: step / last,
    "arithmetic": lambda step, last: step * (step + 1) / (last * (last + 1)),
    "geometric": lambda step, last: (1.5**step - 1) / (1.5**last - 1),
    "exponential": lambda step, last: (2.0**step - 1) / (2.0**last - 1),
}

AWS_MANAGED = DeliveryPolicy(
    no_delay_retries=3,
    min_delay_retries=2,
    backoff_retries=10,
    max_delay_retries=100_000,
    min_delay_s=1.0,
    max_delay_s=20.0,
)
"""For Amazon SQS, AWS Lambda and Firehose: 100,015 retries over 23 days."""

CUSTOMER_MANAGED = DeliveryPolicy(
    min_delay_retries=2,
    backoff_retries=10,
    max_delay_retries=38,
    min_delay_s=10.0,
    max_delay_s=600.0,
)
"""For SMTP, SMS and mobile push: 50 retries over 6 hours."""

HTTP_DEFAULTS: dict[str, Any] = {
    "minDelayTarget": 20,
    "maxDelayTarget": 20,
    "numRetries": 3,
    "numMaxDelayRetries": 0,
    "numNoDelayRetries": 0,
    "numMinDelayRetries": 0,
    "backoffFunction": "linear",
}
"""The retry policy of an HTTP/S subscription that has none of its own, in SNS's words."""


def http_policy(
    retry: Mapping[str, Any] | None, most_receives_per_s: float | None = None
) -> DeliveryPolicy:
    """The policy that a `healthyRetryPolicy` describes; what it leaves out is SNS's default."""
    told = {**HTTP_DEFAULTS, **(retry or {})}
    at_once, short = int(told["numNoDelayRetries"]), int(told["numMinDelayRetries"])
    long = int(told["numMaxDelayRetries"])
    return DeliveryPolicy(
        no_delay_retries=at_once,
        min_delay_retries=short,
        backoff_retries=max(0, int(told["numRetries"]) - at_once - short - long),
        max_delay_retries=long,
        min_delay_s=float(told["minDelayTarget"]),
        max_delay_s=float(told["maxDelayTarget"]),
        backoff_function=str(told["backoffFunction"]),
        most_receives_per_s=most_receives_per_s,
    )


def complaint_about(retry: Mapping[str, Any]) -> str | None:
    """What is wrong with a `healthyRetryPolicy`, if anything."""
    told = {**HTTP_DEFAULTS, **retry}
    for name in retry:
        if name not in HTTP_DEFAULTS:
            return f"Unexpected JSON member: {name}"
    for name, value in told.items():
        if name == "backoffFunction":
            if value not in BACKOFF_FUNCTIONS:
                return f"{name} must be one of {', '.join(BACKOFF_FUNCTIONS)}"
        elif not isinstance(value, int) or isinstance(value, bool) or value < 0:
            return f"{name} must be a non-negative integer"
    if told["numRetries"] > MOST_RETRIES:
        return f"numRetries must be at most {MOST_RETRIES}"
    least, most = told["minDelayTarget"], told["maxDelayTarget"]
    if not 1 <= least <= most <= LONGEST_HTTP_S:
        return "minDelayTarget must be at least 1 and at most maxDelayTarget"
    phases = ("numNoDelayRetries", "numMinDelayRetries", "numMaxDelayRetries")
    if sum(told[name] for name in phases) > told["numRetries"]:
        return "numRetries must be at least the sum of the retries of its phases"
    if sum(http_policy(retry).delays_s()) > LONGEST_HTTP_S:
        return "the total retry time must be at most 3600 seconds"
    return None
