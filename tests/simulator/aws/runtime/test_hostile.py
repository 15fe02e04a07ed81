"""Code that attacks the world: every attack ends in an Outcome, and reaches nothing."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simulator.aws.runtime.watch import Limits
from simulator.aws.runtime.zygote import Zygote, ZygoteError

pytestmark = pytest.mark.process
Make = Callable[..., Any]
SHORT = Limits(cpu_s=0.4, silence_s=3.0)


@pytest.fixture(params=["namespaces", "landlock", "limits"])
def isolation(request: pytest.FixtureRequest, zygotes: dict[str, Zygote]) -> str:
    strength = str(request.param)
    zygote = zygotes.setdefault(strength, Zygote(strength))
    try:
        zygote.start()
    except ZygoteError as error:
        pytest.skip(f"this system has no {strength}: {error}")
    return strength


def invoked(make: Make, code: str, **more: Any) -> tuple[Any, Any]:
    function = make(code, limits=more.pop("limits", SHORT), **more)
    assert function.init().kind == "ok"
    return function, function()


def descendants(pid: int | None) -> set[int]:
    """List the living processes that a warm parent has started, and theirs."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if state != "Z":
            parents[int(entry.name)] = int(parent)
    found = {pid or 0}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def test_an_endless_loop(make: Make) -> None:
    function, outcome = invoked(make, "def handler(e, c):\n    while True: pass")
    assert (outcome.kind, outcome.error_type) == ("cpu", "Sandbox.Timedout")
    assert "0.4 s of processor" in outcome.detail
    assert not function.environment.alive


def test_an_endless_loop_while_loading(make: Make) -> None:
    assert make("while True: pass", limits=SHORT).init().kind == "cpu"


def test_an_endless_loop_of_calls(make: Make) -> None:
    _, outcome = invoked(make, "import time\ndef handler(e, c):\n    while True: time.sleep(0)")
    assert outcome.kind == "cpu"


def test_silence(make: Make) -> None:
    code = "import os\ndef handler(e, c): os.read(os.pipe()[0], 1)"
    _, outcome = invoked(make, code, limits=Limits(cpu_s=5, silence_s=0.5))
    assert (outcome.kind, outcome.detail) == ("cpu", "the process was silent for 0.5 s")


@pytest.mark.parametrize(
    "hog",
    [
        "x = bytearray(4 * 2**30)",
        "x = [bytearray(2**20) for _ in range(4096)]",
        "x = 'x' * 2**20\n    while True: x += x",
    ],
)
def test_a_memory_hog(make: Make, hog: str) -> None:
    function, outcome = invoked(make, f"def handler(e, c):\n    {hog}")
    assert (outcome.kind, outcome.error_type) == ("memory", "Runtime.OutOfMemory")
    message = json.loads(outcome.payload)["errorMessage"]
    assert message == "RequestId: id-1 Error: Runtime exited with error: signal: killed"
    assert not function.environment.alive


def test_what_fits_in_memory_runs(make: Make) -> None:
    _, outcome = invoked(make, "def handler(e, c): return len(bytearray(100 * 2**20))")
    assert outcome.kind == "ok"


def test_a_fork_bomb(make: Make, isolation: str, zygote: Zygote) -> None:
    if isolation == "limits" and os.getuid() != 0:
        pytest.skip("a bomb of the user's own processes is more than resource limits can take")
    code = """
        import os
        def handler(event, context):
            while True:
                try:
                    os.fork()
                except OSError:
                    pass
    """
    before = descendants(zygote.pid)
    function, outcome = invoked(make, code)
    assert outcome.kind in ("cpu", "exit", "memory")
    assert descendants(zygote.pid) == before
    assert function.init().kind == "ok"


