"""EventBridge Pipes."""

from __future__ import annotations

from typing import Any, ClassVar

from simulator.aws.cloudformation.kinds.base import Job, Kind, pick

_SETTINGS = (
    "Description",
    "DesiredState",
    "Enrichment",
    "EnrichmentParameters",
    "RoleArn",
    "SourceParameters",
    "Target",
    "TargetParameters",
)


class Pipe(Kind):
    """AWS::Pipes::Pipe."""

    seconds: ClassVar[float] = 30.0
    unmade = frozenset({"LogConfiguration"})

    def create(self, job: Job) -> str:
        """CreatePipe."""
        name = str(job.get("Name") or job.name(64))
        options = pick(job.properties, (*_SETTINGS, "KmsKeyIdentifier", "Source"))
        made = job.client("pipes").create_pipe(Name=name, Tags=job.tags(), **options)
        job.attributes.update({"Arn": made["Arn"], "CurrentState": made["DesiredState"]})
        return name

    def update(self, job: Job) -> None:
        """UpdatePipe."""
        job.client("pipes").update_pipe(Name=job.physical_id, **pick(job.properties, _SETTINGS))

    def delete(self, job: Job) -> None:
        """DeletePipe."""
        job.client("pipes").delete_pipe(Name=job.physical_id)

    def read(self, job: Job) -> dict[str, Any]:
        """DescribePipe."""
        found: dict[str, Any] = job.client("pipes").describe_pipe(Name=job.physical_id)
        return pick(found, (*_SETTINGS, "Name", "Source"))


KINDS: dict[str, type[Kind]] = {"AWS::Pipes::Pipe": Pipe}
