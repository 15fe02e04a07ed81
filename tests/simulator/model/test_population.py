"""Arrivals, consumers and what they measure, on a queue's own store."""

from itertools import islice
from random import Random

import pytest

from simulator.model.arrivals import Bursts, Closed, Poisson, Regular, Trace, send
from simulator.model.consumer import Consumers, ScaledConsumers, Scaling
from simulator.model.queue import Queue
from simulator.model.service import (
    Deterministic,
    Distribution,
    Empirical,
    Erlang,
    Exponential,
    Hyperexponential,
    Lognormal,
)
from simulator.world import World


def queue_in(world: World) -> Queue:
    return Queue(world, "q", visibility_timeout_s=3_600.0)


def test_arrivals_come_as_their_process_says() -> None:
    chance = Random(1)

    assert list(islice(Regular(2.5).gaps_s(chance), 3)) == [2.5, 2.5, 2.5]
    assert list(Trace([1.0, 1.0, 4.0]).gaps_s(chance)) == [1.0, 0.0, 3.0]
    assert list(islice(Bursts(3, 10.0).gaps_s(chance), 6)) == [10.0, 0.0, 0.0, 10.0, 0.0, 0.0]
    gaps = list(islice(Poisson(4.0).gaps_s(chance), 20_000))
    assert sum(gaps) / len(gaps) == pytest.approx(0.25, rel=0.03)


def test_a_trace_may_not_go_back() -> None:
    with pytest.raises(ValueError, match="goes back"):
        list(Trace([2.0, 1.0]).gaps_s(Random(1)))


def test_arrivals_without_an_end_are_refused() -> None:
    with World(seed=1) as world, pytest.raises(ValueError, match="count="):
        send(world, queue_in(world), Regular(1.0))


@pytest.mark.parametrize(
    "distribution",
    [
        Exponential(2.0),
        Erlang(2.0, 4),
        Hyperexponential(((0.7, 1.0), (0.3, 5.0))),
        Lognormal(2.0, 0.6),
        Empirical((1.0, 2.0, 6.0)),
    ],
)
def test_a_distribution_has_the_mean_and_variance_it_says(distribution: Distribution) -> None:
    chance = Random(7)
    drawn = [distribution.sample_s(chance) for _ in range(60_000)]
    mean = sum(drawn) / len(drawn)
    variance = sum((value - mean) ** 2 for value in drawn) / len(drawn)

    assert mean == pytest.approx(distribution.mean_s, rel=0.03)
    assert variance == pytest.approx(distribution.variance_s2, rel=0.1)


def test_a_measured_run_by_hand() -> None:
    """Three at once on one server of 2 s: they wait 0, 2 and 4 s."""
    with World(seed=1) as world:
        queue = queue_in(world)
        consumers = Consumers(world, queue, Deterministic(2.0))
        send(world, queue, Trace([4.0, 4.0, 4.0]))
        world.run()

        assert world.now_s == 10.0
        assert consumers.served == 3
        assert consumers.waiting_s.mean == 2.0
        assert consumers.in_system_s.maximum == 6.0
        assert consumers.queue_length == pytest.approx(0.6)
        assert consumers.utilisation == pytest.approx(0.6)
        assert len(queue) == 0


def test_a_batch_is_served_together() -> None:
    with World(seed=1) as world:
        queue = queue_in(world)
        consumers = Consumers(world, queue, Deterministic(1.0), batch=10)
        send(world, queue, Bursts(25, 1.0), count=25)
        world.run()

        assert world.now_s == 4.0  # all come at 1.0 and are served as 10, 10 and 5
        assert consumers.served == 25


def test_what_came_before_the_warm_up_is_not_measured() -> None:
    with World(seed=1) as world:
        queue = queue_in(world)
        consumers = Consumers(world, queue, Deterministic(0.5), warmup_s=5.5)
        send(world, queue, Regular(1.0), count=10)
        world.run()

        assert consumers.served == 5
        assert consumers.utilisation == pytest.approx(2.5 / 5.0)


def test_closed_customers_wait_for_each_of_their_messages() -> None:
    with World(seed=1) as world:
        queue = queue_in(world)
        consumers = Consumers(world, queue, Deterministic(1.0))
        customers = Closed(world, queue, consumers, customers=2, think=Deterministic(3.0))
        customers.begin(until_s=40.0)
        world.run()

        # one second of service each, the second waits for the first: then a cycle of 4 s
        assert customers.cycles == 20
        assert consumers.waiting_s.maximum == 1.0


def test_consumers_scale_with_the_backlog_and_back() -> None:
    """Lambda Developer Guide, "Configuring scaling behavior for SQS event source mappings"."""
    with World(seed=1) as world:
        queue = queue_in(world)
        consumers = ScaledConsumers(world, queue, Deterministic(30.0), batch=10)
        assert consumers.wanted == 5

        for number in range(20_000):
            queue.send(str(number))
        world.run(until=59.0)
        assert (consumers.wanted, consumers.busy.value) == (5, 5)
        world.run(until=61.0)
        assert consumers.wanted == 305
        world.run(until=121.0)
        assert consumers.wanted == 605
        world.run(until=3_600.0)
        assert consumers.served == 20_000
        assert consumers.most_wanted <= 1_250
        assert consumers.wanted == 2


def test_scaling_stops_at_its_maximum() -> None:
    with World(seed=1) as world:
        queue = queue_in(world)
        few = Scaling(start=5, more_per_minute=300, most=50)
        consumers = ScaledConsumers(world, queue, Deterministic(30.0), batch=1, scaling=few)
        for number in range(1_000):
            queue.send(str(number))
        world.run(until=200.0)

        assert consumers.wanted == 50
        assert consumers.busy.maximum == 50


def test_the_same_seed_gives_the_same_run() -> None:
    def run(seed: int) -> tuple[float, float]:
        with World(seed=seed) as world:
            queue = queue_in(world)
            consumers = Consumers(world, queue, Exponential(1.0), 2)
            send(world, queue, Poisson(1.5), count=500)
            world.run()
            return world.now_s, consumers.waiting_s.mean

    assert run(3) == run(3)
    assert run(3) != run(4)
