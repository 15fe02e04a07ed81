"""Waits a second: code parked on a fiber, against SimPy's own generators that do the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import simpy

from benchmarks import Ratio, side_by_side
from simulator.kernel import sleep
from simulator.world import World

ACTORS, WAITS = 100, 1_000


def fibers() -> int:
    """Each actor is ordinary code that sleeps."""

    def actor() -> None:
        for _ in range(WAITS):
            sleep(1.0)

    with World(seed=1) as world:
        for _ in range(ACTORS):
            world.spawn(actor)
        world.run()
    return ACTORS * WAITS


def generators() -> int:
    """Each actor is a SimPy process that yields timeouts."""
    env = simpy.Environment()

    def actor() -> Iterator[Any]:
        for _ in range(WAITS):
            yield env.timeout(1.0)

    for _ in range(ACTORS):
        env.process(actor())
    env.run()
    return ACTORS * WAITS


def compare() -> Iterator[Ratio]:
    """One line: how much of SimPy's speed is left when ordinary code waits."""
    yield side_by_side("fiber waits", fibers, "bare SimPy timeouts", generators)
