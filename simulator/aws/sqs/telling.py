"""What the wire tells of a message: to its sender, and to who receives it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from moto.sqs.models import DEFAULT_SENDER_ID

from simulator.aws.sqs import messages as texts
from simulator.aws.sqs.queue import SqsQueue
from simulator.model.message import Delivery

SYSTEM_NAMES = (
    "AWSTraceHeader",
    "ApproximateFirstReceiveTimestamp",
    "ApproximateReceiveCount",
    "DeadLetterQueueSourceArn",
    "MessageDeduplicationId",
    "MessageGroupId",
    "SenderId",
    "SentTimestamp",
    "SequenceNumber",
)


def sent(
    id_: str,
    sequence: str | None,
    body: str,
    attributes: texts.Attributes,
    system: texts.Attributes,
) -> dict[str, Any]:
    """What a sender is told of its message."""
    told = {"MessageId": id_, "MD5OfMessageBody": texts.md5_of(body)}
    if attributes:
        told["MD5OfMessageAttributes"] = texts.md5_of_attributes(attributes)
    if system:
        told["MD5OfMessageSystemAttributes"] = texts.md5_of_attributes(system)
    if sequence:
        told["SequenceNumber"] = sequence
    return told


def received(
    delivery: Delivery, queue: SqsQueue, names: Iterable[str], wanted: list[str]
) -> dict[str, Any]:
    """A delivery as ReceiveMessage tells it, with the attributes asked for."""
    message = delivery.message
    told: dict[str, Any] = {
        "MessageId": message.id,
        "ReceiptHandle": texts.write_receipt(delivery.receipt, queue.store),
        "MD5OfBody": texts.md5_of(message.body),
        "Body": message.body,
    }
    attributes = texts.chosen(message.attributes or {}, wanted)
    if attributes:
        told["MessageAttributes"] = attributes
        told["MD5OfMessageAttributes"] = texts.md5_of_attributes(attributes)
    if names:
        system = {name: _system(name, delivery, queue) for name in names}
        told["Attributes"] = {name: value for name, value in system.items() if value is not None}
    return told


def _system(name: str, delivery: Delivery, queue: SqsQueue) -> str | None:
    message = delivery.message

    def instant(at_s: float) -> str:
        return str(round((queue.world.clock.start.timestamp() + at_s) * 1000))

    match name:
        case "SenderId":
            return message.sender or DEFAULT_SENDER_ID
        case "SentTimestamp":
            return instant(message.sent_s)
        case "ApproximateReceiveCount":
            return str(delivery.receive_count)
        case "ApproximateFirstReceiveTimestamp":
            return instant(message.first_received_s or 0.0)
        case "MessageDeduplicationId":
            return message.dedup_id
        case "MessageGroupId":
            return message.group_id
        case "SequenceNumber":
            return message.sequence_number
        case "DeadLetterQueueSourceArn":
            return message.source_arn
    trace = (message.system or {}).get("AWSTraceHeader")
    return str(trace["StringValue"]) if trace else None
