"""`time.sleep` and `threading` for fibers: virtual inside one, Python's own elsewhere.

Only the lowest layer is replaced: locks, the start and join of a thread, sleep and the monotonic
clock. The standard library's Event, Condition, Semaphore, Barrier, Timer and Queue stand on these,
so those made inside a fiber wait in virtual time as they are.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from simpy.events import Event

from simulator.kernel.fiber import Fiber, current_fiber, sleep, wait_until

Spawn = Callable[[threading.Thread], Fiber]

_real_lock = threading.Lock
_real_rlock = threading.RLock
_real_sleep = time.sleep
_real_monotonic = time.monotonic
_real_current_thread = threading.current_thread
_real_get_ident = threading.get_ident
_real_start = threading.Thread.start
_real_join = threading.Thread.join
_real_is_alive = threading.Thread.is_alive


class FiberLock:
    """`threading.Lock` for fibers: granted in the order it was asked for."""

    def __init__(self) -> None:
        self._locked = False
        self._waiting: deque[Event] = deque()

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take the lock, waiting up to `timeout` seconds of virtual time; whether it was taken."""
        if not self._locked:
            self._locked = True
            return True
        if not blocking:
            return False
        fiber = current_fiber()
        if fiber is None:
            raise RuntimeError("a lock held by a fiber was waited for outside all fibers")
        granted = fiber.env.event()
        self._waiting.append(granted)
        try:
            if wait_until(granted, None if timeout < 0 else timeout):
                return True
        except BaseException:
            self._forget(granted)
            raise
        self._forget(granted)
        return False

    def release(self) -> None:
        """Free the lock, or hand it to the fiber that has waited longest."""
        if not self._locked:
            raise RuntimeError("release unlocked lock")
        if self._waiting:
            self._waiting.popleft().succeed()
        else:
            self._locked = False

    def locked(self) -> bool:
        """Whether someone holds it."""
        return self._locked

    def _at_fork_reinit(self) -> None:
        """Free it in a forked child: modules first imported inside a fiber ask for this."""
        self._locked = False
        self._waiting.clear()

    def _forget(self, granted: Event) -> None:
        if granted in self._waiting:
            self._waiting.remove(granted)
        else:  # granted at the very instant the wait was given up
            self.release()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


class FiberRLock:
    """`threading.RLock` for fibers."""

    def __init__(self) -> None:
        self._lock = FiberLock()
        self._owner: Fiber | None = None
        self._depth = 0

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take the lock, at once if this fiber holds it already."""
        me = current_fiber()
        if self._depth and self._owner is me:
            self._depth += 1
            return True
        taken = self._lock.acquire(blocking, timeout)
        if taken:
            self._owner, self._depth = me, 1
        return taken

    def release(self) -> None:
        """Give back one taking of it."""
        if not self._depth or self._owner is not current_fiber():
            raise RuntimeError("cannot release un-acquired lock")
        self._depth -= 1
        if not self._depth:
            self._owner = None
            self._lock.release()

    def _at_fork_reinit(self) -> None:
        self._owner, self._depth = None, 0
        self._lock._at_fork_reinit()

    def _is_owned(self) -> bool:
        return bool(self._depth) and self._owner is current_fiber()

    def _release_save(self) -> tuple[int, Fiber | None]:
        saved = self._depth, self._owner
        self._depth, self._owner = 0, None
        self._lock.release()
        return saved

    def _acquire_restore(self, saved: tuple[int, Fiber | None]) -> None:
        self._lock.acquire()
        self._depth, self._owner = saved

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


def _lock() -> Any:
    return FiberLock() if current_fiber() else _real_lock()


def _rlock() -> Any:
    return FiberRLock() if current_fiber() else _real_rlock()


def _sleep(seconds: float) -> None:
    if current_fiber():
        sleep(seconds)
    else:
        _real_sleep(seconds)


def _monotonic() -> float:
    fiber = current_fiber()
    return float(fiber.env.now) if fiber else _real_monotonic()


def _current_thread() -> threading.Thread:
    fiber = current_fiber()
    return getattr(fiber, "thread", None) or _real_current_thread()


def _get_ident() -> int:
    fiber = current_fiber()
    return id(fiber) if fiber else _real_get_ident()


def _join(thread: threading.Thread, timeout: float | None = None) -> None:
    fiber: Fiber | None = getattr(thread, "_fiber", None)
    if fiber is None:
        _real_join(thread, timeout)
    elif fiber.alive:
        fiber.join(timeout)


def _is_alive(thread: threading.Thread) -> bool:
    fiber: Fiber | None = getattr(thread, "_fiber", None)
    return _real_is_alive(thread) if fiber is None else fiber.alive


@contextmanager
def threading_on_fibers(spawn: Spawn) -> Iterator[None]:
    """While open, threads started inside a fiber become fibers made by `spawn`."""

    def start(thread: threading.Thread) -> None:
        if current_fiber() is None:
            _real_start(thread)
            return
        if thread._started.is_set():  # type: ignore[attr-defined]
            raise RuntimeError("threads can only be started once")
        thread._started.set()  # type: ignore[attr-defined]
        fiber = spawn(thread)
        thread._fiber = fiber  # type: ignore[attr-defined]
        thread._ident = thread._native_id = id(fiber)  # type: ignore[attr-defined]
        fiber.thread = thread  # type: ignore[attr-defined]

    with (
        patch.multiple(
            threading,
            Lock=staticmethod(_lock),  # as a builtin, it is no method where a class holds it
            RLock=_rlock,
            _allocate_lock=staticmethod(_lock),
            _time=staticmethod(_monotonic),
            current_thread=_current_thread,
            get_ident=staticmethod(_get_ident),
        ),
        patch.multiple(threading.Thread, start=start, join=_join, is_alive=_is_alive),
        patch.multiple(time, sleep=staticmethod(_sleep), monotonic=staticmethod(_monotonic)),
        patch.object(queue, "time", _monotonic),
    ):
        yield
