"""A WebSocket at the endpoint: wsproto reads and writes its frames, the cloud hears of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping, TextMessage
from wsproto.utilities import LocalProtocolError, RemoteProtocolError, generate_accept_token

from simulator.aws.apigateway.frames import CONNECTION_HEADER, Closing, Frame, Opening
from simulator.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from simulator.aws.endpoint.http1 import Incoming

MESSAGE_LIMIT_BYTES = 128 * 1024
"""The largest message ("Quotas for configuring and running a WebSocket API")."""
_PROTOCOL_ERROR, _ABNORMAL, _TOO_LARGE = 1002, 1006, 1009

Serve = Callable[["Incoming"], Awaitable[HttpResponse | None]]
AsBytes = Callable[[str, HttpResponse, bool], bytes]


def wants_websocket(headers: dict[str, str]) -> bool:
    """Whether a request asks to become a WebSocket (RFC 6455, section 4.2.1)."""
    return (
        headers.get("upgrade", "").lower() == "websocket"
        and "sec-websocket-key" in headers
        and headers.get("sec-websocket-version") == "13"
    )


class Talk:
    """One WebSocket: opened by a request, answered message by message, in order."""

    def __init__(
        self, serve: Serve, opening: Incoming, transport: asyncio.Transport, as_bytes: AsBytes
    ) -> None:
        self._serve = serve
        self._incoming = opening
        self._transport = transport
        self._as_bytes = as_bytes
        self._frames = Connection(ConnectionType.SERVER)
        self._parts: list[bytes] = []
        self._size = 0
        self._id = ""
        self._news: asyncio.Queue[HttpRequest | None] = asyncio.Queue()
        self._early = b""
        self._ended = False
        self.task = asyncio.get_running_loop().create_task(self._run())

    def received(self, data: bytes) -> None:
        """Bytes have come from the client."""
        if not self._id:
            self._early += data
            return
        try:
            self._frames.receive_data(data)
            for event in self._frames.events():
                self._take(event)
        except RemoteProtocolError as error:
            self.end(_PROTOCOL_ERROR, str(error))

    def lost(self) -> None:
        """The client is gone."""
        self._finish(_ABNORMAL, "")

    def deliver(self, data: str | bytes) -> None:
        """Send a message to the client."""
        message = TextMessage(data) if isinstance(data, str) else BytesMessage(data)
        self._write(message)

    def end(self, code: int, reason: str) -> None:
        """Close the connection from our side."""
        self._write(CloseConnection(code, reason[:120]))
        self._finish(code, reason)
        self._transport.close()

    def _take(self, event: object) -> None:
        if isinstance(event, (TextMessage, BytesMessage)):
            text = isinstance(event, TextMessage)
            part = event.data.encode() if isinstance(event, TextMessage) else bytes(event.data)
            self._size += len(part)
            if self._size > MESSAGE_LIMIT_BYTES:
                self.end(_TOO_LARGE, "Message Too Big")
                return
            self._parts.append(part)
            if event.message_finished:
                body = b"".join(self._parts)
                self._parts, self._size = [], 0
                url = self._incoming.request.url
                self._news.put_nowait(
                    Frame("MESSAGE", url, {}, body, connection=self._id, text=text)
                )
        elif isinstance(event, Ping):
            self._write(event.response())
        elif isinstance(event, CloseConnection):
            self._write(event.response())
            self._finish(int(event.code), event.reason or "")
            self._transport.close()

    def _write(self, event: object) -> None:
        if self._ended or self._transport.is_closing():
            return
        try:
            self._transport.write(self._frames.send(event))  # type: ignore[arg-type]
        except LocalProtocolError:
            return  # it is being closed already

    def _finish(self, code: int, reason: str) -> None:
        if self._ended:
            return
        self._ended = True
        if self._id:
            url = self._incoming.request.url
            closing = Closing("CLOSE", url, connection=self._id, code=code, reason=reason)
            self._news.put_nowait(closing)
        self._news.put_nowait(None)

    async def _run(self) -> None:
        if not await self._opened():
            return
        while (news := await self._news.get()) is not None:
            await self._hand_in(news)

    async def _hand_in(self, request: HttpRequest) -> HttpResponse | None:
        incoming = self._incoming
        # A client that leaves does not take back what it said.
        staying: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        return await self._serve(type(incoming)(request, incoming.path, staying))

    async def _opened(self) -> bool:
        request = self._incoming.request
        opening = Opening(
            request.method, request.url, request.headers, request.body, request.sent, wire=self
        )
        response = await self._hand_in(opening)
        if response is None or response.status != 101:
            if response is not None:
                self._transport.write(self._as_bytes("GET", response, False))
            self._transport.close()
            return False
        token = generate_accept_token(request.headers["sec-websocket-key"].encode()).decode()
        lines = [
            "HTTP/1.1 101 Switching Protocols",
            "upgrade: websocket",
            "connection: Upgrade",
            f"sec-websocket-accept: {token}",
        ]
        protocol = response.headers.get("Sec-WebSocket-Protocol")
        if protocol:
            lines.append(f"sec-websocket-protocol: {protocol}")
        self._transport.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
        self._id = response.headers[CONNECTION_HEADER]
        if self._ended:  # it left before it was let in
            self._ended = False
            self._finish(_ABNORMAL, "")
        early, self._early = self._early, b""
        if early:
            self.received(early)
        return True
