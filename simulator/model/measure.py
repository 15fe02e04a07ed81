"""Measuring a simulation: means of what customers see and of what a level is, with intervals.

Both keep a bounded number of batch means, so a run of any length measures in constant memory, and
both give Student's confidence interval over the batches (the method of batch means).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist, fmean, stdev

_BATCHES = 64
_USED = 20


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean and half the width of its confidence interval."""

    mean: float
    half_width: float

    def covers(self, value: float) -> bool:
        """Whether the interval holds a value."""
        return abs(value - self.mean) <= self.half_width


def student_t(confidence: float, freedom: int) -> float:
    """Student's t for a two-sided interval, by Cornish and Fisher's expansion.

    Good to three digits from 5 degrees of freedom on. Raises ValueError for fewer.
    """
    if freedom < 5:
        raise ValueError(f"{freedom} degrees of freedom are too few; there must be 5")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    n = float(freedom)
    return (
        z
        + (z**3 + z) / (4 * n)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * n**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * n**3)
        + (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / (92160 * n**4)
    )


class _Batches:
    """Means over equal batches; when there are too many, neighbours are made one."""

    __slots__ = ("means", "size")

    def __init__(self, size: float) -> None:
        self.size = size
        self.means: list[float] = []

    def add(self, mean: float) -> bool:
        """Add a full batch's mean; whether the batches have doubled in size."""
        means = self.means
        means.append(mean)
        if len(means) < 2 * _BATCHES:
            return False
        means[:] = [(a + b) / 2 for a, b in zip(means[::2], means[1::2], strict=True)]
        self.size *= 2
        return True

    def estimate(self, confidence: float) -> Estimate:
        """Over 20 batches or more, for they must be long for their means to be independent."""
        group = len(self.means) // _USED
        if not group:
            raise ValueError(f"only {len(self.means)} batches; there must be {_USED}")
        batches = [fmean(self.means[i * group : (i + 1) * group]) for i in range(_USED)]
        half = student_t(confidence, _USED - 1) * stdev(batches) / sqrt(_USED)
        return Estimate(fmean(batches), half)


class Tally:
    """What each customer had: the mean of values that come one at a time."""

    __slots__ = ("_batches", "_sum", "_taken", "count", "maximum", "total")

    def __init__(self) -> None:
        self._batches = _Batches(16)
        self._sum = 0.0
        self._taken = 0
        self.count = 0
        self.total = 0.0
        self.maximum = 0.0

    def add(self, value: float) -> None:
        """Take in one value."""
        self.count += 1
        self.total += value
        if value > self.maximum:
            self.maximum = value
        self._sum += value
        self._taken += 1
        if self._taken >= self._batches.size:
            self._batches.add(self._sum / self._taken)
            self._sum, self._taken = 0.0, 0

    @property
    def mean(self) -> float:
        """The mean of all; 0 where there is nothing."""
        return self.total / self.count if self.count else 0.0

    def estimate(self, confidence: float = 0.95) -> Estimate:
        """The mean with its interval. Raises ValueError for fewer than 320 values."""
        return self._batches.estimate(confidence)


class Level:
    """What was in force how long: the time average of a level that steps."""

    __slots__ = ("_area", "_at_s", "_batches", "_begun_s", "_next_s", "_whole", "maximum", "value")

    def __init__(self, now_s: float = 0.0, value: float = 0.0, batch_s: float = 1.0) -> None:
        self._batches = _Batches(batch_s)
        self._begun_s = self._at_s = now_s
        self._next_s = now_s + batch_s
        self._area = self._whole = 0.0
        self.value = value
        self.maximum = value

    def change(self, by: float, now_s: float) -> None:
        """Step by `by` at `now_s`."""
        if now_s > self._at_s:
            self._pass(now_s)
        self.value += by
        if self.value > self.maximum:
            self.maximum = self.value

    def average(self, now_s: float) -> float:
        """The time average from the beginning until `now_s`."""
        whole = self._whole + self.value * (now_s - self._at_s)
        return whole / (now_s - self._begun_s) if now_s > self._begun_s else self.value

    def estimate(self, now_s: float, confidence: float = 0.95) -> Estimate:
        """The time average with its interval. Raises ValueError for fewer than 20 batches."""
        self._pass(now_s)
        return self._batches.estimate(confidence)

    def _pass(self, now_s: float) -> None:
        while now_s >= self._next_s:
            span_s = self._next_s - self._at_s
            self._area += self.value * span_s
            self._whole += self.value * span_s
            self._at_s = self._next_s
            self._batches.add(self._area / self._batches.size)
            self._area = 0.0
            self._next_s += self._batches.size
        self._area += self.value * (now_s - self._at_s)
        self._whole += self.value * (now_s - self._at_s)
        self._at_s = now_s
