"""Properties that notice who reads them, so that none is left out in silence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


class Watched(dict[str, Any]):
    """A resource's properties; what nobody has looked at is in `unread()`."""

    def __init__(self, source: Mapping[str, Any]) -> None:
        super().__init__({name: _watched(value) for name, value in source.items()})
        self._left: dict[str, None] = dict.fromkeys(source)

    def __getitem__(self, name: str) -> Any:
        self._left.pop(name, None)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        """The value of `name`: that is reading it."""
        self._left.pop(name, None)
        return super().get(name, default)

    def pop(self, name: str, *default: Any) -> Any:
        """Taking it out is reading it."""
        self._left.pop(name, None)
        return super().pop(name, *default)

    def __iter__(self) -> Iterator[str]:
        self._left.clear()
        return super().__iter__()

    def keys(self) -> Any:
        """Who goes through all reads all."""
        self._left.clear()
        return super().keys()

    def items(self) -> Any:
        """Who goes through all reads all."""
        self._left.clear()
        return super().items()

    def values(self) -> Any:
        """Who goes through all reads all."""
        self._left.clear()
        return super().values()

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, Any]:
        self._left.clear()
        return {name: _plain(each) for name, each in dict.items(self)}

    def unread(self, at: str = "") -> list[str]:
        """The paths of what nobody has read, each once, as `Cors/MaxAge`."""
        found = [f"{at}{name}" for name in self._left]
        for name in dict.keys(self):
            if name not in self._left:
                _unread_below(dict.__getitem__(self, name), f"{at}{name}/", found)
        return list(dict.fromkeys(found))


def _watched(value: Any) -> Any:
    if isinstance(value, Mapping):
        return Watched(value)
    return [_watched(each) for each in value] if isinstance(value, list) else value


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in dict.items(value)}
    return [_plain(each) for each in value] if isinstance(value, list) else value


def _unread_below(value: Any, at: str, found: list[str]) -> None:
    if isinstance(value, Watched):
        found.extend(value.unread(at))
    elif isinstance(value, list):
        for each in value:
            _unread_below(each, at, found)
