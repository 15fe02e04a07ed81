"""The shelves behind the screens: progress, folders, lessons, and what goes wrong with them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lab.errors import LabError
from lab.report import CheckReport, StepReport
from tui.app import PaddockApp, run_tui
from tui.library import Library
from tui.screens.catalogue import CatalogueScreen
from tui.screens.lab import LabScreen

SCENARIO = """
from pathlib import Path
from lab.scenario import Check, Scenario, Step, Verdict

CHECK = Check("held", 3, lambda evidence: Verdict(True, "", ""), "", "")
SCENARIO = Scenario("yard/gate", "The gate", "Shut it.", Path(__file__).parent, lambda stage: None,
                    (Step("shut", "Shut the gate", lambda stage: None, (CHECK,)),))
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A learner's home, and two scenarios of which one is broken."""
    for name, text in (("gate", SCENARIO), ("fence", "SCENARIO = ")):
        folder = tmp_path / "scenarios" / "yard" / name
        (folder / "starter" / "handlers").mkdir(parents=True)
        (folder / "scenario.py").write_text(text)
    starter = tmp_path / "scenarios" / "yard" / "gate" / "starter"
    (starter / "plan.json").write_text("{}")
    (starter / "handlers" / "a.py").write_text("")
    monkeypatch.setenv("PADDOCK_SCENARIOS", str(tmp_path / "scenarios"))
    monkeypatch.setenv("PADDOCK_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def report(earned: int) -> StepReport:
    check = CheckReport("held", 3, earned, earned == 3, "", "", "", "")
    return StepReport(0, "shut", "Shut the gate", 0.0, 1.0, (check,))


def test_progress_shows_on_the_card_and_is_there_the_next_time(home: Path) -> None:
    library = Library()
    library.record("yard/gate", 42, report(3))
    library.record("yard/gate", 42, report(0))  # the best counts
    library.use_hints("yard/gate", "shut", 2)
    card = next(card for card in Library().cards() if card.name == "yard/gate")
    assert (card.earned, card.points, card.is_finished, card.hints) == (3, 3, True, 2)
    assert Library().hints_used("yard/gate", "shut") == 2


def test_a_broken_lab_hides_no_other(home: Path) -> None:
    cards = {card.name: card for card in Library().cards()}
    assert "line 1" in cards["yard/fence"].trouble
    assert not cards["yard/gate"].trouble


def test_the_folder_is_made_listed_and_reset(home: Path, tmp_path: Path) -> None:
    library = Library()
    folder = library.workspace("yard/gate")
    (folder / ".plan.json.swp").write_text("")
    names = [str(file.relative_to(folder)) for file in library.files(folder)]
    assert names == ["plan.json", "handlers/a.py"]
    (folder / "plan.json").write_text("mine")
    told = library.reset("yard/gate", folder)
    assert (folder / "plan.json").read_text() == "{}"
    kept = next(path for path in folder.parent.iterdir() if "backup" in path.name)
    assert str(kept) in told
    assert (kept / "plan.json").read_text() == "mine"
    with pytest.raises(LabError, match="--solution"):
        library.reset("yard/gate", tmp_path)


@pytest.mark.parametrize(
    ("name", "solution", "says"),
    [
        ("yard/gat", None, "yard/gate"),
        ("yard/fence", None, "line 1"),
        ("yard/gate", Path("/no/such"), "/no/such"),
        ("yard/gate", Path(__file__), "--solution wants"),
    ],
)
def test_what_cannot_be_opened_is_said_before_the_screen_comes(
    home: Path, name: str, solution: Path | None, says: str
) -> None:
    with pytest.raises(LabError, match=says):
        run_tui(name, 42, solution)


def test_without_a_terminal_the_other_door_is_named(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False, raising=False)
    with pytest.raises(LabError, match="paddock run"):
        run_tui("yard/gate", 42, None)


async def test_a_damaged_progress_file_is_told_and_set_aside(home: Path) -> None:
    home.mkdir()
    (home / "progress.json").write_text("{ torn")
    app = PaddockApp(Library(), _no_worker)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert [note for note in app._notifications if "could not be read" in note.message]
        assert (home / "progress.json.corrupt").read_text() == "{ torn"


async def test_a_lab_whose_folder_cannot_be_made_stays_shut_with_a_sentence(home: Path) -> None:
    home.write_text("a file in the way")
    (home.parent / "other").mkdir()
    app = PaddockApp(Library.__new__(Library), _no_worker)
    app.library = _library_without_progress(home.parent / "other")
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_lab("yard/gate")
        await pilot.pause()
        assert isinstance(app.screen, CatalogueScreen)
        assert [note for note in app._notifications if "PADDOCK_HOME" in note.message]


async def test_a_lab_without_a_lesson_opens_and_says_so(home: Path) -> None:
    app = PaddockApp(Library(), _no_worker, scenario="yard/gate")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert isinstance(app.screen, LabScreen)
        assert "lesson.md" in app.screen.lesson.introduction


def _library_without_progress(folder: Path) -> Library:
    """A library that has read its progress elsewhere, before the disk went bad."""
    from lab.progress import Progress

    library = Library.__new__(Library)
    from lab.catalog import Catalog

    library._catalog = Catalog()
    library._progress = Progress(folder / "progress.json")
    return library


class _Mute:
    """A worker that never says a word."""

    async def start(self) -> None:
        return

    async def open(self, *_: object, **__: object) -> None:
        return

    async def close(self) -> None:
        return

    async def events(self):  # type: ignore[no-untyped-def]
        return
        yield


def _no_worker() -> _Mute:
    return _Mute()
