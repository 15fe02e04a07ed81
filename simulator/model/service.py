"""Service times, and other durations left to chance: distributions with their mean and variance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log
from random import Random
from statistics import fmean, pvariance
from typing import Protocol


class Distribution(Protocol):
    """A duration in seconds, left to chance."""

    @property
    def mean_s(self) -> float:
        """Its mean."""

    @property
    def variance_s2(self) -> float:
        """Its variance."""

    def sample_s(self, chance: Random) -> float:
        """One draw."""


@dataclass(frozen=True, slots=True)
class Deterministic:
    """Always the same."""

    mean_s: float

    @property
    def variance_s2(self) -> float:
        """None."""
        return 0.0

    def sample_s(self, chance: Random) -> float:  # noqa: ARG002
        """The mean; nothing is drawn."""
        return self.mean_s


@dataclass(frozen=True, slots=True)
class Exponential:
    """Without memory."""

    mean_s: float

    @property
    def variance_s2(self) -> float:
        """The mean, squared."""
        return self.mean_s**2

    def sample_s(self, chance: Random) -> float:
        """One draw."""
        return chance.expovariate(1 / self.mean_s)


@dataclass(frozen=True, slots=True)
class Erlang:
    """So many exponential stages, one after the other: steadier than one."""

    mean_s: float
    stages: int

    @property
    def variance_s2(self) -> float:
        """The squared mean over the stages."""
        return self.mean_s**2 / self.stages

    def sample_s(self, chance: Random) -> float:
        """One draw."""
        return chance.gammavariate(self.stages, self.mean_s / self.stages)


@dataclass(frozen=True, slots=True)
class Hyperexponential:
    """Exponential with one of several means: `branches` are (probability, mean in seconds)."""

    branches: tuple[tuple[float, float], ...]

    @property
    def mean_s(self) -> float:
        """The branches' means, weighed."""
        return sum(share * mean_s for share, mean_s in self.branches)

    @property
    def variance_s2(self) -> float:
        """Greater than an exponential's of the same mean."""
        return sum(2 * share * mean_s**2 for share, mean_s in self.branches) - self.mean_s**2

    def sample_s(self, chance: Random) -> float:
        """One draw."""
        left = chance.random()
        for share, mean_s in self.branches:
            left -= share
            if left < 0:
                return chance.expovariate(1 / mean_s)
        return chance.expovariate(1 / self.branches[-1][1])


@dataclass(frozen=True, slots=True)
class Lognormal:
    """A long tail; `sigma` is the standard deviation of its logarithm."""

    mean_s: float
    sigma: float

    @property
    def variance_s2(self) -> float:
        """From the mean and sigma."""
        return self.mean_s**2 * (exp(self.sigma**2) - 1)

    def sample_s(self, chance: Random) -> float:
        """One draw."""
        return chance.lognormvariate(log(self.mean_s) - self.sigma**2 / 2, self.sigma)


@dataclass(frozen=True, slots=True)
class Empirical:
    """What was measured, drawn again with equal chances. Raises ValueError for no observations."""

    observed_s: Sequence[float]

    def __post_init__(self) -> None:
        if not self.observed_s:
            raise ValueError("an empirical distribution needs at least one observation")

    @property
    def mean_s(self) -> float:
        """The mean of what was measured."""
        return fmean(self.observed_s)

    @property
    def variance_s2(self) -> float:
        """The variance of what was measured."""
        return pvariance(self.observed_s)

    def sample_s(self, chance: Random) -> float:
        """One of the observations."""
        return chance.choice(self.observed_s)
