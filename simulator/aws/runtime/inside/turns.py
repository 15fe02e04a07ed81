"""The child's threads take turns: one runs until it waits, and who is next is never left to chance.

Each thread of a handler is a real one, but all save one are parked. A thread gives up its turn
where it waits (a lock, a queue, a join, a sleep); the next is the one that has been ready longest.
When all wait, virtual time passes to the earliest of their deadlines. So ten threads that sleep one
second take one second together, and the order of their calls repeats. A call to the world keeps the
turn: calls of several threads take their time one after the other.
"""

from __future__ import annotations

import _thread
import heapq
import itertools
import queue
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

_FOREVER_S = 1e6  # no thread can ever run again: let the function's timeout find it

_real_lock = _thread.allocate_lock


class Waiter:
    """A parked thread. `ready` once it has its place in the row, `woken` if not by time."""

    __slots__ = ("gate", "ready", "woken")

    def __init__(self, *, ready: bool = False) -> None:
        """Stand for the calling thread, or for one about to begin."""
        self.gate = _real_lock()
        self.gate.acquire()
        self.ready, self.woken = ready, False


class Turns:
    """Who runs. Only the thread that has the turn touches this, so it needs no lock."""

    def __init__(self) -> None:
        """Start with one thread and no clock; see `connect`."""
        self._now: Callable[[], float] = lambda: 0.0
        self._pass_time: Callable[[float], None] = lambda _seconds: None
        self._row: deque[Waiter] = deque()
        self._timed: list[tuple[float, int, float, float, Waiter]] = []
        self._numbers = itertools.count()
        self._joiners: dict[int, deque[Waiter]] = {}

    def connect(self, now: Callable[[], float], pass_time: Callable[[float], None]) -> None:
        """Use the world's clock, in seconds."""
        self._now, self._pass_time = now, pass_time

    def wait(self, waiters: deque[Waiter] | None, timeout_s: float | None) -> bool:
        """Park the calling thread; True if woken, False if its time ran out."""
        me = Waiter()
        if waiters is not None:
            waiters.append(me)
        if timeout_s is not None:
            begun = self._now()
            entry = (begun + timeout_s, next(self._numbers), begun, timeout_s, me)
            heapq.heappush(self._timed, entry)
        self._hand_over(me)
        if waiters is not None and not me.woken:
            waiters.remove(me)
        return me.woken

    def wake(self, waiters: deque[Waiter]) -> bool:
        """Put the longest waiting thread in the row; False if there is none."""
        for waiter in waiters:
            if not waiter.ready:
                waiter.ready = waiter.woken = True
                self._row.append(waiter)
                waiters.remove(waiter)
                return True
        return False

    def sleep(self, seconds: float) -> None:
        """Let time pass for the calling thread; others run meanwhile."""
        if self._row or self._timed:
            self.wait(None, seconds)
        else:
            self._pass_time(seconds)

    def idle(self, until_s: float | None) -> bool:
        """Let another thread run before `until_s`, waiting for its deadline; False if none will."""
        while self._timed and self._timed[0][-1].ready:
            heapq.heappop(self._timed)
        if not self._row and (
            not self._timed or (until_s is not None and self._timed[0][0] >= until_s)
        ):
            return False
        me, other = Waiter(ready=True), self._next()
        self._row.append(me)
        other.gate.release()
        me.gate.acquire()
        return True

    def _hand_over(self, me: Waiter | None) -> None:
        next_one = self._next()
        if next_one is me:
            return
        next_one.gate.release()
        if me is not None:
            me.gate.acquire()

    def _next(self) -> Waiter:
        while not self._row:
            if not self._timed:
                self._pass_time(_FOREVER_S)
                continue
            deadline_s, _, begun_s, timeout_s, waiter = heapq.heappop(self._timed)
            if waiter.ready:
                continue
            now_s = self._now()
            # An exact sleep where nothing came between: begun + 0.1 - begun is not 0.1 in floats.
            left_s = timeout_s if now_s == begun_s else deadline_s - now_s
            if left_s > 0:
                self._pass_time(left_s)
            waiter.ready = True
            self._row.append(waiter)
        return self._row.popleft()

    def begin(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Any) -> Any:
        """Give a new thread's work its place in the row; answer what the thread is to run."""
        waiter = Waiter(ready=True)
        self._row.append(waiter)
        thread = getattr(function, "__self__", None)

        def run() -> None:
            waiter.gate.acquire()
            try:
                function(*args, **kwargs)
            finally:
                for joiner in self._joiners.pop(id(thread), ()):
                    if not joiner.ready:
                        joiner.ready = joiner.woken = True
                        self._row.append(joiner)
                self._hand_over(None)

        return run

    def join(self, thread: threading.Thread, timeout_s: float | None) -> bool:
        """Wait for a thread's end; True if it ended."""
        return self.wait(self._joiners.setdefault(id(thread), deque()), timeout_s)

    def forked(self) -> None:
        """Forget the threads that a forked process does not have."""
        self._row.clear()
        self._timed.clear()
        self._joiners.clear()

    def install(self) -> None:
        """Take over `threading` and what is built on it. Call before those modules are imported."""
        turns = self
        patched: Any = threading

        class Lock(_Lock):
            _turns = turns

        patched.Lock = patched._allocate_lock = Lock
        patched.RLock = patched._PyRLock
        vars(queue)["SimpleQueue"] = vars(queue)["_PySimpleQueue"]
        real_start, real_join = _thread.start_new_thread, threading.Thread.join

        def start(function: Any, args: Any = (), kwargs: Any = None) -> int:
            return real_start(turns.begin(function, tuple(args), kwargs or {}), ())

        vars(_thread)["start_new_thread"] = patched._start_new_thread = start
        if hasattr(threading, "_start_joinable_thread"):  # Python 3.13
            real_joinable = patched._start_joinable_thread

            def start_joinable(function: Any, **more: Any) -> Any:
                return real_joinable(turns.begin(function, (), {}), **more)

            patched._start_joinable_thread = start_joinable

        def join(thread: threading.Thread, timeout: float | None = None) -> None:
            real_join(thread, 0)  # raises what a bad join raises
            if not thread.is_alive():
                return
            if timeout is not None and timeout <= 0:
                return
            if turns.join(thread, timeout):
                real_join(thread)  # it has given up its turn: the rest is its last instructions

        patched.Thread.join = join


class _Lock:
    """threading.Lock, by turns."""

    _turns: Turns

    def __init__(self) -> None:
        self._held = False
        self._waiters: deque[Waiter] = deque()

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        if not self._held:
            self._held = True
            return True
        if not blocking or timeout == 0:
            return False
        # A release hands the lock on as it is: held.
        return self._turns.wait(self._waiters, None if timeout < 0 else timeout)

    def release(self) -> None:
        if not self._held:
            raise RuntimeError("release unlocked lock")
        if not self._turns.wake(self._waiters):
            self._held = False

    def locked(self) -> bool:
        return self._held

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()

    def _at_fork_reinit(self) -> None:
        self._held = False
        self._waiters.clear()
