"""The warm parent, as the world holds it: started once, asked for environments, ended whole.

It has boto3 imported, so an environment is a fork of about two milliseconds and not a start of six
hundred. If it dies (a hostile child may manage that where there are no namespaces), the next spawn
starts another; the environments of the dead one are dead too, and say so at their next use.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

from simulator.aws.runtime import frames
from simulator.aws.runtime.spec import EnvironmentSpec

_ROOT = Path(__file__).parents[3]
_START = (
    "import sys; sys.path.insert(0, {root!r}); from simulator.aws.runtime.warm import main; main()"
)
_PR_SET_DUMPABLE = 4
_ANSWER_S = 20.0  # real seconds: a warm parent that is silent for so long is broken


class ZygoteError(Exception):
    """The warm parent could not start, or could not give an environment."""


class Connection:
    """One environment's pipe and process. `generation` names the warm parent it came from."""

    def __init__(self, pipe: socket.socket, pid: int, watch_pid: int, generation: int) -> None:
        """Hold the world's end of the pipe; `watch_pid` is the pid as the world sees it."""
        self.pipe, self.pid, self.watch_pid, self.generation = pipe, pid, watch_pid, generation


class Zygote:
    """Starts lazily; a context manager. Not for use from several threads at once."""

    def __init__(self, isolation: str = "best") -> None:
        """`isolation` is best, namespaces, landlock or limits; see `sandbox`."""
        self._wanted = isolation
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._generation = 0
        self.isolation = ""

    def spawn(self, spec: EnvironmentSpec) -> Connection:
        """Fork an environment. Raises ZygoteError in one sentence."""
        request = {
            "op": "spawn",
            "code_dir": str(spec.code_dir.absolute()),
            "layers": [str(layer.absolute()) for layer in spec.layers],
            "tmp_dir": str(spec.tmp_dir.absolute()),
            "modules": str(spec.modules.absolute()) if spec.modules else "",
            "mounts": [(str(folder.absolute()), path) for folder, path in spec.mounts],
            "program": list(spec.program),
            "memory_mb": spec.memory_mb,
            "ephemeral_storage_mb": spec.ephemeral_storage_mb,
        }
        if not spec.code_dir.is_dir():
            raise ZygoteError(
                f"the function's code folder {spec.code_dir} does not exist; unpack it first"
            )
        spec.tmp_dir.mkdir(parents=True, exist_ok=True)
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                answer, fds = self._ask(request, [theirs.fileno()])
                if answer is None:  # it died since we last spoke: one more try with a new one
                    self._stop()
                    answer, fds = self._ask(request, [theirs.fileno()])
            if answer is None or answer["op"] != "spawned":
                why = (answer or {}).get("message", "the warm parent died")
                raise ZygoteError(f"no execution environment could be started: {why}")
        except BaseException:
            ours.close()
            raise
        return Connection(ours, answer["pid"], _watch_pid(answer["pid"], fds), self._generation)

    def end(self, connection: Connection) -> int | None:
        """End an environment and all it started; answer its wait status, None if nobody knows."""
        connection.pipe.close()
        if connection.generation != self._generation or self._process is None:
            return None
        answer, _ = self._ask({"op": "end", "pid": connection.pid}, [])
        if answer is None:
            self._stop()
            return None
        return int(answer["status"])

    @property
    def pid(self) -> int | None:
        """The started process, or None before the first spawn."""
        return self._process.pid if self._process else None

    def close(self) -> None:
        """End the warm parent and every environment."""
        self._stop()

    def __enter__(self) -> Zygote:
        """Start nothing yet."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""
        self.close()

    def _ask(
        self, request: dict[str, Any], fds: list[int]
    ) -> tuple[dict[str, Any] | None, list[int]]:
        self.start()
        control = self._control
        assert control is not None
        data = frames.encode(request)
        try:
            if fds:
                socket.send_fds(control, [data], fds)
            else:
                control.sendall(data)
            return _read_frame(control)
        except OSError:
            return None, []

    def start(self) -> None:
        """Start the warm parent now, if it is not running. Raises ZygoteError in one sentence."""
        if self._process is not None:
            return
        _hide_memory()
        ours, theirs = socket.socketpair()
        ours.settimeout(_ANSWER_S)
        environ = {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "LANG": "C.UTF-8"}
        environ |= {"TZ": ":UTC", "PATH": os.defpath, "MALLOC_ARENA_MAX": "2"}
        with theirs:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-s",
                    "-P",
                    "-c",
                    _START.format(root=str(_ROOT)),
                    self._wanted,
                    str(theirs.fileno()),
                ],
                env=environ,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._control = ours
        self._generation += 1
        try:
            ready, _ = _read_frame(ours)
        except OSError:
            ready = None
        if ready is None or ready.get("op") != "ready":
            self._process.kill()
            _, said = self._process.communicate()
            self._stop()
            last = said.decode("utf-8", "replace").strip().splitlines()[-1:] or ["it said nothing"]
            raise ZygoteError(f"the warm parent of functions did not start: {last[0]}")
        self.isolation = ready["isolation"]

    def _stop(self) -> None:
        process, self._process = self._process, None
        control, self._control = self._control, None
        if control is not None:
            control.close()  # the warm parent reads the end of its socket, ends its children, exits
        if process is None:
            return
        try:
            process.wait(_ANSWER_S / 4)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if process.stderr is not None:
            process.stderr.close()


def _read_frame(control: socket.socket) -> tuple[dict[str, Any] | None, list[int]]:
    data, fds, _, _ = socket.recv_fds(control, frames.SIZES_BYTES, 1)
    while len(data) < frames.SIZES_BYTES:
        more = control.recv(frames.SIZES_BYTES - len(data))
        if not more:
            return None, []
        data += more
    rest, header_bytes = frames.sizes(data)
    body = b""
    while len(body) < rest:
        more = control.recv(rest - len(body))
        if not more:
            return None, []
        body += more
    return frames.decode(body, header_bytes)[0], list(fds)


def _watch_pid(pid: int, fds: list[int]) -> int:
    # Behind a pid namespace the child's own number means nothing here; its pidfd tells ours.
    if not fds:
        return pid
    try:
        for line in Path(f"/proc/self/fdinfo/{fds[0]}").read_text().splitlines():
            if line.startswith("Pid:"):
                return int(line.split()[1])
    finally:
        os.close(fds[0])
    return 0


def _hide_memory() -> None:
    # A child of the same user could read our memory and our descriptors through /proc otherwise.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
