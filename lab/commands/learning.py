"""list, run, grade, path, reset and tui: a learner's commands."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from pathlib import Path

from lab.catalog import Catalog
from lab.commands import FAILED, PASSED, UNDECIDED, note, tell
from lab.errors import BrokenScenarioError, LabError, UndecidedError
from lab.report import RunReport
from lab.workspace import Workspace


def list_scenarios(options: argparse.Namespace) -> int:
    """Name every scenario, with what it is worth and how the learner stands."""
    from lab.progress import Progress

    progress = Progress()
    if progress.notice:
        note(progress.notice)
    rows, status = [], PASSED
    for entry, scenario in Catalog().load_all():
        if isinstance(scenario, BrokenScenarioError):
            note(str(scenario))
            status = UNDECIDED
            continue
        done = progress.of(entry.name)
        rows.append(
            {
                "name": entry.name,
                "title": scenario.title,
                "summary": scenario.summary,
                "minutes": scenario.minutes,
                "steps": len(scenario.steps),
                "steps_passed": done.steps_passed,
                "points": scenario.points,
                "earned": done.earned,
            }
        )
    if options.json:
        tell(json.dumps(rows, indent=1, ensure_ascii=False))
        return status
    width = max((len(str(row["name"])) for row in rows), default=0)
    for row in rows:
        tell(
            f"{row['name']:{width}}  {row['steps_passed']}/{row['steps']} steps  "
            f"{row['earned']}/{row['points']} points  {row['minutes']} min  {row['title']}"
        )
    if not rows and status == PASSED:
        note("there are no scenarios")
    return status


def run(options: argparse.Namespace) -> int:
    """Carry a scenario out and print its report."""
    scenario = Catalog().load(options.scenario)
    from lab.run import run_through

    meter = None
    if options.bill:
        from lab.commands import billing

        meter = billing.run_meter()
    report = run_through(
        scenario,
        options.solution,
        options.seed,
        journal=options.journal,
        on_fact=None if meter is None else meter.take,
    )
    told = report.to_json() if options.json else {}
    usage, bill = (None, None) if meter is None else billing.of_run(meter, options)
    if options.json:
        told |= {} if bill is None else {"bill": bill.to_json()}
        tell(json.dumps(told, indent=1, ensure_ascii=False))
    else:
        from lab.grade import render

        tell(render(report))
        if bill is not None:
            from lab.bill import render as render_bill

            tell("\n" + render_bill(bill, usage=usage, tag=options.tag))
    return PASSED if report.passed else FAILED


def grade(options: argparse.Namespace) -> int:
    """Judge a solution on some seeds, each in a process of its own; print or write the grade."""
    from lab.grade import grade as graded
    from lab.grade import gradescope
    from lab.judge import judge
    from lab.places import write_whole

    scenario = Catalog().load(options.scenario)
    solution = options.solution or Workspace(scenario.name, scenario.folder).require()
    if not solution.is_dir():
        raise LabError(f"there is no solution folder {solution}; name the folder to grade")
    problem, reports = None, []
    for seed in range(options.seed, options.seed + options.seeds):
        note(f"{scenario.name}, seed {seed}")
        try:
            reports.append(judge(scenario.name, solution, seed, limit_s=options.time_limit))
        except UndecidedError as error:
            problem = f"could not tell: {error}"
            note(problem)
            reports.append(RunReport.unjudged(scenario, seed, str(solution), problem))
    checks = graded(reports)
    results = gradescope(checks, problem)
    text = json.dumps(results, indent=1, ensure_ascii=False)
    if options.results:
        try:
            write_whole(options.results, text + "\n")
        except OSError as error:
            raise LabError(
                f"cannot write the results {options.results}: {error.strerror or error}"
            ) from error
    if options.json:
        tell(text)
    else:
        for check in checks:
            mark = "✓" if check.passed else "✗"
            tell(f"{mark} {check.step}: {check.name} {check.earned}/{check.points}")
            for seed, why in check.failures[:1]:
                tell("\n".join(f"    {line}" for line in (f"seed {seed}", *why.splitlines())))
        tell(f"{results['score']}/{scenario.points} points")
    if problem:
        return UNDECIDED
    return PASSED if all(check.passed for check in checks) else FAILED


def path(options: argparse.Namespace) -> int:
    """Print the folder of a workspace, made from the starter if there is none."""
    entry = Catalog().entry(options.scenario)
    tell(str(Workspace(entry.name, entry.folder).open()))
    return PASSED


def reset(options: argparse.Namespace) -> int:
    """Begin a workspace anew; the old one is kept beside it."""
    entry = Catalog().entry(options.scenario)
    workspace = Workspace(entry.name, entry.folder)
    backup = workspace.reset()
    if backup is not None:
        note(f"what you had is kept in {backup}")
    if options.progress:
        from lab.progress import Progress

        Progress().forget(entry.name)
    tell(str(workspace.folder))
    return PASSED


def tui(options: argparse.Namespace) -> int:
    """Open the screens."""
    scenario = options.scenario and Catalog().entry(options.scenario).name
    if options.solution is not None and not options.solution.is_dir():
        raise LabError(f"there is no solution folder {options.solution}; name one that exists")
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise LabError("the TUI needs a terminal; 'paddock run SCENARIO' works without one")
    # By name, and late: the lab knows that there are screens, and nothing about them.
    solution: Path | None = options.solution
    status: int = importlib.import_module("tui.app").run_tui(scenario, options.seed, solution)
    return status
