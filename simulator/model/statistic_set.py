"""A statistic set: what CloudWatch keeps of one period, and the statistics read off it."""

from __future__ import annotations

import re
from collections.abc import Callable

_DISTINCT_VALUES = 512
_STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,10})?|100)")
_TRIMMED = re.compile(r"(tm|wm|tc|ts)(\d{1,2}(?:\.\d{1,10})?|100)")
_RANGE = re.compile(r"(TM|WM|TC|TS|PR)\(([\d.]*)(%?):([\d.]*)(%?)\)")


class StatisticSet:
    """Count, sum, extremes and how often each value came.

    Beyond 512 distinct values, values are kept to three significant digits, so percentiles stay
    within 0.5 % and a datum's cost and a set's size stay bounded. `values` is None once a ready
    statistic set went in, whose single values nobody knows: then there are no percentiles.
    """

    __slots__ = ("coarse", "count", "maximum", "minimum", "total", "values")

    def __init__(self) -> None:
        self.count = 0.0
        self.total = 0.0
        self.minimum = float("inf")
        self.maximum = float("-inf")
        self.values: dict[float, float] | None = {}
        self.coarse = False

    def add(self, value: float, times: float = 1.0) -> None:
        """Take in a value that came `times` times."""
        self.count += times
        self.total += value * times
        if value < self.minimum:
            self.minimum = value
        if value > self.maximum:
            self.maximum = value
        values = self.values
        if values is None:
            return
        if self.coarse:
            value = _rough(value)
        values[value] = values.get(value, 0.0) + times
        if len(values) > _DISTINCT_VALUES and not self.coarse:
            self._coarsen(values)

    def add_set(self, count: float, total: float, minimum: float, maximum: float) -> None:
        """Take in a ready statistic set; its values are known only where they are all the same."""
        if minimum == maximum and count > 0:
            self.add(minimum, count)
            return
        self.count += count
        self.total += total
        self.minimum = min(self.minimum, minimum)
        self.maximum = max(self.maximum, maximum)
        self.values = None

    def merge(self, other: StatisticSet) -> None:
        """Take in all of another set."""
        self.count += other.count
        self.total += other.total
        self.minimum = min(self.minimum, other.minimum)
        self.maximum = max(self.maximum, other.maximum)
        if self.values is None or other.values is None:
            self.values = None
            return
        if other.coarse and not self.coarse:
            self._coarsen(self.values)
        for value, times in other.values.items():
            key = _rough(value) if self.coarse else value
            self.values[key] = self.values.get(key, 0.0) + times
        if len(self.values) > _DISTINCT_VALUES and not self.coarse:
            self._coarsen(self.values)

    def read(self, statistic: str) -> float | None:
        """A statistic by CloudWatch's name, or None where the data do not allow it.

        Raises ValueError for a name that is no statistic.
        """
        if not is_statistic(statistic):
            raise ValueError(f"{statistic!r} is no statistic of CloudWatch")
        if not self.count:
            return None
        plain = {
            "SampleCount": self.count,
            "Sum": self.total,
            "Minimum": self.minimum,
            "Maximum": self.maximum,
            "Average": self.total / self.count,
        }
        if statistic in plain:
            return float(plain[statistic])
        if self.values is None:
            return None
        return _of_values(statistic, sorted(self.values.items()), self.count)

    def _coarsen(self, values: dict[float, float]) -> None:
        rough: dict[float, float] = {}
        for value, times in values.items():
            key = _rough(value)
            rough[key] = rough.get(key, 0.0) + times
        self.values = rough
        self.coarse = True


def is_statistic(name: str) -> bool:
    """Whether CloudWatch has a statistic of this name (User Guide, "Statistics definitions")."""
    return (
        name in _STATISTICS
        or name == "IQM"
        or any(form.fullmatch(name) for form in (_PERCENTILE, _TRIMMED, _RANGE))
    )


def is_percentile(name: str) -> bool:
    """Whether it is a percentile, as p99.9."""
    return _PERCENTILE.fullmatch(name) is not None


def _rough(value: float) -> float:
    return float(f"{value:.3g}")


def _of_values(statistic: str, ordered: list[tuple[float, float]], count: float) -> float | None:
    if percentile := _PERCENTILE.fullmatch(statistic):
        return _percentile(ordered, count, float(percentile[1]) / 100)
    if statistic == "IQM":
        return _trimmed("TM", ordered, count, 0.25, 0.75)
    if trimmed := _TRIMMED.fullmatch(statistic):
        return _trimmed(trimmed[1].upper(), ordered, count, 0.0, float(trimmed[2]) / 100)
    found = _RANGE.fullmatch(statistic)
    assert found is not None
    kind, low, low_percent, high, high_percent = found.groups()
    if kind != "PR" and (low_percent or high_percent):
        return _trimmed(
            kind,
            ordered,
            count,
            float(low) / 100 if low else 0.0,
            float(high) / 100 if high else 1.0,
        )
    within = [
        (value, times)
        for value, times in ordered
        if (not low or value > float(low)) and (not high or value <= float(high))
    ]
    return _folded(kind, within, count)


def _percentile(ordered: list[tuple[float, float]], count: float, share: float) -> float:
    """Linear between the two values whose ranks lie about it."""
    position = share * (count - 1)
    seen = 0.0
    for index, (value, times) in enumerate(ordered):
        seen += times
        if position <= seen - 1:
            return value
        if position < seen and index + 1 < len(ordered):
            return value + (ordered[index + 1][0] - value) * (position - (seen - 1))
    return ordered[-1][0]


def _trimmed(
    kind: str, ordered: list[tuple[float, float]], count: float, low: float, high: float
) -> float | None:
    """A trimmed or winsorized statistic between two shares of the ranks."""
    first, last = low * count, high * count
    kept: list[tuple[float, float]] = []
    seen = 0.0
    for value, times in ordered:
        inside = min(seen + times, last) - max(seen, first)
        seen += times
        if inside > 0:
            kept.append((value, inside))
    if kind == "WM" and kept:
        kept = [(kept[0][0], first), *kept, (kept[-1][0], count - last)]
    return _folded(kind, kept, count)


def _folded(kind: str, kept: list[tuple[float, float]], count: float) -> float | None:
    times = sum(share for _, share in kept)
    total = sum(value * share for value, share in kept)
    folds: dict[str, Callable[[], float]] = {
        "TC": lambda: times,
        "TS": lambda: total,
        "PR": lambda: 100 * times / count,
        "TM": lambda: total / times,
        "WM": lambda: total / times,
    }
    return folds[kind]() if times or kind in ("TC", "PR") else None
