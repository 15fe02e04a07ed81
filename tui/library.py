"""The lab's shelves as the screens use them: scenarios, lessons, the learner's folder, progress."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lab.catalog import Catalog, Entry
from lab.errors import LabError
from lab.lesson import Lesson, read_lesson
from lab.progress import Progress
from lab.workspace import Workspace
from tui.watch import is_scrap

if TYPE_CHECKING:
    from lab.report import StepReport
    from lab.scenario import Scenario


@dataclass(frozen=True)
class Card:
    """One lab in the catalogue; `trouble` says why it cannot be opened."""

    name: str
    title: str
    summary: str = ""
    minutes: int = 0
    points: int = 0
    earned: int = 0
    outline: tuple[tuple[str, bool], ...] = ()
    hints: int = 0
    tags: tuple[str, ...] = ()
    trouble: str = ""

    @property
    def steps(self) -> int:
        """How many steps there are."""
        return len(self.outline)

    @property
    def steps_passed(self) -> int:
        """How many of them the learner has passed."""
        return sum(passed for _, passed in self.outline)

    @property
    def is_finished(self) -> bool:
        """Whether every step is passed."""
        return self.steps > 0 and self.steps_passed == self.steps


class Library:
    """Every method that touches the disk raises LabError, in one sentence, where it refuses."""

    def __init__(self) -> None:
        self._catalog = Catalog()
        self._progress = Progress()

    @property
    def notice(self) -> str | None:
        """A sentence to show where the progress file was damaged and set aside."""
        return self._progress.notice

    def check(self, name: str, solution: Path | None) -> str:
        """The scenario's full name. Raises LabError where it or the folder does not exist."""
        entry = self._catalog.entry(name)
        entry.load()
        if solution is not None and not solution.is_dir():
            raise LabError(f"there is no folder {solution}; --solution wants one")
        return entry.name

    def cards(self) -> list[Card]:
        """Every lab with the learner's progress; a broken one says why."""
        cards = []
        for entry, found in self._catalog.load_all():
            if isinstance(found, LabError):
                cards.append(Card(entry.name, entry.name, trouble=str(found)))
            else:
                cards.append(self._card(found))
        return cards

    def _card(self, scenario: Scenario) -> Card:
        progress = self._progress.of(scenario.name)
        steps = [(step.title, progress.step(step.name)) for step in scenario.steps]
        return Card(
            scenario.name,
            scenario.title,
            scenario.summary,
            scenario.minutes,
            scenario.points,
            sum(step.earned for _, step in steps),
            tuple((title, step.passed) for title, step in steps),
            sum(step.hints for _, step in steps),
            scenario.tags,
        )

    def lesson(self, name: str) -> Lesson:
        """The lesson of a scenario."""
        return read_lesson(self._entry(name).folder)

    def workspace(self, name: str) -> Path:
        """The learner's folder for a scenario, made from the starter where there is none."""
        return self._workspace(name).open()

    def files(self, folder: Path) -> list[Path]:
        """The files in a learner's folder that are theirs to edit, the topmost first."""
        found = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
        found.sort(key=lambda path: (len(path.parts), path))
        return [folder / path for path in found if not is_scrap(path)]

    def reset(self, name: str, folder: Path) -> str:
        """Put the learner's folder back to the starter; a sentence says where the old one is."""
        workspace = self._workspace(name)
        if folder != workspace.folder:
            raise LabError(f"{folder} was named by --solution: Paddock resets only its own folders")
        kept = workspace.reset()
        return f"Your files are kept in {kept}." if kept else "There was nothing to keep."

    def record(self, name: str, seed: int, report: StepReport) -> None:
        """Keep a step's result where it is the best so far."""
        self._progress.record_step(name, report, seed)

    def hints_used(self, name: str, step: str) -> int:
        """How many rungs of a step's ladder have been read."""
        return self._progress.of(name).step(step).hints

    def use_hints(self, name: str, step: str, used: int) -> None:
        """Record that the rungs up to `used` have been read."""
        self._progress.record_hint(name, step, used)

    def _entry(self, name: str) -> Entry:
        return self._catalog.entry(name)

    def _workspace(self, name: str) -> Workspace:
        return Workspace(name, self._entry(name).folder)
