"""A request as moto reads it, built straight from its parts.

moto's own way there leads through werkzeug's test client and costs as much as a service does. What
moto asks anew at every call, which methods a service's class has and a request id of 52 draws, is
made cheap here as well.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from datetime import datetime
from functools import cache, lru_cache
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from botocore import utils
from moto.core import parse, responses
from moto.core.request import (
    PRESERVED_HEADER_NAMES_ENVIRON_KEY,
    Request,
    environ_key_for_header,
    should_preserve_original_header_name,
)

from simulator.aws.seams import replace
from simulator.http import HttpRequest

_LONGEST_INSTANT = 64
_PORTS = {"http": "80", "https": "443"}
_FORM = "application/x-www-form-urlencoded"
_header_key = lru_cache(maxsize=1024)(environ_key_for_header)


class WireRequest(Request):
    """moto's request, which does not work out again what we know of it."""

    def __init__(self, environ: dict[str, Any], url: str | None, target: str, body: bytes) -> None:
        super().__init__(environ)
        self._url, self._target = url, target
        if not str(environ.get("CONTENT_TYPE", "")).startswith((_FORM, "multipart/")):
            self.__dict__["data"] = body  # where werkzeug keeps it once it was read

    @property
    def raw_path(self) -> str:
        """The path as it arrived, still encoded."""
        return self._target

    @property
    def raw_url(self) -> str:
        """The whole URL as it arrived, still encoded."""
        return self._url or str(super().raw_url)


def as_moto(request: HttpRequest) -> Request:
    """The request for moto. Raises ValueError for a URL that is none."""
    url = urlsplit(request.url)
    target = url.path or "/"
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        # A WSGI environ holds bytes as latin-1 texts.
        "PATH_INFO": unquote_to_bytes(target).decode("latin-1"),
        "QUERY_STRING": url.query.encode().decode("latin-1"),
        "REQUEST_URI": target,
        "RAW_URI": target,
        "SERVER_NAME": url.hostname or "",
        "SERVER_PORT": str(url.port or _PORTS.get(url.scheme, "80")),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": url.netloc,
        "CONTENT_LENGTH": str(len(request.body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": url.scheme,
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        PRESERVED_HEADER_NAMES_ENVIRON_KEY: {},
    }
    for name, value in request.headers.items():
        key = _header_key(name)
        if key in ("CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING"):
            continue  # the body is whole by now
        environ[key] = value
        if should_preserve_original_header_name(name):
            environ[PRESERVED_HEADER_NAMES_ENVIRON_KEY][key] = name
    whole = None
    if environ["HTTP_HOST"] == url.netloc and url.port not in (80, 443):  # else moto knows better
        query = f"?{url.query}" if url.query else ""
        whole = f"{url.scheme}://{url.netloc}{target}{query}"
    return WireRequest(environ, whole, target, request.body)


def _bounded(parse: Callable[[Any], datetime]) -> Callable[[Any], datetime]:
    """As `parse`, but quick to refuse: a megabyte that is no instant takes it half a minute."""

    def parse_timestamp(value: Any) -> datetime:
        if isinstance(value, str) and len(value) > _LONGEST_INSTANT:
            raise ValueError(f"an instant has at most {_LONGEST_INSTANT} characters")
        return parse(value)

    return parse_timestamp


replace(utils, "parse_timestamp", _bounded(utils.parse_timestamp))
replace(parse, "botocore_parse_timestamp", utils.parse_timestamp)


def lighten() -> None:
    """Let moto look up once what does not change."""
    names = responses.method_names_from_class
    if not hasattr(names, "cache_info"):
        replace(responses, "method_names_from_class", cache(names))
