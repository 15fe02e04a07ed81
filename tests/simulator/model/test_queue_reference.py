"""The indexed queue against a plain list that is searched, through thousands of random acts."""

from random import Random
from typing import Any

import pytest

from simulator.model.queue import Queue, ReceiptUnknown, Redrive
from simulator.world import World

VISIBILITY_S, RETENTION_S, RECEIVES = 7.0, 60.0, 3


class Plain:
    """What a standard queue does, by search."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.messages: list[dict[str, Any]] = []
        self.dead: list[str] = []

    def look(self) -> None:
        self.messages = [m for m in self.messages if m["sent_s"] + RETENTION_S > self.now_s]

    def send(self, body: str, delay_s: float) -> None:
        self.messages.append(
            {"body": body, "sent_s": self.now_s, "from_s": self.now_s + delay_s, "count": 0}
        )

    def take(self, most: int) -> list[tuple[str, int]]:
        self.look()
        found = []
        for message in list(self.messages):
            if len(found) == most or message["from_s"] > self.now_s:
                continue
            if message["count"] >= RECEIVES:
                self.dead.append(message["body"])
                self.messages.remove(message)
                continue
            message["count"] += 1
            message["from_s"] = self.now_s + VISIBILITY_S
            found.append((message["body"], message["count"]))
        return found

    def find(self, body: str) -> dict[str, Any] | None:
        self.look()
        return next((m for m in self.messages if m["body"] == body), None)

    def counts(self) -> tuple[int, int, int]:
        self.look()
        visible = sum(m["from_s"] <= self.now_s for m in self.messages)
        delayed = sum(m["from_s"] > self.now_s and not m["count"] for m in self.messages)
        return visible, len(self.messages) - visible - delayed, delayed


@pytest.mark.parametrize("seed", range(12))
def test_an_indexed_queue_does_what_a_searched_list_does(seed: int) -> None:
    chance = Random(seed)
    with World(seed=seed) as world:
        dead = Queue(world, "dead")
        queue = Queue(world, "q", visibility_timeout_s=VISIBILITY_S, retention_s=RETENTION_S)
        queue.redrive = Redrive(lambda: dead, RECEIVES)
        plain = Plain()
        held: list[Any] = []
        for number in range(400):
            act = chance.choices(("send", "take", "delete", "change", "wait"), (5, 4, 3, 2, 3))[0]
            if act == "send":
                delay_s = chance.choice((0.0, 0.0, 0.0, 1.0, 5.0))
                queue.send(str(number), delay_s=delay_s)
                plain.send(str(number), delay_s)
            elif act == "take":
                most = chance.randint(1, 4)
                found = queue.take(most)
                assert [(d.body, d.receive_count) for d in found] == plain.take(most)
                held.extend(found)
            elif act == "delete" and held:
                delivery = held.pop(chance.randrange(len(held)))
                expected = plain.find(delivery.body)
                assert queue.delete(delivery.receipt) == (expected is not None)
                if expected is not None:
                    plain.messages.remove(expected)
            elif act == "change" and held:
                delivery, timeout_s = chance.choice(held), chance.choice((0, 3, 20))
                expected = plain.find(delivery.body)
                if expected is None:
                    with pytest.raises(ReceiptUnknown):
                        queue.change_visibility(delivery.receipt, timeout_s)
                else:
                    queue.change_visibility(delivery.receipt, timeout_s)
                    expected["from_s"] = plain.now_s + timeout_s
            elif act == "wait":
                plain.now_s += chance.choice((0.5, 2.0, 7.0))
                world.run(until=plain.now_s)
            assert (queue.visible, queue.in_flight, queue.delayed) == plain.counts()
        assert [message.body for message in dead] == plain.dead != []
