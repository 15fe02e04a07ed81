"""The worker: a Run behind a control API of JSON lines, so that a screen keeps its own time.

Commands come in on stdin and events go out on stdout, one JSON object a line:

    {"do": "open", "scenario": "family/name", "seed": 42, "solution": "/folder" or absent}
    {"do": "advance", "to": "step_end" | "fact" | "for", "by_s": 30}
    {"do": "play", "rate": 60}              virtual seconds a real second, to the step's end
    {"do": "pause"}
    {"do": "rerun", "step": 3}              afresh, and flat out to the end of step 3
    {"do": "goto", "step": 3}               afresh, and flat out to the beginning of step 3
    {"do": "quit"}

Steps count from 0. Commands are answered in order; pause, play, rerun, goto, open and quit end
what is under way, and an `advance` waits for the `advance` before it.
"""

from __future__ import annotations

import os
import sys
import time
from collections import deque
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.child import leave_quickly
from lab.errors import LabError
from lab.pipes import Inbox, Outbox
from lab.report import DEFAULT_SEED

if TYPE_CHECKING:
    from lab.run import Pace, Run
    from lab.scenario import Scenario
    from lab.till import Till

# A job does a slice of work a turn and says how long, in real seconds, it need not be called again.
Job = Generator[float, None, None]

_INTERRUPTING = frozenset({"open", "pause", "play", "rerun", "goto", "quit"})
_SLICE_S = 0.03
_FRAME_S = 0.05
_BILL_S = 0.5


