"""A topic over time: notifications on their way to subscribers, retried, in order, or buried."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

from simulator.kernel.fiber import current_fiber, sleep
from simulator.model import lineage
from simulator.model.dedup import Memory
from simulator.model.redelivery import DeliveryPolicy

if TYPE_CHECKING:
    from simulator.world import World

_FIRST_SEQUENCE = 10_000_000_000_000_000_000
_RETRIES_TOLD = 20  # a retry that comes at the same delay for weeks is told only now and then
_THEN_EVERY = 1000
_KEPT_CONTEXT = ("actor", "unseen", lineage.KEY)


class Unreachable(Exception):
    """The subscriber's side failed; the next attempt may succeed. The message says how."""


class Undeliverable(Exception):
    """The notification can never be delivered: the subscriber is gone or refuses it."""


@dataclass(frozen=True, slots=True)
class Published:
    """What a publisher gets back; `sequence` is a FIFO topic's number."""

    message_id: str
    sequence: str | None = None


class Order:
    """A FIFO topic's numbering, and its memory of what it took in the last five minutes."""

    def __init__(self, world: World) -> None:
        self._env = world.env
        self._numbers = count(_FIRST_SEQUENCE)
        self._taken: Memory[Published] = Memory()

    def duplicate(self, key: Hashable) -> Published | None:
        """What was published under this deduplication key within the interval, if anything."""
        return self._taken.get(key, self._env.now)

    def take(self, key: Hashable, message_id: str) -> Published:
        """Number a message and remember it."""
        published = Published(message_id, str(next(self._numbers)))
        self._taken.note(key, published, self._env.now)
        return published


@dataclass(slots=True)
class Delivery:
    """One notification for one subscriber.

    `send` makes an attempt and returns the subscriber's answer; it raises Unreachable or
    Undeliverable. `bury` puts the notification in the subscription's dead-letter queue and returns
    that queue's name, or None where there is none. `ended` is told of the outcome: the answer, or
    the reason of the failure. `line` names those deliveries that must keep their order.
    """

    topic: str
    protocol: str
    endpoint: str
    message_id: str
    send: Callable[[], Any]
    policy: DeliveryPolicy
    topic_arn: str = ""
    bury: Callable[[], str | None] = field(default=lambda: None)
    ended: Callable[[Any, Exception | None], None] = field(default=lambda *_: None)
    line: Hashable | None = None
    pace: Pace | None = None
    payload_bytes: int = 0
    """What the attempt that succeeded brought."""

    @property
    def told(self) -> dict[str, str]:
        """What facts say about it."""
        return {
            "topic": self.topic,
            "protocol": self.protocol,
            "endpoint": self.endpoint,
            "message_id": self.message_id,
        }

    @property
    def billed(self) -> dict[str, Any]:
        """What facts say for its price: whose topic it is, and how much was brought."""
        told: dict[str, Any] = {}
        if self.topic_arn:
            told["account"] = self.topic_arn.split(":")[4]
        if self.payload_bytes:
            told["payload_bytes"] = self.payload_bytes
        return told


class Pace:
    """How often a subscriber may be called: a throttle policy's `maxReceivesPerSecond`."""

    def __init__(self) -> None:
        self._free_at_s = 0.0

    def wait_s(self, now_s: float, most_per_s: float) -> float:
        """How long the next attempt has to wait; it is then booked."""
        at_s = max(now_s, self._free_at_s)
        self._free_at_s = at_s + 1.0 / most_per_s
        return at_s - now_s


class Courier:
    """Carries notifications: each attempt is a fiber's, so no subscriber holds up another."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lines: dict[Hashable, deque[Delivery]] = {}

    def take(self, delivery: Delivery) -> None:
        """Begin a delivery at the present instant, after those begun before it."""
        if delivery.line is None:
            self._start(lambda: self._carry(delivery), delivery)
            return
        line = self._lines.get(delivery.line)
        if line is not None:
            line.append(delivery)
            return
        self._lines[delivery.line] = deque((delivery,))
        self._start(lambda: self._carry_line(delivery.line), delivery)

    def _start(self, work: Callable[[], None], delivery: Delivery) -> None:
        fiber = self._world.spawn(work, name=f"sns to {delivery.endpoint}", daemon=True)
        # Who published is told; what else the publisher was doing is not the subscriber's affair.
        fiber.context = {
            name: fiber.context[name] for name in _KEPT_CONTEXT if name in fiber.context
        } | {"topic": delivery.topic}

    def _carry_line(self, name: Hashable) -> None:
        line = self._lines[name]
        try:
            while line:
                self._carry(line[0])
                line.popleft()
        finally:
            del self._lines[name]

    def _carry(self, delivery: Delivery) -> None:
        answer, reason = self._attempt(delivery)
        if isinstance(reason, Unreachable):
            for attempt, delay_s in enumerate(delivery.policy.delays_s(), start=1):
                if attempt <= _RETRIES_TOLD or attempt % _THEN_EVERY == 0:
                    self._tell(
                        "sns.retried", delivery, attempt=attempt, delay_s=delay_s, error=str(reason)
                    )
                sleep(delay_s)
                answer, reason = self._attempt(delivery)
                if not isinstance(reason, Unreachable):
                    break
        if reason is None:
            self._tell("sns.delivered", delivery, **delivery.billed)
            self.count(delivery, "NumberOfNotificationsDelivered")
        else:
            self._give_up(delivery, reason)
        delivery.ended(answer, reason)

    def _attempt(self, delivery: Delivery) -> tuple[Any, Exception | None]:
        most_per_s = delivery.policy.most_receives_per_s
        if most_per_s and delivery.pace is not None:
            sleep(delivery.pace.wait_s(self._world.now_s, most_per_s))
        try:
            return delivery.send(), None
        except (Unreachable, Undeliverable) as error:
            return None, error

    def _give_up(self, delivery: Delivery, reason: Exception) -> None:
        self._tell("sns.failed", delivery, error=str(reason))
        self.count(delivery, "NumberOfNotificationsFailed")
        try:
            queue = delivery.bury()
        except (Unreachable, Undeliverable) as error:
            self._tell("sns.lost", delivery, error=f"the dead-letter queue: {error}")
            self.count(delivery, "NumberOfNotificationsFailedToRedriveToDlq")
            return
        if queue is not None:
            self._tell("sns.redriven", delivery, queue=queue)
            self.count(delivery, "NumberOfNotificationsRedrivenToDlq")

    def _tell(self, what: str, delivery: Delivery, **more: Any) -> None:
        fiber = current_fiber()
        if fiber is None or not fiber.context.get("unseen"):
            self._world.record(what, **delivery.told, **more)

    def count(self, delivery: Delivery, metric: str) -> None:
        """Tell CloudWatch of a delivery."""
        count_metric(self._world, delivery.topic, delivery.topic_arn, metric)


def count_metric(
    world: World, topic: str, arn: str, metric: str, value: float = 1.0, unit: str = "Count"
) -> None:
    """Tell CloudWatch of something that a topic did ("Monitoring Amazon SNS using CloudWatch")."""
    world.metrics.count("AWS/SNS", metric, {"TopicName": topic}, value, unit, arn=arn)
