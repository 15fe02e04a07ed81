"""Scenario, Step, Check: a lab as a value, small enough to read in one sitting."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.journal import Fact
    from simulator.world import World


class SolutionError(Exception):
    """The learner's files cannot be used; the message says which file, where and why."""


@dataclass(frozen=True)
class Stage:
    """Where a scenario acts: a world, the learner's files, and notes from one step to the next."""

    world: World
    solution: Path
    notes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Evidence:
    """What a check may look at: the journal and the cloud, never the learner's process."""

    stage: Stage
    facts: Sequence[Fact]
    """The facts of this step, in order."""


@dataclass(frozen=True)
class Verdict:
    """What one look at the evidence showed."""

    passed: bool
    expected: str
    actual: str


@dataclass(frozen=True)
class Check:
    """One thing that must hold after a step, and what it is worth.

    `why` says why it matters and `advice` what to try when it fails, one fact each.
    """

    name: str
    points: int
    judge: Callable[[Evidence], Verdict]
    why: str
    advice: str


@dataclass(frozen=True)
class Step:
    """Something to do, how long the world may take over it, and what must then hold.

    `act` is ordinary synchronous code; it runs as a fiber, so its boto3 calls and sleeps take
    virtual time. The step ends when `act` has returned and nothing more happens, or `horizon_s`
    seconds after it began.
    """

    name: str
    title: str
    act: Callable[[Stage], None]
    checks: tuple[Check, ...]
    horizon_s: float = 3600.0


@dataclass(frozen=True)
class Scenario:
    """A lab: how the world is set up, and the steps. Its folder holds the rest.

    `folder` has lesson.md (one `## ` heading a step), starter/ (what a learner begins with),
    reference/ (what passes) and journal.golden. `edges` draws the cloud for a learner:
    pairs of names of queues, topics, machines, functions and partners, in reading order.
    """

    name: str
    title: str
    summary: str
    folder: Path
    setup: Callable[[Stage], None]
    steps: tuple[Step, ...]
    edges: tuple[tuple[str, str], ...] = ()
    minutes: int = 60
    tags: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def points(self) -> int:
        """What a perfect run earns."""
        return sum(check.points for step in self.steps for check in step.checks)
