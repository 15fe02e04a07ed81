"""The price list: dated prices read from `rates.toml`, and what a quantity costs by its tiers."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal
from functools import cache
from pathlib import Path
from typing import Any

POSTS = date(2020, 10, 19)
"""The day of the price list that the labs' posts use; their figures come out at these prices."""

LATEST = date(2026, 1, 1)
"""The newest day for which the list has been looked through."""

EXACT = Context(prec=60)
"""For sums of money: more digits than any bill has, whatever the caller's context."""


class PriceError(Exception):
    """A price that the list does not have; the message says which, and what there is."""


@dataclass(frozen=True, slots=True)
class Price:
    """What a meter's units cost from a day on: tiers of (units a month up to which, dollars)."""

    as_of: date
    source: str
    tiers: tuple[tuple[Decimal | None, Decimal], ...]


@dataclass(frozen=True, slots=True)
class Rate:
    """One meter at one day's price. `seconds`: how many unit-seconds make a billed unit."""

    meter: str
    service: str
    name: str
    unit: str
    per: Decimal
    seconds: Decimal
    price: Price
    free: Decimal
    free_pool: str
    free_months: int | None

    def units(self, quantity: Decimal) -> Decimal:
        """A metered quantity in the unit that AWS bills."""
        return EXACT.divide(quantity, self.seconds)

    def cost(self, units: Decimal) -> Decimal:
        """What so many billed units cost in one month, tier by tier, in dollars."""
        cost, below = Decimal(0), Decimal(0)
        for up_to, dollars in self.price.tiers:
            top = units if up_to is None else min(units, up_to)
            if top <= below:
                break
            part = EXACT.multiply(EXACT.subtract(top, below), dollars)
            cost = EXACT.add(cost, EXACT.divide(part, self.per))
            below = top
        return cost


class PriceList:
    """The prices of one day. `PriceList.on(date)` reads the list that comes with Paddock.

    Of each meter it has the newest price that is not younger than the day; of what AWS offers only
    since, the first.
    """

    def __init__(self, data: Mapping[str, Any], day: date) -> None:
        self.day = day
        self.region: str = data["region"]
        self.services: Mapping[str, str] = data["services"]
        self.no_charge: Mapping[str, str] = data["no_charge"]
        self.rates = {meter: _rate(meter, row, day) for meter, row in data["meter"].items()}

    @classmethod
    def on(cls, day: date = POSTS) -> PriceList:
        """The prices of a day."""
        return _read(day)

    def rate(self, meter: str) -> Rate:
        """The price of a meter. Raises PriceError for one that is not in the list."""
        try:
            return self.rates[meter]
        except KeyError:
            raise PriceError(f"the price list has no {meter!r}") from None

    def to_json(self) -> dict[str, Any]:
        """The list for a program; numbers as text, so that no digit is lost."""
        return {
            "region": self.region,
            "prices": self.day.isoformat(),
            "meters": {
                meter: {
                    "service": self.services[rate.service],
                    "name": rate.name,
                    "unit": rate.unit,
                    "per": str(rate.per),
                    "free_a_month": str(rate.free),
                    "tiers": [
                        {"up_to": None if up_to is None else str(up_to), "usd": str(dollars)}
                        for up_to, dollars in rate.price.tiers
                    ],
                    "source": rate.price.source,
                    "as_of": rate.price.as_of.isoformat(),
                }
                for meter, rate in self.rates.items()
            },
        }


@cache
def _data() -> Mapping[str, Any]:
    return tomllib.loads(Path(__file__).with_name("rates.toml").read_text(encoding="utf-8"))


@cache
def _read(day: date) -> PriceList:
    return PriceList(_data(), day)


def _rate(meter: str, row: Mapping[str, Any], day: date) -> Rate:
    prices = [_price(price) for price in row["prices"]]
    known = [price for price in prices if price.as_of <= day] or prices[:1]
    return Rate(
        meter=meter,
        service=meter.partition(".")[0],
        name=row["name"],
        unit=row["unit"],
        per=Decimal(row["per"]),
        seconds=Decimal(row.get("seconds", 1)),
        price=max(known, key=lambda price: price.as_of),
        free=Decimal(row.get("free", 0)),
        free_pool=row.get("free_pool", meter),
        free_months=row.get("free_months"),
    )


def _price(row: Mapping[str, Any]) -> Price:
    tiers = tuple(
        (Decimal(tier[0]) if len(tier) == 2 else None, Decimal(tier[-1])) for tier in row["tiers"]
    )
    return Price(row["as_of"], row["source"], tiers)
