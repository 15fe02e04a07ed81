"""A standard queue over time. Facts: SQS developer guide, the page named at each test."""

from collections.abc import Iterator
from typing import Any

import pytest

from simulator.model.line import Disorder
from simulator.model.queue import (
    BeyondLimit,
    NotInFlight,
    Queue,
    ReceiptUnknown,
    Redrive,
)
from simulator.world import World

DAY_S = 86_400


@pytest.fixture
def world() -> Iterator[World]:
    with World(seed=7) as world:
        yield world


def bodies(found: list[Any]) -> list[str]:
    return [delivery.body for delivery in found]


def counts(queue: Queue) -> tuple[int, int, int]:
    return queue.visible, queue.in_flight, queue.delayed


def test_what_is_sent_first_is_received_first_and_once(world: World) -> None:
    queue = Queue(world, "q")
    for body in "abc":
        queue.send(body)
    assert bodies(queue.take(2)) == ["a", "b"]
    assert bodies(queue.take(10)) == ["c"]
    assert queue.take(10) == []
    assert counts(queue) == (0, 3, 0)


def test_a_message_stands_where_it_stood_when_its_timeout_ends(world: World) -> None:
    queue = Queue(world, "q", visibility_timeout_s=30)
    for body in "abc":
        queue.send(body)
    queue.take(2)
    world.run(until=29.999999)
    assert counts(queue) == (1, 2, 0)
    world.run(until=30)
    assert bodies(queue.take(10)) == ["a", "b", "c"]


def test_counts_follow_every_move(world: World) -> None:
    queue = Queue(world, "q")
    queue.send("late", delay_s=10)
    queue.send("now")
    assert counts(queue) == (1, 0, 1)
    found = queue.take()
    assert counts(queue) == (0, 1, 1)
    queue.delete(found[0].receipt)
    assert counts(queue) == (0, 0, 1)
    world.run(until=10)
    assert counts(queue) == (1, 0, 0)
    assert len(queue) == 1


def test_an_old_receipt_deletes_a_standard_queues_message(world: World) -> None:
    queue = Queue(world, "q", visibility_timeout_s=1)
    queue.send("a")
    old = queue.take()[0]
    world.run(until=2)
    queue.take()
    assert queue.delete(old.receipt)
    assert len(queue) == 0
    assert not queue.delete(old.receipt)


def test_visibility_can_be_renewed_after_its_end_but_not_beyond_twelve_hours(world: World) -> None:
    """ "Amazon SQS visibility timeout": 12 hours from the receive, in all."""
    queue = Queue(world, "q", visibility_timeout_s=10)
    queue.send("a")
    held = queue.take()[0]
    queue.change_visibility(held.receipt, 43_200)
    world.run(until=100)
    with pytest.raises(BeyondLimit):
        queue.change_visibility(held.receipt, 43_101)
    queue.change_visibility(held.receipt, 43_100)
    assert queue.take() == []
    world.run(until=43_200)
    assert queue.visible == 1
    queue.change_visibility(held.receipt, 5)
    assert queue.take() == []
    world.run(until=43_205)
    assert bodies(queue.take()) == ["a"]


def test_visibility_of_what_is_not_there_cannot_change(world: World) -> None:
    queue = Queue(world, "q")
    message = queue.send("a")
    with pytest.raises(NotInFlight):
        queue.change_visibility((message.serial, 0), 5)
    held = queue.take()[0]
    queue.delete(held.receipt)
    with pytest.raises(ReceiptUnknown):
        queue.change_visibility(held.receipt, 5)


def test_retention_ends_a_message_whatever_its_state(world: World) -> None:
    queue = Queue(world, "q", retention_s=60, visibility_timeout_s=1_000)
    for body in "ab":
        queue.send(body)
    queue.take()
    queue.send("late", delay_s=59)
    world.run(until=30)
    queue.send("young")
    world.run(until=60)
    assert [message.body for message in queue] == ["young"]
    assert counts(queue) == (1, 0, 0)
    assert queue.oldest_age_s == 30


