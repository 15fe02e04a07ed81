"""Rollback triggers: alarms that are watched while a stack is deployed, and for a while after.

Source: AWS CloudFormation User Guide, "Roll back your CloudFormation stack on alarm breach"; API
Reference, "RollbackConfiguration".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.kernel import sleep

if TYPE_CHECKING:
    from simulator.aws.cloudformation.stack import Stack

_PERIOD_S = 60.0


def watch(stack: Stack) -> str | None:
    """Watch a stack's triggers to the end of its monitoring time; why it is to be rolled back."""
    arns = [str(each["Arn"]) for each in stack.monitored.get("RollbackTriggers") or ()]
    left_s = float(stack.monitored.get("MonitoringTimeInMinutes") or 0) * 60
    while True:
        for arn in arns:
            trouble = _look(stack, arn)
            if trouble is not None:
                return trouble
        if left_s <= 0 or stack.cancelled:
            return stack.cancelled
        sleep(min(_PERIOD_S, left_s))
        left_s -= _PERIOD_S


def _look(stack: Stack, arn: str) -> str | None:
    name = arn.rpartition(":alarm:")[2]
    found = stack.client("cloudwatch").describe_alarms(
        AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    alarms = [*found.get("MetricAlarms", ()), *found.get("CompositeAlarms", ())]
    if not alarms:
        return f"Rollback trigger {arn} does not exist."
    if alarms[0]["StateValue"] == "ALARM":
        return f"Rollback triggered by alarm(s) [{arn}] in ALARM state."
    return None
