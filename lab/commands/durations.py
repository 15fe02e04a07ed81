"""Durations and instants as a person types them: 31s, 15m, 1h30m, 2026-01-01T12:00:00Z."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_UNITS_S = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[dhms])")
_WHOLE = re.compile(rf"(?:{_PART.pattern})+")
_LONGEST_S = 100 * 365 * 86400.0


def duration_s(text: str) -> float:
    """Seconds in a duration such as `1h30m`; a bare number is seconds. Raises ValueError."""
    if re.fullmatch(r"\d+(?:\.\d+)?", text):
        seconds = float(text)
    elif _WHOLE.fullmatch(text):
        seconds = sum(float(amount) * _UNITS_S[unit] for amount, unit in _PART.findall(text))
    else:
        raise ValueError(f"{text!r} is no duration; write it like 31s, 15m, 2h, 1d or 1h30m")
    if seconds > _LONGEST_S:
        raise ValueError(f"{text!r} is more than a hundred years")
    return round(seconds, 6)


def instant(text: str) -> datetime:
    """An instant in ISO 8601, in UTC where it names no zone. Raises ValueError."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"{text!r} is no instant; write 'now' or one like 2026-01-01T12:00:00Z"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
