"""Faults strike the calls they describe, as often as they say, and are told in the journal."""

from simulator.fault import Fault
from simulator.kernel.fiber import on_behalf
from simulator.world import World


def test_a_fault_strikes_what_matches_and_nothing_else() -> None:
    world = World()
    world.faults.inject(Fault("down", where={"service": "sqs", "resource": "rides"}))
    assert world.faults.strike(service="sns", resource=("rides",)) is None
    assert world.faults.strike(service="sqs", resource=("fares",)) is None
    for name in ("rides", "arn:aws:sqs:us-east-1:123456789012:rides", "http://host/1/rides"):
        assert world.faults.strike(service="sqs", resource=(name,)) is not None


def test_attempts_are_counted_from_one() -> None:
    world = World()
    world.faults.inject(Fault("flaky", where={"service": "sqs"}, attempts={1, 3}))
    struck = [world.faults.strike(service="sqs") is not None for _ in range(4)]
    assert struck == [True, False, True, False]


def test_the_running_fibers_context_is_matched() -> None:
    world = World()
    world.faults.inject(Fault("task", where={"state": {"Charge", "Credit"}}))
    seen: list[bool] = []

    def act() -> None:
        for state in ("Register", "Charge"):
            with on_behalf(state=state):
                seen.append(world.faults.strike(service="lambda") is not None)

    world.spawn(act)
    world.run()
    assert seen == [False, True]


def test_a_lifted_fault_strikes_no_more_and_all_is_told() -> None:
    world = World()
    world.faults.inject(Fault("down", where={"service": "sqs"}, attempts={1}))
    world.faults.strike(service="sqs")
    world.faults.clear()
    assert world.faults.strike(service="sqs") is None
    told = [(fact.what, fact.data["name"]) for fact in world.journal.facts]
    assert told == [("fault.injected", "down"), ("fault.hit", "down"), ("fault.lifted", "down")]
