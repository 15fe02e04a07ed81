"""What a deployment of a REST API holds: the API as it was when it was deployed."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from simulator.aws.apigateway.paths import Fit, fit


@dataclass(frozen=True, slots=True)
class Place:
    """A resource: its id, its path template and its methods."""

    id: str
    path: str
    methods: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Deployed:
    """Resources, and what their methods refer to, of moto's kinds."""

    places: tuple[Place, ...]
    models: dict[str, Any]
    validators: dict[str, Any]
    authorizers: dict[str, Any]
    gateway_responses: dict[str, Any]
    binary_types: tuple[str, ...]
    policy: str | None
    key_source: str


def picture(api: Any, *, keep: bool = True) -> Deployed:
    """A RestAPI of moto's; with `keep` as it is now, whatever is changed later."""

    def taken(value: Any) -> Any:
        return copy.deepcopy(value) if keep else value

    return Deployed(
        places=tuple(
            Place(resource.id, _path(api, resource), taken(resource.resource_methods))
            for resource in api.resources.values()
        ),
        models=taken(api.models),
        validators=taken(api.request_validators),
        authorizers=taken(api.authorizers),
        gateway_responses=taken(api.gateway_responses),
        binary_types=tuple(api.binaryMediaTypes or ()),
        policy=api.policy,
        key_source=api.api_key_source,
    )


def _path(api: Any, resource: Any) -> str:
    parts = []
    while resource is not None and resource.parent_id:
        parts.append(resource.path_part)
        resource = api.resources.get(resource.parent_id)
    return "/" + "/".join(reversed(parts))


def match(template: str, path: str) -> Fit | None:
    """Whether a path template fits a raw path; parameters stay encoded, as REST APIs tell them."""
    wanted = [part for part in template.split("/") if part]
    return fit(wanted, [part for part in path.split("/") if part], str)


def route(deployed: Deployed, method: str, path: str) -> tuple[Place, Any, dict[str, str]] | None:
    """The place and method a request goes to, and its path parameters; None where there is none.

    The closest resource is taken, whether or not it has the method.
    """
    best: tuple[tuple[int, ...], Place, dict[str, str]] | None = None
    for place in deployed.places:
        fits = match(place.path, path)
        if fits is not None and (best is None or fits[0] < best[0]):
            best = (fits[0], place, fits[1])
    if best is None:
        return None
    _, place, values = best
    found = place.methods.get(method) or place.methods.get("ANY")
    return (place, found, values) if found is not None else None
