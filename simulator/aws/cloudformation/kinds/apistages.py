"""Deployments and stages of REST APIs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from simulator.aws.cloudformation.kinds.apigateway_base import given
from simulator.aws.cloudformation.kinds.base import Job, Kind, is_gone


class Deployment(Kind):
    """AWS::ApiGateway::Deployment."""

    seconds = 1.0
    replacing = frozenset({"DeploymentCanarySettings", "StageDescription"})

    def create(self, job: Job) -> str:
        """CreateDeployment, with a stage of its own if it names one."""
        options = given(job, "Description", "StageName")
        stage = job.get("StageDescription") or {}
        if stage.get("Variables"):
            options["variables"] = stage["Variables"]
        if job.get("DeploymentCanarySettings"):
            options["canarySettings"] = _canary(job.get("DeploymentCanarySettings"))
        made = job.client("apigateway").create_deployment(restApiId=job.get("RestApiId"), **options)
        job.attributes["DeploymentId"] = str(made["id"])
        changes = described(stage)
        if changes and job.get("StageName"):
            where = {"restApiId": job.get("RestApiId"), "stageName": job.get("StageName")}
            job.client("apigateway").update_stage(**where, patchOperations=changes)
        return str(made["id"])

    def update(self, job: Job) -> None:
        """Only its description can change."""
        job.client("apigateway").update_deployment(
            restApiId=job.get("RestApiId"),
            deploymentId=job.physical_id,
            patchOperations=[
                {"op": "replace", "path": "/description", "value": job.get("Description", "")}
            ],
        )

    def delete(self, job: Job) -> None:
        """DeleteDeployment, with the stage that it made."""
        client, api = job.client("apigateway"), {"restApiId": job.get("RestApiId")}
        stage = job.get("StageName")
        if stage:
            try:
                found = client.get_stage(**api, stageName=stage)
                if found.get("deploymentId") == job.physical_id:
                    client.delete_stage(**api, stageName=stage)
            except Exception as error:
                if not is_gone(error):
                    raise
        client.delete_deployment(**api, deploymentId=job.physical_id)


class Stage(Kind):
    """AWS::ApiGateway::Stage."""

    def create(self, job: Job) -> str:
        """CreateStage, and what it can be told by patches only."""
        client, api = job.client("apigateway"), {"restApiId": job.get("RestApiId")}
        name = job.get("StageName") or "default"
        options = given(
            job, "CacheClusterEnabled", "CacheClusterSize", "Description", "DocumentationVersion"
        )
        options.update(given(job, "TracingEnabled"))
        if job.get("CanarySetting"):
            options["canarySettings"] = _canary(job.get("CanarySetting"))
        if job.get("Variables"):
            options["variables"] = job.get("Variables")
        client.create_stage(
            **api,
            stageName=name,
            deploymentId=job.get("DeploymentId"),
            tags=job.tags(),
            **options,
        )
        job.begun(name)
        self._patch(job, name, {})
        return str(name)

    def _patch(self, job: Job, name: str, before: dict[str, Any]) -> None:
        logs = job.get("AccessLogSetting") or {}
        changed = logs != (before.get("AccessLogSetting") or {})
        changes = _log_changes(logs) if changed else []
        changes += _method_changes(job.get("MethodSettings") or ())
        if before:
            if job.changed("DeploymentId"):
                changes.append(_put("/deploymentId", job.get("DeploymentId")))
            if job.changed("Description"):
                changes.append(_put("/description", job.get("Description", "")))
            if job.changed("CanarySetting"):
                changes.extend(_canary_changes(job.get("CanarySetting")))
            if job.changed("TracingEnabled"):
                changes.append(_put("/tracingEnabled", bool(job.get("TracingEnabled"))))
            now, then = job.get("Variables") or {}, before.get("Variables") or {}
            for key, value in now.items():
                if then.get(key) != value:
                    changes.append(_put(f"/variables/{key}", value))
            changes.extend(
                {"op": "remove", "path": f"/variables/{key}"} for key in then if key not in now
            )
        if changes:
            job.client("apigateway").update_stage(
                restApiId=job.get("RestApiId"), stageName=name, patchOperations=changes
            )

    def update(self, job: Job) -> None:
        """UpdateStage."""
        self._patch(job, job.physical_id, job.before)

    def delete(self, job: Job) -> None:
        """DeleteStage."""
        job.client("apigateway").delete_stage(
            restApiId=job.get("RestApiId"), stageName=job.physical_id
        )

    def read(self, job: Job) -> dict[str, Any]:
        """GetStage."""
        found = job.client("apigateway").get_stage(
            restApiId=job.get("RestApiId"), stageName=job.physical_id
        )
        return {
            "DeploymentId": found.get("deploymentId"),
            "StageName": found["stageName"],
            "Variables": found.get("variables") or {},
        }


def described(stage: dict[str, Any]) -> list[dict[str, str]]:
    """A deployment's StageDescription as patches of the stage it is deployed to."""
    changes = _log_changes(stage["AccessLogSetting"]) if stage.get("AccessLogSetting") else []
    everywhere = {name: stage[name] for name in _METHOD_SETTINGS if name in stage}
    changes += _method_changes([everywhere, *(stage.get("MethodSettings") or ())])
    changes += [_put(path, stage[name]) for name, path in _DESCRIBED.items() if name in stage]
    if stage.get("CanarySetting"):
        changes += _canary_changes(stage["CanarySetting"])
    return changes


