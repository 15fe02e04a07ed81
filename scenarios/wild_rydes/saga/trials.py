"""The last step: every task the learner's machine has fails, at every attempt, one at a time.

The faults strike the task's own call (Lambda's Invoke, DynamoDB's UpdateItem …), found by the state
that makes it, so a learner may name and order the states at will. Which tasks there are is read
from the journal: those a fare without trouble enters are the forward tasks, those that only a
failing fare enters are the compensations.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from lab.scenario import Stage
from simulator.fault import Fault
from simulator.journal import Fact

from .acts import BETWEEN_RIDES_S, dispatch
from .dispatch import Ride
from .fares import Fare
from .setting import MACHINE

FAILS, LOST, HICCUP, LOST_ONCE = "fails", "lost", "hiccup", "lost once"
STORIES = {
    FAILS: "{} fails at every attempt",
    LOST: "{} works, and every answer is lost",
    HICCUP: "{} fails at the first attempt",
    LOST_ONCE: "{} works, and the first answer is lost",
}


@dataclass(frozen=True)
class Trial:
    """One fare for which one task failed; for a compensation, also the task it made up for."""

    kind: str
    task: str
    ride: Ride
    is_compensation: bool = False


def every_task_fails(stage: Stage) -> None:
    """Find the learner's tasks, and let each fail in every way."""
    trials: list[Trial] = stage.notes.setdefault("trials", [])
    facts = stage.world.journal.facts
    begin = len(facts)
    happy = _ride(stage, "nothing goes wrong")
    stage.notes["happy"] = happy
    if happy.status != "SUCCEEDED":
        return  # what fails without any fault shows nothing with one
    telling = _tasks_that_send(facts[begin:])
    for task in happy.tasks:
        for kind in STORIES:
            # A message that is out cannot be called back, so a task that sends one is the point
            # of no return: if its answer is lost for good, nothing can be both told and undone.
            if kind in (LOST, LOST_ONCE) and task in telling:
                continue
            ride = _ride(stage, STORIES[kind].format(task), (kind, task))
            trials.append(Trial(kind, task, ride))
    _fail_compensations(stage, happy, trials)


def _fail_compensations(stage: Stage, happy: Ride, trials: list[Trial]) -> None:
    """Each task that only a failing fare enters fails once: a compensation has to get through."""
    chance = stage.world.streams["trials"]
    causes: dict[str, list[Trial]] = {}
    for trial in trials:
        for task in trial.ride.tasks:
            if task not in happy.tasks and trial.kind in (FAILS, LOST):
                causes.setdefault(task, []).append(trial)
    for task, possible in causes.items():
        failing = [trial for trial in possible if trial.kind == FAILS] or possible
        latest, any_one = failing[-1], chance.choice(possible)
        for kind, cause in ((HICCUP, latest), (LOST_ONCE, latest), (HICCUP, any_one)):
            story = f"{STORIES[cause.kind].format(cause.task)}; {STORIES[kind].format(task)}"
            ride = _ride(stage, story, (cause.kind, cause.task), (kind, task))
            trials.append(Trial(kind, task, ride, is_compensation=True))


def _ride(stage: Stage, story: str, *faults: tuple[str, str]) -> Ride:
    fare = dispatch(stage).next_fare()
    ride = dispatch(stage).send(fare, story, *(_fault(fare, *fault) for fault in faults))
    time.sleep(BETWEEN_RIDES_S)
    return ride


def _fault(fare: Fare, kind: str, task: str) -> Fault:
    return Fault(
        name=STORIES[kind].format(task),
        where={"actor": f"states:{MACHINE}", "execution": fare.fare_id, "state": task},
        attempts=(1,) if kind in (HICCUP, LOST_ONCE) else None,
        after=kind in (LOST, LOST_ONCE),
    )


def _tasks_that_send(facts: list[Fact]) -> set[str]:
    """The tasks during which a message came into a queue."""
    sending: set[str] = set()
    task = ""
    for fact in facts:
        if fact.what == "states.TaskStateEntered":
            task = fact.data["state"]
        elif fact.what == "sqs.sent" and task:
            sending.add(task)
    return sending
