"""The meter: folds facts of the journal, and nothing else, into usage, each at the same cost.

Which fact means what is in `simulator/price/facts`: a table a family of services.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from heapq import heappop, heappush
from itertools import count
from math import inf
from typing import Any

from simulator.journal import Fact
from simulator.price.facts import CALLS, FACTS
from simulator.price.holdings import Holdings
from simulator.price.rates import EXACT, PriceList
from simulator.price.usage import ACCOUNT, Key, Owner, Usage

_ONE = Decimal(1)
_REFUSED = 400
_UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, IndexError, ArithmeticError)


class Meter:
    """Usage so far. `take` facts in the order of the journal; `start` is the world's instant 0."""

    def __init__(self, start: datetime) -> None:
        self._start = start.astimezone(UTC)
        self._usage = Usage()
        self._holdings = Holdings()
        self._later: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()
        self._owners: dict[tuple[str, str, str], Owner] = {}
        self._homes: dict[tuple[str, str], str] = {}
        self._tags: dict[tuple[str, str, str], dict[str, str]] = {}
        self.memory: dict[Any, Any] = {}
        """What a reader has to remember of earlier facts: a function's memory, a machine's type."""
        self._no_charge = PriceList.on().no_charge
        self.month, self._month_ends_s = "", 0.0
        self._next_s = 0.0
        """When a month, or something else, next ends by itself."""
        self.now_s = 0.0
        self.facts = 0
        self._turn_page(0.0)

    def take(self, fact: Fact) -> None:
        """Fold one fact in."""
        self.facts += 1
        if fact.at >= self._next_s:
            self._pass_time(fact.at)
        elif fact.at > self.now_s:
            self.now_s = fact.at
        try:
            if fact.what == "call":
                self._take_call(fact)
                return
            reader = FACTS.get(fact.what) or FACTS.get(fact.what.partition(".")[0])
            if reader is not None:
                reader(self, fact)
        except _UNREADABLE:  # a stranger's parameters, which the service let pass
            told = f"{fact.data.get('service', '')} {fact.data.get('action', fact.what)}".strip()
            self.unpriced(str(fact.data.get("account") or ACCOUNT), f"{told}, not to be read")

    def usage(self, now_s: float | None = None) -> Usage:
        """What was used up to now, or up to `now_s` where no fact has come for a while."""
        at_s = self.now_s if now_s is None else max(now_s, self.now_s)
        self._pass_time(at_s)
        usage = self._usage.copy()
        for (meter, owner), quantity in self._holdings.until(at_s):
            usage.add_for(Key(self.month, meter, owner), quantity)
        return usage

    # ---- for the readers

    def use(
        self,
        meter: str,
        account: str,
        resource: str = "",
        quantity: Decimal | int = _ONE,
    ) -> None:
        """Count units of a meter for a resource, whose service is the meter's."""
        owner = self.owner(meter.partition(".")[0], account, resource)
        self._usage.add_for(Key(self.month, meter, owner), Decimal(quantity))

    def hold(
        self, meter: str, account: str, resource: str, level: Decimal | int, *, name: str = ""
    ) -> None:
        """From now on so many units are in use: what AWS charges for by the hour or the month.

        `name` tells things of one resource apart.
        """
        owner = self.owner(meter.partition(".")[0], account, resource)
        self._holdings.hold(meter, owner, name, Decimal(level), self.now_s)

    def grow(
        self, meter: str, account: str, resource: str, by: Decimal | int, *, name: str = ""
    ) -> None:
        """From now on so many units more, or less, are in use; never less than none."""
        owner = self.owner(meter.partition(".")[0], account, resource)
        level = EXACT.add(self._holdings.level(meter, owner, name), Decimal(by))
        self._holdings.hold(meter, owner, name, max(Decimal(0), level), self.now_s)

    def at(self, at_s: float, then: Callable[[], None]) -> None:
        """Let something end by itself, without a fact; what is past ends at once."""
        heappush(self._later, (max(at_s, self.now_s), next(self._numbers), then))
        self._next_s = min(self._next_s, self._later[0][0])

    def unpriced(self, account: str, name: str) -> None:
        """Something was used that the price list does not have."""
        self._usage.add_unpriced(account, name)

    def owner(self, service: str, account: str, resource: str) -> Owner:
        """The owner of a resource's usage, with the tags of now."""
        key = (service, account, resource)
        owner = self._owners.get(key)
        if owner is None:
            tags = self._tags.get(key) or {}
            owner = self._owners[key] = Owner(account, resource, tuple(sorted(tags.items())))
        return owner

    def settle_at(self, service: str, resource: str, account: str) -> None:
        """Remember in which account a resource lies, for facts that do not say."""
        self._homes[service, resource] = account

    def home(self, service: str, resource: str, fact: Fact) -> str:
        """The account of a resource: what the fact says, or what an earlier call has shown."""
        said = fact.data.get("account")
        return str(said) if said else self.lies_in(service, resource, ACCOUNT)

    def lies_in(self, service: str, resource: str, otherwise: str) -> str:
        """The account that an earlier fact has shown a resource to lie in."""
        return self._homes.get((service, resource), otherwise)

    def tag(
        self, service: str, account: str, resource: str, tags: dict[str, str], gone: Iterable[str]
    ) -> None:
        """Set and remove tags of a resource: they hold for what it uses from now on."""
        key = (service, account, resource)
        known = self._tags.setdefault(key, {})
        known.update(tags)
        for name in gone:
            known.pop(name, None)
        before = self._owners.pop(key, None)
        if before is not None:
            self._holdings.hand_over(before, self.owner(*key), self.now_s)

    # ---- inside

    def _take_call(self, fact: Fact) -> None:
        data = fact.data
        if int(data.get("status") or 0) >= _REFUSED:
            return  # a request that is refused is not billed
        service = str(data.get("service"))
        reader = CALLS.get(service)
        if reader is not None:
            reader(self, fact)
        elif service not in self._no_charge:
            self.unpriced(str(data.get("account") or ACCOUNT), service)

    def _pass_time(self, until_s: float) -> None:
        """Go on to an instant: past what ends by itself, and past each month's end."""
        while True:
            due_s = min(self._later[0][0] if self._later else until_s, self._month_ends_s)
            if due_s > until_s:
                break
            self.now_s = max(self.now_s, due_s)
            if self._later and self._later[0][0] <= due_s:
                heappop(self._later)[2]()
            elif self._month_ends_s <= due_s:
                self._close_month(due_s)
            else:
                break
        self.now_s = max(self.now_s, until_s)
        self._next_s = min(self._later[0][0] if self._later else inf, self._month_ends_s)

    def _close_month(self, at_s: float) -> None:
        """Write the holdings down under each month that ends before `at_s`, and turn the page."""
        while self._month_ends_s <= at_s:
            for (meter, owner), quantity in self._holdings.settle(self._month_ends_s):
                self._usage.add_for(Key(self.month, meter, owner), quantity)
            self._turn_page(self._month_ends_s)

    def _turn_page(self, at_s: float) -> None:
        instant = self._start + timedelta(seconds=at_s)
        self.month = f"{instant:%Y-%m}"
        first = instant.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        following = (first + timedelta(days=32)).replace(day=1)
        self._month_ends_s = (following - self._start).total_seconds()


def metered(facts: Iterable[Fact], start: datetime, until_s: float | None = None) -> Usage:
    """The usage that facts show, up to the last of them or up to `until_s`."""
    meter = Meter(start)
    for fact in facts:
        meter.take(fact)
    return meter.usage(until_s)
