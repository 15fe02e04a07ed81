"""PutEvents: which entries are events, how large they are, and what an event looks like."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from moto.events.exceptions import ValidationException

MOST_ENTRIES = 10
MOST_BYTES = 1_048_576
"""API Reference, "PutEvents" (256 KB before 2026); User Guide, "Calculating PutEvents event entry
size"."""


def check_request(entries: Sequence[Mapping[str, Any]]) -> None:
    """Refuse a request that is too long or too large."""
    if not 1 <= len(entries) <= MOST_ENTRIES:
        bound = "less than or equal to 10" if entries else "greater than or equal to 1"
        listed = "PutEventsRequestEntry" if entries else ""  # AWS prints each entry in full
        raise ValidationException(
            f"1 validation error detected: Value '[{listed}]' at 'entries' failed to satisfy "
            f"constraint: Member must have length {bound}"
        )
    if sum(size_of(entry) for entry in entries) >= MOST_BYTES:
        raise ValidationException("Total size of the entries in the request is over the limit.")


def size_of(entry: Mapping[str, Any]) -> int:
    """Bytes of an entry as EventBridge counts them."""
    texts = [entry.get(name) or "" for name in ("Source", "DetailType", "Detail")]
    texts += entry.get("Resources") or []
    return sum(len(str(text).encode()) for text in texts) + (14 if entry.get("Time") else 0)


def refusal(entry: Mapping[str, Any]) -> tuple[str, str] | None:
    """The error code and message for an entry that is no event; None for one that is."""
    for name in ("Source", "DetailType", "Detail"):
        if not entry.get(name):
            reason = f"Reason: {name} is a required argument."
            return "InvalidArgument", f"Parameter {name} is not valid. {reason}"
    if detail_of(entry) is None:
        return "MalformedDetail", "Detail is malformed."
    if str(entry["Source"]).startswith("aws."):
        return "NotAuthorizedForSourceException", "Not authorized for the source."
    return None


def detail_of(entry: Mapping[str, Any]) -> dict[str, Any] | None:
    """The detail as an object, or None where it is not one."""
    try:
        detail = json.loads(entry["Detail"], parse_constant=_refuse)
    except (ValueError, RecursionError, TypeError, KeyError):
        return None
    return detail if isinstance(detail, dict) else None


def event_of(
    entry: Mapping[str, Any], identifier: str, account: str, region: str, now_unix_s: float
) -> dict[str, Any]:
    """The event that an accepted entry becomes (User Guide, "Event structure reference")."""
    moment = entry.get("Time")
    return {
        "version": "0",
        "id": identifier,
        "detail-type": entry["DetailType"],
        "source": entry["Source"],
        "account": account,
        "time": instant_text(now_unix_s if moment is None else moment),
        "region": region,
        "resources": list(entry.get("Resources") or []),
        "detail": detail_of(entry),
    }


def instant_text(moment: float | str) -> str:
    """An instant, in seconds since 1970 or ISO 8601, as events write it: to the second, in UTC."""
    if isinstance(moment, str):
        when = datetime.fromisoformat(moment).astimezone(UTC)
    else:
        when = datetime.fromtimestamp(float(moment), UTC)
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def _refuse(name: str) -> Any:
    raise ValueError(name)
