"""A queue over time: send, receive with long polls, visibility, FIFO deduplication, dead letters.

One store serves the wire and actors in the world: `queue.send(...)`, `yield from queue.receive()`
and `queue.delete(receipt)` act on the very messages that boto3 sees.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

from simpy.events import Event

from simulator.model.dedup import Memory
from simulator.model.gauges import Gauges
from simulator.model.message import (
    DELAYED,
    GONE,
    IN_FLIGHT,
    READY,
    Delivery,
    Message,
    Receipt,
    key_of,
)
from simulator.model.store import DAY_S, SAME_INSTANT_S, Store

if TYPE_CHECKING:
    from simulator.world import World

VISIBILITY_LIMIT_S = 43_200.0
IN_FLIGHT_LIMIT = 120_000
IN_FLIGHT_LIMIT_FIFO = 20_000
_BODY_SHOWN = 1024
_FIRST_SEQUENCE = 18_800_000_000_000_000_000
_SEQUENCE_STEP = 256


class QueueError(Exception):
    """A queue refuses; the class says why."""


class ReceiptUnknown(QueueError):
    """The message of that receipt is not there (any more)."""


class ReceiptExpired(QueueError):
    """A FIFO queue's receipt whose visibility timeout has ended."""


class NotInFlight(QueueError):
    """The message is not in flight, so it has no visibility timeout to change."""


class BeyondLimit(QueueError):
    """The message would be invisible for longer than 12 hours in all."""


@dataclass(frozen=True, slots=True)
class Redrive:
    """Where a message goes that was received `max_receive_count` times and is still there."""

    target: Callable[[], Queue | None]
    max_receive_count: int


