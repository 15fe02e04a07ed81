"""Around the panes: the learner's folder, hints, a dead worker, sizes, coats, the catalogue."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import OptionList

from tests.tui.driving import Text, lab, press, settle
from tui.app import PaddockApp
from tui.screens.catalogue import CatalogueScreen
from tui.screens.dialogs import Choose, Confirm, Hints, Words
from tui.screens.lab import LabScreen
from tui.themes import DARK, LIGHT
from tui.widgets.timeline import Timeline

SIZES = [(80, 24), (160, 48)]


async def test_a_saved_file_runs_the_shown_step_again(
    app: PaddockApp, workers: list[Any], library: Any
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "n", "n", "n")
        (library.folder / "charge_card.py").write_text("def handler(event, context): return 1")
        await lab(app).poll()
        assert ("rerun", 1) not in workers[0].asked  # it may still be being written
        await lab(app).poll()
        await settle(pilot)
        assert workers[0].asked[-1] == ("rerun", 1)
        assert lab(app).session.shown == 1
        assert sorted(lab(app).session.reports) == [0, 1]
        await lab(app).poll()
        await settle(pilot)
        assert workers[0].asked.count(("rerun", 1)) == 1


async def test_points_are_recorded_for_the_learner_and_not_for_the_reference(
    app: PaddockApp, workers: list[Any], library: Any
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "w", "n")
        assert workers[0].asked[-2:] == [
            ("open", "wild_rydes/saga", 42, None),
            ("advance", "step_end"),
        ]
        assert library.recorded == {}
        await press(pilot, "w", "n")
        assert workers[0].asked[-2][3] == library.folder
        assert library.recorded == {"step0": 2}


async def test_hints_are_read_one_by_one_and_recorded(
    app: PaddockApp, text: Text, library: Any
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "h")
        assert isinstance(app.screen, Hints)
        assert "Look at the catchers" not in text(app)
        await press(pilot, "h", "h")
        assert "Look at the catchers" in text(app)
        assert "See Catch" in text(app)
        assert "Add one to" not in text(app)
        await press(pilot, "escape")
        assert library.hints == {"step0": 2}


async def test_a_reset_asks_first(app: PaddockApp, workers: list[Any]) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "n", "r")
        assert isinstance(app.screen, Confirm)
        await press(pilot, "n")
        assert workers[0].asked[-1] == ("advance", "step_end")
        await press(pilot, "r", "y")
        assert workers[0].asked[-1][0] == "open"
        assert lab(app).session.reports == {}


async def test_edit_opens_the_chosen_file_in_the_editor(
    app: PaddockApp, library: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    editor = tmp_path.parent / f"{tmp_path.name}-editor"
    editor.write_text('#!/bin/sh\necho "$1 $2" > "$0.saw"\n')
    editor.chmod(0o755)
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", f"{editor} --wait")
    monkeypatch.setattr(app, "suspend", contextlib.nullcontext)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "e")
        assert isinstance(app.screen, Choose)
        await press(pilot, "down", "enter")
        file = library.folder / "state_machine.asl.json"
        assert Path(f"{editor}.saw").read_text() == f"--wait {file}\n"


@pytest.mark.parametrize("editor", [None, "/no/such/editor", "'unclosed"])
async def test_without_an_editor_the_path_is_told(
    app: PaddockApp, library: Any, monkeypatch: pytest.MonkeyPatch, editor: str | None
) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.delenv("EDITOR", raising=False)
    if editor is not None:
        monkeypatch.setenv("EDITOR", editor)
    monkeypatch.setattr(app, "suspend", contextlib.nullcontext)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "e", "enter")
        notes = [note.message for note in app._notifications]
        assert [note for note in notes if str(library.folder / "charge_card.py") in note]


async def test_the_death_of_the_worker_is_told_and_R_restarts_it(  # noqa: N802 - the key
    app: PaddockApp, workers: list[Any], text: Text
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "n")
        workers[0].die()
        await settle(pilot)
        assert "✗ the lab's worker was killed by SIGKILL. Press R to restart it." in text(app)
        await press(pilot, "n", "space", "right_square_bracket", "left_square_bracket")
        assert len(workers[0].asked) == 3  # the dead are asked nothing
        await press(pilot, "R")
        assert ("restart",) in workers[0].asked
        assert "SIGKILL" not in text(app)
        await press(pilot, "n")
        assert lab(app).session.reports[0].passed


async def test_a_restart_goes_back_to_the_step_that_was_open(
    app: PaddockApp, workers: list[Any]
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await lab(app).action_goto(4)
        await settle(pilot)
        workers[0].die()
        await settle(pilot)
        await press(pilot, "R")
        await settle(pilot)
        assert workers[0].asked[-1] == ("goto", 4)
        session = lab(app).session
        assert (session.shown, session.next_step, sorted(session.reports)) == (4, 4, [0, 1, 2, 3])


async def test_an_error_of_the_worker_is_one_sentence_in_the_banner(
    app: PaddockApp, workers: list[Any], text: Text
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        workers[0].tell("error", message="state_machine.asl.json, line 4: [/] no comma")
        await settle(pilot)
        assert "✗ state_machine.asl.json, line 4: [/] no comma" in text(app)
        await press(pilot, "n")
        assert "no comma" not in text(app)


async def test_a_terminal_too_small_says_so_and_recovers(app: PaddockApp, text: Text) -> None:
    async with app.run_test(size=(50, 15)) as pilot:
        await settle(pilot)
        shown = " ".join(text(app).split())
        assert shown.startswith("This terminal is 50×15; Paddock needs 60×20")
        assert "Lesson" not in shown
        await pilot.resize_terminal(80, 24)
        await settle(pilot)
        assert "Lesson" in text(app)
        assert "This terminal" not in text(app)


@pytest.mark.parametrize("width", [60, 79, 109, 110, 240])
async def test_every_width_keeps_the_way_to_the_next_step(
    app: PaddockApp, text: Text, width: int
) -> None:
    async with app.run_test(size=(width, 20)) as pilot:
        await settle(pilot)
        shown = text(app)
        assert "n run step 1" in shown
        assert "wild_rydes/saga" in shown
        assert all(len(line) <= width for line in shown.splitlines())


async def test_zoom_fills_the_screen_with_a_pane_and_lets_it_go(app: PaddockApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        lab(app).query_one(Timeline).focus()
        facts = lab(app).query_one("#facts")
        before = facts.region
        await press(pilot, "z")
        assert facts.region.height > 18
        assert not lab(app).query_one("#lesson").region.height
        await press(pilot, "escape")
        assert facts.region == before


async def test_help_is_a_key_away_on_every_screen(app: PaddockApp, text: Text) -> None:
    async with app.run_test(size=(100, 48)) as pilot:
        await settle(pilot)
        await press(pilot, "f1")
        assert "Run to the next fact" in text(app)
        await press(pilot, "escape", "question_mark")
        assert isinstance(app.screen, Words)
        await press(pilot, "question_mark", "escape")
        assert isinstance(app.screen, CatalogueScreen)
        await press(pilot, "f1")
        assert "Open the lab" in text(app)


async def test_light_and_dark_change_and_the_text_stays(app: PaddockApp, text: Text) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        app.theme = DARK
        await settle(pilot)
        before = text(app)
        await press(pilot, "ctrl+t")
        assert app.theme == LIGHT
        assert text(app) == before
        await press(pilot, "ctrl+t")
        assert app.theme == DARK


async def test_the_palette_offers_our_commands(app: PaddockApp, workers: list[Any]) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        names = [command.title for command in app.get_system_commands(app.screen)]
        assert "Reset this lab" in names
        assert "Light or dark" in names
        await press(pilot, "ctrl+p", *"next fact")
        await pilot.pause(0.5)
        await press(pilot, "enter", "enter")
        assert ("advance", "fact") in workers[0].asked


async def test_the_catalogue_shows_progress_and_opens_a_lab(
    app: PaddockApp, text: Text, workers: list[Any]
) -> None:
    async with app.run_test(size=(160, 48)) as pilot:
        await settle(pilot)
        await press(pilot, "n", "escape")
        shown = text(app)
        assert "2/19 pt" in shown
        assert "step 1/8" in shown
        assert "any of them can fail" in shown
        await press(pilot, "down", "enter")
        assert isinstance(app.screen, CatalogueScreen)  # the broken one stays shut
        assert app.screen.query_one(OptionList).highlighted == 1
        await press(pilot, "up", "enter")
        assert isinstance(app.screen, LabScreen)
        assert len(workers) == 2
