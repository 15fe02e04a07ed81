"""Queries inside the interpreter: JSONata without a JVM, variables, and failed queries told."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.path import result_path
from moto.stepfunctions.parser.asl.component.common.query_language import QueryLanguageMode
from moto.stepfunctions.parser.asl.component.common.string import string_expression
from moto.stepfunctions.parser.asl.component.component import Component
from moto.stepfunctions.parser.asl.component.state.exec.state_map.items.items import ItemsJSONata
from moto.stepfunctions.parser.asl.component.state.exec.state_map.state_map import StateMap
from moto.stepfunctions.parser.asl.eval.states import States
from moto.stepfunctions.parser.asl.eval.variable_store import VariableStore
from moto.stepfunctions.parser.asl.utils import json_path

from simulator.aws.seams import replace
from simulator.aws.states import failures, jsonata

_QUERY_FAILED = "States.QueryEvaluationError"

StringJSONata = string_expression.StringJSONata
StringVariableSample = string_expression.StringVariableSample

plain_path: Any = json_path.parse
plain_eval_map: Any = StateMap._eval_execution
plain_query_details: Any = FailureEventException.get_evaluation_failed_event_details
plain_failed_details: Any = FailureEventException.get_execution_failed_event_details


def install() -> None:
    """Let the interpreter evaluate JSONata and variables in this process."""
    replace(StringJSONata, "_eval_body", _eval_jsonata)
    replace(StringVariableSample, "_eval_body", _eval_variable)
    replace(ItemsJSONata, "_eval_body", _eval_items)
    replace(States, "reset", _reset)
    replace(VariableStore, "get_assigned_variables", _assigned)
    replace(json_path, "parse", _path)
    replace(result_path, "parse", _path)
    replace(StateMap, "_eval_execution", _eval_map)
    replace(FailureEventException, "get_execution_failed_event_details", _failed_details)
    replace(FailureEventException, "get_evaluation_failed_event_details", _query_details)


@lru_cache(maxsize=1024)
def _path(path: str) -> Any:
    """A JSONPath, parsed once: the interpreter builds its parser anew at every use.

    A backslash in a quoted member is a character like any other, as on AWS.
    """
    return plain_path(re.sub(r"\\(?!')", r"\\\\", path))


def query_failure(env: Any, cause: str, location: str = "") -> FailureEventException:
    """`States.QueryEvaluationError`, with the cause as AWS tells it.

    Source: AWS Step Functions API Reference, "EvaluationFailedEventDetails".
    """
    told = {"location": location} if location else {}
    cause = f"{failures.where(env)} {cause}"
    return failures.failed(
        env, "evaluationFailed", _QUERY_FAILED, cause, state=env.next_state_name, **told
    )


def _eval_jsonata(text: Any, env: Any) -> None:
    location = vars(text).get("location", env.next_field_name or "")
    try:
        value = jsonata.evaluate(text.expression, env.states._states_data, variables(env))
    except jsonata.QueryError as error:
        cause = f"The JSONata expression '{text.expression}' specified for the field '{location}' "
        raise query_failure(env, cause + str(error), location) from error
    env.stack.append(value)


def _eval_variable(sample: Any, env: Any) -> None:
    """`$name.path` in JSONPath: a path into the variable; the interpreter took it for JSONata."""
    if sample.query_language_mode == QueryLanguageMode.JSONata:
        _eval_jsonata(sample, env)
        return
    name, rest = _split_variable(sample.expression)
    value = env.variable_store.get(name)
    env.stack.append(copy.deepcopy(json_path.extract_json("$" + rest, value) if rest else value))


def _split_variable(path: str) -> tuple[str, str]:
    name = path[1:]
    for index, character in enumerate(name):
        if character in ".[":
            return name[:index], name[index:]
    return name, ""


def _eval_items(items: Any, env: Any) -> None:
    items.string_jsonata.eval(env=env)
    value = env.stack[-1]
    if not isinstance(value, list):
        expression = items.string_jsonata.expression
        cause = (
            f"The JSONata expression '{expression}' specified for the field 'Items' returned an "
            f"unexpected result type. Expected 'array', but was '{_kind(value)}' for value: "
            f"{json_path_text(value)}"
        )
        raise query_failure(env, cause, "Items")


def json_path_text(value: Any) -> str:
    """`value` as Step Functions writes it into a message: JSON without blanks."""
    from moto.stepfunctions.parser.asl.utils.encoding import to_json_str

    return str(to_json_str(value, separators=(",", ":")))


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "string" if isinstance(value, str) else "object"


def tell_failure(env: Any, failure: FailureEventException) -> None:
    """Write a failed query into the history, unless the state has done so itself."""
    event = failure.failure_event
    if event.event_type != HistoryEventType.EvaluationFailed:
        return
    told = env.event_manager.__dict__.setdefault("failed_queries", [])
    if not any(details is _spoken(event.event_details) for details in told):
        env.event_manager.add_event(
            context=env.event_history_context,
            event_type=event.event_type,
            event_details=event.event_details,
        )


def variables(env: Any) -> Mapping[str, Any]:
    """The variables that a state sees: those of the outer scopes, and its own."""
    store = env.variable_store
    return {**store._outer_scope, **store._inner_scope}


def _assigned(store: VariableStore) -> dict[str, str]:
    """What a state has assigned, as its exit tells: JSON, in the order of the names."""
    names = sorted(store._declaration_tracing)
    return {name: json_path_text(store.get(name)) for name in names}


def _reset(states: States, input_value: Any) -> None:
    """Begin a state: neither `$states.result` nor `$states.errorOutput` is defined yet."""
    data: Any = states._states_data
    data["input"] = copy.deepcopy(input_value)
    data.pop("result", None)
    data.pop("errorOutput", None)


def _spoken(details: Mapping[str, Any] | None) -> Any:
    return (details or {}).get("evaluationFailedEventDetails")


def _failed_details(failure: FailureEventException) -> Any:
    """How the execution failed; a failed query's cause names its state already."""
    spoken = _spoken(failure.failure_event.event_details)
    if spoken is None or "state" not in spoken:
        return plain_failed_details(failure)
    return {"error": spoken["error"], "cause": spoken["cause"]}


