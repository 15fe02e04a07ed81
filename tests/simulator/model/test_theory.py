"""Queues built from the population API against queueing theory's closed forms."""

import pytest

from simulator.model.arrivals import Poisson, send
from simulator.model.consumer import Consumers
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
from simulator.model.theory import Balance, Unstable, erlang_b, erlang_c, mg1, mm1, mmc
from simulator.world import World

CONFIDENCE = 0.99
MESSAGES = 14_000
TWO_SPEEDS = Hyperexponential(((0.9, 0.5), (0.1, 5.5)))


def test_erlangs_formulas_give_the_values_of_the_published_tables() -> None:
    # 10 erlangs on 10 servers lose 21.46 %; 2 erlangs on 3 servers wait with probability 4/9
    assert erlang_b(10, 10.0) == pytest.approx(0.2146, abs=5e-5)
    assert erlang_c(3, 2.0) == pytest.approx(4 / 9)
    assert erlang_c(1, 0.7) == pytest.approx(0.7)


def test_one_exponential_server_is_the_same_by_every_formula() -> None:
    one = mm1(0.8, 1.0)

    assert one.waiting_s == pytest.approx(4.0)
    assert one.number_in_system == pytest.approx(4.0)
    assert mmc(0.8, 1.0, 1) == one
    general = mg1(0.8, 1.0, 1.0)
    assert general.waiting_s == pytest.approx(one.waiting_s)
    assert general.queue_length == pytest.approx(one.queue_length)


def test_more_work_than_can_be_done_has_no_balance() -> None:
    with pytest.raises(Unstable):
        mmc(5.0, 1.0, 5)
    with pytest.raises(Unstable):
        mg1(1.0, 1.0, 0.0)


def theory_of(rate: float, service: Distribution, servers: int) -> Balance:
    if isinstance(service, Exponential):
        return mmc(rate, service.mean_s, servers)
    return mg1(rate, service.mean_s, service.variance_s2)


@pytest.mark.parametrize(
    ("seed", "rate", "service", "servers"),
    [
        (1, 0.3, Exponential(1.0), 1),
        (22, 0.5, Exponential(1.0), 1),
        (3, 7.0, Exponential(0.1), 1),
        (4, 1.2, Exponential(1.0), 2),
        (5, 2.1, Exponential(1.0), 3),
        (6, 4.0, Exponential(1.0), 5),
        (7, 160.0, Exponential(0.05), 10),
        (8, 0.6, Deterministic(1.0), 1),
        (9, 0.8, Deterministic(1.0), 1),
        (10, 0.7, Erlang(1.0, 3), 1),
        (11, 0.5, TWO_SPEEDS, 1),
        (12, 0.5, Lognormal(1.0, 0.8), 1),
        (13, 0.6, Lognormal(1.0, 0.5), 1),
        (14, 0.4, Empirical((0.5, 1.0, 1.5, 3.0)), 1),
    ],
)
def test_a_simulated_queue_agrees_with_theory(
    seed: int, rate: float, service: Distribution, servers: int
) -> None:
    """M/M/1, M/M/c (Erlang C) and M/G/1 (Pollaczek–Khinchine)."""
    with World(seed=seed) as world:
        queue = Queue(world, "q", visibility_timeout_s=43_200.0, retention_s=14 * 86_400.0)
        warmup_s = 1_000 / rate
        consumers = Consumers(world, queue, service, servers, warmup_s=warmup_s)
        send(world, queue, Poisson(rate), count=MESSAGES)
        world.run()
        expected = theory_of(rate, service, servers)

        waiting = consumers.waiting_s.estimate(CONFIDENCE)
        in_system = consumers.in_system_s.estimate(CONFIDENCE)
        length = consumers.queue_length_estimate(CONFIDENCE)
        busy = consumers.utilisation_estimate(CONFIDENCE)

    assert waiting.covers(expected.waiting_s), (waiting, expected)
    assert in_system.covers(expected.in_system_s), (in_system, expected)
    assert length.covers(expected.queue_length), (length, expected)
    assert busy.covers(expected.utilisation), (busy, expected)
    # an interval so wide that it holds anything would prove nothing
    assert busy.half_width < 0.12 * expected.utilisation
    assert in_system.half_width < 0.3 * expected.in_system_s
    assert not waiting.covers(2 * expected.waiting_s)


def test_the_wrong_theory_is_found_out() -> None:
    with World(seed=8) as world:
        queue = Queue(world, "q", visibility_timeout_s=43_200.0)
        consumers = Consumers(world, queue, Deterministic(1.0), warmup_s=1_000.0)
        send(world, queue, Poisson(0.6), count=MESSAGES)
        world.run()

    # M/M/1 waits twice as long as M/D/1
    assert not consumers.waiting_s.estimate(CONFIDENCE).covers(mm1(0.6, 1.0).waiting_s)
