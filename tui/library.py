"""The lab's shelves as the screens use them: scenarios, lessons, the learner's folder, progress."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


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


@dataclass(frozen=True)
class Lesson:
    """A lesson's pages: Markdown a step, and the rungs of each step's hint ladder."""

    intro: str
    pages: Sequence[str]
    ladders: Sequence[Sequence[tuple[str, str]]]

    def page(self, index: int) -> str:
        """The text of a step; the first begins with the introduction."""
        text = self.pages[index] if index < len(self.pages) else "This step has no lesson."
        return f"{self.intro}\n\n{text}" if index == 0 and self.intro else text

    def hints(self, index: int) -> Sequence[tuple[str, str]]:
        """The hints of a step, gentlest first: (name, Markdown)."""
        return self.ladders[index] if index < len(self.ladders) else ()


class Library:
    """To be filled."""

    def workspace(self, name: str) -> Path: ...
