"""Run: one scenario, one solution and one seed on their way through the steps, for every door."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from lab.errors import LabError, UndecidedError
from lab.report import DEFAULT_SEED, CheckReport, RunReport, StepReport
from lab.scenario import Check, Evidence, Scenario, SolutionError, Stage, Step, Verdict
from simulator.journal import Fact, JournalError
from simulator.kernel import EmulatorError, Fiber, FiberError
from simulator.world import World

LAB = "lab"
CHECK = "check"
REFERENCE = "reference"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pace:
    """How far one `advance` goes, at most; it always stops where the step ends.

    `until_s` is in seconds since the world's start, `facts` a number of new facts.
    """

    until_s: float = math.inf
    facts: float = math.inf

    TO_STEP_END: ClassVar[Pace]
    NEXT_FACT: ClassVar[Pace]

    @classmethod
    def until(cls, at_s: float) -> Pace:
        """To the instant `at_s` seconds after the world's start."""
        return cls(until_s=at_s)


Pace.TO_STEP_END = Pace()
Pace.NEXT_FACT = Pace(facts=1)


class _StepOver(BaseException):
    """Thrown into an act that has not returned by its horizon; no `except Exception` holds it."""


@dataclass(frozen=True)
class _OpenStep:
    step: Step
    index: int
    begun_s: float
    first_fact: int
    act: Fiber


