"""The catalogue: which labs there are, and how far you have come in each."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui.screens.base import PaddockScreen
from tui.widgets.chrome import Keys

if TYPE_CHECKING:
    from tui.library import Card, Library

BAR_CELLS = 12


class CatalogueScreen(PaddockScreen):
    """Every lab with its progress; enter opens one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open the lab"),
        Binding("R", "refresh", "Look for labs again"),
    ]
    KEYS: ClassVar[list[tuple[str, str, str]]] = [
        ("enter", "open", "open"),
        ("?", "keys", "app.help"),
        ("^t", "light/dark", "app.coat"),
        ("^p", "palette", "app.command_palette"),
        ("q", "quit", "app.quit"),
    ]
    DEFAULT_CSS = """
    CatalogueScreen {
        & #title { height: 1; background: $panel; padding: 0 1; }
        & #shelf { height: 1fr; }
        & OptionList {
            width: 1fr; height: 1fr; background: transparent; padding: 1 1;
            border: none; scrollbar-size-vertical: 1;
            text-wrap: nowrap; text-overflow: ellipsis;
        }
        & OptionList:focus { border: none; }
        & OptionList > .option-list--option-highlighted,
        & OptionList:focus > .option-list--option-highlighted {
            background: $block-cursor-blurred-background; color: $foreground;
        }
        & #about { display: none; width: 1fr; height: 1fr; padding: 1 2;
                   border-left: solid $border-blurred; }
        &.-wide #about { display: block; }
    }
    """

    def __init__(self, library: Library) -> None:
        super().__init__()
        self.library = library
        self.cards: list[Card] = []

    def compose_parts(self) -> ComposeResult:
        """The title, the shelf, the keys."""
        yield Static(
            Content.assemble(
                ("Paddock", "bold $primary"), ("  labs on AWS, in virtual time", "$muted")
            ),
            id="title",
        )
        with Horizontal(id="shelf"):
            yield OptionList(id="labs", markup=False)
            with VerticalScroll(id="about", can_focus=False):
                yield Static(id="about-text")
        yield Keys(self.KEYS)

    def on_screen_resume(self) -> None:
        """Progress may have been made since."""
        self.action_refresh()

    def action_refresh(self) -> None:
        """Read the shelf again."""
        labs = self.query_one(OptionList)
        chosen = labs.highlighted or 0
        self.cards = self.library.cards()
        labs.clear_options()
        labs.add_options([Option(_entry(card)) for card in self.cards])
        if self.cards:
            labs.highlighted = min(chosen, len(self.cards) - 1)
        else:
            words = "No labs were found in this installation: install Paddock again."
            self.query_one("#about-text", Static).update(words)
        labs.focus()

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Tell more of the lab under the cursor."""
        if event.option_index < len(self.cards):
            self.query_one("#about-text", Static).update(_about(self.cards[event.option_index]))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Open the lab."""
        self._open(event.option_index)

    def action_open(self) -> None:
        """Open the lab under the cursor."""
        index = self.query_one(OptionList).highlighted
        if index is not None:
            self._open(index)

    def _open(self, index: int) -> None:
        card = self.cards[index]
        if card.trouble:
            self.notify(card.trouble, severity="error", markup=False)
            return
        self.app.open_lab(card.name)  # type: ignore[attr-defined]


def _bar(card: Card) -> Content:
    filled = round(BAR_CELLS * card.earned / card.points) if card.points else 0
    return Content.assemble(
        ("━" * filled, "$success"), ("─" * (BAR_CELLS - filled), "$muted"),
        f" {card.earned}/{card.points} pt",
    )  # fmt: skip


def _entry(card: Card) -> Content:
    if card.trouble:
        return Content.assemble(
            ("✗ ", "bold $text-error"), (card.name, "bold"), "\n  ", (card.trouble, "$muted"), "\n"
        )
    if card.is_finished:
        glyph, style = "✓", "$text-success"
    else:
        glyph, style = ("▸", "$text-warning") if card.earned else ("·", "$muted")
    return Content.assemble(
        (f"{glyph} ", f"bold {style}"), (card.title, "bold"), "\n  ",
        (f"{card.name} ", "$primary"), _bar(card),
        (f"  step {card.steps_passed}/{card.steps}  about {card.minutes} min", "$muted"),
        "\n  ", (card.summary, "$muted"), "\n",
    )  # fmt: skip


def _about(card: Card) -> Content:
    hints = f"\nHints read: {card.hints}" if card.hints else ""
    tags = f"\n{'  '.join(card.tags)}" if card.tags else ""
    return Content.assemble(
        (card.title, "bold $primary"), "\n\n", card.trouble or card.summary, "\n\n",
        *[
            part
            for index, (title, passed) in enumerate(card.outline)
            for part in (
                ("✓ ", "$text-success") if passed else ("· ", "$muted"),
                f"{index + 1}  {title}\n",
            )
        ],
        (hints + tags, "$muted"),
    )  # fmt: skip
