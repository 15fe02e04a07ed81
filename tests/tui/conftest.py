"""A made-up lab for the screen: a library on a temporary folder, and a worker without a process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.lesson import Lesson, parse
from lab.report import CheckReport, RunReport, StepReport
from tui.app import PaddockApp
from tui.library import Card

NAME = "wild_rydes/saga"
TITLES = (
    "Watch a fare being paid", "Ask twice", "Read the history", "When accounting is down",
    "Put the money back", "Every task fails", "Say what happened", "Leave nothing behind",
)  # fmt: skip
FUNCTIONS = ("register-fare", "authorize-card", "charge-card", "credit-account", "void-fare")
EDGES = [
    ["rides", "fare-saga"],
    *[["fare-saga", function] for function in FUNCTIONS],
    ["register-fare", "fares"], ["void-fare", "fares"],
    ["authorize-card", "payments"], ["charge-card", "payments"],
    ["credit-account", "accounting"],
    ["fare-saga", "fare-events"], ["fare-events", "processed"], ["fare-saga", "failed"],
]  # fmt: skip


def facts_of(index: int) -> list[dict[str, Any]]:
    """What happens in one step of the made-up lab."""
    at = index * 100.0
    machine = {"machine": "fare-saga", "execution": f"ride-{index}"}
    facts: list[dict[str, Any]] = [
        {"at": at, "who": "lab", "what": "step.begun", "step": TITLES[index], "index": index},
        {"at": at, "who": "lab", "what": "call", "service": "sqs", "action": "SendMessage",
         "account": "123456789012", "region": "us-east-1", "status": 200, "latency_s": 0.01,
         "params": {"QueueUrl": "http://sqs/123456789012/rides", "MessageBody": "{\"ride\": 1}"}},
        {"at": at, "who": "lab", "what": "sqs.sent", "queue": "rides",
         "message_id": f"m{index}", "body": "{\"ride\": 1}"},
        {"at": at + 1, "who": "states:fare-saga", "what": "states.ExecutionStarted", "id": 1,
         "previous_id": 0, **machine, "input": "{\"fare\": 1250}"},
    ]  # fmt: skip
    last = 1
    tasks = zip(("Register", "Charge", "Credit"), FUNCTIONS[::2], strict=True)
    for place, (state, function) in enumerate(tasks):
        now = at + 2 + place
        fails = index == 3 and state == "Credit"
        facts += [
            {"at": now, "who": "states:fare-saga", "what": "states.TaskStateEntered",
             "id": last + 1, "previous_id": last, "state": state, **machine},
            {"at": now, "who": f"lambda:{function}", "what": "lambda.started",
             "function": function, "request_id": f"{index}-{place}", "cold": True, "init_s": 0.2},
            {"at": now + 0.1, "who": f"lambda:{function}", "what": "lambda.log",
             "function": function, "request_id": f"{index}-{place}", "text": "hello\nworld"},
            {"at": now + 0.5, "who": f"lambda:{function}", "what": "lambda.ended",
             "function": function, "request_id": f"{index}-{place}",
             "outcome": "error" if fails else "ok", "duration_s": 0.5,
             **({"error_type": "AccountingDown", "error": "503"} if fails else {})},
        ]  # fmt: skip
        last += 1
        if not fails:
            facts.append(
                {"at": now + 0.6, "who": "states:fare-saga", "what": "states.TaskStateExited",
                 "id": last + 1, "previous_id": last, "state": state, **machine}
            )  # fmt: skip
            last += 1
        if fails:
            facts += [
                {"at": now + 1, "who": "states:fare-saga", "what": "states.LambdaFunctionFailed",
                 "id": last + 1, "previous_id": last, "error": "AccountingDown", **machine},
                {"at": now + 1, "who": "states:fare-saga", "what": "states.Retried",
                 "state": state, "error": "AccountingDown", "attempt": 1, "wait_s": 10, **machine},
                {"at": now + 12, "who": "states:fare-saga", "what": "states.ExecutionFailed",
                 "id": last + 2, "previous_id": last + 1, "error": "AccountingDown", **machine},
            ]  # fmt: skip
            last += 2
    if index != 3:
        facts.append(
            {"at": at + 8, "who": "states:fare-saga", "what": "states.ExecutionSucceeded",
             "id": last + 1, "previous_id": last, **machine}
        )  # fmt: skip
    return facts


def report_of(index: int) -> StepReport:
    """How the made-up lab judges one step: the fourth fails."""
    good = CheckReport("fare registered", 2, 2, True, "1 fare", "1 fare", "", "")
    bad = CheckReport(
        "refunded when credit fails", 3, 0, False,
        "one refund of 1250 cents for fare ride-3", "no refund: the money was kept",
        "A card that is charged for a ride that nobody accounts for is money taken.",
        "Add a Catch to Credit that leads to a refund before the failure is told.",
    )  # fmt: skip
    checks = (good, bad) if index == 3 else (good,)
    return StepReport(
        index, f"step{index}", TITLES[index], index * 100.0, index * 100.0 + 20, checks
    )


class FakeWorker:
    """Answers as lab.server does, without a process; `asked` keeps what it was told."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.alive = False
        self.step = 0
        self.seen = 0
        self._opened: tuple[str, int] | None = None
        self._queue: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()

    def tell(self, event: str, **data: Any) -> None:
        """Let the worker say something."""
        self._queue.put_nowait({"event": event, **data})

    def clock(self, state: str) -> None:
        now_s = self.step * 100.0
        self.tell(
            "clock", now_s=now_s, instant="2026-01-05T08:00:00+00:00", state=state, step=self.step
        )

    async def start(self) -> None:
        self.asked.append(("start",))
        self.alive = True
        self.tell("ready")

    async def restart(self) -> None:
        self.asked.append(("restart",))
        await self.start()
        if self._opened:
            await self.open(self._opened[0], seed=self._opened[1], solution=None)

    async def close(self) -> None:
        self._queue.put_nowait(None)

    def die(self) -> None:
        self.alive = False
        self.tell("died", status=-9, message="the lab's worker was killed by SIGKILL")

    async def events(self) -> AsyncIterator[dict[str, Any]]:
        while (event := await self._queue.get()) is not None:
            yield event

    async def open(self, scenario: str, *, seed: int, solution: Path | None) -> None:
        self.asked.append(("open", scenario, seed, solution))
        self._opened = (scenario, seed)
        self.step = 0
        steps = [
            {"index": index, "name": f"step{index}", "title": title,
             "checks": [{"name": c.name, "points": c.points} for c in report_of(index).checks]}
            for index, title in enumerate(TITLES)
        ]  # fmt: skip
        points = sum(report_of(index).points for index in range(8))
        outline = {"name": scenario, "title": "One saga", "summary": "…", "edges": EDGES,
                   "points": points, "steps": steps}  # fmt: skip
        self.tell("opened", scenario=outline, seed=seed)
        self.clock("paused")

    def _run_step(self) -> None:
        self.tell("step", state="begun", index=self.step)
        self.tell("facts", facts=facts_of(self.step))
        self.tell("step", state="ended", report=report_of(self.step).to_json())
        self.step += 1
        if self.step == len(TITLES):
            report = RunReport(NAME, 42, None, tuple(report_of(i) for i in range(8)))
            self.tell("finished", report=report.to_json())

    async def advance(self, to: str = "step_end", by_s: float = 0.0) -> None:
        self.asked.append(("advance", to))
        self.clock("running")
        self._run_step()
        self.clock("paused")

    async def play(self, rate: float) -> None:
        self.asked.append(("play", rate))
        self.tell("step", state="begun", index=self.step)
        self.clock("playing")

    async def pause(self) -> None:
        self.asked.append(("pause",))
        self.clock("paused")

    async def _replay(self, until: int) -> None:
        self.tell("reset")
        self.step = 0
        self.clock("paused")
        self.clock("running")
        while self.step < until:
            self._run_step()
        self.clock("paused")

    async def rerun(self, step: int) -> None:
        self.asked.append(("rerun", step))
        await self._replay(step + 1)

    async def goto(self, step: int) -> None:
        self.asked.append(("goto", step))
        await self._replay(step)


