"""What F1 says: the keys of the screen in front, and what the glyphs mean."""

from __future__ import annotations

from collections.abc import Sequence

from textual.binding import Binding, BindingType
from textual.content import Content

from tui.badges import LEGEND

_KEYS = {
    "plus": "+", "equals_sign": "=", "minus": "-", "slash": "/", "right_square_bracket": "]",
    "left_square_bracket": "[", "question_mark": "?",
}  # fmt: skip
_EVERYWHERE = (
    ("tab", "Next pane"),
    ("enter", "All of a fact or a check"),
    ("home end", "The first fact; the newest, and follow it"),
    ("^t", "Light or dark"),
    ("^p", "Command palette"),
    ("q", "Quit"),
)
_KEY_CELLS = 10


def help_words(bindings: Sequence[BindingType]) -> Content:
    """A screen's keys, one a line, then the legend."""
    told = [entry for entry in bindings if isinstance(entry, Binding)]
    rows = [(_shown(entry.key), entry.description) for entry in told]
    parts: list[str | tuple[str, str]] = []
    for key, words in (*rows, *_EVERYWHERE):
        parts += [(key.ljust(_KEY_CELLS), "bold $accent"), f"{words}\n"]
    return Content.assemble(*parts, "\n", (LEGEND, "$muted"))


def _shown(key: str) -> str:
    return " ".join(_KEYS.get(part, part) for part in key.split(","))
