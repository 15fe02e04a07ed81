"""Event source mappings of a queue: its batches go to the function, and what succeeds is deleted.

Source: Lambda Developer Guide, "Using Lambda with Amazon SQS" and "Handling errors for an SQS event
source in Lambda".
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from moto.awslambda.exceptions import UnknownFunctionException
from moto.sqs.models import sqs_backends

from simulator.aws.functions.batches import Filters, failed_items
from simulator.aws.functions.exceptions import TooManyRequests
from simulator.aws.sqs import messages as texts
from simulator.aws.sqs.polling import drive
from simulator.kernel import sleep
from simulator.kernel.fiber import on_behalf
from simulator.model import lineage
from simulator.model.message import Delivery
from simulator.model.poller import Poller, Reading
from simulator.model.queue import ReceiptExpired

if TYPE_CHECKING:
    from simulator.aws.functions.mappings import Mapping
    from simulator.aws.sqs.queue import SqsQueue
    from simulator.world import World

_FIRST_BACKOFF_S = 1.0


class QueueSource:
    """One mapping's reading of its queue."""

    def __init__(self, world: World, mapping: Mapping, queue: SqsQueue) -> None:
        self._world, self._mapping, self._queue = world, mapping, queue
        self._filters = Filters(mapping.filter_criteria, "body")
        self._poller = Poller(
            world,
            queue.name,
            self._reading,
            lambda most, wait_s: drive(queue.store, most, wait_s, None),
            self._sift,
            lambda delivery: len(delivery.message.body) + 512,
            self._handle,
        )

    def start(self) -> None:
        """Begin to read."""
        self._poller.start()

    def change(self) -> None:
        """Put the mapping's changed settings in force."""
        self._filters = Filters(self._mapping.filter_criteria, "body")
        self._poller.change()

    def stop(self) -> None:
        """Read no more."""
        self._poller.stop()

    def wake(self) -> None:
        """Nothing to do: a receive that waits is woken by the queue itself."""

    def _reading(self) -> Reading:
        mapping, queue = self._mapping, self._queue
        there = sqs_backends[queue.account_id][queue.region].queues.get(queue.name) is queue
        if not there:
            self._poller.stop()
        most = (mapping.scaling_config or {}).get("MaximumConcurrency")
        return Reading(
            batch=int(mapping.batch_size),
            window_s=float(mapping.max_batch_window or 0),
            most=int(most) if most else None,
            enabled=bool(mapping.enabled) and there,
        )

    def _sift(self, found: list[Delivery]) -> list[Delivery]:
        """Those that pass the filters; the others are deleted."""
        if not self._filters:
            return found
        kept = []
        for delivery in found:
            if self._filters.passes(record(delivery, self._queue), delivery.message.body):
                kept.append(delivery)
            else:
                self._world.record(
                    "lambda.filtered",
                    queue=self._queue.name,
                    function=self._mapping.function_arn,
                    message_id=delivery.id,
                )
                self._delete(delivery)
        return kept

    def _handle(self, batch: list[Delivery]) -> None:
        batch = self._outside_of_loops(batch)
        if batch:
            chain = lineage.united(lineage.of_message(each.message.system) for each in batch)
            with on_behalf(lineage=chain):
                self._hand_over(batch)

    def _outside_of_loops(self, batch: list[Delivery]) -> list[Delivery]:
        """Those that come of no recursive loop; the others go to the dead-letter queue, or away."""
        chains = [lineage.of_message(each.message.system) for each in batch]
        if not any(chains):
            return batch
        kept = []
        try:
            function, _ = self._mapping.target()
        except UnknownFunctionException:
            return batch  # its invocation tells it
        for delivery, chain in zip(batch, chains, strict=True):
            if not self._mapping.door.functions.stopped(function, chain):
                kept.append(delivery)
                continue
            redrive = self._queue.store.redrive
            if redrive is not None and (dead := redrive.target()) is not None:
                dead.accept(delivery.message, self._queue.store, journaled=True)
            self._delete(delivery)
        return kept

    def _hand_over(self, batch: list[Delivery]) -> None:
        mapping, queue = self._mapping, self._queue
        event = json.dumps({"Records": [record(each, queue) for each in batch]}).encode()
        until_s = self._world.now_s + queue.store.visibility_timeout_s
        backoff_s = _FIRST_BACKOFF_S
        while True:
            try:
                _, result = mapping.door.service(mapping.function_arn, event, "sqs")
                break
            except TooManyRequests:
                if self._world.now_s + backoff_s >= until_s:
                    return  # they become visible again when their time-out ends
                sleep(backoff_s)
                backoff_s *= 2
            except Exception as error:  # the function is gone, or its alias
                mapping.note(f"PROBLEM: {error}")
                return
        if result.failed:
            mapping.note("PROBLEM: Function call failed")
            return
        types = mapping.function_response_types
        failed = failed_items(result.payload, (each.id for each in batch), types)
        for delivery in batch:
            if failed is not None and delivery.id not in failed:
                self._delete(delivery)
        mapping.note("OK" if failed == set() else "PROBLEM: Some records failed")

    def _delete(self, delivery: Delivery) -> None:
        try:
            self._queue.store.delete(delivery.receipt, journaled=True)
        except ReceiptExpired:
            return  # a FIFO queue's message whose time was up comes again


def record(delivery: Delivery, queue: SqsQueue) -> dict[str, Any]:
    """One record of the event that Lambda hands to the function."""
    message, world = delivery.message, queue.world
    start_ms = world.clock.start.timestamp() * 1000
    attributes = {
        "ApproximateReceiveCount": str(delivery.receive_count),
        "SentTimestamp": str(round(start_ms + message.sent_s * 1000)),
        "SenderId": message.sender or "",
        "ApproximateFirstReceiveTimestamp": str(
            round(start_ms + (message.first_received_s or 0.0) * 1000)
        ),
    }
    if message.sequence is not None:
        attributes["SequenceNumber"] = str(message.sequence_number)
        attributes["MessageGroupId"] = message.group_id or ""
        attributes["MessageDeduplicationId"] = message.dedup_id or ""
    return {
        "messageId": message.id,
        "receiptHandle": texts.write_receipt(delivery.receipt, queue.store),
        "body": message.body,
        "attributes": attributes,
        "messageAttributes": {
            name: _attribute(value) for name, value in (message.attributes or {}).items()
        },
        "md5OfBody": texts.md5_of(message.body),
        "eventSource": "aws:sqs",
        "eventSourceARN": queue.queue_arn,
        "awsRegion": queue.region,
    }


def _attribute(value: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {"stringListValues": [], "binaryListValues": []}
    if value.get("StringValue") is not None:
        told["stringValue"] = value["StringValue"]
    if (data := value.get("BinaryValue")) is not None:
        raw = data if isinstance(data, bytes) else str(data).encode()
        told["binaryValue"] = base64.b64encode(raw).decode() if isinstance(data, bytes) else data
    return {**told, "dataType": value.get("DataType")}
