"""Grades are folds over reports: the least of every seed, told in Gradescope's words."""

from shlex import quote

from lab.grade import grade, gradescope, render
from lab.report import RunReport
from lab.run import run_through
from lab.scenario import Scenario


def test_a_check_must_hold_on_every_seed(letter: Scenario) -> None:
    good = run_through(letter, None, 1)
    bad = RunReport.unjudged(letter, 2, "/x", "could not tell: it died")
    checks = grade([good, bad])
    assert [(check.earned, check.passed) for check in checks] == [(0, False)] * 3
    assert all(check.failures[0][0] == 2 for check in checks)
    assert all(check.passed for check in grade([good, run_through(letter, None, 3)]))


def test_gradescope_is_told_points_and_reasons(letter: Scenario, starter: object) -> None:
    report = run_through(letter, starter, 1)  # type: ignore[arg-type]
    results = gradescope(grade([report]))
    assert results["score"] == 1
    assert "output" not in results
    sent, delivered, gave_up = results["tests"]
    assert (sent["name"], sent["score"], sent["max_score"]) == ("Send a letter: sent", 0, 2)
    assert (sent["status"], delivered["status"], gave_up["status"]) == (
        "failed",
        "passed",
        "failed",
    )
    assert "expected: 1 letter sent\nactual:   0 sent" in sent["output"]
    assert "why:      Nothing arrives" in sent["output"]
    assert "try:      Put a stamp on it." in sent["output"]
    assert delivered["output"] == ""
    assert gradescope([], "could not tell: x")["output"] == "could not tell: x"


def test_a_rendered_report_says_what_failed_and_how_to_repeat_it(
    letter: Scenario, starter: object
) -> None:
    text = render(run_through(letter, starter, 5))  # type: ignore[arg-type]
    assert "✗ sent 0/2\n      expected: 1 letter sent" in text
    assert "✓ delivered 1/1" in text
    assert "failed  1/6 points" in text
    assert text.endswith(
        f"repeat: paddock run post/letter --seed 5 --solution {quote(str(starter))}"
    )
    broken = render(RunReport.unjudged(letter, 1, "/x", "plan.json is missing"))
    assert "plan.json is missing" in broken
    assert "0/6 points" in broken
