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
from collections import deque
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
        words = asyncio.create_task(_last_line(process.stderr))
        problem = ""
        try:
            async for line in process.stdout:  # type: ignore[union-attr]  # it is a pipe
                self._events.put_nowait(json.loads(line))
        except ValueError as error:  # a torn line, or one without end: it cannot be followed on
            problem = f"it sent what is no event ({error})"
            _kill(process)
        status = await process.wait()
        with contextlib.suppress(TimeoutError):  # a grandchild may hold its stderr open
            problem = problem or await asyncio.wait_for(words, _PATIENCE_S)
        message = f"the lab's worker {how_it_ended(status)}" + (f": {problem}" if problem else "")
        self._events.put_nowait({"event": "died", "status": status, "message": message})

    async def _stop(self) -> None:
        process, watch = self._process, self._watch
        self._process = self._watch = None
        if watch is not None:
            watch.cancel()  # its end was asked for: no word of it
            with contextlib.suppress(asyncio.CancelledError):
                await watch
        if process is None:
            return
        if process.returncode is None and process.stdin is not None:
            with contextlib.suppress(ConnectionError, RuntimeError):
                process.stdin.write(b'{"do":"quit"}\n')
                process.stdin.close()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.communicate(), _PATIENCE_S)
        _kill(process)
        await process.wait()


async def _last_line(stream: asyncio.StreamReader | None) -> str:
    lines: deque[str] = deque(maxlen=1)
    if stream is None:
        return ""
    with contextlib.suppress(ValueError):
        async for line in stream:
            if text := line.decode(errors="replace").strip():
                lines.append(text)
    return lines[0] if lines else ""


def _kill(process: asyncio.subprocess.Process) -> None:
    """End the worker's whole process group: what it started goes with it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
