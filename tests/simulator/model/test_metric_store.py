"""The store of metrics: periods, resolutions, percentiles, samples, and what each costs."""

from datetime import UTC, datetime

import pytest

from simulator.model.metrics import HOME, Metrics
from simulator.model.statistic_set import StatisticSet, is_statistic
from simulator.world import World

DAY_S = 86_400
QUEUE = {"QueueName": "q"}


def values(metrics: Metrics, name: str, period_s: int = 60, statistic: str = "Sum") -> list[float]:
    metric = metrics.metric("N", name, QUEUE)
    read = metric.read(0, 2**40, period_s, metrics.unix_s)
    return [found.read(statistic) or 0.0 for found in read.values()]


def test_a_statistic_set_has_cloudwatchs_statistics() -> None:
    data = StatisticSet()
    for value in (1.0, 2.0, 3.0, 4.0):
        data.add(value)
    data.add(10.0, times=2)

    assert {name: data.read(name) for name in ("SampleCount", "Sum", "Minimum", "Maximum")} == {
        "SampleCount": 6.0,
        "Sum": 30.0,
        "Minimum": 1.0,
        "Maximum": 10.0,
    }
    assert data.read("Average") == 5.0
    assert data.read("p100") == data.read("p99.9") == 10.0
    assert data.read("p50") == 3.5
    assert data.read("PR(2:4)") == pytest.approx(100 * 2 / 6)
    assert data.read("TC(0%:50%)") == 3.0
    assert data.read("tm50") == pytest.approx(2.0)


def test_an_unknown_statistic_is_refused() -> None:
    assert not is_statistic("p101")
    assert is_statistic("p99.9")
    with pytest.raises(ValueError, match="Median"):
        StatisticSet().read("Median")


def test_a_ready_statistic_set_has_no_percentiles_but_of_one_value() -> None:
    data = StatisticSet()
    data.add_set(3.0, 123.0, 12.0, 100.0)
    alike = StatisticSet()
    alike.add_set(5.0, 10.0, 2.0, 2.0)

    assert data.read("Average") == 41.0
    assert data.read("p50") is None
    assert alike.read("p50") == 2.0


def test_percentiles_stay_close_and_sets_small_with_many_values() -> None:
    data = StatisticSet()
    for number in range(50_000):
        data.add(1.0 + number / 100)

    assert data.read("p50") == pytest.approx(251.0, rel=0.01)
    assert data.read("p99") == pytest.approx(496.0, rel=0.01)
    assert data.values is not None
    assert len(data.values) < 3 * 900  # 900 a decade


def test_counts_fall_into_the_minutes_of_the_clock() -> None:
    start = datetime(2026, 1, 1, 10, 0, 30, tzinfo=UTC)
    with World(seed=1, start=start) as world:
        for at_s in (0, 29, 30, 89, 90):
            world.run(until=at_s)
            world.metrics.count("N", "m", QUEUE)
        metric = world.metrics.metric("N", "m", QUEUE)
        read = metric.read(0, 2**40, 60, world.metrics.unix_s)

    assert [(begin % 3600, data.count) for begin, data in read.items()] == [
        (0, 2), (60, 2), (120, 1),
    ]  # fmt: skip


def test_a_silent_metric_has_no_data_points() -> None:
    with World(seed=1) as world:
        world.metrics.count("N", "m", QUEUE)
        world.run(until=600.0)
        world.metrics.count("N", "m", QUEUE)

        assert values(world.metrics, "m") == [1.0, 1.0]


def test_periods_add_up() -> None:
    with World(seed=1) as world:
        for at_s in range(0, 900, 60):
            world.run(until=at_s)
            world.metrics.count("N", "m", QUEUE, value=2.0)

        assert values(world.metrics, "m", 300) == [10.0, 10.0, 10.0]


def test_a_gauge_is_sampled_at_the_end_of_each_minute_and_keeps_no_run_going() -> None:
    with World(seed=1) as world:
        level = [0.0]
        world.metrics.gauge("N", "depth", QUEUE, lambda: level[0])

        def work() -> None:
            from simulator.kernel import sleep

            for _ in range(3):
                sleep(59.0)
                level[0] += 5
                sleep(1.0)

        world.spawn(work)
        world.run()
        assert world.now_s == 180.0
        world.run(until=181.0)
        assert values(world.metrics, "depth") == [5.0, 10.0, 15.0]


def test_nothing_ticks_when_nobody_wants_it() -> None:
    with World(seed=1) as world:
        asked: list[float] = []

        def once(at_s: float) -> bool:
            asked.append(at_s)
            return len(asked) < 3

        world.metrics.each(60, once)
        world.run(until=7 * DAY_S)

        assert len(asked) == 3
        assert world.env.steps < 20


def test_samplers_come_before_watchers_at_one_instant() -> None:
    with World(seed=1) as world:
        order: list[str] = []
        world.metrics.each(60, lambda _: bool(order.append("watcher")), first=False)
        world.metrics.each(60, lambda _: bool(order.append("sampler")))
        world.run(until=61.0)

        assert order == ["sampler", "watcher"]


def test_accounts_and_regions_are_kept_apart_by_the_arn() -> None:
    with World(seed=1) as world:
        world.metrics.count("N", "m", QUEUE)
        world.metrics.count("N", "m", QUEUE, arn="arn:aws:sqs:eu-west-1:210987654321:q")

        assert len(list(world.metrics.all_of(*HOME))) == 1
        there = list(world.metrics.all_of("210987654321", "eu-west-1"))
        assert [metric.identity.name for metric in there] == ["m"]
        world.metrics.forget("210987654321", "eu-west-1")
        assert not list(world.metrics.all_of("210987654321", "eu-west-1"))


def test_old_data_is_kept_more_coarsely() -> None:
    """CloudWatch User Guide, "Metrics concepts", Metrics retention."""
    with World(seed=1) as world:
        for _ in range(10):
            world.metrics.count("N", "m", QUEUE)
            world.run(until=world.now_s + 60)
        world.run(until=16.0 * DAY_S)
        assert values(world.metrics, "m", 60) == []
        assert values(world.metrics, "m", 300) == [5.0, 5.0]
        world.run(until=64.0 * DAY_S)
        assert values(world.metrics, "m", 300) == []
        assert values(world.metrics, "m", 3600) == [10.0]
        world.run(until=456.0 * DAY_S)
        assert values(world.metrics, "m", 3600) == []


def test_high_resolution_data_is_there_for_three_hours() -> None:
    with World(seed=1) as world:
        series = world.metrics.metric("N", "m", QUEUE).series("None")
        now = int(world.metrics.unix_s)
        for second in range(20):
            series.at(now + second, now, resolution_s=1).add(1.0)

        assert values(world.metrics, "m", 10) == [10.0, 10.0]
        world.run(until=4 * 3600.0)
        assert values(world.metrics, "m", 10) == []
        assert values(world.metrics, "m", 60) == [20.0]


def test_data_put_by_the_minute_shows_in_shorter_periods() -> None:
    """Recorded from AWS: an alarm with a period of 30 s on data of standard resolution."""
    with World(seed=1) as world:
        world.run(until=95.0)
        world.metrics.count("N", "m", QUEUE, value=7.0)
        metric = world.metrics.metric("N", "m", QUEUE)
        read = metric.read(0, 2**40, 30, world.metrics.unix_s)

        assert [(begin % 3600, data.total) for begin, data in read.items()] == [(60, 7.0)]
