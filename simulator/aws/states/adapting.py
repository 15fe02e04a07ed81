"""Definitions that AWS takes and the interpreter's grammar does not: rewritten into ones it takes.

What is taken out is kept by the state's name (names are unique in a machine) and put in force by
those who run the state. Sources: AWS Step Functions Developer Guide, "Map state processing modes",
"ItemBatcher (Map)", "ItemReader (Map)"; Amazon States Language specification.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

WRAPPED = "paddock:value"
"""The only member of an object that stands for a template which is no object."""

_TEMPLATES = ("Parameters", "ItemSelector", "ResultSelector")
_READER = ("InputType", "CSVHeaderLocation", "CSVHeaders", "MaxItems", "MaxItemsPath")
_KNOWN_TYPES = ("CSV", "JSON")
_RESOURCES = re.compile(
    r"^arn:[a-z-]+:states:[a-z0-9-]*:\d*:(activity:.+|(?!http:)[a-zA-Z0-9-]+:.+)$"
    r"|^arn:[a-z-]+:lambda:[^:]+:\d*:function:.+$"
)
_ANY_RESOURCE = re.compile(r"^(arn:|\$\{).+")
UNKNOWN_RESOURCE = "arn:aws:states:::aws-sdk:sts:getCallerIdentity"
"""Stands for a resource of no service: the state fails before it would be called."""


def adapt(program: Any) -> tuple[Any, dict[str, dict[str, Any]]]:
    """A definition for the interpreter's grammar, and what had to be taken out of its states."""
    adapted = copy.deepcopy(program)
    kept: dict[str, dict[str, Any]] = {}
    for name, state in _states(adapted):
        taken = kept.setdefault(name, {})
        for change in _CHANGES:
            change(state, taken)
    return adapted, {name: taken for name, taken in kept.items() if taken}


def _states(program: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    states = program.get("States")
    if not isinstance(states, dict):
        return
    for name in [name for name, state in states.items() if not isinstance(state, dict)]:
        del states[name]
    for name, state in states.items():
        yield name, state
        inner = [*(state.get("Branches") or ()), state.get("ItemProcessor"), state.get("Iterator")]
        for each in inner:
            if isinstance(each, dict):
                yield from _states(each)


def _processor(state: dict[str, Any], taken: dict[str, Any]) -> None:
    config = (state.get("ItemProcessor") or {}).get("ProcessorConfig")
    if isinstance(config, dict) and config.get("ExecutionType") == "EXPRESS":
        config["ExecutionType"] = "STANDARD"
        taken["ExecutionType"] = "EXPRESS"


def _batcher(state: dict[str, Any], taken: dict[str, Any]) -> None:
    if "ItemBatcher" in state:
        taken["ItemBatcher"] = state.pop("ItemBatcher")


def _templates(state: dict[str, Any], _: dict[str, Any]) -> None:
    for field in _TEMPLATES:
        if isinstance(state.get(field), list):
            state[field] = {WRAPPED: state[field]}


def _credentials(state: dict[str, Any], _: dict[str, Any]) -> None:
    given = state.get("Credentials")
    if isinstance(given, dict):
        known = {key: given[key] for key in ("RoleArn", "RoleArn.$") if key in given}
        if known:
            state["Credentials"] = known
        else:
            del state["Credentials"]


def _reader(state: dict[str, Any], taken: dict[str, Any]) -> None:
    reader = state.get("ItemReader")
    if not isinstance(reader, dict) or not isinstance(reader.get("ReaderConfig"), dict):
        return
    config = reader["ReaderConfig"]
    other = {key: value for key, value in config.items() if key not in _READER}
    if config.get("InputType", "CSV") not in _KNOWN_TYPES:
        other["InputType"] = config["InputType"]
        config["InputType"] = "JSON"
    for key in other:
        if key != "InputType":
            del config[key]
    if not config:
        del reader["ReaderConfig"]
    if other:
        taken["ReaderConfig"] = other


def _writer(state: dict[str, Any], taken: dict[str, Any]) -> None:
    writer = state.get("ResultWriter")
    if isinstance(writer, dict) and "WriterConfig" in writer:
        taken["WriterConfig"] = writer.pop("WriterConfig")
    if isinstance(writer, dict) and "Resource" not in writer:
        del state["ResultWriter"]


def _numbers(state: dict[str, Any], _: dict[str, Any]) -> None:
    percentage = state.get("ToleratedFailurePercentage")
    if isinstance(percentage, int) and not isinstance(percentage, bool):
        state["ToleratedFailurePercentage"] = float(percentage)


def _resource(state: dict[str, Any], taken: dict[str, Any]) -> None:
    resource = state.get("Resource")
    if not isinstance(resource, str) or _RESOURCES.match(resource):
        return
    if _ANY_RESOURCE.match(resource):
        taken["Resource"] = resource
        state["Resource"] = UNKNOWN_RESOURCE


_CHANGES: tuple[Callable[[dict[str, Any], dict[str, Any]], None], ...] = (
    _processor,
    _batcher,
    _templates,
    _credentials,
    _reader,
    _writer,
    _numbers,
    _resource,
)


def attach(program: Any, kept: Mapping[str, Mapping[str, Any]]) -> None:
    """Give the states of a parsed program what was taken out of their definitions."""
    for state in _parts(program):
        if state.name in kept:
            state.taken_out = kept[state.name]


def _parts(part: Any) -> Iterator[Any]:
    from moto.stepfunctions.parser.asl.component.component import Component
    from moto.stepfunctions.parser.asl.component.state.state import CommonStateField

    if isinstance(part, list | tuple):
        for item in part:
            yield from _parts(item)
    elif isinstance(part, dict):
        for item in part.values():
            yield from _parts(item)
    elif isinstance(part, Component):
        if isinstance(part, CommonStateField):
            yield part
        for item in vars(part).values():
            yield from _parts(item)
