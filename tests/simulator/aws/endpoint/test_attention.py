"""The server's selector: awake for a moment after something has come, asleep where nothing does."""

from __future__ import annotations

import os
import selectors
import socket
from collections.abc import Iterator

import pytest

from simulator.aws.endpoint.attention import AttentiveSelector, new_event_loop


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    here, there = socket.socketpair()
    with here, there:
        yield here, there


def test_it_looks_again_only_after_something_has_come(
    pair: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = pair
    yields: list[None] = []
    monkeypatch.setattr(os, "sched_yield", lambda: yields.append(None))
    with AttentiveSelector(looks=7) as selector:
        selector.register(here, selectors.EVENT_READ)
        assert selector.select(0.001) == []
        assert yields == []  # nobody calls: it sleeps at once
        there.send(b"x")
        assert [key.fileobj for key, _ in selector.select(None)] == [here]
        here.recv(1)
        assert selector.select(0.001) == []
        assert len(yields) == 7
        assert selector.select(0.001) == []
        assert len(yields) == 7  # and sleeps again


def test_what_comes_while_it_is_awake_is_found(
    pair: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = pair
    with AttentiveSelector(looks=7) as selector:
        selector.register(here, selectors.EVENT_READ)
        there.send(b"x")
        selector.select(0)
        here.recv(1)
        monkeypatch.setattr(os, "sched_yield", lambda: there.send(b"y"))
        assert [key.fileobj for key, _ in selector.select(60)] == [here]


def test_a_single_core_is_left_to_the_client(monkeypatch: pytest.MonkeyPatch) -> None:
    for cores, attentive in (({0}, False), ({0, 1}, True)):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _, cores=cores: cores)
        loop = new_event_loop()
        assert isinstance(loop._selector, AttentiveSelector) is attentive  # type: ignore[attr-defined]
        loop.close()
