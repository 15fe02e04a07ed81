"""Who sends when: open arrivals that come whatever happens, and closed customers who wait for each.

An actor here is a SimPy process on the world's clock, made by `send` or `Closed.begin`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from random import Random
from typing import TYPE_CHECKING, Any, Protocol

from simpy.events import Event, Process

from simulator.model.service import Distribution

if TYPE_CHECKING:
    from simulator.model.consumer import Consumers
    from simulator.model.queue import Queue
    from simulator.world import World


class Arrivals(Protocol):
    """An open arrival process."""

    def gaps_s(self, chance: Random) -> Iterator[float]:
        """The time from each arrival to the next, beginning with that to the first."""


@dataclass(frozen=True, slots=True)
class Poisson:
    """Arrivals at random, so many a second on average."""

    per_s: float

    def gaps_s(self, chance: Random) -> Iterator[float]:
        """Exponential gaps."""
        draw, rate = chance.expovariate, self.per_s
        while True:
            yield draw(rate)


@dataclass(frozen=True, slots=True)
class Regular:
    """An arrival every so many seconds."""

    every_s: float

    def gaps_s(self, chance: Random) -> Iterator[float]:  # noqa: ARG002
        """Always the same."""
        return repeat(self.every_s)


@dataclass(frozen=True, slots=True)
class Trace:
    """Arrivals at known instants, in seconds from the beginning, in order."""

    at_s: Sequence[float]

    def gaps_s(self, chance: Random) -> Iterator[float]:  # noqa: ARG002
        """From instant to instant. Raises ValueError where they are out of order."""
        before_s = 0.0
        for at_s in self.at_s:
            if at_s < before_s:
                raise ValueError(f"the trace goes back from {before_s} s to {at_s} s")
            yield at_s - before_s
            before_s = at_s


@dataclass(frozen=True, slots=True)
class Bursts:
    """So many at once, every so many seconds."""

    size: int
    every_s: float

    def gaps_s(self, chance: Random) -> Iterator[float]:  # noqa: ARG002
        """A gap, and then none for the rest of the burst."""
        while True:
            yield self.every_s
            yield from repeat(0.0, self.size - 1)


def send(
    world: World,
    queue: Queue,
    arrivals: Arrivals,
    *,
    stream: str = "arrivals",
    count: int | None = None,
    until_s: float | None = None,
    body: Callable[[int], str] = str,
) -> Process:
    """Send a message at each arrival, up to `count` of them or until `until_s`; the process.

    Raises ValueError where neither bound is given and the arrivals would never end.
    """
    if count is None and until_s is None and not isinstance(arrivals, Trace):
        raise ValueError("say how many arrivals there are (count=) or until when (until_s=)")
    env, chance = world.env, world.streams[stream]

    def run() -> Generator[Event, Any, int]:
        sent = 0
        for gap_s in arrivals.gaps_s(chance):
            if count is not None and sent >= count:
                break
            if until_s is not None and env.now + gap_s > until_s:
                break
            if gap_s:
                yield env.timeout(gap_s)
            queue.send(body(sent))
            sent += 1
        return sent

    return env.process(run())


class Closed:
    """So many customers: each thinks, sends, and thinks again only when its message is served."""

    def __init__(
        self,
        world: World,
        queue: Queue,
        consumers: Consumers,
        customers: int,
        think: Distribution,
        stream: str = "arrivals",
    ) -> None:
        self._env = world.env
        self._chance = world.streams[stream]
        self._queue = queue
        self._think = think
        self._customers = customers
        self._served: dict[int, Event] = {}
        self.cycles = 0
        consumers.on_served(self._note)

    def begin(self, until_s: float) -> list[Process]:
        """Let all customers go on until `until_s`; their processes."""
        return [self._env.process(self._customer(until_s)) for _ in range(self._customers)]

    def _customer(self, until_s: float) -> Generator[Event, Any, None]:
        env = self._env
        while True:
            think_s = self._think.sample_s(self._chance)
            if env.now + think_s > until_s:
                return
            yield env.timeout(think_s)
            message = self._queue.send("")
            served = self._served[message.key] = env.event()
            yield served
            self.cycles += 1

    def _note(self, key: int) -> None:
        waiting = self._served.pop(key, None)
        if waiting is not None:
            waiting.succeed()
