"""The bill in a window: what the run would have cost on AWS, line by line, while it goes on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from lab.sums import amount, dollars, units
from tui.screens.dialogs import BOX_CSS
from tui.session import Session
from tui.widgets.chrome import Keys

FRAME_S = 0.25
_MOST_CELLS = 66
"""What fits a window on a terminal of 80 columns."""
_COST_CELLS = 12


class BillWindow(ModalScreen[None]):
    """A session's bill; it is drawn anew when the worker has told another."""

    DEFAULT_CSS = BOX_CSS.format(name="BillWindow")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,b,enter", "close", "Close"),
        Binding("down,j", "scroll(1)", show=False),
        Binding("up,k", "scroll(-1)", show=False),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._shown: Mapping[str, Any] | None = {}

    def compose(self) -> ComposeResult:
        """The lines, and how to leave."""
        with Vertical() as box:
            box.border_title = "Bill"
            with VerticalScroll():
                yield Static(id="bill", markup=False)
            yield Keys([("escape", "close", "close")])

    def on_mount(self) -> None:
        """The arrow keys scroll at once."""
        self.query_one(VerticalScroll).focus()
        self.draw()
        self.set_interval(FRAME_S, self.draw)

    def draw(self) -> None:
        """Show the newest bill."""
        bill = self._session.bill
        if bill is not self._shown:
            self._shown = bill
            self.query_one("#bill", Static).update(words(bill))

    def action_scroll(self, by: int) -> None:
        """A line down or up."""
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)

    def action_close(self) -> None:
        """Back to the lab."""
        self.dismiss(None)


def words(bill: Mapping[str, Any] | None) -> Content:
    """A bill as the worker tells it: by service, function, account, tag; what has no price."""
    if bill is None:
        return Content("Nothing has been used yet.")
    total = str(bill["usd"])

    def row(name: str, usd: str, style: str = "", used: str = "") -> list[str | tuple[str, str]]:
        return _row(name, dollars(usd, total), style, used)

    parts: list[str | tuple[str, str]] = [
        *row("So far", total, "bold"),
        *row("with the free tier", str(bill["with_free_tier_usd"]), "$muted"),
        *row(f"at the prices of {bill['latest']['prices']}", bill["latest"]["usd"], "$muted"),
    ]
    for service, told in bill["services"].items():
        parts += ["\n", *row(service, told["usd"], "bold $primary")]
        for meter in told["meters"].values():
            used = f"{amount(meter['units'])} {units(meter['unit'], meter['units'])}"
            parts += row(f"  {meter['name']}", meter["usd"], "", used)
    functions = {name: usd for name, usd in bill["functions"].items() if name}
    if functions:
        parts += ["\n", ("Lambda by function\n", "bold")]
        for name, usd in functions.items():
            parts += row(f"  {name}", usd)
    if len(bill["accounts"]) > 1:
        parts += ["\n", ("By account\n", "bold")]
        for name, usd in bill["accounts"].items():
            parts += row(f"  {name}", usd)
    for key, sums in bill["tags"].items():
        parts += ["\n", (f"By tag {key}\n", "bold")]
        for value, usd in sums.items():
            parts += row(f"  {value or '(none)'}", usd)
    for entry in bill["not_priced"]:
        parts += ["\n", (f"Not priced: {entry['what']}, {entry['times']}×\n", "$warning")]
    parts += ["\n", (f"{bill['region']}, prices of {bill['prices']}, before tax", "$muted")]
    return Content.assemble(*parts)


def _row(name: str, cost: str, style: str, used: str) -> list[str | tuple[str, str]]:
    room = _MOST_CELLS - _COST_CELLS - len(used) - 1
    left = name if len(name) <= room else f"{name[: room - 1]}…"
    return [(f"{left:{room}} {used}", style), (f"{cost:>{_COST_CELLS}}\n", style)]
