"""One queue on the wire: its name, attributes, policy and tags on the model's store of messages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from moto.core.utils import unix_time
from moto.sqs import models
from moto.sqs.exceptions import ReceiptHandleIsInvalid
from moto.utilities.utils import get_partition

from simulator.aws.sqs import attributes as rules
from simulator.aws.sqs import messages as texts
from simulator.aws.sqs.exceptions import InvalidValue
from simulator.model.message import Receipt
from simulator.model.queue import Queue, ReceiptExpired, Redrive

if TYPE_CHECKING:
    from simulator.world import World

READ_ONLY = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
    "CreatedTimestamp",
    "LastModifiedTimestamp",
    "QueueArn",
)
_FIFO = ("ContentBasedDeduplication", "DeduplicationScope", "FifoQueue", "FifoThroughputLimit")
_KMS = ("KmsDataKeyReusePeriodSeconds", "KmsMasterKeyId")
_DEFAULTS = {
    "DelaySeconds": "0",
    "MaximumMessageSize": str(texts.MAXIMUM_SIZE),
    "MessageRetentionPeriod": "345600",
    "ReceiveMessageWaitTimeSeconds": "0",
    "SqsManagedSseEnabled": "true",
    "VisibilityTimeout": "30",
}
_FIFO_DEFAULTS = {
    "ContentBasedDeduplication": "false",
    "DeduplicationScope": "queue",
    "FifoThroughputLimit": "perQueue",
}


class SqsQueue(models.Queue):
    """A queue's name, attributes, policy and tags; its messages lie in `store` and only there."""

    world: World

    def __init__(
        self, name: str, region: str, account_id: str, settings: Mapping[str, str]
    ) -> None:
        arn = f"arn:{get_partition(region)}:sqs:{region}:{account_id}:{name}"
        self.settings: dict[str, str] = {}
        self.store = Queue(self.world, name, arn=arn, fifo=settings.get("FifoQueue") == "true")
        self.redrive_policy: dict[str, Any] | None = None
        super().__init__(name, region, account_id)
        for moved in ("_messages", "_pending_messages", "_messages_lock", "deleted_messages"):
            delattr(self, moved)  # whoever still looks for messages here must fail aloud
        self.fifo_queue = self.store.fifo
        self.change({**_DEFAULTS, **(_FIFO_DEFAULTS if self.fifo_queue else {}), **settings})

    def change(self, settings: Mapping[str, str]) -> None:
        """Put checked attributes in force, here and in the store; an empty text takes one away."""
        known = {**self.settings, **settings}
        if settings.get("KmsMasterKeyId"):
            known["SqsManagedSseEnabled"] = "false"
        elif settings.get("SqsManagedSseEnabled") == "true":
            known["KmsMasterKeyId"] = ""
        if not self.fifo_queue:
            known.pop("FifoQueue", None)
        self.settings = {name: value for name, value in known.items() if value}
        store, of = self.store, self.settings.get
        store.visibility_timeout_s = float(of("VisibilityTimeout", "30"))
        store.delay_s = float(of("DelaySeconds", "0"))
        store.retention_s = float(of("MessageRetentionPeriod", "345600"))
        store.dedup_by_group = of("DeduplicationScope") == "messageGroup"
        self.maximum_message_size = int(of("MaximumMessageSize", str(texts.MAXIMUM_SIZE)))
        self.receive_message_wait_time_seconds = int(of("ReceiveMessageWaitTimeSeconds", "0"))
        self.content_based_deduplication = of("ContentBasedDeduplication") == "true"
        self.kms_master_key_id = of("KmsMasterKeyId")
        if "Policy" in settings:
            self.policy = settings["Policy"]
        self._redrive_by(rules.redrive_policy(of("RedrivePolicy", "")))
        self.last_modified_timestamp = unix_time()

    def _redrive_by(self, policy: dict[str, Any] | None) -> None:
        self.redrive_policy = policy
        self.dead_letter_queue = None
        self.store.redrive = None
        if policy is None:
            return
        queues = models.sqs_backends[self.account_id][self.region].queues
        name = str(policy["deadLetterTargetArn"]).rsplit(":", 1)[-1]
        self.dead_letter_queue = queues.get(name)

        def target() -> Queue | None:
            queue = queues.get(name)
            return queue.store if isinstance(queue, SqsQueue) else None

        self.store.redrive = Redrive(target, policy["maxReceiveCount"])

    def value_of(self, name: str) -> str | None:
        """An attribute as GetQueueAttributes tells it, None where the queue does not have it."""
        if name not in READ_ONLY:
            if name == "Policy":
                return self.policy or None
            if name in _KMS and not self.kms_master_key_id:
                return None
            if name == "RedrivePolicy":
                return json.dumps(self.redrive_policy) if self.redrive_policy else None
            if name == "KmsDataKeyReusePeriodSeconds":
                return self.settings.get(name, "300")
            return self.settings.get(name)
        if name == "QueueArn":
            return self.queue_arn
        if name == "CreatedTimestamp":
            return str(int(self.created_timestamp))
        if name == "LastModifiedTimestamp":
            return str(int(self.last_modified_timestamp))
        counts = {
            "ApproximateNumberOfMessages": self.store.visible,
            "ApproximateNumberOfMessagesDelayed": self.store.delayed,
        }
        return str(counts.get(name, self.store.in_flight))

    @property
    def attributes(self) -> dict[str, Any]:
        """All attributes that the queue has, as texts."""
        told = {name: self.value_of(name) for name in (*READ_ONLY, *rules.SETTABLE)}
        return {name: value for name, value in told.items() if value is not None}

    @property
    def visibility_timeout(self) -> int:
        """Seconds; CloudFormation's update sets it here."""
        return int(self.store.visibility_timeout_s)

    @visibility_timeout.setter
    def visibility_timeout(self, seconds: int) -> None:
        self.store.visibility_timeout_s = float(seconds)
        self.settings["VisibilityTimeout"] = str(seconds)

    @property
    def approximate_number_of_messages(self) -> int:
        """How many messages can be received."""
        return self.store.visible

    def add_message(self, message: Any) -> None:
        """moto's way in; nothing may go past the store."""
        raise NotImplementedError("messages enter a queue through its store")

    def delete_message(self, receipt_handle: str) -> None:
        """Delete a message by the text of a receipt."""
        receipt = self.receipt(receipt_handle)
        try:
            self.store.delete(receipt, journaled=True)
        except ReceiptExpired:
            raise InvalidValue(
                receipt_handle, "ReceiptHandle", "The receipt handle has expired."
            ) from None

    def receipt(self, handle: str) -> Receipt:
        """What a receipt handle stands for. Raises ReceiptHandleIsInvalid."""
        receipt = texts.read_receipt(handle, self.store)
        if receipt is None:
            raise ReceiptHandleIsInvalid
        return receipt
