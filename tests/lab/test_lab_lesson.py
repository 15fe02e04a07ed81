"""Lessons are read a section a step, with their ladders of hints."""

from pathlib import Path

import pytest

from lab.errors import LabError
from lab.lesson import LADDER, parse, read_lesson
from lab.scenario import Scenario


def test_a_lesson_has_a_section_a_step_and_its_ladder(letter: Scenario) -> None:
    lesson = read_lesson(letter.folder)
    assert lesson.title == "A letter"
    assert lesson.introduction == "Letters take a minute."
    assert [section.title for section in lesson.sections] == [step.title for step in letter.steps]
    send, lose = lesson.sections
    assert "## not a heading" in send.text
    assert tuple(hint.name for hint in send.hints) == LADDER
    assert send.hints[0].text == "What does a letter need?"
    assert [hint.name for hint in lose.hints] == ["Nudge"]
    assert lesson.of("Lose a letter") is lose
    with pytest.raises(LabError, match="no heading '## Nowhere'"):
        lesson.of("Nowhere")


def test_hints_are_ordered_and_other_headings_stay_text() -> None:
    (section,) = parse(
        "# T\n## S\nbody\n### Aside\nmore\n### Worked answer\nall\n#### Deeper\nin\n### nudge\nbit"
    ).sections
    assert section.text == "body\n\n### Aside\nmore"
    assert [(hint.name, hint.text) for hint in section.hints] == [
        ("Nudge", "bit"),
        ("Worked answer", "all\n#### Deeper\nin"),
    ]


def test_fences_of_both_kinds_hide_headings() -> None:
    (section,) = parse("## S\n~~~\n```\n## no\n~~~\n````\n```\n## no\n````\nend").sections
    assert section.text.endswith("end")


def test_a_missing_lesson_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"cannot read the lesson .*No such file"):
        read_lesson(tmp_path)
