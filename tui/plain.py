"""Strangers' text made harmless: what a learner's code says must not command the terminal."""

from __future__ import annotations

import re
from typing import Any

# All control characters but tab, newline and carriage return, which the panes fold away.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_search = _CONTROLS.search


def plain(value: Any) -> Any:
    """A JSON value whose strings hold no control characters but tabs and line ends."""
    kind = type(value)
    if kind is str:
        return _CONTROLS.sub("�", value) if _search(value) else value
    if kind is dict:
        return {plain(key): plain(inner) for key, inner in value.items()}
    if kind is list:
        return [plain(inner) for inner in value]
    return value
