"""Consumers that wait for a message: woken one at a time, in the order they came."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from math import inf
from typing import TYPE_CHECKING

from simpy.events import Event

if TYPE_CHECKING:
    from simulator.kernel import VirtualEnvironment


class Waiter:
    """One receive that waits; `expired` once its time is up."""

    __slots__ = ("background", "event", "expired", "order", "timer")

    def __init__(self, order: int, background: bool) -> None:
        self.order = order
        self.background = background
        self.event: Event | None = None
        self.timer: Event | None = None
        self.expired = False

    def expire(self, _: Event) -> None:
        """Its time is up: it looks once more and then goes."""
        self.expired = True
        if self.event is not None and not self.event.triggered:
            self.event.succeed()


class Waiters:
    """All that wait at one queue, and the one timer that wakes them when a message falls due.

    The timer runs only while somebody waits, and counts as background unless one of them does not.
    """

    def __init__(
        self,
        env: VirtualEnvironment,
        settle: Callable[[], None],
        next_due_s: Callable[[], float],
    ) -> None:
        self._env = env
        self._settle = settle
        self._next_due_s = next_due_s
        self._order = count().__next__
        self._line: list[tuple[int, Waiter]] = []
        self._parked = 0
        self._foreground = 0
        self._alarm: Event | None = None
        self._alarm_s = inf
        self._alarm_background = True

    def __bool__(self) -> bool:
        return self._parked > 0

    def enter(self, wait_s: float | None, background: bool) -> Waiter:
        """A new waiter, whose time is up after `wait_s` seconds (None: never)."""
        waiter = Waiter(self._order(), background)
        if wait_s is not None:
            env = self._env
            timer = env.background_timeout(wait_s) if background else env.timeout(wait_s)
            timer.callbacks.append(waiter.expire)
            waiter.timer = timer
        return waiter

    def park(self, waiter: Waiter) -> Event:
        """The event that `waiter` waits for: a message to take, or the end of its time."""
        waiter.event = self._env.event()
        while self._line and self._line[0][1].event is None:  # gone without a message
            heappop(self._line)
        heappush(self._line, (waiter.order, waiter))
        self._parked += 1
        self._foreground += not waiter.background
        self.rearm()
        return waiter.event

    def leave(self, waiter: Waiter) -> None:
        """`waiter` waits no more."""
        if waiter.timer is not None and waiter.timer.callbacks is not None:
            waiter.timer.callbacks.clear()  # else it would keep the run going for nothing
        event, waiter.event = waiter.event, None
        if event is not None:
            self._unpark(waiter)

    def wake(self) -> None:
        """There is a message: wake who has waited longest."""
        while self._line:
            _, waiter = heappop(self._line)
            event = waiter.event
            if event is not None and not event.triggered:
                self._unpark(waiter)
                event.succeed()
                return

    def rearm(self) -> None:
        """Set the timer to the next due time, if that is earlier than it stands."""
        if not self._parked:
            return
        due_s = self._next_due_s()
        background = self._foreground == 0
        if due_s == inf or (due_s >= self._alarm_s and self._alarm_background <= background):
            return
        self._disarm()
        delay_s = max(0.0, due_s - self._env.now)
        env = self._env
        alarm = env.background_timeout(delay_s) if background else env.timeout(delay_s)
        alarm.callbacks.append(self._ring)
        self._alarm, self._alarm_s, self._alarm_background = alarm, due_s, background

    def _ring(self, alarm: Event) -> None:
        if alarm is self._alarm:
            self._alarm, self._alarm_s = None, inf
            self._settle()
            self.rearm()

    def _disarm(self) -> None:
        if self._alarm is not None and self._alarm.callbacks is not None:
            self._alarm.callbacks.clear()
        self._alarm, self._alarm_s = None, inf

    def _unpark(self, waiter: Waiter) -> None:
        waiter.event = None
        self._parked -= 1
        self._foreground -= not waiter.background
        if not self._parked:
            self._disarm()
        elif not self._foreground and self._alarm is not None and not self._alarm_background:
            self._disarm()
            self.rearm()