def test_a_daemon_that_outlives_its_parent(make: Make, zygote: Zygote) -> None:
    code = """
        import os, subprocess
        def handler(event, context):
            command = ["sh", "-c", "while true; do sleep 1; done"]
            subprocess.Popen(command, start_new_session=True)
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    while True:
                        subprocess.run(["sleep", "1"])
                os._exit(0)
            os._exit(1)
    """
    before = descendants(zygote.pid)
    _, outcome = invoked(make, code)
    assert outcome.kind == "exit"
    assert descendants(zygote.pid) == before


@pytest.mark.parametrize(
    "garbage",
    [
        "b'\\xff' * 4096",
        "b'\\x00' * 4096",
        "struct.pack('<II', 20, 16) + b'[' * 16",
        "struct.pack('<II', 2**31, 10) + b'x' * 100",
        "frame({'op': 'launch'})",
        "frame({'op': 'sleep', 's': -5})",
        "frame({'op': 'sleep', 's': 1e400})",
        "frame({'op': 'sleep', 's': '1'})",
        "frame({'op': 'http', 'method': 'GET', 'url': 5, 'headers': {}})",
        "frame({'op': 'http', 'method': 'GET', 'url': '/', 'headers': [1]})",
        "frame({'op': 'http', 'method': 'G\\\\n', 'url': '/', 'headers': {}})",
        "frame({'op': ['log']})",
    ],
)
def test_garbage_on_the_pipe(make: Make, garbage: str) -> None:
    code = f"""
        import json, os, struct
        def frame(header):
            text = json.dumps(header).encode()
            return struct.pack('<II', len(text) + 4, len(text)) + text
        def handler(event, context):
            for fd in range(3, 64):
                try:
                    os.write(fd, {garbage})
                except OSError:
                    pass
            while True: pass
    """
    function, outcome = invoked(make, code)
    assert outcome.kind == "exit"
    assert "sent a" in outcome.detail
    assert outcome.error_type == "Runtime.ExitError"
    assert function.calls.requests == []
    assert function.calls.now == 1_700_000_000


def test_half_a_frame_and_then_nothing(make: Make) -> None:
    code = """
        import os, struct
        def handler(event, context):
            for fd in range(3, 64):
                try:
                    os.write(fd, struct.pack('<II', 5000, 10) + b'x')
                except OSError:
                    pass
            os.read(os.pipe()[0], 1)
    """
    _, outcome = invoked(make, code, limits=Limits(silence_s=0.4))
    assert outcome.kind == "cpu"


def test_a_forged_result_is_only_a_result(make: Make) -> None:
    code = """
        import json, os, struct
        def handler(event, context):
            text = json.dumps({"op": "result", "kind": "ok"}).encode()
            frame = struct.pack('<II', len(text) + 4 + 8, len(text)) + text + b'not json'
            for fd in range(3, 64):
                try:
                    os.write(fd, frame)
                except OSError:
                    pass
    """
    _, outcome = invoked(make, code)
    assert outcome.kind == "exit"
    assert "no JSON" in outcome.detail


def test_a_flood_of_output(make: Make) -> None:
    small = Limits(cpu_s=5, log_bytes=10_000, flood_bytes=10**9)
    code = "def handler(e, c):\n    for _ in range(30_000): print('x' * 1000)\n    return 1"
    function, outcome = invoked(make, code, limits=small)
    assert outcome.kind == "ok"
    assert sum(map(len, function.calls.logs)) < 11_000
    assert "output beyond 10,000 bytes of this invocation is dropped" in function.calls.logs[-1]
    before = len(function.calls.logs)
    function()
    assert len(function.calls.logs) == 2 * before


def test_a_pathological_flood_ends_it(make: Make) -> None:
    small = Limits(cpu_s=5, log_bytes=10_000, flood_bytes=1_000_000)
    code = "def handler(e, c):\n    while True: print('x' * 1000)"
    _, outcome = invoked(make, code, limits=small)
    assert outcome.kind == "output"


