"""API keys and usage plans of REST APIs, and the account's settings."""

from __future__ import annotations

from typing import Any

from simulator.aws.cloudformation.kinds.apigateway_base import given
from simulator.aws.cloudformation.kinds.base import Job, Kind, low, lowered


class Account(Kind):
    """AWS::ApiGateway::Account: the role that API Gateway writes logs with."""

    def create(self, job: Job) -> str:
        """UpdateAccount."""
        self.update(job)
        job.attributes["Id"] = job.name(64)
        return str(job.attributes["Id"])

    def update(self, job: Job) -> None:
        """UpdateAccount."""
        role = job.get("CloudWatchRoleArn", "")
        job.client("apigateway").update_account(
            patchOperations=[{"op": "replace", "path": "/cloudwatchRoleArn", "value": role}]
        )

    def delete(self, job: Job) -> None:
        """The account keeps its role, as on AWS."""


class ApiKey(Kind):
    """AWS::ApiGateway::ApiKey."""

    def create(self, job: Job) -> str:
        """CreateApiKey."""
        options = given(job, "CustomerId", "Description", "Enabled", "GenerateDistinctId", "Value")
        options["name"] = job.get("Name") or job.name(64)
        stages = [lowered(each) for each in job.get("StageKeys") or ()]
        if stages:
            options["stageKeys"] = stages
        made = job.client("apigateway").create_api_key(tags=job.tags(), **options)
        job.attributes["APIKeyId"] = str(made["id"])
        return str(made["id"])

    def update(self, job: Job) -> None:
        """UpdateApiKey."""
        changes = [
            {
                "op": "replace",
                "path": f"/{low(name)}",
                "value": str(job.get(name, "")).lower()
                if name == "Enabled"
                else str(job.get(name, "")),
            }
            for name in ("Description", "Enabled")
            if job.changed(name)
        ]
        job.client("apigateway").update_api_key(apiKey=job.physical_id, patchOperations=changes)

    def delete(self, job: Job) -> None:
        """DeleteApiKey."""
        job.client("apigateway").delete_api_key(apiKey=job.physical_id)


class UsagePlan(Kind):
    """AWS::ApiGateway::UsagePlan."""

    def create(self, job: Job) -> str:
        """CreateUsagePlan."""
        options = given(job, "Description", "Quota", "Throttle")
        stages = []
        for each in job.get("ApiStages") or ():
            stage = {low(name): value for name, value in each.items()}
            if "throttle" in stage:
                stage["throttle"] = {path: lowered(t) for path, t in stage["throttle"].items()}
            stages.append(stage)
        name = job.get("UsagePlanName") or job.name(64)
        made = job.client("apigateway").create_usage_plan(
            name=name, apiStages=stages, tags=job.tags(), **options
        )
        job.attributes["Id"] = str(made["id"])
        return str(made["id"])

    def update(self, job: Job) -> None:
        """UpdateUsagePlan: limits, and stages that come and go."""
        changes: list[dict[str, str]] = []
        for name in ("Quota", "Throttle"):
            for member, value in (job.get(name) or {}).items():
                if (job.before.get(name) or {}).get(member) != value:
                    path = f"/{low(name)}/{low(member)}"
                    changes.append({"op": "replace", "path": path, "value": str(value)})

        def stages(properties: dict[str, Any]) -> list[str]:
            return [f"{e['ApiId']}:{e['Stage']}" for e in properties.get("ApiStages") or ()]

        now, then = stages(job.properties), stages(job.before)
        for verb, names, others in (("add", now, then), ("remove", then, now)):
            changes.extend(
                {"op": verb, "path": "/apiStages", "value": each}
                for each in names
                if each not in others
            )
        if changes:
            job.client("apigateway").update_usage_plan(
                usagePlanId=job.physical_id, patchOperations=changes
            )

    def delete(self, job: Job) -> None:
        """DeleteUsagePlan, from which its stages have to be taken first."""
        client = job.client("apigateway")
        changes = [
            {"op": "remove", "path": "/apiStages", "value": f"{e['ApiId']}:{e['Stage']}"}
            for e in job.get("ApiStages") or ()
        ]
        if changes:
            client.update_usage_plan(usagePlanId=job.physical_id, patchOperations=changes)
        client.delete_usage_plan(usagePlanId=job.physical_id)


class UsagePlanKey(Kind):
    """AWS::ApiGateway::UsagePlanKey."""

    def create(self, job: Job) -> str:
        """CreateUsagePlanKey."""
        plan, key = job.get("UsagePlanId"), job.get("KeyId")
        job.client("apigateway").create_usage_plan_key(
            usagePlanId=plan, keyId=key, keyType=job.get("KeyType", "API_KEY")
        )
        job.attributes["Id"] = f"{key}:{plan}"
        return str(job.attributes["Id"])

    def delete(self, job: Job) -> None:
        """DeleteUsagePlanKey."""
        job.client("apigateway").delete_usage_plan_key(
            usagePlanId=job.get("UsagePlanId"), keyId=job.get("KeyId")
        )
