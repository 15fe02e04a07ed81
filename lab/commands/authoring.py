"""golden: what a scenario's author needs."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from lab.catalog import Catalog
from lab.commands import FAILED, PASSED, note, tell


def golden(options: argparse.Namespace) -> int:
    """Show the golden page of a scenario's journal, and whether it is the one in its folder."""
    from lab.golden import NAME, of_reference
    from lab.places import write_whole

    scenario = Catalog().load(options.scenario)
    with tempfile.TemporaryDirectory() as folder:
        page = of_reference(scenario, Path(folder))
    kept = scenario.folder / NAME
    if options.write:
        write_whole(kept, page)
        return PASSED
    tell(page.rstrip())
    if kept.exists() and kept.read_text(encoding="utf-8") == page:
        return PASSED
    note(f"{kept} says otherwise; 'paddock golden {scenario.name} --write' writes it anew")
    return FAILED
