"""The bill as text for a terminal: what a run, a journal or a supposed usage costs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from simulator.journal import JournalError, header, read
from simulator.price import LATEST, Bill, PriceList, Usage, metered
from simulator.price.bill import money, plural, text

WIDTH = 78
_SHOWN = Decimal("0.000001")


def render(bill: Bill, *, usage: Usage | None = None, tag: str | None = None) -> str:
    """A bill by service and meter, then by function, account and tag; closing with the total.

    With `usage`, the last line says what the same costs at the newest prices of the list.
    """
    prices = bill.prices
    tier = "with" if bill.free_tier else "without"
    lines = [f"bill: {prices.region}, prices of {prices.day}, {tier} the free tier"]
    for service, cost in bill.by_service().items():
        lines += [_row(1, service, money(cost, bill.total)), *_meters(bill, service)]
    lines += _groups(bill, tag)
    lines.append(_row(0, "total", money(bill.total)))
    if usage is not None and prices.day != LATEST:
        newest = Bill.of(usage, PriceList.on(LATEST), free_tier=bill.free_tier)
        lines.append(_row(0, f"at the prices of {LATEST}", money(newest.total)))
    for (account, name), times in bill.not_priced.items():
        lines.append(f"not priced: {name} ({times}×, account {account})")
    return "\n".join(lines)


def price_list(prices: PriceList) -> str:
    """Every meter with its price, the day it is of and the page it is from."""
    lines = [f"{prices.region}, prices of {prices.day}, in US dollars"]
    service = ""
    for rate in prices.rates.values():
        if rate.service != service:
            service = rate.service
            lines.append(prices.services[service])
        per = "" if rate.per == 1 else f"{rate.per:,} "
        steps = ", then ".join(f"${dollars:f}" for _, dollars in rate.price.tiers)
        free = f"; {rate.free:,} free a month" if rate.free else ""
        lines.append(f"  {rate.meter}: {rate.name}")
        lines.append(f"      {steps} for {per}{plural(rate.unit, rate.per)}{free}")
        lines.append(f"      {rate.price.source}, {rate.price.as_of}")
    return "\n".join(lines)


def of_journal(path: Path) -> Usage:
    """The usage that a journal file shows. Raises JournalError for a file that is none."""
    try:
        start = datetime.fromisoformat(str(header(path)["start"]))
    except (KeyError, ValueError) as error:
        raise JournalError(f"the journal {path} does not say when its world began") from error
    return metered(read(path), start)


def _meters(bill: Bill, service: str) -> list[str]:
    sums: dict[str, tuple[str, Decimal, Decimal]] = {}
    for line in bill.lines:
        if bill.prices.services[line.rate.service] == service:
            _, units, cost = sums.get(line.rate.name, ("", Decimal(0), Decimal(0)))
            sums[line.rate.name] = (line.rate.unit, units + line.units, cost + line.cost)
    return [
        _row(2, name, f"{quantity(units)} {plural(unit, units)}", money(cost, bill.total))
        for name, (unit, units, cost) in sums.items()
    ]


def _groups(bill: Bill, tag: str | None) -> list[str]:
    groups: list[tuple[str, Mapping[str, Decimal]]] = [("by function", bill.by_function())]
    if len(bill.by_account()) > 1:
        groups.append(("by account", bill.by_account()))
    if len(bill.by_month()) > 1:
        groups.append(("by month", bill.by_month()))
    if tag is not None:
        groups.append((f"by tag {tag}", bill.by_tag(tag)))
    lines: list[str] = []
    for title, sums in groups:
        if any(sums):  # a supposed usage is nobody's
            lines.append(title)
            lines += [
                _row(1, name or "(none)", money(cost, bill.total)) for name, cost in sums.items()
            ]
    return lines


def _row(depth: int, name: str, *cells: str) -> str:
    left = "  " * depth + name
    right = "  ".join((*cells[:-1], f"{cells[-1]:>12}"))
    return f"{left}  {right:>{max(0, WIDTH - len(left) - 2)}}"


def quantity(units: Decimal) -> str:
    """A number of units, to the millionth."""
    if units == units.to_integral_value():
        return f"{units:,.0f}"
    if units < _SHOWN:
        return "<0.000001"
    whole, _, rest = text(units.quantize(_SHOWN, ROUND_HALF_UP)).partition(".")
    return f"{int(whole):,}" + (f".{rest}" if rest else "")
