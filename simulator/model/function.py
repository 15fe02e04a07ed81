"""A Lambda function in virtual time: its execution environments and its invocations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any, Protocol

from simulator.http import HttpRequest, HttpResponse
from simulator.kernel.fiber import on_behalf, sleep
from simulator.model import lineage
from simulator.model.execution import Execution, FunctionTimedOut
from simulator.model.invocation import Calls, Invocation, Outcome, error_payload
from simulator.model.report import AS_TEXT, Logging, Measures, Report

if TYPE_CHECKING:
    from simulator.world import World

COLD_START_S = 0.25
"""How long a new environment takes to be ready. AWS: from under 100 ms to over 1 s.

Source: Lambda Developer Guide, "Understanding the Lambda execution environment lifecycle".
"""

IDLE_S = 900.0
"""How long an environment without work is kept. AWS says that it ends them, and not when."""

VCPU_MB = 1_769.0
"""Memory that comes with one virtual processor (Lambda Developer Guide, "Configure Lambda function
memory"); a handler of one thread gains nothing from more."""

CPU_S = 5.0
"""Seconds of processor time an invocation may take, in real life, before it counts as endless."""

CPU_AGAIN_S = 1.0
"""The same for a function that was found to be endless once."""

_INIT_LIMIT_S = 10.0  # Lambda Developer Guide, "Lambda execution environment lifecycle", Init phase


class Environment(Protocol):
    """An execution environment: a process that loads the handler and serves it events."""

    def init(self, calls: Calls, request_id: str = "") -> Outcome:
        """Load the handler's module."""

    def invoke(self, invocation: Invocation, calls: Calls) -> Outcome:
        """Serve one event."""

    def kill(self) -> None:
        """End it at once."""


# A function acts for itself, not for the state of the workflow that invoked it, and waits for real.
_NOBODY_ELSE = dict.fromkeys(("machine", "execution", "state", "role", "trigger"))


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
    billed: dict[str, Any]
    """What a bill wants to know of it: account, region, architecture …; told in its facts."""
    logging: Logging = AS_TEXT
    work_s: Callable[[], float] = lambda: 0.0
    """Seconds of one virtual processor that an invocation takes."""


@dataclass(frozen=True)
class Result:
    """What an invocation came to: `payload` is the answer or, with `failed`, the error JSON."""

    payload: bytes
    failed: bool
    log_lines: tuple[str, ...]
    request_id: str = ""


@dataclass
class _Place:
    environment: Environment
    number: int
    idle_since_s: float = 0.0
    provisioned: bool = False


@dataclass
class _Turn:
    """One invocation under way."""

    place: _Place
    service: Execution
    trigger: str
    cold: bool
    report: Report
    init_s: float = 0.0


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
        self._retired = False

    @property
    def busy(self) -> int:
        """How many environments are at work."""
        return len(self._places) - len(self._idle)

    def invoke(
        self,
        payload: bytes,
        request_id: str,
        client_context: str = "",
        *,
        arn: str = "",
        trigger: str = "",
    ) -> Result:
        """Serve one event and wait for the answer; takes the virtual time the function takes.

        `arn` is what the caller named it by, with or without a qualifier; `trigger` who calls.
        """
        version, world = self._version, self._world
        with on_behalf(
            actor=f"lambda:{version.name}",
            function=version.name,
            lambda_arn=version.arn,
            lineage=lineage.longer(version.arn),
            **_NOBODY_ELSE,
        ):
            place = self._free_place()
            cold = place is None
            place = place or self._new_place()
            world.record(
                "lambda.started",
                function=version.name,
                version=version.version,
                request_id=request_id,
                cold=cold,
                init_s=COLD_START_S if cold else 0.0,
                trigger=trigger,
            )
            service = self._service(place, request_id)
            turn = _Turn(place, service, trigger, cold, self._report(service))
            came_s = world.now_s
            outcome = self._initialise(turn.place, service, turn.report) if cold else None
            began_s = world.now_s
            turn.init_s = began_s - came_s
            turn.report.start()
            if outcome is None or outcome.kind == "cpu":
                invocation = Invocation(
                    request_id=request_id,
                    payload=payload,
                    deadline_s=world.clock.unix_s + version.timeout_s,
                    function_arn=arn or version.arn,
                    function_version=version.version,
                    client_context=client_context,
                )
                outcome = self._serve(place, invocation, service, outcome)
            return self._finish(turn, outcome, began_s)

    def provision(self, count: int) -> None:
        """Have `count` environments ready before anybody calls; takes the time of their start."""
        kept = [place for place in self._places.values() if place.provisioned]
        for place in kept[count:]:
            place.provisioned = False
        for _ in range(count - len(kept)):
            place = self._new_place()
            place.provisioned = True
            outcome = self._initialise(place, self._service(place, "provisioned"))
            if outcome is None:
                self._idle.insert(0, place)
            else:
                self._end(place)
        sleep(COLD_START_S if count > len(kept) else 0.0)

    def retire(self) -> None:
        """Take no more work: what runs comes to its end, and its environment with it."""
        self._retired = True
        for place in self._idle:
            self._end(place)
        self._idle.clear()

    def close(self) -> None:
        """End all environments."""
        for place in self._places.values():
            place.environment.kill()
        self._places.clear()
        self._idle.clear()

    def _free_place(self) -> _Place | None:
        """An environment that waits for work; those that waited for too long are ended."""
        while self._idle:
            place = self._idle.pop()
            if place.provisioned or self._world.now_s - place.idle_since_s <= IDLE_S:
                return place
            self._end(place)
        return None

    def _new_place(self) -> _Place:
        number = next(self._version.numbers)
        place = _Place(self._version.launch(number, self._cpu_s), number)
        self._places[number] = place
        return place

    def _end(self, place: _Place) -> None:
        self._places.pop(place.number, None)
        place.environment.kill()

    def _service(self, place: _Place, request_id: str) -> Execution:
        def write(text: str) -> None:
            self._write_log(place.number, text)

        return Execution(self._world, self._send, self._version.name, request_id, write)

    def _report(self, service: Execution) -> Report:
        clock, version = self._world.clock, self._version
        return Report(
            version.logging,
            service.line,
            lambda: clock.instant,
            service.request_id,
            version.version,
        )

    def _initialise(
        self, place: _Place, service: Execution, report: Report | None = None
    ) -> Outcome | None:
        """Load the module of a new environment; the outcome if that failed.

        What takes longer than an init may is of the kind `cpu`, and begins again with the
        invocation. Without a `report` nobody waits for it.
        """
        if report is not None:
            sleep(COLD_START_S)
        service.deadline_s = self._world.now_s + _INIT_LIMIT_S
        try:
            outcome = place.environment.init(service, service.request_id if report else "")
        except FunctionTimedOut:
            place.environment.kill()
            outcome = Outcome("cpu")
        if outcome.kind == "ok":
            return None
        if outcome.kind == "cpu":
            sleep(max(0.0, service.deadline_s - self._world.now_s))
            if report is not None:
                report.late_init(_INIT_LIMIT_S)
        return outcome

    def _serve(
        self, place: _Place, invocation: Invocation, service: Execution, late: Outcome | None
    ) -> Outcome:
        """Serve one event; `late` is the init that took too long, if one did."""
        version = self._version
        service.deadline_s = self._world.now_s + version.timeout_s
        if late is not None and late.payload:  # it computes on and on, and would again
            sleep(version.timeout_s)
            return _timed_out(invocation.request_id, version.timeout_s)
        outcome = None
        try:
            if late is not None:
                outcome = place.environment.init(service, invocation.request_id)
            if outcome is None or outcome.kind == "ok":
                if work_s := version.work_s():
                    service.sleep(work_s / min(1.0, version.memory_mb / VCPU_MB))
                outcome = place.environment.invoke(invocation, service)
        except FunctionTimedOut:
            place.environment.kill()
            return _timed_out(invocation.request_id, version.timeout_s)
        if outcome.kind == "cpu":  # it computed on and on: on Lambda, until its time was up
            self._cpu_s = CPU_AGAIN_S
            sleep(max(0.0, service.deadline_s - self._world.now_s))
            return _timed_out(invocation.request_id, version.timeout_s)
        return outcome

    def _finish(self, turn: _Turn, outcome: Outcome, began_s: float) -> Result:
        world, version, service, place = self._world, self._version, turn.service, turn.place
        duration_s = round(world.now_s - began_s, 6)
        sound = outcome.kind in ("ok", "error") and place.number in self._places
        if sound and not self._retired:
            place.idle_since_s = world.now_s
            self._idle.append(place)
        else:
            self._end(place)
        failed = outcome.kind != "ok"
        duration_ms, init_ms = round(duration_s * 1000, 3), round(turn.init_s * 1000, 3)
        billed_ms = max(1, ceil(round(duration_ms + init_ms, 3)))
        told: dict[str, Any] = {
            # To Lambda a function that computes on and on is one that ran out of time.
            "outcome": "timeout" if outcome.kind == "cpu" else outcome.kind,
            "duration_s": duration_s,
            "version": version.version,
            "cold": turn.cold,
            "memory_mb": version.memory_mb,
            "init_ms": init_ms,
            "duration_ms": duration_ms,
            "billed_ms": billed_ms,
            "trigger": turn.trigger,
            **version.billed,
        }
        if place.provisioned:
            told["provisioned"] = True
        if failed:
            told |= {"error_type": outcome.error_type, "error": outcome.detail}
        shown_ms = init_ms if turn.cold else None
        turn.report.end(outcome, Measures(duration_ms, billed_ms, version.memory_mb, shown_ms))
        told |= {"log_lines": len(service.lines), "log_bytes": service.log_bytes}
        world.record("lambda.ended", function=version.name, request_id=service.request_id, **told)
        return Result(outcome.payload, failed, tuple(service.lines), service.request_id)


def _timed_out(request_id: str, timeout_s: float) -> Outcome:
    sentence = f"RequestId: {request_id} Error: Task timed out after {timeout_s:.2f} seconds"
    return Outcome("cpu", error_payload("Sandbox.Timedout", sentence, request_id), sentence)
