"""`make` on a fresh machine: which interpreter, which door, which exit code. No downloads."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed"),
]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What make reads, in a folder whose name has a space in it."""
    folder = tmp_path / "a checkout"
    (folder / ".ci").mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "constraints.txt", ".ci/run"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def clean_env() -> dict[str, str]:
    """Without what a make that runs this very test would hand down to its children."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS", "PYTHON"))}


def run(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=cwd, env=clean_env(), capture_output=True, text=True, check=False
    )


def script(path: Path, body: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def installed(checkout: Path, python: str = "exit 0") -> None:
    """An environment that make takes for finished, of stand-ins that say what they were asked."""
    script(checkout / ".venv/bin/python", python)
    script(checkout / ".venv/bin/paddock", 'echo "paddock $*"')
    (checkout / ".venv/.made").write_text(f"{checkout.resolve()}\n")
    for stamp in (".ready-lab", ".ready-dev"):
        (checkout / ".venv" / stamp).touch()


def test_no_fitting_python_is_one_sentence(checkout: Path, tmp_path: Path) -> None:
    old = script(tmp_path / "python3", "exit 1")
    done = run("make", "lab", f"PYTHON={old} no-such-python", cwd=checkout)
    assert done.returncode == 2
    said = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    assert len(said) == 1
    assert "needs Python 3.11 or newer" in said[0]
    assert "make PYTHON=" in said[0]
    assert not (checkout / ".venv").exists()


def test_a_shim_with_nothing_behind_it_is_passed_over(checkout: Path, tmp_path: Path) -> None:
    shim = script(tmp_path / "python3", "echo 'command not found' >&2; exit 127")
    # A list of names has no place for a path with spaces, and this checkout's may have some.
    fits = script(tmp_path / "python3-fits", f'exec "{sys.executable}" "$@"')
    asked = (f"PYTHON={shim} {fits}", ".venv/.made")
    done = run("make", *asked, cwd=checkout)
    assert done.returncode == 0, done.stderr
    assert run(".venv/bin/python", "-m", "pip", "--version", cwd=checkout).returncode == 0
    assert run("make", "-q", *asked, cwd=checkout).returncode == 0
    moved = checkout.rename(tmp_path / "elsewhere")
    assert run("make", "-q", *asked, cwd=moved).returncode == 1


def test_lab_without_a_terminal_runs_headless(checkout: Path) -> None:
    installed(checkout)
    done = run("make", "lab", cwd=checkout)
    assert (done.returncode, done.stdout) == (0, "paddock run wild_rydes/saga\n"), done.stderr


def test_lab_at_a_terminal_opens_the_screen(checkout: Path) -> None:
    installed(checkout)
    ours, theirs = pty.openpty()
    try:
        subprocess.run(["make", "lab"], cwd=checkout, env=clean_env(), stdout=theirs, check=True)
        assert b"paddock tui wild_rydes/saga" in os.read(ours, 1000)
    finally:
        os.close(ours)
        os.close(theirs)


@pytest.mark.parametrize(("pytest_code", "make_code"), [(0, 0), (1, 2), (5, 2)])
def test_ci_passes_the_verdict_on(checkout: Path, pytest_code: int, make_code: int) -> None:
    installed(checkout, f"echo the closing line; exit {pytest_code}")
    done = run(str(checkout / ".ci/run"), cwd=checkout.parent)
    assert done.returncode == make_code
    assert done.stdout.splitlines()[-1] == "the closing line"


def test_new_requirements_are_installed(checkout: Path) -> None:
    installed(checkout)
    assert run("make", "-q", ".venv/.ready-lab", cwd=checkout).returncode == 0
    later = (checkout / ".venv/.ready-lab").stat().st_mtime + 5
    os.utime(checkout / "constraints.txt", (later, later))
    assert run("make", "-q", ".venv/.ready-lab", cwd=checkout).returncode == 1