ATTEMPTS = """
    import os, pathlib, signal, socket, subprocess, sys, tempfile, urllib.request
    def handler(event, context):
        done = {}
        def attempt(name, act):
            try:
                done[name] = repr(act())
            except Exception as error:
                done[name] = type(error).__name__
        world, secret, zygote = int(os.environ["WORLD"]), os.environ["SECRET"], os.getppid()
        attempt("tmp", lambda: pathlib.Path(tempfile.gettempdir(), "x").write_text("ok"))
        attempt("own", lambda: len(pathlib.Path("app.py").read_text()) > 0)
        attempt("write own", lambda: pathlib.Path("app.py").write_text("ok"))
        attempt("read", lambda: pathlib.Path(secret).read_text())
        attempt("up", lambda: pathlib.Path("../secret").read_text())
        attempt("list", lambda: os.listdir(os.path.dirname(secret)))
        attempt("shadow", lambda: pathlib.Path("/etc/shadow").read_text())
        attempt("write", lambda: pathlib.Path(os.environ["OPEN"], "x").write_text("x"))
        attempt("memory", lambda: open(f"/proc/{world}/mem", "rb"))
        attempt("descriptors", lambda: os.listdir(f"/proc/{world}/fd"))
        attempt("environ", lambda: open(f"/proc/{world}/environ").read())
        attempt("signal", lambda: os.kill(world, signal.SIGUSR1))
        attempt("net", lambda: socket.create_connection(("127.0.0.1", int(os.environ["PORT"]))))
        attempt("raw", lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM))
        attempt("root", lambda: os.setuid(os.getuid() + 1))
        attempt("shell", lambda: subprocess.run(["cat", secret], capture_output=True).stdout)
        return done
"""


def test_what_it_can_reach(make: Make, isolation: str, tmp_path: Path) -> None:
    if isolation == "limits":
        pytest.skip("resource limits alone keep no attacker in")
    secret = tmp_path / "secret"
    secret.write_text("token")
    everyones = tmp_path / "everyones"
    everyones.mkdir()
    everyones.chmod(0o777)
    env = {"OPEN": str(everyones), "WORLD": str(os.getpid()), "SECRET": str(secret), "PORT": "1"}
    _, outcome = invoked(make, ATTEMPTS, env=env)
    done = json.loads(outcome.payload)
    allowed = {name for name, result in done.items() if not result.endswith("Error")}
    assert allowed == {"tmp", "own", "shell"}
    assert done["shell"] == "b''"
    assert list(everyones.iterdir()) == []


def test_killing_the_parent(make: Make, isolation: str) -> None:
    code = """
        import os, signal
        def handler(event, context):
            if event == "kill":
                for pid in (os.getppid(), -1):
                    try:
                        os.kill(pid, signal.SIGKILL)
                    except OSError:
                        pass
            return "alive"
    """
    if isolation == "limits" and os.getuid() != 0:
        pytest.skip("nothing keeps processes of one user apart here")
    function = make(code, limits=SHORT)
    other = make(code, limits=SHORT)
    assert function.init().kind == other.init().kind == "ok"
    assert function("kill").kind in ("ok", "exit")
    assert function.init().kind == "ok"
    assert function.value() == "alive"
    assert other.value() == "alive"


def test_disk_is_bounded(make: Make) -> None:
    code = """
        import tempfile
        def handler(event, context):
            with tempfile.TemporaryFile(buffering=0) as file:
                for _ in range(20):
                    file.write(b"x" * 2**20)
    """
    _, outcome = invoked(make, code, ephemeral_storage_mb=10)
    assert (outcome.kind, outcome.error_type) == ("error", "OSError")


def test_files_are_bounded(make: Make) -> None:
    code = "def handler(e, c):\n    kept = []\n    while True: kept.append(open('app.py'))"
    _, outcome = invoked(make, code)
    assert (outcome.kind, outcome.error_type) == ("error", "OSError")


def test_time_is_not_spent_waiting_for_the_dead(make: Make) -> None:
    function = make("def handler(e, c): pass", limits=SHORT)
    function.init()
    begun = time.monotonic()
    function.environment.kill()
    function.environment.kill()
    assert time.monotonic() - begun < 5
