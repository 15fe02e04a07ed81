"""What must hold after the step: each check with its points, and why it failed."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from lab.report import CheckReport, StepReport
from tui.session import StepOutline

Lines = tuple[tuple[str, str, str], ...]
"""(label, its style, words) a line."""


class CheckWords(VerticalScroll):
    """What a check says, each label beside its words."""

    DEFAULT_CSS = """
    CheckWords {
        scrollbar-size-vertical: 1;
        & > Horizontal { height: auto; }
        & .label { width: 9; height: auto; }
        & .words { width: 1fr; height: auto; }
    }
    """

    def __init__(self, lines: Lines = (), *, can_focus: bool = True) -> None:
        super().__init__(can_focus=can_focus)
        self._lines = lines

    def compose(self) -> ComposeResult:
        """A row a line."""
        for label, style, words in self._lines:
            with Horizontal():
                yield Static(Content.styled(label, style), classes="label")
                yield Static(Content(words), classes="words")

    async def say(self, lines: Lines) -> None:
        """Say something else."""
        if lines != self._lines:
            self._lines = lines
            await self.recompose()
            self.scroll_home(animate=False)


class Checks(Horizontal):
    """The list of checks, and beside it what the chosen one says."""

    DEFAULT_CSS = """
    Checks {
        & > OptionList {
            width: 9fr; height: 1fr; border: none; padding: 0; background: transparent;
            scrollbar-size-vertical: 1;
        }
        & > OptionList:focus { border: none; }
        &:ansi > OptionList > .option-list--option-highlighted { text-style: reverse; }
        & > CheckWords { width: 11fr; height: 1fr; padding: 0 0 0 1; }
    }
    """

    class Opened(Message):
        """Someone asked for all that a check says."""

        def __init__(self, name: str, lines: Lines) -> None:
            super().__init__()
            self.name = name
            self.lines = lines

    def __init__(self, *, id: str, classes: str = "") -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._said: list[tuple[str, Lines]] = []

    def compose(self) -> ComposeResult:
        """The list on the left, the words on the right."""
        yield OptionList(id="check-list", markup=False)
        yield CheckWords(can_focus=False)

    async def show(
        self, step: StepOutline | None, report: StepReport | None, *, running: bool
    ) -> None:
        """The checks of a step: as they were judged, or as they will be."""
        options: list[Option] = []
        self._said = []
        chosen = 0
        if report is not None:
            options = [Option(_judged(check)) for check in report.checks]
            self._said = [(check.name, explain(check)) for check in report.checks]
            failed = [index for index, check in enumerate(report.checks) if not check.passed]
            chosen = failed[0] if failed else 0
        elif step is not None:
            options = [Option(_waiting(check.name, check.points)) for check in step.checks]
            when = "when the step ends." if running else "when the step has run: press n."
            lines: Lines = (("· open", "$muted", f"It is judged {when}"),)
            self._said = [(check.name, lines) for check in step.checks]
        if report is not None and report.error:
            error: Lines = (("✗ step", "bold $text-error", report.error),)
            self._said = [(name, error) for name, _ in self._said]
        view = self.query_one(OptionList)
        view.clear_options()
        view.add_options(options)
        view.highlighted = chosen if options else None
        await self._say(view.highlighted)

    async def _say(self, index: int | None) -> None:
        known = index is not None and index < len(self._said)
        lines = self._said[index][1] if known and index is not None else ()
        await self.query_one(CheckWords).say(lines)

    async def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Another check is chosen."""
        event.stop()
        await self._say(event.option_index)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter or a click on the chosen one: all of it, in a window."""
        event.stop()
        self.post_message(self.Opened(*self._said[event.option_index]))


def _judged(check: CheckReport) -> Content:
    glyph, style = ("✓", "$text-success") if check.passed else ("✗", "bold $text-error")
    return Content.assemble(
        (f"{glyph} ", style), (f"{check.earned}/{check.points} ", "$muted"), (check.name, style)
    )


def _waiting(name: str, points: int) -> Content:
    return Content.assemble((f"· –/{points} {name}", "$muted"))


def explain(check: CheckReport) -> Lines:
    """A judged check in words: expected, actual, and on failure why it matters and what to try."""
    if check.passed:
        return (
            ("✓ held", "$text-success", ""),
            ("expected", "$muted", check.expected),
            ("actual", "$muted", check.actual),
        )
    return (
        ("expected", "$muted", check.expected),
        ("actual", "bold $text-error", check.actual),
        ("why", "$muted", check.why),
        ("try", "bold $accent", check.advice),
    )
