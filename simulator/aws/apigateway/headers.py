"""Headers that API Gateway does not hand on, or hands on by another name.

Source: API Gateway Developer Guide, "Important notes for API Gateway", REST APIs.
"""

from __future__ import annotations

from collections.abc import Iterable

DROPPED = frozenset(
    {
        *("connection", "content-length", "content-md5", "expect", "max-forwards"),
        *("proxy-authenticate", "server", "te", "trailer", "transfer-encoding", "upgrade"),
        "www-authenticate",
    }
)
"""What callers send that no integration, template or function of a REST API sees."""

_REMAPPED = frozenset(
    {
        *("authorization", "connection", "content-length", "content-md5", "date", "expect"),
        *("host", "max-forwards", "proxy-authenticate", "server", "trailer", "upgrade"),
        *("user-agent", "www-authenticate", "x-amzn-requestid"),
    }
)
_NEVER_HTTP = ("content-length", "transfer-encoding")
_NEVER_AWS = (*_NEVER_HTTP, "authorization", "connection", "expect", "proxy-authenticate", "te")


def remapped(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """A backend's headers: those that API Gateway sets itself get another name."""
    return [
        (f"x-amzn-Remapped-{name}" if name.lower() in _REMAPPED else name, value)
        for name, value in pairs
        if name.lower() != "transfer-encoding"
    ]


def unmappable(names: Iterable[str], *, aws: bool) -> str | None:
    """The header that an integration's mapping may not set, if it sets one."""
    never = _NEVER_AWS if aws else _NEVER_HTTP
    return next((name for name in names if name.lower() in never), None)