def _put(path: str, value: Any) -> dict[str, str]:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return {"op": "replace", "path": path, "value": text}


def _log_changes(logs: dict[str, Any]) -> list[dict[str, str]]:
    return [
        _put("/accessLogSettings/destinationArn", logs.get("DestinationArn", "")),
        _put("/accessLogSettings/format", logs.get("Format", "")),
    ]


def _method_changes(settings: Iterable[dict[str, Any]]) -> list[dict[str, str]]:
    changes = []
    for setting in settings:
        path = str(setting.get("ResourcePath", "/*")).strip("/").replace("/", "~1")
        if path != "*" and not path.startswith("~1"):
            path = f"~1{path}"
        root = f"/{path}/{setting.get('HttpMethod', '*')}"
        for member, place in _METHOD_SETTINGS.items():
            if member in setting:
                changes.append(_put(f"{root}/{place}", setting[member]))
    return changes


def _canary(settings: dict[str, Any]) -> dict[str, Any]:
    """A canary as CreateStage and CreateDeployment take it; variables keep their names."""
    told = {f"{name[0].lower()}{name[1:]}": value for name, value in settings.items()}
    if "percentTraffic" in told:
        told["percentTraffic"] = float(told["percentTraffic"])
    if "useStageCache" in told:
        told["useStageCache"] = str(told["useStageCache"]).lower() == "true"
    return told


def _canary_changes(settings: dict[str, Any] | None) -> list[dict[str, str]]:
    """Patches that put a canary anew, or take it away."""
    if not settings:
        return [{"op": "remove", "path": "/canarySettings"}]
    canary = _canary(settings)
    overrides = canary.pop("stageVariableOverrides", None) or {}
    values = {**canary, **{f"stageVariableOverrides/{n}": v for n, v in overrides.items()}}
    return [
        {"op": "replace", "path": f"/canarySettings/{name}", "value": str(value)}
        for name, value in values.items()
    ]


_DESCRIBED = {
    "CacheClusterEnabled": "/cacheClusterEnabled",
    "CacheClusterSize": "/cacheClusterSize",
    "ClientCertificateId": "/clientCertificateId",
    "Description": "/description",
    "DocumentationVersion": "/documentationVersion",
    "TracingEnabled": "/tracingEnabled",
}
_METHOD_SETTINGS = {
    "CacheDataEncrypted": "caching/dataEncrypted",
    "CacheTtlInSeconds": "caching/ttlInSeconds",
    "CachingEnabled": "caching/enabled",
    "DataTraceEnabled": "logging/dataTrace",
    "LoggingLevel": "logging/loglevel",
    "MetricsEnabled": "metrics/enabled",
    "ThrottlingBurstLimit": "throttling/burstLimit",
    "ThrottlingRateLimit": "throttling/rateLimit",
}
