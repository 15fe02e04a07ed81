"""Locks made inside a fiber can stand where Python's own can: modules are imported there."""

import threading

import pytest

from simulator.world import World


def test_a_class_may_hold_the_maker_of_its_locks() -> None:
    made = []

    class Map:  # as werkzeug's does
        make_lock = threading.Lock

    def keep() -> None:
        class Inside:
            make_lock = threading.Lock

        made.append(Inside().make_lock())
        made.append(Map().make_lock())

    with World() as world:
        world.run(until=world.spawn(keep))
    for lock in made:
        with lock:
            assert lock.locked()


@pytest.mark.parametrize("name", ["Lock", "RLock"])
def test_a_lock_can_be_freed_in_a_forked_child(name: str) -> None:
    """As concurrent.futures registers it with os.register_at_fork when it is imported."""

    def free_it() -> bool:
        lock = getattr(threading, name)()
        lock.acquire()
        lock._at_fork_reinit()
        taken: bool = lock.acquire(blocking=False)
        return taken

    with World() as world:
        assert world.run(until=world.spawn(free_it))
