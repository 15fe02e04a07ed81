"""HTTP to this machine's own loopback, and to nowhere else: SNS's HTTP/S subscribers are real.

This is about real time: the subscriber is a process of its own, and has 15 real seconds to answer.
Where the world is served, the wait does not hold up the server, so the subscriber may call SNS back
before it answers; virtual time stands while nobody else lets it run.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, quote, unquote, urlsplit

from simulator.kernel.fiber import wait
from simulator.model.topic import Undeliverable, Unreachable

if TYPE_CHECKING:
    from simulator.world import World

ANSWER_WITHIN_S = 15.0
"""Real seconds a subscriber has to answer ("Amazon SNS message delivery retries", HTTP/S)."""

_STATUS_LINE_LIMIT = 65_536
_OWN_ROUTES = ("_paddock", "moto-api")
_SAFE_IN_PATH = "/%:@!$&'()*+,;=~?"
_ANY = "0.0.0.0"  # noqa: S104  (an address to recognise, not to bind)
_tasks: set[asyncio.Task[None]] = set()


@dataclass(frozen=True, slots=True)
class Post:
    """A POST request. `headers` lack Host and Content-Length."""

    url: str
    headers: Mapping[str, str]
    body: bytes


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this machine, by its literal host."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost") or host == _ANY:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def post(world: World, request: Post) -> int:
    """The status of the answer. Raises Unreachable where none came.

    The emulator's own control routes are not called: who may publish may not move the clock.
    """
    if unquote(urlsplit(request.url).path).lstrip("/").startswith(_OWN_ROUTES):
        raise Undeliverable(f"{request.url} is no subscriber")
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return _post_and_block(request)
    answered = world.env.event()

    async def exchange() -> None:
        try:
            status = await asyncio.wait_for(_exchange(request), ANSWER_WITHIN_S)
        except (OSError, ValueError) as error:
            answered.fail(_unreachable(request, error))
            answered.defused = True
        else:
            answered.succeed(status)

    task = loop.create_task(exchange())
    _tasks.add(task)  # the loop keeps only weak references
    task.add_done_callback(_tasks.discard)
    status: int = wait(answered)
    return status


async def _exchange(request: Post) -> int:
    parts = urlsplit(request.url)
    host, port = _address(parts)
    reader, writer = await asyncio.open_connection(
        host, port, ssl=_tls() if parts.scheme == "https" else None
    )
    try:
        writer.write(_written(request, parts))
        await writer.drain()
        return _status(await reader.readline())
    finally:
        writer.close()


def _post_and_block(request: Post) -> int:
    parts = urlsplit(request.url)
    try:
        with socket.create_connection(_address(parts), timeout=ANSWER_WITHIN_S) as plain:
            connection = _tls().wrap_socket(plain) if parts.scheme == "https" else plain
            connection.sendall(_written(request, parts))
            with connection.makefile("rb") as answer:
                return _status(answer.readline(_STATUS_LINE_LIMIT))
    except (OSError, ValueError) as error:
        raise _unreachable(request, error) from error


def _address(parts: SplitResult) -> tuple[str, int]:
    host = parts.hostname or ""
    try:
        literal = ipaddress.ip_address(host)
    except ValueError:
        literal = ipaddress.ip_address("127.0.0.1")  # localhost: whatever a resolver might say
    if host == _ANY:
        literal = ipaddress.ip_address("127.0.0.1")
    return str(literal), parts.port or (443 if parts.scheme == "https" else 80)


def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # nobody certifies loopback
    return context


def _written(request: Post, parts: SplitResult) -> bytes:
    path = quote(parts.path or "/", safe=_SAFE_IN_PATH)
    if parts.query:
        path = f"{path}?{quote(parts.query, safe=_SAFE_IN_PATH)}"
    host = parts.netloc.rpartition("@")[2]
    headers = {
        **request.headers,
        "Host": host,
        "Content-Length": str(len(request.body)),
        "Connection": "close",
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST {path} HTTP/1.1\r\n{head}\r\n".encode("latin-1", "replace") + request.body


def _status(line: bytes) -> int:
    words = line.split()
    if len(words) < 2 or not words[0].startswith(b"HTTP/") or not words[1].isdigit():
        raise ValueError("the answer is not HTTP")
    return int(words[1])


def _unreachable(request: Post, error: Exception) -> Unreachable:
    told = str(error) or f"no answer within {ANSWER_WITHIN_S:g} s"
    return Unreachable(f"{request.url}: {type(error).__name__}: {told}")
