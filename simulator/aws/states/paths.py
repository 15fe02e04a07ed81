"""JSONPath as Step Functions reads it: a definite path is one value, any other a list.

moto's interpreter also makes a list of what lies behind an index, `$.items[0].name`.
Source: AWS Step Functions Developer Guide, "Using JSONPath paths"; the Amazon States Language
specification, "Paths" and "Reference Paths".
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import import_module
from typing import Any

from moto.stepfunctions.parser.asl.utils import json_path

from simulator.aws.seams import replace

plain_extract: Any = json_path.extract_json

_USERS = (
    "component.common.string.string_expression",
    "component.intrinsic.argument.argument",
    "component.state.choice.comparison.operator.implementations.boolean_equals",
    "component.state.choice.comparison.operator.implementations.numeric",
    "component.state.choice.comparison.operator.implementations.string_operators",
    "component.state.choice.comparison.operator.implementations.timestamp_operators",
    "eval.states",
    "utils.json_path",
)
_NAME = r"\.(?:[^\s.\[\]*?@()'\",:]+|'[^']*'|\"[^\"]*\")"
_DEFINITE = re.compile(rf"\$(?:{_NAME}|\[\d+\]|\['(?:[^'\\]|\\.)*'\]|\[\"(?:[^\"\\]|\\.)*\"\])*")


def install() -> None:
    """Let all of the interpreter read paths so."""
    for name in _USERS:
        replace(import_module(f"moto.stepfunctions.parser.asl.{name}"), "extract_json", extract)


def extract(path: str, data: Any) -> Any:
    """What `path` finds in `data`. A definite one that finds nothing raises NoSuchJsonPathError."""
    if not is_definite(path):
        return plain_extract(path, data)
    matches = json_path.parse(path).find(data)
    if not matches:
        raise json_path.NoSuchJsonPathError(json_path=path, data=data)
    return matches[0].value


@lru_cache(maxsize=4096)
def is_definite(path: str) -> bool:
    """Whether a path can lead to one place only: names and indices, and nothing else."""
    return _DEFINITE.fullmatch(path) is not None
