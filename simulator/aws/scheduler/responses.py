"""Scheduler's requests and answers, where moto leaves something out."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from moto.scheduler.responses import EventBridgeSchedulerResponse

from simulator.aws.events.shapes import check_shape


class SchedulerResponse(EventBridgeSchedulerResponse):
    """moto's handler with what it leaves out."""

    def call_action(self) -> Any:
        """Answer a request, if it is of its operation's shape."""
        check_shape("scheduler", self._get_action(), self.body)
        return super().call_action()

    @property
    def scheduler_backend(self) -> Any:
        """The backend of the request's account and Region."""
        return super().scheduler_backend

    def create_schedule_group(self) -> str:
        """CreateScheduleGroup: the name is that of the path."""
        name = unquote(self.uri.split("?")[0].split("/")[-1])
        group = self.scheduler_backend.create_schedule_group(name, self._get_param("Tags"))
        return json.dumps({"ScheduleGroupArn": group.arn})

    def update_schedule(self) -> str:
        """UpdateSchedule, with the action after completion."""
        schedule = self.scheduler_backend.update_schedule(
            name=unquote(self.uri.split("?")[0].split("/")[-1]),
            description=self._get_param("Description"),
            end_date=self._get_param("EndDate"),
            flexible_time_window=self._get_param("FlexibleTimeWindow"),
            group_name=self._get_param("GroupName"),
            kms_key_arn=self._get_param("KmsKeyArn"),
            schedule_expression=self._get_param("ScheduleExpression"),
            schedule_expression_timezone=self._get_param("ScheduleExpressionTimezone"),
            start_date=self._get_param("StartDate"),
            state=self._get_param("State"),
            target=self._get_param("Target"),
            action_after_completion=self._get_param("ActionAfterCompletion"),
        )
        return json.dumps({"ScheduleArn": schedule.arn})
