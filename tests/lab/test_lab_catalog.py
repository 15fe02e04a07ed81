"""The catalogue finds what is there, says what is broken, and imports nothing it need not."""

import subprocess
import sys
from pathlib import Path

import pytest

from lab.catalog import Catalog
from lab.errors import BrokenScenarioError, UnknownScenarioError
from lab.scenario import Scenario

GOOD = """
from pathlib import Path
from lab.scenario import Scenario
SCENARIO = Scenario("{name}", "T", "S", Path(__file__).parent, print, ())
"""


def put(root: Path, name: str, text: str) -> None:
    folder = root / name
    folder.mkdir(parents=True)
    (folder / "scenario.py").write_text(text.format(name=name))


def test_it_finds_a_scenario_and_its_siblings_import_each_other(letter: Scenario) -> None:
    assert letter.points == 6
    assert [step.title for step in letter.steps] == ["Send a letter", "Lose a letter"]


def test_broken_scenarios_are_told_and_hide_no_other(tmp_path: Path) -> None:
    put(tmp_path, "a/good", GOOD)
    put(tmp_path, "a/syntax", "def (:")
    put(tmp_path, "a/empty", "")
    put(tmp_path, "a/wrong", "SCENARIO = 7")
    put(tmp_path, "a/named", GOOD.replace("{name}", "other/name"))
    put(tmp_path, "a/raises", "1/0")
    put(tmp_path, "_hidden/x", GOOD)
    found = {entry.name: result for entry, result in Catalog([tmp_path]).load_all()}
    assert isinstance(found.pop("a/good"), Scenario)
    assert found.keys() == {"a/syntax", "a/empty", "a/wrong", "a/named", "a/raises"}
    told = {name: str(error) for name, error in found.items()}
    for name, sentence in told.items():
        assert str(tmp_path / name / "scenario.py") in sentence
    assert "line 1" in told["a/syntax"]
    assert "no SCENARIO" in told["a/empty"]
    assert "no Scenario" in told["a/wrong"]
    assert "'other/name'" in told["a/named"]
    assert "ZeroDivisionError" in told["a/raises"]
    with pytest.raises(BrokenScenarioError):
        Catalog([tmp_path]).load("a/raises")


def test_an_unknown_name_brings_close_ones(tmp_path: Path) -> None:
    put(tmp_path, "wild/saga", GOOD)
    catalog = Catalog([tmp_path])
    with pytest.raises(UnknownScenarioError, match=r"'wild/sago'; did you mean wild/saga\?"):
        catalog.load("wild/sago")
    with pytest.raises(UnknownScenarioError, match=r"did you mean wild/saga\?"):
        catalog.load("saga")
    with pytest.raises(UnknownScenarioError, match="paddock list"):
        catalog.load("qqq")


def test_two_roots_may_hold_one_name(tmp_path: Path) -> None:
    for root in ("one", "two"):
        put(tmp_path / root, "a/b", GOOD.replace('"T"', f'"{root}"'))
    catalog = Catalog([tmp_path / "one", tmp_path / "two"])
    assert [entry.name for entry in catalog.entries()] == ["a/b"]
    assert catalog.load("a/b").title == "one"
    assert Catalog([tmp_path / "two"]).load("a/b").title == "two"


@pytest.mark.process
def test_the_list_costs_no_cloud() -> None:
    code = (
        "import sys; from lab.catalog import Catalog; found = dict(Catalog().load_all());"
        "assert found;"
        "print([m for m in ('moto', 'boto3') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
