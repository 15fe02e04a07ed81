"""An alarm's history: what it went through, as DescribeAlarmHistory tells it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from simulator.model.alarm import stamp

if TYPE_CHECKING:
    from simulator.aws.cloudwatch.alarms import _Stateful

_KEPT_S = 30 * 86_400.0  # CloudWatch API Reference, DescribeAlarmHistory: 30 days


class History:
    """The items of one alarm, oldest first; what is older than 30 days is gone."""

    def __init__(self, alarm: _Stateful, before: History | None = None) -> None:
        self._alarm = alarm
        self._items: list[Mapping[str, Any]] = list(before._items) if before else []
        self._known = before is not None

    @property
    def items(self) -> list[Mapping[str, Any]]:
        """The items there are."""
        oldest = datetime.fromtimestamp(self._now_s - _KEPT_S, UTC)
        return [item for item in self._items if item["Timestamp"] >= oldest]

    @property
    def _now_s(self) -> float:
        return self._alarm.backend.world.metrics.unix_s

    def configured(self) -> None:
        """It was made or changed."""
        word = "updated" if self._known else "created"
        kind = "Update" if self._known else "Create"
        self._add(
            "ConfigurationUpdate",
            f'Alarm "{self._alarm.name}" {word}',
            {"version": "1.0", "type": kind},
        )

    def state_updated(self, old: str, before: Mapping[str, Any]) -> None:
        """It went from one state to another."""
        alarm = self._alarm
        self._add(
            "StateUpdate",
            f"Alarm updated from {old} to {alarm.state_value}",
            {
                "version": "1.0",
                "oldState": _state(old, before["reason"], before["reasonData"]),
                "newState": _state(alarm.state_value, alarm.state_reason, alarm.state_reason_data),
            },
        )

    def acted(self, arn: str, error: str | None) -> None:
        """An action was carried out, or not."""
        summary = f"Successfully executed action {arn}"
        if error is not None:
            summary = f"Failed to execute action {arn}. Received error: {error}"
        state = "Failed" if error is not None else "Succeeded"
        self._add(
            "Action",
            summary,
            {"actionState": state, "notificationResource": arn, "error": error},
        )

    @staticmethod
    def triggering(children: Iterable[_Stateful]) -> str:
        """The reason data of a composite alarm."""
        told = [
            {
                "arn": child.alarm_arn,
                "state": {"value": child.state_value, "timestamp": stamp(child.state_since_s)},
            }
            for child in children
        ]
        return json.dumps({"triggeringAlarms": told}, separators=(",", ":"))

    def _add(self, kind: str, summary: str, data: Mapping[str, Any]) -> None:
        self._items.append(
            {
                "AlarmName": self._alarm.name,
                "AlarmType": self._alarm.kind,
                "Timestamp": datetime.fromtimestamp(self._now_s, UTC),
                "HistoryItemType": kind,
                "HistorySummary": summary,
                "HistoryData": json.dumps(data, separators=(",", ":")),
            }
        )


def _state(value: str, reason: str, data: str | None) -> dict[str, Any]:
    told: dict[str, Any] = {"stateValue": value, "stateReason": reason}
    return {**told, "stateReasonData": json.loads(data)} if data else told
