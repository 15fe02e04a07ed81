"""Lifecycle rules on their own (S3 User Guide, "Managing the lifecycle of objects")."""

from datetime import UTC, datetime

import pytest

from simulator.model.lifecycle import (
    DAY_S,
    Move,
    Rule,
    Thing,
    due_s,
    expiry,
    move,
    noncurrent_expiry,
)

BIG = 200 * 1024


def thing(name="a", size=BIG, storage_class="STANDARD", **tags):
    return Thing(name, size, 0.0, storage_class, tags)


def test_days_round_up_to_midnight():
    """The guide's example: made on the 15th at 10:30, three days: the 19th at 00:00."""
    made = datetime(2014, 1, 15, 10, 30, tzinfo=UTC).timestamp()
    assert due_s(made, 3) == datetime(2014, 1, 19, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("rule", "covered"),
    [
        (Rule("r", prefix="a/"), False),
        (Rule("r", prefix="b"), True),
        (Rule("r", tags={"k": "v"}), True),
        (Rule("r", tags={"k": "v", "l": "w"}), False),
        (Rule("r", over_bytes=10), False),
        (Rule("r", over_bytes=9, under_bytes=11), True),
        (Rule("r", under_bytes=10), False),
    ],
)
def test_filters(rule, covered):
    assert rule.covers("b/c", 10, {"k": "v"}) is covered


def test_the_first_expiry_wins():
    rules = [Rule("late", expire_days=9), Rule("early", expire_days=2), Rule("none")]
    assert expiry(rules, thing()) == (2 * DAY_S, "early")
    assert expiry([Rule("at", expire_at_s=5.0)], thing()) == (5.0, "at")
    assert expiry([Rule("none")], thing()) is None


def test_an_object_goes_to_the_coldest_class_that_is_due_and_never_back():
    moves = (Move("STANDARD_IA", 30), Move("GLACIER", 90))
    rules = [Rule("r", moves=moves)]
    assert move(rules, thing(), 29 * DAY_S) is None
    assert move(rules, thing(), 30 * DAY_S) == ("STANDARD_IA", "r")
    assert move(rules, thing(), 90 * DAY_S) == ("GLACIER", "r")
    assert move(rules, thing(storage_class="DEEP_ARCHIVE"), 90 * DAY_S) is None


def test_small_objects_go_to_archives_only_unless_the_filter_says_a_size():
    moves = (Move("STANDARD_IA", 1), Move("GLACIER", 2))
    small = thing(size=10)
    assert move([Rule("r", moves=moves)], small, DAY_S) is None
    assert move([Rule("r", moves=moves)], small, 2 * DAY_S) == ("GLACIER", "r")
    assert move([Rule("r", moves=moves, smallest=True)], small, 2 * DAY_S) is None
    sized = Rule("r", moves=moves, over_bytes=1, smallest=True)
    assert move([sized], small, DAY_S) == ("STANDARD_IA", "r")


def test_the_newest_versions_that_are_not_current_may_stay():
    rules = [Rule("r", noncurrent_days=1, noncurrent_keep=2)]
    assert noncurrent_expiry(rules, thing(), 1, DAY_S) is None
    assert noncurrent_expiry(rules, thing(), 2, DAY_S - 1) is None
    assert noncurrent_expiry(rules, thing(), 2, DAY_S) == "r"
