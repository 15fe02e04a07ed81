"""What a caller asked an API for: a request as API Gateway tells it to integrations."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from simulator.http import HttpRequest

SOURCE_IP = "127.0.0.1"
"""Where every caller is: on this machine."""

_HOP_BY_HOP = ("connection", "content-length", "transfer-encoding", "expect", "upgrade")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to a stage. `raw_path` begins behind the stage and is still encoded.

    `headers` are as they came, with those that came twice, less what belongs to the connection.
    """

    method: str
    raw_path: str
    raw_query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    host: str
    protocol: str = "HTTP/1.1"
    source_ip: str = SOURCE_IP
    query: tuple[tuple[str, str], ...] = field(default=())
    address: str = ""
    """The URL as the caller has it."""

    @property
    def path(self) -> str:
        """The path behind the stage, decoded."""
        return unquote(self.raw_path)

    def header(self, name: str) -> str | None:
        """The value of a header, the last where it came twice."""
        found = None
        wanted = name.lower()
        for key, value in self.headers:
            if key.lower() == wanted:
                found = value
        return found

    @property
    def content_type(self) -> str:
        """The media type of the body, without parameters, in small letters; empty if not told."""
        return (self.header("content-type") or "").partition(";")[0].strip().lower()

    @property
    def user_agent(self) -> str | None:
        """What the caller calls itself."""
        return self.header("user-agent")

    def queried(self, name: str) -> str | None:
        """The value of a query parameter, the last where it came twice."""
        found = [value for key, value in self.query if key == name]
        return found[-1] if found else None

    def all_queried(self, name: str) -> str | None:
        """All values of a query parameter, with commas between them."""
        found = [value for key, value in self.query if key == name]
        return ",".join(found) if found else None


def read(request: HttpRequest, raw_path: str, host: str) -> Asked:
    """The request, for a stage behind whose door stands `raw_path`; `host` is the API's own."""
    url = urlsplit(request.url)
    sent = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.sent]
    lines = sent or list(request.headers.items())
    return Asked(
        method=request.method.upper(),
        raw_path=raw_path or "/",
        raw_query=url.query,
        headers=tuple(
            (name, host if name.lower() == "host" else value)
            for name, value in lines
            if name.lower() not in _HOP_BY_HOP
        ),
        body=request.body,
        host=host,
        address=request.url,
        query=tuple(parse_qsl(url.query, keep_blank_values=True)),
    )


def last_of(pairs: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """By name, the last value."""
    return dict(pairs)


def all_of(pairs: tuple[tuple[str, str], ...]) -> dict[str, list[str]]:
    """By name, all values."""
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def joined(pairs: tuple[tuple[str, str], ...], lower: bool = False) -> dict[str, str]:
    """By name, all values with commas between them."""
    named = tuple((name.lower(), value) for name, value in pairs) if lower else pairs
    return {name: ",".join(values) for name, values in all_of(named).items()}
