"""The one clock: SimPy's `env.now`, and Python's idea of the time kept equal to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import simpy
import time_machine
from simpy.events import Event, Timeout

MICROSECONDS_PER_SECOND = 1_000_000


class Clock:
    """Virtual time as seconds since the start and as an instant, exact to the microsecond."""

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError(
                f"the start {start.isoformat()} has no time zone; give one, e.g. +00:00"
            )
        self.start = start.astimezone(UTC)
        self._moved_us = 0
        self._traveller: time_machine.Traveller | None = None

    @property
    def now_s(self) -> float:
        """Seconds since the start."""
        return self._moved_us / MICROSECONDS_PER_SECOND

    @property
    def instant(self) -> datetime:
        """The present instant in UTC."""
        return self.start + timedelta(microseconds=self._moved_us)

    @property
    def unix_s(self) -> float:
        """The present instant as seconds since 1970."""
        return self.instant.timestamp()

    def move_to(self, now_s: float) -> None:
        """Set virtual time to `now_s` seconds after the start; it never runs backwards."""
        moved_us = round(now_s * MICROSECONDS_PER_SECOND)
        if moved_us == self._moved_us:
            return
        if moved_us < self._moved_us:
            raise ValueError(f"virtual time cannot run backwards: {self.now_s} s to {now_s} s")
        if self._traveller is not None:
            self._traveller.shift(timedelta(microseconds=moved_us - self._moved_us))
        self._moved_us = moved_us

    @contextmanager
    def felt_by_python(self) -> Iterator[None]:
        """While open, `time.time`, `datetime.now` and their kin tell virtual time, in UTC."""
        if self._traveller is not None:
            yield
            return
        travel = time_machine.travel(self.instant.replace(tzinfo=ZoneInfo("UTC")), tick=False)
        self._traveller = travel.start()
        try:
            yield
        finally:
            self._traveller = None
            travel.stop()


class BackgroundTimeout(Timeout):
    """A time-out that keeps no run going: what waits for it may wait for ever."""


class VirtualEnvironment(simpy.Environment):
    """SimPy's environment, moving the clock before each event is processed.

    Events at one instant run by SimPy's rule: priority first, then the order of scheduling.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.steps = 0
        super().__init__(initial_time=clock.now_s)

    def background_timeout(self, delay_s: float) -> BackgroundTimeout:
        """A time-out for what goes on by itself: pollers, periodic samples, retention."""
        return BackgroundTimeout(self, delay_s)

    @property
    def idle(self) -> bool:
        """Whether nothing more will come of itself: only background time-outs, if any, are left.

        A time-out that nobody waits for any longer stays in SimPy's queue and does not count.
        """
        queue = self._queue
        if not queue:
            return True
        first = queue[0][3]
        if first.callbacks and type(first) is not BackgroundTimeout:  # nearly always
            return False
        return not any(_matters(entry[3]) for entry in queue)

    def pass_to(self, at_s: float) -> bool:
        """Let time pass up to `at_s`, if nothing is due until then; whether it did."""
        if self._queue and self._queue[0][0] <= at_s:
            return False
        self.clock.move_to(at_s)
        self._now = at_s
        return True

    def step(self) -> None:
        """Process the next event at its instant."""
        if self._queue:
            at = self._queue[0][0]
            if at != self._now:
                self.clock.move_to(at)
        self.steps += 1
        super().step()


def _matters(event: Event) -> bool:
    if not event.ok:
        return True
    return bool(event.callbacks) and type(event) is not BackgroundTimeout
