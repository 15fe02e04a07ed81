"""Usage: how much of each meter was used, by month and owner; exact, and without a price."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

from simulator.price.rates import EXACT

CHUNK_BYTES = 65_536
"""SQS, SNS and EventBridge bill each 64 KB of a payload as one request.

Source: Amazon SQS, Amazon SNS and Amazon EventBridge Pricing.
"""
GB = Decimal(2**30)
ACCOUNT = "123456789012"
SOME_MONTH = "2020-10"
_NOTHING = Decimal(0)
_MB_MS_OF_GB_S = Decimal(1024 * 1000)


class Owner(NamedTuple):
    """Whose usage it is: the account, the resource by its name, and the tags it then had."""

    account: str = ACCOUNT
    resource: str = ""
    tags: tuple[tuple[str, str], ...] = ()


class Key(NamedTuple):
    """One line of usage: the month (2026-01), the meter as the price list calls it, the owner."""

    month: str
    meter: str
    owner: Owner


class Usage:
    """Quantities, added up. Made by a Meter from a journal, or by hand to ask "what if"."""

    def __init__(self) -> None:
        self.quantities: dict[Key, Decimal] = {}
        self.unpriced: dict[tuple[str, str], int] = {}
        """What was used and has no price here, by account and name: how often."""

    def add(
        self,
        meter: str,
        quantity: Decimal | int,
        *,
        account: str = ACCOUNT,
        resource: str = "",
        tags: Mapping[str, str] | None = None,
        month: str = SOME_MONTH,
    ) -> None:
        """Add so many units of a meter. Fractions come as Decimal, never as float."""
        owner = Owner(account, resource, tuple(sorted((tags or {}).items())))
        self.add_for(Key(month, meter, owner), Decimal(quantity))

    def add_for(self, key: Key, quantity: Decimal) -> None:
        """Add to one line."""
        self.quantities[key] = EXACT.add(self.quantities.get(key, _NOTHING), quantity)

    def add_unpriced(self, account: str, name: str, times: int = 1) -> None:
        """Note a use of something that the price list does not have."""
        self.unpriced[account, name] = self.unpriced.get((account, name), 0) + times

    def total(self, meter: str) -> Decimal:
        """How much of one meter was used in all."""
        return added(n for key, n in self.quantities.items() if key.meter == meter)

    def of(self, resource: str, meter: str) -> Decimal:
        """How much of one meter a resource used."""
        return added(
            quantity
            for key, quantity in self.quantities.items()
            if key.meter == meter and key.owner.resource == resource
        )

    def copy(self) -> Usage:
        """The same usage, to add to without changing this one."""
        copy = Usage()
        copy.quantities = dict(self.quantities)
        copy.unpriced = dict(self.unpriced)
        return copy

    def times(self, number: int) -> Usage:
        """The same usage so many times over: what a run costs at that scale."""
        product = Usage()
        for key, quantity in self.quantities.items():
            product.add_for(key, EXACT.multiply(quantity, Decimal(number)))
        for (account, name), times in self.unpriced.items():
            product.add_unpriced(account, name, times * number)
        return product

    def __add__(self, other: Usage) -> Usage:
        copy = self.copy()
        for key, quantity in other.quantities.items():
            copy.add_for(key, quantity)
        for (account, name), times in other.unpriced.items():
            copy.add_unpriced(account, name, times)
        return copy


def chunks(size_bytes: int, chunk_bytes: int = CHUNK_BYTES) -> int:
    """How many requests a payload is billed as: one a chunk begun, and one at least."""
    return max(1, -(-size_bytes // chunk_bytes))


def gigabytes(size_bytes: int) -> Decimal:
    """Bytes in GB, exactly: AWS's GB has 2^30."""
    return EXACT.divide(Decimal(size_bytes), GB)


def gb_seconds(memory_mb: int, duration_ms: int) -> Decimal:
    """Memory for a time, in GB-seconds, exactly."""
    return EXACT.divide(Decimal(memory_mb * duration_ms), _MB_MS_OF_GB_S)


def added(amounts: Iterable[Decimal]) -> Decimal:
    """A sum that loses no digit."""
    total = _NOTHING
    for amount in amounts:
        total = EXACT.add(total, amount)
    return total
