"""The parts of an execution that run side by side: what a redrive need not do again.

Branches of a Parallel state and iterations of a Map state that have succeeded keep their output;
those that have not go on from the state that failed. Source: AWS Step Functions Developer Guide,
"Restarting state machine executions with redrive".
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from moto.stepfunctions.parser.asl.eval.program_state import ProgramEnded

from simulator.kernel import current_fiber
from simulator.kernel.fiber import on_behalf

Path = tuple[tuple[str, int], ...]


@dataclass(slots=True)
class Part:
    """How far a branch or an iteration has come."""

    done: bool
    output: Any = None
    state: str | None = None
    given: Any = None
    variables: dict[str, Any] = field(default_factory=dict)
    child: Any = None


def path_of(state: str, index: int) -> Path:
    """Where a part stands: the parts it is within, its state and its number."""
    fiber = current_fiber()
    outer: Path = fiber.context.get("parts", ()) if fiber else ()
    return (*outer, (state, index))


@contextmanager
def within_part(path: Path) -> Iterator[None]:
    """Whatever runs meanwhile belongs to this part."""
    with on_behalf(parts=path):
        yield


def _run() -> Any:
    fiber = current_fiber()
    return fiber.context.get("run") if fiber else None


def begin(state: str) -> None:
    """A Map or Parallel state begins: what an earlier pass through it came to is forgotten."""
    run = _run()
    if run is None or not run.progress:
        return
    fiber = current_fiber()
    outer: Path = fiber.context.get("parts", ()) if fiber else ()
    depth = len(outer)
    for path in list(run.progress):
        if len(path) > depth and path[:depth] == outer and path[depth][0] == state:
            del run.progress[path]


def left_over(path: Path) -> Part | None:
    """What a redrive finds of this part, once."""
    run = _run()
    return None if run is None else run.resume.pop(path, None)


def generation() -> int:
    """How often the execution has been redriven by now."""
    run = _run()
    return 0 if run is None else int(run.redrive_count)


def note(path: Path, part: Part, begun: int | None = None) -> None:
    """Keep how far a part has come, for a redrive; not of a part of before the last one."""
    run = _run()
    if run is not None and begun in (None, run.redrive_count):
        run.progress[path] = part


def ended(env: Any, output: Any = None, child: Any = None) -> Part:
    """How far the part has come whose environment this is, now that it is over."""
    if isinstance(env.program_state(), ProgramEnded):
        return Part(done=True, output=copy.deepcopy(output), child=child)
    return Part(
        done=False,
        state=vars(env).get("at_state"),
        given=env.states.get_input(),
        variables=dict(env.variable_store._inner_scope),
        child=child,
    )


def go_on(env: Any, part: Part | None) -> None:
    """Let the program that runs next in `env` begin where the part had come to."""
    if part is not None and not part.done and part.state is not None:
        env.begin_at = part


def starting(env: Any, first: str) -> str:
    """The state that a program begins with: its first, or the one a redrive goes on from."""
    part: Part | None = vars(env).pop("begin_at", None)
    if part is None or part.state is None:
        return first
    env.states.reset(part.given)
    env.variable_store._inner_scope.update(part.variables)
    return part.state
