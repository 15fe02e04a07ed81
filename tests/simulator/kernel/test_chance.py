"""Chance: named streams that never disturb each other, and Python's own sources under one seed."""

import os
import random
import secrets
import uuid

from simulator.kernel import Streams


def test_a_stream_is_the_same_whatever_others_draw() -> None:
    alone = Streams(7)["arrivals"].random()
    streams = Streams(7)
    streams["service"].random()
    assert streams["arrivals"].random() == alone
    assert Streams(8)["arrivals"].random() != alone


def _draw() -> tuple[object, ...]:
    return (
        random.random(),
        os.urandom(4),
        secrets.token_hex(4),
        uuid.uuid4(),
        random.SystemRandom().random(),
    )


def test_pythons_sources_repeat_under_a_seed() -> None:
    with Streams(3).felt_by_python():
        first = _draw()
    with Streams(3).felt_by_python():
        second = _draw()
    with Streams(4).felt_by_python():
        other = _draw()
    assert first == second
    assert not set(first) & set(other)


def test_they_go_on_where_they_were_and_python_gets_its_own_back() -> None:
    outer = random.getstate()
    urandom = os.urandom
    streams = Streams(3)
    with streams.felt_by_python():
        first = _draw()
    assert random.getstate() == outer
    assert os.urandom is urandom
    with streams.felt_by_python():
        assert not set(first) & set(_draw())
