"""Fibers: stdlib waits take virtual time; failures, endless loops and deadlocks are named."""

import queue
import threading
import time
from datetime import UTC, datetime

import pytest

from simulator.kernel import Deadlock, FiberError, FiberStuck, sleep, wait
from simulator.world import World


def test_sleep_takes_virtual_time_only() -> None:
    world = World()
    seen = []

    def nap() -> None:
        time.sleep(7 * 24 * 3600)
        seen.append((datetime.now(UTC), time.time(), time.monotonic()))

    world.spawn(nap)
    world.run()
    assert world.now_s == 604800
    assert seen == [(datetime(2026, 1, 8, tzinfo=UTC), 1767830400.0, 604800.0)]


def test_events_at_one_instant_run_in_the_order_they_were_asked_for() -> None:
    world = World()
    order: list[str] = []

    def act(name: str) -> None:
        time.sleep(1)
        order.append(name)

    for name in "abc":
        world.spawn(act, name)
    world.run()
    assert order == ["a", "b", "c"]


def test_threading_and_queue_wait_in_virtual_time() -> None:
    world = World()
    log: list[tuple[object, float]] = []

    def main() -> None:
        box: queue.Queue[str] = queue.Queue()
        ready = threading.Event()

        def producer() -> None:
            time.sleep(30)
            box.put("hello")
            time.sleep(30)
            ready.set()

        thread = threading.Thread(target=producer)
        thread.start()
        assert thread.is_alive()
        try:
            box.get(timeout=10)
        except queue.Empty:
            log.append(("empty", world.now_s))
        log.append((box.get(), world.now_s))
        log.append((ready.wait(timeout=5), world.now_s))
        log.append((ready.wait(), world.now_s))
        thread.join()
        log.append((thread.is_alive(), world.now_s))

    world.spawn(main)
    world.run()
    assert log == [("empty", 10), ("hello", 30), (False, 35), (True, 60), (False, 60)]


def test_condition_and_semaphore_and_timer() -> None:
    world = World()
    log: list[tuple[str, float]] = []

    def main() -> None:
        semaphore = threading.Semaphore(1)
        condition = threading.Condition()

        def worker(name: str) -> None:
            with semaphore:
                time.sleep(10)
                log.append((name, world.now_s))

        threads = [threading.Thread(target=worker, args=(name,)) for name in "ab"]
        for thread in threads:
            thread.start()

        def ring() -> None:
            with condition:
                condition.notify_all()

        threading.Timer(15, ring).start()
        with condition:
            condition.wait()
        log.append(("rung", world.now_s))
        for thread in threads:
            thread.join()

    world.spawn(main)
    world.run()
    assert log == [("a", 10), ("rung", 15), ("b", 20)]


def test_a_fiber_that_raises_is_named_with_its_code_and_the_instant() -> None:
    world = World()

    def breaks() -> None:
        time.sleep(2)
        raise KeyError("no such ride")

    world.spawn(breaks, name="dispatcher")
    with pytest.raises(
        FiberError, match=r"'dispatcher' failed at 2026-01-01T00:00:02.*test_fiber.*KeyError"
    ):
        world.run()


def test_a_joined_fibers_error_is_the_joiners() -> None:
    world = World()

    def breaks() -> None:
        time.sleep(1)
        raise ValueError("boom")

    def joins() -> str:
        try:
            wait(world.spawn(breaks).done)
        except ValueError as error:
            return f"caught {error}"
        return "nothing"

    assert world.run(until=world.spawn(joins)) == "caught boom"


def test_an_endless_loop_is_stopped_and_named() -> None:
    world = World(stuck_after_s=0.2)

    def spins() -> None:
        time.sleep(5)
        while True:
            pass

    world.spawn(spins, name="spinner")
    with pytest.raises(
        FiberStuck, match=r"'spinner' failed at 2026-01-01T00:00:05.*without waiting"
    ):
        world.run()


def test_a_deadlock_names_who_waits_and_where() -> None:
    world = World()

    def waits() -> None:
        lock = threading.Lock()
        lock.acquire()
        lock.acquire()

    world.spawn(waits, name="greedy")
    with pytest.raises(Deadlock, match=r"'greedy' waits at .*test_fiber.py:\d+ in waits"):
        world.run()


def test_a_daemon_left_waiting_is_no_deadlock() -> None:
    world = World()
    world.spawn(lambda: threading.Event().wait(), daemon=True)
    world.run()
    assert world.now_s == 0


def test_an_unused_timeout_does_not_keep_the_run_going() -> None:
    world = World()

    def main() -> None:
        event = threading.Event()
        threading.Timer(5, event.set).start()
        event.wait(timeout=10**8)

    world.spawn(main)
    world.run()
    assert world.now_s == 5


def test_a_background_fiber_keeps_no_run_going_but_runs_while_others_do() -> None:
    world = World()
    ticks: list[float] = []

    def sampler() -> None:
        while True:
            sleep(60)
            ticks.append(world.now_s)

    world.spawn(sampler, background=True)
    world.spawn(lambda: sleep(150))
    world.run()
    assert (ticks, world.now_s) == ([60, 120], 150)
    world.run(until=190)
    assert ticks == [60, 120, 180]


def test_interrupt_is_thrown_at_the_present_instant() -> None:
    world = World()
    seen: list[float] = []

    def sleeper() -> None:
        try:
            sleep(100)
        except TimeoutError:
            seen.append(world.now_s)

    fiber = world.spawn(sleeper)

    def killer() -> None:
        sleep(3)
        fiber.interrupt(TimeoutError())

    world.spawn(killer)
    world.run()
    assert seen == [3.0]
    assert world.now_s == 3.0


def test_run_until_moves_the_clock_even_when_nothing_happens() -> None:
    world = World()
    world.run(until=12.5)
    assert world.now_s == 12.5
    with pytest.raises(ValueError, match="past until"):
        world.run(until=3)


def test_pythons_own_time_and_threads_come_back_after_a_run() -> None:
    before = time.sleep, time.monotonic, threading.Lock, threading.Thread.start
    world = World()
    world.spawn(lambda: time.sleep(1))
    world.run()
    assert (time.sleep, time.monotonic, threading.Lock, threading.Thread.start) == before
    assert abs(time.time() - World().clock.unix_s) > 1
