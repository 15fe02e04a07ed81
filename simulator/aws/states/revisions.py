"""Revisions of a machine and the versions published of them.

Source: AWS Step Functions Developer Guide, "State machine versions in Step Functions workflows".
"""

from __future__ import annotations

from typing import Any

from moto.stepfunctions.models import StateMachineVersion


def revision(machine: Any) -> str | None:
    """The id of a machine's or a version's revision; one that was never updated has none."""
    kept: str | None = vars(machine).get("revision_id")
    return kept


def revised(machine: Any) -> tuple[Any, ...]:
    """What an update changes: equal before and after, it was none."""
    logging, tracing = machine.loggingConfiguration, machine.tracingConfiguration
    return (machine.definition, machine.roleArn, logging, tracing, machine.encryptionConfiguration)


def publish(machine: Any, description: str | None) -> StateMachineVersion:
    """The version of a machine's present revision, made if there is none."""
    latest = machine.latest_version
    if latest is None or revision(latest) != revision(machine):
        machine.publish(description)
        latest = machine.latest_version
        latest.revision_id = revision(machine)
    published: StateMachineVersion = latest
    return published


def same(machine: Any, definition: str, kind: str, options: dict[str, Any]) -> bool:
    """Whether a request to create is that of a machine that is there."""
    asked = (
        definition,
        kind,
        options.get("loggingConfiguration") or {"level": "OFF"},
        options.get("tracingConfiguration") or {"enabled": False},
    )
    logging, tracing = machine.loggingConfiguration, machine.tracingConfiguration
    return asked == (machine.definition, machine.type, logging, tracing)
