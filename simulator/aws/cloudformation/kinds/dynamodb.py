"""DynamoDB tables."""

from __future__ import annotations

from typing import Any

from simulator.aws.cloudformation.kinds.base import Job, Kind, pick

_CREATE = (
    "AttributeDefinitions",
    "BillingMode",
    "DeletionProtectionEnabled",
    "GlobalSecondaryIndexes",
    "KeySchema",
    "LocalSecondaryIndexes",
    "OnDemandThroughput",
    "ProvisionedThroughput",
    "TableClass",
    "WarmThroughput",
)


class Table(Kind):
    """AWS::DynamoDB::Table."""

    seconds = 12.0
    unmade = frozenset({"ImportSourceSpecification"})
    replacing = frozenset({"KeySchema", "LocalSecondaryIndexes"})

    def create(self, job: Job) -> str:
        """CreateTable, and what has calls of its own."""
        name = job.get("TableName") or job.name(255)
        options = pick(job.properties, _CREATE)
        for index in options.get("GlobalSecondaryIndexes") or ():
            index.pop("ContributorInsightsSpecification", None)
        if _stream(job):
            options["StreamSpecification"] = _stream(job)
        if job.get("SSESpecification"):
            options["SSESpecification"] = _encryption(job)
        tables = job.client("dynamodb")
        made = tables.create_table(TableName=name, Tags=job.tag_list(), **options)
        self._tell(job, made["TableDescription"])
        job.begun(name)
        self._rest(job, name, {})
        return str(name)

    def _tell(self, job: Job, described: dict[str, Any]) -> None:
        job.attributes["Arn"] = described["TableArn"]
        if described.get("LatestStreamArn"):
            job.attributes["StreamArn"] = described["LatestStreamArn"]

    def _rest(self, job: Job, name: str, before: dict[str, Any]) -> None:
        tables = job.client("dynamodb")
        living = job.get("TimeToLiveSpecification")
        if living != before.get("TimeToLiveSpecification"):
            living = living or {**before["TimeToLiveSpecification"], "Enabled": False}
            tables.update_time_to_live(TableName=name, TimeToLiveSpecification=living)
        backups = job.get("PointInTimeRecoverySpecification")
        if backups != before.get("PointInTimeRecoverySpecification"):
            backups = backups or {"PointInTimeRecoveryEnabled": False}
            tables.update_continuous_backups(
                TableName=name, PointInTimeRecoverySpecification=backups
            )
        kinesis = job.get("KinesisStreamSpecification")
        if kinesis and kinesis != before.get("KinesisStreamSpecification"):
            tables.enable_kinesis_streaming_destination(
                TableName=name, StreamArn=kinesis["StreamArn"]
            )
        if job.get("ResourcePolicy") != before.get("ResourcePolicy") and job.get("ResourcePolicy"):
            import json

            tables.put_resource_policy(
                ResourceArn=job.attributes["Arn"],
                Policy=json.dumps(job.get("ResourcePolicy")["PolicyDocument"]),
            )

    def update(self, job: Job) -> None:
        """UpdateTable, one kind of change at a time, as it wants them."""
        tables, name = job.client("dynamodb"), job.physical_id
        simple = ("BillingMode", "DeletionProtectionEnabled", "ProvisionedThroughput", "TableClass")
        if job.changed(*simple):
            options = pick(job.properties, simple)
            if options.get("BillingMode") == "PAY_PER_REQUEST":
                options.pop("ProvisionedThroughput", None)
            if "BillingMode" not in options and "BillingMode" in job.before:
                options["BillingMode"] = "PROVISIONED"
            tables.update_table(TableName=name, **options)
        if job.changed("StreamSpecification"):
            if job.before.get("StreamSpecification"):
                tables.update_table(TableName=name, StreamSpecification={"StreamEnabled": False})
                job.attributes.pop("StreamArn", None)
            if _stream(job):
                tables.update_table(TableName=name, StreamSpecification=_stream(job))
            self._tell(job, tables.describe_table(TableName=name)["Table"])
        if job.changed("SSESpecification"):
            tables.update_table(TableName=name, SSESpecification=_encryption(job))
        self._indexes(job, name)
        self._rest(job, name, job.before)

    def _indexes(self, job: Job, name: str) -> None:
        def by_name(properties: dict[str, Any]) -> dict[str, Any]:
            return {i["IndexName"]: i for i in properties.get("GlobalSecondaryIndexes") or ()}

        wanted, there = by_name(job.properties), by_name(job.before)
        changes: list[dict[str, Any]] = [
            {"Delete": {"IndexName": index}} for index in there if index not in wanted
        ]
        for index, written in wanted.items():
            if index not in there:
                changes.append({"Create": written})
            elif written != there[index]:
                if pick(written, ("KeySchema", "Projection")) != pick(
                    there[index], ("KeySchema", "Projection")
                ):
                    changes += [{"Delete": {"IndexName": index}}, {"Create": written}]
                else:
                    changes.append(
                        {"Update": pick(written, ("IndexName", "ProvisionedThroughput"))}
                    )
        for change in changes:
            job.client("dynamodb").update_table(
                TableName=name,
                AttributeDefinitions=job.get("AttributeDefinitions"),
                GlobalSecondaryIndexUpdates=[change],
            )

    def delete(self, job: Job) -> None:
        """DeleteTable."""
        job.client("dynamodb").delete_table(TableName=job.physical_id)

    def read(self, job: Job) -> dict[str, Any]:
        """DescribeTable."""
        tables, name = job.client("dynamodb"), job.physical_id
        found = tables.describe_table(TableName=name)["Table"]
        read = pick(found, ("AttributeDefinitions", "KeySchema", "TableName"))
        read["DeletionProtectionEnabled"] = found.get("DeletionProtectionEnabled", False)
        read["BillingMode"] = found.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED")
        throughput = found.get("ProvisionedThroughput", {})
        read["ProvisionedThroughput"] = pick(
            throughput, ("ReadCapacityUnits", "WriteCapacityUnits")
        )
        stream = found.get("StreamSpecification") or {}
        if _stream(job):
            read["StreamSpecification"] = pick(stream, job.get("StreamSpecification"))
        if job.get("TimeToLiveSpecification"):
            living = tables.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
            read["TimeToLiveSpecification"] = {
                "AttributeName": living.get("AttributeName"),
                "Enabled": living.get("TimeToLiveStatus") in ("ENABLED", "ENABLING"),
            }
        wanted = job.get("AttributeDefinitions") or []

        def name_of(each: dict[str, Any]) -> str:
            return str(each["AttributeName"])

        if sorted(wanted, key=name_of) == sorted(read["AttributeDefinitions"], key=name_of):
            read["AttributeDefinitions"] = wanted
        return read


def _stream(job: Job) -> dict[str, Any]:
    given = job.get("StreamSpecification")
    return {"StreamEnabled": True, "StreamViewType": given["StreamViewType"]} if given else {}


def _encryption(job: Job) -> dict[str, Any]:
    given = job.get("SSESpecification") or {}
    found: dict[str, Any] = {"Enabled": given.get("SSEEnabled", False)}
    return {**found, **pick(given, ("KMSMasterKeyId", "SSEType"))}


KINDS: dict[str, type[Kind]] = {"AWS::DynamoDB::Table": Table}
