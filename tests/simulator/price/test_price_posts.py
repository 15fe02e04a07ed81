"""The figures of the posts that the labs follow come out to the cent, at the prices of their day.

Posts: "Optimizing the cost of serverless web applications" (AWS Compute Blog, 19 October 2020) and
"Choosing between messaging services for serverless applications" (AWS Compute Blog).
"""

from decimal import Decimal

import pytest

from simulator.price import LATEST, POSTS, Bill, PriceList, Usage, chunks
from simulator.price.bill import cents
from simulator.price.usage import gb_seconds

KB = 1024
CALLS = 1_000_000


def priced(usage: Usage) -> Decimal:
    return cents(Bill.of(usage, PriceList.on(POSTS)).total)


def published(messages: int, size_bytes: int) -> Usage:
    usage = Usage()
    usage.add("sns.requests", messages * chunks(size_bytes))
    return usage


def test_a_hundred_million_small_messages_cost_fifty_dollars() -> None:
    assert priced(published(100_000_000, 1 * KB)) == Decimal("50.00")


def test_the_same_data_in_full_requests_costs_78_cents() -> None:
    assert 1_562_500 * 64 == 100_000_000  # the same kilobytes
    assert priced(published(1_562_500, 64 * KB)) == Decimal("0.78")


@pytest.mark.parametrize(
    ("memory_mb", "gb_s", "compute", "total"),
    [
        (128, 125_000, "2.08", "2.28"),
        (512, 500_000, "8.34", "8.54"),
        (1024, 1_000_000, "16.67", "16.87"),
        (1536, 1_500_000, "25.01", "25.21"),
        (2048, 2_000_000, "33.34", "33.54"),
        (3008, 2_937_500, "48.97", "49.17"),
    ],
)
def test_a_million_one_second_calls(memory_mb: int, gb_s: int, compute: str, total: str) -> None:
    usage = Usage()
    usage.add("lambda.gb_seconds", CALLS * gb_seconds(memory_mb, 1000))
    assert usage.total("lambda.gb_seconds") == gb_s
    assert priced(usage) == Decimal(compute)
    usage.add("lambda.requests", CALLS)
    assert priced(usage) == Decimal(total)


def test_a_filter_policy_saves_three_quarters_of_the_compute() -> None:
    def orders(share_invoked: Decimal) -> Usage:
        usage = Usage()
        usage.add("sns.requests", CALLS)
        usage.add("lambda.requests", CALLS * share_invoked)
        usage.add("lambda.gb_seconds", CALLS * share_invoked * gb_seconds(512, 200))
        return usage

    everything = Bill.of(orders(Decimal(1))).by_service()
    cancelled = Bill.of(orders(Decimal("0.25"))).by_service()
    assert cancelled["AWS Lambda"] / everything["AWS Lambda"] == Decimal("0.25")
    assert cancelled["Amazon SNS"] == everything["Amazon SNS"]  # filtering by attributes is free


def test_an_http_api_costs_about_seventy_percent_less_than_a_rest_api() -> None:
    rest, http = Usage(), Usage()
    rest.add("apigateway.rest_requests", CALLS)
    http.add("apigateway.http_requests", CALLS)
    assert (priced(rest), priced(http)) == (Decimal("3.50"), Decimal("1.00"))
    assert Decimal("0.70") < 1 - priced(http) / priced(rest) < Decimal("0.72")


def test_many_short_workflows_are_cheaper_as_express_workflows() -> None:
    """AWS Step Functions Pricing, its example of 100 million workflows of 10 seconds and 64 MB."""
    runs = 100_000_000
    express = Usage()
    express.add("states.express_requests", runs)
    express.add("states.express_gb_seconds", runs * gb_seconds(64, 10_000))
    assert priced(express) == Decimal("482.97")
    standard = Usage()
    standard.add("states.transitions", runs * 5)
    assert priced(standard) == Decimal("12500.00")


def test_a_payload_of_256_kb_is_billed_as_four_requests() -> None:
    assert [chunks(size) for size in (0, 1, 64 * KB, 64 * KB + 1, 256 * KB)] == [1, 1, 1, 2, 4]


def test_messaging_is_priced_as_the_post_compares_it() -> None:
    topic, bus = Usage(), Usage()
    topic.add("sns.requests", CALLS)
    bus.add("events.custom", CALLS)
    assert (priced(topic), priced(bus)) == (Decimal("0.50"), Decimal("1.00"))
    # "AWS Free Tier eligible": SNS yes, EventBridge no
    assert Bill.of(topic, free_tier=True).total == 0
    assert Bill.of(bus, free_tier=True).total == 1


def test_todays_list_has_the_gb_second_with_more_digits() -> None:
    usage = Usage()
    usage.add("lambda.gb_seconds", 500_000)
    assert cents(Bill.of(usage, PriceList.on(LATEST)).total) == Decimal("8.33")
