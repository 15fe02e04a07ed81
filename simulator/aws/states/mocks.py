"""What a TestState request may mock: results that fit the call's model, and a context object.

Sources: AWS Step Functions API Reference, "MockInput", "TestStateConfiguration"; Developer Guide,
"Using TestState API to test a state".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from simulator.aws.states import jsontext
from simulator.aws.states.exceptions import ValidationException
from simulator.aws.states.integrations import output_shape

_SDK = re.compile(
    r"^arn:[^:]+:states:[^:]*:[^:]*:(?:aws-sdk:)?(?P<service>[\w-]+):(?P<action>\w+)$"
)
_WAITING = (".sync", ".sync:2", ".waitForTaskToken")
_MOCKABLE = ("Task", "Map", "Parallel")
_STRINGS = ("string", "timestamp", "blob", "character")
_NUMBERS = ("integer", "long", "float", "double")
_KINDS: dict[str, tuple[Any, str]] = {
    "list": (list, "an array"),
    "structure": (dict, "an object"),
    "map": (dict, "an object"),
    "boolean": (bool, "a boolean"),
    **dict.fromkeys(_STRINGS, (str, "a string")),
    **dict.fromkeys(_NUMBERS, ((int, float), "a number")),
}
_CONTEXT: dict[str, dict[str, type | None]] = {
    "Execution": {
        "Id": str,
        "Input": None,
        "Name": str,
        "RoleArn": str,
        "StartTime": str,
        "RedriveCount": int,
        "RedriveTime": str,
    },
    "State": {"EnteredTime": str, "Name": str, "RetryCount": int},
    "StateMachine": {"Id": str, "Name": str},
    "Task": {"Token": str},
}


def check(state: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
    """Refuse a mock that does not suit the state or the call it stands for."""
    mock = asked.get("mock") or {}
    if "result" in mock and "errorOutput" in mock:
        fields = "[result, errorOutput]"
        raise ValidationException(
            f"A test mock should have only one of the following fields: {fields}."
        )
    if not mock:
        return
    if asked.get("revealSecrets"):
        raise ValidationException(
            "TestState does not support RevealSecrets when a mock is specified."
        )
    kind = state.get("Type")
    if kind not in _MOCKABLE:
        raise ValidationException(f"State type '{kind}' is not supported when a mock is specified")
    if "result" in mock:
        _check_result(state, mock)


def _check_result(state: Mapping[str, Any], mock: Mapping[str, Any]) -> None:
    if jsontext.fault(mock["result"]):
        raise ValidationException("Mocked result must be valid JSON")
    result = json.loads(mock["result"])
    kind = state["Type"]
    if kind == "Map" and "ResultWriter" in state:
        if not isinstance(result, dict):
            raise ValidationException("Mocked result must be a JSON object.")
    elif kind in ("Map", "Parallel") and not isinstance(result, list):
        raise ValidationException("Mocked result must be an array.")
    if kind == "Parallel" and len(result) != len(state.get("Branches", ())):
        raise ValidationException(
            "Mocked result must contain the same number of items as number of Parallel branches."
        )
    mode = mock.get("fieldValidationMode", "STRICT")
    called = _SDK.match(str(state.get("Resource", "")))
    if kind == "Task" and called and mode != "NONE":
        shape = output_shape(called["service"], called["action"])
        if shape is not None:
            _check_fields(result, shape, strict=mode == "STRICT")


def _check_fields(given: Any, shape: Any, *, strict: bool) -> None:
    if not isinstance(given, dict):
        raise _misfit("Mocked result must be a JSON object")
    if strict:
        for name in shape.required_members:
            if _capital(name) not in given:
                raise _misfit(f"Required field '{_capital(name)}' is missing")
    for name, member in shape.members.items():
        # Two capitals to begin with are spelt otherwise here: such fields are not looked at.
        if _capital(name) in given and not name[:2].isupper():
            _check_value(_capital(name), given[_capital(name)], member, strict=strict)


def _check_value(name: str, value: Any, shape: Any, *, strict: bool) -> None:
    kind, told = _KINDS[shape.type_name]
    odd_boolean = isinstance(value, bool) and shape.type_name != "boolean"
    if not isinstance(value, kind) or odd_boolean:
        raise _misfit(f"Field '{name}' must be {told}")
    _check_limits(name, value, shape)
    if shape.type_name == "structure":
        _check_fields(value, shape, strict=strict)
    elif shape.type_name == "list":
        for item in value:
            _check_value(name, item, shape.member, strict=strict)
    elif shape.type_name == "map":
        for item in value.values():
            _check_value(name, item, shape.value, strict=strict)


def _check_limits(name: str, value: Any, shape: Any) -> None:
    limits = shape.metadata
    if limits.get("enum") and value not in limits["enum"]:
        raise _misfit(f"Field '{name}' is not an expected value")
    if shape.type_name in _NUMBERS:
        if value < limits.get("min", value):
            raise _misfit(f"Field '{name}' is less than the minimum value")
        if value > limits.get("max", value):
            raise _misfit(f"Field '{name}' exceeds the maximum value")
    elif isinstance(value, str):
        if len(value) < limits.get("min", 0):
            raise _misfit(f"Field '{name}' is smaller than the minimum length")
        if len(value) > limits.get("max", len(value)):
            raise _misfit(f"Field '{name}' exceeds the maximum length")


def _misfit(reason: str) -> ValidationException:
    return ValidationException(f"Mock result schema validation error: {reason}")


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


def context_of(state: Mapping[str, Any], text: str) -> dict[str, Any]:
    """The context object that a request gives. Raises ValidationException for what is none."""
    if jsontext.fault(text) or not isinstance(json.loads(text), dict):
        raise _no_context("it must be a JSON object")
    given: dict[str, Any] = json.loads(text)
    for part, fields in given.items():
        if part == "Map":
            raise _no_context("'Map' field is not supported when mocking a Context object")
        if part not in _CONTEXT:
            raise _no_context(f"Field '{part}' is not allowed")
        if not isinstance(fields, dict):
            raise _no_context(f"{part} must be an object")
        for name, value in fields.items():
            if name not in _CONTEXT[part]:
                raise _no_context(f"Field '{name}' is not allowed")
            wanted = _CONTEXT[part][name]
            if wanted is not None and not isinstance(value, wanted):
                told = "a string" if wanted is str else "a number"
                raise _no_context(f"{part}.{name} must be {told}")
    if "Task" in given and not str(state.get("Resource", "")).endswith(_WAITING):
        raise _no_context(
            "Context object contains 'Task' when state is not a Task state with a '.sync' or "
            "'.waitForTaskToken' service integration pattern"
        )
    return given


def _no_context(reason: str) -> ValidationException:
    return ValidationException(f"Invalid Context object provided: {reason}")
