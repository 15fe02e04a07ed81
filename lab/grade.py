"""Grades: reports of one scenario on some seeds as points, text and Gradescope's results. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lab.report import CheckReport, RunReport, StepReport


@dataclass(frozen=True)
class GradedCheck:
    """One check over every seed: it earns the least that it earned on any of them."""

    scenario: str
    step: str
    name: str
    points: int
    earned: int
    failures: tuple[tuple[int, str], ...]
    """For each seed it failed on: the seed, and why."""

    @property
    def passed(self) -> bool:
        """Whether it held on every seed."""
        return not self.failures


def grade(reports: Sequence[RunReport]) -> list[GradedCheck]:
    """The checks of one scenario graded over its reports, one a seed, in the scenario's order."""
    graded = []
    for steps in zip(*(report.steps for report in reports), strict=True):
        for checks in zip(*(step.checks for step in steps), strict=True):
            found = list(zip(reports, checks, strict=True))
            graded.append(
                GradedCheck(
                    scenario=reports[0].scenario,
                    step=steps[0].title,
                    name=checks[0].name,
                    points=checks[0].points,
                    earned=min(check.earned for check in checks),
                    failures=tuple(
                        (report.seed, explain(check)) for report, check in found if not check.passed
                    ),
                )
            )
    return graded


def gradescope(graded: Sequence[GradedCheck], problem: str | None = None) -> dict[str, Any]:
    """Gradescope's results.json; `problem` is said about the whole submission.

    Source: "Autograder Specifications", section "Output format", Gradescope Autograder docs.
    """
    results: dict[str, Any] = {
        "score": sum(check.earned for check in graded),
        "output_format": "text",
        "stdout_visibility": "hidden",
        "tests": [
            {
                "number": str(number),
                "name": f"{check.step}: {check.name}",
                "score": check.earned,
                "max_score": check.points,
                "status": "passed" if check.passed else "failed",
                "output": "\n\n".join(f"seed {seed}\n{text}" for seed, text in check.failures),
                "output_format": "text",
                "visibility": "visible",
            }
            for number, check in enumerate(graded, start=1)
        ],
    }
    if problem:
        results["output"] = problem
    return results


def explain(check: CheckReport) -> str:
    """Why a check failed: expected, actual, why it matters and what to try, a line each."""
    return "\n".join(
        (
            f"expected: {check.expected}",
            f"actual:   {check.actual}",
            f"why:      {check.why}",
            f"try:      {check.advice}",
        )
    )


def render(report: RunReport) -> str:
    """A report as text for a terminal or a log, closing with the line that repeats the run."""
    lines = [f"{report.scenario}  seed {report.seed}  {report.solution or 'reference'}", ""]
    if report.error is not None:
        lines += [report.error, ""]
    else:
        for step in report.steps:
            lines += [*_step_lines(step, len(report.steps)), ""]
    verdict = "passed" if report.passed else "failed"
    lines += [f"{verdict}  {report.earned}/{report.points} points", f"repeat: {report.command}"]
    return "\n".join(lines)


def _step_lines(step: StepReport, count: int) -> list[str]:
    took = f"{_clock(step.begun_s)} to {_clock(step.ended_s)}"
    lines = [f"{step.index + 1} of {count}  {step.title}  {took}"]
    if step.error is not None:
        lines.append(f"  ! {step.error}")
    for check in step.checks:
        lines.append(f"  {'✓' if check.passed else '✗'} {check.name} {check.earned}/{check.points}")
        if not check.passed and step.error is None:
            lines += [f"      {line}" for line in explain(check).splitlines()]
    return lines


def _clock(at_s: float) -> str:
    milliseconds = round(at_s * 1000)
    minutes, milliseconds = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{milliseconds // 1000:02}.{milliseconds % 1000:03}"
