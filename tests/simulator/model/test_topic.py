"""A topic's deliveries over time: retried, kept in order, buried, never in each other's way."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from simulator.model.redelivery import AWS_MANAGED, DeliveryPolicy
from simulator.model.topic import Courier, Delivery, Order, Pace, Undeliverable, Unreachable
from simulator.world import World


@pytest.fixture
def world() -> Iterator[World]:
    with World(seed=7) as world:
        yield world


def failing(times: int, got: list[float], world: World, error: type[Exception]) -> Any:
    tries = iter(range(10**9))

    def send() -> None:
        if next(tries) < times:
            raise error("no")
        got.append(world.now_s)

    return send


def delivery(send: Callable[[], None], **options: Any) -> Delivery:
    return Delivery(
        **{
            "topic": "t",
            "protocol": "sqs",
            "endpoint": "q",
            "message_id": "m",
            "policy": DeliveryPolicy(min_delay_retries=3, min_delay_s=10.0),
            "send": send,
            **options,
        }
    )


def told(world: World) -> list[tuple[float, str]]:
    return [(fact.at, fact.what) for fact in world.journal.facts]


def test_a_delivery_that_fails_is_tried_again(world: World) -> None:
    got: list[float] = []
    Courier(world).take(delivery(failing(2, got, world, Unreachable)))
    world.run()
    assert got == [20]
    assert told(world) == [(0, "sns.retried"), (10, "sns.retried"), (20, "sns.delivered")]


def test_a_refusal_is_final_and_what_is_left_is_buried(world: World) -> None:
    buried: list[str] = []

    def bury() -> str:
        buried.append("m")
        return "dead"

    Courier(world).take(delivery(failing(1, [], world, Undeliverable), bury=bury))
    world.run()
    assert buried == ["m"]
    assert told(world) == [(0, "sns.failed"), (0, "sns.redriven")]


def test_a_policy_comes_to_its_end(world: World) -> None:
    Courier(world).take(delivery(failing(10**9, [], world, Unreachable)))
    world.run()
    assert told(world)[-1] == (30, "sns.failed")


def test_a_dead_letter_queue_that_is_gone_loses_the_message(world: World) -> None:
    def bury() -> str:
        raise Undeliverable("no such queue")

    Courier(world).take(delivery(failing(1, [], world, Undeliverable), bury=bury))
    world.run()
    assert [what for _, what in told(world)] == ["sns.failed", "sns.lost"]


def test_23_days_of_retries_end_as_they_should(world: World) -> None:
    courier, tries = Courier(world), []

    def send() -> None:
        tries.append(world.now_s)
        raise Unreachable("down")

    courier.take(delivery(send, policy=AWS_MANAGED))
    world.run()
    assert len(tries) == 1 + 100_015
    assert world.now_s == pytest.approx(sum(AWS_MANAGED.delays_s()), abs=0.1)
    retries = [fact for fact in world.journal.facts if fact.what == "sns.retried"]
    assert len(retries) == 120, "weeks of equal retries are told now and then"


def test_one_slow_subscriber_holds_up_no_other(world: World) -> None:
    courier, got = Courier(world), []
    courier.take(delivery(failing(3, got, world, Unreachable)))
    courier.take(delivery(failing(0, got, world, Unreachable)))
    world.run()
    assert got == [0, 30]


def test_a_line_keeps_its_order_through_retries(world: World) -> None:
    courier = Courier(world)
    got: list[tuple[str, float]] = []

    def sender(name: str, failures: int) -> Callable[[], None]:
        tries = iter(range(100))

        def send() -> None:
            if next(tries) < failures:
                raise Unreachable("not yet")
            got.append((name, world.now_s))

        return send

    courier.take(delivery(sender("first", 2), line="group"))
    courier.take(delivery(sender("second", 0), line="group"))
    courier.take(delivery(sender("other", 0), line="another group"))
    world.run()
    courier.take(delivery(sender("later", 0), line="group"))
    world.run()
    assert got == [("other", 0), ("first", 20), ("second", 20), ("later", 20)]


def test_a_throttled_subscriber_is_called_at_its_pace(world: World) -> None:
    courier, got, pace = Courier(world), [], Pace()
    for _ in range(3):
        courier.take(
            delivery(
                failing(0, got, world, Unreachable),
                policy=DeliveryPolicy(most_receives_per_s=2),
                pace=pace,
            )
        )
    world.run()
    assert got == [0, 0.5, 1]


def test_a_fifo_topic_remembers_for_five_minutes(world: World) -> None:
    order = Order(world)
    first = order.take("id", "m1")
    assert order.duplicate("id") == first
    world.run(until=299.9)
    assert order.duplicate("id") == first
    world.run(until=300)
    assert order.duplicate("id") is None
    second = order.take("id", "m2")
    assert first.sequence is not None and second.sequence is not None
    assert (len(first.sequence), int(second.sequence) - int(first.sequence)) == (20, 1)