def _query_details(failure: FailureEventException) -> Any:
    spoken = _spoken(failure.failure_event.event_details)
    if spoken is None or "state" not in spoken:
        return plain_query_details(failure)
    return spoken


def _eval_map(state: StateMap, env: Any) -> None:
    """Run a Map state; an input that is no array is told as AWS tells it, not as Python would."""
    try:
        plain_eval_map(state, env)
    except FailureEventException as failure:
        spoken = _spoken(failure.failure_event.event_details) or {}
        if "must be an array but was" not in spoken.get("cause", "") or "state" in spoken:
            raise
        was = json_path_text(env.states.get_input())
        raise query_failure(env, f"Map state input must be an array but was: {was}") from failure


def locate(program: Any) -> None:
    """Tell every JSONata text of a program in which field it stands: `Output/total`."""
    for owner, text in _texts(program, ""):
        text.location = owner


_FIELDS = {
    "AssignDecl": "Assign",
    "Output": "Output",
    "ArgumentsJSONataTemplateValueObject": "Arguments",
    "ArgumentsStringJSONata": "Arguments",
    "ItemsJSONata": "Items",
    "ItemsArray": "Items",
    "TimeoutSecondsJSONata": "TimeoutSeconds",
    "HeartbeatSecondsJSONata": "HeartbeatSeconds",
    "SecondsJSONata": "Seconds",
    "Timestamp": "Timestamp",
    "MaxConcurrencyJSONata": "MaxConcurrency",
    "ToleratedFailureCountStringJSONata": "ToleratedFailureCount",
    "ToleratedFailurePercentageStringJSONata": "ToleratedFailurePercentage",
    "ConditionStringJSONata": "Condition",
    "ItemSelector": "ItemSelector",
    "Error": "Error",
    "Cause": "Cause",
}


def _texts(part: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(part, StringJSONata):
        yield path, part
        return
    if isinstance(part, list | tuple):
        for index, item in enumerate(part):
            yield from _texts(item, f"{path}[{index}]" if _is_value(item) else path)
        return
    if isinstance(part, dict):
        for item in part.values():
            yield from _texts(item, path)
        return
    if not isinstance(part, Component) and not hasattr(part, "states"):
        return
    field = _FIELDS.get(type(part).__name__)
    identifier = getattr(part, "identifier", None) or getattr(part, "field", None)
    here = field or (f"{path}/{identifier}" if isinstance(identifier, str) and path else path)
    for item in vars(part).values():
        yield from _texts(item, here)


def _is_value(item: Any) -> bool:
    return "TemplateValue" in type(item).__name__
