"""The till: keeps the bill of a run as its facts come in, for whoever shows it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from simulator.journal import Fact
from simulator.price import LATEST, Bill, Meter, PriceList
from simulator.price.bill import text

_MINUTE_S = 60.0


class Till:
    """A meter, and what a screen is told of it: each time only what is new."""

    def __init__(self, start: datetime) -> None:
        self._meter = Meter(start)
        self._told: tuple[int, int] | None = None

    def take(self, fact: Fact) -> None:
        """Count a fact."""
        self._meter.take(fact)

    def news(self, now_s: float) -> dict[str, Any] | None:
        """The bill as it stands, or None where nothing has come since it was last told.

        Some things cost by the hour: a minute without a fact is news too.
        """
        stands = (self._meter.facts, int(now_s // _MINUTE_S))
        if stands == self._told:
            return None
        self._told = stands
        usage = self._meter.usage(now_s)
        latest = Bill.of(usage, PriceList.on(LATEST))
        return {
            **Bill.of(usage).to_json(),
            "with_free_tier_usd": text(Bill.of(usage, free_tier=True).total),
            "latest": {"prices": LATEST.isoformat(), "usd": text(latest.total)},
        }
