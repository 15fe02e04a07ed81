"""Progress: what a learner has finished, on disk after every change and whole after any crash."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from lab.errors import LabError
from lab.places import home, write_whole
from lab.report import StepReport

SCHEMA = 1


@dataclass(frozen=True)
class StepProgress:
    """The best a learner did in one step, and how far down its ladder of hints they went."""

    earned: int = 0
    points: int = 0
    hints: int = 0

    @property
    def passed(self) -> bool:
        """Whether everything it is worth was earned once."""
        return 0 < self.points <= self.earned


@dataclass(frozen=True)
class ScenarioProgress:
    """How a learner stands in one scenario: by step name, and the seed they last ran."""

    seed: int | None = None
    steps: Mapping[str, StepProgress] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def earned(self) -> int:
        """The sum of each step's best."""
        return sum(step.earned for step in self.steps.values())

    @property
    def steps_passed(self) -> int:
        """How many steps were passed."""
        return sum(step.passed for step in self.steps.values())

    def step(self, name: str) -> StepProgress:
        """How they stand in one step."""
        return self.steps.get(name, StepProgress())


class Progress:
    """The progress file. Each change is read, made and written under a lock: two may be open.

    `notice` is a sentence to show where the file was damaged: it was set aside, not lost. Writing
    raises LabError where the disk refuses.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or home() / "progress.json"
        self.notice: str | None = None
        self._scenarios = self._read()

    def of(self, scenario: str) -> ScenarioProgress:
        """How the learner stands in a scenario."""
        return self._scenarios.get(scenario, ScenarioProgress())

    def record_step(self, scenario: str, report: StepReport, seed: int) -> None:
        """Keep a step's result where it is the best so far."""

        def better(old: StepProgress) -> StepProgress:
            if old.points == report.points and old.earned >= report.earned:
                return old
            return replace(old, earned=report.earned, points=report.points)

        self._change(scenario, report.name, better, seed)

    def record_hint(self, scenario: str, step: str, rung: int) -> None:
        """Note that the hints of a step were shown up to rung `rung`, from 1."""
        self._change(scenario, step, lambda old: replace(old, hints=max(old.hints, rung)), None)

    def forget(self, scenario: str) -> None:
        """Begin a scenario anew."""
        with self._locked():
            self._scenarios = self._read()
            if self._scenarios.pop(scenario, None) is not None:
                self._write()

    def _change(
        self,
        scenario: str,
        step: str,
        change: Callable[[StepProgress], StepProgress],
        seed: int | None,
    ) -> None:
        with self._locked():
            self._scenarios = self._read()
            old = self.of(scenario)
            new = ScenarioProgress(
                seed=old.seed if seed is None else seed,
                steps=MappingProxyType({**old.steps, step: change(old.step(step))}),
            )
            if new != old:
                self._scenarios[scenario] = new
                self._write()

    def _read(self) -> dict[str, ScenarioProgress]:
        try:
            return _parse(json.loads(self.path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise self._refused("read", error) from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            aside = self._set_aside()
            self.notice = (
                f"the progress file {self.path} could not be read ({error}); it is kept as "
                f"{aside.name}, and a new one begins"
            )
            return {}

    def _set_aside(self) -> Path:
        number, aside = 1, self.path.with_name(f"{self.path.name}.corrupt")
        while aside.exists():
            number += 1
            aside = self.path.with_name(f"{self.path.name}.corrupt-{number}")
        try:
            self.path.rename(aside)
        except OSError as error:
            raise self._refused("set aside", error) from error
        return aside

    def _write(self) -> None:
        scenarios = {
            name: {
                "seed": scenario.seed,
                "steps": {step: dict(vars(entry)) for step, entry in scenario.steps.items()},
            }
            for name, scenario in self._scenarios.items()
        }
        text = json.dumps({"schema": SCHEMA, "scenarios": scenarios}, indent=1, sort_keys=True)
        try:
            write_whole(self.path, text + "\n")
        except OSError as error:
            raise self._refused("write", error) from error

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            import fcntl
        except ImportError:  # not POSIX: one writer at a time is the learner's to see to
            yield
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            lock = os.open(self.path.with_name(f".{self.path.name}.lock"), os.O_CREAT | os.O_RDWR)
        except OSError as error:
            raise self._refused("write", error) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _refused(self, verb: str, error: OSError) -> LabError:
        return LabError(
            f"cannot {verb} the progress file {self.path}: {error.strerror or error}; "
            "make room or set PADDOCK_HOME to a folder that can be written"
        )


def _parse(document: Mapping[str, Any]) -> dict[str, ScenarioProgress]:
    if document["schema"] != SCHEMA:
        raise ValueError(f"its schema is {document['schema']!r}, and this version reads {SCHEMA}")
    return {
        name: ScenarioProgress(
            seed=None if entry["seed"] is None else int(entry["seed"]),
            steps=MappingProxyType(
                {
                    step: StepProgress(int(best["earned"]), int(best["points"]), int(best["hints"]))
                    for step, best in entry["steps"].items()
                }
            ),
        )
        for name, entry in document["scenarios"].items()
    }
