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


class Checks(Horizontal):
    """The list of checks, and beside it what the chosen one says."""

    DEFAULT_CSS = """
    Checks {
        & > OptionList {
            width: 2fr; height: 1fr; border: none; padding: 0; background: transparent;
            scrollbar-size-vertical: 1;
        }
        & > OptionList:focus { border: none; }
        & > VerticalScroll { width: 3fr; height: 1fr; padding: 0 0 0 1; scrollbar-size-vertical: 1; }
    }
    """

    class Opened(Message):
        """Someone asked for all that a check says."""

        def __init__(self, name: str, text: Content) -> None:
            super().__init__()
            self.name = name
            self.text = text

    def __init__(self, *, id: str, classes: str = "") -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._texts: list[tuple[str, Content]] = []

    def compose(self) -> ComposeResult:
        """The list on the left, the words on the right."""
        yield OptionList(id="check-list", markup=False)
        with VerticalScroll(id="check-words", can_focus=False):
            yield Static(id="check-text")

    def show(self, step: StepOutline | None, report: StepReport | None, *, running: bool) -> None:
        """The checks of a step: as they were judged, or as they will be."""
        options: list[Option] = []
        self._texts = []
        first_failed: int | None = None
        if report is not None:
            for index, check in enumerate(report.checks):
                options.append(Option(_judged(check)))
                self._texts.append((check.name, explain(check)))
                if not check.passed and first_failed is None:
                    first_failed = index
        elif step is not None:
            for waiting in step.checks:
                options.append(Option(_waiting(waiting.name, waiting.points)))
                when = "when the step ends." if running else "when the step has run: press n."
                words = Content.assemble(("· not judged yet", "$text-muted"), f"\nIt is judged {when}")
                self._texts.append((waiting.name, words))
        view = self.query_one(OptionList)
        view.clear_options()
        view.add_options(options)
        if options:
            view.highlighted = first_failed or 0
            self._say(view.highlighted)
        else:
            self.query_one("#check-text", Static).update("")
        if report is not None and report.error:
            words = Content.assemble(("✗ the step could not be run", "bold $text-error"), f"\n{report.error}")
            self.query_one("#check-text", Static).update(words)

    def _say(self, index: int | None) -> None:
        if index is not None and index < len(self._texts):
            self.query_one("#check-text", Static).update(self._texts[index][1])
            self.query_one("#check-words").scroll_home(animate=False)

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Another check is chosen."""
        event.stop()
        self._say(event.option_index)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter or a click on the chosen one: all of it, in a window."""
        event.stop()
        self.post_message(self.Opened(*self._texts[event.option_index]))


def _judged(check: CheckReport) -> Content:
    glyph, style = ("✓", "$text-success") if check.passed else ("✗", "bold $text-error")
    return Content.assemble(
        (f"{glyph} {check.name} ", style), (f"{check.earned}/{check.points}", "$text-muted")
    )


def _waiting(name: str, points: int) -> Content:
    return Content.assemble((f"· {name} ", "$text-muted"), (f"{points} pt", "$text-muted"))


def explain(check: CheckReport) -> Content:
    """A judged check in words: expected, actual, and on failure why it matters and what to try."""
    if check.passed:
        return Content.assemble(
            ("✓ holds", "bold $text-success"), "\n", ("expected ", "$text-muted"), check.expected,
            "\n", ("actual   ", "$text-muted"), check.actual,
        )  # fmt: skip
    return Content.assemble(
        ("expected ", "$text-muted"), check.expected,
        "\n", ("actual   ", "bold $text-error"), check.actual,
        "\n", ("why      ", "$text-muted"), check.why,
        "\n", ("try      ", "$text-accent"), check.advice,
    )  # fmt: skip
