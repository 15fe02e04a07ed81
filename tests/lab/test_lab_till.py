"""The till tells a screen what is new of a run's bill, and nothing where nothing is."""

from lab.sums import amount, dollars, units
from lab.till import Till
from simulator.journal import Fact
from simulator.world import DEFAULT_START


def call(at: float, action: str, **params: object) -> Fact:
    told = {"service": "cloudwatch", "action": action, "account": "123456789012", "status": 200}
    return Fact(at, "lab", "call", {**told, "params": params})


def test_it_tells_what_is_new_and_only_that() -> None:
    till = Till(DEFAULT_START)
    assert till.news(0.0) is not None
    assert till.news(1.0) is None
    till.take(call(2.0, "ListMetrics"))
    told = till.news(2.0)
    assert told is not None
    assert (told["usd"], told["with_free_tier_usd"]) == ("0.00001", "0")
    assert told["latest"] == {"prices": "2026-01-01", "usd": "0.00001"}
    assert till.news(2.0) is None


def test_what_is_paid_by_the_hour_is_news_as_time_passes() -> None:
    till = Till(DEFAULT_START)
    till.take(call(0.0, "PutMetricAlarm", AlarmName="a", Period=60))
    till.take(Fact(0.0, "lab", "alarm.put", {"alarm": "a", "kind": "MetricAlarm", "metrics": 1}))
    first, later = till.news(0.0), till.news(2_628_000.0)
    assert first is not None
    assert later is not None
    assert first["usd"] == "0.00001"
    assert later["usd"] == "0.10001"


def test_money_and_quantities_read_well() -> None:
    assert [dollars(text) for text in ("0", "0.016493", "0.0000001", "0.105", "1234.5")] == [
        "$0.00", "$0.016493", "<$0.000001", "$0.11", "$1,234.50",
    ]  # fmt: skip
    assert [amount(text) for text in ("0", "649", "9.618750000001", "0.0000001", "1000")] == [
        "0", "649", "9.61875", "<0.000001", "1,000",
    ]  # fmt: skip
    assert [units("GB", "2"), units("delivery", "2"), units("request", "1")] == [
        "GB", "deliveries", "request",
    ]  # fmt: skip
