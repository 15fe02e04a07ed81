"""Where our code takes the place of moto's: the one way a name of moto's is replaced."""

from __future__ import annotations

from typing import Any


def replace(owner: Any, name: str, ours: Any) -> Any:
    """Put `ours` in the place of `owner.name`; what stood there before.

    Raises AttributeError where there is no such name: moto has changed, and so must we.
    """
    theirs = getattr(owner, name)
    setattr(owner, name, ours)
    return theirs
