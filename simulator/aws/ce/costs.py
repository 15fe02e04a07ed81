"""The costs of a world by day and month, folded from its journal when they are asked for.

Source: Cost Explorer API Reference, "GetCostAndUsage", "GetDimensionValues", "GetTags".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import JsonRESTError

from simulator.aws.ce.expressions import Invalid, grouping, holds
from simulator.price.ledger import Entry, Ledger
from simulator.price.usage import added

if TYPE_CHECKING:
    from simulator.world import World

_COSTS = {
    "amortizedcost": "AmortizedCost",
    "blendedcost": "BlendedCost",
    "netamortizedcost": "NetAmortizedCost",
    "netunblendedcost": "NetUnblendedCost",
    "unblendedcost": "UnblendedCost",
}
"""All the same here: there are no reservations, plans, credits or discounts."""
_QUANTITY = "UsageQuantity"
_QUANTITIES = {"usagequantity": _QUANTITY}
_SHOWN = Decimal("1e-10")


class Costs:
    """A world's ledger, brought up to date with each question."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._ledger = Ledger(world.clock.start)
        self._taken = 0

    @property
    def today(self) -> date:
        """The day that it is in the world, UTC."""
        return self.world.clock.instant.date()

    def entries(
        self, first: date, after: date, accounts: Sequence[str], wanted: Mapping[str, Any]
    ) -> list[Entry]:
        """What accounts have used in some days, as far as it is asked for."""
        facts = self.world.journal.facts
        self._ledger.take(facts[self._taken :])
        self._taken = len(facts)
        return [
            entry
            for entry in self._ledger.entries(first, after, self.world.now_s)
            if entry.owner.account in accounts and holds(wanted, entry)
        ]

    def results(self, said: Mapping[str, Any], accounts: Sequence[str]) -> list[dict[str, Any]]:
        """ResultsByTime; nothing of days before the world began."""
        first, after = period(said)
        metrics = [_metric(name) for name in said.get("Metrics") or ()]
        if not metrics:
            raise Invalid("Metrics: at least one is needed, such as UnblendedCost")
        keys = grouping(said.get("GroupBy") or ())
        entries = self.entries(first, after, accounts, said.get("Filter") or {})
        told = []
        for begin, end in self._spans(str(said.get("Granularity")), first, after):
            inside = [entry for entry in entries if begin <= entry.day < end]
            told.append(
                {
                    "TimePeriod": {"Start": begin.isoformat(), "End": end.isoformat()},
                    "Total": {} if keys else _sums(inside, metrics),
                    "Groups": _groups(inside, keys, metrics) if keys else [],
                    "Estimated": end > self.today.replace(day=1),
                }
            )
        return told

    def _spans(self, granularity: str, first: date, after: date) -> Iterator[tuple[date, date]]:
        if granularity not in ("DAILY", "MONTHLY"):
            raise JsonRESTError(
                "DataUnavailableException",
                f"Paddock keeps costs by day and month; not by {granularity}",
            )
        begin = max(first, self._ledger.first_day)
        while begin < after:
            end = begin + timedelta(days=1)
            if granularity == "MONTHLY":
                end = min(after, (begin.replace(day=1) + timedelta(days=32)).replace(day=1))
            yield begin, end
            begin = end


def period(said: Mapping[str, Any]) -> tuple[date, date]:
    """The days that are asked for: the first, and the first that is not."""
    given = said.get("TimePeriod") or {}
    try:
        first, after = (date.fromisoformat(str(given[name])) for name in ("Start", "End"))
    except (KeyError, ValueError) as error:
        raise Invalid("TimePeriod needs Start and End as YYYY-MM-DD") from error
    if first >= after:
        raise Invalid("Start date (and hour) should be before end date (and hour)")
    return first, after


def _metric(name: str) -> str:
    plain = str(name).replace("_", "").lower()
    known = {**_COSTS, **_QUANTITIES}
    if plain not in known:
        raise Invalid(f"Metric {name} is not one of {', '.join(known.values())}")
    return known[plain]


def _sums(entries: Sequence[Entry], metrics: Sequence[str]) -> dict[str, dict[str, str]]:
    cost = _text(added(entry.cost for entry in entries))
    told = {name: {"Amount": cost, "Unit": "USD"} for name in metrics if name != _QUANTITY}
    if _QUANTITY in metrics:
        units = list(dict.fromkeys(entry.rate.unit for entry in entries))
        quantity = _text(added(entry.units for entry in entries))
        told[_QUANTITY] = {"Amount": quantity, "Unit": units[0] if len(units) == 1 else "N/A"}
    return told


def _groups(
    entries: Sequence[Entry], keys: Sequence[Callable[[Entry], str]], metrics: Sequence[str]
) -> list[dict[str, Any]]:
    found: dict[tuple[str, ...], list[Entry]] = {}
    for entry in entries:
        found.setdefault(tuple(key(entry) for key in keys), []).append(entry)
    return [
        {"Keys": list(group), "Metrics": _sums(members, metrics)}
        for group, members in sorted(found.items())
    ]


def _text(amount: Decimal) -> str:
    shown = f"{amount.quantize(_SHOWN, ROUND_HALF_UP):f}"
    return shown.rstrip("0").rstrip(".") or "0"
