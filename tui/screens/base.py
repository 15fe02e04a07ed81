"""What every full screen shares: sizes it knows how to fill, and a sentence where none fits."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from tui.screens.help import help_words

LEAST_WIDTH, LEAST_HEIGHT = 60, 20
_WIDTHS = [(0, "-cramped"), (LEAST_WIDTH, "-narrow"), (110, "-wide")]
_HEIGHTS = [(0, "-low"), (LEAST_HEIGHT, "-short"), (32, "-tall")]


class PaddockScreen(Screen[None]):
    """A screen with a compact and a roomy arrangement."""

    HORIZONTAL_BREAKPOINTS = _WIDTHS
    VERTICAL_BREAKPOINTS = _HEIGHTS
    DEFAULT_CSS = """
    PaddockScreen {
        background: $background;
        & #too-small { display: none; width: 1fr; height: 1fr; content-align: center middle;
                       text-align: center; color: $text-warning; }
        &.-wide Press { padding: 0 1; }
        &.-narrow Instant { display: none; }
        &.-cramped > *, &.-low > * { display: none; }
        &.-cramped > #too-small, &.-low > #too-small { display: block; }
    }
    """

    def compose(self) -> ComposeResult:
        """The screen's own parts, and the sentence."""
        yield from self.compose_parts()
        yield Static(id="too-small", markup=False)

    def compose_parts(self) -> ComposeResult:
        """What the screen is made of."""
        yield from ()

    def help(self) -> Content:
        """What F1 shows."""
        return help_words(self.BINDINGS)

    def on_resize(self, event: events.Resize) -> None:
        """Say how large the terminal is and would have to be."""
        width, height = event.size
        self.query_one("#too-small", Static).update(
            f"This terminal is {width}×{height}; Paddock needs {LEAST_WIDTH}×{LEAST_HEIGHT}: "
            "please make it larger."
        )
