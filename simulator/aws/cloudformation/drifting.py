"""Drift: whether resources are still as their stack made them.

Source: AWS CloudFormation User Guide, "Detect unmanaged configuration changes to stacks and
resources with drift detection"; API Reference, "StackResourceDrift".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.moto_api._internal import mock_random

from simulator.aws.cloudformation.deploying import FAILURES
from simulator.aws.cloudformation.exceptions import invalid
from simulator.aws.cloudformation.kinds import kind_of
from simulator.aws.cloudformation.kinds.base import Job, StackResource, is_gone

if TYPE_CHECKING:
    from simulator.aws.cloudformation.models import FormationBackend
    from simulator.aws.cloudformation.stack import Stack

IN_SYNC, MODIFIED, DELETED, NOT_CHECKED = "IN_SYNC", "MODIFIED", "DELETED", "NOT_CHECKED"


def look(stack: Stack, resource: StackResource) -> dict[str, Any]:
    """One resource's drift, now."""
    found: dict[str, Any] = {
        "StackId": stack.stack_id,
        "LogicalResourceId": resource.logical_id,
        "PhysicalResourceId": resource.physical_id,
        "ResourceType": resource.type,
        "Timestamp": utcnow(),
        "PropertyDifferences": [],
    }
    kind = kind_of(resource.type)
    actual: dict[str, Any] | None = None
    try:
        if kind is None:
            raise NotImplementedError
        actual = kind.read(Job(stack, resource, resource.properties))
    except NotImplementedError:
        return {**found, "StackResourceDriftStatus": NOT_CHECKED}
    except FAILURES as error:
        if not is_gone(error):
            raise
    expected = {n: v for n, v in resource.properties.items() if n != "Tags"}
    if actual is None:
        status = DELETED
    else:
        # Only what the template says is compared: defaults are not drift.
        actual = {name: actual[name] for name in expected if name in actual}
        expected = {name: expected[name] for name in actual}
        for name in expected:
            _compare(f"/{name}", expected[name], actual[name], found["PropertyDifferences"])
        status = MODIFIED if found["PropertyDifferences"] else IN_SYNC
        found["ActualProperties"] = json.dumps(actual, default=str)
    found["ExpectedProperties"] = json.dumps(expected, default=str)
    resource.drift = {"StackResourceDriftStatus": status, "LastCheckTimestamp": found["Timestamp"]}
    return {**found, "StackResourceDriftStatus": status}


def _compare(path: str, expected: Any, actual: Any, found: list[dict[str, Any]]) -> None:
    if isinstance(expected, dict) and isinstance(actual, dict):
        for name in dict.fromkeys((*expected, *actual)):
            below = f"{path}/{name}"
            if name not in actual:
                found.append(_difference(below, expected[name], None, "REMOVE"))
            elif name not in expected:
                found.append(_difference(below, None, actual[name], "ADD"))
            else:
                _compare(below, expected[name], actual[name], found)
    elif expected != actual and str(expected) != str(actual):
        found.append(_difference(path, expected, actual, "NOT_EQUAL"))


def _difference(path: str, expected: Any, actual: Any, kind: str) -> dict[str, Any]:
    def text(value: Any) -> str:
        return value if isinstance(value, str) else json.dumps(value, default=str)

    return {
        "PropertyPath": path,
        "ExpectedValue": text(expected),
        "ActualValue": text(actual),
        "DifferenceType": kind,
    }


class Drifting:
    """The calls about drift, of the response class."""

    @property
    def backend(self) -> FormationBackend:
        """The backend of the request's account and Region."""
        raise NotImplementedError

    def _get_param(self, name: str, default: Any = None) -> Any:
        return super()._get_param(name, default)  # type: ignore[misc]

    def _stack(self) -> Stack:
        raise NotImplementedError

    def detect_stack_drift(self) -> ActionResult:
        """DetectStackDrift: it is done at once; its result is asked for by its id."""
        stack: Stack = self._stack()
        if not stack.status.endswith(("_COMPLETE", "UPDATE_FAILED")):
            raise invalid(
                f"Drift detection cannot be run on stack {stack.name} in status {stack.status}"
            )
        wanted = self._get_param("LogicalResourceIds") or list(stack.resources)
        drifts = [look(stack, stack.resources[n]) for n in wanted if n in stack.resources]
        drifted = [d for d in drifts if d["StackResourceDriftStatus"] in (MODIFIED, DELETED)]
        status = "DRIFTED" if drifted else "IN_SYNC"
        now = utcnow()
        stack.drift = {"StackDriftStatus": status, "LastCheckTimestamp": now}
        detection_id = str(mock_random.uuid4())
        self.backend.drift_detections[detection_id] = {
            "StackId": stack.stack_id,
            "StackDriftDetectionId": detection_id,
            "StackDriftStatus": status,
            "DetectionStatus": "DETECTION_COMPLETE",
            "DriftedStackResourceCount": len(drifted),
            "Timestamp": now,
        }
        self.backend.drifts[stack.stack_id] = drifts
        return ActionResult({"StackDriftDetectionId": detection_id})

    def describe_stack_drift_detection_status(self) -> ActionResult:
        """DescribeStackDriftDetectionStatus."""
        wanted = self._get_param("StackDriftDetectionId")
        found = self.backend.drift_detections.get(wanted)
        if found is None:
            raise invalid(f"StackDriftDetectionId {wanted} does not exist")
        return ActionResult(found)

    def detect_stack_resource_drift(self) -> ActionResult:
        """DetectStackResourceDrift."""
        stack: Stack = self._stack()
        name = self._get_param("LogicalResourceId")
        if name not in stack.resources:
            raise invalid(f"Resource {name} does not exist for stack {stack.name}")
        drift = look(stack, stack.resources[name])
        known = self.backend.drifts.setdefault(stack.stack_id, [])
        known[:] = [each for each in known if each["LogicalResourceId"] != name] + [drift]
        return ActionResult({"StackResourceDrift": drift})

    def describe_stack_resource_drifts(self) -> ActionResult:
        """DescribeStackResourceDrifts."""
        stack: Stack = self._stack()
        wanted = self._get_param("StackResourceDriftStatusFilters") or []
        found = [
            each
            for each in self.backend.drifts.get(stack.stack_id, [])
            if (each["StackResourceDriftStatus"] in wanted if wanted else True)
        ]
        return ActionResult({"StackResourceDrifts": found})
