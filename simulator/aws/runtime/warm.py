"""The warm parent's own program: imports boto3 once, then forks an environment per request.

Started by `zygote.Zygote` with a strength and its end of a control socket as arguments. Requests
and replies are frames; a spawn request carries the new environment's pipe. It ends, and everything
it started with it, when the world closes the socket.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import json
import logging
import os
import signal
import socket
import sys
from typing import Any, NoReturn

from simulator.aws.runtime import frames
from simulator.aws.runtime.sandbox import linux
from simulator.aws.runtime.sandbox.cell import Cell, Folders

_COMMON_SERVICES = ("dynamodb", "events", "lambda", "s3", "sns", "sqs", "stepfunctions")


def main() -> NoReturn:
    """Prepare, say so, and serve until the world is gone."""
    if linux.IS_LINUX and linux.fix_addresses():
        # Addresses show in reprs and order sets of objects: begin again with ones that repeat.
        os.execv(sys.executable, sys.orig_argv)  # noqa: S606
    fd = int(sys.argv[2])
    os.set_inheritable(fd, False)
    control = socket.socket(fileno=fd)
    cell = Cell.prepare(sys.argv[1])
    warm = Warm(control, cell)
    control.sendall(frames.encode({"op": "ready", "isolation": cell.isolation}))
    warm.serve()


class Warm:
    """The prepared parent. What it imports and binds, every child has."""

    def __init__(self, control: socket.socket, cell: Cell) -> None:
        """Import boto3 and take over clock, chance and network."""
        # time_machine would load pytest where it finds it: half the start, and not in Lambda.
        vars(sys)["modules"]["pytest"] = None
        from simulator.aws.runtime.inside.turns import Turns

        turns = Turns()
        turns.install()  # before anything is imported that keeps a lock
        from simulator.aws.runtime.inside import channel, main
        from simulator.aws.runtime.inside.chance import Chance
        from simulator.aws.runtime.inside.clock import Clock
        from simulator.aws.runtime.inside.network import Network

        clock = Clock(turns)
        _warm_boto3()
        self._control, self._cell = control, cell
        self._environment, self._channel = main.Environment, channel.Channel
        cell.furnish()
        self._prepared = (clock, Chance(), Network())
        main.settle(*self._prepared)
        del sys.modules["pytest"]
        _hide_packages()
        main.forget_ourselves()
        gc.collect()
        gc.freeze()  # keeps the children's collector off the pages they share with us

    def serve(self) -> NoReturn:
        """Answer requests until the socket closes."""
        while True:
            request, fds = _receive(self._control)
            if request is None:
                self._cell.end_all()
                os._exit(0)
            if request["op"] == "spawn":
                self._spawn(request, fds[0])
            elif request["op"] == "end":
                status = self._cell.end(int(request["pid"]))
                self._control.sendall(frames.encode({"op": "ended", "status": status}))

    def _spawn(self, request: dict[str, Any], pipe: int) -> None:
        try:
            pid = self._cell.fork()
        except OSError as error:
            os.close(pipe)
            self._control.sendall(frames.encode({"op": "failed", "message": str(error)}))
            return
        if pid == 0:
            self._live(request, pipe)
        os.close(pipe)
        reply = frames.encode({"op": "spawned", "pid": pid})
        try:
            handle = linux.pidfd(pid) if self._cell.isolation == "namespaces" else -1
        except OSError:
            handle = -1
        if handle < 0:
            self._control.sendall(reply)
            return
        socket.send_fds(self._control, [reply], [handle])
        os.close(handle)

    def _live(self, request: dict[str, Any], pipe: int) -> NoReturn:
        status = 70
        try:
            self._control.close()
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            os.set_inheritable(pipe, False)
            folders = self._cell.enter(request)
            if request["program"]:
                _become(request["program"], pipe, folders)
            self._environment(self._channel(pipe), *self._prepared, folders).serve()
        except BaseException as error:
            told = {"op": "broken", "message": f"{type(error).__name__}: {error}"}
            if isinstance(error, MemoryError):
                told = {"op": "memory"}
            with contextlib.suppress(OSError):
                os.write(pipe, frames.encode(told))
        os._exit(status)


def _become(program: list[str], pipe: int, folders: Folders) -> NoReturn:
    """Run another program in this process' place; it finds the pipe and its folders by name."""
    null = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(null, standard)
    os.set_inheritable(pipe, True)
    told = vars(folders)
    environ = {
        "PADDOCK_FD": str(pipe),
        "PADDOCK_FOLDERS": json.dumps(told),
        "HOME": folders.tmp,
        "TZ": "UTC",
        "UV_THREADPOOL_SIZE": "1",  # what it does beside the code ends in the order it began
    }
    os.chdir(folders.task)
    os.execve(program[0], program, environ)  # noqa: S606


def _warm_boto3() -> None:
    # A client imports modules and reads models by its first use: 70 ms that no child has to spend.
    import boto3
    import boto3.dynamodb.conditions
    import botocore.loaders

    loader: Any = botocore.loaders.JSONFileLoader
    real_load = loader.load_file

    @functools.cache
    def load(path: str) -> Any:
        return real_load(loader(), path)

    loader.load_file = lambda _self, file_path: load(file_path)
    finder: Any = botocore.loaders.Loader
    real_list, found = finder.list_available_services, {}

    def list_services(self: Any, type_name: str) -> Any:
        # A walk through hundreds of folders, the same in every child that brings no models.
        key = (type_name, *(path for path in self.search_paths if os.path.isdir(path)))  # noqa: PTH112
        if key not in found:
            found[key] = real_list(self, type_name)
        return list(found[key])

    finder.list_available_services = list_services
    client: Any = boto3.client
    for service in _COMMON_SERVICES:
        client(service, "us-east-1")
    boto3.resource("dynamodb", "us-east-1")
    boto3.DEFAULT_SESSION = None
    # AWS's own environments have no endpoint to find: handlers that log as INFO would tell of ours.
    logging.getLogger("botocore.configprovider").addFilter(
        lambda record: not str(record.msg).startswith("Found endpoint")
    )


def _hide_packages() -> None:
    # Lambda's Python has the standard library and boto3 with what it needs, and nothing else; those
    # packages are loaded by now and find their own submodules without sys.path.
    kept = [os.path.dirname(os.__file__)]  # noqa: PTH120
    sys.path[:] = [
        entry
        for entry in sys.path
        if (entry.startswith(kept[0]) or entry.endswith(".zip")) and "-packages" not in entry
    ]
    sys.meta_path[:] = [finder for finder in sys.meta_path if "ditable" not in repr(finder)]


def _receive(control: socket.socket) -> tuple[dict[str, Any] | None, list[int]]:
    data, fds, _, _ = socket.recv_fds(control, frames.SIZES_BYTES, 1, socket.MSG_WAITALL)
    if len(data) < frames.SIZES_BYTES:
        return None, []
    rest, header_bytes = frames.sizes(data)
    body = control.recv(rest, socket.MSG_WAITALL)
    if len(body) < rest:
        return None, []
    return frames.decode(body, header_bytes)[0], list(fds)
