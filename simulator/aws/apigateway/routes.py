"""Routes of HTTP APIs: which of them a request goes to, and whose stage answers."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from moto.core.utils import iso_8601_datetime_without_milliseconds, utcnow
from moto.moto_api._internal import mock_random

from simulator.aws.apigateway.doors import Api
from simulator.aws.apigateway.paths import Fit, fit

_ID = "abcdefghijklmnopqrstuvwxyz0123456789"


def route(routes: list[Any], method: str, path: str) -> tuple[Any, dict[str, str]] | None:
    """The most specific route that fits, and its path parameters ("Working with routes for HTTP
    APIs"): a full match, then path variables, then greedy ones; ANY behind a method; $default."""
    best: tuple[tuple[Any, ...], Any, dict[str, str]] | None = None
    default = None
    for each in routes:
        if each.route_key == "$default":
            default = each
            continue
        wanted, _, template = each.route_key.partition(" ")
        if wanted not in (method, "ANY"):
            continue
        fits = match(template, path)
        if fits is None:
            continue
        rank = (fits[0], wanted == "ANY")
        if best is None or rank < best[0]:
            best = (rank, each, fits[1])
    if best is not None:
        return best[1], best[2]
    return (default, {}) if default is not None else None


def match(template: str, path: str) -> Fit | None:
    """Whether a path template fits a raw path; parameters are decoded."""
    wanted = template.strip("/").split("/") if template != "/" else []
    given = path[1:].split("/") if path not in ("", "/") else []
    return fit(wanted, given, unquote)


@dataclass(frozen=True)
class _Nothing:
    """What a stage without a deployment shows."""

    routes: dict[str, Any] = field(default_factory=dict)
    integrations: dict[str, Any] = field(default_factory=dict)
    authorizers: dict[str, Any] = field(default_factory=dict)


_NOTHING = _Nothing()


class Deployment:
    """A deployment of an HTTP or WebSocket API: its routes and integrations as they were.

    An automatic one is the API as it is until it is kept.
    """

    def __init__(self, api: Any, description: str, *, automatic: bool = False) -> None:
        self.deployment_id = "".join(mock_random.choice(_ID) for _ in range(6))
        self.created = iso_8601_datetime_without_milliseconds(utcnow())
        self.description = description
        self.automatic = automatic
        self.kept = False
        self.routes: dict[str, Any] = api.routes
        self.integrations: dict[str, Any] = api.integrations
        self.authorizers: dict[str, Any] = api.authorizers
        if not automatic:
            self.keep()

    def keep(self) -> None:
        """Stay as it is now, whatever happens to the API."""
        if not self.kept:
            self.kept = True
            self.routes = copy.deepcopy(self.routes)
            self.integrations = copy.deepcopy(self.integrations)
            self.authorizers = copy.deepcopy(self.authorizers)

    def to_json(self) -> dict[str, Any]:
        """As the API tells it."""
        told = {
            "autoDeployed": self.automatic,
            "createdDate": self.created,
            "deploymentId": self.deployment_id,
            "deploymentStatus": "DEPLOYED",
        }
        return {**told, "description": self.description} if self.description else told


def in_force(api: Api, stage: Any) -> Any:
    """Where a stage's routes, integrations and authorizers are: in its deployment, or the API.

    A stage that nothing was deployed to has none.
    """
    if stage.auto_deploy:
        return api.state
    return api.state.deployments.get(stage.deployment_id) or _NOTHING
