"""Stack policies: which resources an update may change, replace or delete.

Source: AWS CloudFormation User Guide, "Prevent updates to stack resources".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any


class StackPolicy:
    """A policy by its text; without statements everything is allowed."""

    def __init__(self, text: str) -> None:
        try:
            found = json.loads(text) if text else {}
        except ValueError:
            found = {}
        statements = found.get("Statement") if isinstance(found, Mapping) else None
        self._statements = _listed(statements)

    def refusal(self, action: str, logical_id: str, resource_type: str) -> str | None:
        """Why `action` (Update:Modify, :Replace, :Delete) may not be done; None where it may."""
        if not self._statements:
            return None
        target = f"LogicalResourceId/{logical_id}"
        allowed = False
        for number, statement in enumerate(self._statements, start=1):
            if not _speaks_of(statement, action, target, resource_type):
                continue
            if statement.get("Effect") == "Deny":
                return (
                    f"Action denied by stack policy: Statement [#{number}] does not allow "
                    f"[{action}] for resource [{target}];"
                )
            allowed = True
        if allowed:
            return None
        return (
            f"Action not allowed by stack policy: no statement allows [{action}] for resource "
            f"[{target}];"
        )


def _speaks_of(statement: Mapping[str, Any], action: str, target: str, resource_type: str) -> bool:
    if "NotAction" in statement:
        acts = not _any_matches(statement["NotAction"], action)
    else:
        acts = _any_matches(statement.get("Action"), action)
    if "NotResource" in statement:
        meant = not _any_matches(statement["NotResource"], target)
    else:
        meant = _any_matches(statement.get("Resource"), target)
    return acts and meant and _holds(statement.get("Condition") or {}, resource_type)


def _holds(condition: Mapping[str, Any], resource_type: str) -> bool:
    for operator, tests in condition.items():
        for wanted in tests.values():  # ResourceType is the only key there is
            if operator == "StringEquals" and resource_type not in _listed(wanted):
                return False
            if operator == "StringLike" and not _any_matches(wanted, resource_type):
                return False
    return True


def _any_matches(patterns: Any, text: str) -> bool:
    return any(fnmatchcase(text, str(pattern)) for pattern in _listed(patterns))


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [] if value is None else [value]
