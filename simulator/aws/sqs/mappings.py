"""Lambda event source mappings of a queue: a background fiber polls it and invokes the function."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from moto.sqs.models import sqs_backends

from simulator.aws.sqs import messages as texts
from simulator.aws.sqs.polling import drive
from simulator.kernel import current_fiber, sleep
from simulator.model.message import Delivery

if TYPE_CHECKING:
    from simulator.aws.sqs.queue import SqsQueue
    from simulator.world import World

POLL_S = 20.0
_DISABLED_S = 10.0


class Mappings(dict[str, Any]):
    """moto's mappings of one queue by function; each new one gets its poller."""

    def __init__(self, world: World, queue: SqsQueue) -> None:
        super().__init__()
        self._world = world
        self._queue = queue

    def __setitem__(self, function_arn: str, mapping: Any) -> None:
        super().__setitem__(function_arn, mapping)
        self._world.spawn(
            self._poll,
            function_arn,
            mapping,
            name=f"poller of {self._queue.name}",
            actor="lambda",
            background=True,
        )

    def _poll(self, function_arn: str, mapping: Any) -> None:
        fiber = current_fiber()
        assert fiber is not None
        queue = self._queue
        while self._is_there(function_arn, mapping):
            if not mapping.enabled:
                sleep(_DISABLED_S)
                continue
            found = drive(queue.store, int(mapping.batch_size), POLL_S, None)
            if found:
                fiber.background = False
                try:
                    self._invoke(function_arn, mapping, found)
                finally:
                    fiber.background = True

    def _is_there(self, function_arn: str, mapping: Any) -> bool:
        from moto.awslambda.utils import get_backend

        queue = self._queue
        mappings = get_backend(queue.account_id, queue.region)._event_source_mappings
        there = sqs_backends[queue.account_id][queue.region].queues.get(queue.name)
        mine = self.get(function_arn) is mapping
        return mine and there is queue and mapping.uuid in mappings

    def _invoke(self, function_arn: str, mapping: Any, found: list[Delivery]) -> None:
        from moto.awslambda.utils import get_backend

        queue = self._queue
        headers: dict[str, Any] = {}
        answer = get_backend(queue.account_id, queue.region).invoke(
            function_name=function_arn,
            qualifier=None,
            body=json.dumps({"Records": [record(delivery, queue) for delivery in found]}),
            headers={"X-Amz-Invocation-Type": "RequestResponse"},
            response_headers=headers,
        )
        if "x-amz-function-error" in headers:
            return  # they become visible again when their time-out ends
        failed = _failed(answer, mapping)
        for delivery in found:
            if delivery.id not in failed:
                queue.store.delete(delivery.receipt, journaled=True)


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
            name: {
                "stringValue": value.get("StringValue"),
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": value.get("DataType"),
            }
            for name, value in (message.attributes or {}).items()
        },
        "md5OfBody": texts.md5_of(message.body),
        "eventSource": "aws:sqs",
        "eventSourceARN": queue.queue_arn,
        "awsRegion": queue.region,
    }


def _failed(answer: Any, mapping: Any) -> frozenset[str]:
    """Ids that the function reported as failed, where the mapping lets it do so."""
    if "ReportBatchItemFailures" not in (getattr(mapping, "function_response_types", None) or ()):
        return frozenset()
    try:
        failures = json.loads(answer)["batchItemFailures"]
        return frozenset(str(failure["itemIdentifier"]) for failure in failures)
    except (ValueError, KeyError, TypeError):
        return frozenset()
