"""What is kept for a while in virtual time: cached answers, and what authorisers said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from simulator.world import World

Value = TypeVar("Value")
Key = tuple[object, ...]
"""Begins with the ids of an API and a stage."""


class Kept(Generic[Value]):
    """Values by key, each until its time has passed."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._kept: dict[Key, tuple[float, Value]] = {}

    def get(self, key: Key) -> Value | None:
        """What is kept, if its time has not passed."""
        until_s, value = self._kept.get(key, (0.0, None))
        return value if until_s > self._world.now_s else None

    def put(self, key: Key, value: Value, ttl_s: float) -> None:
        """Keep a value for a time."""
        self._kept[key] = (self._world.now_s + ttl_s, value)

    def drop(self, key: Key) -> None:
        """Forget a value."""
        self._kept.pop(key, None)

    def flush(self, api_id: str, stage: str) -> None:
        """Forget all of a stage."""
        self._kept = {key: kept for key, kept in self._kept.items() if key[:2] != (api_id, stage)}
