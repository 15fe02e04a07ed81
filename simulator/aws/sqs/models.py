"""moto's SQS backend on the model's queues: moto keeps what a queue is, the model what it holds."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from moto.core.utils import unix_time
from moto.sqs import models
from moto.sqs.exceptions import (
    InvalidAttributeName,
    InvalidParameterValue,
    MissingParameter,
    PurgeQueueInProgress,
    QueueAlreadyExists,
    QueueDoesNotExist,
)

from simulator.aws.sqs import attributes as rules
from simulator.aws.sqs import messages as texts
from simulator.aws.sqs.exceptions import (
    InvalidAttribute,
    InvalidValue,
    MessageNotInflight,
    QueueDeletedRecently,
    TooManyInFlight,
)
from simulator.aws.sqs.polling import drive
from simulator.aws.sqs.queue import READ_ONLY, SqsQueue
from simulator.aws.sqs.tasks import MoveTasks
from simulator.aws.weighing import weigh
from simulator.model import lineage
from simulator.model.message import Delivery, Message
from simulator.model.queue import (
    BeyondLimit,
    NotInFlight,
    ReceiptExpired,
    ReceiptUnknown,
)

if TYPE_CHECKING:
    from simulator.world import World

ONCE_A_MINUTE_S = 60.0
_NAMES = ("All", *READ_ONLY, *rules.SETTABLE)


class SqsBackend(models.SQSBackend):
    """The queues of one account in one Region."""

    world: World

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.queues: dict[str, SqsQueue] = {}  # type: ignore[assignment]
        self.deleted_at: dict[str, float] = {}
        self.move_tasks = MoveTasks(self.world, self)

    def reset(self) -> None:
        """Forget all queues; who samples or waits at one of them finds it deleted."""
        for queue in self.queues.values():
            queue.store.purge()
            queue.store.deleted = True
        super().reset()

    @property
    def _url_module(self) -> Any:
        from simulator.aws.sqs import urls  # its responses import this module

        return urls

    def create_queue(
        self, name: str, tags: dict[str, str] | None = None, **kwargs: Any
    ) -> SqsQueue:
        """A new queue, or the one of that name if it has the very same attributes."""
        given = {key: value for key, value in kwargs.items() if key not in ("region", "QueueName")}
        fifo = str(name).endswith(".fifo")
        settings = rules.checked(given, fifo=fifo)
        existing = self.queues.get(name)
        if existing is not None:
            for key, value in settings.items():
                if not rules.same(key, existing.value_of(key), value):
                    raise QueueAlreadyExists(
                        "A queue already exists with the same name and a different value for "
                        f"attribute {key}"
                    )
            return existing
        self._check_new(name, settings, fifo)
        queue = SqsQueue(  # type: ignore[abstract]  # as moto's own
            name, self.region_name, self.account_id, settings
        )
        if tags:
            queue.tags = dict(tags)
        self.queues[name] = queue
        return queue

    def _check_new(self, name: str, settings: dict[str, str], fifo: bool) -> None:
        if (settings.get("FifoQueue") == "true") != fifo:
            raise InvalidParameterValue(
                "The name of a FIFO queue can only include alphanumeric characters, hyphens, or "
                "underscores, must end with .fifo suffix and be 1 to 80 in length."
                if not fifo
                else "Can only include alphanumeric characters, hyphens, or underscores. "
                "1 to 80 in length"
            )
        deleted_s = self.deleted_at.get(name)
        if deleted_s is not None and self.world.now_s - deleted_s < ONCE_A_MINUTE_S:
            raise QueueDeletedRecently
        self._check_redrive(name, settings, fifo)

    def _check_redrive(self, name: str, settings: Mapping[str, str], fifo: bool) -> None:
        rules.redrive_allow_policy(settings.get("RedriveAllowPolicy", ""))
        text = settings.get("RedrivePolicy", "")
        policy = rules.redrive_policy(text)
        if policy is None:
            return
        arn = str(policy["deadLetterTargetArn"])
        target = self.by_arn(arn)
        if target is None or arn.split(":")[3:5] != [self.region_name, self.account_id]:
            raise InvalidValue(text, "RedrivePolicy", "Dead letter target does not exist.")
        if target.fifo_queue != fifo:
            raise InvalidValue(
                text,
                "RedrivePolicy",
                "Dead-letter queue must be same type of queue as the source.",
            )
        allowed = rules.redrive_allow_policy(target.settings.get("RedriveAllowPolicy", ""))
        permission = (allowed or {}).get("redrivePermission", "allowAll")
        source = f"{arn.rsplit(':', 1)[0]}:{name}"
        if permission == "denyAll" or (
            allowed and permission == "byQueue" and source not in allowed["sourceQueueArns"]
        ):
            raise InvalidValue(
                text,
                "RedrivePolicy",
                f"Access to the dead-letter queue {arn} is denied by its redrive allow policy.",
            )

    def get_queue(self, queue_name: str) -> SqsQueue:
        """The queue of that name. Raises QueueDoesNotExist."""
        queue = self.queues.get(queue_name)
        if queue is None:
            raise QueueDoesNotExist
        return queue

    def by_arn(self, arn: str) -> SqsQueue | None:
        """The queue that an ARN names, in whatever account and Region."""
        parts = arn.split(":")
        if len(parts) != 6 or parts[2] != "sqs":
            return None
        if (parts[3], parts[4]) == (self.region_name, self.account_id):
            return self.queues.get(parts[5])
        regions = models.sqs_backends[parts[4]]
        if parts[3] not in regions.regions:
            return None
        found: SqsQueue | None = regions[parts[3]].queues.get(parts[5])  # type: ignore[assignment]
        return found

    def list_queues(self, queue_name_prefix: str) -> list[SqsQueue]:  # type: ignore[override]
        """Queues whose names begin so."""
        return [q for name, q in self.queues.items() if name.startswith(queue_name_prefix or "")]

    def delete_queue(self, queue_name: str) -> None:
        """Delete a queue with all it holds."""
        store = self.get_queue(queue_name).store
        store.purge()
        store.deleted = True
        del self.queues[queue_name]
        self.deleted_at[queue_name] = self.world.now_s

    def get_queue_attributes(self, queue_name: str, attribute_names: list[str]) -> dict[str, Any]:
        """The attributes asked for, those the queue has."""
        queue = self.get_queue(queue_name)
        for name in attribute_names:
            if name not in _NAMES:
                raise InvalidAttributeName(name)
        if "All" in attribute_names:
            return queue.attributes
        told = {name: queue.value_of(name) for name in attribute_names}
        return {name: value for name, value in told.items() if value is not None}

    def set_queue_attributes(self, queue_name: str, attributes: dict[str, Any]) -> SqsQueue:
        """Change a queue's attributes, all of them or none."""
        queue = self.get_queue(queue_name)
        if not attributes:
            raise MissingParameter("Attribute.Name")
        wanted = dict(attributes)
        if "FifoQueue" in wanted and not queue.fifo_queue:
            raise InvalidAttributeName("FifoQueue")
        if str(wanted.pop("FifoQueue", "true")).lower() != "true":
            raise InvalidAttribute("FifoQueue", "Modifying queue type is not supported.")
        scope = queue.settings.get("DeduplicationScope", "queue")
        settings = rules.checked(wanted, fifo=queue.fifo_queue, scope=scope)
        self._check_redrive(queue.name, settings, queue.fifo_queue)
        queue.change(settings)
        return queue

    def send_message(  # type: ignore[override]
        self,
        queue_name: str,
        message_body: str,
        message_attributes: dict[str, Any] | None = None,
        delay_seconds: int | None = None,
        deduplication_id: str | None = None,
        group_id: str | None = None,
        system_attributes: dict[str, Any] | None = None,
        validate_group_id: bool = True,
    ) -> Message:
        """Send a message, as the API does and as moto's other services do."""
        queue = self.get_queue(queue_name)
        self.check_fifo(queue, group_id, deduplication_id, required=validate_group_id)
        return self.enter(
            queue, message_body, message_attributes or {}, delay_seconds, deduplication_id,
            group_id, system_attributes or {},
        )  # fmt: skip

    def check_fifo(
        self, queue: SqsQueue, group_id: str | None, dedup_id: str | None, *, required: bool = True
    ) -> None:
        """Raises where the ids of a message do not suit the type of the queue."""
        texts.check_id("MessageGroupId", group_id)
        texts.check_id("MessageDeduplicationId", dedup_id)
        if not queue.fifo_queue:
            if dedup_id is not None and required:
                raise InvalidValue(
                    dedup_id,
                    "MessageDeduplicationId",
                    "The request include parameter that is not valid for this queue type.",
                )
            return
        if group_id is None and required:
            raise MissingParameter("MessageGroupId")
        if dedup_id is None and not queue.content_based_deduplication:
            raise InvalidParameterValue(
                "The queue should either have ContentBasedDeduplication enabled or "
                "MessageDeduplicationId provided explicitly"
            )

    def enter(
        self,
        queue: SqsQueue,
        body: str,
        attributes: dict[str, Any],
        delay_s: int | None,
        dedup_id: str | None,
        group_id: str | None,
        system: dict[str, Any],
    ) -> Message:
        """Check one message by itself and put it in the queue."""
        texts.check_body(body)
        texts.check_attributes(attributes)
        texts.check_system_attributes(system)
        size = texts.size_of(body, attributes)
        if size > queue.maximum_message_size:
            raise InvalidParameterValue(
                "One or more parameters are invalid. Reason: Message must be shorter than "
                f"{queue.maximum_message_size} bytes."
            )
        if delay_s is not None:
            if queue.fifo_queue and delay_s:
                raise InvalidValue(
                    delay_s,
                    "DelaySeconds",
                    "The request include parameter that is not valid for this queue type.",
                )
            if not 0 <= delay_s <= texts.DELAY_MAX_S:
                raise InvalidValue(delay_s, "DelaySeconds", "DelaySeconds must be >= 0 and <= 900.")
        if queue.fifo_queue:
            delay_s = None  # only the queue's own delay counts there
            if dedup_id is None:
                dedup_id = hashlib.sha256(body.encode()).hexdigest()
        queue.store.count("SentMessageSize", size, "Bytes")
        weigh(size)
        system = lineage.carried(system)
        return queue.store.send(
            body,
            delay_s=delay_s,
            attributes=deepcopy(attributes) if attributes else None,
            system=deepcopy(system) if system else None,
            group_id=group_id,
            dedup_id=dedup_id,
            journaled=True,
        )

    def receive_message(  # type: ignore[override]
        self,
        queue_name: str,
        count: int,
        wait_seconds_timeout: int,
        visibility_timeout: int,
        message_attribute_names: list[str] | None = None,  # noqa: ARG002  (moto's signature)
        attempt_id: str | None = None,
    ) -> list[Delivery]:
        """Receive up to `count` messages, waiting up to `wait_seconds_timeout` virtual seconds."""
        queue = self.get_queue(queue_name).store
        if not queue.fifo and not wait_seconds_timeout and queue.full:
            raise TooManyInFlight(queue.in_flight_limit)
        return drive(
            queue,
            count,
            wait_seconds_timeout,
            visibility_timeout,
            attempt_id if queue.fifo else None,
        )

    def change_message_visibility(
        self, queue_name: str, receipt_handle: str, visibility_timeout: int
    ) -> None:
        """Let a message in flight become visible so many seconds from now."""
        queue = self.get_queue(queue_name)
        try:
            queue.store.change_visibility(queue.receipt(receipt_handle), visibility_timeout)
        except (ReceiptUnknown, ReceiptExpired):
            raise InvalidValue(
                receipt_handle,
                "ReceiptHandle",
                "Message does not exist or is not available for visibility timeout change.",
            ) from None
        except NotInFlight:
            raise MessageNotInflight from None
        except BeyondLimit:
            raise InvalidValue(
                visibility_timeout,
                "VisibilityTimeout",
                "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]",
            ) from None

    def purge_queue(self, queue_name: str) -> None:
        """Delete all messages of a queue, once a minute at most."""
        queue = self.get_queue(queue_name)
        now_s = unix_time()
        if (
            models.sqs_enforce_strict_queue_purge_behaviour()
            and queue.last_purged_at is not None
            and now_s - queue.last_purged_at < ONCE_A_MINUTE_S
        ):
            raise PurgeQueueInProgress(queue.name)
        queue.last_purged_at = now_s
        queue.store.purge()
        self.world.record("sqs.purged", queue=queue.name)

    def list_dead_letter_source_queues(  # type: ignore[override]
        self, queue_name: str
    ) -> list[SqsQueue]:
        """Queues whose redrive policy names this one."""
        arn = self.get_queue(queue_name).queue_arn
        return [
            queue
            for queue in self.queues.values()
            if queue.redrive_policy and queue.redrive_policy["deadLetterTargetArn"] == arn
        ]
