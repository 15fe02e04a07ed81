"""What CloudWatch is told of a queue: counts as they happen, depth and age once a minute."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.model.queue import Queue
    from simulator.world import World

NAMESPACE = "AWS/SQS"
PERIOD_S = 60
ACTIVE_S = 6 * 3600.0
"""A queue sends metrics for up to six hours after its last call or message.

Source: SQS developer guide, "Monitoring Amazon SQS queues using CloudWatch".
"""


class Gauges:
    """Counts what a queue does and samples how it stands, for as long as it is active."""

    def __init__(self, world: World, queue: Queue) -> None:
        self._world = world
        self._queue = queue
        self._dimensions = {"QueueName": queue.name}
        self._sampled = False
        self._last_s = 0.0

    def count(self, metric: str, value: float = 1.0, unit: str = "Count") -> None:
        """Take in one datum of a metric of the namespace AWS/SQS."""
        world = self._world
        metrics = world.metrics
        metrics.count(NAMESPACE, metric, self._dimensions, value, unit, arn=self._queue.arn)
        self._last_s = world.env.now
        if not self._sampled:
            self._sampled = True
            metrics.each(PERIOD_S, self._sample)

    def _sample(self, at_s: float) -> bool:
        queue = self._queue
        idle = self._world.env.now - self._last_s > ACTIVE_S and not len(queue)
        if queue.deleted or idle:
            self._sampled = False
            return False
        readings: dict[str, Callable[[], float]] = {
            "ApproximateNumberOfMessagesVisible": lambda: queue.visible,
            "ApproximateNumberOfMessagesNotVisible": lambda: queue.in_flight,
            "ApproximateNumberOfMessagesDelayed": lambda: queue.delayed,
        }
        if queue.fifo:
            readings["ApproximateNumberOfGroupsWithInflightMessages"] = lambda: queue.locked_groups
        for metric, read in readings.items():
            self._tell(metric, read(), "Count", at_s)
        self._tell("ApproximateAgeOfOldestMessage", queue.oldest_age_s, "Seconds", at_s)
        return True

    def _tell(self, metric: str, value: float, unit: str, at_s: float) -> None:
        self._world.metrics.sampled(
            NAMESPACE, metric, self._dimensions, value, unit, at_s, arn=self._queue.arn
        )
