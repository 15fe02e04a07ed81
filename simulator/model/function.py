"""A Lambda function in virtual time: its execution environments and its invocations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast

from simulator.http import HttpRequest, HttpResponse
from simulator.kernel.fiber import on_behalf, sleep, wait_until
from simulator.model.invocation import Calls, Invocation, Outcome, error_payload

if TYPE_CHECKING:
    from simulator.world import World

COLD_START_S = 0.25
"""How long a new environment takes to be ready. AWS: from under 100 ms to over 1 s.

Source: Lambda Developer Guide, "Understanding the Lambda execution environment lifecycle".
"""

CPU_S = 5.0
"""Seconds of processor time an invocation may take, in real life, before it counts as endless."""

CPU_AGAIN_S = 1.0
"""The same for a function that was found to be endless once."""

RETRY_DELAYS_S = (60.0, 120.0)
"""How long Lambda waits before each retry of an asynchronous invocation that failed.

Source: Lambda Developer Guide, "How Lambda handles errors and retries with asynchronous
invocation".
"""


class FunctionTimedOut(Exception):
    """The invocation's time is up."""


class Environment(Protocol):
    """An execution environment: a process that loads the handler and serves it events."""

    def init(self, calls: Calls) -> Outcome:
        """Load the handler's module."""

    def invoke(self, invocation: Invocation, calls: Calls) -> Outcome:
        """Serve one event."""

    def kill(self) -> None:
        """End it at once."""


# A function acts for itself, not for the state of the workflow that invoked it.
_NOBODY_ELSE = dict.fromkeys(("machine", "execution", "state", "role"))


@dataclass(frozen=True)
class Version:
    """One deployed version of a function: what makes its environments, and its limits."""

    name: str
    arn: str
    version: str
    timeout_s: float
    memory_mb: int
    launch: Callable[[int, float], Environment]
    """Make the environment of a number, which may compute for so many seconds an invocation."""
    numbers: Iterator[int]
    """Numbers for environments, never used twice, whatever version of the function they run."""


@dataclass(frozen=True)
class Result:
    """What an invocation came to: `payload` is the answer or, with `failed`, the error JSON."""

    payload: bytes
    failed: bool
    log_lines: tuple[str, ...]


@dataclass
class _Place:
    environment: Environment
    number: int


