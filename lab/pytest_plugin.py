"""Checks as pytest items: `pytest scenarios/<family>/<name> --solution DIR` is the grader's door.

pytest loads this in every project of its environment, so here stands only what decides whether a
run concerns us: it does where a path named on the command line holds a scenario. Elsewhere there
are no options, no hooks and nothing imported.

Where a submission may be hostile, name the scenario first, or write `--solution=DIR` with `=`:
pytest looks for its settings in every path on the command line before it asks plugins for their
options, and takes the first it finds. `paddock grade` has no such rule: it does without pytest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

_FILE = "scenario.py"
_DEPTHS = (_FILE, f"*/{_FILE}", f"*/*/{_FILE}")
_MARK = b"lab.scenario"


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Offer the options, where the run is about scenarios."""
    config = pluginmanager.get_plugin("pytestconfig")
    if config is None or not concerns_us(config.invocation_params.args):
        return
    group = parser.getgroup("paddock", "grading Paddock scenarios")
    group.addoption(
        "--solution",
        metavar="DIR",
        type=Path,
        help="the folder to grade, named after the scenario (default: each one's reference)",
    )
    group.addoption(
        "--results", metavar="FILE", type=Path, help="write Gradescope's results.json to FILE"
    )
    group.addoption("--seed", metavar="N", type=int, help="the first seed (default: 42)")
    group.addoption(
        "--seeds",
        metavar="COUNT",
        type=int,
        default=1,
        help="how many seeds to grade on; a check must hold on each (default: 1)",
    )
    group.addoption(
        "--time-limit",
        metavar="SECONDS",
        type=float,
        help="real time that one run may take (default: 300)",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Take part, where the run is about scenarios."""
    if not hasattr(config.option, "time_limit") or not hasattr(config.option, "solution"):
        return
    if not concerns_us(config.invocation_params.args):
        return
    from lab.grading import Grading

    config.pluginmanager.register(Grading(config), "paddock-grading")


def concerns_us(arguments: Iterable[object]) -> bool:
    """Whether some argument is a scenario's file, or a folder with one at most two folders down."""
    return any(is_scenario(file) for argument in arguments for file in _named(str(argument)))


def _named(argument: str) -> Iterator[Path]:
    path = Path(argument.split("::", 1)[0])
    if argument.startswith("-") or not argument:
        return
    if path.name == _FILE:
        yield path
    elif path.is_dir():
        for pattern in _DEPTHS:
            yield from path.glob(pattern)


def is_scenario(file: Path) -> bool:
    """Whether a file is a scenario of ours, by its name and its text: it is not imported."""
    if file.name != _FILE:
        return False
    try:
        return _MARK in file.read_bytes()
    except OSError:
        return False
