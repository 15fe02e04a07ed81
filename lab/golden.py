"""A journal in a page: how many facts of each kind a step wrote, and a digest of their bytes.

What a scenario keeps as `journal.golden`. Two journals have the same page if they are the same
byte for byte, and where they are not, the page says in which step and in what kind of fact.
"""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from lab.report import DEFAULT_SEED
from lab.run import run_through
from lab.scenario import Scenario
from simulator import journal
from simulator.journal import Fact

NAME = "journal.golden"
_DIGITS = 16
_SET_UP = "set-up"


def page(facts: Iterable[Fact]) -> str:
    """The page of a journal, a section a step; facts before the first step are the set-up's."""
    lines: list[str] = []
    step, kinds, digest, at = _SET_UP, Counter[str](), hashlib.sha256(), 0.0

    def close() -> None:
        lines.append(f"{step}: {kinds.total()} facts, until {at} s, {digest.hexdigest()[:_DIGITS]}")
        lines.extend(f"  {count:6} {kind}" for kind, count in sorted(kinds.items()))

    for fact in facts:
        if fact.what == "step.begun":
            close()
            step, kinds, digest = str(fact.data["step"]), Counter(), hashlib.sha256()
        at = fact.at
        kinds[fact.what] += 1
        digest.update(fact.to_json().encode() + b"\n")
    close()
    return "\n".join(lines) + "\n"


def of_reference(scenario: Scenario, folder: Path) -> str:
    """The page of the reference's journal with the default seed, written in `folder` on the way."""
    path = folder / "journal.jsonl"
    run_through(scenario, None, DEFAULT_SEED, journal=path)
    return f"{written_by()}\n{page(journal.read(path))}"


def written_by() -> str:
    """The Python a page is of: in the stack trace of a handler that fails, each shows its own."""
    return f"Python {sys.version_info.major}.{sys.version_info.minor}"