class Queue(Store):
    """One queue. Times are seconds of virtual time.

    `journaled` says whether sends, receives and deletes become facts where the caller does not say;
    `count` tells CloudWatch; `salt` tells this queue from an earlier one of its name.
    """

    def __init__(
        self,
        world: World,
        name: str,
        *,
        arn: str = "",
        fifo: bool = False,
        visibility_timeout_s: float = 30.0,
        delay_s: float = 0.0,
        retention_s: float = 4 * DAY_S,
        journaled: bool = False,
    ) -> None:
        super().__init__(world, name, arn, fifo, retention_s)
        self.visibility_timeout_s = visibility_timeout_s
        self.delay_s = delay_s
        self.journaled = journaled
        self.redrive: Redrive | None = None
        self.dedup_by_group = False
        self.deleted = False
        self.in_flight_limit = IN_FLIGHT_LIMIT_FIFO if fifo else IN_FLIGHT_LIMIT
        self._random_bits = world.streams["sqs/message-ids"].getrandbits
        self._sequence = count(_FIRST_SEQUENCE, _SEQUENCE_STEP).__next__
        self._sent: Memory[Message] = Memory()
        self._attempts: Memory[list[tuple[Delivery, int]]] = Memory()
        self.salt = self._random_bits(64)
        self.count = Gauges(world, self).count

    def send(
        self,
        body: str,
        *,
        delay_s: float | None = None,
        attributes: Mapping[str, Any] | None = None,
        system: Mapping[str, Any] | None = None,
        group_id: str | None = None,
        dedup_id: str | None = None,
        sender: str | None = None,
        journaled: bool | None = None,
    ) -> Message:
        """Put a message in the queue at the present instant; a plain call that never waits.

        Within five minutes of a FIFO queue's message with the same deduplication id, the first
        message is returned and nothing is added.
        """
        now_s = self._env.now
        dedup_key = None
        if self.fifo and dedup_id is not None:
            dedup_key = (group_id, dedup_id) if self.dedup_by_group else dedup_id
            first = self._sent.get(dedup_key, now_s + SAME_INSTANT_S)
            if first is not None:
                self.count("NumberOfDeduplicatedSentMessages")
                return first
        message = Message(
            key_of(self._random_bits(128)), self._serial(), body, now_s,
            attributes, system, group_id, dedup_id, sender,
        )  # fmt: skip
        if self.fifo:
            message.sequence = self._sequence()
            if dedup_key is not None:
                self._sent.note(dedup_key, message, now_s)
        if delay_s is None:
            delay_s = self.delay_s
        if self._tells(journaled):
            late: dict[str, Any] = {"delay_s": delay_s} if delay_s else {}
            self._world.record(
                "sqs.sent", queue=self.name, message_id=message.id, body=body[:_BODY_SHOWN], **late
            )
        self.count("NumberOfMessagesSent")
        self._put(message, now_s, delay_s)
        return message

    def receive(
        self,
        max_messages: int = 1,
        wait_s: float | None = 20.0,
        visibility_timeout_s: float | None = None,
        *,
        background: bool = False,
        journaled: bool | None = None,
        attempt_id: str | None = None,
    ) -> Generator[Event, Any, list[Delivery]]:
        """Receive up to `max_messages`, waiting up to `wait_s` seconds (None: for ever) for one.

        A SimPy process says `yield from queue.receive()`. The waits of a background receive keep no
        run going. `attempt_id` is FIFO's ReceiveRequestAttemptId.
        """

        def look() -> list[Delivery]:
            return self.take(
                max_messages, visibility_timeout_s, journaled=journaled, attempt_id=attempt_id
            )

        found = look()
        if not found and (wait_s is None or wait_s > 0):
            waiter = self._waiters.enter(wait_s, background)
            try:
                while not found and not waiter.expired:
                    yield self._waiters.park(waiter)
                    found = look()
            finally:
                self._waiters.leave(waiter)
        if not found:
            self.count("NumberOfEmptyReceives")
        return found

    def take(
        self,
        max_messages: int = 1,
        visibility_timeout_s: float | None = None,
        *,
        journaled: bool | None = None,
        attempt_id: str | None = None,
    ) -> list[Delivery]:
        """Receive what is there at this instant, up to `max_messages`, without waiting."""
        self._settle()
        if visibility_timeout_s is None:
            visibility_timeout_s = self.visibility_timeout_s
        if attempt_id is not None and (same := self._again(attempt_id, visibility_timeout_s)):
            return same
        found: list[Delivery] = []
        line, now_s, redrive = self._line, self._env.now, self.redrive
        visible_at_once: list[Message] = []
        while len(found) < max_messages and self._in_flight < self.in_flight_limit:
            message = line.pop()
            if message is None:
                break
            if (
                redrive is not None
                and message.receive_count >= redrive.max_receive_count
                and self._bury(message, redrive, journaled)
            ):
                continue
            self._ready -= 1
            message.receive_count += 1
            message.flight_began_s = now_s
            if message.first_received_s is None:
                message.first_received_s = now_s
            found.append(Delivery(message))
            if visibility_timeout_s > 0 and not line.duplicates():
                message.state = IN_FLIGHT
                self._in_flight += 1
                self._schedule(message, now_s + visibility_timeout_s)
            else:
                visible_at_once.append(message)
        line.close()
        for message in visible_at_once:
            self._show(message, line.back)
        if found:
            self._note_received(found, journaled, attempt_id)
        return found

    def delete(self, receipt: Receipt, *, journaled: bool | None = None) -> bool:
        """Delete the message of a receipt; whether it was still there.

        Raises ReceiptExpired where a FIFO queue's delivery has timed out.
        """
        self._settle()
        message = self._messages.get(receipt[0])
        if message is None:
            return False
        if self.fifo and (message.state != IN_FLIGHT or message.receive_count != receipt[1]):
            raise ReceiptExpired
        self._remove(message)
        self.count("NumberOfMessagesDeleted")
        if self._tells(journaled):
            self._world.record("sqs.deleted", queue=self.name, message_id=message.id)
        return True

    def change_visibility(self, receipt: Receipt, timeout_s: float) -> None:
        """Let a message in flight become visible `timeout_s` seconds from now.

        Raises ReceiptUnknown, ReceiptExpired, NotInFlight or BeyondLimit (12 hours in all).
        """
        self._settle()
        message = self._messages.get(receipt[0])
        if message is None:
            raise ReceiptUnknown
        if self.fifo and (message.state != IN_FLIGHT or message.receive_count != receipt[1]):
            raise ReceiptExpired
        if message.state == DELAYED or not message.receive_count:
            raise NotInFlight
        now_s = self._env.now
        if message.state == READY:  # its timeout has ended; AWS lets a standard queue renew it
            if timeout_s <= 0:
                return
            self._ready -= 1
            self._in_flight += 1
            message.state, message.flight_began_s = IN_FLIGHT, now_s
        if now_s + timeout_s - message.flight_began_s > VISIBILITY_LIMIT_S + SAME_INSTANT_S:
            raise BeyondLimit
        if timeout_s > 0:
            self._schedule(message, now_s + timeout_s)
        else:
            self._in_flight -= 1
            self._show(message, self._line.back)

    def purge(self) -> None:
        """Delete every message, in flight or not."""
        self._clear()
        self._sent.clear()
        self._attempts.clear()

    def accept(
        self,
        message: Message,
        source: Queue,
        *,
        renewed: bool = False,
        journaled: bool | None = None,
    ) -> Message:
        """Take in a message that leaves `source`, with its id; a standard queue keeps its age.

        A FIFO queue counts its age from now ("Using dead-letter queues in Amazon SQS"). A renewed
        message counts as new: another id, age and count ("StartMessageMoveTask").
        """
        now_s = self._env.now
        moved = message.moved(self._serial(), source.arn)
        told: dict[str, Any] = {"message_id": message.id}
        if renewed:
            moved.key, moved.source_arn = key_of(self._random_bits(128)), None
            moved.receive_count, moved.first_received_s = 0, None
            told["new_message_id"] = moved.id
        if self.fifo or renewed:
            moved.sent_s = now_s
        if self.fifo:
            moved.sequence = self._sequence()
        if self._tells(journaled) or source._tells(journaled):
            self._world.record("sqs.moved", queue=source.name, to=self.name, **told)
        self._put(moved, now_s, 0.0)
        return moved

    def hand_over(
        self, target_of: Callable[[Message], Queue], *, journaled: bool | None = None
    ) -> bool:
        """Move the message whose turn it is, as a new one, to its target; whether there was one.

        What `target_of` raises leaves the message where it is.
        """
        self._settle()
        message = self._line.pop()
        self._line.close()
        if message is None:
            return False
        try:
            target = target_of(message)
        except Exception:
            self._line.back(message)
            raise
        self._leave(message)
        target.accept(message, self, renewed=True, journaled=journaled)
        return True

    @property
    def full(self) -> bool:
        """Whether as many messages are in flight as can be."""
        return self.in_flight >= self.in_flight_limit

    def _tells(self, journaled: bool | None) -> bool:
        return self.journaled if journaled is None else journaled

    def _leave(self, message: Message) -> None:
        """Forget a message that the line has just given out."""
        self._ready -= 1
        message.state = GONE
        del self._messages[message.serial]
        self._line.gone(message)

    def _bury(self, message: Message, redrive: Redrive, journaled: bool | None) -> bool:
        target = redrive.target()
        if target is None:
            return False
        self._leave(message)
        target.accept(message, self, journaled=journaled)
        return True

    def _note_received(
        self, found: list[Delivery], journaled: bool | None, attempt_id: str | None
    ) -> None:
        self.count("NumberOfMessagesReceived", len(found))
        if attempt_id is not None:
            noted = [(delivery, delivery.message.ticket) for delivery in found]
            self._attempts.note(attempt_id, noted, self._env.now)
        if self._tells(journaled):
            for delivery in found:
                self._world.record(
                    "sqs.received",
                    queue=self.name,
                    message_id=delivery.id,
                    receive_count=delivery.receive_count,
                )

    def _again(self, attempt_id: str, visibility_timeout_s: float) -> list[Delivery]:
        """What an attempt brought, its visibility timeout begun anew, if all is unchanged."""
        now_s = self._env.now
        noted = self._attempts.get(attempt_id, now_s + SAME_INSTANT_S)
        if not noted or any(
            delivery.message.state != IN_FLIGHT or delivery.message.ticket != ticket
            for delivery, ticket in noted
        ):
            return []
        for delivery, _ in noted:
            self._schedule(delivery.message, now_s + visibility_timeout_s)
        noted[:] = [(delivery, delivery.message.ticket) for delivery, _ in noted]
        return [delivery for delivery, _ in noted]


__all__ = [
    "DELAYED",
    "IN_FLIGHT",
    "READY",
    "BeyondLimit",
    "Delivery",
    "Message",
    "NotInFlight",
    "Queue",
    "QueueError",
    "Receipt",
    "ReceiptExpired",
    "ReceiptUnknown",
    "Redrive",
]
