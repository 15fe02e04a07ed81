"""How the lab starts a module of this distribution in a process of its own."""

from __future__ import annotations

import gc
import signal
import sys
from pathlib import Path

# -P, and a path given by us: a learner's folder may hold a `lab` or a `simulator` of its own.
_BOOT = (
    "import runpy, sys; sys.path.insert(0, sys.argv.pop(1)); "
    "runpy.run_module(sys.argv.pop(1), run_name='__main__', alter_sys=True)"
)
_ROOT = Path(__file__).resolve().parent.parent


def command_of(module: str, *arguments: str) -> list[str]:
    """The command that runs `module` whatever the working folder holds."""
    return [sys.executable, "-P", "-c", _BOOT, str(_ROOT), module, *arguments]


def how_it_ended(status: int) -> str:
    """An exit status in words: `ended with status 3`, `was killed by SIGKILL`."""
    if status >= 0:
        return f"ended with status {status}"
    try:
        return f"was killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"was killed by signal {-status}"


def leave_quickly() -> None:
    """Spare the end of this process a search for cycles among a cloud's many objects: 0.5 s."""
    gc.freeze()
