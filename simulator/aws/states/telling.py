"""What EventBridge hears of Standard executions: that their status has changed.

Source: AWS Step Functions Developer Guide, "Automating Step Functions event delivery with
EventBridge".
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from moto.moto_api._internal import mock_random
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str


def status_changed(run: Any) -> None:
    """Put the event of an execution's status on the default bus, if a rule listens there."""
    from moto.events.models import events_backends

    if run.express:
        return
    backend: Any = events_backends[run.account_id][run.region_name]
    if not backend.event_buses["default"].rules:
        return
    output = None
    if run.status == "SUCCEEDED":
        output = to_json_str(run.output, separators=(",", ":"))
    backend.publish(
        {
            "version": "0",
            "id": str(mock_random.uuid4()),
            "detail-type": "Step Functions Execution Status Change",
            "source": "aws.states",
            "account": run.account_id,
            "time": run.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": run.region_name,
            "resources": [run.exec_arn],
            "detail": {
                "executionArn": run.exec_arn,
                "stateMachineArn": run.state_machine_arn,
                "name": run.name,
                "status": run.status,
                "startDate": _millis(run.start_date),
                "stopDate": _millis(run.stop_date),
                "input": run.execution_input,
                "output": output,
                "inputDetails": {"included": True},
                "outputDetails": None if output is None else {"included": True},
                "error": run.error,
                "cause": run.cause,
                "redriveCount": run.redrive_count,
            },
        }
    )


def _millis(at: datetime | None) -> int | None:
    return None if at is None else round(at.timestamp() * 1000)
