"""What the world does for a function's process while it runs: time, calls, logs, one deadline."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from simulator.http import HttpRequest, HttpResponse
from simulator.kernel.fiber import sleep, wait_until

if TYPE_CHECKING:
    from simulator.world import World


FREE_CALLS = 1_000
"""How many calls of an invocation may share an instant; a loop of calls has to end some time."""

CALL_S = 0.001
"""What each further call takes: no call is faster on AWS."""


class FunctionTimedOut(Exception):
    """The invocation's time is up."""


class Execution:
    """The world's side of one init or invocation, bounded by `deadline_s`."""

    def __init__(
        self,
        world: World,
        send: Callable[[HttpRequest], HttpResponse],
        function: str,
        request_id: str,
        write: Callable[[str], None],
    ) -> None:
        self._world = world
        self._send = send
        self._function = function
        self._write = write
        self.request_id = request_id
        self.deadline_s = float("inf")
        self._calls = 0
        self.lines: list[str] = []
        self.log_bytes = 0

    def now_s(self) -> float:
        """The virtual time in unix seconds."""
        return self._world.clock.unix_s

    def sleep(self, seconds: float) -> None:
        """Let virtual time pass. Raises FunctionTimedOut where that reaches the deadline."""
        left_s = self.deadline_s - self._world.now_s
        sleep(min(seconds, max(0.0, left_s)))
        if seconds >= left_s:
            raise FunctionTimedOut

    def http(self, request: HttpRequest, timeout_s: float | None = None) -> HttpResponse:
        """Send in a fiber of its own: what was sent goes on even if the caller stops waiting."""
        world = self._world
        self._calls += 1
        if self._calls > FREE_CALLS:
            self.sleep(CALL_S)
        call = world.spawn(self._send, request, name=f"{request.method} {request.url}", daemon=True)
        left_s = self.deadline_s - world.now_s
        patience_s = left_s if timeout_s is None else min(left_s, timeout_s)
        call.defuse()
        if wait_until(call.done, patience_s):
            return cast("HttpResponse", call.done.value)
        if world.now_s >= self.deadline_s:
            raise FunctionTimedOut
        raise TimeoutError(f"no answer from {request.url} within {timeout_s} s")

    def log(self, text: str) -> None:
        """Take one log event."""
        self._world.record(
            "lambda.log", function=self._function, request_id=self.request_id, text=text
        )
        self.line(text)

    def line(self, text: str) -> None:
        """Take a line, of the function's or of the platform's own."""
        self.lines.append(text)
        self.log_bytes += len(text.encode(errors="replace"))
        self._write(text)
