"""Judging from a safe distance: one run in a process of its own, within a limit of real time.

`judge` starts `python -m lab.judge`, which carries the run out and answers with a RunReport.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from lab.child import command_of, how_it_ended, leave_quickly
from lab.errors import LabError, UndecidedError
from lab.report import RunReport

DEFAULT_LIMIT_S = 300.0
_COULD_NOT = 2


def judge(
    scenario: str, solution: Path | None, seed: int, *, limit_s: float = DEFAULT_LIMIT_S
) -> RunReport:
    """The report of one run, made by another process in at most `limit_s` real seconds.

    Raises UndecidedError where that process gave no report: it died or took too long.
    """
    arguments = [scenario, "--seed", str(seed)]
    if solution is not None:
        arguments += ["--solution", str(solution)]
    # A session of its own, so that whatever it started can be ended with it.
    with subprocess.Popen(
        command_of("lab.judge", *arguments),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            answer, words = process.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired as error:
            raise UndecidedError(
                f"the run took more than {limit_s:g} s of real time and was stopped"
            ) from error
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
    said = words.decode(errors="replace").strip().splitlines()
    last_words = f": {said[-1]}" if said else ""
    if process.returncode == _COULD_NOT and said:
        raise UndecidedError(said[-1])
    if process.returncode != 0:
        raise UndecidedError(f"the run's process {how_it_ended(process.returncode)}{last_words}")
    try:
        return RunReport.from_json(json.loads(answer))
    except (ValueError, KeyError, TypeError) as error:
        raise UndecidedError(f"the run's process gave no report{last_words}") from error


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry one run out and write its report, as JSON, to what was stdout."""
    parser = argparse.ArgumentParser(prog="python -m lab.judge", description=__doc__)
    parser.add_argument("scenario")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--solution", type=Path)
    options = parser.parse_args(arguments)
    answer = os.dup(1)
    os.dup2(2, 1)  # whatever prints in this process is no report

    from lab.catalog import Catalog
    from lab.run import run_through
    from simulator.journal import JournalError

    try:
        report = run_through(Catalog().load(options.scenario), options.solution, options.seed)
    except (LabError, JournalError) as error:
        sys.stderr.write(f"{error}\n")
        return _COULD_NOT
    with os.fdopen(answer, "w", encoding="utf-8") as file:
        json.dump(report.to_json(), file)
    leave_quickly()
    return 0


if __name__ == "__main__":
    sys.exit(main())
