"""Queues: what a message costs with very many waiting, against the same in an empty queue."""

from __future__ import annotations

import gc
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks import ROUNDS, Ratio
from simulator.model.queue import Queue
from simulator.world import World

WAITING = (1_000, 100_000, 1_000_000)
TURNS = 20_000
MEASURED = 20_000
BODY_BYTES = 1_024
LIMIT_BYTES = 2_560.0


@dataclass(frozen=True)
class Memory(Ratio):
    """Bytes that a waiting message takes, against the most it may take."""

    def line(self) -> str:
        """The comparison as one line of a table."""
        return (
            f"{self.what:<36} {self.ours_per_s:>10,.0f} B    {self.peer:<30} "
            f"{self.peer_per_s:>10,.0f} B    {self.ours_per_s / self.peer_per_s:5.2f}x"
        )


def by_processor_time(
    what: str, ours: Callable[[], int], peer_name: str, peer: Callable[[], int]
) -> Ratio:
    """Both sides in turn, each one's best round, in processor time: one process does it all."""
    best = {ours: 0.0, peer: 0.0}
    for _ in range(ROUNDS):
        for side in best:
            began_s = time.process_time()
            done = side()
            best[side] = max(best[side], done / (time.process_time() - began_s))
    return Ratio(what, best[ours], peer_name, best[peer])


def queue_with(waiting: int) -> Queue:
    """A standard queue with so many messages of 1 KB."""
    queue = Queue(World(seed=1), "q")
    body = "x" * BODY_BYTES
    for _ in range(waiting):
        queue.send(body)
    return queue


def turns(queue: Queue) -> int:
    """Send one, receive one, delete it; so often."""
    body = "y" * BODY_BYTES
    for _ in range(TURNS):
        queue.send(body)
        queue.delete(queue.take()[0].receipt)
    return TURNS


def through(messages: int) -> int:
    """A producer and a consumer, each a SimPy process, and so many messages between them."""
    world = World(seed=1)
    queue = Queue(world, "q")

    def produce() -> Iterator[Any]:
        for _ in range(messages):
            queue.send("x")
            yield world.env.timeout(0.001)

    def consume() -> Iterator[Any]:
        for _ in range(messages):
            found = yield from queue.receive()
            queue.delete(found[0].receipt)

    world.env.process(produce())
    world.env.process(consume())
    world.run()
    return messages


def bytes_per_message() -> float:
    """What one waiting message of 1 KB takes, its body included."""
    gc.collect()
    tracemalloc.start()
    queue, before = Queue(World(seed=1), "q"), tracemalloc.get_traced_memory()[0]
    for number in range(MEASURED):
        queue.send(f"{number:06d}" + "x" * (BODY_BYTES - 6))
    taken = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return taken / MEASURED


def compare() -> Iterator[Ratio]:
    """One line for each crowd, one for a population's queue, one for memory."""
    empty = queue_with(0)
    for waiting in WAITING:
        crowded = queue_with(waiting)
        gc.collect()
        gc.freeze()  # the collector's walk over a million messages is not the queue's cost
        yield by_processor_time(
            f"send+receive+delete, {waiting:,} waiting",
            lambda crowded=crowded: turns(crowded),  # type: ignore[misc]
            "the same, none waiting",
            lambda: turns(empty),
        )
        gc.unfreeze()
        del crowded
    yield by_processor_time(
        "a message between SimPy processes",
        lambda: through(TURNS),
        "send+receive+delete by hand",
        lambda: turns(empty),
    )
    yield Memory(
        "memory of a waiting 1 KB message", bytes_per_message(), "the most it may take", LIMIT_BYTES
    )
