"""Which requests are for an API, and for which: the field's path forms, hosts, custom domains."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from simulator.http import HttpRequest

Kind = Literal["REST", "HTTP", "WEBSOCKET"]

_MARKS = ("_user_request_", "execute-api", "@connections")
_USER_REQUEST = re.compile(r"/restapis/([^/]*)/([^/]+)/_user_request_(/.*)?$")
_PATH_FORM = re.compile(r"/_aws/execute-api/([^/]*)(/.*)?$")
_HOST_FORM = re.compile(r"([a-z0-9-]+)\.execute-api\.")
# What is surely not a domain of somebody's own.
_OWN_HOST = re.compile(
    r"[a-z+]*://(?:127\.|\[|0\.0\.0\.0|localhost|paddock[/:]|[^/]*\.localhost"
    r"|[^/]*\.amazonaws\.com)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Api:
    """An API of either generation: moto's object, where it lies, and what kind it is."""

    kind: Kind
    id: str
    account: str
    region: str
    state: Any

    @property
    def closed(self) -> bool:
        """Whether it answers at domain names of its owner's only."""
        name = (
            "disableExecuteApiEndpoint" if self.kind == "REST" else "disable_execute_api_endpoint"
        )
        return bool(getattr(self.state, name))

    @property
    def domain(self) -> str:
        """The host that AWS gives it."""
        return f"{self.id}.execute-api.{self.region}.amazonaws.com"


@dataclass(frozen=True, slots=True)
class Door:
    """What the address of a request names: an API, `path` behind it (still encoded), and `stage`.

    Without a stage its name is the first part of the path, or `$default`. `base` is what stood
    before the path at a domain of the owner's own.
    """

    api_id: str
    path: str
    stage: str | None = None
    domain: str | None = None
    base: str = ""


def door(request: HttpRequest) -> Door | None:
    """The API a request is for, or None: it is for AWS's own services."""
    try:
        return _door(request.url)
    except ValueError:  # no URL; the gateway says so
        return None


def _door(url: str) -> Door | None:
    if any(mark in url for mark in _MARKS):
        parts = urlsplit(url)
        if found := _USER_REQUEST.fullmatch(parts.path):
            return Door(found[1].lower(), found[3] or "/", unquote(found[2]))
        if found := _PATH_FORM.fullmatch(parts.path):
            return Door(found[1].lower(), found[2] or "/")
        if found := _HOST_FORM.match(parts.hostname or ""):
            return Door(found[1], parts.path or "/")
    if _OWN_HOST.match(url) or "moto.apigateway.models" not in sys.modules:
        return None
    return _custom(url)


def find(api_id: str) -> Api | None:
    """The API with this id, in any account and Region."""
    from moto.apigateway.models import apigateway_backends
    from moto.apigatewayv2.models import apigatewayv2_backends

    for account, regions in apigateway_backends.items():
        for region, backend in regions.items():
            if (rest := backend.apis.get(api_id)) is not None:
                return Api("REST", api_id, account, region, rest)
    for account, places in apigatewayv2_backends.items():
        for region, second in places.items():
            if (api := second.apis.get(api_id)) is not None:
                kind: Kind = "WEBSOCKET" if api.protocol_type == "WEBSOCKET" else "HTTP"
                return Api(kind, api_id, account, region, api)
    return None


def is_custom(host: str) -> bool:
    """Whether a host is a domain name that somebody made for APIs."""
    if "moto.apigateway.models" not in sys.modules:
        return False
    from moto.apigateway.models import apigateway_backends
    from moto.apigatewayv2.models import apigatewayv2_backends

    return any(
        host in backend.domain_names
        for backends in (apigateway_backends, apigatewayv2_backends)
        for regions in backends.values()
        for backend in regions.values()
    )


def wants_certificate(host: str) -> bool:
    """Whether a domain name of somebody's own lets only clients with a certificate in."""
    from moto.apigateway.models import apigateway_backends
    from moto.apigatewayv2.models import apigatewayv2_backends

    return any(
        getattr(backend.domain_names.get(host), "mutual_tls_authentication", None)
        for backends in (apigateway_backends, apigatewayv2_backends)
        for regions in backends.values()
        for backend in regions.values()
    )


def _custom(url: str) -> Door | None:
    """A domain name of somebody's own: the longest base path that fits tells the API."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    best: Door | None = None
    for base, api_id, stage in _mappings(host):
        wanted = f"/{base}" if base else ""
        if parts.path != wanted and not parts.path.startswith(f"{wanted}/"):
            continue
        if best is None or len(wanted) > len(best.base):
            path = parts.path[len(wanted) :] or "/"
            if stage is None:  # the first part of what is left names it
                best = Door(api_id, path, None, host, wanted)
            else:
                best = Door(api_id, path, stage, host, wanted)
    if best is None and is_custom(host):  # no API of this domain is there
        return Door("", parts.path or "/", None, host)
    return best


def _mappings(host: str) -> list[tuple[str, str, str | None]]:
    """Base path, API and stage of each mapping of a domain name."""
    from moto.apigateway.models import apigateway_backends
    from moto.apigatewayv2.models import apigatewayv2_backends

    found: list[tuple[str, str, str | None]] = []
    for regions in apigateway_backends.values():
        for backend in regions.values():
            for base, mapping in backend.base_path_mappings.get(host, {}).items():
                plain = "" if base == "(none)" else str(base)
                found.append((plain, mapping.rest_api_id, mapping.stage or None))
    for places in apigatewayv2_backends.values():
        for second in places.values():
            for each in second.api_mappings.values():
                if each.domain_name == host:
                    plain = each.api_mapping_key or ""
                    found.append(("" if plain == "(none)" else plain, each.api_id, each.stage))
    return found
