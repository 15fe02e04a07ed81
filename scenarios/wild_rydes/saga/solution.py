"""The learner's files: read, proved usable and made ready; else one sentence says why not."""

from __future__ import annotations

import ast
import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.scenario import SolutionError

DEFINITION = "state_machine.asl.json"
HANDLERS = "handlers"
PREDICTIONS = "predictions.json"

_PLACEHOLDER = re.compile(r"\$\{([^{}\"]*)\}")
_RESET = "'paddock reset wild_rydes/saga' brings the starter's back"
_ZIP_DATE = (2026, 1, 1, 0, 0, 0)  # the same bytes, and so the same code hash, on every run
_STATE_TYPES = {"Task", "Choice", "Wait", "Pass", "Parallel", "Map", "Succeed", "Fail"}


@dataclass(frozen=True)
class Package:
    """The handlers' deployment package, and the files in it that hold a function."""

    zipped: bytes
    functions: tuple[str, ...]
    """Module names, in order: each has a `handler`."""


def read_handlers(folder: Path) -> Package:
    """Pack handlers/*.py. Raises SolutionError for a file that is no Python, or where none is."""
    files = sorted((folder / HANDLERS).glob("*.py"))
    if not files:
        raise SolutionError(f"there are no Python files in {HANDLERS}/; {_RESET}")
    functions = []
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as package:
        for file in files:
            source = _text(file, f"{HANDLERS}/{file.name}")
            if _defines_handler(source, f"{HANDLERS}/{file.name}"):
                functions.append(file.stem)
            entry = zipfile.ZipInfo(file.name, _ZIP_DATE)
            entry.external_attr = 0o100644 << 16
            package.writestr(entry, source)
    return Package(packed.getvalue(), tuple(functions))


def read_definition(folder: Path, values: Mapping[str, str]) -> str:
    """The state machine with its placeholders filled in.

    Raises SolutionError for JSON that is broken, a placeholder nobody knows, and a definition that
    Step Functions would refuse, with the line.
    """
    text = _text(folder / DEFINITION, DEFINITION)
    definition = _json(text, DEFINITION)
    for found in _PLACEHOLDER.finditer(text):
        if found[1] not in values:
            known = ", ".join(f"${{{name}}}" for name in sorted(values))
            raise SolutionError(
                f"{DEFINITION}, line {_line(text, found.start())}: nothing is called {found[0]}; "
                f"there are {known}"
            )
    if not isinstance(definition, dict):
        raise SolutionError(f"{DEFINITION} must hold a JSON object with StartAt and States")
    for name, problem in _problems(definition):
        key = re.escape(json.dumps(name))
        place = re.search(rf"{key}\s*:", text) or re.search(key, text)
        where = f", line {_line(text, place.start())}" if place else ""
        raise SolutionError(f"{DEFINITION}{where}: {problem}")
    return _PLACEHOLDER.sub(lambda found: values[found[1]], text)


def read_predictions(folder: Path) -> Mapping[str, Any]:
    """What the learner predicts, by case. Raises SolutionError where the file is no JSON object."""
    predictions = _json(_text(folder / PREDICTIONS, PREDICTIONS), PREDICTIONS)
    if not isinstance(predictions, dict):
        raise SolutionError(f"{PREDICTIONS} must hold a JSON object, one entry a case")
    return predictions


def _text(path: Path, shown: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise SolutionError(f"{shown} is missing from {path.parent}; {_RESET}") from error
    except UnicodeDecodeError as error:
        raise SolutionError(f"{shown} is not UTF-8 text: {error.reason}") from error
    except OSError as error:
        raise SolutionError(f"{shown} cannot be read: {error.strerror}") from error


def _json(text: str, shown: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise SolutionError(
            f"{shown}, line {error.lineno}, column {error.colno}: this is no JSON: {error.msg}"
        ) from error
    except RecursionError as error:
        raise SolutionError(f"{shown} is nested too deeply to be read") from error


def _defines_handler(source: str, shown: str) -> bool:
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise SolutionError(f"{shown}, line {error.lineno}: {error.msg}") from error
    except ValueError as error:
        raise SolutionError(f"{shown} is no Python: {error}") from error
    names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    names |= {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return "handler" in names


def _line(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def _problems(block: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What Step Functions would refuse: (the state or target to look for, the problem).

    Source: Amazon States Language specification, "States" and "Transitions".
    """
    states = block.get("States")
    if not isinstance(states, dict) or not states:
        yield "States", "States must be an object with at least one state"
        return
    start = block.get("StartAt")
    if start not in states:
        yield "StartAt", f"StartAt names {start!r}, which is no state here"
    for name, state in states.items():
        if not isinstance(state, dict):
            yield name, f"the state {name} must be an object"
            continue
        kind = state.get("Type")
        if kind not in _STATE_TYPES:
            yield name, f"the state {name} has the Type {kind!r}; Step Functions knows none such"
        if kind == "Task" and not isinstance(state.get("Resource"), str):
            yield name, f"the Task {name} has no Resource"
        if kind not in ("Choice", "Succeed", "Fail") and ("Next" in state) == ("End" in state):
            yield name, f"the state {name} needs either a Next or an End"
        for target in _targets(state):
            if target not in states:
                yield str(target), f"the state {name} leads to {target!r}, which is no state here"
        for inner in _blocks(state):
            yield from _problems(inner)


def _targets(state: Mapping[str, Any]) -> Iterator[Any]:
    for field in ("Next", "Default"):
        if field in state:
            yield state[field]
    for field in ("Catch", "Choices"):
        entries = state.get(field)
        for entry in entries if isinstance(entries, list) else ():
            yield entry.get("Next") if isinstance(entry, dict) else None


def _blocks(state: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    branches = state.get("Branches")
    inner = [state.get("ItemProcessor"), state.get("Iterator")]
    for block in [*(branches if isinstance(branches, list) else ()), *inner]:
        if isinstance(block, dict):
            yield block
