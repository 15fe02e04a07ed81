"""A World: one clock, one seed, one journal and one cloud, and the loop that lets time pass."""

from __future__ import annotations

import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from simpy.events import Event

from simulator.fault import Faults
from simulator.journal import Fact, Journal
from simulator.kernel import (
    Clock,
    Deadlock,
    EmulatorError,
    Fiber,
    FiberError,
    FiberStuck,
    Streams,
    VirtualEnvironment,
    current_fiber,
)
from simulator.kernel.fiber import KERNEL_FOLDER
from simulator.kernel.threads import threading_on_fibers

if TYPE_CHECKING:
    from simulator.aws.cloud import Cloud
    from simulator.model.metrics import Metrics

DEFAULT_START = datetime(2026, 1, 1, tzinfo=UTC)
OUTSIDE = "outside"


class World:
    """A cloud in virtual time, the same on every run of one seed.

    `start` is the instant at which it begins (default 2026-01-01T00:00:00Z); `stuck_after_s` is how
    many seconds of real time, at least, one fiber may compute before it is stopped as stuck;
    `traffic` is what calls meet on their way: none, typical or degraded.
    """

    def __init__(
        self,
        seed: int = 0,
        start: datetime = DEFAULT_START,
        *,
        journal: Path | None = None,
        stuck_after_s: float = 60.0,
        traffic: str = "none",
    ) -> None:
        self.seed = seed
        self.traffic = traffic
        self.clock = Clock(start)
        self.env = VirtualEnvironment(self.clock)
        self.streams = Streams(seed)
        self.journal = Journal(journal, {"seed": seed, "start": self.clock.start.isoformat()})
        self._stuck_after_s = stuck_after_s
        self._active = ExitStack()
        self._depth = 0
        self._fibers: dict[int, Fiber] = {}
        self._failed: list[Fiber] = []
        self._cloud: Cloud | None = None
        self._metrics: Metrics | None = None
        self.faults = Faults(self)

    @property
    def now_s(self) -> float:
        """Seconds of virtual time since the start."""
        return self.clock.now_s

    @property
    def metrics(self) -> Metrics:
        """What this world's services count and sample; made when first asked for."""
        if self._metrics is None:
            from simulator.model.metrics import Metrics

            self._metrics = Metrics(self)
        return self._metrics

    @property
    def cloud(self) -> Cloud:
        """AWS in this world; made, and moto imported, when first asked for."""
        if self._cloud is None:
            from simulator.aws.cloud import Cloud

            with self.active():
                self._cloud = Cloud(self)
        return self._cloud

    def spawn(
        self,
        fn: Callable[..., Any],
        *args: Any,
        name: str | None = None,
        actor: str | None = None,
        daemon: bool = False,
        background: bool = False,
    ) -> Fiber:
        """Start `fn(*args)` as a fiber at the present instant.

        `actor` is who the journal says it is (default: the spawning fiber's). A daemon may be left
        waiting when everything else has ended; any other fiber left waiting is a deadlock. The
        waits of a background fiber, a daemon too, keep no run going: `run()` ends without it.
        """
        parent = current_fiber()
        context = dict(parent.context) if parent else {"actor": OUTSIDE}
        if actor is not None:
            context["actor"] = actor
        fiber = Fiber(
            self.env,
            (lambda: fn(*args)) if args else fn,
            name=name or str(getattr(fn, "__qualname__", repr(fn))),
            context=context,
            daemon=daemon,
            background=background,
            on_end=self._ended,
        )
        fiber.code = fn
        self._fibers[id(fiber)] = fiber
        return fiber

    def record(self, what: str, /, who: str | None = None, **data: Any) -> Fact:
        """Write a fact at the present instant; `who` is by default the running fiber's actor."""
        if who is None:
            fiber = current_fiber()
            who = fiber.actor if fiber else OUTSIDE
        return self.journal.record(self.clock.now_s, who, what, data)

    def run(self, until: float | Event | Fiber | None = None) -> Any:
        """Let time pass until `until`: seconds since the start, an event or a fiber's end.

        Without it, until nothing more can happen. Returns the event's or the fiber's value. Raises
        FiberError for a fiber that failed, FiberStuck for one that never gives way, Deadlock where
        nothing can wake those that wait.
        """
        horizon_s = float("inf")
        if isinstance(until, (int, float)):
            horizon_s = float(until)
            if horizon_s < self.now_s:
                raise ValueError(f"virtual time is {self.now_s} s already, past until={horizon_s}")
        event = (
            until.done if isinstance(until, Fiber) else until if isinstance(until, Event) else None
        )
        if isinstance(until, Fiber):
            until.defuse()
        elif event is not None and event.callbacks is not None:
            event.callbacks.append(lambda _: None)  # somebody waits for it: the caller
        env, failed = self.env, self._failed
        with self.active():
            while event is None or event.callbacks is not None:
                if env.idle:
                    self._look_for_deadlock(wanted=event)
                    break
                if env.peek() > horizon_s:
                    break
                env.step()
                if failed:
                    self._raise_failed()
            if horizon_s != float("inf"):
                self._skip_to(horizon_s)
        if isinstance(until, Fiber) and until.error is not None:
            raise self._report(until) from until.error
        if event is None or event.ok:
            return event and event.value
        failure: Any = event.value
        raise failure

    def step(self) -> None:
        """Process the next event. Raises FiberError where it makes a fiber fail."""
        self.env.step()
        if self._failed:
            self._raise_failed()

    @contextmanager
    def active(self) -> Iterator[Self]:
        """While open, Python's clock, chance, sleep and threads are this world's."""
        if self._depth == 0:
            with ExitStack() as stack:
                stack.enter_context(self.clock.felt_by_python())
                stack.enter_context(self.streams.felt_by_python())
                stack.enter_context(threading_on_fibers(self._spawn_thread))
                stack.enter_context(self._watched())
                self._active = stack.pop_all()
        self._depth += 1
        try:
            yield self
        finally:
            self._depth -= 1
            if self._depth == 0:
                self._active.close()

    def close(self) -> None:
        """End what the world holds: function processes, the cloud, the journal file."""
        if self._cloud is not None:
            self._cloud.close()
            self._cloud = None
        self.journal.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _skip_to(self, at_s: float) -> None:
        """Move an idle clock on to `at_s`, where no event stands in the way."""
        if at_s > self.now_s:
            marker = self.env.timeout(at_s - self.env.now)
            while not marker.processed:
                self.step()

    def _spawn_thread(self, thread: threading.Thread) -> Fiber:
        def run() -> None:
            try:
                thread.run()
            except SystemExit:
                return
            except Exception as error:  # as Python does: a thread's exception ends that thread only
                self.record(
                    "fiber.failed", name=thread.name, error=f"{type(error).__name__}: {error}"
                )

        return self.spawn(run, name=thread.name, daemon=thread.daemon)

    def _ended(self, fiber: Fiber) -> None:
        self._fibers.pop(id(fiber), None)
        if isinstance(fiber.error, EmulatorError) or (fiber.error and not fiber.done.callbacks):
            self._failed.append(fiber)

    def _raise_failed(self) -> None:
        fiber = self._failed[0]
        self._failed.clear()
        if isinstance(fiber.error, EmulatorError):
            raise fiber.error
        raise self._report(fiber) from fiber.error

    def _report(self, fiber: Fiber) -> FiberError:
        error = fiber.error
        assert error is not None
        where = _innermost(error, fiber.code)
        message = (
            f"fiber {fiber.name!r} failed at {self.clock.instant.isoformat()} "
            f"(t={self.now_s} s) in {where}: {type(error).__name__}: {error}"
        )
        return type(error)(message) if isinstance(error, FiberStuck) else FiberError(message)

    def _look_for_deadlock(self, wanted: Event | None) -> None:
        stuck = [fiber for fiber in self._fibers.values() if fiber.parked and not fiber.daemon]
        if not stuck and wanted is None:
            return
        listing = "; ".join(f"{fiber.name!r} waits at {fiber.whereabouts()}" for fiber in stuck)
        raise Deadlock(
            f"deadlock at {self.clock.instant.isoformat()} (t={self.now_s} s): nothing can happen "
            f"any more, and {listing or 'the awaited event never came'}"
        )

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Stop a fiber that computes for too long: a timer signal, so only in the main thread."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        seen = -1

        def look(_signal: int, _frame: object) -> None:
            nonlocal seen
            if self.env.steps == seen and current_fiber() is not None:
                raise FiberStuck(f"it ran for {self._stuck_after_s} s without waiting for anything")
            seen = self.env.steps

        before = signal.signal(signal.SIGALRM, look)
        signal.setitimer(signal.ITIMER_REAL, self._stuck_after_s, self._stuck_after_s)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)


def _innermost(error: BaseException, code: object) -> str:
    """Where the fiber's own code failed, as `file.py:12 in function`."""
    stack = [
        entry
        for entry in traceback.extract_tb(error.__traceback__)
        if not entry.filename.startswith(KERNEL_FOLDER)
    ]
    for entry in reversed([e for e in stack if "site-packages" not in e.filename] or stack):
        return f"{entry.filename}:{entry.lineno} in {entry.name}"
    return getattr(code, "__qualname__", repr(code))
