"""A request as moto reads it, built straight from its parts.

moto's own way there leads through werkzeug's test client and costs as much as a service does. What
moto asks anew at every call, which methods a service's class has and a request id of 52 draws, is
made cheap here as well.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes, urlsplit

from botocore import utils
from moto.core import parse, responses
from moto.core.request import (
    PRESERVED_HEADER_NAMES_ENVIRON_KEY,
    EnvironHeaders,
    Request,
    environ_key_for_header,
    should_preserve_original_header_name,
)
from moto.settings import MAX_FORM_MEMORY_SIZE

from simulator.aws.seams import replace
from simulator.http import HttpRequest

if TYPE_CHECKING:
    from simulator.aws.routing import Target

_LONGEST_INSTANT = 64
_PORTS = {"http": 80, "https": 443}
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class _Line:
    """What a request's URL says, which is the same from call to call."""

    scheme: str
    server: tuple[str, int]
    target: str
    path: str
    query: str
    netloc: str
    whole: str | None  # None for a port that moto leaves out
    environ: dict[str, Any]


class WireRequest(Request):
    """moto's request, which does not work out again what we know of it."""

    target: Target  # what it asks for, once that is resolved
    _said: Any

    def __init__(self, method: str, line: _Line, environ: dict[str, Any], body: bytes) -> None:
        # As werkzeug and moto set them, who would read each back from the environ.
        self.method, self.scheme, self.server = method.upper(), line.scheme, line.server
        self.root_path, self.path, self.query_string = "", line.path, line.query.encode()
        self.remote_addr, self.shallow = None, False
        self.environ, self.headers = environ, EnvironHeaders(environ)
        self.max_form_memory_size = MAX_FORM_MEMORY_SIZE
        environ["werkzeug.request"] = self
        self._line, self._body, self._said = line, body, None
        if not str(environ.get("CONTENT_TYPE", "")).startswith((_FORM, "multipart/")):
            self.__dict__["data"] = body  # where werkzeug keeps it once it was read

    def said(self) -> Any:
        """The body as JSON; read once. Raises ValueError where it is none."""
        if self._said is None:
            self._said = json.loads(self._body.decode())
        return self._said

    @property
    def raw_path(self) -> str:
        """The path as it arrived, still encoded."""
        return self._line.target

    @property
    def raw_url(self) -> str:
        """The whole URL as it arrived, still encoded."""
        line = self._line
        if line.whole is None or self.environ["HTTP_HOST"] != line.netloc:
            return str(super().raw_url)
        return line.whole


@lru_cache(maxsize=1024)
def _line(text: str) -> _Line:
    url = urlsplit(text)
    target, query = url.path or "/", url.query
    path = unquote_to_bytes(target)
    port = url.port or _PORTS.get(url.scheme, 80)
    whole = None
    if url.port not in (80, 443):
        whole = f"{url.scheme}://{url.netloc}{target}{'?' if query else ''}{query}"
    environ: dict[str, Any] = {
        "SCRIPT_NAME": "",
        # A WSGI environ holds bytes as latin-1 texts.
        "PATH_INFO": path.decode("latin-1"),
        "QUERY_STRING": query.encode().decode("latin-1"),
        "REQUEST_URI": target,
        "RAW_URI": target,
        "SERVER_NAME": url.hostname or "",
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": url.netloc,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": url.scheme,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    path_text = "/" + path.decode(errors="replace").lstrip("/")
    server = (url.hostname or "", port)
    return _Line(url.scheme, server, target, path_text, query, url.netloc, whole, environ)


@lru_cache(maxsize=1024)
def _header(name: str) -> tuple[str, bool]:
    """A header's key in an environ, and whether moto wants to know how it was spelt."""
    return environ_key_for_header(name), should_preserve_original_header_name(name)


def as_moto(request: HttpRequest) -> WireRequest:
    """The request for moto. Raises ValueError for a URL that is none."""
    line = _line(request.url)
    body = request.body
    spelt: dict[str, str] = {}
    environ = {
        **line.environ,
        "REQUEST_METHOD": request.method,
        "wsgi.input": io.BytesIO(body),
        PRESERVED_HEADER_NAMES_ENVIRON_KEY: spelt,
    }
    for name, value in request.headers.items():
        key, preserved = _header(name)
        if key != "HTTP_TRANSFER_ENCODING":  # the body is whole by now
            environ[key] = value
        if preserved:
            spelt[key] = name
    environ["CONTENT_LENGTH"] = str(len(body))
    return WireRequest(request.method, line, environ, body)


def _bounded(parse: Callable[[Any], datetime]) -> Callable[[Any], datetime]:
    """As `parse`, but quick to refuse: a megabyte that is no instant takes it half a minute."""

    def parse_timestamp(value: Any) -> datetime:
        if isinstance(value, str) and len(value) > _LONGEST_INSTANT:
            raise ValueError(f"an instant has at most {_LONGEST_INSTANT} characters")
        try:
            return parse(value)
        except (RuntimeError, OverflowError, OSError) as error:  # an instant beyond all years
            raise ValueError(str(error)) from error

    return parse_timestamp


def _of_lists(parse: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
    """As `parse`, but a text is no list of its characters: a megabyte of them is a million."""

    def parse_list(parser: object, shape: object, node: Any) -> list[Any]:
        if isinstance(node, str):
            raise TypeError("a list is wanted, not a text")
        return parse(parser, shape, node)

    return parse_list


replace(utils, "parse_timestamp", _bounded(utils.parse_timestamp))
replace(parse, "botocore_parse_timestamp", utils.parse_timestamp)
replace(parse.RequestParser, "_parse_list", _of_lists(parse.RequestParser._parse_list))


def lighten() -> None:
    """Let moto look up once what does not change."""
    names = responses.method_names_from_class
    if not hasattr(names, "cache_info"):
        replace(responses, "method_names_from_class", cache(names))
