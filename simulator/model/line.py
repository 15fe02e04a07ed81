"""The order in which a queue's waiting messages are handed out: standard, and FIFO by group."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from heapq import heappop, heappush
from random import Random

from simulator.model.message import GONE, READY, Message


@dataclass(frozen=True, slots=True)
class Disorder:
    """What a standard queue is allowed to do and seldom does; both are chances from 0 to 1.

    `duplicate`: a delivered message stays visible and is delivered again. `reorder`: a receive
    takes one of the next `depth` messages in place of the first.
    """

    duplicate: float = 0.0
    reorder: float = 0.0
    depth: int = 10


class StandardLine:
    """First come, first served; what becomes visible again stands where it stood."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._fresh: deque[Message] = deque()
        self._back: list[tuple[int, Message]] = []
        self.disorder: Disorder | None = None

    def add(self, message: Message) -> bool:
        """Take in a message that can be received from now on; whether a receive would get it."""
        fresh = self._fresh
        if fresh and message.serial < fresh[-1].serial:
            heappush(self._back, (message.serial, message))
        else:
            fresh.append(message)
        return True

    back = add

    def pop(self) -> Message | None:
        """Take out the message whose turn it is."""
        fresh, back = self._fresh, self._back
        while fresh and fresh[0].state != READY:
            fresh.popleft()
        while back and back[0][1].state != READY:
            heappop(back)
        if back and (not fresh or back[0][0] < fresh[0].serial):
            return heappop(back)[1]
        if not fresh:
            return None
        if self.disorder is not None and self._chance.random() < self.disorder.reorder:
            self._shuffle(self.disorder.depth)
        return fresh.popleft()

    def duplicates(self) -> bool:
        """Whether the delivery at hand leaves its message visible."""
        disorder = self.disorder
        return disorder is not None and self._chance.random() < disorder.duplicate

    def gone(self, message: Message) -> bool:  # noqa: ARG002  (a FIFO line has to know which)
        """A message in flight was deleted; whether a receive would now get something more."""
        return False

    def close(self) -> None:
        """A receive has ended."""

    def clear(self) -> None:
        """Forget all messages."""
        self._fresh.clear()
        self._back.clear()

    def _shuffle(self, depth: int) -> None:
        fresh = self._fresh
        other = self._chance.randrange(min(depth, len(fresh)))
        if fresh[other].state == READY:
            fresh[0], fresh[other] = fresh[other], fresh[0]


class _Group:
    __slots__ = ("listed", "name", "out", "waiting")

    def __init__(self, name: str) -> None:
        self.name = name
        self.waiting: deque[Message] = deque()
        self.out = 0  # messages in flight, which lock the group
        self.listed = False


class FifoLine:
    """Groups take turns; within a group strict order, and nothing new while any is in flight.

    A message that was received before and is visible again can be had even so.
    """

    def __init__(self) -> None:
        self._groups: dict[str, _Group] = {}
        self._turns: deque[_Group] = deque()
        self._open: _Group | None = None
        self._open_free = False
        self.locked_groups = 0
        self.disorder: Disorder | None = None

    def add(self, message: Message) -> bool:
        """Take in a message at the end of its group; whether a receive would get it."""
        group = self._group(message)
        group.waiting.append(message)
        return self._list(group)

    def back(self, message: Message) -> bool:
        """Take back a message that was in flight, where it stood in its group."""
        group = self._group(message)
        self._land(group)
        waiting = group.waiting
        place = 0
        while place < len(waiting) and waiting[place].serial < message.serial:
            place += 1
        waiting.insert(place, message)
        return self._list(group)

    def pop(self) -> Message | None:
        """Take out the next message: of the group this receive has begun, then of the next ones."""
        while True:
            group = self._open
            if group is None:
                if not self._turns:
                    return None
                group = self._turns.popleft()
                group.listed = False
                self._open = group
                self._open_free = group.out == 0
            waiting = group.waiting
            while waiting and waiting[0].state == GONE:
                waiting.popleft()
            if waiting and (self._open_free or waiting[0].receive_count):
                group.out += 1
                if group.out == 1:
                    self.locked_groups += 1
                return waiting.popleft()
            self._open = None
            self._drop_if_empty(group)

    def duplicates(self) -> bool:
        """Never: a FIFO queue delivers once."""
        return False

    def gone(self, message: Message) -> bool:
        """A message in flight was deleted; whether that unlocked a group with more to give."""
        group = self._group(message)
        self._land(group)
        self._drop_if_empty(group)
        return self._list(group)

    def close(self) -> None:
        """A receive has ended: what it took of a group locks the rest."""
        self._open = None

    def clear(self) -> None:
        """Forget all messages."""
        self._groups.clear()
        self._turns.clear()
        self._open = None
        self.locked_groups = 0

    def _group(self, message: Message) -> _Group:
        name = message.group_id or ""
        group = self._groups.get(name)
        if group is None:
            group = self._groups[name] = _Group(name)
        return group

    def _land(self, group: _Group) -> None:
        group.out -= 1
        if group.out == 0:
            self.locked_groups -= 1

    def _list(self, group: _Group) -> bool:
        waiting = group.waiting
        if not waiting or (group.out and not waiting[0].receive_count):
            return False
        if not group.listed:
            group.listed = True
            self._turns.append(group)
        return True

    def _drop_if_empty(self, group: _Group) -> None:
        if not group.waiting and not group.out:
            self._groups.pop(group.name, None)
