"""The ledger: what was used and what it cost day by day, as Cost Explorer tells it.

A day's cost is what the month's bill grew by on it: tiers and free allowances come to those who
used what they did when the tier was reached.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from simulator.journal import Fact
from simulator.price.bill import Bill
from simulator.price.meter import Meter
from simulator.price.rates import EXACT, PriceList, Rate
from simulator.price.usage import Owner

_NONE = Decimal(0)
_Sums = dict[tuple[str, str, Owner], tuple[Decimal, Decimal]]


@dataclass(frozen=True, slots=True)
class Entry:
    """One meter of one owner on one day (UTC). `cost` is in dollars; neither is rounded."""

    day: date
    owner: Owner
    rate: Rate
    units: Decimal
    cost: Decimal


class Ledger:
    """Facts by day. `take` them in order; `start` is the world's instant 0."""

    def __init__(self, start: datetime, prices: PriceList | None = None) -> None:
        self._start = start.astimezone(UTC)
        self._prices = prices or PriceList.on()
        self._meter = Meter(start)
        self._days: dict[date, list[Entry]] = {}
        self._before: _Sums = {}
        self._day = self._start.date()

    @property
    def first_day(self) -> date:
        """The day on which the world began."""
        return self._start.date()

    def take(self, facts: Iterable[Fact]) -> None:
        """Enter facts."""
        for fact in facts:
            self._close_days(fact.at)
            self._meter.take(fact)

    def entries(self, first: date, after: date, now_s: float) -> Iterator[Entry]:
        """What there is from `first` up to, and without, `after`; of today, what is so far."""
        self._close_days(now_s)
        today = self._grown(now_s)[0]
        for day, entries in (*self._days.items(), (self._day, today)):
            if first <= day < after:
                yield from entries

    def _close_days(self, at_s: float) -> None:
        while at_s >= (midnight_s := self._ends_s(self._day)):
            self._days[self._day], self._before = self._grown(midnight_s)
            self._day += timedelta(days=1)

    def _ends_s(self, day: date) -> float:
        midnight = datetime.combine(day + timedelta(days=1), datetime.min.time(), UTC)
        return (midnight - self._start).total_seconds()

    def _grown(self, at_s: float) -> tuple[list[Entry], _Sums]:
        bill = Bill.of(self._meter.usage(at_s), self._prices)
        sums: _Sums = {}
        grown = []
        for line in bill.lines:
            key = (line.month, line.rate.meter, line.owner)
            sums[key] = (line.units, line.cost)
            units, cost = self._before.get(key, (_NONE, _NONE))
            if line.units != units or line.cost != cost:
                more = EXACT.subtract(line.units, units), EXACT.subtract(line.cost, cost)
                grown.append(Entry(self._day, line.owner, line.rate, *more))
        return grown, sums
