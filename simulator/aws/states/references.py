"""Which variables the states of a definition refer to.

Source: AWS Step Functions API Reference, "DescribeStateMachine", variableReferences.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

_INNER = ("Branches", "ItemProcessor", "Iterator")
_TEXT = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|/\*.*?\*/", re.DOTALL)
_NAME = re.compile(r"(?<![\w$.])\$([A-Za-z_]\w*)(?!\w)(?!\s*\()")
_BOUND = re.compile(r"\$([A-Za-z_]\w*)\s*:=")
_PARAMETERS = re.compile(r"(?:function|λ)\s*\(([^)]*)\)")
_CONTEXT = "states"


@lru_cache(maxsize=256)
def _read(definition: str) -> dict[str, list[str]]:
    program = json.loads(definition)
    return {
        name: sorted(found)
        for name, found in _states(program, program.get("QueryLanguage", "JSONPath"))
        if found
    }


def references(definition: str) -> dict[str, list[str]]:
    """The variables by state, both in order of their names; states without any are left out."""
    return {name: list(found) for name, found in sorted(_read(definition).items())}


def _states(program: Mapping[str, Any], language: str) -> Iterator[tuple[str, set[str]]]:
    for name, state in program["States"].items():
        if not isinstance(state, dict):
            continue
        spoken = state.get("QueryLanguage", language)
        own = {field: value for field, value in state.items() if field not in _INNER}
        yield name, set(_jsonata(own) if spoken == "JSONata" else _paths(own))
        inner = [*state.get("Branches", ()), state.get("ItemProcessor"), state.get("Iterator")]
        for each in inner:
            if each:
                yield from _states(each, language)


def _jsonata(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _jsonata(item)
    elif isinstance(value, str) and value.startswith("{%"):
        text = _TEXT.sub("''", value)
        local = {_CONTEXT, *_BOUND.findall(text)}
        for listed in _PARAMETERS.findall(text):
            local.update(_NAME.findall(listed))
        yield from (name for name in _NAME.findall(text) if name not in local)


def _paths(value: Any, *, read: bool = False) -> Iterator[str]:
    """Names in paths and intrinsic functions: what stands in a field that AWS would read so."""
    if isinstance(value, dict):
        for key, item in value.items():
            path = key.endswith((".$", "Path")) or key == "Variable"
            yield from _paths(item, read=path)
    elif isinstance(value, list):
        for item in value:
            yield from _paths(item)
    elif isinstance(value, str) and read:
        yield from _NAME.findall(_TEXT.sub("''", value))
