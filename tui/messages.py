"""What screens tell one another: asked for by a dialog or a pane, answered by a screen."""

from __future__ import annotations

from pathlib import Path

from textual.message import Message


class WorkspaceSaved(Message):
    """A file of the learner's was saved."""

    def __init__(self, files: frozenset[Path]) -> None:
        super().__init__()
        self.files = files
