"""How virtual time goes for callers from outside: auto, paced or paused."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

_RATE_MAX = 1e9
_CHOICES = "choose auto, paused, or paced=N with a number N above 0, for instance paced=60"


@dataclass(frozen=True, slots=True)
class TimeMode:
    """`rate` is virtual seconds a real second, where time is paced."""

    kind: Literal["auto", "paced", "paused"]
    rate: float = 0.0

    @classmethod
    def parse(cls, text: str) -> TimeMode:
        """The mode that `text` names. Raises ValueError with a sentence for any other text."""
        if text in ("auto", "paused"):
            return cls("auto" if text == "auto" else "paused")
        name, _, number = text.partition("=")
        try:
            rate = float(number) if name == "paced" else math.nan
        except ValueError:
            rate = math.nan
        if not 0 < rate <= _RATE_MAX:
            raise ValueError(f"there is no time mode {text!r}: {_CHOICES}")
        return cls("paced", rate)

    def __str__(self) -> str:
        return f"paced={self.rate:g}" if self.kind == "paced" else self.kind


def instant_of(text: str) -> datetime:
    """The instant an ISO 8601 text names, in UTC. Raises ValueError with a sentence."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise ValueError(
            f"{text!r} is no instant with a time zone; write it like 2026-01-01T00:00:00Z"
        )
    return instant.astimezone(UTC)
