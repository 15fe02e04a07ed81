"""Small windows above a screen: a question, some words, a choice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Markdown, OptionList, Static
from textual.widgets.option_list import Option

from tui.widgets.chrome import Keys, Press

BOX_CSS = """
{name} {{
    align: center middle;
    background: $background 60%;
    & > Vertical {{
        width: 90%; max-width: 100; height: auto; max-height: 90%;
        border: round $primary; border-title-color: $primary; border-title-style: bold;
        background: $surface; padding: 0 1;
    }}
    & VerticalScroll {{ height: auto; max-height: 70vh; scrollbar-size-vertical: 1; }}
    & OptionList {{
        height: auto; max-height: 70vh; border: none; background: transparent; padding: 0;
    }}
    & OptionList:focus {{ border: none; }}
    & Keys {{ background: transparent; margin: 1 0 0 0; }}
    & Markdown {{ padding: 0; background: transparent; }}
    & MarkdownBlock {{ margin: 0 0 1 0; }}
}}
"""


class Confirm(ModalScreen[bool]):
    """A yes-or-no question; what is not y is no."""

    DEFAULT_CSS = BOX_CSS.format(name="Confirm")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,enter", "answer(True)", "Yes"),
        Binding("n,escape,q", "answer(False)", "No"),
    ]

    def __init__(self, title: str, question: str) -> None:
        super().__init__()
        self._title, self._question = title, question

    def compose(self) -> ComposeResult:
        """The question and its two answers."""
        with Vertical() as box:
            box.border_title = self._title
            yield Static(self._question, markup=False)
            yield Keys([("y", "yes", "answer(True)"), ("n", "no", "answer(False)")])

    def action_answer(self, answer: bool) -> None:
        """Give the answer back."""
        self.dismiss(answer)


class Words(ModalScreen[None]):
    """Something to read: styled text or, as `str`, Markdown."""

    DEFAULT_CSS = BOX_CSS.format(name="Words")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter,question_mark,f1", "close", "Close"),
        Binding("y", "copy", "Copy"),
        Binding("down,j", "scroll(1)", show=False),
        Binding("up,k", "scroll(-1)", show=False),
    ]

    def __init__(
        self, title: str, words: Content | Widget | str, *, copies: str | None = None
    ) -> None:
        super().__init__()
        self._title, self._words, self._copies = title, words, copies

    def compose(self) -> ComposeResult:
        """The words, and how to leave."""
        with Vertical() as box:
            box.border_title = self._title
            with VerticalScroll():
                if isinstance(self._words, str):
                    yield Markdown(self._words, open_links=False)
                elif isinstance(self._words, Widget):
                    yield self._words
                else:
                    yield Static(self._words)
            copy = [("y", "copy as AWS CLI", "copy")] if self._copies else []
            yield Keys([("escape", "close", "close"), *copy])

    def on_mount(self) -> None:
        """The text scrolls with the arrow keys at once."""
        self.query_one(VerticalScroll).focus()

    def action_scroll(self, by: int) -> None:
        """A line down or up."""
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)

    def action_copy(self) -> None:
        """Copy the command that belongs to the words."""
        if self._copies:
            self.app.copy_to_clipboard(self._copies)
            self.app.notify(self._copies, title="Copied", markup=False)

    def action_close(self) -> None:
        """Back to the screen below."""
        self.dismiss(None)


class Choose(ModalScreen[int | None]):
    """One of several; gives back its place in the list, or None."""

    DEFAULT_CSS = BOX_CSS.format(name="Choose")
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "leave", "Leave")]

    def __init__(self, title: str, choices: Sequence[str]) -> None:
        super().__init__()
        self._title, self._choices = title, choices

    def compose(self) -> ComposeResult:
        """The list."""
        with Vertical() as box:
            box.border_title = self._title
            yield OptionList(*[Option(choice) for choice in self._choices], markup=False)
            yield Keys([("enter", "choose", "choose"), ("escape", "leave", "leave")])

    def on_mount(self) -> None:
        """The first is chosen until the keys say otherwise."""
        self.query_one(OptionList).highlighted = 0

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Give the choice back."""
        self.dismiss(event.option_index)

    def action_choose(self) -> None:
        """Take the one under the cursor."""
        self.query_one(OptionList).action_select()

    def action_leave(self) -> None:
        """Take none."""
        self.dismiss(None)


class Hints(ModalScreen[None]):
    """The hint ladder of a step. A rung is read only when it is asked for, and that is recorded."""

    DEFAULT_CSS = BOX_CSS.format(name="Hints")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "close", "Close"),
        Binding("h", "more", "Next hint"),
        Binding("down,j", "scroll(1)", show=False),
        Binding("up,k", "scroll(-1)", show=False),
    ]

    def __init__(self, step: str, rungs: Sequence[tuple[str, str]], used: int) -> None:
        super().__init__()
        self._step, self._rungs = step, rungs
        self.used = used

    def compose(self) -> ComposeResult:
        """What has been read so far, and the way to the next rung."""
        with Vertical() as box:
            box.border_title = f"Hints: {self._step}"
            with VerticalScroll():
                yield Markdown(open_links=False)
            yield Keys([("h", "hint", "more"), ("escape", "close", "close")])

    async def on_mount(self) -> None:
        """The arrow keys scroll at once."""
        self.query_one(VerticalScroll).focus()
        await self._draw()

    async def _draw(self) -> None:
        if not self._rungs:
            text = "This step has no hints: the lesson says it all."
        else:
            read = self._rungs[: self.used]
            text = "\n\n".join(f"### {name}\n\n{words}" for name, words in read)
        left = len(self._rungs) - self.used
        label = f"next: {self._rungs[self.used][0].lower()} ({left} left)" if left else "no more"
        self.query(Press).first().relabel(label)
        await self.query_one(Markdown).update(text or "_No hint read yet; each one is recorded._")
        self.query_one(VerticalScroll).scroll_end(animate=False)

    async def action_more(self) -> None:
        """Read the next rung."""
        if self.used < len(self._rungs):
            self.used += 1
            await self._draw()

    def action_scroll(self, by: int) -> None:
        """A line down or up."""
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)

    def action_close(self) -> None:
        """Back to the lab."""
        self.dismiss(None)
