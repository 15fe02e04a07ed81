"""Things that end at a time of their own: one background timer for all of them."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.kernel import VirtualEnvironment

_SAME_INSTANT_S = 1e-6
_STALE = 64


class Expiry:
    """Calls `end(key)` when a key falls due. Waiting for it keeps no run going."""

    def __init__(self, env: VirtualEnvironment, end: Callable[[Hashable], None]) -> None:
        self._env = env
        self._end = end
        self._due: dict[Hashable, tuple[float, int]] = {}
        self._heap: list[tuple[float, int, Hashable]] = []
        self._serial = 0
        self._armed_for = float("inf")

    def __len__(self) -> int:
        return len(self._due)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._due

    def put(self, key: Hashable, due_s: float) -> None:
        """Let a key end at `due_s`, in seconds since the start, in place of when it would have."""
        self._serial += 1
        self._due[key] = (due_s, self._serial)
        heappush(self._heap, (due_s, self._serial, key))
        if len(self._heap) > 2 * len(self._due) + _STALE:
            self._heap = [entry for entry in self._heap if self._due.get(entry[2]) == entry[:2]]
            heapify(self._heap)
        self._arm()

    def drop(self, key: Hashable) -> None:
        """Let a key be, if it is there."""
        self._due.pop(key, None)

    def clear(self) -> None:
        """Let all be."""
        self._due.clear()
        self._heap.clear()

    def _arm(self) -> None:
        while self._heap and self._due.get(self._heap[0][2]) != self._heap[0][:2]:
            heappop(self._heap)
        if not self._heap or self._heap[0][0] >= self._armed_for:
            return
        due_s = self._armed_for = self._heap[0][0]
        timer = self._env.background_timeout(max(0.0, due_s - self._env.now))
        assert timer.callbacks is not None
        timer.callbacks.append(lambda _: self._ring(due_s))

    def _ring(self, armed_for: float) -> None:
        if armed_for != self._armed_for:
            return  # an earlier timer took over
        self._armed_for = float("inf")
        until_s = self._env.now + _SAME_INSTANT_S
        while self._heap and self._heap[0][0] <= until_s:
            due_s, serial, key = heappop(self._heap)
            if self._due.get(key) == (due_s, serial):
                del self._due[key]
                self._end(key)
        self._arm()
