"""HTTP to this machine's own loopback: what a learner runs there may stand behind an API.

This is about real time: such a backend is a process of its own and has so many real seconds to
answer. Where the world is served, the server goes on meanwhile, so the backend may call the cloud
before it answers; virtual time stands while nobody else lets it run.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, cast
from urllib.parse import quote, urlsplit

import httptools

from simulator.aws.sns.loopback import is_loopback
from simulator.http import HttpRequest, HttpResponse
from simulator.kernel.fiber import wait

if TYPE_CHECKING:
    from simulator.world import World

ANSWER_WITHIN_S = 15.0
"""Real seconds a backend has to answer."""

_OWN_ROUTES = ("/_paddock", "/moto-api")
_OWN_HEADERS = ("host", "connection", "content-length", "transfer-encoding")
_SAFE = "/%:@!$&'()*+,;=~?"
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_tasks: set[asyncio.Task[None]] = set()  # the loop keeps only weak references
_answered: Callable[[], None] | None = None


class Outside:
    """Marks a call, in its fiber's context as `outside`, that waits for a backend out there.

    While it does, whoever drives the world for that call lets no time pass.
    """

    def __init__(self) -> None:
        self.over = False


def is_outside(context: Mapping[str, object]) -> bool:
    """Whether the fiber with this context waits for a backend out there."""
    mark = context.get("outside")
    return isinstance(mark, Outside) and not mark.over


def is_elsewhere(url: str, own: str) -> bool:
    """Whether a URL leads to another port of this machine than `own`, the endpoint's address."""
    there = urlsplit(url)
    return is_loopback(url) and (there.port or 80) not in (urlsplit(own).port or 80, 4566)


def listen(answered: Callable[[], None]) -> None:
    """Call `answered` whenever a backend has answered, or failed to: time may go on then."""
    global _answered
    _answered = answered


def send(world: World, request: HttpRequest, mark: Outside) -> HttpResponse:
    """The answer of a backend on this machine. Raises OSError where none came."""
    parts = urlsplit(request.url)
    if parts.path.startswith(_OWN_ROUTES) or parts.scheme != "http":
        raise ConnectionRefusedError(f"{request.url} is no backend; only plain HTTP is")
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        mark.over = True
        return _and_block(request)
    answered = world.env.event()

    async def exchange() -> None:
        try:
            response = await asyncio.wait_for(_exchange(request), ANSWER_WITHIN_S)
        except (OSError, ValueError, httptools.HttpParserError) as error:
            answered.fail(ConnectionRefusedError(f"{request.url}: {error}"))
            answered.defused = True
        else:
            answered.succeed(response)
        mark.over = True
        if _answered is not None:
            _answered()

    task = loop.create_task(exchange())
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
    return cast("HttpResponse", wait(answered))


async def _exchange(request: HttpRequest) -> HttpResponse:
    reader, writer = await asyncio.open_connection(*_address(request))
    try:
        writer.write(_written(request))
        await writer.drain()
        return _read(await reader.read(-1))
    finally:
        writer.close()


def _and_block(request: HttpRequest) -> HttpResponse:
    try:
        with socket.create_connection(_address(request), timeout=ANSWER_WITHIN_S) as plain:
            plain.sendall(_written(request))
            with plain.makefile("rb") as answer:
                return _read(answer.read())
    except (ValueError, httptools.HttpParserError) as error:
        raise ConnectionRefusedError(f"{request.url}: {error}") from error


def _address(request: HttpRequest) -> tuple[str, int]:
    parts = urlsplit(request.url)
    host = "::1" if parts.hostname == "::1" else "127.0.0.1"
    return host, parts.port or 80


def _written(request: HttpRequest) -> bytes:
    parts = urlsplit(request.url)
    target = quote(parts.path or "/", safe=_SAFE)
    if parts.query:
        target += f"?{quote(parts.query, safe=_SAFE)}"
    headers = {n: v for n, v in request.headers.items() if n.lower() not in _OWN_HEADERS}
    headers |= {
        "Host": parts.netloc.rpartition("@")[2],
        "Content-Length": str(len(request.body)),
        "Connection": "close",
    }
    lines = "".join(f"{n}: {_CONTROLS.sub(' ', v)}\r\n" for n, v in headers.items())
    head = f"{request.method} {target} HTTP/1.1\r\n{lines}\r\n"
    return head.encode("latin-1", "replace") + request.body


class _Reading:
    """What httptools reads of an answer."""

    def __init__(self) -> None:
        self.headers: list[tuple[str, str]] = []
        self.body: list[bytes] = []

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header."""
        self.headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_body(self, part: bytes) -> None:
        """A part of the body."""
        self.body.append(part)


def _read(answer: bytes) -> HttpResponse:
    reading = _Reading()
    parser = httptools.HttpResponseParser(reading)
    parser.feed_data(answer)
    status = parser.get_status_code()
    if not status:
        raise ValueError("the answer is not HTTP")
    first = dict(reversed(reading.headers))
    seen: set[str] = set()
    more = []
    for name, value in reading.headers:
        if name in seen:
            more.append((name, value))
        seen.add(name)
    return HttpResponse(status, first, b"".join(reading.body), tuple(more))
