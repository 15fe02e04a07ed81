"""Where our code takes the place of moto's: the one way a name of moto's is replaced."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any


def replace(owner: Any, name: str, ours: Any) -> Any:
    """Put `ours` in the place of `owner.name`; what stood there before.

    Raises AttributeError where there is no such name: moto has changed, and so must we. Raises
    RuntimeError where `ours` would wrap itself: each world of a process would add a layer.
    """
    theirs = getattr(owner, name)
    if _wraps_itself(ours, theirs):
        raise RuntimeError(f"{name} of {owner} has our {ours.__qualname__} already")
    setattr(owner, name, ours)
    return theirs


def _wraps_itself(ours: Any, theirs: Any) -> bool:
    cells = getattr(ours, "__closure__", None) or ()
    same = getattr(ours, "__code__", None) is getattr(theirs, "__code__", ours)
    return same and any(cell.cell_contents is theirs for cell in cells)


def when_imported(name: str, act: Callable[[ModuleType], None]) -> None:
    """Call `act` with module `name` as soon as it is imported; at once if it is already.

    For a module that is too slow to import before somebody needs it.
    """
    if name in sys.modules:
        act(sys.modules[name])
    else:
        sys.meta_path.insert(0, _Awaiting(name, act))


class _Awaiting(MetaPathFinder):
    """Stands aside for all modules but one, and acts once that one has run."""

    def __init__(self, name: str, act: Callable[[ModuleType], None]) -> None:
        self._name = name
        self._act = act

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target
        if fullname != self._name:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is None or spec.loader is None:
            return spec
        run = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            run(module)
            self._act(module)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


@contextmanager
def bare_package(name: str) -> Iterator[None]:
    """While open, modules of package `name` are imported without running the package itself.

    For a package whose `__init__` brings in far more than the module that is wanted.
    """
    spec = importlib.util.find_spec(name)
    if name in sys.modules or spec is None or spec.submodule_search_locations is None:
        yield
        return
    bare = ModuleType(name)
    bare.__path__ = list(spec.submodule_search_locations)
    bare.__spec__ = spec
    sys.modules[name] = bare
    try:
        yield
    finally:
        del sys.modules[name]
