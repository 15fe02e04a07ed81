"""The benchmarks' own arithmetic and front door; their numbers are for people, and not asserted."""

from __future__ import annotations

import importlib

import pytest

from benchmarks import Ratio, bench_fibers, side_by_side
from benchmarks.__main__ import main, names


def test_a_line_tells_both_sides_and_the_ratio() -> None:
    line = Ratio("waits", 500.0, "bare SimPy", 2_000.0).line()
    assert line.split() == ["waits", "500/s", "bare", "SimPy", "2,000/s", "0.25x"]


def test_both_sides_take_turns() -> None:
    turns: list[str] = []

    def side(name: str) -> int:
        turns.append(name)
        return 1

    ratio = side_by_side("x", lambda: side("ours"), "y", lambda: side("peer"))
    assert turns == ["ours", "peer"] * 3
    assert ratio.ours_per_s > 0
    assert ratio.peer_per_s > 0


@pytest.mark.parametrize("name", names())
def test_every_benchmark_compares(name: str) -> None:
    assert callable(importlib.import_module(f"benchmarks.bench_{name}").compare)


def test_the_fibers_do_the_work_they_are_timed_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_fibers, "ACTORS", 3)
    monkeypatch.setattr(bench_fibers, "WAITS", 2)
    assert bench_fibers.fibers() == bench_fibers.generators() == 6


def test_an_unknown_name_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nope"]) == 2
    assert capsys.readouterr().err.startswith("No benchmark 'nope': choose from ")
