"""The child's clock: every way Python code asks for the time, or waits, goes to the world's clock.

Wall clocks come from time_machine, moved by every frame from the world; the monotonic family
derives from the same instant. Time stands still while the handler computes. A thread's waits are
`turns`' business; asyncio waits for its timers here.
"""

from __future__ import annotations

import selectors
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine

from simulator.aws.runtime.inside.turns import Turns

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UPTIME_S = 1_000.0  # what time.monotonic() says at an environment's birth


def _stand_still(_seconds: float) -> None:
    """Let no time pass: there is no world yet."""


class Clock:
    """One process' virtual time, in unix seconds. Made in the warm parent, used after the fork."""

    def __init__(self, turns: Turns) -> None:
        """Freeze Python's clocks. `turns` must be installed already."""
        self.now_s = 0.0
        self._birth_s: float | None = None
        self._sleep: Callable[[float], None] = _stand_still
        self._turns = turns
        turns.connect(self.time, self._pass)
        self._coordinates = time_machine.travel(0.0, tick=False).start()

    def move(self, now_s: float) -> None:
        """Set the time."""
        if self._birth_s is None:
            self._birth_s = now_s
        if now_s != self.now_s:
            self.now_s = now_s
            # A float of nanoseconds would lose the last microsecond; a datetime does not.
            self._coordinates.move_to(_EPOCH + timedelta(microseconds=round(now_s * 1e6)))

    def time(self) -> float:
        """Answer time.time."""
        return self.now_s

    def monotonic(self) -> float:
        """Answer time.monotonic and its kin, in seconds."""
        return _UPTIME_S + self.now_s - (self._birth_s or self.now_s)

    def monotonic_ns(self) -> int:
        """Answer the same in nanoseconds."""
        return round(self.monotonic() * 1e9)

    def sleep(self, seconds: float) -> None:
        """Answer time.sleep, with its errors."""
        if not isinstance(seconds, int | float):
            if not hasattr(seconds, "__index__"):
                raise TypeError(
                    f"'{type(seconds).__name__}' object cannot be interpreted as an integer"
                )
            seconds = seconds.__index__()
        if seconds != seconds:
            raise ValueError("Invalid value NaN (not a number)")
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        if seconds > 1e9:
            raise OverflowError("timestamp too large to convert to C PyTime_t")
        self._turns.sleep(float(seconds))

    def _pass(self, seconds: float) -> None:
        self._sleep(seconds)

    def connect(self, sleep: Callable[[float], None]) -> None:
        """Say who lets time pass: known once the process has its pipe."""
        self._sleep = sleep

    def install(self) -> None:
        """Bind the functions of `time` and the waits of `threading` and `asyncio`."""
        module: Any = time
        module.sleep, module.time = self.sleep, self.time
        for name in ("monotonic", "perf_counter", "process_time", "thread_time"):
            setattr(module, name, self.monotonic)
            setattr(module, name + "_ns", self.monotonic_ns)
        real_gettime, real_gettime_ns = time.clock_gettime, time.clock_gettime_ns

        def clock_gettime(clk_id: int, /) -> float:
            return real_gettime(clk_id) if clk_id == time.CLOCK_REALTIME else self.monotonic()

        def clock_gettime_ns(clk_id: int, /) -> int:
            return real_gettime_ns(clk_id) if clk_id == time.CLOCK_REALTIME else self.monotonic_ns()

        module.clock_gettime, module.clock_gettime_ns = clock_gettime, clock_gettime_ns
        self._install_waits()
        self._install_asyncio()

    def _install_waits(self) -> None:
        import os
        import queue

        vars(threading)["_time"] = self.monotonic
        vars(queue)["time"] = self.monotonic
        os.register_at_fork(after_in_child=self._turns.forked)

    def _install_asyncio(self) -> None:
        import asyncio.selector_events as loops

        clock = self

        class Selector(selectors.DefaultSelector):
            def select(self, timeout: float | None = None) -> Any:
                ready = super().select(0)
                if ready or (timeout is not None and timeout <= 0):
                    return ready
                begun_s = clock.now_s
                until_s = None if timeout is None else begun_s + timeout
                while not ready and clock._turns.idle(until_s):
                    ready = super().select(0)
                if ready:
                    return ready
                if timeout is None or until_s is None:
                    return super().select(None)  # a pipe of a subprocess: that is real time
                if clock.now_s < until_s:
                    left_s = timeout if clock.now_s == begun_s else until_s - clock.now_s
                    clock._turns.sleep(left_s)
                return super().select(0)

        base: Any = loops.BaseSelectorEventLoop
        real_init = base.__init__

        def init(loop: Any, selector: Any = None) -> None:
            real_init(loop, selector if selector is not None else Selector())

        base.__init__ = init
