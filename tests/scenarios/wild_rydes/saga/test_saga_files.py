"""Files a learner has broken: one sentence each, with the file, the line and the reason."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lab.catalog import Catalog
from lab.run import Run
from lab.scenario import Scenario

ASL = "state_machine.asl.json"
CHARGE = "handlers/charge_card.py"


@pytest.fixture(scope="module")
def saga() -> Scenario:
    return Catalog().load("wild_rydes/saga")


def error_of(saga: Scenario, folder: Path, name: str, before: str, after: str) -> str:
    """What a run says after one passage of a file was replaced, at its first place."""
    solution = Path(shutil.copytree(saga.folder / "reference", folder / "solution"))
    path = solution / name
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))
    return error_in(saga, solution)


def error_in(saga: Scenario, solution: Path) -> str:
    with Run(saga, solution) as run:
        assert run.advance() is None
        assert run.finished
        assert run.report().earned == 0
        assert run.error is not None
        assert "\n" not in run.error
        return run.error


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('"StartAt": "RegisterFare",', '"StartAt": "RegisterFare"', "line 4, column 3: this is no"),
        ('"Next": "ChargeCard"', '"Next": "ChargeCart"', "PreauthoriseCard leads to 'ChargeCart'"),
        ('"StartAt": "RegisterFare"', '"StartAt": "Register"', "line 3: StartAt names 'Register'"),
        ("${ChargeCardFunctionArn}", "${Charge}", "nothing is called ${Charge}; there are"),
        ('"Type": "Task"', '"Type": "Tusk"', "line 5: the state RegisterFare has the Type 'Tusk'"),
        (
            '"Next": "ChargeCard"',
            '"Comment": "?"',
            "PreauthoriseCard needs either a Next or an End",
        ),
        ('"MaxAttempts": 3', '"MaxAttempts": "three"', "Step Functions refuses it: "),
    ],
)
def test_broken_definition(
    saga: Scenario, tmp_path: Path, before: str, after: str, said: str
) -> None:
    error = error_of(saga, tmp_path, ASL, before, after)
    assert error.startswith(ASL)
    assert said in error


def test_handler_with_a_syntax_error(saga: Scenario, tmp_path: Path) -> None:
    error = error_of(saga, tmp_path, CHARGE, "def handler(fare, context):", "def handler(fare:")
    assert error.startswith(f"{CHARGE}, line 8: ")


def test_function_that_is_gone(saga: Scenario, tmp_path: Path) -> None:
    error = error_of(saga, tmp_path, CHARGE, "def handler(", "def charge(")
    assert "nothing is called ${ChargeCardFunctionArn}" in error


@pytest.mark.parametrize("name", [ASL, "handlers"])
def test_missing_files(saga: Scenario, tmp_path: Path, name: str) -> None:
    solution = Path(shutil.copytree(saga.folder / "reference", tmp_path / "solution"))
    shutil.rmtree(solution / name) if name == "handlers" else (solution / name).unlink()
    assert name in error_in(saga, solution)


@pytest.mark.process
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[1, 2", "predictions.json, line 1"),
        ("[]", "must hold a JSON object"),
        ("{}", "register_refused says null there"),
    ],
)
def test_broken_predictions_cost_their_step_only(
    saga: Scenario, tmp_path: Path, text: str, said: str
) -> None:
    solution = Path(shutil.copytree(saga.folder / "reference", tmp_path / "solution"))
    (solution / "predictions.json").write_text(text)
    with Run(saga, solution) as run:
        watch, predict = run.advance(), run.advance()
    assert watch is not None
    assert watch.passed
    assert predict is not None
    assert predict.earned == 0
    assert all(said in check.actual for check in predict.checks)
