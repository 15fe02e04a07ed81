"""What is installed: the metadata, the wheel's contents, the pinned versions. No network."""

from __future__ import annotations

import ast
import importlib
import re
import sys
import tomllib
import zipfile
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions
from pathlib import Path
from typing import Any

import pytest
from hatchling.builders.wheel import WheelBuilder
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.tidy import ROOMS, Source, imports, read_tree

ROOT = Path(__file__).resolve().parents[1]
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT: dict[str, Any] = PYPROJECT["project"]
LEARNERS = {"starter", "reference"}  # run in a function's environment, with its zip beside them
PACKAGES = ["lab", "scenarios", "simulator", "tui"]


@pytest.fixture(scope="module")
def files() -> list[Source]:
    return [source for source in read_tree() if source.room]


def names(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(text).name) for text in requirements}


def test_metadata_keeps_it_private() -> None:
    assert "Private :: Do Not Upload" in PROJECT["classifiers"]
    assert PROJECT["license"] == "Apache-2.0"
    assert PROJECT["requires-python"] == ">=3.11"
    assert PYPROJECT["build-system"]["build-backend"] == "hatchling.build"
    assert PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == PACKAGES
    assert set(PACKAGES) == ROOMS


def test_licence_is_the_whole_apache_2() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert len(text.splitlines()) > 190


@pytest.mark.parametrize(
    "target", [PROJECT["scripts"]["paddock"], *PROJECT["entry-points"]["pytest11"].values()]
)
def test_entry_points_resolve(target: str) -> None:
    module, _, attribute = target.partition(":")
    found = importlib.import_module(module)
    assert not attribute or callable(getattr(found, attribute))


def test_every_import_is_declared(files: list[Source]) -> None:
    declared = names(PROJECT["dependencies"])
    owners = packages_distributions()
    missing = []
    for source in files:
        if not source.is_code or LEARNERS & set(Path(source.path).parts):
            continue
        skipped = type_only_lines(source) | hook_lines(source)
        for line, name in imports(source):
            top = name.split(".")[0]
            if line in skipped or top in ROOMS or top in sys.stdlib_module_names or not top:
                continue
            if not {canonicalize_name(owner) for owner in owners.get(top, [])} & declared:
                missing.append(f"{source.path}:{line}: {top} is no declared dependency")
    assert not missing, "\n".join(missing)


def type_only_lines(source: Source) -> set[int]:
    """Lines under ``if TYPE_CHECKING``: stubs are needed to check, not to run."""
    return {
        line
        for node in ast.walk(source.tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }


def hook_lines(source: Source) -> set[int]:
    """Lines of hooks that only an optional plug-in of pytest's calls: it is there when they run."""
    return {
        line
        for node in ast.walk(source.tree)
        if isinstance(node, ast.FunctionDef)
        and any("optionalhook=True" in ast.unparse(mark) for mark in node.decorator_list)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }


def test_wheel_holds_every_file_of_the_packages(files: list[Source], tmp_path: Path) -> None:
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path))
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert packed == {source.path for source in files}


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


def test_constraints_are_exact_and_sorted() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    listed = [line for line in lines if not line.startswith("#")]
    assert all(re.fullmatch(r"[\w.-]+==[\w.+!]+", line) for line in listed), listed
    order = [line.split("==")[0].lower() for line in listed]
    assert order == sorted(order)
    assert lines[0].startswith("#")


def test_constraints_pin_all_that_is_needed() -> None:
    """Everything reached from pyproject.toml, extras and markers followed as pip follows them."""
    pinned = {canonicalize_name(name) for name in pins()}
    todo = [
        Requirement(text)
        for text in [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]
    ]
    seen: set[tuple[str, str]] = set()
    while todo:
        requirement = todo.pop()
        name = canonicalize_name(requirement.name)
        assert name in pinned, f"{name} is not in constraints.txt: run 'make constraints'"
        try:
            needs = [Requirement(text) for text in distribution(name).requires or []]
        except PackageNotFoundError:
            continue  # an extra of another platform or of the tests, where only a lab is installed
        for extra in {"", *requirement.extras} - {extra for known, extra in seen if known == name}:
            seen.add((name, extra))
            todo += [n for n in needs if n.marker is None or n.marker.evaluate({"extra": extra})]
