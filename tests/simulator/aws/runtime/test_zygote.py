"""The warm parent: nothing leaks, whoever dies, and a dead one is replaced."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simulator.aws.runtime.environment import Environment
from simulator.aws.runtime.spec import EnvironmentSpec
from simulator.aws.runtime.zygote import Zygote, ZygoteError
from simulator.model.invocation import Invocation

pytestmark = pytest.mark.process
STRENGTHS = ["namespaces", "landlock", "limits"]
CODE = "def handler(e, c): return 1"


@pytest.fixture(params=STRENGTHS)
def own(request: pytest.FixtureRequest) -> Iterator[Zygote]:
    with Zygote(str(request.param)) as zygote:
        try:
            zygote.start()
        except ZygoteError as error:
            pytest.skip(f"this system cannot: {error}")
        assert zygote.isolation == request.param
        yield zygote


def family(pid: int) -> list[int]:
    """List a process and its living descendants."""
    found = [pid]
    for member in found:
        for children in Path(f"/proc/{member}/task").glob("*/children"):
            found += [int(child) for child in children.read_text().split()]
    return [member for member in found if alive(member)]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_for_the_end(pids: list[int]) -> list[int]:
    """Give dying processes real time; answer who is left."""
    for _ in range(500):
        if not any(map(alive, pids)):
            return []
        time.sleep(0.02)
    return [pid for pid in pids if alive(pid)]


def spec_of(code_dir: Path, tmp_path: Path) -> EnvironmentSpec:
    return EnvironmentSpec("f", "app.handler", code_dir, tmp_path / "tmp")


def test_close_ends_every_process(own: Zygote, calls: Any, write: Any, tmp_path: Path) -> None:
    kept = [Environment(own, spec_of(write(CODE), tmp_path)) for _ in range(3)]
    for environment in kept:
        assert environment.init(calls).kind == "ok"
    assert own.pid is not None
    members = family(own.pid)
    assert len(members) >= 4
    own.close()
    assert wait_for_the_end(members) == []
    assert own.pid is None


def test_nothing_is_left_when_the_world_is_killed(own: Zygote, write: Any, tmp_path: Path) -> None:
    program = f"""
import sys, time
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parent)!r})
from conftest import FakeCalls
from simulator.aws.runtime.environment import Environment
from simulator.aws.runtime.spec import EnvironmentSpec
from simulator.model.invocation import Invocation
from simulator.aws.runtime.zygote import Zygote
zygote = Zygote({own.isolation!r})
spec = EnvironmentSpec("f", "app.handler", Path({str(write(CODE))!r}), Path({str(tmp_path)!r}))
environment = Environment(zygote, spec)
assert environment.init(FakeCalls()).kind == "ok"
print(zygote.pid, flush=True)
time.sleep(60)
"""
    root = str(Path(__file__).parents[4])
    world = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, cwd=root, text=True
    )
    try:
        assert world.stdout is not None
        members = family(int(world.stdout.readline()))
        assert len(members) >= 2
    finally:
        world.kill()
        world.communicate()
    assert wait_for_the_end(members) == []


def test_a_dead_warm_parent_is_replaced(own: Zygote, write: Any, calls: Any,
                                        tmp_path: Path) -> None:  # fmt: skip
    environment = Environment(own, spec_of(write(CODE), tmp_path))
    assert environment.init(calls).kind == "ok"
    assert own.pid is not None
    members = family(own.pid)
    os.kill(own.pid, signal.SIGKILL)
    if own.isolation == "namespaces":  # the first process goes with the one that stood by it
        assert wait_for_the_end(members[:2]) == []
    assert environment.init(calls).kind == "ok"
    assert wait_for_the_end(members) == []


def test_a_busy_environment_dies_with_its_parent(
    own: Zygote, write: Any, calls: Any, tmp_path: Path
) -> None:
    code = "import threading\ndef handler(e, c):\n    print('busy')\n    while True: pass"
    environment = Environment(own, spec_of(write(code), tmp_path))
    environment.init(calls)
    assert own.pid is not None
    members = family(own.pid)

    def log(text: str) -> None:
        os.kill(members[0], signal.SIGKILL)

    calls.log = log
    outcome = environment.invoke(Invocation("id", b"1", calls.now + 3, "arn"), calls)
    assert outcome.kind == "exit"
    assert wait_for_the_end(members) == []


def test_environments_of_a_dead_parent_say_so(own: Zygote, write: Any, calls: Any,
                                              tmp_path: Path) -> None:  # fmt: skip
    environment = Environment(own, spec_of(write(CODE), tmp_path))
    environment.init(calls)
    assert own.pid is not None
    members = family(own.pid)
    for pid in reversed(members):
        os.kill(pid, signal.SIGKILL)
    assert wait_for_the_end(members) == []
    outcome = environment.invoke(Invocation("id", b"1", calls.now + 3, "arn"), calls)
    assert (outcome.kind, outcome.error_type) == ("exit", "Runtime.ExitError")


def test_ended_environments_leave_no_zombies(own: Zygote, write: Any, calls: Any,
                                             tmp_path: Path) -> None:  # fmt: skip
    environment = Environment(own, spec_of(write(CODE), tmp_path))
    environment.init(calls)
    environment.kill()
    assert own.pid is not None
    before = family(own.pid)
    for _ in range(5):
        environment.init(calls)
        environment.kill()
    assert family(own.pid) == before
    for pid in before:
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            assert all(alive(int(child)) for child in children.read_text().split())


def test_the_start_loads_nothing_of_moto(own: Zygote) -> None:
    program = (
        "import simulator.aws.runtime.warm, sys; print([m for m in sys.modules if 'moto' in m])"
    )
    root = str(Path(__file__).parents[4])
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, cwd=root, text=True, check=True
    )
    assert told.stdout == "[]\n"


def test_a_missing_code_folder_is_one_sentence(calls: Any, tmp_path: Path) -> None:
    with Zygote() as zygote, pytest.raises(ZygoteError, match="does not exist; unpack it first"):
        Environment(zygote, spec_of(tmp_path / "none", tmp_path)).init(calls)


def test_an_unknown_strength_is_one_sentence() -> None:
    with Zygote("iron") as zygote, pytest.raises(ZygoteError, match="iron"):
        zygote.start()
