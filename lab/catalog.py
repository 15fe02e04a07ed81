"""The catalogue: finds scenarios on disk and loads them by name; it names none."""

from __future__ import annotations

import difflib
import hashlib
import importlib
import importlib.util
import os
import sys
import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lab.errors import BrokenScenarioError, UnknownScenarioError
from lab.scenario import Scenario

SCENARIO_FILE = "scenario.py"
ROOTS_VARIABLE = "PADDOCK_SCENARIOS"
_PACKAGE = "scenarios"


@dataclass(frozen=True)
class Entry:
    """A scenario's place: its name `family/name` and its folder. Nothing of it is imported yet."""

    name: str
    folder: Path
    package: str

    def load(self) -> Scenario:
        """Import its scenario.py. Raises BrokenScenarioError with the path and the reason."""
        try:
            scenario = importlib.import_module(f"{self.package}.scenario").SCENARIO
        except Exception as error:
            raise self._broken(_reason(error)) from error
        if not isinstance(scenario, Scenario):
            raise self._broken(f"SCENARIO is {scenario!r}, which is no Scenario")
        if scenario.name != self.name:
            raise self._broken(f"it calls itself {scenario.name!r}; its folders say {self.name!r}")
        return scenario

    def _broken(self, reason: str) -> BrokenScenarioError:
        return BrokenScenarioError(f"{self.folder / SCENARIO_FILE} cannot be used: {reason}")


class Catalog:
    """The scenarios under some roots, each in a folder `<root>/<family>/<name>/`."""

    def __init__(self, roots: Sequence[Path] | None = None) -> None:
        """Without roots: the installed ones, and those in the folders $PADDOCK_SCENARIOS names."""
        self._roots = list(_default_roots() if roots is None else roots)

    def entries(self) -> list[Entry]:
        """Every scenario there is, by name; where two roots have one name, the first root's."""
        found: dict[str, Entry] = {}
        for root in self._roots:
            for file in root.glob(f"*/*/{SCENARIO_FILE}"):
                folder = file.parent
                family = folder.parent.name
                if family.startswith((".", "_")) or folder.name.startswith((".", "_")):
                    continue
                name = f"{family}/{folder.name}"
                package = f"{_package_of(root)}.{family}.{folder.name}"
                found.setdefault(name, Entry(name, folder, package))
        return [found[name] for name in sorted(found)]

    def load_all(self) -> Iterator[tuple[Entry, Scenario | BrokenScenarioError]]:
        """Every scenario loaded, or what is wrong with it: one that is broken hides no other."""
        for entry in self.entries():
            try:
                yield entry, entry.load()
            except BrokenScenarioError as error:
                yield entry, error

    def entry(self, name: str) -> Entry:
        """The place of the scenario called `name`. Raises UnknownScenarioError."""
        entries = {entry.name: entry for entry in self.entries()}
        wanted = name.strip("/")
        if wanted in entries:
            return entries[wanted]
        close = difflib.get_close_matches(wanted, entries, n=3)
        close = close or [known for known in entries if wanted and wanted in known]
        hint = f"did you mean {' or '.join(close)}?" if close else "'paddock list' shows them all"
        raise UnknownScenarioError(f"there is no scenario {name!r}; {hint}")

    def load(self, name: str) -> Scenario:
        """The scenario called `name`. Raises UnknownScenarioError or BrokenScenarioError."""
        return self.entry(name).load()

    def at(self, file: Path) -> Entry | None:
        """The scenario whose scenario.py `file` is, if it is one's."""
        for entry in self.entries():
            if file.name == SCENARIO_FILE and entry.folder.samefile(file.parent):
                return entry
        return None


def _default_roots() -> Iterator[Path]:
    spec = importlib.util.find_spec(_PACKAGE)
    for place in (spec and spec.submodule_search_locations) or ():
        yield Path(place).resolve()
    for place in os.environ.get(ROOTS_VARIABLE, "").split(os.pathsep):
        if place:
            yield Path(place).resolve()


def _package_of(root: Path) -> str:
    """The package that a root's folders are imported under.

    One that is not the installed `scenarios` gets a package of its own, so that its files can
    import one another (`from .checks import CHECKS`) without a place on sys.path.
    """
    spec = importlib.util.find_spec(_PACKAGE)
    places = (spec and spec.submodule_search_locations) or ()
    if any(Path(place).resolve() == root.resolve() for place in places):
        return _PACKAGE
    digest = hashlib.sha256(str(root.resolve()).encode()).hexdigest()[:8]
    package = f"paddock_scenarios_{digest}"
    if package not in sys.modules:
        module = types.ModuleType(package, f"The scenarios in {root}.")
        module.__path__ = [str(root)]
        sys.modules[package] = module
    return package


def _reason(error: Exception) -> str:
    if isinstance(error, SyntaxError):
        return f"{error.filename}, line {error.lineno}: {error.msg}"
    if isinstance(error, AttributeError) and error.name == "SCENARIO":
        return "it has no SCENARIO"
    return f"{type(error).__name__}: {error}"