def test_a_message_received_too_often_moves_with_its_id_and_age(world: World) -> None:
    """ "Using dead-letter queues in Amazon SQS": moved by the receive that would exceed the count;
    a standard queue's message keeps its enqueue time."""
    dead = Queue(world, "dead", arn="arn:dead", retention_s=100)
    queue = Queue(world, "q", arn="arn:q", visibility_timeout_s=10)
    queue.redrive = Redrive(lambda: dead, 2)
    sent = queue.send("poison")
    queue.send("good")
    queue.take()
    world.run(until=10)
    queue.take()
    world.run(until=20)
    assert len(dead) == 0
    assert bodies(queue.take()) == ["good"]
    (moved,) = dead
    assert (moved.id, moved.sent_s, moved.source_arn) == (sent.id, 0, "arn:q")
    assert dead.take()[0].receive_count == 3
    assert dead.oldest_age_s == 20
    world.run(until=100)
    assert len(dead) == 0


def test_a_message_stays_where_its_dead_letter_queue_is_gone(world: World) -> None:
    queue = Queue(world, "q", visibility_timeout_s=0)
    queue.redrive = Redrive(lambda: None, 1)
    queue.send("a")
    assert [queue.take()[0].receive_count for _ in range(3)] == [1, 2, 3]


def test_no_more_than_the_limit_are_in_flight(world: World) -> None:
    queue = Queue(world, "q")
    assert queue.in_flight_limit == 120_000
    queue.in_flight_limit = 2
    for body in "abc":
        queue.send(body)
    held = queue.take(10)
    assert (bodies(held), queue.full, queue.take()) == (["a", "b"], True, [])
    queue.delete(held[0].receipt)
    assert bodies(queue.take(10)) == ["c"]


def test_purging_leaves_nothing_behind(world: World) -> None:
    queue = Queue(world, "q", visibility_timeout_s=5)
    queue.send("a")
    queue.send("late", delay_s=5)
    queue.take()
    queue.purge()
    world.run(until=100)
    assert counts(queue) == (0, 0, 0)
    queue.send("b")
    assert bodies(queue.take(10)) == ["b"]


def test_disorder_is_seeded_and_off_unless_asked_for() -> None:
    def run(seed: int, disorder: Disorder | None) -> list[str]:
        with World(seed=seed) as world:
            queue = Queue(world, "q")
            queue.disorder = disorder
            for number in range(50):
                queue.send(str(number))
            got = []
            while found := queue.take():
                got.append(found[0].body)
            return got

    in_order = [str(number) for number in range(50)]
    assert run(1, None) == in_order
    shuffled = run(1, Disorder(reorder=0.5))
    assert shuffled != in_order
    assert sorted(shuffled, key=int) == in_order
    assert shuffled == run(1, Disorder(reorder=0.5)) != run(2, Disorder(reorder=0.5))
    twice = run(1, Disorder(duplicate=0.3))
    assert len(twice) > 50
    assert set(twice) == set(in_order)


def test_thousands_of_changes_leave_nothing_behind(world: World) -> None:
    queue = Queue(world, "q")
    queue.send("a")
    held = queue.take()[0]
    for _ in range(5_000):
        queue.change_visibility(held.receipt, 30)
    assert len(queue._due) < 2_000
    for _ in range(5_000):
        queue.send("b")
        queue.delete(queue.take()[0].receipt)
    assert len(queue._by_age) < 2_000


def test_facts_are_told_only_where_asked(world: World) -> None:
    queue = Queue(world, "q")
    queue.delete(queue.send("quiet") and queue.take()[0].receipt)
    assert world.journal.facts == []
    queue.journaled = True
    queue.delete(queue.send("loud", delay_s=0) and queue.take()[0].receipt)
    assert [fact.what for fact in world.journal.facts] == [
        "sqs.sent",
        "sqs.received",
        "sqs.deleted",
    ]


def test_metrics_are_as_aws_names_them(world: World) -> None:
    """ "Available CloudWatch metrics for Amazon SQS"."""
    queue = Queue(world, "q", arn="arn:aws:sqs:us-east-1:123456789012:q")
    queue.send("a")
    queue.send("b")
    queue.delete(queue.take()[0].receipt)
    world.run(until=120)
    seen = {
        metric.identity.name: metric for metric in world.metrics.all_of("123456789012", "us-east-1")
    }
    assert {
        "NumberOfMessagesSent",
        "NumberOfMessagesReceived",
        "NumberOfMessagesDeleted",
        "ApproximateNumberOfMessagesVisible",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesDelayed",
        "ApproximateAgeOfOldestMessage",
    } <= seen.keys()