class FakeLibrary:
    """One lab and one that is broken; the learner's folder is a temporary one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.recorded: dict[str, int] = {}
        self.hints: dict[str, int] = {}
        self.notice: str | None = None
        (folder / "state_machine.asl.json").write_text("{}")
        (folder / "charge_card.py").write_text("def handler(event, context): ...")

    def cards(self) -> list[Card]:
        outline = tuple(
            (title, f"step{index}" in self.recorded) for index, title in enumerate(TITLES)
        )
        summary = "A fare is paid in four places, and any of them can fail."
        earned = sum(self.recorded.values())
        return [
            Card(NAME, "Wild Rydes: one saga", summary, 60, 19, earned, outline, 0, ("sagas",)),
            Card("wild_rydes/broken", "wild_rydes/broken", trouble="scenario.py, line 3: bad"),
        ]  # fmt: skip

    def lesson(self, name: str) -> Lesson:
        pages = [
            f"## {title}\n\nThe card is charged. Now the customer account refuses *twice*, "
            "and `Retry` waits longer each time.\n\n- Press **n** and watch the timeline.\n"
            '- Edit `state_machine.asl.json`.\n\n```json\n{"Retry": [{}]}\n```\n'
            "### Nudge\nLook at the catchers.\n### Pointer\nSee `Catch`.\n"
            "### Worked answer\nAdd one to `Credit`.\n"
            for title in TITLES
        ]
        return parse("# One saga\n\nA ride has ended.\n\n" + "".join(pages))

    def workspace(self, name: str) -> Path:
        return self.folder

    def files(self, folder: Path) -> list[Path]:
        return sorted(file for file in folder.iterdir() if file.is_file())

    def reset(self, name: str, folder: Path) -> str:
        return "Your files are kept in saga.1."

    def record(self, name: str, seed: int, report: StepReport) -> None:
        self.recorded[report.name] = report.earned

    def hints_used(self, name: str, step: str) -> int:
        return self.hints.get(step, 0)

    def use_hints(self, name: str, step: str, used: int) -> None:
        self.hints[step] = used


@pytest.fixture
def workers() -> list[FakeWorker]:
    """The workers that the app has asked for, in order."""
    return []


@pytest.fixture
def library(tmp_path: Path) -> FakeLibrary:
    return FakeLibrary(tmp_path)


@pytest.fixture
def app(workers: list[FakeWorker], library: FakeLibrary) -> Iterator[PaddockApp]:
    """The app on the made-up lab."""

    def worker() -> FakeWorker:
        workers.append(FakeWorker())
        return workers[-1]

    yield PaddockApp(library, worker, scenario=NAME)  # type: ignore[arg-type]


Text = Callable[[PaddockApp], str]


@pytest.fixture
def text() -> Text:
    """What the terminal shows, line by line."""

    def read(app: PaddockApp) -> str:
        strips = app.screen._compositor.render_strips()
        return "\n".join(strip.text for strip in strips)

    return read
