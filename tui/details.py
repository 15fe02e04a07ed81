"""All of one fact: its instant, its actor, its data as JSON, and the command that causes it."""

from __future__ import annotations

import json

from textual.content import Content

from simulator.journal import Fact
from tui.telling import clock_text, tell


def details(fact: Fact, command: str | None) -> Content:
    """A fact in full, for a window."""
    told = tell(fact)
    data = {key: _unfold(value) for key, value in fact.data.items()}
    body = json.dumps(data, indent=2, ensure_ascii=False)
    parts: list[str | tuple[str, str]] = [
        (f"{clock_text(fact.at)}  ", "bold"),
        (f"{told.glyph} {told.subject}  ", "bold $primary"),
        (told.text, ""),
        ("\nby ", "$muted"),
        fact.who,
        "\n\n",
        (body, ""),
    ]
    if command:
        parts += [("\n\nThe same from a shell\n", "$muted"), (command, "$text-accent")]
    return Content.assemble(*parts)


def _unfold(value: object) -> object:
    """JSON inside a string, as bodies and inputs are, opened for reading."""
    if isinstance(value, dict):
        return {key: _unfold(inner) for key, inner in value.items()}
    if isinstance(value, str) and value.startswith(("{", "[")):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
