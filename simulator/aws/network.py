"""The network of a world: partner hosts that exist only in it, and AWS behind its own names."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from simulator.http import HttpRequest, HttpResponse

Handler = Callable[[HttpRequest], HttpResponse]

_LOOPBACK = ("localhost", "127.0.0.1", "::1", "paddock")
_AWS_SUFFIXES = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".on.aws", ".localhost")


class Network:
    """Finds who answers a request. A partner's handler runs in the caller's fiber and may wait."""

    def __init__(self, aws: Handler) -> None:
        self._aws = aws
        self._partners: dict[str, Handler] = {}
        self.own_domains: Callable[[str], bool] = lambda _: False
        """Whether a host is a domain name that somebody has given an API."""

    def serve(self, host: str, handler: Handler) -> None:
        """From now on `handler` answers requests to `host`."""
        self._partners[host] = handler

    def knows(self, host: str) -> bool:
        """Whether somebody in this world answers for `host`."""
        return host in self._partners or host in _LOOPBACK or host.endswith(_AWS_SUFFIXES)

    def send(self, request: HttpRequest) -> HttpResponse:
        """The answer to a request. Raises ConnectionRefusedError where no such host exists."""
        host = urlsplit(request.url).hostname or ""
        if host in self._partners:
            return self._partners[host](request)
        if self.knows(host) or self.own_domains(host):
            return self._aws(request)
        raise ConnectionRefusedError(f"no host {host!r} in this world")
