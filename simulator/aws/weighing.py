"""What a call's payload weighs: the bytes that AWS bills it by, for the fact of the call.

A service's backend says what it took in or gave out (`weigh`); the call under way has the scale.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from moto.core.request import Request

from simulator.aws.routing import Target
from simulator.kernel import Fiber, current_fiber

_SCALE = "scale"
_LOG_EVENT_OVERHEAD_BYTES = 26  # "PutLogEvents", CloudWatch Logs API Reference


class Scale:
    """While open, what the running fiber weighs is counted here; scales may nest."""

    __slots__ = ("_fiber", "_outer", "size_bytes")

    def __init__(self) -> None:
        self.size_bytes = 0

    def __enter__(self) -> Scale:
        self._fiber: Fiber | None = current_fiber()
        if self._fiber is not None:
            self._outer = self._fiber.context.get(_SCALE)
            self._fiber.context[_SCALE] = self
        return self

    def __exit__(self, *_: object) -> None:
        if self._fiber is not None:
            self._fiber.context[_SCALE] = self._outer


def weigh(size_bytes: int) -> None:
    """Add to what the call under way is billed by; outside a call it changes nothing."""
    fiber = current_fiber()
    scale = fiber.context.get(_SCALE) if fiber is not None else None
    if scale is not None:
        scale.size_bytes += size_bytes


def weighed(size_bytes: int) -> dict[str, Any]:
    """What the fact of a call says of its payload: nothing where it has none."""
    return {"payload_bytes": size_bytes} if size_bytes else {}


def body_of(request: Request, target: Target) -> int:
    """The payload of a request whose body is the payload, or holds it as it stands."""
    reader = _BODIES.get((target.service, target.action))
    if reader is None:
        return 0
    try:
        return reader(request)
    except (ValueError, TypeError, KeyError, AttributeError):
        return 0  # not to be read: the service refuses it, or has


def _object(request: Request) -> int:
    """An object's bytes; a body in signed chunks says how long it is without their heads."""
    stated = request.headers.get("X-Amz-Decoded-Content-Length")
    return int(stated) if stated else len(request.data)


def _log_events(request: Request) -> int:
    events = json.loads(request.data)["logEvents"]
    return sum(len(event["message"].encode()) + _LOG_EVENT_OVERHEAD_BYTES for event in events)


def _records(request: Request) -> int:
    """Kinesis: the data and the partition key of each record; base64 has four for three."""
    given: Mapping[str, Any] = json.loads(request.data)
    records = given.get("Records") or [given]
    return sum(
        len(record["Data"]) * 3 // 4 + len(record["PartitionKey"].encode()) for record in records
    )


_BODIES: dict[tuple[str, str], Callable[[Request], int]] = {
    ("s3", "PutObject"): _object,
    ("s3", "UploadPart"): _object,
    ("logs", "PutLogEvents"): _log_events,
    ("kinesis", "PutRecord"): _records,
}
