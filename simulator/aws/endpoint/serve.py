"""Serve a world on a port until it is told to stop: `paddock serve`."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.aws.endpoint.attention import new_event_loop
from simulator.aws.endpoint.modes import TimeMode, instant_of
from simulator.journal import JournalError
from simulator.model.latency import UnknownProfile

if TYPE_CHECKING:
    from simulator.world import World

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_BACKLOG = 1024
_GRACE_S, _LOOK_S = 1.0, 0.01
_FIRST_YEAR, _LAST_YEAR = 1970, 2900
_Wall = Callable[[], float]
_AS_THE_WALL = TimeMode("paced", 1.0)


class _CannotServe(Exception):
    """Serving cannot begin; the sentence says why and what to do."""


def serve(
    host: str = "127.0.0.1",
    port: int = 4566,
    seed: int = 0,
    start: str | datetime = "now",
    time_mode: str = "auto",
    journal: Path | None = None,
    traffic: str = "none",
) -> int:
    """Serve until SIGINT or SIGTERM. Returns the exit code: 0 stopped, 2 could not begin.

    `start` is "now", an ISO 8601 text or an instant; `time_mode` is auto, paced=N or paused; port 0
    picks a free one; `traffic` is none, typical or degraded. On standard output it says one line,
    when it accepts connections.
    """
    try:
        mode = TimeMode.parse(time_mode)
        behind_s = time.time() - time.perf_counter()
        began = _start(start)
        listener = _listen(host, port)
    except (_CannotServe, ValueError) as error:
        _say(str(error))
        return 2
    with listener:
        if host not in _LOOPBACK:
            _say(f"warning: {host} is not loopback; whoever reaches this machine can use the cloud")
        logging.basicConfig(stream=sys.stderr, level=logging.ERROR, format="paddock: %(message)s")
        from simulator.world import World

        try:
            with World(seed, began, journal=journal, traffic=traffic) as world, world.active():
                _ = world.cloud  # made now: the line on standard output promises answers
                # As the wall is when it answers, not as it was when this began.
                wall = (lambda: behind_s + time.perf_counter()) if start == "now" else None
                return _serve(world, mode, listener, host, wall)
        except (JournalError, UnknownProfile) as error:
            _say(str(error))
            return 2


def _serve(
    world: World, mode: TimeMode, listener: socket.socket, host: str, wall: _Wall | None
) -> int:
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(_until_told_to_stop(world, mode, listener, host, wall))
    return 0


async def _until_told_to_stop(
    world: World, mode: TimeMode, listener: socket.socket, host: str, wall: _Wall | None
) -> None:
    from simulator.aws.endpoint.app import Endpoint
    from simulator.aws.endpoint.http1 import Connection
    from simulator.aws.endpoint.timekeeper import Timekeeper

    loop, told = asyncio.get_running_loop(), asyncio.Event()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signal_number, told.set)
    if wall is not None and mode == _AS_THE_WALL:
        world.run(until=wall() - world.clock.start.timestamp())
    keeper = Timekeeper(world, mode)
    endpoint = Endpoint(keeper, host)
    connections: set[Connection] = set()
    server = await loop.create_server(
        lambda: Connection(endpoint.serve, connections), sock=listener, backlog=_BACKLOG
    )
    sys.stdout.write(f"listening on {_address(listener)}\n")
    sys.stdout.flush()
    await told.wait()
    server.close()
    keeper.close()
    ends_s = loop.time() + _GRACE_S
    while any(connection.busy for connection in connections) and loop.time() < ends_s:
        await asyncio.sleep(_LOOK_S)  # what was being answered still gets its answer
    for connection in tuple(connections):
        connection.close()


def _start(start: str | datetime) -> datetime:
    if start == "now":
        return datetime.now(UTC).replace(microsecond=0)
    instant = instant_of(start) if isinstance(start, str) else start
    if not _FIRST_YEAR <= instant.year <= _LAST_YEAR:
        raise _CannotServe(
            f"a world cannot begin in {instant.year}; choose a --start from {_FIRST_YEAR} "
            f"to {_LAST_YEAR}"
        )
    return instant


def _listen(host: str, port: int) -> socket.socket:
    """A socket that is bound and listens. Raises _CannotServe with a sentence."""
    if not 0 <= port <= 65_535:
        raise _CannotServe(f"port {port} is not a port; choose 0 to 65535 with --port")
    try:
        # Its protocol must be named: only on a TCP socket does asyncio send small answers at once.
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as error:
        raise _CannotServe(f"the host {host!r} is unknown; give one of this machine") from error
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            sentence = f"port {port} is in use; stop what uses it or choose another with --port"
        elif error.errno == errno.EACCES:
            sentence = f"port {port} needs privileges; choose one above 1023 with --port"
        else:
            reason = os.strerror(error.errno or 0)
            sentence = f"cannot listen on {host} port {port} ({reason}); choose another"
        raise _CannotServe(sentence) from error
    listener.setblocking(False)
    return listener


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::", "::1"):  # noqa: S104  (what to call it, not what to bind)
        host = "127.0.0.1" if ":" not in host else "[::1]"
    return f"http://{host}:{port}"


def _say(sentence: str) -> None:
    sys.stderr.write(f"paddock: {sentence}\n")
