"""What the screen knows of a run: the worker's events mirrored, and the words to command it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from lab.report import RunReport, StepReport
from simulator.journal import Fact
from tui.folds import CloudState
from tui.plain import plain

RATES = (1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)
"""Virtual seconds per real second that + and - walk through."""

log = logging.getLogger(__name__)


class Worker(Protocol):
    """The near end of the worker's pipe, as lab.client.WorkerClient gives it."""

    async def start(self) -> None:
        """Start the process. Raises OSError where it cannot."""

    async def restart(self) -> None:
        """Start a new process, and open what was open before."""

    async def close(self) -> None:
        """End the process and the events."""

    def events(self) -> AsyncIterator[dict[str, Any]]:
        """Every event in order, across deaths and restarts, until `close`."""

    async def open(self, scenario: str, *, seed: int, solution: Path | None) -> None:
        """Open a scenario."""

    async def advance(
        self, to: Literal["step_end", "fact", "for"] = "step_end", by_s: float = 0.0
    ) -> None:
        """Let the world run on."""

    async def play(self, rate: float) -> None:
        """Let it run at `rate` virtual seconds a real second."""

    async def pause(self) -> None:
        """Stop where it is."""

    async def rerun(self, step: int) -> None:
        """Afresh to the end of a step."""

    async def goto(self, step: int) -> None:
        """Afresh to the beginning of a step."""


@dataclass(frozen=True)
class CheckOutline:
    """A check before it is judged."""

    name: str
    points: int


@dataclass(frozen=True)
class StepOutline:
    """A step before it is run."""

    index: int
    name: str
    title: str
    checks: tuple[CheckOutline, ...]


@dataclass(frozen=True)
class Outline:
    """A scenario as the worker announces it."""

    name: str
    title: str
    summary: str
    edges: tuple[tuple[str, str], ...]
    points: int
    steps: tuple[StepOutline, ...]

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> Outline:
        """The outline an object holds. Raises KeyError where a field is missing."""
        steps = tuple(
            StepOutline(
                step["index"],
                step["name"],
                step["title"],
                tuple(CheckOutline(check["name"], check["points"]) for check in step["checks"]),
            )
            for step in entry["steps"]
        )
        edges = tuple((source, target) for source, target in entry.get("edges", ()))
        title, summary = entry.get("title", entry["name"]), entry.get("summary", "")
        return cls(entry["name"], title, summary, edges, entry["points"], steps)


