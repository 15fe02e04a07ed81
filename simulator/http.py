"""One HTTP exchange as plain values: what every door of the cloud hands in and gets back."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request: `url` is absolute and still percent-encoded, header names are as sent."""

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A response: header names are as the service wrote them."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
