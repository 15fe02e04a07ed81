"""Amazon States Language, checked before it runs: transitions that lead to no state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def broken_transitions(program: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """A sentence for every transition of a machine, a branch or an item processor to nowhere.

    `path` is where the program stands in the definition, as AWS writes it: `/States/Name`.
    """
    states = program.get("States")
    if not isinstance(states, Mapping):
        return
    for name, target in _transitions(program, states, path):
        if target not in states:
            kind = name.rsplit("/", 1)[-1]
            yield f"MISSING_TRANSITION_TARGET: Missing '{kind}' target: {target} at {name}"
    for name, state in states.items():
        here = f"{path}/States/{name}"
        for index, branch in enumerate(state.get("Branches") or ()):
            yield from broken_transitions(branch, f"{here}/Branches[{index}]")
        for key in ("ItemProcessor", "Iterator"):
            if isinstance(state.get(key), Mapping):
                yield from broken_transitions(state[key], f"{here}/{key}")


def _transitions(
    program: Mapping[str, Any], states: Mapping[str, Any], path: str
) -> Iterator[tuple[str, Any]]:
    """Every place that names a next state, and the name."""
    yield f"{path}/StartAt", program.get("StartAt")
    for name, state in states.items():
        here = f"{path}/States/{name}"
        for key in ("Next", "Default"):
            if key in state:
                yield f"{here}/{key}", state[key]
        for key in ("Choices", "Catch"):
            for index, rule in enumerate(state.get(key) or ()):
                if "Next" in rule:
                    yield f"{here}/{key}[{index}]/Next", rule["Next"]
