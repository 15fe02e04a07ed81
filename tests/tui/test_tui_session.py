"""The mirror of the worker: a flood, a replay, a failure, and what was shown meanwhile."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tui.app import PaddockApp
from tui.screens.lab import LabScreen
from tui.session import RATES, Session
from tui.watch import FolderWatch
from tui.widgets.timeline import Timeline


class Silent:
    """A worker that only takes notes."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def __getattr__(self, name: str) -> Any:
        async def note(*words: Any, **named: Any) -> None:
            self.asked.append((name, *words))

        return note


def session() -> Session:
    made = Session(Silent(), "a/b", 42, None)  # type: ignore[arg-type]
    steps = [
        {"index": index, "name": f"s{index}", "title": f"S{index}", "checks": []}
        for index in range(3)
    ]
    made.take({"event": "opened", "seed": 42,
               "scenario": {"name": "a/b", "points": 0, "steps": steps}})  # fmt: skip
    return made


def ended(index: int) -> dict[str, Any]:
    report = {"index": index, "name": f"s{index}", "title": "", "begun_s": 0.0, "ended_s": 1.0,
              "checks": [], "error": None, "points": 0}  # fmt: skip
    return {"event": "step", "state": "ended", "report": report}


async def test_the_lesson_stays_on_the_step_while_the_steps_before_it_are_replayed() -> None:
    mirror = session()
    await mirror.rerun(2)
    shown = []
    for index in range(3):
        mirror.take({"event": "step", "state": "begun", "index": index})
        shown.append(mirror.shown)
        mirror.take(ended(index))
        shown.append(mirror.shown)
    assert set(shown) == {2}
    await mirror.goto(1)
    mirror.take({"event": "reset"})
    mirror.take(ended(0))
    assert (mirror.shown, mirror.next_step, sorted(mirror.reports)) == (1, 1, [0])
    await mirror.advance("step_end")
    mirror.take({"event": "step", "state": "begun", "index": 1})
    assert (mirror.shown, mirror.open_step) == (1, 1)


async def test_a_reset_forgets_the_facts_and_not_the_scenario() -> None:
    mirror = session()
    mirror.take({"event": "facts", "facts": [{"at": 5.0, "who": "lab", "what": "x"}]})
    assert (len(mirror.facts), mirror.now_s) == (1, 5.0)
    mirror.take({"event": "reset"})
    assert (mirror.facts, mirror.now_s, len(mirror.steps)) == ([], 0.0, 3)


def test_the_rate_walks_between_its_ends() -> None:
    mirror = session()
    for _ in RATES:
        mirror.faster(1)
    assert mirror.rate == RATES[-1]
    for _ in RATES:
        mirror.faster(-1)
    assert mirror.rate == RATES[0]


def test_an_event_nobody_knows_is_passed_over(caplog: pytest.LogCaptureFixture) -> None:
    session().take({"event": "rainbow"})
    assert "rainbow" in caplog.text


async def test_keys_are_answered_in_the_middle_of_a_flood(
    app: PaddockApp, workers: list[Any]
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        worker, screen = workers[0], app.screen
        assert isinstance(screen, LabScreen)
        batches = [
            [
                {"at": float(batch), "who": "lab", "what": "sqs.sent", "queue": "rides",
                 "message_id": f"{batch}-{index}", "body": "x" * 40}
                for index in range(1000)
            ]
            for batch in range(100)
        ]  # fmt: skip
        for facts in batches:
            worker.tell("facts", facts=facts)
        app.simulate_key("space")
        while ("play", 60) not in worker.asked:
            await asyncio.sleep(0)
        assert len(screen.session.facts) < 100_000  # the key did not wait for the flood to pass
        while len(screen.session.facts) < 100_000:
            await asyncio.sleep(0.01)
        await screen.draw()
        timeline = screen.query_one(Timeline)
        assert timeline.row_count == 100_000
        assert timeline.fact is screen.session.facts[-1]
        assert screen.session.cloud.queues["rides"].counts == (100_000, 0, 0)
        # Only what the screen shows is drawn: a frame of 100,000 facts costs as one of a hundred.
        drawn = []
        original = timeline.render_line
        timeline.render_line = lambda y: drawn.append(y) or original(y)  # type: ignore
        timeline.refresh()
        await pilot.pause()
        assert 0 < len(drawn) <= 24


def test_a_save_is_told_once_and_when_the_file_stands_still(tmp_path: Path) -> None:
    file = tmp_path / "handler.py"
    file.write_text("one")
    watch = FolderWatch(tmp_path)
    assert watch.poll() == frozenset()
    file.write_text("three")
    assert watch.poll() == frozenset()
    assert watch.poll() == {file}
    assert watch.poll() == frozenset()
    (tmp_path / ".handler.py.swp").write_text("an editor's")
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "handler.pyc").write_text("python's")
    assert [watch.poll(), watch.poll()] == [frozenset(), frozenset()]
    file.unlink()
    assert [watch.poll(), watch.poll()] == [frozenset(), {file}]


def test_a_folder_that_is_gone_is_no_accident(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "a.py").write_text("")
    watch = FolderWatch(folder)
    (folder / "a.py").unlink()
    folder.rmdir()
    assert watch.poll() == frozenset()
    assert watch.poll() == {folder / "a.py"}
