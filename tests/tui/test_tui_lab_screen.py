"""The lab screen, driven by keys and the mouse against a worker without a process."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from tui.app import PaddockApp
from tui.screens.catalogue import CatalogueScreen
from tui.screens.dialogs import Choose, Confirm, Hints, Words
from tui.screens.lab import LabScreen
from tui.themes import DARK, LIGHT
from tui.widgets.timeline import Timeline
from tui.widgets.topology import Topology

SIZES = [(80, 24), (160, 48)]
Text = Callable[[PaddockApp], str]


async def settle(pilot: Pilot[int]) -> None:
    """Let the worker answer and the screen draw, until nothing is left to say."""
    for _ in range(2):
        await pilot.pause()
        for screen in pilot.app.screen_stack:
            if isinstance(screen, LabScreen) and screen.is_mounted:
                await screen.draw()
    await pilot.pause()


async def press(pilot: Pilot[int], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await settle(pilot)


def lab(app: PaddockApp) -> LabScreen:
    return next(screen for screen in app.screen_stack if isinstance(screen, LabScreen))


@pytest.mark.parametrize("size", SIZES)
async def test_everything_that_matters_is_on_the_screen(
    app: PaddockApp, text: Text, size: tuple[int, int]
) -> None:
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        await press(pilot, *["n"] * 7)
        shown = text(app)
        for words in (
            "wild_rydes/saga", "4/8", "When accounting is down", "8/19 pt", "seed 42",
            "The card is charged.", "rides", "◆ fare-saga", "✓Register", "✗Credit ↻1",
            "ExecutionFailed", "retry 1, in 10 s", "✗ 0/3", "no refund: the money was kept",
            "Add a Catch to Credit", "00:06:40.000", "×60", "n to step 5", "space play", "q quit",
        ):  # fmt: skip
            assert words in shown, words
        for pane in ("#lesson", "#cloud", "#facts", "#checks"):
            region = lab(app).query_one(pane).region
            assert region.width >= 30
            assert region.height >= 4
            assert region.bottom <= size[1]
            assert region.right <= size[0]


async def test_a_wide_screen_draws_the_cloud_in_layers_and_a_small_one_as_a_tree(
    app: PaddockApp, text: Text
) -> None:
    async with app.run_test(size=(160, 48)) as pilot:
        await settle(pilot)
        assert "──▸ ○ fare-saga" in text(app)
        await pilot.resize_terminal(80, 24)
        await settle(pilot)
        assert "╰▸○ fare-saga" in text(app)


async def test_n_runs_the_step_and_then_turns_the_page(app: PaddockApp, workers: list[Any]) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "n")
        assert workers[0].asked[-1] == ("advance", "step_end")
        assert lab(app).session.shown == 0
        await press(pilot, "n")
        assert workers[0].asked[-1] == ("advance", "step_end")  # nothing new was asked
        assert len(workers[0].asked) == 3
        assert lab(app).session.shown == 1


async def test_the_transport_asks_the_worker(app: PaddockApp, workers: list[Any]) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "right_square_bracket", "n", "n", "left_square_bracket", "plus", "space")
        worker = workers[0]
        assert worker.asked[2:] == [
            ("advance", "fact"),
            ("advance", "step_end"),
            ("goto", 1),
            ("play", 120),
        ]
        assert lab(app).session.state == "playing"
        await press(pilot, "minus")
        assert worker.asked[-1] == ("play", 60)
        await press(pilot, "space")
        assert worker.asked[-1] == ("pause",)


async def test_the_mouse_does_what_the_keys_do(app: PaddockApp, workers: list[Any]) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.click("#press-next")
        await settle(pilot)
        assert workers[0].asked[-1] == ("advance", "step_end")
        heading = lab(app).query_one("#heading").region
        await pilot.click(offset=(heading.x + 1 + len("wild_rydes/saga") + 2 + 5, heading.y))
        await settle(pilot)
        assert workers[0].asked[-1] == ("goto", 5)
        assert lab(app).session.shown == 5


async def test_a_click_on_a_node_shows_its_facts_only(app: PaddockApp, text: Text) -> None:
    async with app.run_test(size=(160, 48)) as pilot:
        await settle(pilot)
        await press(pilot, "n")
        topology = lab(app).query_one(Topology)
        row = next(y for y, line in enumerate(text(app).splitlines()) if "▤ rides" in line)
        column = text(app).splitlines()[row].index("▤ rides")
        await pilot.click(offset=(column + 3, row))
        await settle(pilot)
        assert lab(app).query_one(Timeline).needle == "rides"
        assert lab(app).query_one(Timeline).row_count == 1
        assert topology.region.contains(column, row)
        await press(pilot, "escape")
        assert lab(app).query_one(Timeline).needle == ""


async def test_the_filter_shows_more_and_search_less(app: PaddockApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "n")
        timeline = lab(app).query_one(Timeline)
        story = timeline.row_count
        await press(pilot, "f")
        calls = timeline.row_count
        await press(pilot, "f")
        assert story < calls < timeline.row_count == len(lab(app).session.facts)
        await press(pilot, "slash", "c", "r", "e", "d", "i", "t", "enter")
        assert isinstance(app.focused, Timeline)
        assert 0 < timeline.row_count < story
        await press(pilot, "escape")
        assert timeline.row_count == len(lab(app).session.facts)
        assert not lab(app).query_one("#search", Input).display


async def test_the_cursor_follows_the_newest_until_it_is_moved(app: PaddockApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "n", "n")
        timeline = lab(app).query_one(Timeline)
        assert timeline.fact is lab(app).session.facts[-1]
        await press(pilot, "up")
        held = timeline.fact
        assert held is not lab(app).session.facts[-1]
        await press(pilot, "n")
        assert timeline.fact is held
        await press(pilot, "end", "n", "n")
        assert timeline.fact is lab(app).session.facts[-1]


async def test_a_fact_opens_and_its_command_is_copied(app: PaddockApp, text: Text) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "n", "f", "home", "down", "y")
        command = "aws sqs send-message --queue-url http://sqs/123456789012/rides"
        assert app.clipboard.startswith(command)
        await press(pilot, "enter")
        assert isinstance(app.screen, Words)
        assert '"MessageBody"' in text(app)
        await press(pilot, "escape")
        assert isinstance(app.screen, LabScreen)


async def test_a_double_click_opens_a_fact(app: PaddockApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "n")
        timeline = lab(app).query_one(Timeline)
        await pilot.click(timeline, offset=(20, 1))
        await settle(pilot)
        assert timeline.fact is not None
        assert not timeline.following
        await pilot.click(timeline, offset=(20, 1), times=2)
        await settle(pilot)
        assert isinstance(app.screen, Words)


async def test_what_a_function_logs_does_not_command_the_terminal(
    app: PaddockApp, workers: list[Any], text: Text
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        words = "\x1b]0;owned\x07 [bold]hello[/] \u6f22\u5b57" * 9
        log = {"at": 1.0, "who": "lambda:f\x1b[2J", "what": "lambda.log", "function": "f\x9b1m",
               "request_id": "1", "text": words}  # fmt: skip
        workers[0].tell("facts", facts=[log])
        await press(pilot, "f", "f")
        shown = text(app)
        assert "[bold]hello[/]" in shown
        assert not {"\x1b", "\x07", "\x9b"} & set(shown)
        await press(pilot, "enter")
        shown = text(app)
        assert "owned" in shown
        assert not {"\x1b", "\x07", "\x9b"} & set(shown)


async def test_a_fact_that_nobody_asked_for_is_not_copied(app: PaddockApp) -> None:
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await settle(pilot)
        await press(pilot, "n", "y")
        assert app.clipboard == ""
        assert [note for note in app._notifications if "No one command" in note.message]


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


async def test_keys_that_mean_nothing_do_nothing(app: PaddockApp, workers: list[Any]) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        asked = list(workers[0].asked)
        await press(pilot, "x", "Q", "7", "ctrl+x", "f9", "left", "backspace", "delete")
        assert workers[0].asked == asked
        assert isinstance(app.screen, LabScreen)


async def test_the_last_step_ends_the_lab(app: PaddockApp, workers: list[Any], text: Text) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, *["n"] * 15)
        assert "all steps done" in text(app)
        asked = list(workers[0].asked)
        await press(pilot, "n", "space")
        assert workers[0].asked == asked


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


@pytest.mark.parametrize("width", [60, 66, 72, 80, 100, 109, 110, 131, 160, 240])
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
