"""One metric's data over time, by unit: fine while young, coarser with age."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable
from typing import NamedTuple

from simulator.model.statistic_set import StatisticSet

_HOUR_S, _DAY_S = 3600, 86_400
RETENTION_S = (
    (1, 3 * _HOUR_S),
    (60, 15 * _DAY_S),
    (300, 63 * _DAY_S),
    (3600, 455 * _DAY_S),
)
"""Data points of each period, in seconds, and for how long there are any.

Source: CloudWatch User Guide, "Metrics concepts", Metrics retention.
"""


class _Tier:
    """The sets of one resolution, by the second since 1970 at which each begins."""

    __slots__ = ("resolution_s", "sets", "times")

    def __init__(self, resolution_s: int) -> None:
        self.resolution_s = resolution_s
        self.sets: dict[int, StatisticSet] = {}
        self.times: list[int] = []

    def at(self, second: int) -> StatisticSet:
        """The set that a datum of this second belongs to."""
        begin = second - second % self.resolution_s
        found = self.sets.get(begin)
        if found is None:
            found = self.sets[begin] = StatisticSet()
            if not self.times or begin > self.times[-1]:
                self.times.append(begin)
            else:
                insort(self.times, begin)
        return found

    def cut(self, before: int) -> list[tuple[int, StatisticSet]]:
        """Remove and return the sets that begin before a second."""
        keep_from = bisect_left(self.times, before)
        old = [(begin, self.sets.pop(begin)) for begin in self.times[:keep_from]]
        del self.times[:keep_from]
        return old

    def within(self, start: int, end: int) -> Iterable[tuple[int, StatisticSet]]:
        """The sets that begin in [start, end), in order."""
        for index in range(bisect_left(self.times, start), len(self.times)):
            begin = self.times[index]
            if begin >= end:
                return
            yield begin, self.sets[begin]


class Series:
    """The data of a metric in one unit. Times are whole seconds since 1970."""

    __slots__ = ("_aged_s", "_current", "_current_end_s", "_tiers", "metric", "unit")

    def __init__(self, metric: Metric, unit: str) -> None:
        self.metric = metric
        self.unit = unit
        self._tiers = tuple(_Tier(resolution_s) for resolution_s, _ in RETENTION_S)
        self._current = StatisticSet()
        self._current_end_s = float("-inf")
        self._aged_s = 0.0

    def add(self, value: float, unix_s: float) -> None:
        """Take in a datum of this very instant: the hot path of all that counts."""
        if unix_s >= self._current_end_s:
            second = int(unix_s)
            self._age(unix_s)
            self._current = self._tiers[1].at(second)
            self._current_end_s = second - second % 60 + 60
        self._current.add(value)
        metric = self.metric
        metric.last_s = unix_s
        if metric.wakers:
            metric.arrived(unix_s)

    def at(self, second: int, now_s: float, resolution_s: int = 60) -> StatisticSet:
        """The set for a datum with a timestamp of its own."""
        self._age(now_s)
        if resolution_s == 60 and second > now_s - _DAY_S:  # nearly always
            self.metric.arrived(second)
            return self._tiers[1].at(second)
        for tier, (tier_s, keep_s) in zip(self._tiers, RETENTION_S, strict=True):
            if tier_s >= resolution_s and second > now_s - keep_s:
                self.metric.arrived(second)
                return tier.at(second)
        return StatisticSet()  # too old to be kept at all

    def read(
        self, start: int, end: int, period_s: int, now_s: float, origin: int = 0
    ) -> dict[int, StatisticSet]:
        """The data of [start, end) by period, each by its beginning; periods count from `origin`.

        Data kept at a coarser resolution than the period is left out, as CloudWatch does; only data
        put by the minute shows in shorter periods, at its minute, while those are kept.
        """
        self._age(now_s)
        fine_from = int(now_s) - RETENTION_S[0][1]
        return gathered(
            (begin - (begin - origin) % period_s, part)
            for tier in self._tiers
            if tier.times and (not period_s % tier.resolution_s or period_s < 60)
            for begin, part in tier.within(start if period_s >= 60 else max(start, fine_from), end)
        )

    def _age(self, now_s: float) -> None:
        """Fold what is too old for its resolution into the next; at most once a minute."""
        if now_s - self._aged_s < 60:
            return
        self._aged_s = now_s
        for index, (tier, (_, keep_s)) in enumerate(zip(self._tiers, RETENTION_S, strict=True)):
            if not tier.times or tier.times[0] >= now_s - keep_s:
                continue
            coarser = self._tiers[index + 1] if index + 1 < len(self._tiers) else None
            # cut where a period of the coarser tier begins, so that none is split over two tiers
            limit = int(now_s - keep_s)
            if coarser is not None:
                limit -= limit % coarser.resolution_s
            for begin, old in tier.cut(limit):
                if coarser is not None:
                    coarser.at(begin).merge(old)


class Identity(NamedTuple):
    """Which metric: where it lies and what it is called. Dimensions are sorted by name."""

    account: str
    region: str
    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]


class Metric:
    """A metric: its data by unit, and who wants to know when there is more."""

    __slots__ = ("data", "identity", "last_s", "puts", "wakers")

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self.data: dict[str, Series] = {}
        self.last_s: float | None = None
        self.puts = 0
        self.wakers: list[Callable[[], None]] = []

    def series(self, unit: str) -> Series:
        """The data in a unit."""
        found = self.data.get(unit)
        if found is None:
            found = self.data[unit] = Series(self, unit)
        return found

    def wake(self, waker: Callable[[], None]) -> None:
        """Call `waker` once, when the next datum comes."""
        self.wakers.append(waker)

    def arrived(self, second: float) -> None:
        """A datum of this second has come."""
        if self.last_s is None or second > self.last_s:
            self.last_s = second
        if self.wakers:
            wakers, self.wakers = self.wakers, []
            for waker in wakers:
                waker()

    def read(
        self, start: int, end: int, period_s: int, now_s: float, origin: int = 0, unit: str = ""
    ) -> dict[int, StatisticSet]:
        """As Series.read, over all units or the one named."""
        chosen = [self.data[unit]] if unit in self.data else [] if unit else self.data.values()
        return gathered(
            part
            for series in chosen
            for part in series.read(start, end, period_s, now_s, origin).items()
        )


def gathered(parts: Iterable[tuple[int, StatisticSet]]) -> dict[int, StatisticSet]:
    """Parts by period, in order. What comes alone is handed on as it is: it is for reading only."""
    found: dict[int, StatisticSet] = {}
    ours: set[int] = set()
    for period, part in parts:
        known = found.get(period)
        if known is None:
            found[period] = part
            continue
        if period not in ours:
            ours.add(period)
            together = found[period] = StatisticSet()
            together.merge(known)
        found[period].merge(part)
    return dict(sorted(found.items()))
