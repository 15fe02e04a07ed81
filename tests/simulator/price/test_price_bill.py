"""The bill: free tiers shared, months and accounts apart, shares that add up, and no rounding."""

from decimal import Decimal, localcontext

import pytest

from simulator.price import Bill, PriceList, Usage
from simulator.price.bill import cents, money, text

TENANTS = ("111122223333", "444455556666")


def test_the_free_tier_of_sqs_is_one_for_both_kinds_of_queue() -> None:
    usage = Usage()
    usage.add("sqs.requests", 800_000)
    usage.add("sqs.fifo_requests", 300_000)
    assert Bill.of(usage, free_tier=True).total == Decimal("0.05")  # 100,000 FIFO requests
    assert Bill.of(usage).total == Decimal("0.32") + Decimal("0.15")


def test_each_month_and_each_account_has_an_allowance_of_its_own() -> None:
    usage = Usage()
    for month in ("2026-01", "2026-02"):
        for tenant in TENANTS:
            usage.add("states.transitions", 5_000, account=tenant, month=month)
    bill = Bill.of(usage, free_tier=True)
    assert bill.total == 4 * Decimal("0.025")
    assert bill.by_account() == dict.fromkeys(TENANTS, Decimal("0.050"))
    assert bill.by_month() == {"2026-01": Decimal("0.050"), "2026-02": Decimal("0.050")}


def test_functions_share_their_account_s_allowance_by_what_they_used() -> None:
    usage = Usage()
    usage.add("lambda.gb_seconds", 600_000, resource="resize")
    usage.add("lambda.gb_seconds", 200_000, resource="thumb")
    bill = Bill.of(usage, free_tier=True)
    price = Decimal("0.00001667")
    assert bill.by_function() == {"resize": 300_000 * price, "thumb": 100_000 * price}


def test_lines_add_up_to_the_total_whatever_the_caller_s_precision() -> None:
    usage = Usage()
    for number in range(7):
        usage.add("states.express_gb_seconds", Decimal(10) ** 7 / 3 + number, resource=f"m{number}")
    whole = Bill.of(usage).total
    with localcontext() as context:
        context.prec = 4
        assert Bill.of(usage).total == whole
    rate = PriceList.on().rate("states.express_gb_seconds")
    assert abs(whole - rate.cost(rate.units(usage.total(rate.meter)))) < Decimal("1e-40")


def test_costs_go_by_tag_and_what_has_none_is_named_so() -> None:
    usage = Usage()
    usage.add("sqs.requests", 3_000_000, resource="fares", tags={"costCenter": "7536"})
    usage.add("sqs.requests", 1_000_000, resource="other")
    bill = Bill.of(usage)
    assert bill.by_tag("costCenter") == {"7536": Decimal("1.20"), "": Decimal("0.40")}
    assert bill.tag_keys() == ["costCenter"]
    assert bill.to_json()["tags"] == {"costCenter": {"7536": "1.2", "": "0.4"}}


def test_usages_add_up() -> None:
    one, two = Usage(), Usage()
    one.add("kms.requests", 1)
    two.add("kms.requests", 2)
    two.add_unpriced("123456789012", "quantum", 4)
    both = one + two
    assert both.total("kms.requests") == 3
    assert both.unpriced == {("123456789012", "quantum"): 4}
    assert one.total("kms.requests") == 1, "adding changes neither"
    assert both.times(1_000).total("kms.requests") == 3_000


@pytest.mark.parametrize(
    ("amount", "shown", "whole"),
    [
        ("0", "$0.00", "0.00"),
        ("25.005", "$25.01", "25.01"),
        ("1234.5", "$1,234.50", "1234.50"),
        ("0.0999", "$0.099900", "0.10"),
        ("0.0000005", "$0.000001", "0.00"),
        ("0.0000004", "<$0.000001", "0.00"),
    ],
)
def test_money_is_rounded_half_up_and_only_when_it_is_shown(
    amount: str, shown: str, whole: str
) -> None:
    assert money(Decimal(amount)) == shown
    assert cents(Decimal(amount)) == Decimal(whole)
    assert Decimal(text(Decimal(amount))) == Decimal(amount)


def test_all_lines_of_a_bill_are_shown_with_as_many_digits() -> None:
    total = Decimal("3.50")
    shown = [money(Decimal(amount), total) for amount in ("3.4467", "0.05", "0.0033", "0")]
    assert shown == ["$3.45", "$0.05", "<$0.01", "$0.00"]
    assert money(Decimal(0), Decimal("0.01")) == "$0.000000"
