"""Delivery policies and rule look-up: EventBridge User Guide, "Retry policy", "Rules"."""

import json
from itertools import pairwise
from random import Random

import pytest

from simulator.model.bus import Outcome, RetryPolicy, RuleIndex, TargetError, backoff_s, deliver
from simulator.model.pattern import compile_pattern
from simulator.world import World


def run(world, failures, policy=None, retriable=True):
    """Deliver to a target that fails `failures` times; the outcome, and when each try was."""
    tries = []

    def attempt():
        tries.append(world.now_s)
        if len(tries) <= failures:
            raise TargetError("INTERNAL_ERROR", "no", retriable=retriable)

    fiber = world.spawn(
        lambda: deliver(attempt, policy or RetryPolicy(), Random(1), lambda: world.now_s)
    )
    outcome: Outcome = world.run(until=fiber)
    return outcome, tries


@pytest.fixture
def world():
    with World(seed=3) as world:
        yield world


def test_a_delivery_is_tried_until_it_works(world):
    outcome, tries = run(world, failures=4)
    assert outcome == Outcome(retries=4)
    assert len(tries) == 5
    waits = [after - before for before, after in pairwise(tries)]
    assert all(2**n / 2 <= wait <= 2**n for n, wait in enumerate(waits))


def test_an_error_that_cannot_pass_ends_it_at_once(world):
    outcome, tries = run(world, failures=1, retriable=False)
    assert (outcome.retries, outcome.exhausted, tries) == (0, None, [0.0])


def test_attempts_run_out(world):
    outcome, tries = run(world, 9, RetryPolicy(max_attempts=2))
    assert (outcome.retries, outcome.exhausted) == (2, "MaximumRetryAttempts")
    assert len(tries) == 3


def test_age_runs_out_at_its_limit(world):
    outcome, tries = run(world, 99, RetryPolicy(max_age_s=60))
    assert outcome.exhausted == "MaximumEventAgeInSeconds"
    assert world.now_s == 60
    assert tries[-1] < 60


def test_the_defaults_last_about_a_day(world):
    outcome, tries = run(world, 999)
    assert outcome.exhausted is not None
    assert 0.8 * 86_400 <= world.now_s <= 86_400
    assert 150 <= len(tries) <= 186


def test_no_wait_grows_beyond_its_ceiling():
    assert backoff_s(1000, Random(1)) <= 640


def test_an_index_finds_what_trying_all_would():
    patterns = [
        {"source": ["a"]},
        {"source": ["a", "b"], "detail": {"x": [1]}},
        {"detail-type": ["t"]},
        {"detail": {"x": [{"exists": True}]}},
        {"$or": [{"source": ["a"]}, {"detail-type": ["t"]}]},
        {"source": [{"prefix": "a"}]},
        {"source": ["a", {"prefix": "z"}]},
    ]
    compiled = [compile_pattern(json.dumps(pattern)) for pattern in patterns]
    index = RuleIndex(list(enumerate(compiled)))
    for source in ("a", "b", "zz"):
        for detail_type in ("t", "u"):
            for detail in ({}, {"x": 1}, {"x": 2}):
                event = {"source": source, "detail-type": detail_type, "detail": detail}
                wanted = [n for n, pattern in enumerate(compiled) if pattern.matches(event)]
                assert index.match(event) == wanted


def test_an_index_tries_few_of_many_rules():
    tried = []

    class Spy:
        def __init__(self, name):
            self.name = name

        def only_strings(self, path):
            return frozenset({self.name}) if path == "source" else None

        def matches_fields(self, fields):
            tried.append(self.name)
            return True

    index = RuleIndex([(n, Spy(f"s{n}")) for n in range(500)])
    assert index.match({"source": "s7", "detail-type": "t"}) == [7]
    assert tried == ["s7"]
