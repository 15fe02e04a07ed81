"""What each word after `paddock` does: data goes to stdout, narration to stderr."""

from __future__ import annotations

import sys

PASSED, FAILED, UNDECIDED = 0, 1, 2


def tell(text: str) -> None:
    """Write data for whoever reads stdout."""
    sys.stdout.write(f"{text}\n")


def note(text: str) -> None:
    """Write narration for the person at the terminal."""
    sys.stderr.write(f"paddock: {text}\n")
