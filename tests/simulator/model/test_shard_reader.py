"""Reading a shard: order, retries, halves, lanes, age: "How Lambda processes records"."""

from collections.abc import Callable
from typing import Any

import pytest

from simulator.kernel import sleep
from simulator.model.shard_reader import Record, ShardReader, Terms, Verdict
from simulator.world import World


class Shard:
    """Records in memory, and what became of them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.terms = Terms()
        self.waiting: list[Record] = []
        self.served: list[str] = []
        self.dropped: list[tuple[str, str, int]] = []
        self.judge: Callable[[list[str]], Verdict] = lambda words: Verdict(done=True)
        self.takes_s = 0.0
        self._count = 0
        self.reader = ShardReader(world, "s", lambda: self.terms, self.read, self.serve, self.drop)
        self.reader.start()

    def put(self, *words: str) -> None:
        for word in words:
            self._count += 1
            now_s = self.world.clock.unix_s
            self.waiting.append(Record(str(self._count), word[0], now_s, 10, word))
        self.reader.wake()

    def read(self, most: int) -> list[Record]:
        found, self.waiting = self.waiting[:most], self.waiting[most:]
        return found

    def serve(self, batch: list[Record]) -> Verdict:
        words = [str(each.value) for each in batch]
        self.served.append(" ".join(words))
        if self.takes_s:
            sleep(self.takes_s)
        return self.judge(words)

    def drop(self, batch: list[Record], reason: Any, attempts: int) -> None:
        self.dropped.append((" ".join(str(each.value) for each in batch), reason, attempts))


@pytest.fixture
def shard() -> Shard:
    shard = Shard(World(seed=1))
    shard.world.run(until=0)  # its first look is over
    return shard


def fails_on(word: str) -> Callable[[list[str]], Verdict]:
    return lambda words: Verdict(done=word not in words)


def test_batches_are_served_in_order_at_the_next_look(shard: Shard) -> None:
    shard.terms = Terms(batch=2)
    shard.put("a", "b", "c")
    shard.world.run()
    assert (shard.served, shard.world.now_s) == (["a b", "c"], 1.0)


def test_an_idle_reader_keeps_no_run_going(shard: Shard) -> None:
    shard.world.run()
    assert shard.world.now_s == 0.0


def test_a_failure_is_tried_again_with_longer_and_longer_waits(shard: Shard) -> None:
    shard.terms = Terms(retries=3)
    shard.judge = fails_on("a")
    shard.put("a", "b")
    shard.world.run()
    assert shard.served == ["a b"] * 4
    assert shard.dropped == [("a b", "RetryAttemptsExhausted", 4)]
    assert shard.world.now_s == 1.0 + 1 + 2 + 4


def test_halving_costs_no_attempt(shard: Shard) -> None:
    """ "Retain discarded records": splitting batches doesn't consume the retry quota."""
    shard.terms = Terms(retries=1, bisect=True)
    shard.judge = fails_on("c")
    shard.put("a", "b", "c", "d")
    shard.world.run()
    assert shard.served == ["a b c d", "a b", "c d", "c", "c", "d"]
    assert shard.dropped == [("c", "RetryAttemptsExhausted", 2)]


def test_a_reported_failure_moves_the_beginning(shard: Shard) -> None:
    seen = []

    def judge(words: list[str]) -> Verdict:
        seen.append(words)
        return Verdict(done=len(seen) > 1, at=1)

    shard.judge = judge
    shard.put("a", "b", "c")
    shard.world.run()
    assert shard.served == ["a b c", "b c"]


def test_throttles_count_for_nothing_but_age(shard: Shard) -> None:
    shard.terms = Terms(retries=0, age_s=20)
    shard.judge = lambda words: Verdict(done=False, throttled=True)
    shard.put("a")
    shard.world.run()
    assert shard.dropped == [("a", "RecordAgeExceeded", 0)]
    assert len(shard.served) == 5


def test_old_records_go_and_young_ones_stay(shard: Shard) -> None:
    shard.terms = Terms(age_s=10, enabled=False)
    shard.put("old")
    shard.world.run(until=9)
    shard.put("young")
    shard.world.run(until=12)
    shard.terms = Terms(age_s=10)
    shard.reader.wake()
    shard.world.run()
    assert shard.dropped == [("old", "RecordAgeExceeded", 0)]
    assert shard.served == ["young"]


def test_lanes_run_side_by_side_each_in_order(shard: Shard) -> None:
    shard.terms, shard.takes_s = Terms(batch=1, lanes=4), 1.0
    shard.put("a1", "b1", "c1", "a2", "b2", "c2")
    shard.world.run()
    for key in "abc":
        assert [each for each in shard.served if each[0] == key] == [f"{key}1", f"{key}2"]
    assert shard.world.now_s < 1.0 + 6.0


def test_a_window_waits_for_a_full_batch_and_no_longer(shard: Shard) -> None:
    shard.terms = Terms(batch=3, window_s=30)
    shard.put("a", "b")
    shard.world.run(until=5)
    shard.put("c")
    shard.world.run()
    assert (shard.served, shard.world.now_s) == (["a b c"], 5.0)
    shard.put("d")
    shard.world.run()
    assert shard.served[1:] == ["d"]
    assert shard.world.now_s == 36.0


def test_a_stopped_reader_reads_no_more(shard: Shard) -> None:
    shard.reader.stop()
    shard.put("a")
    shard.world.run()
    assert shard.served == []
