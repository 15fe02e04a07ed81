"""Template parameters: the values given, checked, and those of Systems Manager looked up.

Source: AWS CloudFormation User Guide, "CloudFormation template Parameters syntax".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from moto.cloudformation.exceptions import MissingParameterError

from simulator.aws.cloudformation.exceptions import invalid

_BOUNDS = {
    "Number": (
        "Value",
        "must be a number not less than {}",
        "must be a number not greater than {}",
    ),
    "String": (
        "Length",
        "must contain at least {} characters",
        "must contain at most {} characters",
    ),
}
Lookup = Callable[[str], str]
_SSM = re.compile(r"AWS::SSM::Parameter::Value<(.+)>")


@dataclass(frozen=True)
class Parameter:
    """One parameter of a stack: as given, and as the template sees it."""

    name: str
    given: str
    value: Any
    hidden: bool
    looked_up: str | None = None


def resolve(
    declared: Mapping[str, Any] | None, given: Mapping[str, Any], lookup: Lookup
) -> dict[str, Parameter]:
    """Each declared parameter. Raises ValidationError for one that is missing or not allowed."""
    declared = declared or {}
    strange = [name for name in given if name not in declared]
    if strange:
        raise invalid(f"Parameters: [{', '.join(strange)}] do not exist in the template")
    for name, form in declared.items():
        if not isinstance(form, Mapping) or "Type" not in form:
            raise invalid(
                "Template format error: Every Parameters object must contain a Type member "
                f"({name})"
            )
    missing = [
        name for name, form in declared.items() if name not in given and "Default" not in form
    ]
    if missing:
        raise MissingParameterError(missing[0])
    return {
        name: _resolved(name, form, given.get(name, form.get("Default")), lookup)
        for name, form in declared.items()
    }


def _resolved(name: str, form: Mapping[str, Any], given: Any, lookup: Lookup) -> Parameter:
    kind = str(form["Type"])
    if isinstance(given, bool):
        given = str(given).lower()
    text = ",".join(map(str, given)) if isinstance(given, list) else str(given)
    hidden = str(form.get("NoEcho", False)).lower() == "true"
    from_ssm = _SSM.fullmatch(kind)
    looked_up = lookup(text) if from_ssm else None
    inner = from_ssm[1] if from_ssm else kind
    if from_ssm is None:
        _check(name, form, kind, text)
    shown = text if looked_up is None else looked_up
    is_list = inner == "CommaDelimitedList" or inner.startswith("List<")
    value: Any = [part.strip() for part in shown.split(",")] if is_list else shown
    if is_list and not shown:
        value = []
    return Parameter(name, text, value, hidden, looked_up)


def _check(name: str, form: Mapping[str, Any], kind: str, text: str) -> None:
    told = form.get("ConstraintDescription")
    if kind == "Number" and not re.fullmatch(r"-?\d+(\.\d+)?([eE][-+]?\d+)?", text):
        raise invalid(f"Template error: Parameter '{name}' must be a number.")
    allowed = form.get("AllowedValues")
    if allowed is not None:
        words = [str(word).lower() if isinstance(word, bool) else str(word) for word in allowed]
        parts = text.split(",") if kind == "CommaDelimitedList" else [text]
        if any(part.strip() not in words for part in parts):
            raise _refused(name, told, f"must be one of AllowedValues: [{', '.join(words)}]")
    pattern = form.get("AllowedPattern")
    if pattern is not None and not _full(str(pattern), text):
        raise _refused(name, told, f"must match pattern {pattern}")
    if kind not in _BOUNDS:
        return
    what, too_little, too_much = _BOUNDS[kind]
    size = float(text) if kind == "Number" else float(len(text))
    least, most = form.get(f"Min{what}"), form.get(f"Max{what}")
    if least is not None and size < float(least):
        raise _refused(name, told, too_little.format(least))
    if most is not None and size > float(most):
        raise _refused(name, told, too_much.format(most))


def _full(pattern: str, text: str) -> bool:
    try:
        return re.fullmatch(pattern, text) is not None
    except re.error:  # a pattern of another dialect
        return True


def _refused(name: str, told: Any, rule: str) -> Exception:
    rest = f"failed to satisfy constraint: {told}" if told else rule
    return invalid(f"Parameter '{name}' {rest}")
