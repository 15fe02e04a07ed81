"""What each action of SQS does with its parameters, and what it tells."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlparse

from moto.core.responses import ActionResult, EmptyResult, PaginatedResult
from moto.sqs.exceptions import (
    BatchEntryIdsNotDistinct,
    BatchRequestTooLong,
    InvalidAttributeName,
    InvalidBatchEntryId,
    MissingParameter,
    QueueDoesNotExist,
    ReceiptHandleIsInvalid,
    SQSException,
    TooManyEntriesInBatchRequest,
)
from moto.sqs.models import sqs_backends

from simulator.aws.sqs import messages as texts
from simulator.aws.sqs.exceptions import EmptyBatch, InvalidValue
from simulator.aws.sqs.road import Road
from simulator.aws.sqs.telling import SYSTEM_NAMES, received, sent
from simulator.aws.weighing import weigh

BATCH_MAX = 10
VISIBILITY_MAX_S = 43_200
WAIT_MAX_S = 20
_ACCOUNT = re.compile(r"\d{12}")


class SqsResponse(Road):
    """Answers each action."""

    # ---- queues

    def get_queue_url(self) -> ActionResult:
        """The URL of a queue, of another account's too."""
        owner = self._get_param("QueueOwnerAWSAccountId")
        if owner is not None and not _ACCOUNT.fullmatch(owner):
            raise QueueDoesNotExist
        backend = sqs_backends[owner or self.current_account][self.region]
        queue = backend.get_queue(self._get_param("QueueName"))
        return ActionResult({"QueueUrl": queue.url(urlparse(self.uri))})

    def get_queue_attributes(self) -> ActionResult:
        """Attributes of a queue."""
        names = self._get_param("AttributeNames", [])
        told = self.sqs_backend.get_queue_attributes(self._get_queue_name(), names)
        return ActionResult({"Attributes": told}) if told else EmptyResult()

    def list_dead_letter_source_queues(self) -> ActionResult:
        """URLs of the queues whose messages end in this one, in pages where asked for."""
        queues = self.sqs_backend.list_dead_letter_source_queues(self._get_queue_name())
        told = {"queueUrls": [queue.url(urlparse(self.uri)) for queue in queues]}
        return PaginatedResult(told) if self._get_param("MaxResults") else ActionResult(told)

    # ---- messages

    def send_message(self) -> ActionResult:
        """Send one message."""
        message, attributes, system = self._get_param("MessageBody"), *self._carried(self.params)
        backend, queue = self.sqs_backend, self._queue
        entered = backend.send_message(
            queue.name,
            message,
            message_attributes=attributes,
            delay_seconds=self._get_param("DelaySeconds"),
            deduplication_id=self._get_param("MessageDeduplicationId"),
            group_id=self._get_param("MessageGroupId"),
            system_attributes=system,
        )
        return ActionResult(sent(entered.id, entered.sequence_number, message, attributes, system))

    def send_message_batch(self) -> ActionResult:
        """Send up to ten messages; each of them succeeds or fails by itself."""
        backend, queue = self.sqs_backend, self._queue
        entries = self._entries("SendMessage")
        size = sum(
            texts.size_of(entry["MessageBody"], self._carried(entry)[0]) for entry in entries
        )
        if size > texts.MAXIMUM_SIZE:
            raise BatchRequestTooLong(size)
        for entry in entries:
            backend.check_fifo(
                queue,
                entry.get("MessageGroupId"),
                entry.get("MessageDeduplicationId"),
                required=queue.fifo_queue,
            )

        def send(entry: Mapping[str, Any]) -> dict[str, Any]:
            attributes, system = self._carried(entry)
            body = entry["MessageBody"]
            entered = backend.enter(
                queue, body, attributes, entry.get("DelaySeconds"),
                entry.get("MessageDeduplicationId"), entry.get("MessageGroupId"), system,
            )  # fmt: skip
            return sent(entered.id, entered.sequence_number, body, attributes, system)

        return _each(entries, send)

    def receive_message(self) -> ActionResult:
        """Receive messages, waiting for them as long as the call or the queue says."""
        backend, queue = self.sqs_backend, self._queue
        names = self._system_names()
        count = self._get_param("MaxNumberOfMessages", 1)
        if not 1 <= count <= BATCH_MAX:
            raise InvalidValue(
                count, "MaxNumberOfMessages", "Must be between 1 and 10, if provided."
            )
        wait_s = self._get_param("WaitTimeSeconds")
        if wait_s is None:
            wait_s = queue.receive_message_wait_time_seconds
        elif not 0 <= wait_s <= WAIT_MAX_S:
            raise InvalidValue(wait_s, "WaitTimeSeconds", "Must be >= 0 and <= 20, if provided.")
        visibility_s = self._get_param("VisibilityTimeout")
        if visibility_s is None:
            visibility_s = queue.visibility_timeout
        self._check_visibility(visibility_s)
        wanted = self._get_param("MessageAttributeNames", [])
        found = backend.receive_message(
            queue.name,
            count,
            wait_s,
            visibility_s,
            attempt_id=self._get_param("ReceiveRequestAttemptId"),
        )
        weigh(sum(texts.size_of(one.body, one.message.attributes or {}) for one in found))
        told = [received(delivery, queue, names, wanted) for delivery in found]
        return ActionResult({"Messages": told} if told else {})

    def delete_message(self) -> ActionResult:
        """Delete one message."""
        self._queue.delete_message(self._get_param("ReceiptHandle"))
        return EmptyResult()

    def delete_message_batch(self) -> ActionResult:
        """Delete up to ten messages."""
        queue = self._queue

        def delete(entry: Mapping[str, Any]) -> dict[str, Any]:
            queue.delete_message(entry["ReceiptHandle"])
            return {}

        return _each(self._entries("DeleteMessage"), delete)

    def change_message_visibility(self) -> ActionResult:
        """Change one message's visibility timeout."""
        timeout_s = self._get_param("VisibilityTimeout")
        queue = self._queue
        self._check_visibility(timeout_s)
        self.sqs_backend.change_message_visibility(
            queue.name, self._get_param("ReceiptHandle"), timeout_s
        )
        return EmptyResult()

    def change_message_visibility_batch(self) -> ActionResult:
        """Change up to ten messages' visibility timeouts."""
        backend, queue = self.sqs_backend, self._queue

        def change(entry: Mapping[str, Any]) -> dict[str, Any]:
            timeout_s = entry.get("VisibilityTimeout")
            if timeout_s is None:
                raise MissingParameter("VisibilityTimeout")
            self._check_visibility(timeout_s)
            backend.change_message_visibility(queue.name, entry["ReceiptHandle"], timeout_s)
            return {}

        return _each(self._entries("ChangeMessageVisibility"), change)

    # ---- move tasks

    def start_message_move_task(self) -> ActionResult:
        """Begin to move a dead-letter queue's messages."""
        task = self.sqs_backend.move_tasks.start(
            self._get_param("SourceArn"),
            self._get_param("DestinationArn"),
            self._get_param("MaxNumberOfMessagesPerSecond"),
        )
        return ActionResult({"TaskHandle": task.handle})

    def list_message_move_tasks(self) -> ActionResult:
        """The newest move tasks of a queue."""
        tasks = self.sqs_backend.move_tasks.list(
            self._get_param("SourceArn"), self._get_param("MaxResults", 1)
        )
        return ActionResult({"Results": [task.told() for task in tasks]})

    def cancel_message_move_task(self) -> ActionResult:
        """End a move task."""
        task = self.sqs_backend.move_tasks.cancel(self._get_param("TaskHandle"))
        return ActionResult({"ApproximateNumberOfMessagesMoved": task.moved})

    # ---- small things

    def _entries(self, action: str) -> list[Mapping[str, Any]]:
        entries: list[Mapping[str, Any]] = list(self._get_param("Entries", []))
        if not entries:
            raise EmptyBatch(action)
        if len(entries) > BATCH_MAX:
            raise TooManyEntriesInBatchRequest(len(entries))
        seen: set[str] = set()
        for entry in entries:
            if not texts.is_batch_id(entry["Id"]):
                raise InvalidBatchEntryId
        for entry in entries:
            if entry["Id"] in seen:
                raise BatchEntryIdsNotDistinct(entry["Id"])
            seen.add(entry["Id"])
        return entries

    @staticmethod
    def _carried(entry: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """A message's attributes and system attributes."""
        return entry.get("MessageAttributes") or {}, entry.get("MessageSystemAttributes") or {}

    def _check_visibility(self, timeout_s: int) -> None:
        if not 0 <= timeout_s <= VISIBILITY_MAX_S:
            raise InvalidValue(
                timeout_s, "VisibilityTimeout", "Must be between 0 and 43200, if provided."
            )

    def _system_names(self) -> Iterable[str]:
        names = [
            *self._get_param("AttributeNames", []),
            *self._get_param("MessageSystemAttributeNames", []),
        ]
        for name in names:
            if name != "All" and name not in SYSTEM_NAMES:
                raise InvalidAttributeName(name)
        return SYSTEM_NAMES if "All" in names else [n for n in SYSTEM_NAMES if n in names]


def _each(
    entries: Iterable[Mapping[str, Any]], act: Callable[[Mapping[str, Any]], dict[str, Any]]
) -> ActionResult:
    """Do a thing for each entry of a batch; what is refused fails alone."""
    done: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    for entry in entries:
        try:
            done.append({"Id": entry["Id"], **act(entry)})
        except SQSException as error:
            message = error.message
            if isinstance(error, ReceiptHandleIsInvalid):
                message = (
                    f'The input receipt handle "{entry["ReceiptHandle"]}" is not a valid '
                    "receipt handle."
                )
            failed.append(
                {"Id": entry["Id"], "SenderFault": True, "Code": error.code, "Message": message}
            )
    return ActionResult({"Successful": done, "Failed": failed})
