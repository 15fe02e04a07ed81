"""Right solutions earn everything, wrong ones lose exactly the points that their fault costs."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.catalog import Catalog
from lab.lesson import read_lesson
from lab.report import StepReport
from lab.run import Run
from lab.scenario import Scenario
from tests.scenarios.wild_rydes.saga.wrong_solutions import ALL, WRONG, States, machine

pytestmark = pytest.mark.process
SEED = 7
ASL = "state_machine.asl.json"


@pytest.fixture(scope="module")
def saga() -> Scenario:
    return Catalog().load("wild_rydes/saga")


@pytest.fixture
def copy(saga: Scenario, tmp_path: Path) -> Path:
    return Path(shutil.copytree(saga.folder / "reference", tmp_path / "solution"))


def play(saga: Scenario, solution: Path, *, whole: bool = True) -> list[StepReport]:
    """The reports of all steps, or of all but the last."""
    with Run(saga, solution, SEED) as run:
        return list(_steps(run, len(saga.steps) if whole else len(saga.steps) - 1))


def _steps(run: Run, count: int) -> Iterator[StepReport]:
    for _ in range(count):
        report = run.advance()
        assert report is not None, run.error
        assert report.error is None
        yield report


def lost(reports: list[StepReport]) -> set[str]:
    return {check.name for report in reports for check in report.checks if not check.passed}


def test_starter_passes_the_first_step_only(saga: Scenario) -> None:
    reports = play(saga, saga.folder / "starter")
    assert [report.passed for report in reports] == [True] + [False] * (len(saga.steps) - 1)
    assert [report.earned for report in reports[1:]] == [0] * (len(saga.steps) - 1)


@pytest.mark.parametrize("name", WRONG)
def test_wrong_solution_loses_the_right_points(saga: Scenario, copy: Path, name: str) -> None:
    wrong = WRONG[name]
    wrong.edit(copy)
    reports = play(saga, copy, whole=wrong.whole)
    assert reports[0].passed, "it does not even process a fare: that proves nothing"
    assert lost(reports) == wrong.lost


def rename(folder: Path) -> None:
    """Call every state something else."""
    path = folder / ASL
    text = path.read_text()
    for number, name in enumerate(json.loads(text)["States"]):
        text = re.sub(rf'"{name}"(?=[:,\s}}])', f'"Schritt {number}"', text)
    path.write_text(text)


def one_net_below_all(states: States) -> None:
    """All forward tasks in one Parallel with one Catch; the whole chain undoes what there is."""
    forward = {
        name: states.pop(name)
        for name in (
            "RegisterFare",
            "PreauthoriseCard",
            "ChargeCard",
            "CreditAccount",
            "MarkFareProcessed",
            "PublishFareProcessed",
        )
    }
    for state in forward.values():
        del state["Catch"]
    states["RegisterFare"] = {
        "Type": "Parallel",
        "Branches": [{"StartAt": "RegisterFare", "States": forward}],
        "ResultPath": None,
        "Catch": [{"ErrorEquals": ALL, "ResultPath": "$.failure", "Next": "ReverseCredit"}],
        "End": True,
    }


@pytest.mark.parametrize("edit", [rename, machine(one_net_below_all)], ids=["renamed", "nested"])
def test_another_right_solution_earns_everything(saga: Scenario, copy: Path, edit: Any) -> None:
    edit(copy)
    assert lost(play(saga, copy)) == set()


def only(kind: str) -> States:
    return {"RegisterFare": {"Type": kind}}


def nothing_but_failure(states: States) -> None:
    """Every fare fails at once, and is told, and nobody is asked for money."""
    states["RegisterFare"] = {
        "Type": "Pass",
        "Result": {"Error": "PartnerUnavailable", "Cause": "Sandbox.Timedout CardDeclined"},
        "ResultPath": "$.failure",
        "Next": "MarkFareFailed",
    }


NOTHING = {
    "succeeds": lambda states: (states.clear(), states.update(only("Succeed"))),
    "fails": lambda states: (states.clear(), states.update(only("Fail"))),
    "fails and tells": nothing_but_failure,
}


@pytest.mark.parametrize("name", NOTHING)
def test_machine_that_does_nothing_earns_nothing(saga: Scenario, copy: Path, name: str) -> None:
    machine(NOTHING[name])(copy)
    reports = play(saga, copy)
    assert sum(report.earned for report in reports if report.name != "predict") == 0


def test_amounts_and_fares_differ_from_seed_to_seed(saga: Scenario) -> None:
    def charged(seed: int) -> list[tuple[str, int]]:
        with Run(saga, None, seed) as run:
            run.advance()
            facts = [f.data for f in run.world.journal.facts if f.what == "partner.charge"]
        return [(fact["fare_id"], fact["amount_cents"]) for fact in facts]

    first, again, other = charged(1), charged(1), charged(2)
    assert first == again
    assert not set(first) & set(other)


def test_looking_leaves_no_facts(saga: Scenario) -> None:
    with Run(saga, None, SEED) as run:
        run.advance()
        assert run.world.journal.facts[-1].what == "step.ended"


def test_worked_answers_together_earn_everything(saga: Scenario, copy: Path) -> None:
    """What the lesson gives away, put into the starter's machine, is a right solution."""
    definition = json.loads((saga.folder / "starter" / ASL).read_text())
    states, forward = definition["States"], list(definition["States"])
    answers = [section.hints[-1].text for section in read_lesson(saga.folder).sections]
    for fence in re.findall(r"```json\n(\".*?)```", "".join(answers), re.DOTALL):
        given = json.loads("{" + fence + "}")
        states |= {
            name: state for name, state in given.items() if name[0].isupper() and "Type" in state
        }
    (retry,) = json.loads("{" + fences(answers[-1])[0] + "}")["Retry"]
    declined, declined_catch = (json.loads(fence) for fence in fences(answers[5]))
    (catch_all,) = json.loads("{" + fences(answers[3])[0] + "}")["Catch"]
    entries = dict(re.findall(r"\| `(\w+)` \| `(\w+)` \|", answers[4]))
    assert list(entries) == forward
    for name in forward:
        states[name] |= {"Retry": [retry], "Catch": [{**catch_all, "Next": entries[name]}]}
    for name in ("PreauthoriseCard", "ChargeCard"):
        states[name]["Retry"].insert(0, declined)
    states["ChargeCard"]["Catch"].insert(0, declined_catch)
    for name, state in states.items():
        if name not in forward and state["Type"] == "Task":
            state["Retry"] = [{**retry, "MaxAttempts": 6}]
    (copy / ASL).write_text(json.dumps(definition))
    assert lost(play(saga, copy)) == set()


def fences(text: str) -> list[str]:
    return re.findall(r"```json\n(.*?)```", text, re.DOTALL)
