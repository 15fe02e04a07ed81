"""Lessons: a scenario's lesson.md as a section a step, each with its ladder of hints."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lab.errors import LabError

LESSON_FILE = "lesson.md"
LADDER = ("Nudge", "Pointer", "Worked answer")
"""The rungs, from the lightest help to the whole answer; a section may have any of them."""

_HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*\s*$")
_FENCE = re.compile(r"\s{0,3}(`{3,}|~{3,})")


@dataclass(frozen=True)
class Hint:
    """One rung: its name, one of LADDER, and its text in Markdown."""

    name: str
    text: str


@dataclass(frozen=True)
class Section:
    """One step's text in Markdown, and its hints from the lightest on."""

    title: str
    text: str
    hints: tuple[Hint, ...]


@dataclass(frozen=True)
class Lesson:
    """A whole lesson: its title, what stands before the first step, and a section a step."""

    title: str
    introduction: str
    sections: tuple[Section, ...]

    def of(self, step_title: str) -> Section:
        """The section of the step with that title. Raises LabError where there is none."""
        for section in self.sections:
            if section.title == step_title:
                return section
        raise LabError(f"the lesson {self.title!r} has no heading '## {step_title}'")


def read_lesson(folder: Path) -> Lesson:
    """The lesson in a scenario's folder. Raises LabError where it cannot be read."""
    path = folder / LESSON_FILE
    try:
        return parse(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise LabError(f"cannot read the lesson {path}: {reason}") from error


def parse(markdown: str) -> Lesson:
    """A lesson from its Markdown: `# ` title, `## ` a step, `### ` a rung of its ladder."""
    title, introduction, sections = "", "", []
    for level, heading, text in _blocks(markdown.splitlines(), (1, 2)):
        if level == 2:
            sections.append(_section(heading, text))
        else:
            title, introduction = heading or title, _join(introduction, text)
    return Lesson(title, introduction, tuple(sections))


def _section(title: str, lines: list[str]) -> Section:
    text, rungs = "", dict.fromkeys(LADDER, "")
    rung = None
    for level, heading, block in _blocks(lines, (3,)):
        named = next((name for name in LADDER if name.lower() == heading.lower()), None)
        rung = named or (None if level == 0 else rung)
        body = block if named or not level else [f"### {heading}", *block]
        if rung is None:
            text = _join(text, body)
        else:
            rungs[rung] = _join(rungs[rung], body)
    hints = tuple(Hint(name, rungs[name]) for name in LADDER if rungs[name])
    return Section(title, text, hints)


def _blocks(lines: list[str], levels: tuple[int, ...]) -> Iterator[tuple[int, str, list[str]]]:
    """The text under each heading of those levels, and first, at level 0, what no heading covers.

    A line in a fenced block of code is no heading.
    """
    level, heading, fence = 0, "", ""
    block: list[str] = []
    for line in lines:
        mark = _FENCE.match(line)
        if mark and (not fence or mark[1].startswith(fence)):
            fence = "" if fence else mark[1]
        found = None if fence or mark else _HEADING.match(line)
        if found and len(found[1]) in levels:
            yield level, heading, block
            level, heading, block = len(found[1]), found[2], []
        else:
            block.append(line)
    yield level, heading, block


def _join(text: str, lines: list[str]) -> str:
    return "\n\n".join(part for part in (text, "\n".join(lines).strip()) if part)
