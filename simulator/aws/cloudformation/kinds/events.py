"""EventBridge: rules, buses, archives, connections; schedules; the schema registry."""

from __future__ import annotations

import json
from typing import Any

from simulator.aws.cloudformation.kinds.base import Job, Kind, is_gone, pick


class Rule(Kind):
    """AWS::Events::Rule."""

    seconds = 30.0
    replacing = frozenset({"EventBusName"})

    def create(self, job: Job) -> str:
        """PutRule and PutTargets."""
        name = job.get("Name") or job.name(64)
        arn = self._put(job, name)
        bus = self._bus(job)
        job.attributes["Arn"] = arn
        job.attributes["RuleName"] = name
        physical_id = name if bus == "default" else f"{bus}|{name}"
        job.begun(physical_id)
        self._targets(job, name, {})
        # Ref is the rule's name.
        job.attributes["Ref"] = physical_id
        return physical_id

    def _bus(self, job: Job, properties: dict[str, Any] | None = None) -> str:
        given = str((properties or job.properties).get("EventBusName") or "default")
        return given.rpartition("/")[2]

    def _put(self, job: Job, name: str) -> str:
        options = pick(job.properties, ("Description", "RoleArn", "ScheduleExpression", "State"))
        pattern = job.get("EventPattern")
        if pattern is not None:
            text = pattern if isinstance(pattern, str) else json.dumps(pattern)
            options["EventPattern"] = text
        if job.get("EventBusName"):
            options["EventBusName"] = job.get("EventBusName")
        if job.tags() and not job.resource.physical_id:
            options["Tags"] = job.tag_list()
        return str(job.client("events").put_rule(Name=name, **options)["RuleArn"])

    def _targets(self, job: Job, name: str, before: dict[str, Any]) -> None:
        events, bus = job.client("events"), self._bus(job)
        wanted = job.get("Targets") or []
        there = before.get("Targets") or []
        gone = [t["Id"] for t in there if t["Id"] not in [w["Id"] for w in wanted]]
        if gone:
            events.remove_targets(Rule=name, EventBusName=bus, Ids=gone)
        if wanted:
            done = events.put_targets(Rule=name, EventBusName=bus, Targets=wanted)
            for entry in done.get("FailedEntries") or ():
                raise job.fail(f"{entry.get('ErrorCode')}: {entry.get('ErrorMessage')}")

    def update(self, job: Job) -> None:
        """PutRule and its targets."""
        name = str(job.attributes["RuleName"])
        self._put(job, name)
        self._targets(job, name, job.before)

    def delete(self, job: Job) -> None:
        """RemoveTargets and DeleteRule."""
        events, bus = job.client("events"), self._bus(job)
        name = job.physical_id.rpartition("|")[2]
        found = events.list_targets_by_rule(Rule=name, EventBusName=bus)["Targets"]
        if found:
            events.remove_targets(Rule=name, EventBusName=bus, Ids=[t["Id"] for t in found])
        events.delete_rule(Name=name, EventBusName=bus)

    def read(self, job: Job) -> dict[str, Any]:
        """DescribeRule and ListTargetsByRule."""
        events, bus = job.client("events"), self._bus(job)
        name = job.physical_id.rpartition("|")[2]
        found = events.describe_rule(Name=name, EventBusName=bus)
        read = pick(found, ("Description", "Name", "RoleArn", "ScheduleExpression", "State"))
        if found.get("EventPattern"):
            read["EventPattern"] = json.loads(found["EventPattern"])
        targets = events.list_targets_by_rule(Rule=name, EventBusName=bus)["Targets"]
        order = [each["Id"] for each in job.get("Targets") or ()]
        targets.sort(key=lambda t: order.index(t["Id"]) if t["Id"] in order else len(order))
        return {**read, "Targets": targets}


class EventBus(Kind):
    """AWS::Events::EventBus."""

    unmade = frozenset({"LogConfig"})

    def create(self, job: Job) -> str:
        """CreateEventBus."""
        options = pick(job.properties, ("Description", "EventSourceName", "KmsKeyIdentifier"))
        options.update(pick(job.properties, ("DeadLetterConfig",)))
        if job.tags():
            options["Tags"] = job.tag_list()
        name = str(job.get("Name"))
        made = job.client("events").create_event_bus(Name=name, **options)
        job.attributes.update({"Arn": made["EventBusArn"], "Name": name})
        if job.get("Policy"):
            self._policy(job)
        return name

    def _policy(self, job: Job) -> None:
        policy = job.get("Policy")
        text = policy if isinstance(policy, str) else json.dumps(policy)
        job.client("events").put_permission(EventBusName=job.get("Name"), Policy=text)

    def update(self, job: Job) -> None:
        """Its description, its policy."""
        options = pick(job.properties, ("DeadLetterConfig", "Description", "KmsKeyIdentifier"))
        if job.changed("DeadLetterConfig", "Description", "KmsKeyIdentifier"):
            job.client("events").update_event_bus(Name=job.physical_id, **options)
        if job.changed("Policy") and job.get("Policy"):
            self._policy(job)

    def delete(self, job: Job) -> None:
        """DeleteEventBus."""
        job.client("events").delete_event_bus(Name=job.physical_id)

    def read(self, job: Job) -> dict[str, Any]:
        """DescribeEventBus."""
        found = job.client("events").describe_event_bus(Name=job.physical_id)
        return pick(found, ("Description", "Name"))


