"""Consumers that wait at a queue, as SimPy processes of a population."""

from collections.abc import Generator, Iterator
from typing import Any

import pytest

from simulator.model.queue import Queue
from simulator.world import World


@pytest.fixture
def world() -> Iterator[World]:
    with World(seed=7) as world:
        yield world


def test_a_consumer_gets_a_message_at_the_instant_it_is_sent(world: World) -> None:
    queue = Queue(world, "q")
    got: list[tuple[float, str]] = []

    def consumer() -> Generator[Any, Any, None]:
        found = yield from queue.receive(wait_s=20)
        got.extend((world.env.now, delivery.body) for delivery in found)
        queue.delete(found[0].receipt)

    def producer() -> Generator[Any, Any, None]:
        yield world.env.timeout(12.5)
        queue.send("hello")

    world.env.process(consumer())
    world.env.process(producer())
    world.run()
    assert (got, len(queue), world.now_s) == ([(12.5, "hello")], 0, 12.5)


@pytest.mark.parametrize("wait_s", [0, 7.25])
def test_an_empty_receive_takes_its_wait(world: World, wait_s: float) -> None:
    queue = Queue(world, "q")
    ended: list[tuple[float, list[Any]]] = []

    def consumer() -> Generator[Any, Any, None]:
        found = yield from queue.receive(wait_s=wait_s)
        ended.append((world.env.now, found))

    world.env.process(consumer())
    world.run()
    assert ended == [(wait_s, [])]


def test_consumers_are_served_in_the_order_they_came(world: World) -> None:
    queue = Queue(world, "q")
    served: list[tuple[str, str]] = []

    def consumer(name: str) -> Generator[Any, Any, None]:
        while True:
            found = yield from queue.receive(wait_s=None)
            served.extend((name, delivery.body) for delivery in found)
            queue.delete(found[0].receipt)

    for name in "xyz":
        world.env.process(consumer(name))

    def producer() -> Generator[Any, Any, None]:
        for body in "abcd":
            yield world.env.timeout(1)
            queue.send(body)

    world.env.process(producer())
    world.run()
    assert served == [("x", "a"), ("y", "b"), ("z", "c"), ("x", "d")]


def test_who_was_woken_for_nothing_keeps_its_place(world: World) -> None:
    queue = Queue(world, "q")
    served: list[tuple[float, str, int]] = []

    def consumer(name: str) -> Generator[Any, Any, None]:
        found = yield from queue.receive(max_messages=10, wait_s=None)
        served.append((world.env.now, name, len(found)))

    for name in "xyz":
        world.env.process(consumer(name))

    def producer() -> Generator[Any, Any, None]:
        yield world.env.timeout(1)
        for body in "abc":  # wakes all three; the first takes all
            queue.send(body)
        yield world.env.timeout(1)
        queue.send("d")

    world.env.process(producer())
    world.run(until=10)
    assert served == [(1, "x", 3), (2, "y", 1)]


def test_a_message_that_falls_due_ends_a_wait(world: World) -> None:
    queue = Queue(world, "q", visibility_timeout_s=5)
    queue.send("again")
    queue.take()
    queue.send("late", delay_s=8)
    got: list[tuple[float, str]] = []

    def consumer() -> Generator[Any, Any, None]:
        for _ in range(2):
            found = yield from queue.receive(wait_s=20)
            got.append((world.env.now, found[0].body))
            queue.delete(found[0].receipt)

    world.env.process(consumer())
    world.run()
    assert got == [(5, "again"), (8, "late")]


def test_a_message_delayed_while_somebody_waits_ends_the_wait(world: World) -> None:
    queue = Queue(world, "q")
    got: list[tuple[float, str]] = []

    def consumer() -> Generator[Any, Any, None]:
        found = yield from queue.receive(wait_s=None)
        got.append((world.env.now, found[0].body))

    def producer() -> Generator[Any, Any, None]:
        yield world.env.timeout(1)
        queue.send("latest", delay_s=9)
        queue.send("late", delay_s=4)

    world.env.process(consumer())
    world.env.process(producer())
    world.run()
    assert got == [(5, "late")]


def test_a_wait_that_has_ended_keeps_no_run_going(world: World) -> None:
    queue = Queue(world, "q")

    def consumer() -> Generator[Any, Any, None]:
        yield from queue.receive(wait_s=1_000)

    world.env.process(consumer())
    world.run(until=3)
    queue.send("hello")
    world.run()
    assert world.now_s == 3


def test_a_background_consumer_keeps_no_run_going_at_all(world: World) -> None:
    queue = Queue(world, "q")
    queue.send("late", delay_s=50)

    def poller() -> Generator[Any, Any, None]:
        while True:
            yield from queue.receive(wait_s=20, background=True)

    world.env.process(poller())
    world.run()
    assert world.now_s == 0
    world.run(until=60)
    assert queue.in_flight == 1


def test_room_in_flight_wakes_who_waits(world: World) -> None:
    queue = Queue(world, "q")
    queue.in_flight_limit = 1
    for body in "ab":
        queue.send(body)
    held = queue.take()[0]
    got: list[tuple[float, str]] = []

    def consumer() -> Generator[Any, Any, None]:
        found = yield from queue.receive(wait_s=20)
        got.append((world.env.now, found[0].body))

    def holder() -> Generator[Any, Any, None]:
        yield world.env.timeout(4)
        queue.delete(held.receipt)

    world.env.process(consumer())
    world.env.process(holder())
    world.run()
    assert got == [(4, "b")]


def test_ten_thousand_waits_leave_no_timers_behind(world: World) -> None:
    queue = Queue(world, "q")

    def consumer() -> Generator[Any, Any, None]:
        for _ in range(2_000):
            found = yield from queue.receive(wait_s=20)
            queue.delete(found[0].receipt)

    def producer() -> Generator[Any, Any, None]:
        for _ in range(2_000):
            yield world.env.timeout(0.001)
            queue.send("x")

    world.env.process(consumer())
    world.env.process(producer())
    world.run()
    assert len(world.env._queue) < 20
    assert len(queue._waiters._deadlines) < 20
