"""A request as moto reads it, built straight from its parts.

moto's own way there leads through werkzeug's test client and costs as much as a service does. What
moto asks anew at every call, which methods a service's class has and a request id of 52 draws, is
made cheap here as well.
"""

from __future__ import annotations

import io
import sys
from functools import cache
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from moto.core import responses
from moto.core.request import (
    PRESERVED_HEADER_NAMES_ENVIRON_KEY,
    Request,
    environ_key_for_header,
    should_preserve_original_header_name,
)

from simulator.aws.http import HttpRequest
from simulator.aws.seams import replace

_PORTS = {"http": "80", "https": "443"}


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
        key = environ_key_for_header(name)
        if key in ("CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING"):
            continue  # the body is whole by now
        environ[key] = value
        if should_preserve_original_header_name(name):
            environ[PRESERVED_HEADER_NAMES_ENVIRON_KEY][key] = name
    return Request(environ)


def lighten() -> None:
    """Let moto look up once what does not change."""
    names = responses.method_names_from_class
    if not hasattr(names, "cache_info"):
        replace(responses, "method_names_from_class", cache(names))
