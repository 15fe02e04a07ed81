"""Asynchronous events: "How Lambda handles errors and retries with asynchronous invocation"."""

from collections.abc import Callable, Iterator

import pytest

from simulator.model.concurrency import Pool, Throttled
from simulator.model.function import Result
from simulator.model.retrying import Ending, Patience, deliver
from simulator.world import World

GOOD, BAD, FULL = "good", "bad", "full"


@pytest.fixture
def play() -> Callable[..., tuple[Ending, float]]:
    """Deliver an event to a function that does as it is told, attempt by attempt."""

    def run(*script: str, patience: Patience | None = None) -> tuple[Ending, float]:
        world, steps = World(seed=1), iter(script)

        def attempt(steps: Iterator[str] = steps) -> Result:
            step = next(steps)
            if step == FULL:
                raise Throttled("full")
            return Result(b"null", step == BAD, ())

        fiber = world.spawn(deliver, world, "f", attempt, lambda: patience or Patience())
        return world.run(until=fiber), world.now_s

    return run


@pytest.mark.parametrize(
    ("script", "condition", "invoked", "after_s"),
    [
        ([GOOD], "Success", 1, 0),
        ([BAD, GOOD], "Success", 2, 60),
        ([BAD, BAD, BAD], "RetriesExhausted", 3, 180),
        ([FULL, FULL, FULL, GOOD], "Success", 1, 1 + 2 + 4),
        ([FULL, BAD, FULL, GOOD], "Success", 2, 1 + 60 + 2),
    ],
)
def test_what_becomes_of_an_event(
    play: Callable[..., tuple[Ending, float]],
    script: list[str],
    condition: str,
    invoked: int,
    after_s: float,
) -> None:
    ending, now_s = play(*script)
    assert (ending.condition, ending.invoked, now_s) == (condition, invoked, after_s)


def test_throttles_go_on_for_six_hours_at_five_minutes_each(
    play: Callable[..., tuple[Ending, float]],
) -> None:
    ending, now_s = play(*([FULL] * 1000))
    assert (ending.condition, ending.invoked, ending.result) == ("EventAgeExceeded", 0, None)
    assert 21_000 < now_s <= 21_600


def test_an_age_can_end_it_before_a_retry(play: Callable[..., tuple[Ending, float]]) -> None:
    ending, now_s = play(BAD, BAD, patience=Patience(age_s=100))
    assert (ending.condition, ending.invoked, now_s) == ("EventAgeExceeded", 2, 60)


def test_a_pool_shares_what_is_not_set_aside() -> None:
    """ "Configuring reserved concurrency for a function"."""
    pool = Pool(lambda: 890)
    for _ in range(110):
        assert pool.enter("f", None)
    with pytest.raises(Throttled) as full:
        pool.enter("f", None)
    assert full.value.reason == "ConcurrentInvocationLimitExceeded"
    assert not pool.enter("own", 1)
    with pytest.raises(Throttled) as full:
        pool.enter("own", 1)
    assert full.value.reason == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert not full.value.never
    with pytest.raises(Throttled) as full:
        pool.enter("none", 0)
    assert full.value.never
    assert not pool.enter("f", None, ready=True)
    pool.leave("f", shared=True)
    assert pool.enter("f", None)
    assert (pool.busy("f"), pool.busy("own")) == (111, 1)
