"""The ASGI application: HTTP from outside in, plain requests to the cloud or the control routes."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import TYPE_CHECKING, Any

from simulator.aws.endpoint.control import Control
from simulator.aws.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from simulator.aws.endpoint.timekeeper import Timekeeper

log = logging.getLogger(__name__)

BODY_LIMIT_BYTES = 1024**3
"""The largest body that is read; S3 takes larger objects in parts."""

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_PLAIN_HOST = re.compile(r"[A-Za-z0-9._:\[\]-]{1,255}")
# What the server writes itself, or must agree with the bytes that are sent.
_OWN_HEADERS = frozenset({"connection", "content-length", "date", "server", "transfer-encoding"})
_BODILESS = frozenset({204, 304})
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class _Gone(Exception):
    """The client left before it had sent its request."""


class _TooLarge(Exception):
    """The body is over the limit."""


class Endpoint:
    """Answers HTTP requests from a world's cloud."""

    def __init__(self, keeper: Timekeeper, bind_host: str) -> None:
        self._keeper = keeper
        self._gateway = keeper.world.cloud.gateway
        self._control = Control(keeper, bind_host)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        head = _head(scope)
        try:
            body = await _body(receive)
            request = HttpRequest(head.method, head.url, head.headers, body)
            response = await self._answer(scope["path"], request, receive)
        except _Gone:
            return
        except _TooLarge:
            response = self._gateway.refusal(
                head, 413, "EntityTooLarge", f"a body may have {BODY_LIMIT_BYTES} bytes at most"
            )
        except Exception as error:  # the server outlives whatever one request does to it
            log.exception("%s %s failed", head.method, scope["path"])
            sentence = f"the request failed inside Paddock: {type(error).__name__}: {error}"
            response = self._gateway.refusal(head, 500, "InternalFailure", sentence)
        await _write(send, head.method, response)

    async def _answer(self, path: str, request: HttpRequest, receive: Receive) -> HttpResponse:
        if (answer := await self._control.answer(path, request)) is not None:
            return answer
        call = await self._keeper.begin(request)
        if call.answer.done():
            return call.answer.result()
        standing = asyncio.ensure_future(self._keeper.stand_by(call))
        leaving = asyncio.ensure_future(_left(receive))
        try:
            await asyncio.wait([standing, leaving], return_when=asyncio.FIRST_COMPLETED)
            if not standing.done():
                await self._keeper.leave(call)
                raise _Gone
            return standing.result()
        finally:
            standing.cancel()
            leaving.cancel()


def _head(scope: Scope) -> HttpRequest:
    """The request without its body. A header that comes twice is joined, as HTTP has it."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    host = headers.get("host", "")
    if not _PLAIN_HOST.fullmatch(host):
        host = "localhost"
    raw_path: bytes = scope.get("raw_path") or b"/"
    query: bytes = scope.get("query_string") or b""
    url = f"http://{host}{raw_path.decode('latin-1')}"
    return HttpRequest(
        scope["method"], f"{url}?{query.decode('latin-1')}" if query else url, headers
    )


async def _body(receive: Receive) -> bytes:
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body"):
        return bytes(message.get("body", b""))
    parts, size = [], 0
    while True:
        if message["type"] == "http.disconnect":
            raise _Gone
        part = message.get("body", b"")
        parts.append(part)
        size += len(part)
        if size > BODY_LIMIT_BYTES:
            raise _TooLarge
        if not message.get("more_body"):
            return b"".join(parts)
        message = await receive()


async def _left(receive: Receive) -> None:
    """Returns when the client has closed its connection."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _write(send: Send, method: str, response: HttpResponse) -> None:
    body = b"" if method == "HEAD" or response.status in _BODILESS else response.body
    length = str(len(body))
    if method == "HEAD":
        declared = {name.lower(): value for name, value in response.headers.items()}
        length = declared.get("content-length", str(len(response.body)))
    headers = list(_encoded(response.headers.items()))
    if response.status not in _BODILESS:
        headers.append((b"content-length", length.encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _encoded(headers: Iterable[tuple[str, str]]) -> Iterable[tuple[bytes, bytes]]:
    for name, value in headers:
        if name.lower() not in _OWN_HEADERS:
            yield (
                name.encode("latin-1", "replace"),
                _UNPRINTABLE.sub(" ", value).encode("latin-1", "replace"),
            )
