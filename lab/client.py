"""The near end of a worker's pipe: typed commands out, events in, and word of its death.

Nothing here draws or imports a world. Events are the worker's (see lab/server.py), and one more:
`{"event": "died", "status": -9, "message": "one sentence"}`; then `restart()` begins anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, Literal

from lab.child import command_of, how_it_ended

Event = dict[str, Any]

_LONGEST_LINE_BYTES = 64 * 1024 * 1024
_PATIENCE_S = 2.0


class WorkerClient:
    """One worker process, started by `start`; commands may be given as soon as that returns.

    A command given to a dead worker is dropped: its death is, or soon will be, among the events.
    """

    def __init__(self, command: Sequence[str] | None = None) -> None:
        self._command = list(command or command_of("lab.server"))
        self._process: asyncio.subprocess.Process | None = None
        self._events: asyncio.Queue[Event | None] = asyncio.Queue()
        self._watch: asyncio.Task[None] | None = None
        self._opened: dict[str, Any] | None = None

    @property
    def alive(self) -> bool:
        """Whether the worker runs."""
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int | None:
        """The worker's process id, once started."""
        return None if self._process is None else self._process.pid

    async def start(self) -> None:
        """Start the worker. Its own session: the terminal's Ctrl-C is the screen's to answer."""
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=_LONGEST_LINE_BYTES,
            start_new_session=True,
        )
        self._watch = asyncio.create_task(self._follow(self._process))

    async def restart(self) -> None:
        """Start a new worker, and open what was open before."""
        await self._stop()
        await self.start()
        if self._opened is not None:
            await self._send(self._opened)

    async def close(self) -> None:
        """End the worker and `events()`."""
        await self._stop()
        self._events.put_nowait(None)

    async def events(self) -> AsyncIterator[Event]:
        """Every event in order, across deaths and restarts, until `close`."""
        while (event := await self._events.get()) is not None:
            yield event

    async def open(self, scenario: str, *, seed: int, solution: Path | None) -> None:
        """Open a scenario; without a solution, its reference."""
        self._opened = {"do": "open", "scenario": scenario, "seed": seed}
        if solution is not None:
            self._opened["solution"] = str(solution)
        await self._send(self._opened)

    async def advance(
        self, to: Literal["step_end", "fact", "for"] = "step_end", by_s: float = 0.0
    ) -> None:
        """Let the world run on, at most to the step's end."""
        await self._send({"do": "advance", "to": to, "by_s": by_s})

    async def play(self, rate: float) -> None:
        """Let it run at `rate` virtual seconds a real second, until a pause or the step's end."""
        await self._send({"do": "play", "rate": rate})

    async def pause(self) -> None:
        """Stop where it is."""
        await self._send({"do": "pause"})

    async def rerun(self, step: int) -> None:
        """Afresh, flat out to the end of step `step` (from 0): what a saved file asks for."""
        await self._send({"do": "rerun", "step": step})

    async def goto(self, step: int) -> None:
        """Afresh, flat out to the beginning of step `step` (from 0)."""
        await self._send({"do": "goto", "step": step})

    async def _send(self, command: dict[str, Any]) -> None:
        process = self._process
        if process is None or process.stdin is None or process.returncode is not None:
            return
        with contextlib.suppress(ConnectionError, RuntimeError):
            process.stdin.write(json.dumps(command).encode() + b"\n")
            await process.stdin.drain()

    async def _follow(self, process: asyncio.subprocess.Process) -> None:
        """Pass its events on; when it ends unasked, say how, with its last words."""
        reading = asyncio.create_task(self._read(process))
        listening = asyncio.create_task(_last_line(process.stderr))
        status = await process.wait()
        # What it started may outlive it with a pipe still open: no waiting for that to end.
        await asyncio.wait((reading, listening), timeout=_PATIENCE_S)
        last_words = "" if reading.cancel() else reading.result()
        last_words = last_words or ("" if listening.cancel() else listening.result())
        if process is self._process:
            sentence = f"the lab's worker {how_it_ended(status)}"
            message = f"{sentence}: {last_words}" if last_words else sentence
            self._events.put_nowait({"event": "died", "status": status, "message": message})

    async def _read(self, process: asyncio.subprocess.Process) -> str:
        """Pass its events on till there are no more; what was wrong with the last, if anything."""
        if process.stdout is None:
            return ""
        try:
            async for line in process.stdout:
                self._events.put_nowait(json.loads(line))
        except ValueError as error:  # torn, or without end: there is no following it further
            _kill(process)
            return f"it sent what is no event ({error})"
        return ""

    async def _stop(self) -> None:
        process, watch = self._process, self._watch
        self._process = self._watch = None
        if process is None or watch is None:
            return
        if process.returncode is None and process.stdin is not None:
            with contextlib.suppress(ConnectionError, RuntimeError):
                process.stdin.write(b'{"do":"quit"}\n')
                process.stdin.close()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), _PATIENCE_S)
        _kill(process)
        await watch


async def _last_line(stream: asyncio.StreamReader | None) -> str:
    last = ""
    with contextlib.suppress(ValueError):
        while stream is not None and (line := await stream.readline()):
            last = line.decode(errors="replace").strip() or last
    return last


def _kill(process: asyncio.subprocess.Process) -> None:
    """End the worker's whole process group: what it started goes with it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
