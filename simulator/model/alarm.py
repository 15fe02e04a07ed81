"""How an alarm judges its data points: M of N, missing data, and the words for what it found."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

OK, ALARM, INSUFFICIENT_DATA = "OK", "ALARM", "INSUFFICIENT_DATA"

_EXTRA_PERIODS = 2
"""How many periods an alarm looks back beyond its evaluation periods.

Source: CloudWatch User Guide, "Configuring how CloudWatch alarms treat missing data", whose
examples with 3 evaluation periods have an evaluation range of 5.
"""

_COMPARISONS: Mapping[str, tuple[str, Callable[[float, float], bool]]] = {
    "GreaterThanThreshold": ("greater than", lambda value, limit: value > limit),
    "GreaterThanOrEqualToThreshold": (
        "greater than or equal to",
        lambda value, limit: value >= limit,
    ),
    "LessThanThreshold": ("less than", lambda value, limit: value < limit),
    "LessThanOrEqualToThreshold": ("less than or equal to", lambda value, limit: value <= limit),
}
_TREATED = {"breaching": "Breaching", "notBreaching": "NonBreaching"}


@dataclass(frozen=True, slots=True)
class Point:
    """One period of an alarm's evaluation range; `value` is None where there is no data."""

    begin_s: int
    value: float | None
    sample_count: float | None = None
    too_few: bool = False
    """A percentile of too few samples, which the alarm is told to ignore."""


@dataclass(frozen=True)
class Rule:
    """What makes a metric alarm go off: M (`to_alarm`) of N (`periods`) data points breaching."""

    comparison: str
    threshold: float
    periods: int
    to_alarm: int | None = None
    treat_missing: str = "missing"

    @property
    def supported(self) -> bool:
        """Whether it compares with a fixed threshold, not with a band of anomaly detection."""
        return self.comparison in _COMPARISONS

    @property
    def evaluation_range(self) -> int:
        """How many periods it looks at, in case some have no data."""
        return self.periods + _EXTRA_PERIODS

    @property
    def m(self) -> int:
        """How many data points must breach."""
        return self.to_alarm or self.periods

    def breaches(self, value: float) -> bool:
        """Whether a value breaches the threshold."""
        return _COMPARISONS[self.comparison][1](value, self.threshold)

    def judge(self, points: Sequence[Point]) -> str | None:
        """The state that the evaluation range, oldest first, leads to; None: as it was.

        Source: CloudWatch User Guide, "Configuring how CloudWatch alarms treat missing data" and
        there "Avoiding premature transitions to alarm state".
        """
        real = self.evaluated(points)
        if any(point.too_few for point in real):
            return None
        breaching = sum(self.breaches(point.value) for point in real if point.value is not None)
        filled = self.periods - len(real)
        if self.treat_missing == "breaching":
            breaching += filled
        if breaching >= self.m:
            return ALARM
        if not filled or self.treat_missing in _TREATED or breaching < len(real):
            return OK
        if not real:
            return INSUFFICIENT_DATA if self.treat_missing == "missing" else None
        oldest_age = len(points) - points.index(real[0])
        early = oldest_age >= self.m and self.treat_missing == "missing"
        return ALARM if early else None

    def evaluated(self, points: Sequence[Point]) -> list[Point]:
        """The newest real data points, as many as are needed or as there are, oldest first."""
        return [point for point in points if point.value is not None][-self.periods :]

    def reason(self, points: Sequence[Point], new: str) -> str:
        """Why the state is `new`, in CloudWatch's words."""
        real = self.evaluated(points)
        filled = self.periods - len(real)
        if new == INSUFFICIENT_DATA:
            unknown = "datapoint was" if filled == 1 else "datapoints were"
            return f"Insufficient Data: {filled} {unknown} unknown."
        treated = ""
        if filled and self.treat_missing in _TREATED:
            missing = "datapoint was" if filled == 1 else "datapoints were"
            treated = f" and {filled} missing {missing} treated as [{_TREATED[self.treat_missing]}]"
        if not real:
            span = "1 period" if self.periods == 1 else f"{self.periods} periods"
            return f"Threshold Crossed: no datapoints were received for {span}{treated}."
        told = [p for p in real if p.value is not None and self.breaches(p.value) == (new == ALARM)]
        listed = ", ".join(f"{point.value} ({_short(point.begin_s)})" for point in reversed(told))
        verb = "was" if len(told) == 1 else "were"
        words = ("" if new == ALARM else "not ") + _COMPARISONS[self.comparison][0]
        if self.to_alarm is None:
            counted = "1 datapoint" if len(told) == 1 else f"{len(told)} datapoints"
            ending = ""
        else:
            counted = f"{len(told)} out of the last {self.periods} datapoints"
            least = self.m if new == ALARM else self.periods - self.m + 1
            points_word = "datapoint" if least == 1 else "datapoints"
            came_from = ALARM if new == OK else OK
            ending = f" (minimum {least} {points_word} for {came_from} -> {new} transition)"
        return (
            f"Threshold Crossed: {counted} [{listed}] {verb} {words} "
            f"the threshold ({self.threshold}){treated}{ending}."
        )

    def reason_data(self, points: Sequence[Point], at_s: float, told: Mapping[str, Any]) -> str:
        """The evaluation as JSON, newest point first; `told` is unit, statistic and period."""
        real = self.evaluated(points)
        listed = real or list(points[-self.periods :])
        data: dict[str, Any] = {"version": "1.0", "queryDate": stamp(at_s)}
        if real:
            data["startDate"] = stamp(real[0].begin_s)
        data |= told
        data["recentDatapoints"] = [point.value for point in real]
        data["threshold"] = self.threshold
        data["evaluatedDatapoints"] = [_evaluated(point) for point in reversed(listed)]
        return json.dumps(data, separators=(",", ":"))


def stamp(unix_s: float) -> str:
    """An instant as CloudWatch writes it in JSON: milliseconds and an offset without a colon."""
    instant = datetime.fromtimestamp(round(unix_s, 6), tz=UTC)
    return f"{instant:%Y-%m-%dT%H:%M:%S}.{instant.microsecond // 1000:03d}+0000"


def _short(unix_s: float) -> str:
    return f"{datetime.fromtimestamp(unix_s, tz=UTC):%d/%m/%y %H:%M:%S}"


def _evaluated(point: Point) -> dict[str, Any]:
    told: dict[str, Any] = {"timestamp": stamp(point.begin_s)}
    if point.sample_count is not None and point.value is not None:
        told["sampleCount"] = point.sample_count
    if point.value is not None:
        told["value"] = point.value
    return told
