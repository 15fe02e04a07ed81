"""The price list is whole: each price has its day and page, and what is metered has a price."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from simulator.price import LATEST, POSTS, PriceError, PriceList, facts

LITERAL = re.compile(r'"([a-z0-9]+\.[a-z0-9_]+)"')


def test_every_price_says_of_when_and_from_where_it_is() -> None:
    for rate in PriceList.on(POSTS).rates.values():
        assert rate.price.source, rate.meter
        assert rate.price.as_of <= LATEST, rate.meter
        assert rate.name, rate.meter
        assert rate.service in PriceList.on().services, rate.meter


def test_tiers_rise_and_the_last_has_no_end() -> None:
    for rate in PriceList.on(LATEST).rates.values():
        ends = [up_to for up_to, _ in rate.price.tiers]
        assert ends[-1] is None, rate.meter
        bounds = [end for end in ends[:-1] if end is not None]
        assert bounds == sorted(set(bounds)), rate.meter
        assert len(bounds) == len(ends) - 1, rate.meter
        assert all(dollars > 0 for _, dollars in rate.price.tiers), rate.meter


def test_the_newest_price_that_is_not_younger_than_the_day_holds() -> None:
    def write_units(day: date) -> Decimal:
        return PriceList.on(day).rate("dynamodb.write_units").price.tiers[0][1]

    assert write_units(POSTS) == write_units(date(2024, 10, 31)) == Decimal("1.25")
    assert write_units(date(2024, 11, 1)) == write_units(LATEST) == Decimal("0.625")
    # what AWS offers only since has its first price
    assert PriceList.on(POSTS).rate("events.scheduled").price.as_of == LATEST


def test_whatever_a_reader_meters_has_a_price() -> None:
    rates = PriceList.on().rates
    folder = Path(facts.__file__).parent
    metered = {name for path in folder.glob("*.py") for name in LITERAL.findall(path.read_text())}
    services = set(PriceList.on().services)
    named = {name for name in metered if name.partition(".")[0] in services}
    facts_of_their_own = set(facts.FACTS)
    assert len(named & set(rates)) > 30
    assert named - facts_of_their_own <= set(rates)


def test_a_meter_without_a_price_is_an_error() -> None:
    with pytest.raises(PriceError, match=r"has no 'quantum\.bits'"):
        PriceList.on().rate("quantum.bits")


@pytest.mark.parametrize(
    ("calls", "dollars"),
    [
        (333_000_000, "1165.50"),
        (1_000_000_000, "3033.10"),
        (20_000_000_000, "48253.10"),
        (20_001_000_000, "48254.61"),
    ],
)
def test_each_tier_is_charged_at_its_own_price(calls: int, dollars: str) -> None:
    """Amazon API Gateway Pricing, REST APIs: $3.50, $2.80, $2.38 and $1.51 a million."""
    assert PriceList.on().rate("apigateway.rest_requests").cost(Decimal(calls)) == Decimal(dollars)
