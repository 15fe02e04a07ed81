"""Resource limits of an environment: memory, files, processes, file size, no core dumps."""

from __future__ import annotations

import os
import resource
from pathlib import Path

MAX_FILES = 1024  # source: AWS docs, "Lambda quotas", file descriptors
MAX_PROCESSES = 256  # fewer than Lambda's 1,024: a laptop has to bear them
_PROGRAM_MB = 256  # what Node.js takes before it runs any code


def mapped_bytes() -> int:
    """Tell how much address space this process has now; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except (OSError, ValueError):
        return 0
    return pages * resource.getpagesize()


def processes_of_user() -> int:
    """Count the processes and threads of this user, 0 where the system does not say."""
    count = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
        except (OSError, ValueError):
            continue
        if int(fields["Uid"].split()[0]) == os.getuid():
            count += int(fields["Threads"])
    return count


def apply(memory_mb: int, file_mb: int, processes: int, *, other_program: bool = False) -> None:
    """Limit this process and those it starts.

    The address space may grow by `memory_mb` over what the warm parent already maps. That is a
    little kinder than Lambda, which counts the runtime's own 40 MB too; the world's watch counts
    the rest. Python raises MemoryError at the limit: a handler that lets it through is ended as
    Lambda's kernel would end it, one that catches it goes on. Of another program than Python, what
    it may write to is counted instead.
    """
    base = mapped_bytes()
    if other_program:
        # Node.js reserves far more than it uses: count what it may write to.
        _limit(resource.RLIMIT_DATA, (_PROGRAM_MB + memory_mb) * 2**20)
    elif base:
        _limit(resource.RLIMIT_AS, base + memory_mb * 2**20)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_NOFILE, MAX_FILES)
    _limit(resource.RLIMIT_FSIZE, file_mb * 2**20)
    _limit(resource.RLIMIT_NPROC, processes)


def _limit(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(kind, (value, value))
