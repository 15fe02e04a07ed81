"""The learner's own editor: the screen steps aside for it and comes back."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

from textual.app import App, SuspendNotSupported


def edit(app: App[int], file: Path) -> str | None:
    """Open a file in $VISUAL or $EDITOR; a sentence says what else to do where that fails."""
    named = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not named:
        return f"$EDITOR is not set. The file is {file}"
    try:
        with app.suspend():
            ended = subprocess.run([*shlex.split(named), str(file)], check=False)
    except SuspendNotSupported:
        return f"An editor cannot be opened from this terminal. The file is {file}"
    except (OSError, ValueError) as error:
        return f"{named} could not be started ({error}). The file is {file}"
    if ended.returncode != 0:
        return f"{named} ended with status {ended.returncode}. The file is {file}"
    return None
