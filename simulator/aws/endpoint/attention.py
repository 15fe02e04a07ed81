"""How the server waits for the next call: awake for a moment, since a client's calls come in rows.

To wake a sleeping core takes longer than many a call. So after something has come, the selector
looks again for a millisecond or two before it sleeps, which is how long boto3 needs between an
answer and its next call; each time it lets others run first, and a server that nobody calls sleeps.
"""

from __future__ import annotations

import asyncio
import os
import selectors

LOOKS = 1200
"""How often the selector looks before it sleeps; a look takes a microsecond or two."""


class AttentiveSelector(selectors.DefaultSelector):
    """The system's selector, which stays awake for a moment after something has come."""

    def __init__(self, looks: int = LOOKS) -> None:
        super().__init__()
        self._looks = looks
        self._awake = False

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """As `selectors.BaseSelector.select`."""
        look = super().select
        came = look(0)
        if came or (timeout is not None and timeout <= 0):
            self._awake = self._awake or bool(came)
            return came
        if self._awake:
            for _ in range(self._looks):
                os.sched_yield()
                if came := look(0):
                    return came
        came = look(timeout)
        self._awake = bool(came)
        return came


def new_event_loop() -> asyncio.AbstractEventLoop:
    """A loop for a server; on a single core, where the client needs it, it sleeps at once."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    if (cores or 1) < 2 or not hasattr(os, "sched_yield"):
        return asyncio.new_event_loop()
    return asyncio.SelectorEventLoop(AttentiveSelector())
