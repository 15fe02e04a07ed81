"""Who reads a queue for a function: batches, windows, and how many run at once.

Source: Lambda Developer Guide, "Configuring scaling behavior for SQS event source mappings" and
"Using Lambda with Amazon SQS".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simpy.events import Event

from simulator.kernel.fiber import Fiber, Interrupted, current_fiber, wait_until
from simulator.model.consumer import Scaling
from simulator.model.message import Delivery

if TYPE_CHECKING:
    from simulator.world import World

POLL_S = 20.0
MOST_A_RECEIVE = 10
MOST_BATCH_BYTES = 6_291_456
_SCALING_PERIOD_S = 60.0

Receive = Callable[[int, float], list[Delivery]]


@dataclass(frozen=True)
class Reading:
    """How a queue is read now: `most` is the mapping's own maximum concurrency, if it has one."""

    batch: int = 10
    window_s: float = 0.0
    most: int | None = None
    enabled: bool = True


class Poller:
    """Reads batches and hands each to a fiber of its own, as many at once as Lambda would.

    `receive(most, wait_s)` takes messages, `sift` says which of them are for the function, `size`
    how many bytes one takes in its event, and `handle` serves a batch.
    """

    def __init__(
        self,
        world: World,
        name: str,
        reading: Callable[[], Reading],
        receive: Receive,
        sift: Callable[[list[Delivery]], list[Delivery]],
        size: Callable[[Delivery], int],
        handle: Callable[[list[Delivery]], None],
        scaling: Scaling | None = None,
    ) -> None:
        self._world, self._name = world, name
        self._reading, self._receive, self._sift = reading, receive, sift
        self._size, self._handle = size, handle
        self._scaling = scaling or Scaling()
        self._limit, self._raised_s = self._scaling.start, 0.0
        self._busy, self._idle, self._over = 0, True, False
        self._left: list[Delivery] = []
        self._changed, self._free = Event(world.env), Event(world.env)
        self._fiber: Fiber | None = None
        self._looking = False

    def start(self) -> None:
        """Begin to read."""
        self._fiber = self._world.spawn(
            self._run, name=f"poller of {self._name}", actor="lambda", background=True
        )

    def change(self) -> None:
        """Take note of other settings."""
        before, self._changed = self._changed, Event(self._world.env)
        before.succeed()
        if self._looking and self._fiber is not None:
            self._fiber.interrupt()

    def stop(self) -> None:
        """Read no more; batches that are under way are served."""
        self._over = True
        self.change()

    def _run(self) -> None:
        fiber = current_fiber()
        assert fiber is not None
        while not self._over:
            reading = self._reading()
            if not reading.enabled:
                wait_until(self._changed, None)
            elif self._busy >= self._room(reading):
                self._wait_for_room(reading)
            elif batch := self._collect(fiber, reading):
                self._busy += 1
                self._world.spawn(self._serve, batch, name=f"batch of {self._name}")

    def _serve(self, batch: list[Delivery]) -> None:
        try:
            self._handle(batch)
        finally:
            self._busy -= 1
            before, self._free = self._free, Event(self._world.env)
            before.succeed()

    def _room(self, reading: Reading) -> int:
        return self._limit if reading.most is None else min(self._limit, reading.most)

    def _wait_for_room(self, reading: Reading) -> None:
        """Until a batch is done; after a minute at the limit there is room for more."""
        scaling, now_s = self._scaling, self._world.now_s
        if self._limit >= (reading.most or scaling.most):
            wait_until(self._free, None)
        elif wait_until(self._free, max(0.0, self._raised_s + _SCALING_PERIOD_S - now_s)):
            return
        else:
            self._limit = min(self._limit + scaling.more_per_minute, scaling.most)
            self._raised_s = self._world.now_s

    def _collect(self, fiber: Fiber, reading: Reading) -> list[Delivery]:
        found, self._left = self._left, []
        if not found:
            found = self._look(min(MOST_A_RECEIVE, reading.batch), POLL_S)
            if not found:
                if not self._busy:
                    self._limit, self._idle = self._scaling.start, True
                return []
        if self._idle:
            self._raised_s, self._idle = self._world.now_s, False
        fiber.background = False
        try:
            return self._fill(found, reading)
        finally:
            fiber.background = True

    def _fill(self, found: list[Delivery], reading: Reading) -> list[Delivery]:
        """More of them, until the batch is full or its window has passed."""
        until_s = self._world.now_s + reading.window_s
        batch = self._sift(found)
        size = sum(map(self._size, batch))
        while len(batch) < reading.batch and size < MOST_BATCH_BYTES:
            most = min(MOST_A_RECEIVE, reading.batch - len(batch))
            wait_s = max(0.0, until_s - self._world.now_s)
            more = self._receive(most, wait_s)
            if not more:
                break
            for delivery in self._sift(more):
                size += self._size(delivery)
                (batch if size <= MOST_BATCH_BYTES else self._left).append(delivery)
        return batch

    def _look(self, most: int, wait_s: float) -> list[Delivery]:
        self._looking = True
        try:
            return self._receive(most, wait_s)
        except Interrupted:
            return []
        finally:
            self._looking = False
