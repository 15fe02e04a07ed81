"""What F1 says: the keys of the screen in front, and what the glyphs mean."""

from __future__ import annotations

from collections.abc import Sequence

from textual.binding import Binding, BindingType

from tui.badges import LEGEND

_SHOWN = {
    "plus": "+", "equals_sign": "=", "minus": "-", "slash": "/", "space": "space",
    "right_square_bracket": "]", "left_square_bracket": "[", "question_mark": "?",
    "ctrl+p": "^p", "f1": "F1",
}  # fmt: skip


def help_words(bindings: Sequence[BindingType]) -> str:
    """A screen's keys as a Markdown table, then the legend."""
    rows = [(entry.key, entry.description) for entry in bindings if isinstance(entry, Binding)]
    rows += [
        ("tab", "Next pane"),
        ("enter", "Details of the fact or the check"),
        ("home, end", "First fact; follow the newest"),
        ("^t", "Light or dark"),
        ("^p", "Command palette"),
        ("q", "Quit"),
    ]
    table = "\n".join(f"| `{_shown(key)}` | {words} |" for key, words in rows)
    return f"| key | what it does |\n|---|---|\n{table}\n\n```\n{LEGEND}\n```\n"


def _shown(key: str) -> str:
    return " ".join(_SHOWN.get(part, part) for part in key.split(","))
