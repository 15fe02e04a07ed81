"""The clock: exact to the microsecond, never backwards, and felt by Python only while asked."""

import time
from datetime import UTC, datetime, timedelta, timezone

import pytest

from simulator.kernel import Clock, VirtualEnvironment

START = datetime(2026, 1, 1, tzinfo=UTC)


def test_instants_are_exact_however_the_seconds_add_up() -> None:
    clock = Clock(START)
    total_s = 0.0
    for _ in range(1000):
        total_s += 0.1
    clock.move_to(total_s)
    assert clock.instant == START + timedelta(seconds=100)
    assert clock.now_s == 100.0


def test_time_never_runs_backwards() -> None:
    clock = Clock(START)
    clock.move_to(5)
    with pytest.raises(ValueError, match="backwards"):
        clock.move_to(4.9)


def test_a_start_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        Clock(datetime(2026, 1, 1))  # noqa: DTZ001


def test_a_start_in_another_zone_is_the_same_instant() -> None:
    start = datetime(2026, 1, 1, 5, tzinfo=timezone(timedelta(hours=5)))
    assert Clock(start).start == START


def test_python_feels_virtual_time_in_utc_and_only_while_open() -> None:
    clock = Clock(START)
    before = time.time()
    with clock.felt_by_python():
        clock.move_to(0.1)
        assert datetime.now(UTC) == START + timedelta(milliseconds=100)
        assert datetime.now() == datetime(2026, 1, 1, 0, 0, 0, 100_000)  # noqa: DTZ001, DTZ005
        assert time.gmtime().tm_year == 2026
    assert time.time() >= before


def test_the_clock_moves_before_an_event_is_processed() -> None:
    clock = Clock(START)
    env = VirtualEnvironment(clock)
    seen = []
    env.timeout(2.5).callbacks.append(lambda _: seen.append(clock.instant))
    env.run()
    assert seen == [START + timedelta(seconds=2.5)]


def test_an_event_nobody_waits_for_leaves_the_world_idle() -> None:
    env = VirtualEnvironment(Clock(START))
    env.timeout(10)
    assert env.idle
    env.timeout(5).callbacks.append(lambda _: None)
    assert not env.idle


def test_time_passes_at_once_where_nothing_is_due() -> None:
    clock = Clock(START)
    env = VirtualEnvironment(clock)
    env.timeout(2.0)
    assert env.pass_to(1.5)
    assert (env.now, clock.now_s) == (1.5, 1.5)
    assert not env.pass_to(2.0)  # what is due at that instant comes first
    assert (env.now, clock.now_s) == (1.5, 1.5)
