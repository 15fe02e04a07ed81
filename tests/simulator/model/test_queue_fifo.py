"""A FIFO queue over time. Facts: SQS developer guide, "Amazon SQS FIFO queues" and its parts."""

from collections.abc import Iterator

import pytest

from simulator.model.queue import Queue, ReceiptExpired, Redrive
from simulator.world import World


@pytest.fixture
def queue() -> Iterator[Queue]:
    with World(seed=7) as world:
        yield Queue(world, "q.fifo", arn="arn:q", fifo=True)


def send(queue: Queue, *texts: str) -> None:
    """Each text is group-message, as in a-1."""
    for text in texts:
        queue.send(text, group_id=text[0], dedup_id=text)


def bodies(queue: Queue, count: int = 10, timeout_s: float | None = None) -> list[str]:
    return [delivery.body for delivery in queue.take(count, timeout_s)]


def test_a_receive_takes_as_much_of_one_group_as_it_can(queue: Queue) -> None:
    send(queue, "a-1", "b-1", "a-2", "a-3")
    assert bodies(queue) == ["a-1", "a-2", "a-3", "b-1"]


def test_a_group_is_locked_while_a_message_is_in_flight(queue: Queue) -> None:
    send(queue, "a-1", "a-2", "b-1")
    held = queue.take(1)
    assert queue.locked_groups == 1
    assert bodies(queue, 1) == ["b-1"]
    assert bodies(queue) == []
    assert queue.visible == 1
    queue.delete(held[0].receipt)
    assert bodies(queue) == ["a-2"]


def test_a_partly_deleted_group_stays_locked(queue: Queue) -> None:
    send(queue, "a-1", "a-2", "a-3", "b-1")
    held = queue.take(2)
    queue.delete(held[0].receipt)
    assert bodies(queue) == ["b-1"]
    queue.delete(held[1].receipt)
    assert bodies(queue) == ["a-3"]


def test_order_holds_after_a_timeout(queue: Queue) -> None:
    send(queue, "a-1", "a-2", "a-3")
    assert bodies(queue, 2, 10) == ["a-1", "a-2"]
    queue._world.run(until=10)
    assert bodies(queue) == ["a-1", "a-2", "a-3"]


def test_a_message_made_visible_again_comes_back_alone(queue: Queue) -> None:
    """Recorded on AWS: the rest of its group that is in flight does not hold it back."""
    send(queue, "a-1", "a-2", "a-3", "b-1")
    held = queue.take(2)
    queue.change_visibility(held[0].receipt, 0)
    assert bodies(queue) == ["b-1", "a-1"]


def test_groups_take_turns_after_a_zero_timeout(queue: Queue) -> None:
    send(queue, "a-1", "b-1", "b-2", "c-1", "a-2")
    assert bodies(queue, 3, 0) == ["a-1", "a-2", "b-1"]
    assert bodies(queue, 10, 0) == ["c-1", "a-1", "a-2", "b-1", "b-2"]


def test_a_duplicate_is_swallowed_for_five_minutes_even_after_delete(queue: Queue) -> None:
    first = queue.send("a", group_id="g", dedup_id="d")
    queue.delete(queue.take()[0].receipt)
    again = queue.send("other body, other group", group_id="h", dedup_id="d")
    assert again is first
    assert len(queue) == 0
    queue._world.run(until=299.9)
    assert queue.send("b", group_id="g", dedup_id="d") is first
    queue._world.run(until=300)
    assert queue.send("c", group_id="g", dedup_id="d") is not first


def test_deduplication_by_group_keeps_groups_apart(queue: Queue) -> None:
    queue.dedup_by_group = True
    queue.send("a", group_id="g", dedup_id="d")
    queue.send("b", group_id="h", dedup_id="d")
    queue.send("c", group_id="g", dedup_id="d")
    assert sorted(bodies(queue)) == ["a", "b"]


def test_purging_forgets_deduplication(queue: Queue) -> None:
    queue.send("a", group_id="g", dedup_id="d")
    queue.purge()
    queue.send("b", group_id="g", dedup_id="d")
    assert bodies(queue) == ["b"]


def test_sequence_numbers_have_twenty_digits_and_rise(queue: Queue) -> None:
    send(queue, "a-1", "b-1", "a-2")
    numbers = [str(message.sequence_number) for message in queue]
    assert [len(number) for number in numbers] == [20, 20, 20]
    assert numbers == sorted(set(numbers))


def test_a_receipt_ends_with_its_visibility_timeout(queue: Queue) -> None:
    send(queue, "a-1")
    held = queue.take(1, 5)[0]
    queue._world.run(until=5)
    with pytest.raises(ReceiptExpired):
        queue.delete(held.receipt)
    with pytest.raises(ReceiptExpired):
        queue.change_visibility(held.receipt, 10)
    newer = queue.take()[0]
    with pytest.raises(ReceiptExpired):
        queue.delete(held.receipt)
    assert queue.delete(newer.receipt)


def test_a_receive_attempt_repeated_brings_the_same_and_renews_its_timeout(queue: Queue) -> None:
    send(queue, "a-1", "a-2")
    first = queue.take(1, 30, attempt_id="try")
    queue._world.run(until=20)
    again = queue.take(1, 30, attempt_id="try")
    assert [delivery.receipt for delivery in again] == [delivery.receipt for delivery in first]
    queue._world.run(until=45)
    assert queue.in_flight == 1
    queue.change_visibility(first[0].receipt, 30)
    assert queue.take(1, 30, attempt_id="try") == []


def test_the_dead_letter_queue_counts_age_from_the_move(queue: Queue) -> None:
    """ "Using dead-letter queues in Amazon SQS": FIFO resets the enqueue time."""
    dead = Queue(queue._world, "dead.fifo", fifo=True)
    queue.redrive = Redrive(lambda: dead, 1)
    send(queue, "a-1", "a-2")
    queue.take(1, 10)
    queue._world.run(until=10)
    assert bodies(queue) == ["a-2"]
    (moved,) = dead
    assert (moved.body, moved.sent_s, moved.group_id) == ("a-1", 10, "a")


def test_what_is_delayed_keeps_its_order(queue: Queue) -> None:
    queue.delay_s = 5
    send(queue, "a-1", "a-2")
    assert bodies(queue) == []
    queue._world.run(until=5)
    assert bodies(queue) == ["a-1", "a-2"]


def test_groups_without_messages_are_forgotten(queue: Queue) -> None:
    for number in range(100):
        queue.send("x", group_id=f"g{number}", dedup_id=f"d{number}")
    for delivery in queue.take(100):
        queue.delete(delivery.receipt)
    assert not queue._line._groups  # type: ignore[union-attr]
