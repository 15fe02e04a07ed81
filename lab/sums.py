"""Money and quantities, as the worker tells them, for a person to read."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from simulator.price.bill import money, plural

_MILLIONTH = Decimal("0.000001")


def dollars(usd: str, among: str | None = None) -> str:
    """An amount of money; `among`, the total of the bill that it stands in."""
    return money(Decimal(usd), None if among is None else Decimal(among))


def units(unit: str, number: str) -> str:
    """A unit's name after a quantity."""
    return plural(unit, Decimal(number))


def amount(units: str) -> str:
    """A quantity with at most six digits after the point; what is less than that says so."""
    number = Decimal(units)
    if 0 < number < _MILLIONTH:
        return "<0.000001"
    shown = f"{number.quantize(_MILLIONTH, ROUND_HALF_UP):,f}"
    return shown.rstrip("0").rstrip(".")
