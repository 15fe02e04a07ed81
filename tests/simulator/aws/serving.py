"""A served cloud in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


@contextmanager
def serving(seed: int) -> Iterator[str]:
    """The address at which a cloud answers, until the block is left."""
    process = subprocess.Popen(
        [sys.executable, "-m", "simulator.aws.endpoint", "--port", "0", "--seed", str(seed)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().removeprefix("listening on ").strip()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
