"""Watches a function's process from the outside: its processor time, memory and descendants.

This is about real time and real memory, not the world's: a loop that never ends takes no virtual
time.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_MOST_PROCESSES = 2048


@dataclass(frozen=True)
class Limits:
    """How much real effort an init or an invocation may cost.

    `silence_s` bounds real time without a message (a sixth of it where processor time cannot be
    measured), `idle_s` real time in which nothing is computed either; `log_bytes` is what of its
    output is kept, and `flood_bytes` the amount at which the process is ended.
    """

    cpu_s: float = 5.0
    silence_s: float = 45.0
    idle_s: float = 10.0
    log_bytes: int = 2**20
    flood_bytes: int = 64 * 2**20


@dataclass(frozen=True)
class Usage:
    """What a process and its descendants have used."""

    cpu_s: float
    resident_bytes: int


def can_measure() -> bool:
    """Tell whether this system lets us measure; without, only silence ends a busy process."""
    return Path("/proc/self/stat").exists()


def usage(pid: int, shared_bytes: int = 0) -> Usage:
    """Measure a process tree; zeros where the system has no /proc.

    `shared_bytes` is what each process shares with the warm parent and does not count.
    """
    ticks = resident_bytes = 0
    for member in _tree(pid):
        try:
            stat = Path(f"/proc/{member}/stat").read_text()
        except OSError:
            continue
        fields = stat[stat.rindex(")") + 2 :].split()
        # utime, stime, and those of children it has waited for; see proc(5)
        ticks += sum(int(field) for field in fields[11:15])
        resident_bytes += max(0, int(fields[21]) * _PAGE_BYTES - shared_bytes)
    return Usage(ticks / _TICKS_PER_S, resident_bytes)


def _tree(pid: int) -> list[int]:
    members = [pid]
    for member in members:
        if len(members) > _MOST_PROCESSES:
            break
        try:
            for task in Path(f"/proc/{member}/task").iterdir():
                members += [int(child) for child in (task / "children").read_text().split()]
        except (OSError, ValueError):
            continue
    return members
