"""bill and price: what a journal costs, and what a supposed usage would."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from lab.bill import of_journal, price_list, render
from lab.commands import PASSED, tell
from lab.errors import LabError
from simulator.journal import Fact
from simulator.price import Bill, PriceError, PriceList, Usage, chunks, metered

if TYPE_CHECKING:
    from simulator.price import Meter


def run_meter() -> Meter:
    """A meter for a run of a scenario, whose world begins when worlds begin."""
    from simulator.price import Meter
    from simulator.world import DEFAULT_START

    return Meter(DEFAULT_START)


def of_run(meter: Meter, options: argparse.Namespace) -> tuple[Usage, Bill]:
    """What a run used, and what that comes to."""
    usage = meter.usage().times(options.times)
    return usage, Bill.of(usage, PriceList.on(options.prices), free_tier=options.free_tier)


def bill(options: argparse.Namespace) -> int:
    """Print what a journal costs, or what a served world has cost so far."""
    if options.journal is not None:
        return _print(of_journal(options.journal), options)
    from lab.commands.serving import facts

    clock, lines = facts(options)
    start = datetime.fromisoformat(clock["start"])
    usage = metered((Fact.from_json(line) for line in lines), start, clock["now_s"])
    return _print(usage, options)


def price(options: argparse.Namespace) -> int:
    """Print what a supposed usage costs, or the whole price list."""
    if not options.usage:
        prices = PriceList.on(options.prices)
        tell(json.dumps(prices.to_json(), indent=1) if options.json else price_list(prices))
        return PASSED
    usage = Usage()
    for text in options.usage:
        meter, _, number = text.partition("=")
        try:
            usage.add(meter, _quantity(number))
        except (InvalidOperation, ValueError) as error:
            raise LabError(
                f"{text!r} says no quantity; write METER=NUMBER, as lambda.requests=1000, "
                "or a product, as sns.requests=1000x64KB and lambda.gb_seconds=1000x128MBx200ms"
            ) from error
    try:
        return _print(usage, options)
    except PriceError as error:
        raise LabError(f"{error}; 'paddock price' lists what there is") from error


def _quantity(text: str) -> Decimal:
    """A number, or a product of numbers, payloads (64KB), memories (128MB) and times (200ms, 1s).

    A payload counts as the requests it is billed as. Raises InvalidOperation or ValueError.
    """
    product = Decimal(1)
    for word in text.replace("_", "").split("x"):
        unit = next((unit for unit in _UNITS if word.endswith(unit)), "")
        number = Decimal(word.removesuffix(unit))
        if not 0 <= number < _MOST:
            raise ValueError(word)
        product *= _UNITS[unit](number) if unit else number
    return product


_MOST = Decimal(10) ** 15
_UNITS: dict[str, Callable[[Decimal], Decimal]] = {
    "KB": lambda size: Decimal(chunks(math.ceil(size * 1024))),
    "MB": lambda memory: memory / 1024,
    "ms": lambda time: time / 1000,
    "s": lambda time: time,
}


def _print(usage: Usage, options: argparse.Namespace) -> int:
    usage = usage.times(options.times)
    made = Bill.of(usage, PriceList.on(options.prices), free_tier=options.free_tier)
    if options.json:
        tell(json.dumps(made.to_json(), indent=1, ensure_ascii=False))
    else:
        tell(render(made, usage=usage, tag=options.tag))
    return PASSED
