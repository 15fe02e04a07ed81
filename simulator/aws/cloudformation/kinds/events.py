"""EventBridge: rules, buses, archives, connections, destinations."""

from __future__ import annotations

import json
from typing import Any

from simulator.aws.cloudformation.kinds.base import Job, Kind, is_gone, pick
from simulator.aws.cloudformation.kinds.schedules import (
    Discoverer,
    Registry,
    RegistryPolicy,
    Schedule,
    ScheduleGroup,
    Schema,
)


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

    unmade = frozenset({"InvocationConnectivityParameters"})

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