class Run:
    """A scenario being carried out on a fresh world; a context manager that closes it.

    Raises LabError where `solution` is no folder, JournalError where `journal` cannot be written.
    """

    def __init__(
        self,
        scenario: Scenario,
        solution: Path | None = None,
        seed: int = DEFAULT_SEED,
        *,
        journal: Path | None = None,
        on_fact: Callable[[Fact], None] | None = None,
    ) -> None:
        self.scenario = scenario
        self.solution = solution_folder(scenario, solution)
        self.seed = seed
        self.error: str | None = None
        self.world = World(seed, journal=journal)
        self._named = None if solution is None else str(solution)
        self._stage = Stage(self.world, self.solution)
        self._is_set_up = False
        self._done: list[StepReport] = []
        self._open: _OpenStep | None = None
        if on_fact is not None:
            self.world.journal.subscribe(on_fact)

    @property
    def steps_done(self) -> tuple[StepReport, ...]:
        """The reports of the steps that are over."""
        return tuple(self._done)

    @property
    def step_index(self) -> int:
        """The step that is open or would begin next, from 0; the number of steps at the end."""
        return len(self._done)

    @property
    def is_step_open(self) -> bool:
        """Whether a step has begun and is not over."""
        return self._open is not None

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do: every step is over, or set-up failed."""
        return len(self._done) == len(self.scenario.steps)

    def set_up(self) -> None:
        """Let the scenario prepare its world; the first advance does so where nobody has.

        Where the learner's files are unusable, `error` says why and the run is finished.
        """
        if self._is_set_up:
            return
        self._is_set_up = True
        try:
            fiber = self.world.spawn(self.scenario.setup, self._stage, name="setup", actor=LAB)
            self.world.run(until=fiber)
        except Exception as error:
            self.error = _sentence(error)
            self._done = [
                StepReport.unjudged(step, index, self.error, self.world.now_s)
                for index, step in enumerate(self.scenario.steps)
            ]

    def advance(
        self, pace: Pace = Pace.TO_STEP_END, *, events: float = math.inf
    ) -> StepReport | None:
        """Let time pass in the open step, or in the next; its report once it is over.

        Stops earlier, with None, where `pace` says so or after `events` events of the world: how a
        caller with other things to do takes a slice. Raises JournalError for a full disk, and
        UndecidedError where Paddock itself failed, which says nothing of the solution.
        """
        try:
            return self._advance(pace, events)
        except EmulatorError as error:
            raise UndecidedError(f"Paddock failed, not the solution: {error}") from error

    def _advance(self, pace: Pace, events: float) -> StepReport | None:
        wanted_facts = len(self.world.journal.facts) + pace.facts
        with self.world.active():
            self.set_up()
            if self.finished:
                return None
            if self._open is None:
                self._open = self._begin()
            error = None
            try:
                if not self._go(self._open, pace.until_s, wanted_facts, events):
                    return None
            except Exception as problem:
                error = _sentence(problem)
                self.world.record("fiber.failed", LAB, name=self._open.step.name, error=error)
            return self._end(self._open, error)

    def report(self) -> RunReport:
        """What the run showed so far; the whole verdict once it is finished."""
        return RunReport(
            scenario=self.scenario.name,
            seed=self.seed,
            solution=self._named,
            steps=self.steps_done,
            error=self.error,
        )

    def close(self) -> None:
        """End the world."""
        self.world.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _begin(self) -> _OpenStep:
        index = len(self._done)
        step = self.scenario.steps[index]
        first_fact = len(self.world.journal.facts)
        self.world.record("step.begun", LAB, step=step.name, index=index)
        act = self.world.spawn(step.act, self._stage, name=step.name, actor=LAB)
        _keep_failure(act)
        return _OpenStep(step, index, self.world.env.now, first_fact, act)

    def _go(self, open_step: _OpenStep, until_s: float, wanted_facts: float, events: float) -> bool:
        """Let the world run; whether the step is over. Raises what the act or the world raised."""
        world, env, act = self.world, self.world.env, open_step.act
        horizon_s = open_step.begun_s + open_step.step.horizon_s
        stop_s = min(until_s, horizon_s)
        facts = world.journal.facts
        while events > 0 and len(facts) < wanted_facts:
            if act.error is not None or (act.alive and env.idle):
                world.run(until=act)  # raises, naming the fiber, its code and the instant
            if env.idle:
                return True
            if env.peek() > stop_s:
                if stop_s > env.now:
                    world.run(until=stop_s)
                return stop_s == horizon_s
            world.step()
            events -= 1
        return False

    def _end(self, open_step: _OpenStep, error: str | None) -> StepReport:
        step, world = open_step.step, self.world
        if open_step.act.alive:
            open_step.act.interrupt(_StepOver())
            world.step()
        ended_s = world.now_s
        world.record("step.ended", LAB, step=step.name, index=open_step.index)
        if error is None:
            evidence = Evidence(self._stage, world.journal.facts[open_step.first_fact :])
            checks = tuple(self._judge(check, evidence) for check in step.checks)
        else:
            checks = tuple(CheckReport.unjudged(check, error) for check in step.checks)
        report = StepReport(
            open_step.index,
            step.name,
            step.title,
            round(open_step.begun_s, 6),
            ended_s,
            checks,
            error,
        )
        self._open = None
        self._done.append(report)
        return report

    def _judge(self, check: Check, evidence: Evidence) -> CheckReport:
        """Ask a check, as a fiber that can call AWS and that may not let time pass."""
        world, env = self.world, self.world.env
        fiber = world.spawn(check.judge, evidence, name=f"check {check.name}", actor=CHECK)
        fiber.context["unseen"] = True
        _keep_failure(fiber)
        now_s = env.now
        while fiber.alive and env.peek() <= now_s:
            world.step()
        if fiber.alive:
            fiber.interrupt(_StepOver())
            world.step()
            problem = "the check waited for virtual time to pass; a check may only look"
            return CheckReport.unjudged(check, problem)
        if fiber.error is not None:
            return CheckReport.unjudged(check, _sentence(fiber.error))
        verdict = fiber.done.value
        if not isinstance(verdict, Verdict):
            return CheckReport.unjudged(
                check, f"the check returned {verdict!r}, which is no Verdict"
            )
        return CheckReport(
            name=check.name,
            points=check.points,
            earned=check.points if verdict.passed else 0,
            passed=bool(verdict.passed),
            expected=verdict.expected,
            actual=verdict.actual,
            why=check.why,
            advice=check.advice,
        )


def run_through(
    scenario: Scenario,
    solution: Path | None = None,
    seed: int = DEFAULT_SEED,
    *,
    journal: Path | None = None,
    on_fact: Callable[[Fact], None] | None = None,
) -> RunReport:
    """Carry a scenario out from beginning to end; raises as Run does."""
    with Run(scenario, solution, seed, journal=journal, on_fact=on_fact) as run:
        while not run.finished:
            run.advance()
        return run.report()


def solution_folder(scenario: Scenario, solution: Path | None) -> Path:
    """The folder to judge: `solution`, or the scenario's reference. Raises LabError."""
    folder = scenario.folder / REFERENCE if solution is None else solution
    if folder.is_dir():
        return folder.resolve()
    if folder.exists():
        raise LabError(f"the solution {folder} is a file; name the folder that holds it")
    raise LabError(
        f"there is no solution folder {folder}; "
        f"'paddock path {scenario.name}' names your workspace, and makes it"
    )


def _keep_failure(fiber: Fiber) -> None:
    """Let this fiber's failure be read from it, where the world would raise it from its loop."""
    if fiber.done.callbacks is not None:  # it has yet to end
        fiber.done.callbacks.append(lambda _: None)


def _sentence(error: BaseException) -> str:
    """What went wrong, for a person. A full disk or Ctrl-C is not the solution's: raised again."""
    cause: BaseException | None = error
    while isinstance(cause, FiberError) and cause.__cause__ is not None:
        cause = cause.__cause__
    if isinstance(cause, SolutionError):
        return str(cause)
    if isinstance(cause, JournalError | KeyboardInterrupt):
        raise cause
    log.debug("a step failed", exc_info=error)
    if isinstance(error, FiberError):
        return str(error)
    return f"{type(error).__name__}: {error}"