class Worker:
    """Serves one client: at most one Run at a time, and one job on it."""

    def __init__(self, inbox: Inbox, outbox: Outbox) -> None:
        self._inbox = inbox
        self._outbox = outbox
        self._waiting: deque[Mapping[str, Any]] = deque()
        self._run: Run | None = None
        self._till: Till | None = None
        self._billed_at_s = 0.0
        self._scenario: Scenario | None = None
        self._arguments: tuple[Path | None, int] = (None, 0)
        self._events = 64

    def serve(self) -> None:
        """Answer commands until `quit`, or until there is nobody left to give one."""
        self._outbox.send({"event": "ready"})
        job: Job | None = None
        rest_s: float | None = None
        while True:
            for command in self._inbox.read(rest_s):
                if command.get("do") in _INTERRUPTING:
                    self._forget_time_asked_for()
                self._waiting.append(command)
            if self._inbox.ended:
                break
            if self._is_next_due(job):
                begun = self._waiting.popleft()
                if begun.get("do") == "quit":
                    break
                job = self._job(begun)
            rest_s, job = self._turn(job)
            if self._is_next_due(job):
                rest_s = 0.0
        self._close()

    def _is_next_due(self, job: Job | None) -> bool:
        return bool(self._waiting) and (job is None or self._waiting[0].get("do") in _INTERRUPTING)

    def _forget_time_asked_for(self) -> None:
        """Drop what waits its turn only to let time pass: it would be ended as it began."""
        kept = [one for one in self._waiting if one.get("do") not in ("advance", "play")]
        self._waiting = deque(kept)

    def _turn(self, job: Job | None) -> tuple[float | None, Job | None]:
        """Let the job do a slice: how long to rest after it, and the job if it is not done."""
        rest_s: float | None = None
        if job is not None:
            try:
                rest_s = next(job)
            except StopIteration:
                job = None
            except Exception as error:
                if not _is_told(error):
                    raise
                self._outbox.send({"event": "error", "message": str(error)})
                self._tell_clock("paused")
                job = None
        self._outbox.flush(now=job is None)
        return rest_s, job

    def _job(self, command: Mapping[str, Any]) -> Job:
        what = command.get("do")
        try:
            if what == "open":
                solution = command.get("solution")
                folder = None if solution is None else Path(solution)
                return self._opening(
                    command["scenario"], folder, int(command.get("seed", DEFAULT_SEED))
                )
            if what == "advance":
                return self._advancing(command.get("to", "step_end"), command.get("by_s", 0))
            if what == "play":
                return self._playing(float(command.get("rate", 1)))
            if what == "pause":
                return self._pausing()
            if what in ("rerun", "goto"):
                return self._replaying(int(command["step"]), through=what == "rerun")
        except (KeyError, TypeError, ValueError) as error:
            return _refusing(f"the command {dict(command)} cannot be read: {error!r}")
        return _refusing(f"there is no command {what!r}")

    def _opening(self, name: str, solution: Path | None, seed: int) -> Job:
        from lab.catalog import Catalog

        self._close()
        self._scenario = Catalog().load(name)
        self._arguments = (solution, seed)
        self._afresh()
        self._outbox.send({"event": "opened", "scenario": describe(self._scenario), "seed": seed})
        self._set_up()
        yield 0.0

    def _advancing(self, to: str, by_s: float) -> Job:
        from lab.run import Pace

        run = self._current()
        pace = {"step_end": Pace.TO_STEP_END, "fact": Pace.NEXT_FACT, "for": Pace.TO_STEP_END}.get(
            to
        )
        if pace is None:
            raise LabError(f"'advance' goes to step_end, fact or for, not to {to!r}")
        if to == "for":
            pace = Pace.until(run.world.env.now + float(by_s))
        self._tell_clock("running")
        yield from self._stepping(run, pace)
        self._tell_clock("paused")

    def _stepping(self, run: Run, pace: Pace) -> Job:
        """Slices of one step, until it is over or the pace says so."""
        facts = run.world.journal.facts
        wanted = len(facts) + pace.facts
        while not run.finished and len(facts) < wanted:
            if self._slice(run, pace) or run.world.env.now >= pace.until_s:
                return
            self._tell_clock("running", seldom=True)
            yield 0.0

    def _playing(self, rate: float) -> Job:
        from lab.run import Pace

        if not 0 < rate < float("inf"):
            raise LabError(f"'play' wants a rate above 0, not {rate}")
        run = self._current()
        began_s, began_real_s = run.world.env.now, time.perf_counter()
        self._tell_clock("playing")
        while not run.finished:
            now_s = began_s + rate * (time.perf_counter() - began_real_s)
            if self._slice(run, Pace.until(now_s)):
                break
            self._tell_clock("playing", seldom=True)
            yield _FRAME_S if run.world.env.now >= now_s else 0.0
        self._tell_clock("paused")

    def _pausing(self) -> Job:
        self._tell_clock("paused")
        yield 0.0

    def _replaying(self, step: int, *, through: bool) -> Job:
        from lab.run import Pace

        scenario = self._scenario
        if scenario is None:
            raise LabError("nothing is open; 'open' a scenario first")
        if not 0 <= step < len(scenario.steps):
            raise LabError(
                f"there is no step {step}; {scenario.name} has 0 to {len(scenario.steps) - 1}"
            )
        self._close()
        self._afresh()
        self._outbox.send({"event": "reset"})
        self._set_up()
        run = self._current()
        self._tell_clock("running")
        while not run.finished and run.step_index < step + through:
            yield from self._stepping(run, Pace.TO_STEP_END)
        self._tell_clock("paused")

    def _set_up(self) -> None:
        run = self._current()
        self._tell_clock("running")
        run.set_up()
        if run.error is not None:
            self._outbox.send({"event": "error", "message": run.error})
            self._tell_finished(run)
        self._tell_clock("paused")

    def _slice(self, run: Run, pace: Pace) -> bool:
        """Advance for a moment of real time, telling of it; whether a step came to its end."""
        was_open, index = run.is_step_open, run.step_index
        began = time.perf_counter()
        if not was_open:
            self._outbox.send({"event": "step", "state": "begun", "index": index})
        report = run.advance(pace, events=self._events)
        took_s = time.perf_counter() - began
        if took_s > 2 * _SLICE_S:
            self._events = max(1, self._events // 2)
        elif took_s < _SLICE_S / 2:
            self._events = min(65536, self._events * 2)
        if report is None:
            return False
        self._outbox.send({"event": "step", "state": "ended", "report": report.to_json()})
        if run.finished:
            self._tell_finished(run)
        return True

    def _tell_finished(self, run: Run) -> None:
        self._outbox.send({"event": "finished", "report": run.report().to_json()})

    def _tell_clock(self, state: str, *, seldom: bool = False) -> None:
        run = self._run
        if run is None:
            return
        told = self._outbox.clock(
            {
                "event": "clock",
                "now_s": run.world.now_s,
                "instant": run.world.clock.instant.isoformat(),
                "state": state,
                "step": run.step_index,
            },
            seldom=seldom,
        )
        if told:
            self._tell_bill(run, seldom=seldom)

    def _tell_bill(self, run: Run, *, seldom: bool) -> None:
        """Tell what is new of the bill; `seldom`: unless it was told a moment ago."""
        now_real_s = time.perf_counter()
        if self._till is None or (seldom and now_real_s - self._billed_at_s < _BILL_S):
            return
        self._billed_at_s = now_real_s
        bill = self._till.news(run.world.now_s)
        if bill is not None:
            self._outbox.send({"event": "bill", "bill": bill})

    def _afresh(self) -> None:
        from lab.run import Run
        from lab.till import Till

        if self._scenario is not None:
            solution, seed = self._arguments
            self._run = Run(self._scenario, solution, seed, on_fact=self._outbox.fact)
            self._till = Till(self._run.world.clock.start)
            self._run.world.journal.subscribe(self._till.take)

    def _current(self) -> Run:
        if self._run is None:
            raise LabError("nothing is open; 'open' a scenario first")
        return self._run

    def _close(self) -> None:
        if self._run is not None:
            self._run.close()
            self._run = None


def describe(scenario: Scenario) -> dict[str, Any]:
    """What a screen needs to know of a scenario before it begins."""
    return {
        "name": scenario.name,
        "title": scenario.title,
        "summary": scenario.summary,
        "edges": [list(edge) for edge in scenario.edges],
        "points": scenario.points,
        "steps": [
            {
                "index": index,
                "name": step.name,
                "title": step.title,
                "checks": [{"name": check.name, "points": check.points} for check in step.checks],
            }
            for index, step in enumerate(scenario.steps)
        ],
    }


def _refusing(sentence: str) -> Job:
    raise LabError(sentence)
    yield


def _is_told(error: Exception) -> bool:
    from simulator.journal import JournalError

    return isinstance(error, LabError | JournalError)


def main() -> int:
    """Serve the process that started this one, over its pipes."""
    commands, events = os.dup(0), os.dup(1)
    # Whatever else reads or prints in this process must not touch the protocol.
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    try:
        Worker(Inbox(commands), Outbox(events)).serve()
    except (BrokenPipeError, KeyboardInterrupt):  # the client is gone, or asks us to go
        return 0
    finally:
        leave_quickly()
    return 0


if __name__ == "__main__":
    sys.exit(main())
