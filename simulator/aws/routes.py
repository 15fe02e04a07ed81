"""REST routes matched once: moto matches a path anew wherever it asks for the operation."""

from __future__ import annotations

from typing import Any

from moto.core.request import Request
from moto.core.routing import ServiceOperationRouter

from simulator.aws.seams import replace

_MOST_KNOWN = 4096
_known: dict[tuple[str, str | None, str, str], tuple[Any, dict[str, Any]]] = {}


def install() -> None:
    """Remember which operation a method and an address name, for services of REST and JSON."""
    if getattr(ServiceOperationRouter.match, "remembers", False):
        return
    plain: Any = ServiceOperationRouter.match

    def match(router: Any, request: Request) -> tuple[Any, dict[str, Any]]:
        model = router._service_model
        if model.metadata.get("protocol") != "rest-json":
            found: tuple[Any, dict[str, Any]] = plain(router, request)
            return found
        key = (model.service_name, request.content_type, request.method, request.raw_url)
        known = _known.get(key)
        if known is None:
            known = plain(router, request)
            if len(_known) < _MOST_KNOWN:
                _known[key] = known
        operation, parameters = known
        return operation, dict(parameters)

    match.remembers = True  # type: ignore[attr-defined]
    replace(ServiceOperationRouter, "match", match)
