"""A Run goes through its steps at any pace, tells what went wrong, and repeats byte for byte."""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from shlex import quote
from typing import Any

import pytest

from lab.child import command_of
from lab.errors import LabError
from lab.report import RunReport
from lab.run import Pace, Run, run_through
from lab.scenario import Check, Evidence, Scenario, SolutionError, Stage, Step, Verdict
from simulator.journal import JournalError


def holds(evidence: Evidence) -> Verdict:
    return Verdict(True, "anything", "something")


def nothing(stage: Stage) -> None:
    pass


def lab_of(
    *acts: Callable[[Stage], None],
    judge: Callable[[Evidence], Any] = holds,
    setup: Callable[[Stage], None] = nothing,
    horizon_s: float = 100.0,
) -> Scenario:
    steps = tuple(
        Step(f"s{i}", f"S{i}", act, (Check("c", 1, judge, "why", "advice"),), horizon_s)
        for i, act in enumerate(acts)
    )
    return Scenario("t/t", "T", "", Path(), setup, steps)


def go(scenario: Scenario, tmp_path: Path) -> RunReport:
    return run_through(scenario, tmp_path)


def test_the_reference_passes_and_the_starter_does_not(letter: Scenario, starter: Path) -> None:
    reference = run_through(letter)
    assert (reference.passed, reference.earned, reference.points) == (True, 6, 6)
    failed = run_through(letter, starter)
    assert (failed.passed, failed.earned) == (False, 1)
    assert [check.passed for step in failed.steps for check in step.checks] == [False, True, False]


def test_reports_survive_json(letter: Scenario, starter: Path) -> None:
    report = run_through(letter, starter, 7)
    assert RunReport.from_json(report.to_json()) == report
    assert report.command == f"paddock run post/letter --seed 7 --solution {quote(str(starter))}"
    assert run_through(letter, None, 7).command == "paddock run post/letter --seed 7"


def test_a_step_ends_when_nothing_more_happens(letter: Scenario) -> None:
    with Run(letter, seed=1) as run:
        report = run.advance()
        assert report is not None
        assert 60 <= report.ended_s < 61
        assert run.world.now_s == report.ended_s
        assert run.step_index == 1
        assert not run.finished


def test_a_step_that_never_ends_is_cut_at_its_horizon(letter: Scenario, starter: Path) -> None:
    with Run(letter, starter) as run:
        run.advance()
        report = run.advance()
        assert report is not None
        assert report.ended_s - report.begun_s == pytest.approx(600)
        assert report.error is None
        facts = len(run.world.journal.facts)
        run.world.run(until=run.world.now_s + 1000)
        assert len(run.world.journal.facts) == facts, "the act went on after its step"


def test_every_pace_writes_the_same_journal(letter: Scenario) -> None:
    def lines(*paces: Callable[[Run], Pace], events: float = float("inf")) -> list[str]:
        with Run(letter, seed=5) as run:
            while not run.finished:
                for pace in paces:
                    run.advance(pace(run), events=events)
            return list(run.world.journal.lines())

    flat_out = lines(lambda run: Pace.TO_STEP_END)
    assert lines(lambda run: Pace.NEXT_FACT) == flat_out
    assert lines(lambda run: Pace.until(run.world.now_s + 7)) == flat_out
    assert lines(lambda run: Pace.TO_STEP_END, events=1) == flat_out
    assert lines(lambda run: Pace.NEXT_FACT, lambda run: Pace.until(run.world.now_s)) == flat_out


def test_next_fact_stops_at_a_fact_and_until_at_its_instant(letter: Scenario) -> None:
    with Run(letter) as run:
        run.set_up()
        before = len(run.world.journal.facts)
        assert run.advance(Pace.NEXT_FACT) is None
        assert len(run.world.journal.facts) == before + 1
        assert run.advance(Pace.until(30)) is None
        assert run.world.now_s == 30
        assert run.advance(Pace.until(10)) is None, "time must not run backwards"
        assert run.world.now_s == 30


@pytest.mark.process
def test_the_journal_repeats_in_other_processes_and_after_other_runs(
    letter: Scenario, starter: Path, tmp_path: Path
) -> None:
    run_through(letter, starter, 9)
    run_through(letter, None, 3, journal=tmp_path / "here")
    for name, hash_seed in (("one", "1"), ("two", "2")):
        command = command_of(
            "lab.cli", "run", "post/letter", "--seed", "3", "--journal", str(tmp_path / name)
        )
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        subprocess.run(command, check=True, capture_output=True, env=environment)
    here = (tmp_path / "here").read_bytes()
    assert here.count(b"\n") > 8
    assert (tmp_path / "one").read_bytes() == here
    assert (tmp_path / "two").read_bytes() == here


