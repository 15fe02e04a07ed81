"""One HTTP exchange as plain values: what every door of the cloud hands in and gets back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request: `url` is absolute and still percent-encoded, header names are as sent.

    `sent` is each header line as the client wrote it, where a door knows that.
    """

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    sent: Sequence[tuple[bytes, bytes]] = ()


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A response: header names are as the service wrote them.

    `more` are further lines of headers that stand in `headers` already: cookies.
    """

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    more: tuple[tuple[str, str], ...] = ()