class Function:
    """The environments of one version and their invocations, each in its caller's fiber."""

    def __init__(
        self,
        world: World,
        version: Version,
        send: Callable[[HttpRequest], HttpResponse],
        write_log: Callable[[int, str], None],
    ) -> None:
        self._world = world
        self._version = version
        self._send = send
        self._write_log = write_log
        self._idle: list[_Place] = []
        self._places: dict[int, _Place] = {}
        self._cpu_s = CPU_S

    def invoke(self, payload: bytes, request_id: str, client_context: str = "") -> Result:
        """Serve one event and wait for the answer; takes the virtual time the function takes."""
        version, world = self._version, self._world
        with on_behalf(
            actor=f"lambda:{version.name}",
            function=version.name,
            lambda_arn=version.arn,
            **_NOBODY_ELSE,
        ):
            cold = not self._idle
            place = self._new_place() if cold else self._idle.pop()
            world.record(
                "lambda.started",
                function=version.name,
                request_id=request_id,
                cold=cold,
                init_s=COLD_START_S if cold else 0.0,
            )
            service = _Service(world, self._send, version.name, request_id)
            service.log_to(lambda text: self._write_log(place.number, text))
            outcome = self._initialise(place, service) if cold else None
            began_s = world.now_s
            service.line(f"START RequestId: {request_id} Version: {version.version}")
            if outcome is None:
                invocation = Invocation(
                    request_id=request_id,
                    payload=payload,
                    deadline_s=world.clock.unix_s + version.timeout_s,
                    function_arn=version.arn,
                    function_version=version.version,
                    client_context=client_context,
                )
                outcome = self._serve(place, invocation, service)
            return self._finish(place, outcome, service, began_s)

    def close(self) -> None:
        """End all environments."""
        for place in self._places.values():
            place.environment.kill()
        self._places.clear()
        self._idle.clear()

    def _new_place(self) -> _Place:
        number = next(self._version.numbers)
        place = _Place(self._version.launch(number, self._cpu_s), number)
        self._places[number] = place
        return place

    def _initialise(self, place: _Place, service: _Service) -> Outcome | None:
        """Load the module of a new environment; the outcome if that failed."""
        sleep(COLD_START_S)
        service.deadline_s = self._world.now_s + _INIT_LIMIT_S
        try:
            outcome = place.environment.init(service)
        except FunctionTimedOut:
            place.environment.kill()
            return _timed_out(service.request_id, _INIT_LIMIT_S)
        return None if outcome.kind == "ok" else outcome

    def _serve(self, place: _Place, invocation: Invocation, service: _Service) -> Outcome:
        timeout_s = self._version.timeout_s
        service.deadline_s = self._world.now_s + timeout_s
        try:
            outcome = place.environment.invoke(invocation, service)
        except FunctionTimedOut:
            place.environment.kill()
            return _timed_out(invocation.request_id, timeout_s)
        if outcome.kind == "cpu":  # it computed on and on: on Lambda, until its time was up
            self._cpu_s = CPU_AGAIN_S
            sleep(max(0.0, service.deadline_s - self._world.now_s))
            return _timed_out(invocation.request_id, timeout_s)
        return outcome

    def _finish(self, place: _Place, outcome: Outcome, service: _Service, began_s: float) -> Result:
        world, version = self._world, self._version
        duration_s = round(world.now_s - began_s, 6)
        if outcome.kind in ("ok", "error") and place.number in self._places:
            self._idle.append(place)
        else:
            self._places.pop(place.number, None)
            place.environment.kill()
        failed = outcome.kind != "ok"
        # To Lambda a function that computes on and on is one that ran out of time.
        kind = "timeout" if outcome.kind == "cpu" else outcome.kind
        told: dict[str, Any] = {"outcome": kind, "duration_s": duration_s}
        if failed:
            told |= {"error_type": outcome.error_type, "error": outcome.detail}
            service.line(outcome.detail)
        world.record("lambda.ended", function=version.name, request_id=service.request_id, **told)
        service.line(f"END RequestId: {service.request_id}")
        duration_ms = duration_s * 1000
        service.line(
            f"REPORT RequestId: {service.request_id}\tDuration: {duration_ms:.2f} ms\t"
            f"Billed Duration: {-(-duration_ms // 1):.0f} ms\tMemory Size: {version.memory_mb} MB"
        )
        return Result(outcome.payload, failed, tuple(service.lines))


_INIT_LIMIT_S = 10.0  # Lambda Developer Guide, "Lambda execution environment lifecycle", Init phase


def _timed_out(request_id: str, timeout_s: float) -> Outcome:
    sentence = f"RequestId: {request_id} Error: Task timed out after {timeout_s:.2f} seconds"
    return Outcome("cpu", error_payload("Sandbox.Timedout", sentence, request_id), sentence)


class _Service:
    """What the world does for a function's process, bounded by the invocation's deadline."""

    def __init__(
        self,
        world: World,
        send: Callable[[HttpRequest], HttpResponse],
        function: str,
        request_id: str,
    ) -> None:
        self._world = world
        self._send = send
        self._function = function
        self._write: Callable[[str], None] = lambda _: None
        self.request_id = request_id
        self.deadline_s = float("inf")
        self.lines: list[str] = []

    def log_to(self, write: Callable[[str], None]) -> None:
        self._write = write

    def now_s(self) -> float:
        return self._world.clock.unix_s

    def sleep(self, seconds: float) -> None:
        left_s = self.deadline_s - self._world.now_s
        sleep(min(seconds, max(0.0, left_s)))
        if seconds >= left_s:
            raise FunctionTimedOut

    def http(self, request: HttpRequest, timeout_s: float | None = None) -> HttpResponse:
        """Send in a fiber of its own: what was sent goes on even if the caller stops waiting."""
        world = self._world
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
        self._world.record(
            "lambda.log", function=self._function, request_id=self.request_id, text=text
        )
        self.line(text)

    def line(self, text: str) -> None:
        self.lines.append(text)
        self._write(text)
