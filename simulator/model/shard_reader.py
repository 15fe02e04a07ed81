"""Who reads a shard of a stream for a function: in order, again on errors, never past a failure.

Source: Lambda Developer Guide, "How Lambda processes records from stream and queue-based event
sources", "Configuring batching behavior with DynamoDB and Kinesis" and "Retain discarded batch
records".
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Literal
from zlib import crc32

from simpy.events import Event

from simulator.kernel.fiber import current_fiber, sleep, wait_until

if TYPE_CHECKING:
    from simulator.world import World

POLLS_S = {"kinesis": 1.0, "dynamodb": 0.25}
"""How often Lambda looks at a shard that had nothing ("Using Lambda to process records from Amazon
Kinesis Data Streams", "Using AWS Lambda with Amazon DynamoDB")."""

MOST_BATCH_BYTES = 6_291_456
_FIRST_BACKOFF_S, _LONGEST_BACKOFF_S = 1.0, 60.0  # AWS says that it backs off, not how far

_FINAL_RETRIES = 10  # of a window's last invocation

Reason = Literal["RetryAttemptsExhausted", "RecordAgeExceeded"]


@dataclass(frozen=True)
class Record:
    """One record of a shard: what a batch holds. `arrived_s` is in unix seconds."""

    sequence: str
    key: Hashable
    arrived_s: float
    size: int
    value: object


@dataclass(frozen=True)
class Terms:
    """How a shard is read now."""

    batch: int = 100
    window_s: float = 0.0
    lanes: int = 1
    bisect: bool = False
    retries: float = inf
    age_s: float = inf
    enabled: bool = True
    tumbling_s: float = 0.0


@dataclass
class Window:
    """A tumbling window, in unix seconds, and what the function keeps in it from batch to batch.

    `final` while its last invocation runs, which has no records.
    """

    start_s: float
    end_s: float
    state: object = None
    final: bool = False


@dataclass(frozen=True)
class Verdict:
    """What the function made of a batch: done, or failed from `at` on (0: as a whole).

    `throttled` says that it never ran.
    """

    done: bool
    at: int = 0
    throttled: bool = False


class ShardReader:
    """Reads one shard from where it stands, and hands batches to `serve`, one a lane at a time.

    `read(most)` gives the records after those it gave before; `drop(batch, reason, attempts)` is
    told of records that are given up. A lane takes all the records of a partition key in order.
    """

    def __init__(
        self,
        world: World,
        name: str,
        terms: Callable[[], Terms],
        read: Callable[[int], list[Record]],
        serve: Callable[[list[Record]], Verdict],
        drop: Callable[[list[Record], Reason, int], None],
        poll_s: float = POLLS_S["kinesis"],
    ) -> None:
        self._world, self._name, self._terms = world, name, terms
        self._read, self._serve, self._drop = read, serve, drop
        self._news = Event(world.env)
        self._over = False
        self.window: Window | None = None
        self._began_s, self._poll_s = world.now_s, poll_s

    def start(self) -> None:
        """Begin to read."""
        self._world.spawn(
            self._run, name=f"reader of {self._name}", actor="lambda", background=True
        )

    def wake(self) -> None:
        """Say that there are new records, or other terms."""
        before, self._news = self._news, Event(self._world.env)
        before.succeed()

    def stop(self) -> None:
        """Read no more; a batch that is under way is served."""
        self._over = True
        self.wake()

    def _run(self) -> None:
        fiber = current_fiber()
        assert fiber is not None
        while not self._over:
            terms = self._terms()
            found = self._read(terms.batch * terms.lanes) if terms.enabled else []
            if not found:
                fiber.background = self.window is None
                if wait_until(self._news, self._left_s()):
                    fiber.background = False
                    sleep(self._to_next_poll_s())
                elif self.window is not None:
                    self._close(terms)
                fiber.background = True
                continue
            fiber.background = False
            self._hand_out(self._fill(found, terms), terms)
            fiber.background = True

    def _left_s(self) -> float | None:
        """How long the window is still open; None where there is none."""
        if self.window is None:
            return None
        return max(0.0, self.window.end_s - self._world.clock.unix_s)

    def _close(self, terms: Terms) -> None:
        """The last invocation of a window, tried again as a batch is."""
        assert self.window is not None
        self.window.final = True
        backoff_s, attempts = _FIRST_BACKOFF_S, 0
        while not self._serve([]).done and attempts < min(terms.retries, _FINAL_RETRIES):
            attempts += 1
            sleep(backoff_s)
            backoff_s = min(2 * backoff_s, _LONGEST_BACKOFF_S)
        self.window = None

    def _enter(self, record: Record, terms: Terms) -> None:
        """Be in the window of a record, closing the one before."""
        start_s = record.arrived_s // terms.tumbling_s * terms.tumbling_s
        if self.window is not None and self.window.start_s != start_s:
            self._close(terms)
        if self.window is None:
            self.window = Window(start_s, start_s + terms.tumbling_s)

    def _to_next_poll_s(self) -> float:
        passed_s = self._world.now_s - self._began_s
        return self._poll_s - passed_s % self._poll_s

    def _fill(self, found: list[Record], terms: Terms) -> list[Record]:
        """More of them, until there are enough or the window has passed."""
        until_s = self._world.now_s + terms.window_s
        most = terms.batch * terms.lanes
        while len(found) < most and sum(each.size for each in found) < MOST_BATCH_BYTES:
            left_s = until_s - self._world.now_s
            if left_s <= 0:
                break
            wait_until(self._news, left_s)
            found += self._read(most - len(found))
        return found

    def _hand_out(self, found: list[Record], terms: Terms) -> None:
        """Each lane's batches in a fiber of its own; done when all are."""
        if terms.lanes == 1:
            self._serve_all(found, terms)
            return
        lanes: dict[int, list[Record]] = {}
        for record in found:
            lanes.setdefault(crc32(repr(record.key).encode()) % terms.lanes, []).append(record)
        fibers = [
            self._world.spawn(self._serve_all, records, terms, name=f"lane of {self._name}")
            for _, records in sorted(lanes.items())
        ]
        for fiber in fibers:
            fiber.join()

    def _serve_all(self, records: list[Record], terms: Terms) -> None:
        batch: list[Record] = []
        size = 0
        for record in records:
            full = len(batch) >= terms.batch or size + record.size > MOST_BATCH_BYTES
            if batch and (full or self._beyond(record)):
                self._serve_batch(batch)
                batch, size = [], 0
            if terms.tumbling_s:
                self._enter(record, terms)
            batch.append(record)
            size += record.size
        if batch:
            self._serve_batch(batch)

    def _beyond(self, record: Record) -> bool:
        return self.window is not None and record.arrived_s >= self.window.end_s

    def _serve_batch(self, batch: list[Record], attempts: int = 0) -> None:
        """Until it is done or given up: again, or by halves, or from the first failure on."""
        backoff_s = _FIRST_BACKOFF_S
        while batch and not self._over:
            terms = self._terms()
            if (batch := self._young(batch, terms, attempts)) == []:
                return
            verdict = self._serve(batch)
            if verdict.done:
                return
            if not verdict.throttled:
                if verdict.at:
                    batch, attempts = batch[verdict.at :], 0
                    continue
                if terms.bisect and len(batch) > 1:  # which counts as no attempt
                    half = len(batch) // 2
                    self._serve_batch(batch[:half], attempts)
                    batch = batch[half:]
                    continue
                attempts += 1
                if attempts > terms.retries:
                    self._drop(batch, "RetryAttemptsExhausted", attempts)
                    return
            sleep(backoff_s)
            backoff_s = min(2 * backoff_s, _LONGEST_BACKOFF_S)

    def _young(self, batch: list[Record], terms: Terms, attempts: int) -> list[Record]:
        """Those that are not too old; the others are given up."""
        oldest_s = self._world.clock.unix_s - terms.age_s
        old = [record for record in batch if record.arrived_s < oldest_s]
        if not old:
            return batch
        self._drop(old, "RecordAgeExceeded", attempts)
        return [record for record in batch if record.arrived_s >= oldest_s]
