"""Domain names of REST APIs, and what their base paths lead to."""

from __future__ import annotations

from typing import Any

from simulator.aws.cloudformation.kinds.apigateway_base import given
from simulator.aws.cloudformation.kinds.base import Job, Kind, low

_CHANGEABLE = ("CertificateArn", "RegionalCertificateArn", "SecurityPolicy")


class DomainName(Kind):
    """AWS::ApiGateway::DomainName."""

    replacing = frozenset({"MutualTlsAuthentication"})

    def create(self, job: Job) -> str:
        """CreateDomainName."""
        options = given(job, *_CHANGEABLE, "EndpointConfiguration", "MutualTlsAuthentication")
        made = job.client("apigateway").create_domain_name(
            domainName=job.get("DomainName"), tags=job.tags(), **options
        )
        for name in (
            "DistributionDomainName",
            "DistributionHostedZoneId",
            "RegionalDomainName",
            "RegionalHostedZoneId",
        ):
            job.attributes[name] = made.get(low(name), "")
        return str(job.get("DomainName"))

    def update(self, job: Job) -> None:
        """UpdateDomainName."""
        changes = [
            {"op": "replace", "path": f"/{low(name)}", "value": str(job.get(name) or "")}
            for name in _CHANGEABLE
            if job.changed(name)
        ]
        if changes:
            job.client("apigateway").update_domain_name(
                domainName=job.physical_id, patchOperations=changes
            )

    def delete(self, job: Job) -> None:
        """DeleteDomainName."""
        job.client("apigateway").delete_domain_name(domainName=job.physical_id)


class BasePathMapping(Kind):
    """AWS::ApiGateway::BasePathMapping."""

    def create(self, job: Job) -> str:
        """CreateBasePathMapping."""
        job.client("apigateway").create_base_path_mapping(
            **given(job, "BasePath", "DomainName", "RestApiId", "Stage")
        )
        return f"{job.get('DomainName')}|{job.get('BasePath') or '(none)'}"

    def update(self, job: Job) -> None:
        """UpdateBasePathMapping."""
        changes: list[dict[str, Any]] = [
            {"op": "replace", "path": f"/{path}", "value": str(job.get(name) or "")}
            for name, path in (("RestApiId", "restapiId"), ("Stage", "stage"))
            if job.changed(name)
        ]
        if changes:
            job.client("apigateway").update_base_path_mapping(
                **self._where(job), patchOperations=changes
            )

    def delete(self, job: Job) -> None:
        """DeleteBasePathMapping."""
        job.client("apigateway").delete_base_path_mapping(**self._where(job))

    @staticmethod
    def _where(job: Job) -> dict[str, str]:
        domain, _, base = job.physical_id.partition("|")
        return {"domainName": domain, "basePath": base}
