"""What is in use over time: an alarm, a stored gigabyte, a key; levels, integrated when asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from simulator.price.rates import EXACT
from simulator.price.usage import Owner

_NONE = Decimal(0)
Held = tuple[tuple[str, Owner], Decimal]
"""A meter and its owner, and the unit-seconds that came together."""


@dataclass(slots=True)
class _Holding:
    level: Decimal
    since_s: float
    unit_seconds: Decimal = _NONE

    def bring_to(self, at_s: float) -> None:
        if at_s > self.since_s:
            self.unit_seconds = self.until(at_s)
            self.since_s = at_s

    def until(self, at_s: float) -> Decimal:
        if at_s <= self.since_s or not self.level:
            return self.unit_seconds
        # Instants have microseconds: their decimal text is exact, and a float's is not.
        lasted_s = Decimal(round((at_s - self.since_s) * 1_000_000)).scaleb(-6)
        return EXACT.add(self.unit_seconds, EXACT.multiply(self.level, lasted_s))


class Holdings:
    """Levels by meter, owner and name; each change costs the same however much is held."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, Owner, str], _Holding] = {}

    def level(self, meter: str, owner: Owner, name: str) -> Decimal:
        """How much is in use."""
        holding = self._held.get((meter, owner, name))
        return _NONE if holding is None else holding.level

    def hold(self, meter: str, owner: Owner, name: str, level: Decimal, at_s: float) -> None:
        """Change a level."""
        holding = self._held.get((meter, owner, name))
        if holding is None:
            if level:
                self._held[meter, owner, name] = _Holding(level, at_s)
            return
        holding.bring_to(at_s)
        holding.level = level

    def hand_over(self, before: Owner, after: Owner, at_s: float) -> None:
        """Let another owner, the same resource with other tags, hold from now on."""
        for (meter, owner, name), holding in list(self._held.items()):
            if owner == before and holding.level:
                level = holding.level
                self.hold(meter, before, name, _NONE, at_s)
                self.hold(meter, after, name, level, at_s)

    def until(self, at_s: float) -> Iterator[Held]:
        """What has come together up to an instant; nothing is changed."""
        for (meter, owner, _), holding in self._held.items():
            quantity = holding.until(at_s)
            if quantity:
                yield (meter, owner), quantity

    def settle(self, at_s: float) -> Iterator[Held]:
        """What has come together up to an instant, to be counted anew from there."""
        for key, holding in list(self._held.items()):
            holding.bring_to(at_s)
            if holding.unit_seconds:
                yield key[:2], holding.unit_seconds
            holding.unit_seconds = _NONE
            if not holding.level:
                del self._held[key]
