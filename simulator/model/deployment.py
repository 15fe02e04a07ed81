"""Deployment of things that depend on each other: each begins when what it needs is done.

SimPy and fibers only: what making a thing means is the caller's.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from simulator.kernel import Fiber
from simulator.kernel.fiber import wait

if TYPE_CHECKING:
    from simulator.world import World

Needs = Mapping[str, Collection[str]]


class Circle(Exception):
    """Things that need each other; `names` says which."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(", ".join(names))
        self.names = names


def ordered(needs: Needs) -> list[str]:
    """The names so that each stands after what it needs, else as they came. Raises Circle."""
    done: dict[str, None] = {}
    left = list(needs)
    while left:
        ready = [name for name in left if all(n in done or n not in needs for n in needs[name])]
        if not ready:
            raise Circle(_in_circle(needs, left))
        done.update(dict.fromkeys(ready))
        left = [name for name in left if name not in done]
    return list(done)


def _in_circle(needs: Needs, left: Iterable[str]) -> list[str]:
    """Those of `left` that are part of a circle, not merely behind one."""
    wanted = dict.fromkeys(left)
    while True:
        needed = {n for name in wanted for n in needs[name]}
        kept = {name: None for name in wanted if name in needed}
        if len(kept) == len(wanted):
            return list(wanted)
        wanted = kept


def turned(needs: Needs) -> dict[str, list[str]]:
    """The same dependencies the other way about: for taking things down."""
    found: dict[str, list[str]] = {name: [] for name in needs}
    for name, needed in needs.items():
        for other in needed:
            if other in found:
                found[other].append(name)
    return {name: found[name] for name in reversed(found)}


def walk(world: World, needs: Needs, do: Callable[[str], bool]) -> None:
    """Call `do` of each name, in a fiber each, when all that it needs is done.

    `do` says whether it went well; after one that did not, nothing new is begun, and what has
    begun goes on to its end.
    """
    left = {name: {n for n in needed if n in needs} for name, needed in needs.items()}
    running: dict[str, Fiber] = {}
    well = True
    while True:
        if well:
            for name in [name for name, waits in left.items() if not waits]:
                del left[name]
                running[name] = world.spawn(do, name, name=f"deployment of {name}", daemon=True)
        if not running:
            return
        for fiber in running.values():
            fiber.defuse()
        wait(world.env.any_of([fiber.done for fiber in running.values()]))
        for name in [name for name, fiber in running.items() if not fiber.alive]:
            fiber = running.pop(name)
            if fiber.error is not None:
                raise fiber.error
            well = bool(fiber.done.value) and well
            for waits in left.values():
                waits.discard(name)
