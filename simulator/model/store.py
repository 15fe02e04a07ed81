"""Where a queue's messages lie: by key, by turn, by due time and by age, none ever searched for."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from heapq import heapify, heappop, heappush
from itertools import count
from math import inf
from typing import TYPE_CHECKING

from simulator.model.line import Disorder, FifoLine, StandardLine
from simulator.model.message import DELAYED, GONE, IN_FLIGHT, READY, Message, Receipt
from simulator.model.waiting import Waiters

if TYPE_CHECKING:
    from simulator.world import World

DAY_S = 86_400.0
SAME_INSTANT_S = 5e-7
"""The clock is exact to the microsecond, SimPy's float is not."""
_STALE = 1024


class Store:
    """Messages and their states in time. What is due or too old is seen to when somebody looks.

    Due times lie in one heap, whose entry holds while the message carries its ticket; counts are
    kept; so no operation costs more because more messages wait.
    """

    def __init__(self, world: World, name: str, arn: str, fifo: bool, retention_s: float) -> None:
        self._world = world
        self._env = world.env
        self.name = name
        self.arn = arn
        self.fifo = fifo
        self.retention_s = retention_s
        self._messages: dict[int, Message] = {}  # by serial: neighbours in time, in memory too
        self._line: StandardLine | FifoLine = (
            FifoLine() if fifo else StandardLine(world.streams[f"sqs/disorder/{arn or name}"])
        )
        self._due: list[tuple[float, int, Message]] = []
        self._by_age: deque[Message] = deque()
        self._moved_in: list[tuple[float, int, Message]] = []  # their age is not their turn
        self._ready = self._delayed = self._in_flight = 0
        self._serial = count().__next__
        self._ticket = count().__next__
        self._waiters = Waiters(world.env, self._settle, self._next_due_s)

    # ---- looking

    @property
    def visible(self) -> int:
        """How many messages wait to be received."""
        self._settle()
        return self._ready

    @property
    def in_flight(self) -> int:
        """How many messages are received and neither deleted nor visible again."""
        self._settle()
        return self._in_flight

    @property
    def delayed(self) -> int:
        """How many messages are delayed still."""
        self._settle()
        return self._delayed

    @property
    def oldest_age_s(self) -> float:
        """How long ago the oldest message was sent; 0 where there is none."""
        self._settle()
        oldest_s = float(self._env.now)
        if self._by_age:
            oldest_s = self._by_age[0].sent_s
        if self._moved_in:
            oldest_s = min(oldest_s, self._moved_in[0][0])
        return max(0.0, self._env.now - oldest_s)

    @property
    def locked_groups(self) -> int:
        """How many message groups have messages in flight."""
        self._settle()
        return self._line.locked_groups if isinstance(self._line, FifoLine) else 0

    @property
    def disorder(self) -> Disorder | None:
        """How far a standard queue departs from order and single delivery; None: not at all."""
        return self._line.disorder

    @disorder.setter
    def disorder(self, disorder: Disorder | None) -> None:
        self._line.disorder = disorder

    def __len__(self) -> int:
        self._settle()
        return len(self._messages)

    def __bool__(self) -> bool:
        return True  # an empty queue is a queue

    def __iter__(self) -> Iterator[Message]:
        """The messages as they lie there, in the order they came, touching nothing."""
        self._settle()
        return iter(tuple(self._messages.values()))

    def holds(self, receipt: Receipt) -> Message | None:
        """The message of a receipt, if it is still there."""
        self._settle()
        return self._messages.get(receipt[0])

    # ---- for the queue

    def _put(self, message: Message, now_s: float, delay_s: float) -> None:
        self._messages[message.serial] = message
        if message.sent_s < now_s:
            heappush(self._moved_in, (message.sent_s, message.serial, message))
        else:
            self._by_age.append(message)
        if delay_s > 0:
            message.state = DELAYED
            self._delayed += 1
            self._schedule(message, now_s + delay_s)
        else:
            self._show(message, self._line.add)

    def _schedule(self, message: Message, due_s: float) -> None:
        message.ticket = ticket = self._ticket()
        due = self._due
        heappush(due, (due_s, ticket, message))
        if len(due) > 2 * (self._delayed + self._in_flight) + _STALE:
            due[:] = [entry for entry in due if entry[2].ticket == entry[1]]
            heapify(due)
        if self._waiters:
            self._waiters.rearm()

    def _show(self, message: Message, add: Callable[[Message], bool]) -> None:
        message.state = READY
        message.ticket = -1
        self._ready += 1
        if add(message) and self._waiters:
            self._waiters.wake()

    def _settle(self) -> None:
        """See to what has fallen due or grown too old by now."""
        until_s = self._env.now + SAME_INSTANT_S
        due = self._due
        while due and due[0][0] <= until_s:
            _, ticket, message = heappop(due)
            if message.ticket != ticket:
                continue
            if message.state == DELAYED:
                self._delayed -= 1
                self._show(message, self._line.add)
            else:
                self._in_flight -= 1
                self._show(message, self._line.back)
        by_age, oldest_s = self._by_age, until_s - self.retention_s
        while by_age and (by_age[0].state == GONE or by_age[0].sent_s <= oldest_s):
            message = by_age.popleft()
            if message.state != GONE:
                self._remove(message)
        moved_in = self._moved_in
        while moved_in and (moved_in[0][2].state == GONE or moved_in[0][0] <= oldest_s):
            message = heappop(moved_in)[2]
            if message.state != GONE:
                self._remove(message)

    def _remove(self, message: Message) -> None:
        state, message.state, message.ticket = message.state, GONE, -1
        del self._messages[message.serial]
        if state == IN_FLIGHT:
            self._in_flight -= 1
            if self._line.gone(message) or (self._ready and self._waiters):
                self._waiters.wake()
        elif state == READY:
            self._ready -= 1
        else:
            self._delayed -= 1
        if len(self._by_age) > 2 * len(self._messages) + _STALE:
            self._by_age = deque(m for m in self._by_age if m.state != GONE)

    def _clear(self) -> None:
        for message in self._messages.values():
            message.state, message.ticket = GONE, -1
        self._messages.clear()
        self._due.clear()
        self._by_age.clear()
        self._moved_in.clear()
        self._line.clear()
        self._ready = self._delayed = self._in_flight = 0

    def _next_due_s(self) -> float:
        due = self._due
        while due and due[0][2].ticket != due[0][1]:
            heappop(due)
        return due[0][0] if due else inf
