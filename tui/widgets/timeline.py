"""The journal as a message timeline: one row a fact, drawn only where the screen shows it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import ClassVar

from rich.cells import set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from simulator.journal import Fact
from tui.telling import LEVEL_NAMES, STORY, clock_text, level_of, mentions, tell

_WIDE = 100
_LINE_ENDS = dict.fromkeys(map(ord, "\t\n\r"), " ")


class Timeline(ScrollView, can_focus=True):
    """Facts newest last. The cursor sits on one; at the end it follows what comes."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "timeline--ok",
        "timeline--bad",
        "timeline--warn",
        "timeline--info",
        "timeline--mark",
        "timeline--quiet",
        "timeline--cursor",
    }
    DEFAULT_CSS = """
    Timeline {
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
        & > .timeline--ok { color: $text-success; }
        & > .timeline--bad { color: $text-error; text-style: bold; }
        & > .timeline--warn { color: $text-warning; }
        & > .timeline--info { color: $foreground; }
        & > .timeline--mark { color: $secondary; text-style: bold; }
        & > .timeline--quiet { color: $muted; }
        & > .timeline--cursor { background: $block-cursor-blurred-background; }
        &:focus > .timeline--cursor {
            background: $block-cursor-background;
            color: $block-cursor-foreground;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Earlier", show=False),
        Binding("down,j", "move(1)", "Later", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "first", "First", show=False),
        Binding("end", "last", "Follow the newest", show=False),
        Binding("enter", "open", "Details", show=False),
    ]

    level = reactive(STORY, init=False)
    needle = reactive("", init=False)

    class Opened(Message):
        """Someone asked for the details of a fact."""

        def __init__(self, fact: Fact) -> None:
            super().__init__()
            self.fact = fact

    class Moved(Message):
        """The cursor sits on another fact (or on none)."""

        def __init__(self, fact: Fact | None) -> None:
            super().__init__()
            self.fact = fact

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._facts: Sequence[Fact] = ()
        self._rows: list[int] = []
        self._seen = 0
        self._cursor = -1
        self.following = True

    def show(self, facts: Sequence[Fact]) -> None:
        """Show these facts; a list that has only grown costs what is new."""
        if facts is not self._facts or len(facts) < self._seen:
            self._facts = facts
            self._rows, self._seen, self._cursor = [], 0, -1
            self.following = True
        self._extend()

    def _extend(self) -> None:
        level, needle = self.level, self.needle.lower()
        facts = self._facts
        for index in range(self._seen, len(facts)):
            fact = facts[index]
            if level_of(fact) <= level and (not needle or mentions(fact, needle)):
                self._rows.append(index)
        self._seen = len(facts)
        self.virtual_size = Size(self.size.width, len(self._rows))
        if self.following:
            self._place(len(self._rows) - 1)
        self.refresh()

    def _rebuild(self) -> None:
        kept = self.fact
        at = self._rows[self._cursor] if kept is not None else -1
        self._rows, self._seen = [], 0
        self._extend()
        if not self.following and self._rows:
            self._place(min(bisect_left(self._rows, at), len(self._rows) - 1))

    def watch_level(self) -> None:
        """Another level of detail: the rows are chosen again, the cursor stays near."""
        self._rebuild()

    def watch_needle(self) -> None:
        """Another text to look for: as `watch_level`."""
        self._rebuild()

    @property
    def fact(self) -> Fact | None:
        """The fact under the cursor."""
        if 0 <= self._cursor < len(self._rows):
            return self._facts[self._rows[self._cursor]]
        return None

    @property
    def row_count(self) -> int:
        """How many facts pass the filter."""
        return len(self._rows)

    @property
    def caption(self) -> str:
        """What the pane's border says of the filter."""
        hidden = len(self._facts) - len(self._rows)
        look = f" · “{self.needle}”" if self.needle else ""
        more = f" · {hidden} hidden" if hidden else ""
        return f"{LEVEL_NAMES[self.level]}{look} · {len(self._rows)} facts{more}"

    # the cursor

    def _place(self, row: int) -> None:
        row = max(-1, min(row, len(self._rows) - 1))
        moved = row != self._cursor
        self._cursor = row
        if row >= 0:
            top, height = round(self.scroll_y), max(1, self.size.height)
            if row < top:
                self.scroll_to(y=row, animate=False, immediate=True, force=True)
            elif row >= top + height:
                self.scroll_to(y=row - height + 1, animate=False, immediate=True, force=True)
        self.refresh()
        if moved:
            self.post_message(self.Moved(self.fact))

    def action_move(self, by: int) -> None:
        """Move the cursor; at the last row it follows the newest again."""
        self._place(max(0, self._cursor + by))
        self.following = self._cursor >= len(self._rows) - 1

    def action_page(self, by: int) -> None:
        """Move the cursor by a screenful."""
        self.action_move(by * max(1, self.size.height - 1))

    def action_first(self) -> None:
        """To the first fact."""
        self.action_move(-len(self._rows))

    def action_last(self) -> None:
        """To the newest fact, and follow."""
        self.action_move(len(self._rows))

    def action_open(self) -> None:
        """Ask for the details of the fact under the cursor."""
        if self.fact is not None:
            self.post_message(self.Opened(self.fact))

    def on_click(self, event: events.Click) -> None:
        """A click puts the cursor on a row; a second one opens it."""
        row = round(self.scroll_y) + event.y
        if row < len(self._rows):
            if row == self._cursor and event.chain > 1:
                self.action_open()
            self._place(row)
            self.following = row == len(self._rows) - 1

    def on_resize(self) -> None:
        """Keep the cursor in sight when the pane changes its size."""
        self.virtual_size = Size(self.size.width, len(self._rows))
        self._place(self._cursor)

    def watch_show_vertical_scrollbar(self) -> None:
        """A scrollbar that appears after a scroll has not heard of it."""
        self.vertical_scrollbar.position = self.scroll_y

    # drawing

    def _emptiness(self) -> str:
        """What stands where no row does."""
        if self.needle:
            return f"No fact says “{self.needle}”: escape clears the search, f shows more."
        more = f" f shows {len(self._facts)} facts of the set-up." if self._facts else ""
        return f"Nothing has happened yet: press n or space.{more}"

    def render_line(self, y: int) -> Strip:
        """One row of the screen."""
        row = round(self.scroll_y) + y
        width = self.scrollable_content_region.width
        if row >= len(self._rows):
            text = self._emptiness() if row == 0 else ""
            style = self.get_component_rich_style("timeline--quiet")
            return Strip([Segment(set_cell_size(" " + text, width), style)], width)
        fact = self._facts[self._rows[row]]
        told = tell(fact)
        tone = self.get_component_rich_style(f"timeline--{told.tone}")
        quiet = self.get_component_rich_style("timeline--quiet")
        subject_width = 24 if width >= _WIDE else 19
        cells = [
            (clock_text(fact.at) + " ", quiet),
            (set_cell_size(told.source, 8), quiet),
            (told.glyph + " ", tone),
            (set_cell_size(_shorten(told.subject, subject_width - 1), subject_width), tone),
        ]
        used = sum(len(text) for text, _ in cells) + 1
        room = max(0, width - used)
        cells.append((set_cell_size(_shorten(told.text, room), room), tone))
        bar = "›" if row == self._cursor else " "
        cells.insert(0, (bar, quiet))
        if row == self._cursor:
            over = self.get_component_rich_style("timeline--cursor")
            cells = [(text, _under(style, over, self.has_focus)) for text, style in cells]
        return Strip([Segment(text, style) for text, style in cells]).adjust_cell_length(width)


def _under(style: Style, cursor: Style, focused: bool) -> Style:
    """The style of a cell below the cursor: its own colour stays where that can be read."""
    return style + cursor if focused else style + Style(bgcolor=cursor.bgcolor)


def _shorten(text: str, width: int) -> str:
    text = text.translate(_LINE_ENDS)
    return text if len(text) <= width else text[: max(0, width - 1)] + "…"
