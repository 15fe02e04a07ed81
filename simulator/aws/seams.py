"""Where our code takes the place of moto's: the one way a name of moto's is replaced."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any


def replace(owner: Any, name: str, ours: Any) -> Any:
    """Put `ours` in the place of `owner.name`; what stood there before.

    Raises AttributeError where there is no such name: moto has changed, and so must we.
    """
    theirs = getattr(owner, name)
    setattr(owner, name, ours)
    return theirs


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
