"""Reports: what a run showed, as frozen values that travel as JSON and never hold a world."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from lab.scenario import Check, Scenario, Step

PROGRAM = "paddock"
DEFAULT_SEED = 42


@dataclass(frozen=True)
class CheckReport:
    """What one check found. `why` and `advice` are the check's own, for when it failed."""

    name: str
    points: int
    earned: int
    passed: bool
    expected: str
    actual: str
    why: str
    advice: str

    @classmethod
    def unjudged(cls, check: Check, problem: str) -> Self:
        """A check that earned nothing because it could not be asked."""
        return cls(
            name=check.name,
            points=check.points,
            earned=0,
            passed=False,
            expected="the check can be judged",
            actual=problem,
            why=check.why,
            advice=check.advice,
        )

    def to_json(self) -> dict[str, Any]:
        """A plain object that `from_json` takes back."""
        return dict(vars(self))

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> Self:
        """The report an object holds. Raises KeyError where a field is missing."""
        return cls(**{name: entry[name] for name in cls.__dataclass_fields__})


@dataclass(frozen=True)
class StepReport:
    """How one step went; `begun_s` and `ended_s` are seconds since the world's start.

    `error` is set where the step itself could not be carried out; then every check failed.
    """

    index: int
    name: str
    title: str
    begun_s: float
    ended_s: float
    checks: tuple[CheckReport, ...]
    error: str | None = None

    @classmethod
    def unjudged(cls, step: Step, index: int, problem: str, at_s: float = 0.0) -> Self:
        """A step that was never carried out."""
        checks = tuple(CheckReport.unjudged(check, problem) for check in step.checks)
        return cls(index, step.name, step.title, at_s, at_s, checks, problem)

    @property
    def points(self) -> int:
        """What the step is worth."""
        return sum(check.points for check in self.checks)

    @property
    def earned(self) -> int:
        """What it brought."""
        return sum(check.earned for check in self.checks)

    @property
    def passed(self) -> bool:
        """Whether every check held."""
        return self.error is None and all(check.passed for check in self.checks)

    def to_json(self) -> dict[str, Any]:
        """A plain object that `from_json` takes back, with the sums beside the facts."""
        return {
            **vars(self),
            "checks": [check.to_json() for check in self.checks],
            "points": self.points,
            "earned": self.earned,
            "passed": self.passed,
        }

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> Self:
        """The report an object holds. Raises KeyError where a field is missing."""
        fields = {name: entry[name] for name in cls.__dataclass_fields__}
        fields["checks"] = tuple(CheckReport.from_json(check) for check in entry["checks"])
        return cls(**fields)


@dataclass(frozen=True)
class RunReport:
    """How a whole run went. `solution` is the folder judged, or None for the reference.

    `error` is set where the run never reached its first step: the learner's files were unusable.
    """

    scenario: str
    seed: int
    solution: str | None
    steps: tuple[StepReport, ...]
    error: str | None = None

    @classmethod
    def unjudged(cls, scenario: Scenario, seed: int, solution: str | None, problem: str) -> Self:
        """A run that gave no verdict: nothing is earned, and every check says why."""
        steps = tuple(
            StepReport.unjudged(step, index, problem) for index, step in enumerate(scenario.steps)
        )
        return cls(scenario.name, seed, solution, steps, problem)

    @property
    def points(self) -> int:
        """What the scenario is worth."""
        return sum(step.points for step in self.steps)

    @property
    def earned(self) -> int:
        """What the run brought."""
        return sum(step.earned for step in self.steps)

    @property
    def passed(self) -> bool:
        """Whether every check of every step held."""
        return self.error is None and all(step.passed for step in self.steps)

    @property
    def command(self) -> str:
        """The one line that repeats this run."""
        words = [PROGRAM, "run", self.scenario, "--seed", str(self.seed)]
        if self.solution is not None:
            words += ["--solution", self.solution]
        return shlex.join(words)

    def to_json(self) -> dict[str, Any]:
        """A plain object that `from_json` takes back, with the sums beside the facts."""
        return {
            **vars(self),
            "steps": [step.to_json() for step in self.steps],
            "points": self.points,
            "earned": self.earned,
            "passed": self.passed,
            "command": self.command,
        }

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> Self:
        """The report an object holds. Raises KeyError where a field is missing."""
        fields = {name: entry[name] for name in cls.__dataclass_fields__}
        fields["steps"] = tuple(StepReport.from_json(step) for step in entry["steps"])
        return cls(**fields)
