"""The lab's own tests run on scenarios of their own, and in a home of their own."""

from pathlib import Path

import pytest

from lab.catalog import ROOTS_VARIABLE, Catalog
from lab.places import HOME_VARIABLE
from lab.scenario import Scenario

ROOT = Path(__file__).parent / "data" / "scenarios"


@pytest.fixture(autouse=True)
def _own_places(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(ROOTS_VARIABLE, str(ROOT))
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))


@pytest.fixture
def letter() -> Scenario:
    return Catalog([ROOT]).load("post/letter")


@pytest.fixture
def starter(letter: Scenario) -> Path:
    return letter.folder / "starter"
