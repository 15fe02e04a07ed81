"""Archives that keep events for their days, and replays of a window of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from moto.core.utils import unix_time
from moto.events import models as moto
from moto.moto_api._internal import mock_random

from simulator.aws.events.delivery import Posted
from simulator.aws.events.entries import instant_text
from simulator.model.transform import compact

_DAY_S = 86_400.0


class Archive(moto.Archive):
    """An archive; what is older than its retention is gone."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self._kept: deque[tuple[float, Mapping[str, Any], int]] = deque()
        super().__init__(*args, **options)

    @property  # type: ignore[override]
    def events(self) -> list[Mapping[str, Any]]:
        """The events there are, oldest first."""
        self._forget()
        return [event for _, event, _ in self._kept]

    @events.setter
    def events(self, _: Any) -> None:
        """moto's empty beginning."""

    def keep(self, event: Mapping[str, Any]) -> int:
        """Add an event; its size in bytes."""
        size_bytes = len(compact(event).encode())
        self._kept.append((unix_time(), event, size_bytes))
        return size_bytes

    def describe_short(self) -> dict[str, Any]:
        """What ListArchives tells."""
        told = super().describe_short()
        return {**told, "SizeBytes": sum(size for _, _, size in self._kept)}

    def _forget(self) -> None:
        days = float(self.retention or 0)
        if days:
            oldest = unix_time() - days * _DAY_S
            while self._kept and self._kept[0][0] < oldest:
                self._kept.popleft()


class Replay(moto.Replay):
    """A replay: the events of the window again, with `replay-name` and ids of their own."""

    last_replayed: float | None = None

    def describe_short(self) -> dict[str, Any]:
        """What ListReplays tells."""
        told = {**super().describe_short(), "EventLastReplayedTime": self.last_replayed}
        return {name: value for name, value in told.items() if value is not None}

    def replay_events(self, archive: Any) -> None:
        """Put the events on the bus, in the order of their times."""
        backend: Any = moto.events_backends[self.account_id][self.region]
        bus = backend.describe_event_bus(self.destination["Arn"])
        self.state = moto.ReplayState.RUNNING
        first, last = float(self.event_start_time), float(self.event_end_time)
        chosen = [event for event in archive.events if first <= unix_of(event) <= last]
        only = frozenset(self.destination.get("FilterArns") or ())
        for event in sorted(chosen, key=unix_of):
            again = {**event, "id": str(mock_random.uuid4()), "replay-name": self.name}
            self.last_replayed = unix_of(event)
            backend.deliveries.post(bus, Posted(again, instant_text(unix_time())), only or None)
        self.state = moto.ReplayState.COMPLETED
        self.end_time = unix_time()


def unix_of(event: Mapping[str, Any]) -> float:
    """An event's time, in seconds since 1970."""
    return datetime.fromisoformat(str(event["time"])).timestamp()
