"""The child's network: HTTP by boto3, urllib, urllib3 and requests becomes one call to the world.

boto3 is met at botocore's session, the rest at the point where a connection would open its socket:
they get a stand-in that ships the whole request and plays back the world's answer, so each
library's own parsing, redirects and errors stay its own. There is no other network: see `sandbox`.
"""

from __future__ import annotations

import http.client
import io
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from simulator.aws.runtime.inside.channel import Channel

REFUSED = "Connection refused"
Reply = tuple[int, dict[str, str], bytes]


class Network:
    """Sends requests over the channel once the process has one."""

    def __init__(self) -> None:
        """Start without a channel."""
        self._channel: Channel | None = None

    def connect(self, channel: Channel) -> None:
        """Use `channel` from now on."""
        self._channel = channel

    def send(
        self, method: str, url: str, headers: dict[str, str], body: bytes, timeout_s: float | None
    ) -> Reply:
        """Ask the world. Raises TimeoutError or ConnectionRefusedError when it says so."""
        if self._channel is None:
            raise ConnectionRefusedError(111, REFUSED)
        header: dict[str, Any] = {"op": "http", "method": method, "url": url, "headers": headers}
        if isinstance(timeout_s, int | float) and timeout_s > 0:
            header["timeout"] = timeout_s
        reply, payload = self._channel.call(header, body)
        if reply["op"] == "refused":
            raise ConnectionRefusedError(111, reply.get("message") or REFUSED)
        if reply["op"] == "timeout":
            raise TimeoutError(reply.get("message") or "timed out")
        return reply["status"], reply["headers"], payload

    def install(self) -> None:
        """Bind botocore, http.client and urllib3."""
        _install_botocore(self.send)
        _install_http_client(self.send)
        _install_urllib3(self.send)


Send = Callable[[str, str, dict[str, str], bytes, float | None], Reply]


def _install_botocore(send: Send) -> None:
    import botocore.awsrequest
    import botocore.exceptions as errors
    import botocore.httpsession
    import urllib3

    def session_send(session: Any, request: Any) -> Any:
        body = request.body
        if body is None:
            body = b""
        elif isinstance(body, str):
            body = body.encode()
        elif hasattr(body, "read"):
            body = body.read()
        elif not isinstance(body, bytes | bytearray):
            body = b"".join(body)
        headers = {
            str(name): value.decode("latin-1") if isinstance(value, bytes) else str(value)
            for name, value in request.headers.items()
        }
        timeout_s = getattr(session._timeout, "read_timeout", None)
        try:
            status, names, content = send(
                request.method, request.url, headers, bytes(body), timeout_s
            )
        except ConnectionRefusedError as error:
            raise errors.EndpointConnectionError(endpoint_url=request.url, error=error) from error
        except TimeoutError as error:
            raise errors.ReadTimeoutError(endpoint_url=request.url, error=error) from error
        raw = urllib3.HTTPResponse(
            body=io.BytesIO(content), headers=names, status=status, preload_content=False
        )
        names_seen: Any = raw.headers
        response = botocore.awsrequest.AWSResponse(request.url, status, names_seen, raw)
        if not request.stream_output:
            _ = response.content
        return response

    session_class: Any = botocore.httpsession.URLLib3Session
    session_class.send = session_send


