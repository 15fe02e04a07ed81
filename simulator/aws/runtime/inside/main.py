"""The life of one execution environment, from the fork to its end: load once, then serve events."""

from __future__ import annotations

import os
import sys
import threading
from typing import Any

from simulator.aws.runtime.inside import context, loading, signals
from simulator.aws.runtime.inside.chance import Chance
from simulator.aws.runtime.inside.channel import Channel
from simulator.aws.runtime.inside.clock import Clock
from simulator.aws.runtime.inside.network import Network
from simulator.aws.runtime.inside.output import Output
from simulator.aws.runtime.sandbox.cell import Folders


class Environment:
    """The process' own view of itself."""

    def __init__(
        self, channel: Channel, clock: Clock, chance: Chance, network: Network, folders: Folders
    ) -> None:
        """Bind what the warm parent prepared to this process' pipe."""
        self._channel, self._clock, self._folders = channel, clock, folders
        self._names = _names(folders)
        self._handler: Any = None
        self._chance = chance
        channel.on_now = clock.move
        clock.connect(channel.sleep)
        network.connect(channel)
        self._output = Output(channel, self._names.shown_in)
        channel.before_call = self._output.drain
        signals.install(channel)

    def serve(self) -> None:
        """Obey the world until it closes the pipe."""
        while True:
            header, payload = self._channel.receive()
            if header["op"] == "init":
                self._guarded(lambda header=header: self._init(header), "")
            elif header["op"] == "invoke":
                self._guarded(
                    lambda header=header, payload=payload: self._invoke(header, payload),
                    header["request_id"],
                )

    def _init(self, spec: dict[str, Any]) -> bytes:
        self._chance.reseed(spec["seed"])
        os.environ.clear()
        os.environ.update(context.variables(spec, self._folders.tmp))
        self._output.follow(os.environ)
        os.chdir(self._folders.task)
        loading.use_folders(_module_path(self._folders, spec["runtime"]), self._names)
        self._handler = loading.find_handler(spec["handler"], self._names)
        return b""

    def _invoke(self, header: dict[str, Any], payload: bytes) -> bytes:
        self._output.begin(header["request_id"])
        if header["trace_id"]:
            os.environ["_X_AMZN_TRACE_ID"] = header["trace_id"]
        about = context.LambdaContext(header, dict(os.environ), lambda: self._clock.now_s)
        return loading.run_handler(self._handler, payload, about)

    def _guarded(self, act: Any, request_id: str) -> None:
        kind = "ok"
        try:
            payload = act()
        except MemoryError:
            # Lambda's kernel would have killed the process at this allocation; do as it does.
            self._end("memory")
        except SystemExit as error:
            self._output.flush()
            self._end("exit", _status(error.code))
        except BaseException as error:
            kind = "error"
            payload, text = loading.describe(error, request_id, self._names)
            self._output.flush()
            self._output.failure(payload, text)
        self._output.flush()
        self._channel.post({"op": "result", "kind": kind}, payload)

    def _end(self, why: str, status: int = 1) -> None:
        if why == "memory":
            self._channel.post({"op": "memory"})
        os._exit(status)


def _names(folders: Folders) -> loading.Names:
    pairs = [(folders.task, "/var/task"), (folders.tmp, "/tmp")]  # noqa: S108
    return loading.Names(pairs + [(layer, "/opt") for layer in folders.layers])


def _module_path(folders: Folders, runtime: str) -> list[str]:
    # The function's own folder first, then the layers', the last one first. A layer is made for the
    # runtime that is named, which may be another than the one that runs.
    versions = dict.fromkeys((runtime, f"python{sys.version_info[0]}.{sys.version_info[1]}"))
    path = [folders.task]
    for layer in reversed(folders.layers):
        path.append(f"{layer}/python")
        path += [f"{layer}/python/lib/{version}/site-packages" for version in versions]
    return path


def _status(code: Any) -> int:
    if code is None:
        return 0
    return code & 0xFF if isinstance(code, int) else 1


def forget_ourselves() -> None:
    """Hide the simulator's modules, so that a function may have one of the same name."""
    for name in list(sys.modules):
        if name == "simulator" or name.startswith("simulator."):
            del sys.modules[name]


def settle(clock: Clock, chance: Chance, network: Network) -> None:
    """Do in the warm parent what every environment needs and no fork undoes."""
    sys.setswitchinterval(1000)  # seconds: threads take turns where they wait, not at random
    threading.stack_size(2 * 2**20)  # counts against the memory limit, so keep it modest
    clock.install()
    chance.install()
    network.install()
