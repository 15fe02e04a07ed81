"""moto's stages of REST APIs, with the canary they lack.

Sources: API Gateway Developer Guide, "Set up an API Gateway canary release deployment", "Promote a
canary release"; API Reference, "PATCH operations" (UpdateStage).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.apigateway import models as rest_models
from moto.apigateway.exceptions import BadRequestException
from moto.core.utils import unix_time

_ROOT = "/canarySettings"
_OVERRIDES = f"{_ROOT}/stageVariableOverrides"
_PLACES = (
    "/deploymentId",
    "/description",
    "/cacheClusterEnabled",
    "/cacheClusterSize",
    "/accessLogSettings",
    "/tracingEnabled",
    "/variables/",
    "/webAclArn",
)


class Stage(rest_models.Stage):
    """A stage of a REST API; `canary_settings` as CreateStage takes them, or None."""

    def __init__(self, *given: Any, **told: Any) -> None:
        super().__init__(*given, **told)
        self.canary_settings: dict[str, Any] | None = None
        self.client_certificate_id: str | None = None
        self.documentation_version: str | None = None
        self.created = self.updated = int(unix_time())

    def to_json(self) -> dict[str, Any]:
        """As the API tells it."""
        more = {
            "canarySettings": self.canary_settings,
            "clientCertificateId": self.client_certificate_id,
            "documentationVersion": self.documentation_version,
        }
        told = {**super().to_json(), "createdDate": self.created, "lastUpdatedDate": self.updated}
        return {**told, **{name: value for name, value in more.items() if value}}

    def set_canary(self, settings: Mapping[str, Any], deployment_id: str | None = None) -> None:
        """Begin a canary, or put another in its place; by default of the stage's deployment."""
        made: dict[str, Any] = {
            "percentTraffic": percent(settings.get("percentTraffic") or 0),
            "deploymentId": deployment_id or settings.get("deploymentId") or self.deployment_id,
            "useStageCache": _true(settings.get("useStageCache")),
        }
        if settings.get("stageVariableOverrides"):
            made["stageVariableOverrides"] = dict(settings["stageVariableOverrides"])
        self.canary_settings = made

    def apply_operations(self, patch_operations: list[dict[str, Any]]) -> Stage:
        """As moto, and what concerns the canary, client certificate and documentation."""
        self.updated = int(unix_time())
        for operation in patch_operations:
            path, action = str(operation["path"]), operation["op"]
            if action == "copy":
                self._copy(str(operation.get("from")), path)
            elif path == _ROOT or path.startswith(f"{_ROOT}/"):
                self._patch_canary(action, path, operation.get("value"))
            elif path in ("/clientCertificateId", "/documentationVersion"):
                name = path[1:].replace("C", "_c").replace("I", "_i").replace("V", "_v")
                setattr(self, name, operation.get("value") if action != "remove" else None)
            elif path.startswith(_PLACES) or action not in ("replace", "remove"):
                super().apply_operations([operation])
            else:
                self._patch_method(action, path, str(operation.get("value")))
        return self

    def _patch_method(self, action: str, path: str, value: str) -> None:
        """Change a setting of a method, or take all of its settings away."""
        if action == "remove":
            if self.method_settings.pop(method_path(path), None) is None:
                told = f"Cannot remove method setting {path[1:]} because there is no method setting"
                raise BadRequestException(f"{told} for this method ")
            return
        where, place = _setting(path)
        if self._method_settings_translations(place) is None:
            known = ", ".join((*_PLACES, "/{resourcePath}/{httpMethod}/…", "/*/*/…"))
            raise BadRequestException(
                f"Invalid method setting path: {path}. Must be one of: [{known}]"
            )
        self._patch_method_setting(where, place, value)

    def _get_default_method_settings(self) -> dict[str, Any]:
        """As AWS's; moto's would throttle."""
        return {
            **super()._get_default_method_settings(),
            "cacheDataEncrypted": False,
            "throttlingBurstLimit": 5000,
            "throttlingRateLimit": 10_000.0,
        }

    def _patch_canary(self, action: str, path: str, value: Any) -> None:
        if path == _ROOT and action == "remove":
            self.canary_settings = None
            return
        if action == "add":
            raise BadRequestException(f"Invalid add operation with path: {path}")
        name = path.removeprefix(f"{_OVERRIDES}/") if path.startswith(f"{_OVERRIDES}/") else None
        if action == "remove":
            known = (self.canary_settings or {}).get("stageVariableOverrides", {})
            if name not in known:
                told = f"Cannot remove method setting {path[1:]} because there is no method setting"
                raise BadRequestException(f"{told} for this method ")
            del known[name]
            return
        if self.canary_settings is None:
            self.set_canary({})
        assert self.canary_settings is not None
        if name is not None:
            self.canary_settings.setdefault("stageVariableOverrides", {})[name] = str(value)
        elif path == f"{_ROOT}/percentTraffic":
            self.canary_settings["percentTraffic"] = percent(value)
        elif path == f"{_ROOT}/useStageCache":
            self.canary_settings["useStageCache"] = _true(value)
        elif path == f"{_ROOT}/deploymentId":
            self.canary_settings["deploymentId"] = str(value)
        else:
            raise BadRequestException(f"Invalid method setting path: {path}")

    def _copy(self, source: str, target: str) -> None:
        """Promote the canary: its deployment and its variables become the stage's."""
        wanted = {"/variables": _OVERRIDES, "/deploymentId": f"{_ROOT}/deploymentId"}
        if wanted.get(target) != source:
            raise BadRequestException(f"Invalid copy operation with path: {target} and from")
        if self.canary_settings is None:
            raise BadRequestException("Promotion not available. Canary does not exist.")
        if target == "/deploymentId":
            self.deployment_id = self.canary_settings["deploymentId"]
        else:
            overrides = self.canary_settings.get("stageVariableOverrides") or {}
            self.variables = {**self.variables, **overrides}


def method_path(path: str) -> str:
    """How a stage names the method that a patch is of: `rides/{id}/GET`, `*/*`, `/GET`."""
    decoded = path[1:].replace("~1", "/").replace("~0", "~")
    method = decoded.lstrip("/")
    return method if "/" in method else f"/{method}"


def _setting(path: str) -> tuple[str, str]:
    """The method and the setting that a patch is of; resources may have slashes of their own."""
    parts = path.split("/")
    return method_path("/".join(parts[:-2])), "/".join(parts[-2:])


def percent(value: Any) -> float:
    """A share of traffic in percent. Raises BadRequestException."""
    try:
        share = float(value)
    except (TypeError, ValueError):
        share = -1.0
    if not 0.0 <= share <= 100.0:
        raise BadRequestException("Percent traffic must be between 0.0 and 100.0")
    return share


def _true(value: Any) -> bool:
    return str(value).lower() == "true"
