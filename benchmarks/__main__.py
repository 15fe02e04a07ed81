"""`python -m benchmarks [NAME ...]`: run the named benchmarks, or all, and print their ratios."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path


def names() -> list[str]:
    """The benchmarks there are, by the file names in this folder."""
    found = sorted(Path(__file__).parent.glob("bench_*.py"))
    return [file.stem.removeprefix("bench_") for file in found]


def main(wanted: list[str]) -> int:
    """Run and print; 2 for a name that is no benchmark."""
    known = names()
    if unknown := [name for name in wanted if name not in known]:
        sys.stderr.write(f"No benchmark '{unknown[0]}': choose from {', '.join(known)}.\n")
        return 2
    for name in wanted or known:
        for ratio in importlib.import_module(f"benchmarks.bench_{name}").compare():
            sys.stdout.write(ratio.line() + "\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
