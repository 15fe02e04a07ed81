"""What executions write into CloudWatch Logs: their history, at the machine's level.

Source: AWS Step Functions Developer Guide, "Using CloudWatch Logs to log execution history".
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from moto.moto_api._internal import mock_random
from moto.stepfunctions.parser.api import InvalidLoggingConfiguration
from moto.stepfunctions.parser.asl.eval.event.logging import (
    CloudWatchLoggingConfiguration,
    CloudWatchLoggingSession,
)

_ONE = "Must specify exactly one Log Destination."


class LogSession(CloudWatchLoggingSession):
    """moto's session, writing entries that can be read: moto's carry no message."""

    def publish_history_log(self, history_log: Any) -> None:
        """Write one event of the history."""
        at: Any = history_log["event_timestamp"]
        at_ms = round((datetime.fromisoformat(at) if isinstance(at, str) else at).timestamp() * 1e3)
        kind = history_log["type"]
        entry: dict[str, Any] = {
            "id": history_log["id"],
            "type": getattr(kind, "value", kind),
            "details": history_log.get("details") or {},
            "redrive_count": "0",
            "previous_event_id": history_log["previous_event_id"],
            "event_timestamp": str(at_ms),
            "execution_arn": history_log["execution_arn"],
        }
        logs: Any = self._logs_client
        group, stream = self.configuration.log_group_name, self.configuration.log_stream_name
        written = [{"timestamp": at_ms, "message": json.dumps(entry, separators=(",", ":"))}]
        found = logs.groups.get(group)
        if found is None:  # deleted since: AWS loses the entry as well
            return
        if stream not in found.streams:
            logs.create_log_stream(group, stream)
        logs.put_log_events(group, stream, written)


def session_for(execution_arn: str, machine: Any, started: datetime) -> LogSession | None:
    """The log of an execution of `machine`, if the machine logs."""
    logging: Any = {"includeExecutionData": False, **(machine.loggingConfiguration or {})}
    settings: Any = CloudWatchLoggingConfiguration.from_logging_configuration(machine.arn, logging)
    if settings is None:
        return None
    settings.log_stream_name = (
        f"states/{machine.name}/{started:%Y-%m-%d-%H-%M}/{mock_random.get_random_hex(8)}"
    )
    return LogSession(execution_arn=execution_arn, configuration=settings)


def checked(logging: Any) -> Any:
    """A logging configuration, completed; refused if its destination is missing or not there."""
    if logging is None:
        return None
    complete = {"level": "OFF", "includeExecutionData": False, **logging}
    if complete["level"] == "OFF":
        return complete
    parts = CloudWatchLoggingConfiguration.extract_log_arn_parts_from(complete)  # type: ignore[arg-type]
    if parts is None:
        raise _refused(_ONE)
    from moto.logs.models import logs_backends

    account, region, group = parts
    if group not in logs_backends[account][region].groups:
        raise _refused("Log Destination not found.")
    return complete


def check_changed(logging: Any) -> None:
    """Refuse another logging configuration for a machine if it names several destinations.

    One that names none, or a group that is not there, is taken: moto's clients send such.
    """
    if logging and len(logging.get("destinations") or ()) > 1:
        raise _refused(_ONE)


def _refused(reason: str) -> InvalidLoggingConfiguration:
    return InvalidLoggingConfiguration(f"Invalid Logging Configuration: {reason}")
