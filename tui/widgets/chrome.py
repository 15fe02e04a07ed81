"""The strips around the panes: what is open, where time stands, which keys there are."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult, RenderResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from lab.sums import dollars
from tui.session import Session
from tui.telling import clock_text

STATE_GLYPHS = {
    "starting": ("…", "$muted"),
    "paused": ("‖", "$muted"),
    "playing": ("▸", "$text-success"),
    "running": ("»", "$text-success"),
    "dead": ("✗", "$text-error"),
}


class Press(Static):
    """A key and what it does; a click does it too."""

    DEFAULT_CSS = """
    Press {
        width: auto; height: 1; padding: 0 0 0 1; text-wrap: nowrap;
        &:hover { background: $block-hover-background; }
    }
    """

    def __init__(self, key: str, label: str, action: str, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.key = key
        self.action = action
        self._label: str | None = None
        self.relabel(label)

    def relabel(self, label: str) -> None:
        """Give it other words."""
        if label == self._label:
            return  # an update costs a layout of the screen
        self._label = label
        words = f" {label}" if label else ""
        self.update(Content.assemble((self.key, "bold $accent"), words))

    async def on_click(self) -> None:
        """As the key."""
        await self.screen.run_action(self.action)


class Keys(Horizontal):
    """A row of keys."""

    DEFAULT_CSS = """
    Keys { height: 1; background: $panel; overflow: hidden; }
    """

    def __init__(self, keys: Sequence[tuple[str, str, str]], *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._keys = keys

    def compose(self) -> ComposeResult:
        """One Press a key."""
        for key, label, action in self._keys:
            yield Press(key, label, action)


class Heading(Widget):
    """The top line: the lab, its steps, where you are, how you stand."""

    DEFAULT_CSS = """
    Heading {
        height: 1; background: $panel; color: $foreground; padding: 0 1;
        link-style: none; link-color: $foreground;
    }
    """

    def __init__(self, session: Session) -> None:
        super().__init__(id="heading")
        self._session = session

    def render(self) -> RenderResult:
        """One line; what does not fit is left out from the middle."""
        session = self._session
        outline = session.outline
        name = Content.styled(session.scenario, "bold $primary")
        if outline is None:
            return Content.assemble(name, "  opening…")
        right = Content.from_text(f"  {session.earned}/{outline.points} pt  seed {session.seed}")
        if session.bill is not None:
            cost = dollars(str(session.bill["usd"]))
            right = Content.assemble(right, "  ", (cost, "bold @click=screen.bill"))
        if session.solution is None:
            right = Content.assemble(("  reference", "bold $secondary"), right)
        strip = self._strip()
        title = session.steps[session.shown].title if session.steps else ""
        place = f" {session.shown + 1}/{len(session.steps)} "
        room = self.size.width - name.cell_length - right.cell_length
        room -= strip.cell_length + len(place) + 2
        left = Content.assemble(name, "  ", strip, (place, "$muted"))
        if room >= 4:
            short = title if len(title) <= room else title[: room - 1] + "…"
            left = Content.assemble(left, (short, "bold"))
        gap = max(0, self.size.width - left.cell_length - right.cell_length)
        return Content.assemble(left, " " * gap, right)

    def _strip(self) -> Content:
        session = self._session
        parts: list[Content] = []
        for step in session.steps:
            glyph, style = self._mark(step.index)
            if step.index == session.shown:
                style += " reverse"
            text = f"{step.index + 1}{glyph}" if self.size.width >= 100 else glyph
            parts.append(Content.styled(text, f"{style} @click=screen.goto({step.index})"))
            if self.size.width >= 100:
                parts.append(Content(" "))
        return Content.assemble(*parts)

    def _mark(self, index: int) -> tuple[str, str]:
        session = self._session
        report = session.reports.get(index)
        if session.open_step == index:
            return "▸", "$text-warning"
        if report is None:
            return "·", "$muted"
        return ("✓", "$text-success") if report.passed else ("✗", "$text-error")


class Clock(Widget):
    """Where virtual time stands, and how fast it goes."""

    DEFAULT_CSS = """
    Clock { width: auto; height: 1; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._text = Content("")

    def show(self, session: Session) -> None:
        """Take the clock from the session."""
        glyph, style = STATE_GLYPHS.get(session.state, ("?", "$muted"))
        rate = "flat out" if session.state == "running" else f"×{session.rate}"
        before, self._text = (
            self._text,
            Content.assemble(
                (f"{glyph} ", f"bold {style}"), (clock_text(session.now_s), "bold"), f" {rate}"
            ),
        )
        self.refresh(layout=before.cell_length != self._text.cell_length)

    def render(self) -> RenderResult:
        """The clock."""
        return self._text


class Instant(Widget):
    """The world's date and time of day, where there is room for it."""

    DEFAULT_CSS = """
    Instant { width: 1fr; height: 1; text-align: right; padding: 0 1; color: $muted;
              text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def show(self, instant: str) -> None:
        """Take the instant, an ISO 8601 text."""
        words = instant[:19].replace("T", " ")
        if words != self._words:
            self._words = words
            self.refresh()

    def render(self) -> RenderResult:
        """The date and the time."""
        return self._words

    _words = ""


class Transport(Horizontal):
    """The bottom line but one: the clock and the keys that move it."""

    DEFAULT_CSS = """
    Transport { height: 1; background: $panel; overflow: hidden; }
    """

    def compose(self) -> ComposeResult:
        """The clock, then a button a movement."""
        yield Clock()
        yield Press("n", "run step", "next", id="press-next")
        yield Press("space", "play", "play", id="press-play")
        yield Press("]", "fact", "fact")
        yield Press("[", "back", "back")
        yield Press("+", "", "rate(1)")
        yield Press("-", "rate", "rate(-1)")
        yield Instant()

    def show(self, session: Session) -> None:
        """Say what each key would do now."""
        self.query_one(Clock).show(session)
        self.query_one(Instant).show(session.instant)
        self.query_one("#press-next", Press).relabel(next_label(session))
        self.query_one("#press-play", Press).relabel("pause" if session.is_busy else "play")


def next_label(session: Session) -> str:
    """What `n` does now."""
    if session.open_step is not None:
        return f"finish step {session.open_step + 1}"
    if session.is_at_rest_after_step:
        return f"to step {session.shown + 2}"
    if session.steps and session.next_step >= len(session.steps):
        return "all steps done"
    return f"run step {min(session.next_step, max(0, len(session.steps) - 1)) + 1}"
