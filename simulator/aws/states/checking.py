"""What is wrong with a definition, beyond what the interpreter's grammar sees.

Sources: Amazon States Language specification; AWS Step Functions API Reference,
"CreateStateMachine", "ValidateStateMachineDefinition".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from simulator.aws.asl import broken_transitions
from simulator.aws.states import jsonata

_LONGEST_NAME = 80
_TEMPLATES = ("Parameters", "ResultSelector", "ItemSelector", "Assign", "Credentials")
_EXPRESSION = re.compile(r"\{%.*%\}", re.DOTALL)
_FUNCTION = re.compile(r"^arn:[^:]*:lambda:[^:]+:[^:]+:function:[^:]*:(?P<qualifier>.*)$")
_QUALIFIER = re.compile(r"^(\$LATEST|[a-zA-Z0-9_-]+|\$\{[^}]*\})$")
_QUOTED_MATH = re.compile(r"States\.MathAdd\((?:[^()]*,)?\s*'")


class Problem(NamedTuple):
    """One fault: its code, what it is, and where: `/States/Name/Field`."""

    code: str
    message: str
    location: str


def problems(program: Any, kind: str) -> Iterator[Problem]:
    """Every fault of a definition that can be parsed; `kind`: STANDARD or EXPRESS."""
    for sentence in broken_transitions(program):
        code, _, message = sentence.partition(": ")
        yield Problem(code, message, sentence.rpartition(" at ")[2])
    language = program.get("QueryLanguage", "JSONPath")
    yield from _program(program, "", language, kind)


def downgrades(program: Any) -> Iterator[Problem]:
    """States of a JSONata machine that would speak JSONPath.

    Source: AWS Step Functions Developer Guide, "Transforming data with JSONata in Step Functions".
    """
    if program.get("QueryLanguage") == "JSONata":
        for here, state in _every_state(program, ""):
            if state.get("QueryLanguage") == "JSONPath":
                told = (
                    "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole "
                    "state machine"
                )
                yield Problem("SCHEMA_VALIDATION_FAILED", told, here)


def _every_state(program: Any, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    states = program.get("States") if isinstance(program, Mapping) else None
    for name, state in states.items() if isinstance(states, Mapping) else ():
        here = f"{path}/States/{name}"
        if isinstance(state, Mapping):
            yield here, state
            for index, branch in enumerate(state.get("Branches") or ()):
                yield from _every_state(branch, f"{here}/Branches[{index}]")
            for key in ("ItemProcessor", "Iterator"):
                yield from _every_state(state.get(key), f"{here}/{key}")


def _program(program: Any, path: str, language: str, kind: str) -> Iterator[Problem]:
    states = program.get("States")
    if not isinstance(states, Mapping):
        return
    for name, state in states.items():
        here = f"{path}/States/{name}"
        if len(name) > _LONGEST_NAME:
            told = f"State name is longer than {_LONGEST_NAME} characters"
            yield Problem("SCHEMA_VALIDATION_FAILED", told, here)
        if isinstance(state, Mapping):
            yield from _state(state, here, state.get("QueryLanguage", language), kind)


def _state(state: Mapping[str, Any], here: str, language: str, kind: str) -> Iterator[Problem]:
    for index, branch in enumerate(state.get("Branches") or ()):
        yield from _program(branch, f"{here}/Branches[{index}]", language, kind)
    for key in ("ItemProcessor", "Iterator"):
        inner = state.get(key)
        if isinstance(inner, Mapping):
            yield from _program(inner, f"{here}/{key}", language, kind)
    if state.get("Type") not in ("Choice", "Succeed", "Fail", None) and not (
        "Next" in state or "End" in state
    ):
        told = "Either 'Next' or 'End' is required"
        yield Problem("MISSING_END_STATE", told, here)
    percentage = state.get("ToleratedFailurePercentage", 0)
    if isinstance(percentage, int | float) and not 0 <= percentage <= 100:
        told = "The value of ToleratedFailurePercentage must be between 0 and 100"
        yield Problem("SCHEMA_VALIDATION_FAILED", told, f"{here}/ToleratedFailurePercentage")
    if not isinstance(state.get("Credentials", {}), Mapping | str) or (
        language == "JSONPath" and isinstance(state.get("Credentials"), str)
    ):
        told = "Expected value of type Object"
        yield Problem("SCHEMA_VALIDATION_FAILED", told, f"{here}/Credentials")
    yield from _resource(state.get("Resource"), f"{here}/Resource", kind)
    for field, value in state.items():
        if field in ("Branches", "ItemProcessor", "Iterator", "Comment"):
            continue
        if language == "JSONata":
            yield from _jsonata(value, f"{here}/{field}")
        else:
            template = field in _TEMPLATES
            yield from _paths(value, f"{here}/{field}", in_template=template)


def _resource(resource: Any, here: str, kind: str) -> Iterator[Problem]:
    if not isinstance(resource, str):
        return
    function = _FUNCTION.match(resource)
    if function and not _QUALIFIER.match(function["qualifier"]):
        told = f"Value is not a valid resource ARN: {resource}"
        yield Problem("SCHEMA_VALIDATION_FAILED", told, here)
    if kind != "EXPRESS":
        return
    told = "Express state machine does not support"
    if ":activity:" in resource:
        yield Problem("SCHEMA_VALIDATION_FAILED", f"{told} Activity ARN", here)
    for pattern in (".sync", ".waitForTaskToken"):
        if resource.partition(":::")[2].rpartition(".")[2] in (pattern[1:], f"{pattern[1:]}:2"):
            # AWS writes a blank too many after the longer one; so do we.
            blank = " " if pattern == ".waitForTaskToken" else ""
            sentence = f"{told} '{pattern}' service integration{blank}"
            yield Problem("SCHEMA_VALIDATION_FAILED", sentence, here)


def _jsonata(value: Any, here: str) -> Iterator[Problem]:
    """Texts that begin or end like an expression must be one, and parse."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _jsonata(item, f"{here}/{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _jsonata(item, f"{here}[{index}]")
    elif isinstance(value, str) and (value.startswith("{%") or value.endswith("%}")):
        if not _EXPRESSION.fullmatch(value):
            told = "A JSONata expression stands between '{%' and '%}'"
            yield Problem("SCHEMA_VALIDATION_FAILED", told, here)
            return
        wrong = jsonata.syntax_error(value[2:-2].strip())
        if wrong:
            told = f"The JSONata expression is not valid: {wrong}"
            yield Problem("SCHEMA_VALIDATION_FAILED", told, here)


def _paths(value: Any, here: str, *, in_template: bool) -> Iterator[Problem]:
    """In JSONPath, a field that ends in `.$` holds a path, a variable or an intrinsic function."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            inside = f"{here}/{key}"
            if in_template and key.endswith(".$"):
                if not isinstance(item, str) or not item.startswith(("$", "States.", "${")):
                    told = f"The value for the field '{key}' must be a valid JSONPath"
                    yield Problem("SCHEMA_VALIDATION_FAILED", told, inside)
                elif _QUOTED_MATH.search(item):
                    told = "The arguments of States.MathAdd must be numbers or paths"
                    yield Problem("SCHEMA_VALIDATION_FAILED", told, inside)
            else:
                yield from _paths(item, inside, in_template=in_template)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _paths(item, f"{here}[{index}]", in_template=in_template)


def diagnosed(definition: str, kind: str, most: int) -> dict[str, Any]:
    """The answer of ValidateStateMachineDefinition."""
    from simulator.aws.states import parsing

    found = list(parsing.faults(definition, kind))
    told = [
        {
            "severity": "ERROR",
            "code": fault.code,
            "message": fault.message,
            **({"location": fault.location} if fault.location else {}),
        }
        for fault in found
    ]
    return {
        "result": "FAIL" if told else "OK",
        "diagnostics": told[:most],
        "truncated": len(told) > most,
    }
