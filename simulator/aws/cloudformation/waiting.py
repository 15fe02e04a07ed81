"""Waiting for signals: wait conditions, creation policies, and what custom resources answer.

Source: AWS CloudFormation User Guide, "Create wait conditions in a CloudFormation template",
"CreationPolicy attribute"; API Reference, "SignalResource".
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from simulator.aws.cloudformation.exceptions import ResourceFailed, invalid
from simulator.kernel import wait_until

if TYPE_CHECKING:
    from simulator.aws.cloudformation.kinds.base import StackResource
    from simulator.aws.cloudformation.stack import Stack

_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")


def seconds_of(text: str) -> float:
    """An ISO 8601 duration, or a number of seconds, in seconds. Raises ResourceFailed."""
    if re.fullmatch(r"\d+", text):
        return float(text)
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ResourceFailed(f"{text!r} is no duration; write it as PT15M")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return float(((days * 24 + hours) * 60 + minutes) * 60 + seconds)


def signal(stack: Stack, logical_id: str, unique_id: str, status: str, data: Any = "") -> None:
    """A signal arrives. Raises ValidationError for a status that there is not."""
    if status not in ("SUCCESS", "FAILURE"):
        raise invalid(f"Signal status must be SUCCESS or FAILURE, not {status}")
    box = stack.signals.setdefault(logical_id, [])
    if all(each["UniqueId"] != unique_id for each in box):
        box.append({"UniqueId": unique_id, "Status": status, "Data": data})
        if logical_id in stack.resources:
            told = f"Received {status} signal with UniqueId {unique_id}"
            resource = stack.resources[logical_id]
            stack.tell_of(resource, resource.status, told)
    _ring(stack)


def put(stack: Stack, key: str, told: dict[str, Any]) -> None:
    """A signal arrives by another way than SignalResource, at the address `key`."""
    box = stack.signals.setdefault(key, [])
    if all(each["UniqueId"] != told["UniqueId"] for each in box):
        box.append(told)
    _ring(stack)


def cancel(stack: Stack, reason: str) -> None:
    """Stop what is being made or changed: nothing new is begun, and no signal is waited for."""
    stack.cancelled = reason
    _ring(stack)


def _ring(stack: Stack) -> None:
    bell, stack.bell = stack.bell, None
    if bell is not None and not bell.triggered:
        bell.succeed()


def await_signals(
    stack: Stack,
    resource: StackResource,
    count: int,
    timeout_s: float,
    key: str = "",
    *,
    outside: bool = True,
) -> list[dict[str, Any]]:
    """Wait for `count` signals. Raises ResourceFailed after a failure or the time-out.

    `outside`: they may come from outside the world, so the journal says that the stack waits.
    """
    key = key or resource.logical_id
    ends_s = stack.world.now_s + timeout_s
    if outside:
        stack.world.record("cloudformation.waiting", stack=stack.name, id=stack.stack_id)
    try:
        while True:
            box = stack.signals.get(key, [])
            bad = next((each for each in box if each["Status"] == "FAILURE"), None)
            if bad is not None:
                raise ResourceFailed(
                    f"WaitCondition received failed message: '{bad['Data']}' for uniqueId: "
                    f"{bad['UniqueId']}"
                )
            if len(box) >= count:
                return box
            if stack.cancelled:
                raise ResourceFailed("Resource creation cancelled")
            left_s = ends_s - stack.world.now_s
            if left_s <= 0:
                raise ResourceFailed(
                    f"WaitCondition timed out. Received {len(box)} conditions when expecting "
                    f"{count}"
                )
            if stack.bell is None or stack.bell.triggered:
                stack.bell = stack.world.env.event()
            wait_until(stack.bell, left_s)
    finally:
        if outside:
            stack.world.record("cloudformation.waited", stack=stack.name, id=stack.stack_id)


def data_of(signals: list[dict[str, Any]]) -> str:
    """What Fn::GetAtt Data of a wait condition is."""
    return json.dumps({each["UniqueId"]: each["Data"] for each in signals}, separators=(",", ":"))
