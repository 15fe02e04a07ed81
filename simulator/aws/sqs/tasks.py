"""Message move tasks: what lies in a dead-letter queue goes back, at a rate, in virtual time."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from moto.core.utils import unix_time_millis
from moto.sqs.exceptions import InvalidParameterValue

from simulator.aws.sqs.exceptions import InvalidValue, NotFound, UnsupportedOperation
from simulator.kernel import sleep
from simulator.model.message import Message, key_of, uuid_of

if TYPE_CHECKING:
    from simulator.aws.sqs.models import SqsBackend
    from simulator.aws.sqs.queue import SqsQueue
    from simulator.model.queue import Queue
    from simulator.world import World

RATE_MAX = 500
"""Messages a second; without a wish for less AWS moves about so many ("StartMessageMoveTask")."""
_LISTED_MAX = 10
_KEPT = 10


class _NoTarget(Exception):
    """Where a message should go is not there (any more); the message is a failure reason."""


@dataclass
class MoveTask:
    """One task and how far it has come."""

    id: str
    source_arn: str
    destination_arn: str | None
    rate: int | None
    to_move: int
    started_ms: int
    status: str = "RUNNING"
    moved: int = field(default=0)
    failure: str | None = None

    @property
    def handle(self) -> str:
        """What CancelMessageMoveTask takes."""
        plain = json.dumps({"taskId": self.id, "sourceArn": self.source_arn})
        return base64.b64encode(plain.encode()).decode()

    def told(self) -> dict[str, Any]:
        """The task as ListMessageMoveTasks tells it."""
        entry: dict[str, Any] = {
            "Status": self.status,
            "SourceArn": self.source_arn,
            "ApproximateNumberOfMessagesMoved": self.moved,
            "ApproximateNumberOfMessagesToMove": self.to_move,
            "StartedTimestamp": self.started_ms,
        }
        optional = {
            "TaskHandle": self.handle if self.status == "RUNNING" else None,
            "DestinationArn": self.destination_arn,
            "MaxNumberOfMessagesPerSecond": self.rate,
            "FailureReason": self.failure,
        }
        return {**entry, **{name: value for name, value in optional.items() if value is not None}}


class MoveTasks:
    """The move tasks of one account and Region, by source, newest first."""

    def __init__(self, world: World, backend: SqsBackend) -> None:
        self._world = world
        self._backend = backend
        self._tasks: dict[str, list[MoveTask]] = {}

    def start(self, source_arn: str, destination_arn: str | None, rate: int | None) -> MoveTask:
        """Begin to move what the dead-letter queue `source_arn` holds."""
        source = self._queue(source_arn, "SourceArn")
        if destination_arn is not None:
            self._queue(destination_arn, "DestinationArn")
            if destination_arn == source_arn:
                raise InvalidParameterValue("Source queue arn and destination queue arn are equal.")
        if not self._backend.list_dead_letter_source_queues(source.name):
            raise InvalidParameterValue("Source queue must be configured as a Dead Letter Queue.")
        if rate is not None and not 1 <= rate <= RATE_MAX:
            raise InvalidValue(
                rate, "MaxNumberOfMessagesPerSecond", f"Must be between 1 and {RATE_MAX}."
            )
        tasks = self._tasks.setdefault(source_arn, [])
        if any(task.status in ("RUNNING", "CANCELLING") for task in tasks):
            raise InvalidParameterValue(
                "There is already a task running. Only one active task is allowed for a source "
                "queue arn at a given time."
            )
        id_ = uuid_of(key_of(self._world.streams["sqs/move-tasks"].getrandbits(128)))
        task = MoveTask(
            id_, source_arn, destination_arn, rate, source.store.visible, int(unix_time_millis())
        )
        tasks.insert(0, task)
        del tasks[_KEPT:]
        self._world.spawn(
            self._move, task, source.store, name=f"move task of {source.name}", actor="sqs",
            daemon=True,
        )  # fmt: skip
        return task

    def list(self, source_arn: str, at_most: int) -> list[MoveTask]:
        """The newest tasks of a source."""
        self._queue(source_arn, "SourceArn")
        if not 1 <= at_most <= _LISTED_MAX:
            raise InvalidValue(at_most, "MaxResults", "Must be between 1 and 10, if provided.")
        return self._tasks.get(source_arn, [])[:at_most]

    def cancel(self, handle: str) -> MoveTask:
        """End a task; what it has moved stays moved."""
        try:
            told = json.loads(base64.b64decode(handle, validate=True))
            task_id, source_arn = str(told["taskId"]), str(told["sourceArn"])
        except (binascii.Error, ValueError, KeyError, TypeError):
            raise InvalidParameterValue("Value for parameter TaskHandle is invalid.") from None
        self._queue(source_arn, "SourceArn")
        for task in self._tasks.get(source_arn, []):
            if task.id == task_id:
                break
        else:
            raise NotFound("Task does not exist.")
        if task.status != "RUNNING":
            raise UnsupportedOperation(
                f"The task is {task.status}; only a RUNNING task can be cancelled."
            )
        task.status = "CANCELLED"
        return task

    def _queue(self, arn: str, parameter: str) -> SqsQueue:
        queue = self._backend.by_arn(arn)
        if queue is None:
            raise NotFound(
                f"The resource that you specified for the {parameter} parameter doesn't exist."
            )
        return queue

    def _move(self, task: MoveTask, source: Queue) -> None:
        pause_s = 1.0 / (task.rate or RATE_MAX)
        try:
            while task.status == "RUNNING" and task.moved < task.to_move:
                if not source.hand_over(
                    lambda message: self._target(task, message), journaled=True
                ):
                    break
                task.moved += 1
                if task.moved < task.to_move:
                    sleep(pause_s)
        except _NoTarget as failure:
            task.status, task.failure = "FAILED", str(failure)
        else:
            if task.status == "RUNNING":
                task.status = "COMPLETED"

    def _target(self, task: MoveTask, message: Message) -> Queue:
        arn = task.destination_arn or message.source_arn
        if arn is None:
            raise _NoTarget("CouldNotDetermineMessageSource")
        queue = self._backend.by_arn(arn)
        if queue is None:
            raise _NoTarget("AWS.SimpleQueueService.NonExistentQueue")
        return queue.store
