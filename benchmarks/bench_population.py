"""Messages a second through a queue, sent and served by SimPy actors, against a bare SimPy store.

The peer holds items and nothing else: no visibility, no receipts, no metrics, no clock to move.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import simpy

from benchmarks import Ratio, side_by_side
from simulator.model.arrivals import Bursts, Poisson, send
from simulator.model.consumer import Consumers
from simulator.model.queue import Queue
from simulator.model.service import Deterministic, Exponential
from simulator.world import World

MESSAGES, FEW, MANY = 50_000, 10_000, 1_000_000
BATCH = 10


def _world(world: World) -> Queue:
    return Queue(world, "q", visibility_timeout_s=43_200.0, retention_s=14 * 86_400.0)


def batches(messages: int = MESSAGES) -> int:
    """Bursts of ten, received ten at a time, as SQS allows."""
    with World(seed=1) as world:
        queue = _world(world)
        consumers = Consumers(world, queue, Deterministic(0.1), 2, batch=BATCH)
        send(world, queue, Bursts(BATCH, 1.0), count=messages)
        world.run()
        return consumers.served


def singles() -> int:
    """Poisson arrivals, each received and served by itself."""
    with World(seed=1) as world:
        queue = _world(world)
        consumers = Consumers(world, queue, Exponential(0.08), 10)
        send(world, queue, Poisson(100.0), count=MESSAGES)
        world.run()
        return consumers.served


def _bare(burst: int, every_s: float, service_s: float, servers: int) -> int:
    env = simpy.Environment()
    store: Any = simpy.Store(env)

    def sender() -> Iterator[Any]:
        for _ in range(MESSAGES // burst):
            yield env.timeout(every_s)
            for _ in range(burst):
                store.put("")

    def server() -> Iterator[Any]:
        while True:
            for _ in range(burst):
                yield store.get()
            yield env.timeout(service_s)

    env.process(sender())
    for _ in range(servers):
        env.process(server())
    env.run()
    return MESSAGES


def bare_batches() -> int:
    """The same bursts through a store."""
    return _bare(BATCH, 1.0, 0.1, 2)


def bare_singles() -> int:
    """The same load, arriving regularly, through a store."""
    return _bare(1, 0.01, 0.08, 10)


def _rate(messages: int) -> float:
    began = time.perf_counter()
    done = batches(messages)
    return done / (time.perf_counter() - began)


def compare() -> Iterator[Ratio]:
    """Ten at a time, one at a time, and a run of a million against one of ten thousand."""
    yield side_by_side("messages, ten at a time", batches, "simpy.Store", bare_batches)
    yield side_by_side("messages, one at a time", singles, "simpy.Store", bare_singles)
    few = max(_rate(FEW) for _ in range(3))
    yield Ratio("messages of a million", _rate(MANY), "of ten thousand", few)
