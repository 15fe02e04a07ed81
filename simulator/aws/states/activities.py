"""Activities: tasks that wait for a worker to fetch them.

Source: AWS Step Functions API Reference, "GetActivityTask".
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Any

from moto.stepfunctions.models import Activity, StepFunctionBackend
from moto.stepfunctions.parser.backend.activity import ActivityTask

from simulator.aws.states import tokens
from simulator.aws.states.exceptions import ActivityDoesNotExist

if TYPE_CHECKING:
    from simulator.world import World

POLL_S = 60.0
"""How long GetActivityTask waits for a task."""


class QueueingActivity(Activity):
    """An activity and the tasks that no worker has fetched yet."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._tasks: deque[ActivityTask] = deque()
        self._changed = threading.Condition()

    def add_task(self, task: ActivityTask) -> None:
        """Queue a task: the interpreter's side."""
        with self._changed:
            self._tasks.append(task)
            self._changed.notify()

    def fetch(self, world: World, wait_s: float) -> ActivityTask | None:
        """The next task whose execution still waits for it, or nothing after `wait_s`."""
        until_s = world.clock.now_s + wait_s
        with self._changed:
            while True:
                while self._tasks:
                    task = self._tasks.popleft()
                    if tokens.waits(task.task_token):
                        return task
                left_s = until_s - world.clock.now_s
                if left_s <= 0:
                    return None
                self._changed.wait(left_s)


class Activities(StepFunctionBackend):
    """The part of the backend that keeps activities."""

    world: World
    activities: dict[str, Activity]

    @property
    def waiting_activities(self) -> Any:
        """The activities as the interpreter sees them: what tasks are queued on."""
        return self.activities

    def create_activity(self, *args: Any, **options: Any) -> Activity:
        """Create an activity that executions can queue tasks on; the same again is answered again.

        A request that names a key is refused where the name is taken, whichever key it names.
        """
        name = args[0] if args else options.get("name")
        for known in self.activities.values():
            if known.name == name and options.get("encryption_configuration") is None:
                return known
        created = super().create_activity(*args, **options)
        queueing = QueueingActivity(created.arn, created.name, created.encryption_configuration)
        queueing.creation_date = created.creation_date
        self.activities[created.arn] = queueing
        return queueing

    def describe_activity(self, activity_arn: str) -> Activity:
        """The activity of an ARN."""
        self._validate_activity_arn(activity_arn)
        if activity_arn not in self.activities:
            raise ActivityDoesNotExist(f"Activity Does Not Exist: '{activity_arn}'")
        return self.activities[activity_arn]

    def get_activity_task(self, arn: str, worker: str | None) -> dict[str, Any]:
        """The next task of an activity; waits for one for a minute."""
        self._validate_activity_arn(arn)
        activity = self.activities.get(arn)
        if not isinstance(activity, QueueingActivity):
            raise ActivityDoesNotExist(f"Activity Does Not Exist: '{arn}'")
        task = activity.fetch(self.world, POLL_S)
        if task is None:
            return {"taskToken": None, "input": None}
        tokens.fetched(task.task_token, worker)
        return {"taskToken": task.task_token, "input": task.task_input}
