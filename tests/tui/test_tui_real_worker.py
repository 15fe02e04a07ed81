"""The screen with the real worker on the real lab: what a learner sees, and a kill -9."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.client import WorkerClient
from tui.app import PaddockApp
from tui.library import Library
from tui.picture import SCENARIO, picture
from tui.screens.lab import LabScreen

pytestmark = pytest.mark.process
PATIENCE_S = 60.0


async def until(screen: LabScreen, held: Callable[[], bool]) -> None:
    """Wait for the worker in real time, as a person does."""
    async with asyncio.timeout(PATIENCE_S):
        while not held():
            await asyncio.sleep(0.02)
    await screen.draw()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PADDOCK_HOME", str(tmp_path))
    return tmp_path


async def test_a_lab_is_run_killed_restarted_and_run_again_on_a_save(
    home: Path, text: Callable[[PaddockApp], str]
) -> None:
    workers: list[WorkerClient] = []

    def worker() -> WorkerClient:
        workers.append(WorkerClient())
        return workers[-1]

    app = PaddockApp(Library(), worker, scenario=SCENARIO)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        screen = app.screen
        assert isinstance(screen, LabScreen)
        session = screen.session
        await until(screen, lambda: bool(session.steps) and session.state == "paused")
        await pilot.press("n")
        await until(screen, lambda: 0 in session.reports and session.state == "paused")
        first = [fact.to_json() for fact in session.facts]
        assert first
        await until(screen, lambda: (home / "progress.json").exists())

        await pilot.press("n")
        await pilot.press("n")
        await until(screen, lambda: 1 in session.reports and session.state == "paused")
        pid = workers[0].pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await until(screen, lambda: session.state == "dead")
        await pilot.pause()
        assert "SIGKILL" in text(app)
        assert "Press R to restart it" in text(app)
        await pilot.press("R")  # back to where it died, with the same facts before it
        await until(screen, lambda: 0 in session.reports and session.state == "paused")
        assert [fact.to_json() for fact in session.facts] == first
        assert (session.shown, session.next_step) == (1, 1)

        machine = home / "workspaces" / SCENARIO / "state_machine.asl.json"
        machine.write_text("{ this is no machine")
        await screen.poll()
        await screen.poll()
        await until(screen, lambda: session.trouble is not None)
        await pilot.pause()
        assert "state_machine.asl.json" in text(app)
        assert not session.reports[0].passed
        await pilot.press("n")  # the banner stays: nothing can run before that is put right
        await pilot.pause()
        assert "state_machine.asl.json" in text(app)


async def test_the_picture_is_the_same_every_time(home: Path) -> None:
    first = await picture(step=0)
    assert first == await picture(step=0)
    assert "wild_rydes/saga" in first
    assert "url(http" not in first  # it is drawn the same without a network
