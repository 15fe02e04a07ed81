"""The bill: usage at a day's prices, in exact dollars; rounded only where it is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from simulator.price.rates import EXACT, PriceList, Rate
from simulator.price.usage import Owner, Usage, added

_CENT = Decimal("0.01")
_MILLIONTH = Decimal("0.000001")
_NO_MONEY = Decimal(0)


@dataclass(frozen=True, slots=True)
class Line:
    """One meter of one owner in one month. `units` are AWS's; `cost` is in dollars, not rounded."""

    month: str
    owner: Owner
    rate: Rate
    units: Decimal
    cost: Decimal

    def tag(self, key: str) -> str:
        """The value of a tag that the resource had, or nothing."""
        return dict(self.owner.tags).get(key, "")


@dataclass(frozen=True)
class Bill:
    """What usage costs. Tiers and free allowances are each account's own, and each month's."""

    lines: tuple[Line, ...]
    not_priced: Mapping[tuple[str, str], int]
    prices: PriceList
    free_tier: bool

    @classmethod
    def of(cls, usage: Usage, prices: PriceList | None = None, *, free_tier: bool = False) -> Bill:
        """Price usage. Raises PriceError for a meter that the list does not have."""
        prices = prices or PriceList.on()
        months: dict[tuple[str, str, str], dict[Owner, Decimal]] = {}
        for key, quantity in usage.quantities.items():
            rate = prices.rate(key.meter)
            shares = months.setdefault((key.month, key.owner.account, key.meter), {})
            before = shares.get(key.owner, _NO_MONEY)
            shares[key.owner] = EXACT.add(before, rate.units(quantity))
        order = list(prices.rates)
        lines: list[Line] = []
        left: dict[tuple[str, str, str], Decimal] = {}
        for place in sorted(months, key=lambda at: (at[0], order.index(at[2]), at[1])):
            month, account, meter = place
            rate, shares = prices.rate(meter), months[place]
            units = added(shares.values())
            billed = units
            if free_tier and rate.free:
                pool = (month, account, rate.free_pool)
                allowance = left.get(pool, rate.free)
                billed = max(_NO_MONEY, EXACT.subtract(units, allowance))
                left[pool] = max(_NO_MONEY, EXACT.subtract(allowance, units))
            cost = rate.cost(billed)
            lines += [
                Line(month, owner, rate, share, _share(cost, share, units))
                for owner, share in shares.items()
            ]
        return cls(tuple(lines), dict(usage.unpriced), prices, free_tier)

    @property
    def total(self) -> Decimal:
        """Dollars in all."""
        return added(line.cost for line in self.lines)

    def by(self, name: Callable[[Line], str]) -> dict[str, Decimal]:
        """Dollars by what `name` calls a line, the dearest first."""
        sums: dict[str, Decimal] = {}
        for line in self.lines:
            key = name(line)
            sums[key] = EXACT.add(sums.get(key, _NO_MONEY), line.cost)
        return dict(sorted(sums.items(), key=lambda entry: (-entry[1], entry[0])))

    def by_service(self) -> dict[str, Decimal]:
        """Dollars by AWS service."""
        return self.by(lambda line: self.prices.services[line.rate.service])

    def by_account(self) -> dict[str, Decimal]:
        """Dollars by account: by tenant, where each has one of its own."""
        return self.by(lambda line: line.owner.account)

    def by_month(self) -> dict[str, Decimal]:
        """Dollars by month."""
        return dict(sorted(self.by(lambda line: line.month).items()))

    def by_function(self) -> dict[str, Decimal]:
        """Dollars that Lambda charges, by function."""
        functions = Bill(
            tuple(line for line in self.lines if line.rate.service == "lambda"),
            {}, self.prices, self.free_tier,
        )  # fmt: skip
        return functions.by(lambda line: line.owner.resource)

    def by_resource(self) -> dict[str, Decimal]:
        """Dollars by resource, as `service resource`."""
        return self.by(lambda line: f"{line.rate.service} {line.owner.resource}".strip())

    def by_tag(self, key: str) -> dict[str, Decimal]:
        """Dollars by the value of a tag; what has no such tag is under the empty text."""
        return self.by(lambda line: line.tag(key))

    def tag_keys(self) -> list[str]:
        """The keys of all tags that anything on the bill has."""
        return sorted({key for line in self.lines for key, _ in line.owner.tags})

    def to_json(self) -> dict[str, Any]:
        """The bill for a program; dollars and units as text, so that no digit is lost."""
        services: dict[str, Any] = {
            name: {"usd": cost, "meters": {}} for name, cost in self.by_service().items()
        }
        for line in self.lines:
            meters = services[self.prices.services[line.rate.service]]["meters"]
            meter = meters.setdefault(
                line.rate.meter,
                {
                    "name": line.rate.name,
                    "unit": line.rate.unit,
                    "units": _NO_MONEY,
                    "usd": _NO_MONEY,
                    "source": line.rate.price.source,
                    "as_of": line.rate.price.as_of.isoformat(),
                },
            )
            meter["units"] = EXACT.add(meter["units"], line.units)
            meter["usd"] = EXACT.add(meter["usd"], line.cost)
        return {
            "prices": self.prices.day.isoformat(),
            "region": self.prices.region,
            "free_tier": self.free_tier,
            "usd": text(self.total),
            "services": _as_text(services),
            "accounts": _as_text(self.by_account()),
            "functions": _as_text(self.by_function()),
            "months": _as_text(self.by_month()),
            "tags": {key: _as_text(self.by_tag(key)) for key in self.tag_keys()},
            "not_priced": [
                {"account": account, "what": name, "times": times}
                for (account, name), times in self.not_priced.items()
            ],
        }


def money(amount: Decimal, among: Decimal | None = None) -> str:
    """Dollars for a person, halves up: to the cent, or to the millionth below ten cents.

    `among`: the total of the bill that it stands in, whose digits all its lines have.
    """
    large = abs(amount if among is None else among) >= Decimal("0.10") or not (amount or among)
    least = _CENT if large else _MILLIONTH
    shown = amount.quantize(least, ROUND_HALF_UP)
    return f"${shown:,}" if shown or not amount else f"<${least}"


def plural(unit: str, number: Decimal) -> str:
    """A unit's name after a number."""
    if number == 1 or unit == "GB":
        return unit
    return f"{unit[:-1]}ies" if unit.endswith("ry") else f"{unit}s"


def cents(amount: Decimal) -> Decimal:
    """Dollars rounded to the cent, halves up, as the posts' tables are."""
    return amount.quantize(_CENT, ROUND_HALF_UP)


def text(number: Decimal) -> str:
    """A number with all its digits that matter, without an exponent."""
    shown = f"{number.quantize(Decimal('1e-12'), ROUND_HALF_UP):f}" if number else "0"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def _share(cost: Decimal, share: Decimal, units: Decimal) -> Decimal:
    if not cost or not units:
        return _NO_MONEY
    return cost if share == units else EXACT.divide(EXACT.multiply(cost, share), units)


def _as_text(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _as_text(inner) for key, inner in value.items()}
    return text(value) if isinstance(value, Decimal) else value
