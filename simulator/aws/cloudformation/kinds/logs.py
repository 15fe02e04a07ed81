"""Log groups and what hangs on them."""

from __future__ import annotations

import json
from typing import Any

from simulator.aws.cloudformation.kinds.base import Job, Kind, Put, lowered


class LogGroup(Kind):
    """AWS::Logs::LogGroup."""

    unmade = frozenset({"DataProtectionPolicy", "FieldIndexPolicies", "ResourcePolicyDocument"})

    def create(self, job: Job) -> str:
        """CreateLogGroup, and how long it keeps what it gets."""
        logs = job.client("logs")
        name = job.get("LogGroupName") or job.name(512)
        options: dict[str, Any] = {}
        if job.get("KmsKeyId"):
            options["kmsKeyId"] = job.get("KmsKeyId")
        if job.get("LogGroupClass"):
            options["logGroupClass"] = job.get("LogGroupClass")
        if job.tags():
            options["tags"] = job.tags()
        logs.create_log_group(logGroupName=name, **options)
        job.begun(name)
        region, account = job.stack.region_name, job.stack.account_id
        job.attributes["Arn"] = f"arn:aws:logs:{region}:{account}:log-group:{name}:*"
        self._keep(job, name)
        return str(name)

    def _keep(self, job: Job, name: str) -> None:
        days = job.get("RetentionInDays")
        if days is not None:
            job.client("logs").put_retention_policy(logGroupName=name, retentionInDays=days)
        elif job.before.get("RetentionInDays") and job.before is not job.properties:
            job.client("logs").delete_retention_policy(logGroupName=name)

    def update(self, job: Job) -> None:
        """How long it keeps what it gets, its key."""
        logs, name = job.client("logs"), job.physical_id
        self._keep(job, name)
        if job.changed("KmsKeyId"):
            if job.get("KmsKeyId"):
                logs.associate_kms_key(logGroupName=name, kmsKeyId=job.get("KmsKeyId"))
            else:
                logs.disassociate_kms_key(logGroupName=name)

    def delete(self, job: Job) -> None:
        """DeleteLogGroup."""
        job.client("logs").delete_log_group(logGroupName=job.physical_id)

    def read(self, job: Job) -> dict[str, Any] | None:
        """DescribeLogGroups."""
        name = job.physical_id
        found = job.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        one = next((each for each in found if each["logGroupName"] == name), None)
        if one is None:
            return None
        return {"LogGroupName": name, "RetentionInDays": one.get("retentionInDays")}


class LogStream(Kind):
    """AWS::Logs::LogStream."""

    def create(self, job: Job) -> str:
        """CreateLogStream."""
        name = job.get("LogStreamName") or job.name(512)
        job.client("logs").create_log_stream(
            logGroupName=job.get("LogGroupName"), logStreamName=name
        )
        return str(name)

    def delete(self, job: Job) -> None:
        """DeleteLogStream."""
        job.client("logs").delete_log_stream(
            logGroupName=job.get("LogGroupName"), logStreamName=job.physical_id
        )


class SubscriptionFilter(Put):
    """AWS::Logs::SubscriptionFilter."""

    named, longest = "FilterName", 512

    def update(self, job: Job) -> None:
        """PutSubscriptionFilter."""
        options = {n: v for n, v in job.properties.items() if n != "FilterName"}
        job.client("logs").put_subscription_filter(filterName=job.physical_id, **lowered(options))

    def delete(self, job: Job) -> None:
        """DeleteSubscriptionFilter."""
        job.client("logs").delete_subscription_filter(
            logGroupName=job.get("LogGroupName"), filterName=job.physical_id
        )


class MetricFilter(Put):
    """AWS::Logs::MetricFilter."""

    named, longest = "FilterName", 512
    unmade = frozenset({"ApplyOnTransformedLogs"})

    def update(self, job: Job) -> None:
        """PutMetricFilter."""
        made = []
        for each in job.get("MetricTransformations") or ():
            one = lowered(each, keep=("Dimensions",))
            if isinstance(one.get("dimensions"), list):
                one["dimensions"] = {d["Key"]: d["Value"] for d in one["dimensions"]}
            made.append(one)
        job.client("logs").put_metric_filter(
            filterName=job.physical_id,
            filterPattern=job.get("FilterPattern", ""),
            logGroupName=job.get("LogGroupName"),
            metricTransformations=made,
        )

    def delete(self, job: Job) -> None:
        """DeleteMetricFilter."""
        job.client("logs").delete_metric_filter(
            logGroupName=job.get("LogGroupName"), filterName=job.physical_id
        )


class ResourcePolicy(Kind):
    """AWS::Logs::ResourcePolicy."""

    def create(self, job: Job) -> str:
        """PutResourcePolicy."""
        self.update(job)
        return str(job.get("PolicyName"))

    def update(self, job: Job) -> None:
        """PutResourcePolicy."""
        document = job.get("PolicyDocument")
        text = document if isinstance(document, str) else json.dumps(document)
        job.client("logs").put_resource_policy(
            policyName=job.get("PolicyName"), policyDocument=text
        )

    def delete(self, job: Job) -> None:
        """DeleteResourcePolicy."""
        job.client("logs").delete_resource_policy(policyName=job.physical_id)


KINDS: dict[str, type[Kind]] = {
    "AWS::Logs::LogGroup": LogGroup,
    "AWS::Logs::LogStream": LogStream,
    "AWS::Logs::MetricFilter": MetricFilter,
    "AWS::Logs::ResourcePolicy": ResourcePolicy,
    "AWS::Logs::SubscriptionFilter": SubscriptionFilter,
}
