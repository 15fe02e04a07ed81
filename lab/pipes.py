"""The worker's two pipes: commands read without waiting longer than asked, events in batches."""

from __future__ import annotations

import json
import os
import select
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.journal import Fact

_BATCH_S = 0.05
_LARGEST_BATCH = 1000
_CHUNK_BYTES = 65536


class Inbox:
    """Commands from a file descriptor, a JSON object a line."""

    def __init__(self, descriptor: int) -> None:
        self.ended = False
        self._descriptor = descriptor
        self._rest = b""

    def read(self, timeout_s: float | None) -> list[dict[str, Any]]:
        """The commands that have come, waiting up to `timeout_s` real seconds for the first.

        Without a time, as long as it takes. A line that is no command comes as `{"do": None}`.
        """
        ready, _, _ = select.select([self._descriptor], [], [], timeout_s)
        if not ready:
            return []
        chunk = os.read(self._descriptor, _CHUNK_BYTES)
        if not chunk:
            self.ended = True
            return []
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        return [_command(line) for line in lines if line.strip()]


class Outbox:
    """Events to a file descriptor; facts gathered for a twentieth of a second, in order."""

    def __init__(self, descriptor: int) -> None:
        self._file = os.fdopen(descriptor, "wb", buffering=_CHUNK_BYTES)
        self._facts: list[str] = []
        self._sent_at_s = self._clock_at_s = -1.0

    def fact(self, fact: Fact) -> None:
        """Keep a fact for the next batch."""
        self._facts.append(fact.to_json())
        if len(self._facts) >= _LARGEST_BATCH:
            self._send_facts()

    def send(self, event: Mapping[str, Any]) -> None:
        """Send an event at once, after the facts before it."""
        self._send_facts()
        self._write(json.dumps(event, separators=(",", ":"), ensure_ascii=False))
        self._file.flush()

    def clock(self, event: Mapping[str, Any], *, seldom: bool = False) -> bool:
        """Send where the clock stands; `seldom`: unless it was told a moment ago.

        Whether it was sent.
        """
        now = time.perf_counter()
        if seldom and now - self._clock_at_s < _BATCH_S:
            return False
        self._clock_at_s = now
        self.send(event)
        return True

    def flush(self, *, now: bool) -> None:
        """Send the facts gathered, if they have waited long enough or `now`."""
        if self._facts and (now or time.perf_counter() - self._sent_at_s >= _BATCH_S):
            self._send_facts()
            self._file.flush()

    def _send_facts(self) -> None:
        if self._facts:
            self._write('{"event":"facts","facts":[' + ",".join(self._facts) + "]}")
            self._facts.clear()
            self._sent_at_s = time.perf_counter()

    def _write(self, line: str) -> None:
        self._file.write(line.encode() + b"\n")


def _command(line: bytes) -> dict[str, Any]:
    try:
        command = json.loads(line)
    except ValueError:
        command = None
    return command if isinstance(command, dict) else {"do": None}