def test_an_act_that_fails_earns_nothing_and_the_next_step_goes_on(tmp_path: Path) -> None:
    def breaks(stage: Stage) -> None:
        raise KeyError("no such queue")

    report = go(lab_of(breaks, nothing), tmp_path)
    first, second = report.steps
    assert first.error is not None
    assert "KeyError: 'no such queue'" in first.error
    assert "s0" in first.error
    assert (first.earned, second.earned) == (0, 1)
    assert first.checks[0].actual == first.error


def test_an_actor_that_fails_fails_the_step(tmp_path: Path) -> None:
    def spawns(stage: Stage) -> None:
        def fall() -> None:
            time.sleep(1)
            raise ValueError("fell")

        stage.world.spawn(fall, name="walker")
        time.sleep(5)

    report = go(lab_of(spawns), tmp_path)
    assert "fiber 'walker' failed" in str(report.steps[0].error)
    assert report.earned == 0


def test_an_act_that_waits_for_ever_is_a_deadlock_of_its_step_only(tmp_path: Path) -> None:
    def waits(stage: Stage) -> None:
        stage.world.streams["x"].random()
        from simulator.kernel import wait

        wait(stage.world.env.event())

    report = go(lab_of(waits, nothing), tmp_path)
    assert "deadlock" in str(report.steps[0].error)
    assert report.steps[1].passed


def test_a_solution_error_is_told_as_it_is(tmp_path: Path) -> None:
    def refuses(stage: Stage) -> None:
        raise SolutionError("plan.json, line 3: a comma is missing")

    in_set_up = go(lab_of(nothing, setup=refuses), tmp_path)
    assert in_set_up.error == "plan.json, line 3: a comma is missing"
    assert (in_set_up.passed, in_set_up.earned, in_set_up.points) == (False, 0, 1)
    in_step = go(lab_of(refuses), tmp_path)
    assert in_step.steps[0].error == "plan.json, line 3: a comma is missing"


def test_a_broken_file_of_the_learner_fails_every_check(letter: Scenario, tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text('{\n "stamp": true,\n}')
    report = run_through(letter, tmp_path)
    assert report.error is not None
    assert report.error.startswith("plan.json, line 3:")
    assert (report.earned, report.points, report.passed) == (0, 6, False)


def test_a_check_that_raises_fails_with_its_sentence(tmp_path: Path) -> None:
    def raises(evidence: Evidence) -> Verdict:
        raise LookupError("no table")

    (step,) = go(lab_of(nothing, judge=raises), tmp_path).steps
    assert (step.earned, step.error) == (0, None)
    assert step.checks[0].actual == "LookupError: no table"


def test_a_check_that_is_no_judge_fails(tmp_path: Path) -> None:
    (step,) = go(lab_of(nothing, judge=lambda evidence: True), tmp_path).steps
    assert "no Verdict" in step.checks[0].actual


def test_a_check_may_not_let_time_pass(tmp_path: Path) -> None:
    def waits(evidence: Evidence) -> Verdict:
        time.sleep(5)
        return holds(evidence)

    def ticks(stage: Stage) -> None:
        def tick() -> None:
            while True:
                time.sleep(1)
                stage.world.record("tick")

        stage.world.spawn(tick, daemon=True)

    with Run(lab_of(ticks, judge=waits), tmp_path) as run:
        report = run.advance()
        assert report is not None
        assert "waited for virtual time" in report.checks[0].actual
        assert report.earned == 0
        assert run.world.now_s == 100
        assert run.world.journal.facts[-1].what == "step.ended"


def test_a_check_sees_its_own_step_and_acts_unseen(tmp_path: Path) -> None:
    seen = []

    def looks(evidence: Evidence) -> Verdict:
        from simulator.kernel import current_fiber

        fiber = current_fiber()
        assert fiber is not None
        seen.append((fiber.actor, fiber.context["unseen"], [fact.what for fact in evidence.facts]))
        return holds(evidence)

    def acts(stage: Stage) -> None:
        stage.world.record("done")

    go(lab_of(acts, acts, judge=looks), tmp_path)
    assert seen == [("check", True, ["step.begun", "done", "step.ended"])] * 2


@pytest.mark.parametrize("place", ["missing", "file"])
def test_a_solution_must_be_a_folder(letter: Scenario, tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LabError, match=place):
        Run(letter, tmp_path / place)


def test_a_full_disk_is_nobodys_failure(letter: Scenario) -> None:
    with pytest.raises(JournalError, match="No space left"):
        run_through(letter, journal=Path("/dev/full"))
