"""What a WebSocket hands to the cloud: its opening, its messages, its end; and a client of ours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from simpy.events import Event

from simulator.http import HttpRequest, HttpResponse
from simulator.kernel.fiber import current_fiber, wait_until


class Wire(Protocol):
    """The side of a WebSocket that its client reads from."""

    def deliver(self, data: str | bytes) -> None:
        """Send a message to the client."""

    def end(self, code: int, reason: str) -> None:
        """Close the connection from our side."""


@dataclass(frozen=True, slots=True)
class Opening(HttpRequest):
    """The request that wants to become a WebSocket. An answer of 101 opens it."""

    wire: Wire | None = None


@dataclass(frozen=True, slots=True)
class Frame(HttpRequest):
    """A message from a client; `text` tells a text from bytes."""

    connection: str = ""
    text: bool = True


@dataclass(frozen=True, slots=True)
class Closing(HttpRequest):
    """A client's connection has ended."""

    connection: str = ""
    code: int = 1005
    reason: str = ""


CONNECTION_HEADER = "x-paddock-connection"
"""Where the answer to an Opening names the connection; it does not go over the wire."""


class Refusal(Exception):
    """A WebSocket was not opened; `response` says why."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__(f"HTTP {response.status}: {response.body.decode('utf-8', 'replace')}")
        self.response = response


class Client:
    """A WebSocket within the world: for actors, checks and tests."""

    def __init__(
        self,
        world: Any,
        handle: Callable[[HttpRequest], HttpResponse],
        url: str,
        headers: dict[str, str] | None = None,
    ) -> None:
        """Connect to `url`, `ws://…` or any form of an API's address. Raises Refusal."""
        self._world = world
        self._handle = handle
        self._url = url
        self.received: list[str | bytes] = []
        """What came and was not taken yet."""
        self.closed: tuple[int, str] | None = None
        """Code and reason, once the connection has ended."""
        self._news: Event = world.env.event()
        opened = handle(Opening("GET", url, dict(headers or {}), wire=self))
        if opened.status != 101:
            raise Refusal(opened)
        self.id = opened.headers[CONNECTION_HEADER]

    def send(self, message: str | bytes) -> None:
        """Send a message, and wait until the route it goes to has taken it."""
        data = message.encode() if isinstance(message, str) else message
        text = isinstance(message, str)
        self._handle(Frame("MESSAGE", self._url, {}, data, connection=self.id, text=text))

    def receive(self, timeout_s: float | None = None) -> str | bytes:
        """The next message; inside a fiber it may be waited for. Raises TimeoutError."""
        if not self.received and self.closed is None and current_fiber() is not None:
            wait_until(self._news, timeout_s)
        if not self.received:
            raise TimeoutError("no message has come")
        return self.received.pop(0)

    def close(self, code: int = 1000, reason: str = "") -> None:
        """End the connection."""
        if self.closed is None:
            self.closed = (code, reason)
            self._handle(Closing("CLOSE", self._url, connection=self.id, code=code, reason=reason))

    def deliver(self, data: str | bytes) -> None:
        """Take a message of the API's."""
        self.received.append(data)
        self._tell()

    def end(self, code: int, reason: str) -> None:
        """Take the API's end of the connection."""
        self.closed = (code, reason)
        self._tell()

    def _tell(self) -> None:
        news, self._news = self._news, self._world.env.event()
        news.succeed()
