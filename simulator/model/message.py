"""A message of a queue: one small object while it waits, and one delivery of it to a consumer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DELAYED, READY, IN_FLIGHT, GONE = range(4)

_UUID_BITS = (0xF << 76) | (0x3 << 62)
_UUID_VERSION = (0x4 << 76) | (0x2 << 62)

Receipt = tuple[int, int]
"""What a consumer shows to delete a message: its serial in the queue and which delivery it was."""


def key_of(random_128_bits: int) -> int:
    """The random bits made a version 4 UUID's number."""
    return random_128_bits & ~_UUID_BITS | _UUID_VERSION


def uuid_of(key: int) -> str:
    """The number as a UUID is written."""
    digits = f"{key:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


class Message:
    """One message. Its text id is made when asked for: a million of them wait in memory.

    `serial` is its place in its queue's order, `key` the number of its UUID.
    `sent_s` and `first_received_s` are seconds since the world's start. `ticket` names the one
    entry of the queue's due times that holds for it.
    """

    __slots__ = (
        "attributes",
        "body",
        "dedup_id",
        "first_received_s",
        "flight_began_s",
        "group_id",
        "key",
        "receive_count",
        "sender",
        "sent_s",
        "sequence",
        "serial",
        "source_arn",
        "state",
        "system",
        "ticket",
    )

    def __init__(
        self,
        key: int,
        serial: int,
        body: str,
        sent_s: float,
        attributes: Mapping[str, Any] | None = None,
        system: Mapping[str, Any] | None = None,
        group_id: str | None = None,
        dedup_id: str | None = None,
        sender: str | None = None,
    ) -> None:
        self.key = key
        self.serial = serial
        self.body = body
        self.sent_s = sent_s
        self.attributes = attributes
        self.system = system
        self.group_id = group_id
        self.dedup_id = dedup_id
        self.sender = sender
        self.state = READY
        self.ticket = -1
        self.receive_count = 0
        self.first_received_s: float | None = None
        self.flight_began_s = 0.0
        self.sequence: int | None = None
        self.source_arn: str | None = None

    @property
    def id(self) -> str:
        """The message id, a UUID."""
        return uuid_of(self.key)

    def moved(self, serial: int, source_arn: str) -> Message:
        """The same message as it enters another queue, from the queue `source_arn`."""
        copy = Message(
            self.key, serial, self.body, self.sent_s,
            self.attributes, self.system, self.group_id, self.dedup_id, self.sender,
        )  # fmt: skip
        copy.receive_count = self.receive_count
        copy.first_received_s = self.first_received_s
        copy.source_arn = source_arn
        return copy

    @property
    def sequence_number(self) -> str | None:
        """The sequence number as FIFO queues tell it: 20 digits."""
        return None if self.sequence is None else f"{self.sequence:020d}"


class Delivery:
    """A message as one receive brought it; its receipt stays this delivery's own."""

    __slots__ = ("message", "receive_count")

    def __init__(self, message: Message) -> None:
        self.message = message
        self.receive_count = message.receive_count

    @property
    def receipt(self) -> Receipt:
        """What to show to delete the message or to change its visibility."""
        return (self.message.serial, self.receive_count)

    @property
    def id(self) -> str:
        """The message id, a UUID."""
        return self.message.id

    @property
    def body(self) -> str:
        """The message's text."""
        return self.message.body
