"""The lab screen, driven by keys and the mouse against a worker without a process."""

from __future__ import annotations

from typing import Any

import pytest
from textual.widgets import Input

from tests.tui.driving import Text, lab, press, settle
from tui.app import PaddockApp
from tui.screens.dialogs import Words
from tui.screens.lab import LabScreen
from tui.widgets.timeline import Timeline
from tui.widgets.topology import Topology

SIZES = [(80, 24), (160, 48)]


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


async def test_what_plays_stops_for_a_run_to_the_end_of_the_same_step(
    app: PaddockApp, workers: list[Any], text: Text
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "space")
        assert "n finish step 1" in text(app)
        assert "space pause" in text(app)
        await press(pilot, "n")
        assert workers[0].asked[2:] == [("play", 60), ("pause",), ("advance", "step_end")]


async def test_what_runs_flat_out_is_not_asked_to_run_again(
    app: PaddockApp, workers: list[Any]
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        workers[0].clock("running")
        await settle(pilot)
        await press(pilot, "n", "right_square_bracket")
        assert len(workers[0].asked) == 2
        await press(pilot, "space")
        assert workers[0].asked[-1] == ("pause",)


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
        lab(app).query_one(Timeline).focus()
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
        lab(app).query_one(Timeline).focus()
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
        lab(app).query_one(Timeline).focus()
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
        await lab(app).action_goto(7)
        await settle(pilot)
        await press(pilot, "n")
        assert "all steps done" in text(app)
        asked = list(workers[0].asked)
        await press(pilot, "n", "space")
        assert workers[0].asked == asked