class EventBusPolicy(Kind):
    """AWS::Events::EventBusPolicy."""

    def create(self, job: Job) -> str:
        """PutPermission."""
        self.update(job)
        return f"{job.get('EventBusName') or 'default'}|{job.get('StatementId')}"

    def update(self, job: Job) -> None:
        """PutPermission."""
        events, bus = job.client("events"), job.get("EventBusName") or "default"
        statement = job.get("Statement")
        if statement is None:
            options = pick(job.properties, ("Action", "Condition", "Principal", "StatementId"))
            events.put_permission(EventBusName=bus, **options)
            return
        there = events.describe_event_bus(Name=bus).get("Policy")
        policy: dict[str, Any] = {"Version": "2012-10-17", "Statement": []}
        if there:
            policy = json.loads(there)
        sid = job.get("StatementId")
        others = [each for each in policy["Statement"] if each.get("Sid") != sid]
        policy["Statement"] = [*others, {"Sid": sid, **statement}]
        events.put_permission(EventBusName=bus, Policy=json.dumps(policy))

    def delete(self, job: Job) -> None:
        """RemovePermission."""
        try:
            job.client("events").remove_permission(
                EventBusName=job.get("EventBusName") or "default",
                StatementId=job.get("StatementId"),
            )
        except Exception as error:
            if not is_gone(error):
                raise


class Archive(Kind):
    """AWS::Events::Archive."""

    def _options(self, job: Job) -> dict[str, Any]:
        options = pick(job.properties, ("Description", "KmsKeyIdentifier", "RetentionDays"))
        if job.get("EventPattern") is not None:
            pattern = job.get("EventPattern")
            options["EventPattern"] = pattern if isinstance(pattern, str) else json.dumps(pattern)
        return options

    def create(self, job: Job) -> str:
        """CreateArchive."""
        name = job.get("ArchiveName") or job.name(48)
        made = job.client("events").create_archive(
            ArchiveName=name, EventSourceArn=job.get("SourceArn"), **self._options(job)
        )
        job.attributes.update({"ArchiveName": name, "Arn": made["ArchiveArn"]})
        return str(name)

    def update(self, job: Job) -> None:
        """UpdateArchive."""
        job.client("events").update_archive(ArchiveName=job.physical_id, **self._options(job))

    def delete(self, job: Job) -> None:
        """DeleteArchive."""
        job.client("events").delete_archive(ArchiveName=job.physical_id)


class Connection(Kind):
    """AWS::Events::Connection."""

    def create(self, job: Job) -> str:
        """CreateConnection."""
        name = job.get("Name") or job.name(64)
        options = pick(job.properties, ("AuthorizationType", "AuthParameters", "Description"))
        made = job.client("events").create_connection(Name=name, **options)
        job.attributes.update({"Arn": made["ConnectionArn"]})
        return str(name)

    def update(self, job: Job) -> None:
        """UpdateConnection."""
        options = pick(job.properties, ("AuthorizationType", "AuthParameters", "Description"))
        job.client("events").update_connection(Name=job.physical_id, **options)

    def delete(self, job: Job) -> None:
        """DeleteConnection."""
        job.client("events").delete_connection(Name=job.physical_id)


class ApiDestination(Kind):
    """AWS::Events::ApiDestination."""

    def create(self, job: Job) -> str:
        """CreateApiDestination."""
        name = job.get("Name") or job.name(64)
        options = {n: v for n, v in job.properties.items() if n != "Name"}
        made = job.client("events").create_api_destination(Name=name, **options)
        job.attributes["Arn"] = job.attributes["ArnForPolicy"] = made["ApiDestinationArn"]
        return str(name)

    def update(self, job: Job) -> None:
        """UpdateApiDestination."""
        options = {n: v for n, v in job.properties.items() if n != "Name"}
        job.client("events").update_api_destination(Name=job.physical_id, **options)

    def delete(self, job: Job) -> None:
        """DeleteApiDestination."""
        job.client("events").delete_api_destination(Name=job.physical_id)


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

    def update(self, job: Job) -> None:
        """Only tags can change."""
        job.client("scheduler").tag_resource(ResourceArn=job.attributes["Arn"], Tags=job.tag_list())

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


KINDS: dict[str, type[Kind]] = {
    "AWS::EventSchemas::Discoverer": Discoverer,
    "AWS::EventSchemas::Registry": Registry,
    "AWS::EventSchemas::RegistryPolicy": RegistryPolicy,
    "AWS::EventSchemas::Schema": Schema,
    "AWS::Events::ApiDestination": ApiDestination,
    "AWS::Events::Archive": Archive,
    "AWS::Events::Connection": Connection,
    "AWS::Events::EventBus": EventBus,
    "AWS::Events::EventBusPolicy": EventBusPolicy,
    "AWS::Events::Rule": Rule,
    "AWS::Scheduler::Schedule": Schedule,
    "AWS::Scheduler::ScheduleGroup": ScheduleGroup,
}
