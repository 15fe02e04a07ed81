"""Schedules, and the schema registry."""

from __future__ import annotations

import json
from typing import Any

from simulator.aws.cloudformation.kinds.base import Job, Kind, pick


class Schedule(Kind):
    """AWS::Scheduler::Schedule."""

    def _options(self, job: Job) -> dict[str, Any]:
        return {n: v for n, v in job.properties.items() if n != "Name"}

    def create(self, job: Job) -> str:
        """CreateSchedule."""
        name = job.get("Name") or job.name(64)
        made = job.client("scheduler").create_schedule(Name=name, **self._options(job))
        job.attributes["Arn"] = made["ScheduleArn"]
        return str(name)

    def update(self, job: Job) -> None:
        """UpdateSchedule."""
        job.client("scheduler").update_schedule(Name=job.physical_id, **self._options(job))

    def delete(self, job: Job) -> None:
        """DeleteSchedule."""
        job.client("scheduler").delete_schedule(
            Name=job.physical_id, **pick(job.properties, ["GroupName"])
        )

    def read(self, job: Job) -> dict[str, Any]:
        """GetSchedule."""
        found = job.client("scheduler").get_schedule(
            Name=job.physical_id, **pick(job.properties, ["GroupName"])
        )
        read = pick(found, ("Description", "FlexibleTimeWindow", "GroupName", "Name"))
        return {**read, **pick(found, ("ScheduleExpression", "State"))}


class ScheduleGroup(Kind):
    """AWS::Scheduler::ScheduleGroup."""

    def create(self, job: Job) -> str:
        """CreateScheduleGroup."""
        name = job.get("Name") or job.name(64)
        made = job.client("scheduler").create_schedule_group(Name=name, Tags=job.tag_list())
        job.attributes["Arn"] = made["ScheduleGroupArn"]
        return str(name)

    def delete(self, job: Job) -> None:
        """DeleteScheduleGroup."""
        job.client("scheduler").delete_schedule_group(Name=job.physical_id)


class Registry(Kind):
    """AWS::EventSchemas::Registry."""

    def create(self, job: Job) -> str:
        """CreateRegistry."""
        name = job.get("RegistryName") or job.name(64)
        options = pick(job.properties, ["Description"])
        made = job.client("schemas").create_registry(RegistryName=name, Tags=job.tags(), **options)
        job.attributes.update({"RegistryArn": made["RegistryArn"], "RegistryName": name})
        return str(made["RegistryArn"])

    def update(self, job: Job) -> None:
        """UpdateRegistry."""
        job.client("schemas").update_registry(
            RegistryName=job.attributes["RegistryName"], Description=job.get("Description", "")
        )

    def delete(self, job: Job) -> None:
        """DeleteRegistry."""
        job.client("schemas").delete_registry(RegistryName=job.attributes["RegistryName"])


class Schema(Kind):
    """AWS::EventSchemas::Schema."""

    def create(self, job: Job) -> str:
        """CreateSchema."""
        name = job.get("SchemaName") or job.name(128)
        made = job.client("schemas").create_schema(
            SchemaName=name,
            Tags=job.tags(),
            **pick(job.properties, ("Content", "Description", "RegistryName", "Type")),
        )
        job.attributes.update(
            {
                "SchemaArn": made["SchemaArn"],
                "SchemaName": name,
                "SchemaVersion": made["SchemaVersion"],
            }
        )
        return str(made["SchemaArn"])

    def update(self, job: Job) -> None:
        """UpdateSchema: another version."""
        made = job.client("schemas").update_schema(
            SchemaName=job.attributes["SchemaName"],
            **pick(job.properties, ("Content", "Description", "RegistryName", "Type")),
        )
        job.attributes["SchemaVersion"] = made["SchemaVersion"]

    def delete(self, job: Job) -> None:
        """DeleteSchema."""
        job.client("schemas").delete_schema(
            RegistryName=job.get("RegistryName"), SchemaName=job.attributes["SchemaName"]
        )


class Discoverer(Kind):
    """AWS::EventSchemas::Discoverer."""

    def create(self, job: Job) -> str:
        """CreateDiscoverer."""
        made = job.client("schemas").create_discoverer(
            **pick(job.properties, ("CrossAccount", "Description", "SourceArn")), Tags=job.tags()
        )
        job.attributes.update(
            {"DiscovererArn": made["DiscovererArn"], "DiscovererId": made["DiscovererId"]}
        )
        return str(made["DiscovererArn"])

    def update(self, job: Job) -> None:
        """UpdateDiscoverer."""
        job.client("schemas").update_discoverer(
            DiscovererId=job.attributes["DiscovererId"],
            **pick(job.properties, ("CrossAccount", "Description")),
        )

    def delete(self, job: Job) -> None:
        """DeleteDiscoverer."""
        job.client("schemas").delete_discoverer(DiscovererId=job.attributes["DiscovererId"])


class RegistryPolicy(Kind):
    """AWS::EventSchemas::RegistryPolicy."""

    def create(self, job: Job) -> str:
        """PutResourcePolicy."""
        self.update(job)
        job.attributes["Id"] = job.get("RegistryName")
        return str(job.get("RegistryName"))

    def update(self, job: Job) -> None:
        """PutResourcePolicy."""
        policy = job.get("Policy")
        text = policy if isinstance(policy, str) else json.dumps(policy)
        job.client("schemas").put_resource_policy(RegistryName=job.get("RegistryName"), Policy=text)

    def delete(self, job: Job) -> None:
        """DeleteResourcePolicy."""
        job.client("schemas").delete_resource_policy(RegistryName=job.get("RegistryName"))
