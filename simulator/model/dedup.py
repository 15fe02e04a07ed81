"""What a FIFO queue remembers for five minutes: deduplication ids, and receive attempts."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from typing import Generic, TypeVar

INTERVAL_S = 300.0
"""Five minutes ("Exactly-once processing in Amazon SQS", developer guide)."""

T = TypeVar("T")


class Memory(Generic[T]):
    """Things by key, each forgotten `interval_s` seconds after it was first noted."""

    def __init__(self, interval_s: float = INTERVAL_S) -> None:
        self._interval_s = interval_s
        self._things: dict[Hashable, tuple[float, T]] = {}
        self._order: deque[tuple[float, Hashable]] = deque()

    def get(self, key: Hashable, now_s: float) -> T | None:
        """What was noted under `key` within the interval, or None."""
        self._forget(now_s)
        entry = self._things.get(key)
        return entry[1] if entry else None

    def note(self, key: Hashable, thing: T, now_s: float) -> None:
        """Remember `thing` under `key` from now on."""
        self._things[key] = (now_s, thing)
        self._order.append((now_s, key))

    def clear(self) -> None:
        """Forget everything."""
        self._things.clear()
        self._order.clear()

    def _forget(self, now_s: float) -> None:
        order, things = self._order, self._things
        while order and order[0][0] + self._interval_s <= now_s:
            noted_s, key = order.popleft()
            entry = things.get(key)
            if entry is not None and entry[0] == noted_s:
                del things[key]
