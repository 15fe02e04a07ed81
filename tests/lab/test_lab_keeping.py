"""Workspaces and progress: a learner's own, whole after any crash, and never destroyed."""

import json
import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from lab.errors import LabError
from lab.places import write_whole
from lab.progress import Progress
from lab.report import CheckReport, StepReport
from lab.scenario import Scenario
from lab.workspace import Workspace


@pytest.fixture
def workspace(letter: Scenario) -> Workspace:
    return Workspace(letter.name, letter.folder)


def result(earned: int, points: int = 4, name: str = "send") -> StepReport:
    check = CheckReport("c", points, earned, earned == points, "", "", "", "")
    return StepReport(0, name, "", 0.0, 1.0, (check,))


def test_a_workspace_is_made_once_and_kept(workspace: Workspace) -> None:
    with pytest.raises(LabError, match="there is no workspace for post/letter"):
        workspace.require()
    folder = workspace.open()
    assert workspace.files() == [Path("plan.json")]
    (folder / "plan.json").write_text("mine")
    assert workspace.open() == workspace.require() == folder
    assert (folder / "plan.json").read_text() == "mine"


def test_a_reset_keeps_what_was_there(workspace: Workspace) -> None:
    assert workspace.reset() is None
    for text in ("first", "second"):
        (workspace.folder / "plan.json").write_text(text)
        backup = workspace.reset()
        assert backup is not None
        assert (backup / "plan.json").read_text() == text
        assert json.loads((workspace.folder / "plan.json").read_text())["stamp"] is False


def test_scrap_is_no_file_of_the_learners(workspace: Workspace) -> None:
    folder = workspace.open()
    for scrap in (".git", "plan.json~", ".plan.json.swp", "x.pyc"):
        (folder / scrap).touch()
    assert workspace.files() == [Path("plan.json")]


def test_a_home_that_cannot_be_written_is_one_sentence(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("PADDOCK_HOME", str(tmp_path / "file"))
    with pytest.raises(LabError, match=r"cannot make the workspace .* set PADDOCK_HOME"):
        workspace.open()
    with pytest.raises(LabError, match="progress file"):
        Progress()


def test_progress_keeps_the_best_and_the_hints() -> None:
    progress = Progress()
    progress.record_step("a/b", result(3), seed=1)
    progress.record_hint("a/b", "send", 2)
    progress.record_hint("a/b", "send", 1)
    progress.record_step("a/b", result(1), seed=2)
    progress.record_step("a/b", result(4, name="lose"), seed=2)
    kept = Progress().of("a/b")
    assert (kept.earned, kept.steps_passed, kept.seed) == (7, 1, 2)
    assert vars(kept.step("send")) == {"earned": 3, "points": 4, "hints": 2}
    assert Progress().of("c/d").earned == 0
    progress.forget("a/b")
    assert Progress().of("a/b").earned == 0


def test_a_step_worth_other_points_now_is_judged_anew() -> None:
    progress = Progress()
    progress.record_step("a/b", result(4, 4), seed=1)
    progress.record_step("a/b", result(2, 6), seed=1)
    assert (progress.of("a/b").earned, progress.of("a/b").steps_passed) == (2, 0)


def test_two_writers_lose_nothing() -> None:
    one, two = Progress(), Progress()
    one.record_step("a/b", result(4), seed=1)
    two.record_step("c/d", result(4), seed=1)
    one.record_hint("c/d", "send", 3)
    kept = Progress()
    assert kept.of("a/b").earned == kept.of("c/d").earned == 4
    assert kept.of("c/d").step("send").hints == 3


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"schema": 99, "scenarios": {}}', '{"schema": 1}', "\x00\xff"]
)
def test_a_corrupt_file_is_set_aside(text: str) -> None:
    progress = Progress()
    progress.record_hint("a/b", "send", 1)
    progress.path.write_bytes(text.encode("latin-1"))
    fresh = Progress()
    assert fresh.notice is not None
    assert "progress.json.corrupt" in fresh.notice
    aside = progress.path.with_name("progress.json.corrupt")
    assert aside.read_bytes() == text.encode("latin-1")
    fresh.record_hint("a/b", "send", 2)
    assert Progress().notice is None
    progress.path.write_text("again")
    assert "corrupt-2" in str(Progress().notice)
    assert aside.read_bytes() == text.encode("latin-1")


def _write_for_ever(ready: object) -> None:
    progress = Progress()
    for number in range(1_000_000):
        progress.record_hint("a/b", f"step {number % 50}", number + 1)
        if number == 20:
            ready.set()  # type: ignore[attr-defined]


@pytest.mark.process
def test_progress_survives_kill_9() -> None:
    context = multiprocessing.get_context("fork")
    for _ in range(3):
        ready = context.Event()
        writer = context.Process(target=_write_for_ever, args=(ready,))
        writer.start()
        assert ready.wait(30)
        os.kill(writer.pid or 0, signal.SIGKILL)
        writer.join()
        kept = Progress()
        assert kept.notice is None
        assert len(kept.of("a/b").steps) >= 20


def test_a_write_that_fails_leaves_the_old_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x"
    write_whole(path, "old")

    def refuse(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="No space"):
        write_whole(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