class Socket:
    """A stand-in for a connected socket: holds one request, ships it, plays the answer back."""

    def __init__(self, send: Send, scheme: str, host: str, timeout_s: Any) -> None:
        """Stand for a connection to `host` (with its port where it is not the scheme's)."""
        self._send, self._base = send, f"{scheme}://{host}"
        self._timeout_s = timeout_s if isinstance(timeout_s, int | float) else None
        self._sent = bytearray()
        self._answer: bytes | None = None
        self._late: TimeoutError | None = None

    def sendall(self, data: Any, *_: Any) -> None:
        """Take a piece of the request; the last one ships it."""
        self._sent += data
        request = _parse(self._sent)
        if request is not None:
            self._ship(*request)

    def _ship(self, method: str, target: str, headers: dict[str, str], body: bytes) -> None:
        self._sent.clear()
        url = target if urlsplit(target).scheme else self._base + target
        try:
            status, names, content = self._send(method, url, headers, body, self._timeout_s)
        except TimeoutError as error:
            self._late = error  # a read times out when the answer is read, not when it is asked
            return
        skip = {"content-length", "transfer-encoding", "connection"}
        lines = [f"HTTP/1.1 {status} {http.client.responses.get(status, '')}"]
        lines += [f"{name}: {value}" for name, value in names.items() if name.lower() not in skip]
        size = names.get("Content-Length") or names.get("content-length") or ""
        size = size if method == "HEAD" and size else str(len(content))
        if status >= 200 and status != 204:
            lines.append(f"Content-Length: {size}")
        lines += ["Connection: close", "", ""]
        self._answer = "\r\n".join(lines).encode("latin-1", "replace") + content

    def makefile(self, *_: Any, **__: Any) -> io.BytesIO:
        """Give the answer as a file, as http.client reads it."""
        if self._late is not None:
            raise self._late
        if self._answer is None:
            raise ConnectionResetError(104, "Connection reset by peer")
        answer, self._answer = self._answer, None
        return io.BytesIO(answer)

    def settimeout(self, timeout_s: Any) -> None:
        """Keep the client's timeout, in seconds."""
        self._timeout_s = timeout_s if isinstance(timeout_s, int | float) else None

    def gettimeout(self) -> Any:
        """Tell the client's timeout, in seconds."""
        return self._timeout_s

    def setsockopt(self, *_: Any) -> None:
        """Accept and ignore."""

    def shutdown(self, *_: Any) -> None:
        """Accept and ignore."""

    def close(self) -> None:
        """Forget the request."""
        self._sent.clear()


def _parse(data: bytearray) -> tuple[str, str, dict[str, str], bytes] | None:
    """Read a whole request, or answer None while pieces are missing."""
    head, mark, body = bytes(data).partition(b"\r\n\r\n")
    if not mark:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, *_ = [*first.split(" "), ""]
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        known = headers.get(name)
        headers[name] = value.strip() if known is None else f"{known}, {value.strip()}"
    plain = {name.lower(): value for name, value in headers.items()}
    if plain.get("transfer-encoding", "").lower() == "chunked":
        if not body.endswith(b"0\r\n\r\n"):
            return None
        body = _unchunk(body)
    elif len(body) < int(plain.get("content-length") or 0):
        return None
    return method, target, headers, body


def _unchunk(body: bytes) -> bytes:
    parts = []
    while body:
        size, _, body = body.partition(b"\r\n")
        count = int(size.split(b";")[0], 16)
        if not count:
            break
        parts.append(body[:count])
        body = body[count + 2 :]
    return b"".join(parts)


def _host(connection: Any, scheme: str) -> str:
    usual = 443 if scheme == "https" else 80
    host = connection.host if ":" not in connection.host else f"[{connection.host}]"
    return host if connection.port in (None, usual) else f"{host}:{connection.port}"


def _install_http_client(send: Send) -> None:
    def opener(scheme: str) -> Callable[[Any], None]:
        def connect(connection: Any) -> None:
            timeout_s = getattr(connection, "timeout", None)
            connection.sock = Socket(send, scheme, _host(connection, scheme), timeout_s)

        return connect

    plain: Any = http.client.HTTPConnection
    secure: Any = http.client.HTTPSConnection
    plain.connect, secure.connect = opener("http"), opener("https")


def _install_urllib3(send: Send) -> None:
    import urllib3.connection as connections
    import urllib3.exceptions as errors

    def opener(scheme: str) -> Callable[[Any], None]:
        def connect(connection: Any) -> None:
            def refusable(*request: Any) -> Reply:
                try:
                    return send(*request)
                except ConnectionRefusedError as error:
                    raise errors.NewConnectionError(
                        connection, f"Failed to establish a new connection: {error}"
                    ) from error

            host = _host(connection, scheme)
            connection.sock = Socket(refusable, scheme, host, connection.timeout)
            connection.is_verified = scheme == "https"
            connection._has_connected_to_proxy = False

        return connect

    plain: Any = connections.HTTPConnection
    secure: Any = connections.HTTPSConnection
    plain.connect, secure.connect = opener("http"), opener("https")