class Session:
    """One lab being watched or done. `take` mirrors an event; panes read the attributes.

    `changed` says which panes have something new: the screen empties it when it draws.
    """

    def __init__(self, worker: Worker, scenario: str, seed: int, solution: Path | None) -> None:
        self.worker = worker
        self.scenario = scenario
        self.seed = seed
        self.solution = solution
        self.rate = 60
        self.outline: Outline | None = None
        self.facts: list[Fact] = []
        self.cloud = CloudState()
        self.bill: Mapping[str, Any] | None = None
        self.now_s = 0.0
        self.instant = ""
        self.state = "starting"
        self.open_step: int | None = None
        self.next_step = 0
        self.shown = 0
        self.reports: dict[int, StepReport] = {}
        self.verdict: RunReport | None = None
        self.trouble: str | None = None
        self.epitaph: str | None = None
        self.changed: set[str] = set()
        self._pinned: int | None = None
        self._unrecorded: list[StepReport] = []
        self._left_at: int | None = None
        self.resume_at: int | None = None
        """The step to go back to after a restart, for the screen to do and to set to None."""
        self._takers: dict[str, Callable[[Mapping[str, Any]], None]] = {
            "ready": self._take_ready,
            "opened": self._take_opened,
            "facts": self._take_facts,
            "clock": self._take_clock,
            "bill": self._take_bill,
            "step": self._take_step,
            "reset": self._take_reset,
            "finished": self._take_finished,
            "error": self._take_error,
            "died": self._take_died,
        }

    # what the worker says

    async def listen(self) -> None:
        """Start the worker, open the lab and mirror its events until it is closed."""
        try:
            await self.worker.start()
        except OSError as error:
            self.take({"event": "died", "message": f"the lab's worker cannot be started: {error}"})
            return
        await self.worker.open(self.scenario, seed=self.seed, solution=self.solution)
        async for event in self.worker.events():
            self.take(event)
            await asyncio.sleep(0)  # a flood must not keep keys and the mouse waiting

    def take(self, event: Mapping[str, Any]) -> None:
        """Mirror one event; one that is not known is noted in the log and passed over."""
        taker = self._takers.get(str(event.get("event")))
        if taker is None:
            log.warning("unknown event from the worker: %s", event.get("event"))
            return
        taker(plain(dict(event)))

    def _take_ready(self, _: Mapping[str, Any]) -> None:
        self.state = "paused"

    def _take_opened(self, event: Mapping[str, Any]) -> None:
        self.outline = Outline.from_json(event["scenario"])
        self.seed = event.get("seed", self.seed)
        self.state = "paused"
        self.trouble = None
        self.resume_at, self._left_at = self._left_at, None
        self.changed |= {"outline", "state", "clock", "checks"}

    def _take_facts(self, event: Mapping[str, Any]) -> None:
        for entry in event["facts"]:
            fact = Fact(entry.pop("at"), entry.pop("who"), entry.pop("what"), entry)
            self.facts.append(fact)
            self.cloud.take(fact)
        if self.facts:
            self.now_s = max(self.now_s, self.facts[-1].at)
        self.changed |= {"facts", "clock"}

    def _take_clock(self, event: Mapping[str, Any]) -> None:
        self.now_s = event["now_s"]
        self.instant = event.get("instant", "")
        self.state = event.get("state", self.state)
        self.cloud.settle(self.now_s)
        self.changed |= {"clock", "cloud"}

    def _take_bill(self, event: Mapping[str, Any]) -> None:
        self.bill = event["bill"]
        self.changed.add("bill")

    def _take_step(self, event: Mapping[str, Any]) -> None:
        if event["state"] == "begun":
            self.open_step = self.next_step = event["index"]
            self.reports.pop(self.open_step, None)
            self.show(self.open_step)
        else:
            report = StepReport.from_json(event["report"])
            self.reports[report.index] = report
            self._unrecorded.append(report)
            self.open_step, self.next_step = None, report.index + 1
            self.show(report.index)
        self.changed |= {"state", "checks", "reported"}

    def _take_reset(self, _: Mapping[str, Any]) -> None:
        self._forget()

    def _forget(self) -> None:
        self.facts = []
        self.cloud = CloudState()
        self.bill = None
        self.now_s, self.instant = 0.0, ""
        self.open_step, self.next_step, self.verdict = None, 0, None
        self.reports.clear()
        self.changed |= {"facts", "clock", "cloud", "state", "checks"}

    def _take_finished(self, event: Mapping[str, Any]) -> None:
        self.verdict = RunReport.from_json(event["report"])
        if self.verdict.error:  # nothing could be set up: every check of every step failed
            self.trouble = self.verdict.error
            self.reports = {report.index: report for report in self.verdict.steps}
        self.changed |= {"state", "checks", "finished"}

    def _take_error(self, event: Mapping[str, Any]) -> None:
        self.trouble = str(event["message"])
        self.state = "paused"
        self.changed |= {"state", "clock"}

    def _take_died(self, event: Mapping[str, Any]) -> None:
        self.epitaph = str(event["message"])
        self.state = "dead"
        self.changed |= {"state", "clock"}

    # what the learner asks for

    async def advance(self, to: Literal["step_end", "fact"]) -> None:
        """Let the world run to the step's end, or by one fact; what plays stops for it."""
        if self.state == "playing":  # the worker would play on first, and then run a step more
            await self.worker.pause()
        self._ask("running")
        await self.worker.advance(to)

    async def play(self) -> None:
        """Let it run at `rate`."""
        self._ask("playing")
        await self.worker.play(self.rate)

    async def pause(self) -> None:
        """Let it stand."""
        await self.worker.pause()

    async def rerun(self, step: int) -> None:
        """Afresh to the end of a step: the learner's files have changed."""
        self._ask("running", pin=step)
        await self.worker.rerun(step)

    async def goto(self, step: int) -> None:
        """Afresh to the beginning of a step."""
        self._ask("running", pin=step)
        await self.worker.goto(step)

    async def reopen(self) -> None:
        """The lab from its start, with what the learner's folder holds now."""
        self._forget()
        self._ask("running")
        self.show(0)
        await self.worker.open(self.scenario, seed=self.seed, solution=self.solution)

    async def restart(self) -> None:
        """A new worker for a dead one; `resume_at` is set once it has opened the lab."""
        self._forget()
        self._ask("starting", pin=self.shown)
        self.epitaph = None
        self._left_at = self.shown
        try:
            await self.worker.restart()
        except OSError as error:
            self.take({"event": "died", "message": f"the lab's worker cannot be started: {error}"})

    def _ask(self, state: str, *, pin: int | None = None) -> None:
        # The lesson stays on a pinned step while the steps before it are replayed.
        self.trouble, self.state, self._pinned = None, state, None
        if pin is not None:
            self.show(pin)
            self._pinned = pin
        self.changed |= {"state", "clock"}

    def show(self, index: int) -> None:
        """Turn the lesson and the checks to a step, unless another one is pinned."""
        if index != self.shown and self._pinned in (None, index):
            self.shown = index
            self.changed |= {"lesson", "checks", "state"}

    def take_reports(self) -> list[StepReport]:
        """The reports that have come in since this was last asked for."""
        reports, self._unrecorded = self._unrecorded, []
        return reports

    @property
    def steps(self) -> tuple[StepOutline, ...]:
        """The steps, or nothing before the worker has announced them."""
        return self.outline.steps if self.outline else ()

    @property
    def earned(self) -> int:
        """Points earned in this run so far."""
        return sum(report.earned for report in self.reports.values())

    @property
    def is_busy(self) -> bool:
        """Whether virtual time is moving."""
        return self.state in {"playing", "running"}

    @property
    def is_at_rest_after_step(self) -> bool:
        """Whether the shown step is over and another waits to be read."""
        return (
            self.open_step is None
            and self.shown in self.reports
            and self.shown + 1 < len(self.steps)
            and self.next_step == self.shown + 1
        )

    def faster(self, by: int) -> None:
        """Walk the rate `by` places up or down RATES."""
        nearest = min(range(len(RATES)), key=lambda index: abs(RATES[index] - self.rate))
        self.rate = RATES[min(max(nearest + by, 0), len(RATES) - 1)]
        self.changed.add("clock")
