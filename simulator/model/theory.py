"""Queueing theory: what a queue in balance comes to, to hold simulations against.

Times are seconds, rates per second. All need a utilisation below 1.
"""

from __future__ import annotations

from dataclasses import dataclass


class Unstable(ValueError):
    """Work comes faster than it can be done: there is no balance."""


@dataclass(frozen=True, slots=True)
class Balance:
    """Long-run means: utilisation of a server, times of a customer, numbers of customers."""

    utilisation: float
    waiting_s: float
    in_system_s: float
    queue_length: float
    number_in_system: float


def erlang_b(servers: int, load: float) -> float:
    """The share of customers lost where none may wait, for an offered load in erlangs."""
    blocked = 1.0
    for number in range(1, servers + 1):
        blocked = load * blocked / (number + load * blocked)
    return blocked


def erlang_c(servers: int, load: float) -> float:
    """The share of customers who have to wait, for an offered load in erlangs."""
    if load >= servers:
        raise Unstable(f"a load of {load} erlangs is too much for {servers} servers")
    blocked = erlang_b(servers, load)
    return servers * blocked / (servers - load * (1 - blocked))


def mmc(rate: float, mean_s: float, servers: int) -> Balance:
    """M/M/c: Poisson arrivals, exponential service, c servers (Erlang C)."""
    load = rate * mean_s
    waiting_s = erlang_c(servers, load) * mean_s / (servers - load)
    return _balance(rate, mean_s, load / servers, waiting_s)


def mm1(rate: float, mean_s: float) -> Balance:
    """M/M/1."""
    return mmc(rate, mean_s, 1)


def mg1(rate: float, mean_s: float, variance_s2: float) -> Balance:
    """M/G/1: Poisson arrivals, any service times, one server (Pollaczek–Khinchine)."""
    utilisation = rate * mean_s
    if utilisation >= 1:
        raise Unstable(f"a utilisation of {utilisation} is too much for one server")
    waiting_s = rate * (variance_s2 + mean_s**2) / (2 * (1 - utilisation))
    return _balance(rate, mean_s, utilisation, waiting_s)


def _balance(rate: float, mean_s: float, utilisation: float, waiting_s: float) -> Balance:
    """Numbers from times by Little's law."""
    in_system_s = waiting_s + mean_s
    return Balance(utilisation, waiting_s, in_system_s, rate * waiting_s, rate * in_system_s)
