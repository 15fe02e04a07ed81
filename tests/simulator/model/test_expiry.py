"""Things that end at a time of their own."""

from simulator.model.expiry import Expiry
from simulator.world import World


def test_what_falls_due_ends_in_order_and_what_was_moved_or_dropped_does_not():
    with World(seed=1) as world:
        ended = []
        expiry = Expiry(world.env, lambda key: ended.append((world.now_s, key)))
        expiry.put("late", 50.0)
        expiry.put("early", 10.0)
        expiry.put("moved", 20.0)
        expiry.put("moved", 60.0)
        expiry.put("dropped", 30.0)
        expiry.drop("dropped")
        world.run(until=100.0)
        assert ended == [(10.0, "early"), (50.0, "late"), (60.0, "moved")]
        assert len(expiry) == 0


def test_waiting_for_it_keeps_no_run_going():
    with World(seed=1) as world:
        expiry = Expiry(world.env, lambda key: None)
        expiry.put("k", 1_000.0)
        world.run()
        assert world.now_s == 0.0
        assert "k" in expiry


def test_many_moves_leave_no_heap_behind():
    with World(seed=1) as world:
        expiry = Expiry(world.env, lambda key: None)
        for second in range(1_000):
            expiry.put("k", 1_000.0 + second)
        assert len(expiry._heap) < 200
