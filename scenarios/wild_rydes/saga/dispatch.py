"""Sends rides through a state machine, one after another, and keeps what became of each."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from simpy.events import Event

from simulator.fault import Fault
from simulator.journal import Fact
from simulator.kernel import wait_until
from simulator.world import World

from .fares import Fare, draw

PATIENCE_S = 3600.0
"""How long the lab waits for one fare, in seconds of virtual time."""

RETRIES_AT_MOST = 25
"""After how many retries of one fare the lab takes it that they never end."""

ENDLESS = "ENDLESS"
"""How a ride ended that the lab had to stop."""

_ENDS = {f"states.Execution{how}": how.upper() for how in ("Succeeded", "Failed", "Aborted")} | {
    "states.ExecutionTimedOut": "TIMED_OUT"
}


@dataclass(frozen=True)
class Ride:
    """One fare on its way through a machine. Its execution is called as the fare."""

    fare: Fare
    story: str
    """What goes wrong, in the words of a report: `accounting is down`."""
    status: str
    """How the execution ended, or ENDLESS where the lab had to stop it."""
    retries: int = 0
    tasks: tuple[str, ...] = ()
    """The Task states it entered, in order, each once."""

    def __str__(self) -> str:
        return f"{self.fare.fare_id} ({self.story})"


@dataclass
class _Watched:
    ended: Event
    status: str = ""
    retries: int = 0
    tasks: dict[str, None] = field(default_factory=dict)


class Dispatch:
    """Starts executions and waits for their ends, reading both from the journal."""

    def __init__(self, world: World, machine_arn: str) -> None:
        self._world = world
        self._machine_arn = machine_arn
        self._watched: dict[str, _Watched] = {}
        world.journal.subscribe(self._note)

    def next_fare(self) -> Fare:
        """The fare of the next ride of this seed."""
        return draw(self._world)

    def send(self, fare: Fare, story: str, *faults: Fault, machine_arn: str | None = None) -> Ride:
        """End a ride, with these faults in force, and wait until its fare has been dealt with."""
        world = self._world
        states: Any = world.cloud.session().client("stepfunctions")
        for fault in faults:
            world.faults.inject(fault)
        watched = self._watched[fare.fare_id] = _Watched(world.env.event())
        started = states.start_execution(
            stateMachineArn=machine_arn or self._machine_arn,
            name=fare.fare_id,
            input=json.dumps(fare.as_input()),
        )
        if not wait_until(watched.ended, PATIENCE_S) or not watched.status:
            watched.status = ENDLESS
            states.stop_execution(
                executionArn=started["executionArn"], cause="the lab waits no longer"
            )
        for fault in faults:
            world.faults.lift(fault.name)
        del self._watched[fare.fare_id]
        return Ride(fare, story, watched.status, watched.retries, tuple(watched.tasks))

    def _note(self, fact: Fact) -> None:
        if not fact.what.startswith("states."):
            return
        watched = self._watched.get(fact.data.get("execution", ""))
        if watched is None or watched.ended.triggered:
            return
        if fact.what == "states.TaskStateEntered":
            watched.tasks.setdefault(fact.data["state"])
        elif fact.what == "states.Retried":
            watched.retries += 1
            if watched.retries >= RETRIES_AT_MOST:
                watched.ended.succeed()
        elif fact.what in _ENDS:
            watched.status = _ENDS[fact.what]
            watched.ended.succeed()
