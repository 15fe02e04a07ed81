"""Versions, aliases and layers of functions."""

from __future__ import annotations

from typing import Any

from simulator.aws.cloudformation.kinds.base import Job, Kind, pick


class Version(Kind):
    """AWS::Lambda::Version."""

    def create(self, job: Job) -> str:
        """PublishVersion."""
        functions, name = job.client("lambda"), job.get("FunctionName")
        options = pick(job.properties, ("CodeSha256", "Description"))
        if "CodeSha256" in options:
            found = functions.get_function_configuration(FunctionName=name)
            if not found.get("CodeSha256"):  # code that is nowhere, which moto lets pass
                del options["CodeSha256"]
        made = functions.publish_version(FunctionName=name, **options)
        arn = str(made["FunctionArn"])
        job.attributes.update({"FunctionArn": arn, "Version": str(made["Version"])})
        _provision(job, str(made["Version"]))
        return arn

    def update(self, job: Job) -> None:
        """Only what is provisioned for it can change."""
        _provision(job, str(job.attributes["Version"]))

    def delete(self, job: Job) -> None:
        """DeleteFunction of the one version."""
        function = job.physical_id.rpartition(":")[0]
        job.client("lambda").delete_function(
            FunctionName=function, Qualifier=str(job.attributes["Version"])
        )


class Alias(Kind):
    """AWS::Lambda::Alias."""

    def create(self, job: Job) -> str:
        """CreateAlias."""
        made = job.client("lambda").create_alias(
            FunctionName=job.get("FunctionName"), Name=job.get("Name"), **self._options(job)
        )
        job.attributes["AliasArn"] = made["AliasArn"]
        _provision(job, job.get("Name"))
        return str(made["AliasArn"])

    def _options(self, job: Job) -> dict[str, Any]:
        options = pick(job.properties, ("Description", "FunctionVersion"))
        routing = job.get("RoutingConfig")
        if routing is not None:
            weights = routing.get("AdditionalVersionWeights") or []
            options["RoutingConfig"] = {
                "AdditionalVersionWeights": {
                    str(each["FunctionVersion"]): each["FunctionWeight"] for each in weights
                }
            }
        elif job.before is not job.properties and job.before.get("RoutingConfig"):
            options["RoutingConfig"] = {"AdditionalVersionWeights": {}}
        return options

    def update(self, job: Job) -> None:
        """UpdateAlias."""
        job.client("lambda").update_alias(
            FunctionName=job.get("FunctionName"), Name=job.get("Name"), **self._options(job)
        )
        _provision(job, job.get("Name"))

    def delete(self, job: Job) -> None:
        """DeleteAlias."""
        job.client("lambda").delete_alias(
            FunctionName=job.get("FunctionName"), Name=job.get("Name")
        )

    def read(self, job: Job) -> dict[str, Any]:
        """GetAlias."""
        found = job.client("lambda").get_alias(
            FunctionName=job.get("FunctionName"), Name=job.get("Name")
        )
        return pick(found, ("Description", "FunctionVersion", "Name"))


def _provision(job: Job, qualifier: Any) -> None:
    wanted = job.get("ProvisionedConcurrencyConfig")
    there = job.before.get("ProvisionedConcurrencyConfig")
    functions, name = job.client("lambda"), job.get("FunctionName")
    if wanted:
        functions.put_provisioned_concurrency_config(
            FunctionName=name,
            Qualifier=qualifier,
            ProvisionedConcurrentExecutions=wanted["ProvisionedConcurrentExecutions"],
        )
    elif there and job.before is not job.properties:
        functions.delete_provisioned_concurrency_config(FunctionName=name, Qualifier=qualifier)


class LayerVersion(Kind):
    """AWS::Lambda::LayerVersion."""

    def create(self, job: Job) -> str:
        """PublishLayerVersion."""
        made = job.client("lambda").publish_layer_version(
            LayerName=job.get("LayerName") or job.name(140),
            Content=job.get("Content"),
            **pick(
                job.properties,
                ("CompatibleArchitectures", "CompatibleRuntimes", "Description", "LicenseInfo"),
            ),
        )
        arn = str(made["LayerVersionArn"])
        job.attributes["LayerVersionArn"] = arn
        return arn

    def replaces(self, job: Job) -> bool:
        """A version of a layer never changes: any change is another version."""
        return job.properties != job.before

    def delete(self, job: Job) -> None:
        """DeleteLayerVersion."""
        layer, _, version = job.physical_id.rpartition(":")
        job.client("lambda").delete_layer_version(LayerName=layer, VersionNumber=int(version))


class LayerVersionPermission(Kind):
    """AWS::Lambda::LayerVersionPermission."""

    def create(self, job: Job) -> str:
        """AddLayerVersionPermission."""
        layer, _, version = str(job.get("LayerVersionArn")).rpartition(":")
        statement = job.name(100)
        job.client("lambda").add_layer_version_permission(
            LayerName=layer,
            VersionNumber=int(version),
            StatementId=statement,
            **pick(job.properties, ("Action", "OrganizationId", "Principal")),
        )
        job.attributes["Id"] = f"{job.get('LayerVersionArn')}#{statement}"
        return str(job.attributes["Id"])

    def delete(self, job: Job) -> None:
        """RemoveLayerVersionPermission."""
        arn, _, statement = job.physical_id.rpartition("#")
        layer, _, version = arn.rpartition(":")
        job.client("lambda").remove_layer_version_permission(
            LayerName=layer, VersionNumber=int(version), StatementId=statement
        )
