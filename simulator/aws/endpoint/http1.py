"""HTTP/1.1 on a connection: httptools reads the requests, one at a time they are answered.

A server for a cloud that answers one call at a time has nothing to gain from a general one, and a
call's share of that was a fifth of its time.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator
from functools import lru_cache, partial
from http import HTTPStatus
from types import coroutine
from typing import Any, cast
from urllib.parse import unquote

import httptools

from simulator.aws.endpoint.websocket import Talk, wants_websocket
from simulator.http import HttpRequest, HttpResponse

BODY_LIMIT_BYTES = 1024**3
"""The largest body that is read; S3 takes larger objects in parts."""
HEAD_LIMIT_BYTES = 256 * 1024
_REQUESTS_AHEAD = 16  # that a client may send before it has its answers

_PLAIN_HOST = re.compile(r"[A-Za-z0-9._:\[\]-]{1,255}")
# What is written here, or must agree with the bytes that are sent.
_OWN_HEADERS = frozenset({"connection", "content-length", "server", "transfer-encoding"})
_BODILESS = frozenset({204, 304})
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")

Serve = Callable[["Incoming"], Awaitable[HttpResponse | None]]


class Incoming:
    """A request that has arrived: the value, its decoded path, and whether its client has left."""

    def __init__(self, request: HttpRequest, path: str, left: asyncio.Future[None]) -> None:
        self.request = request
        self.path = path
        self.left = left
        self.too_large = False


class Connection(asyncio.Protocol):
    """One client's connection; `serve` answers a request, or None where nobody waits for it."""

    def __init__(self, serve: Serve, open_connections: set[Connection]) -> None:
        self._serve = serve
        self._open = open_connections
        self._parser = httptools.HttpRequestParser(self)
        self._loop = asyncio.get_running_loop()
        self._left: asyncio.Future[None] = self._loop.create_future()
        self._waiting: deque[tuple[Incoming, bool]] = deque()
        self.busy = False  # whether a request is being answered
        self._rest: asyncio.Task[None] | None = None
        self._talk: Talk | None = None
        self._fresh()

    def close(self) -> None:
        """End the connection."""
        self._transport.close()

    # asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asyncio: a client has connected."""
        self._transport = cast(asyncio.Transport, transport)
        self._open.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Asyncio: the client has left."""
        del exc
        self._open.discard(self)
        if not self._left.done():
            self._left.set_result(None)
        if self._talk is not None:
            self._talk.lost()

    def data_received(self, data: bytes) -> None:
        """Asyncio: bytes have come."""
        if self._talk is not None:
            self._talk.received(data)
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            if self._talk is not None:
                self._talk.received(data[upgrade.args[0] :])
                return
            self._refuse(HTTPStatus.NOT_IMPLEMENTED, "Paddock speaks HTTP/1.1 and WebSocket only")
        except (httptools.HttpParserError, ValueError):
            self._refuse(HTTPStatus.BAD_REQUEST, "this is no HTTP request")
        if self._waiting and not self.busy:
            self._rest = begin(self._answer())

    # httptools' side

    def on_message_begin(self) -> None:
        """Httptools: a request begins."""
        self._fresh()

    def on_url(self, part: bytes) -> None:
        """Httptools: a part of the request's target."""
        self._url += part
        self._count(len(part))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Httptools: a header. One that comes twice is joined, as HTTP has it."""
        key, text, headers = _lowered(name), value.decode("latin-1"), self._headers
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
        self._count(len(name) + len(value))
        self._sent.append((name, value))

    def on_headers_complete(self) -> None:
        """Httptools: the head is read."""
        if self._headers.get("expect", "").lower() == "100-continue":
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, part: bytes) -> None:
        """Httptools: a part of the body."""
        self._size += len(part)
        if self._size <= BODY_LIMIT_BYTES:
            self._body.append(part)
        else:
            self._body.clear()

    def on_message_complete(self) -> None:
        """Httptools: the request is read."""
        incoming = self._incoming()
        if self._parser.should_upgrade():
            if wants_websocket(self._headers) and not (self.busy or self._waiting):
                self._talk = Talk(self._serve, incoming, self._transport, as_bytes)
            return
        incoming.too_large = self._size > BODY_LIMIT_BYTES
        self._waiting.append((incoming, self._parser.should_keep_alive()))
        if len(self._waiting) >= _REQUESTS_AHEAD:
            self._transport.pause_reading()

    # ours

    def _fresh(self) -> None:
        self._url = b""
        self._headers: dict[str, str] = {}
        self._sent: list[tuple[bytes, bytes]] = []
        self._body: list[bytes] = []
        self._size = self._head_size = 0

    def _count(self, size: int) -> None:
        self._head_size += size
        if self._head_size > HEAD_LIMIT_BYTES:
            raise ValueError("the head of the request is too long")

    def _incoming(self) -> Incoming:
        host = _plain(self._headers.get("host", ""))
        target = self._url.decode("latin-1")
        if not target.startswith("/"):  # a proxy's form: the whole URL
            _, _, rest = target.partition("://")
            target = "/" + rest.partition("/")[2]
        request = HttpRequest(
            self._parser.get_method().decode("ascii"),
            f"http://{host}{target}",
            self._headers,
            self._body[0] if len(self._body) == 1 else b"".join(self._body),
            self._sent,
        )
        path = target.partition("?")[0]
        return Incoming(request, unquote(path) if "%" in path else path, self._left)

    async def _answer(self) -> None:
        """Answer what has arrived, in order."""
        self.busy = True
        try:
            while self._waiting and not self._left.done():
                incoming, keep = self._waiting.popleft()
                response = await self._serve(incoming)
                if response is None or self._left.done():
                    return
                self._transport.write(as_bytes(incoming.request.method, response, keep))
                if not keep:
                    self._transport.close()
                    return
                self._transport.resume_reading()
        finally:
            self.busy = False

    def _refuse(self, status: HTTPStatus, sentence: str) -> None:
        """Answer bytes that cannot be a request, and end the connection."""
        if self._transport.is_closing():
            return
        headers = {"content-type": "text/plain"}
        response = HttpResponse(status, headers, f"{sentence}\n".encode())
        self._transport.write(as_bytes("GET", response, keep=False))
        self._transport.close()


def begin(work: Coroutine[Any, Any, None]) -> asyncio.Task[None] | None:
    """Do `work` at once as far as it goes without a wait; a task does what is left of it, if any.

    Most calls never wait, and a task costs the loop another round.
    """
    try:
        wait = work.send(None)
    except StopIteration:
        return None
    return asyncio.get_running_loop().create_task(_go_on(work, wait))


@coroutine
def _go_on(work: Coroutine[Any, Any, None], wait: Any) -> Generator[Any, Any, None]:
    while True:
        resume: Callable[[], Any]
        try:
            resume = partial(work.send, (yield wait))
        except BaseException as error:  # a cancellation is the work's to see
            resume = partial(work.throw, error)
        try:
            wait = resume()
        except StopIteration:
            return


def as_bytes(method: str, response: HttpResponse, keep: bool) -> bytes:
    """A response as it goes over the wire, head and body."""
    bodiless = method == "HEAD" or response.status in _BODILESS
    lines = [_status_line(response.status)]
    length = str(len(response.body))
    for name, value in (*response.headers.items(), *response.more):
        lowered = name.lower()
        if lowered == "content-length" and method == "HEAD":
            length = value
        if lowered not in _OWN_HEADERS:
            lines.append(f"{name}: {value if value.isprintable() else _on_one_line(value)}")
    if response.status not in _BODILESS:
        lines.append(f"content-length: {length}")
    if not keep:
        lines.append("connection: close")
    head = "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n"
    return head if bodiless else head + response.body


def _on_one_line(value: str) -> str:
    return _UNPRINTABLE.sub(" ", value)


@lru_cache
def _status_line(status: int) -> str:
    try:
        return f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"HTTP/1.1 {status} Unknown"


@lru_cache
def _lowered(name: bytes) -> str:
    return name.decode("latin-1").lower()


@lru_cache
def _plain(host: str) -> str:
    """The host a request names, or this one where that is no host."""
    return host if _PLAIN_HOST.fullmatch(host) else "localhost"
