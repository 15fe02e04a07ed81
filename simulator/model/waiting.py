"""Consumers that wait for a message: woken one at a time, in the order they came."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from math import inf
from typing import TYPE_CHECKING

from simpy.events import Event, Timeout

if TYPE_CHECKING:
    from simulator.kernel import VirtualEnvironment

_SAME_INSTANT_S = 5e-7


class Waiter:
    """One receive that waits; `expired` once its time is up."""

    __slots__ = ("background", "deadline_s", "event", "expired", "left", "order")

    def __init__(self, order: int, background: bool, deadline_s: float) -> None:
        self.order = order
        self.background = background
        self.deadline_s = deadline_s
        self.event: Event | None = None
        self.expired = False
        self.left = False


class Waiters:
    """All that wait at one queue, and the one timer for the next message due or patience ended.

    The timer counts only while somebody waits, and as background unless one of them does not. It is
    kept when nobody does: who waits next most often needs it again.
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
        self._deadlines: list[tuple[float, int, Waiter]] = []
        self._parked = 0
        self._foreground = 0
        self._alarm: Timeout | None = None
        self._alarm_s = inf
        self._alarm_background = True

    def __bool__(self) -> bool:
        return self._parked > 0

    def enter(self, wait_s: float | None, background: bool) -> Waiter:
        """A new waiter, whose time is up after `wait_s` seconds (None: never)."""
        deadline_s = inf if wait_s is None else self._env.now + wait_s
        waiter = Waiter(self._order(), background, deadline_s)
        if wait_s is not None:
            deadlines = self._deadlines
            while deadlines and deadlines[0][2].left:
                heappop(deadlines)
            heappush(deadlines, (deadline_s, waiter.order, waiter))
        return waiter

    def park(self, waiter: Waiter) -> Event:
        """The event that `waiter` waits for: a message to take, or the end of its time."""
        event = waiter.event = Event(self._env)
        line = self._line
        while line and line[0][1].event is None:  # gone without a message
            heappop(line)
        heappush(line, (waiter.order, waiter))
        self._parked += 1
        self._foreground += not waiter.background
        self.rearm()
        return event

    def leave(self, waiter: Waiter) -> None:
        """`waiter` waits no more."""
        waiter.left = True
        if waiter.event is not None:
            self._unpark(waiter)

    def wake(self) -> None:
        """There is a message: wake who has waited longest."""
        line = self._line
        while line:
            waiter = heappop(line)[1]
            event = waiter.event
            if event is not None and not event.triggered:
                self._unpark(waiter)
                event.succeed()
                return

    def rearm(self) -> None:
        """Let the timer ring when the next thing happens that somebody waits for."""
        if not self._parked:
            return
        deadlines = self._deadlines
        while deadlines and deadlines[0][2].left:
            heappop(deadlines)
        at_s = self._next_due_s()
        if deadlines and deadlines[0][0] < at_s:
            at_s = deadlines[0][0]
        background = self._foreground == 0
        alarm = self._alarm
        if (
            alarm is not None
            and alarm.callbacks is not None  # it has not rung unheard
            and self._alarm_s <= at_s
            and self._alarm_background == background
        ):
            if not alarm.callbacks:
                alarm.callbacks.append(self._ring)
            return
        self._silence()
        if at_s == inf:
            return
        env = self._env
        delay_s = max(0.0, at_s - env.now)
        alarm = env.background_timeout(delay_s) if background else Timeout(env, delay_s)
        alarm.callbacks.append(self._ring)
        self._alarm, self._alarm_s, self._alarm_background = alarm, at_s, background

    def _ring(self, alarm: Event) -> None:
        if alarm is not self._alarm:
            return
        self._alarm = None
        self._settle()
        until_s = self._env.now + _SAME_INSTANT_S
        deadlines = self._deadlines
        while deadlines and deadlines[0][0] <= until_s:
            waiter = heappop(deadlines)[2]
            waiter.expired = True
            if waiter.event is not None and not waiter.event.triggered:
                waiter.event.succeed()
        self.rearm()

    def _silence(self) -> None:
        """The timer rings for nobody; else it would keep the run going for nothing."""
        if self._alarm is not None and self._alarm.callbacks:
            self._alarm.callbacks.clear()

    def _unpark(self, waiter: Waiter) -> None:
        waiter.event = None
        self._parked -= 1
        self._foreground -= not waiter.background
        if not self._parked:
            self._silence()
        elif not self._foreground and not waiter.background:
            self.rearm()
