"""Alarms and dashboards."""

from __future__ import annotations

from typing import Any

from simulator.aws.cloudformation.kinds.base import Job, Kind, Put


class Alarm(Put):
    """AWS::CloudWatch::Alarm."""

    named = "AlarmName"

    call = "put_metric_alarm"
    described = "MetricAlarms"

    def create(self, job: Job) -> str:
        """PutMetricAlarm."""
        name = super().create(job)
        region, account = job.stack.region_name, job.stack.account_id
        job.attributes["Arn"] = f"arn:aws:cloudwatch:{region}:{account}:alarm:{name}"
        return name

    def update(self, job: Job) -> None:
        """The alarm is put anew."""
        options = {n: v for n, v in job.properties.items() if n not in ("AlarmName", "Tags")}
        if job.tags():
            options["Tags"] = job.tag_list()
        getattr(job.client("cloudwatch"), self.call)(AlarmName=job.physical_id, **options)

    def delete(self, job: Job) -> None:
        """DeleteAlarms."""
        job.client("cloudwatch").delete_alarms(AlarmNames=[job.physical_id])

    def read(self, job: Job) -> dict[str, Any] | None:
        """DescribeAlarms."""
        found = job.client("cloudwatch").describe_alarms(
            AlarmNames=[job.physical_id], AlarmTypes=["MetricAlarm", "CompositeAlarm"]
        )[self.described]
        return dict(found[0]) if found else None


class CompositeAlarm(Alarm):
    """AWS::CloudWatch::CompositeAlarm."""

    call = "put_composite_alarm"
    described = "CompositeAlarms"


class Dashboard(Put):
    """AWS::CloudWatch::Dashboard."""

    named = "DashboardName"

    def update(self, job: Job) -> None:
        """PutDashboard."""
        job.client("cloudwatch").put_dashboard(
            DashboardName=job.physical_id, DashboardBody=job.get("DashboardBody")
        )

    def delete(self, job: Job) -> None:
        """DeleteDashboards."""
        job.client("cloudwatch").delete_dashboards(DashboardNames=[job.physical_id])

    def read(self, job: Job) -> dict[str, Any]:
        """GetDashboard."""
        found = job.client("cloudwatch").get_dashboard(DashboardName=job.physical_id)
        return {"DashboardBody": found["DashboardBody"], "DashboardName": found["DashboardName"]}


KINDS: dict[str, type[Kind]] = {
    "AWS::CloudWatch::Alarm": Alarm,
    "AWS::CloudWatch::CompositeAlarm": CompositeAlarm,
    "AWS::CloudWatch::Dashboard": Dashboard,
}
