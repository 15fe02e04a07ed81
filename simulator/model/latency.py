"""How long a call takes: named profiles of latency, sampled from the seed, service by service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, log
from statistics import NormalDist
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.world import World

NONE, TYPICAL, DEGRADED = "none", "typical", "degraded"
_P99 = NormalDist().inv_cdf(0.99)


class UnknownProfile(ValueError):
    """There is no profile of that name; the message lists those there are."""


@dataclass(frozen=True, slots=True)
class Latency:
    """A lognormal time by its median and its 99th percentile, in seconds."""

    median_s: float
    p99_s: float

    def at(self, normal: float) -> float:
        """The time at a standard normal draw."""
        sigma = log(self.p99_s / self.median_s) / _P99
        return exp(log(self.median_s) + sigma * normal)


# AWS publishes no latencies for these calls. These are ours: the order of magnitude a client in
# the same Region sees, so that what is slow there is slow here.
_TYPICAL: Mapping[str, Latency] = {
    "*": Latency(0.020, 0.120),
    "sqs": Latency(0.006, 0.040),
    "sns": Latency(0.015, 0.080),
    "sns:Publish": Latency(0.012, 0.070),
    "events": Latency(0.020, 0.100),
    "events:PutEvents": Latency(0.015, 0.090),
    "lambda:Invoke": Latency(0.008, 0.050),
    "stepfunctions": Latency(0.025, 0.140),
    "dynamodb": Latency(0.004, 0.025),
    "s3": Latency(0.025, 0.150),
    "sts": Latency(0.010, 0.060),
    "cloudformation": Latency(0.080, 0.400),
    "iam": Latency(0.050, 0.300),
    "execute-api": Latency(0.008, 0.060),
}
_SLOWER, _LONGER_TAIL = 6.0, 4.0


class LatencyProfile:
    """The latency of every call of a world. Profile `none` takes no time and draws no chance."""

    def __init__(self, world: World, name: str = NONE) -> None:
        if name not in (NONE, TYPICAL, DEGRADED):
            raise UnknownProfile(
                f"there is no latency profile {name!r}; choose none, typical or degraded"
            )
        self.name = name
        self._streams = world.streams

    def latency(self, service: str, action: str) -> Latency | None:
        """The distribution of an action's time; None where it takes none."""
        if self.name == NONE:
            return None
        found = next(
            _TYPICAL[key] for key in (f"{service}:{action}", service, "*") if key in _TYPICAL
        )
        if self.name == TYPICAL:
            return found
        median_s = found.median_s * _SLOWER
        return Latency(median_s, median_s * found.p99_s / found.median_s * _LONGER_TAIL)

    def sample_s(self, service: str, action: str) -> float:
        """How long one call takes, in seconds to the microsecond."""
        latency = self.latency(service, action)
        if latency is None:
            return 0.0
        return round(latency.at(self._streams[f"latency/{service}"].gauss(0.0, 1.0)), 6)
