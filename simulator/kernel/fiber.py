"""Fibers: ordinary synchronous code that waits in virtual time, parked on a SimPy event."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from greenlet import getcurrent, greenlet
from simpy.events import URGENT, Event, Timeout

if TYPE_CHECKING:
    from types import FrameType

    from simulator.kernel.clock import VirtualEnvironment


KERNEL_FOLDER = str(Path(__file__).parent)


class FiberError(Exception):
    """A fiber failed; the message names it, its code and the virtual instant."""


class EmulatorError(BaseException):
    """Paddock itself failed, and nothing that follows in this world can be trusted.

    Not an Exception, so that no service's and no learner's code takes it for an error of its own.
    """


class FiberStuck(FiberError):
    """A fiber computed or blocked for real without giving way to the world."""


class Deadlock(FiberError):
    """Every fiber waits for something that nothing left in the world can bring."""


class Interrupted(Exception):
    """Thrown into a parked fiber by `Fiber.interrupt` when it gave no exception of its own."""


def _noted(_: Event) -> None:
    """A callback that marks an event as waited for."""


class _Greenlet(greenlet):
    fiber: Fiber


def current_fiber() -> Fiber | None:
    """The fiber that is running, or None outside all fibers."""
    return getattr(getcurrent(), "fiber", None)


def _here() -> Fiber:
    fiber = current_fiber()
    if fiber is None:
        raise RuntimeError("only a fiber can wait in virtual time; start one with world.spawn(fn)")
    return fiber


def wait(event: Event) -> Any:
    """Park the running fiber until `event` happens; its value, or its exception raised."""
    return _here().wait(event)


def wait_until(event: Event, timeout_s: float | None) -> bool:
    """Park until `event` happens or `timeout_s` has passed; whether it happened."""
    fiber = _here()
    if timeout_s is None:
        fiber.wait(event)
        return True
    if not event.processed:
        fiber.wait(event | fiber.timeout(max(0.0, timeout_s)))
    return event.processed


def sleep(duration_s: float) -> None:
    """Park the running fiber for `duration_s` seconds of virtual time."""
    if duration_s < 0:
        raise ValueError("sleep length must be non-negative")
    fiber = _here()
    fiber.wait(fiber.timeout(duration_s))


class Fiber:
    """One line of execution. `done` is the SimPy event of its end: its value or its exception.

    `context` says on whose behalf it runs (`actor`, an account, an execution …); fibers it starts
    inherit a copy. While `background` is set, its waits keep no run going: so a poller that waits
    for work sets it, and clears it while it works.
    """

    def __init__(
        self,
        env: VirtualEnvironment,
        fn: Callable[[], Any],
        *,
        name: str,
        context: dict[str, Any] | None = None,
        daemon: bool = False,
        background: bool = False,
        on_end: Callable[[Fiber], None] | None = None,
    ) -> None:
        self.env = env
        self.name = name
        self.code = fn
        self.context: dict[str, Any] = dict(context or {})
        self.daemon = daemon or background
        self.background = background
        self.done: Event = env.event()
        self.error: BaseException | None = None
        self._fn = fn
        self._on_end = on_end
        self._waiting_for: Event | None = None
        self._greenlet = _Greenlet(self._main)
        self._greenlet.fiber = self
        begin = Event(env)
        begin._ok, begin._value = True, None
        begin.callbacks.append(self._resume)
        self._waiting_for = begin
        env.schedule(begin)

    @property
    def actor(self) -> str:
        """Who the journal says this is."""
        return str(self.context.get("actor", "outside"))

    @property
    def alive(self) -> bool:
        """Whether it has yet to end."""
        return not self.done.triggered

    @property
    def parked(self) -> bool:
        """Whether it waits for an event."""
        return self._waiting_for is not None

    def wait(self, event: Event) -> Any:
        """Park this fiber, which must be the running one, until `event` happens."""
        if event.callbacks is not None:
            self._waiting_for = event
            event.callbacks.append(self._resume)
            loop = self._greenlet.parent
            assert loop is not None
            loop.switch()
        if event._ok:
            return event._value
        event.defused = True
        raise event._value

    def timeout(self, delay_s: float) -> Timeout:
        """A time-out for this fiber to wait for."""
        if self.background:
            return self.env.background_timeout(delay_s)
        return self.env.timeout(delay_s)

    def join(self, timeout_s: float | None = None) -> bool:
        """From another fiber: wait for this one's end; whether it ended in time."""
        return wait_until(self.done, timeout_s)

    def defuse(self) -> None:
        """Say that somebody cares for its end: its failure is theirs, not the world's."""
        if self.done.callbacks is not None:
            self.done.callbacks.append(_noted)

    def interrupt(self, error: BaseException | None = None) -> None:
        """Throw `error` into this parked fiber at the present instant, before other events."""
        if not self.alive:
            return
        urgent = Event(self.env)
        urgent._ok, urgent._value = True, error or Interrupted()
        urgent.callbacks.append(self._throw)
        self.env.schedule(urgent, URGENT)

    def whereabouts(self) -> str:
        """Where its code stands, as `file.py:12 in function`."""
        frame: FrameType | None = self._greenlet.gr_frame
        if frame is None:
            code = getattr(self._fn, "__code__", None)
            return f"{code.co_filename}:{code.co_firstlineno}" if code else repr(self._fn)
        for entry in reversed(traceback.extract_stack(frame)):
            if (
                not entry.filename.startswith(KERNEL_FOLDER)
                and entry.filename != threading.__file__
            ):
                return f"{entry.filename}:{entry.lineno} in {entry.name}"
        return "its start"

    def _resume(self, _event: Event) -> None:
        self._waiting_for = None
        self._come_from_here()
        self._greenlet.switch()

    def _throw(self, urgent: Event) -> None:
        error: Any = urgent.value
        if self._waiting_for is None or not self.alive:
            return
        callbacks = self._waiting_for.callbacks
        if callbacks is not None and self._resume in callbacks:
            callbacks.remove(self._resume)
        self._waiting_for = None
        if self._greenlet.gr_frame is None:  # it never began
            self._end(error)
            return
        self._come_from_here()
        self._greenlet.throw(error)

    def _come_from_here(self) -> None:
        """Whoever runs the loop now gets control back, however the loop was entered."""
        here = getcurrent()
        if self._greenlet.parent is not here:
            self._greenlet.parent = here

    def _main(self) -> None:
        try:
            value = self._fn()
        except BaseException as error:  # the world reports it, with the fiber's name
            self._end(error)
        else:
            self.done.succeed(value)
            self._finish()

    def _end(self, error: BaseException) -> None:
        self.error = error
        self.done.fail(error if isinstance(error, Exception) else FiberError(repr(error)))
        self.done.defused = True
        self._finish()

    def _finish(self) -> None:
        if self._on_end is not None:
            self._on_end(self)


@contextmanager
def on_behalf(**context: Any) -> Iterator[None]:
    """While open, the running fiber, and fibers it starts, act with these entries of context."""
    fiber = current_fiber()
    if fiber is None:
        yield
        return
    before = fiber.context
    fiber.context = {**before, **context}
    try:
        yield
    finally:
        fiber.context = before
