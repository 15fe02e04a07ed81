"""SQS on virtual time: long polls that park, and facts of what each queue sends and delivers."""

from __future__ import annotations

from functools import partial, wraps
from typing import TYPE_CHECKING, Any

from moto.core.utils import unix_time, unix_time_millis
from moto.sqs import models, urls

from simulator.aws.errors import AnswerNow
from simulator.kernel.fiber import on_behalf

if TYPE_CHECKING:
    from simulator.world import World

_BODY_SHOWN = 1024
_Message = models.Message
_Queue = models.Queue
_plain_add_message = _Queue.add_message
_plain_delete_message = _Queue.delete_message
_plain_purge = models.SQSBackend.purge_queue


class VirtualSQSBackend(models.SQSBackend):
    """moto's backend, whose long poll ends at the very instant a message becomes visible."""

    world: World
    _url_module = urls  # moto would look for one beside this file

    def receive_message(
        self,
        queue_name: str,
        count: int,
        wait_seconds_timeout: int,
        visibility_timeout: int,
        message_attribute_names: list[str] | None = None,
    ) -> list[_Message]:
        """Receive up to `count` messages, waiting up to `wait_seconds_timeout` virtual seconds."""
        end_s = unix_time() + wait_seconds_timeout
        while True:
            found = super().receive_message(
                queue_name, count, 0, visibility_timeout, message_attribute_names
            )
            now_s = unix_time()
            if found or now_s >= end_s:
                break
            try:
                with on_behalf(patience_s=wait_seconds_timeout):
                    _wait_for_a_change(self.get_queue(queue_name), end_s - now_s)
            except AnswerNow:
                break
        for message in found:
            self.world.record(
                "sqs.received",
                queue=queue_name,
                message_id=message.id,
                receive_count=message.approximate_receive_count,
            )
        return found


def _wait_for_a_change(queue: _Queue, longest_s: float) -> None:
    """Park until a message arrives, the next one becomes visible, or `longest_s` has passed."""
    now_ms = unix_time_millis()
    coming_ms = [
        max(message.visible_at, message.delayed_until) - now_ms for message in queue._messages
    ]
    next_s = min((wait_ms / 1000 for wait_ms in coming_ms if wait_ms > 0), default=longest_s)
    with queue._messages_lock:
        queue._messages_lock.wait(timeout=min(next_s, longest_s))


def install(world: World) -> None:
    """Put SQS on `world`'s clock and journal."""
    VirtualSQSBackend.world = world
    models.sqs_backends.backend = VirtualSQSBackend
    # moto compares with `>`: at a clock that stands still a zero time-out would never end.
    _Message.visible = property(lambda message: unix_time_millis() >= message.visible_at)
    # moto reads the clock for every message it counts, and counts with every message it sends.
    _Queue.messages = property(_receivable)
    _Queue.approximate_number_of_messages_delayed = property(_count_delayed)
    _Queue.approximate_number_of_messages_not_visible = property(_count_not_visible)
    _Queue.add_message = _method(_plain_add_message, partial(_added, world))
    _Queue.delete_message = _method(_plain_delete_message, partial(_deleted, world))
    models.SQSBackend.purge_queue = _method(_plain_purge, partial(_purged, world))


def _receivable(queue: _Queue) -> list[_Message]:
    now_ms = unix_time_millis()
    return [m for m in queue._messages if m.visible_at <= now_ms and m.delayed_until <= now_ms]


def _count_delayed(queue: _Queue) -> int:
    now_ms = unix_time_millis()
    return sum(1 for message in queue._messages if message.delayed_until > now_ms)


def _count_not_visible(queue: _Queue) -> int:
    now_ms = unix_time_millis()
    return sum(1 for message in queue._messages if message.visible_at > now_ms)


def _method(plain: Any, instead: Any) -> Any:
    @wraps(plain)
    def method(*args: Any, **kwargs: Any) -> Any:
        return instead(*args, **kwargs)

    return method


def _added(world: World, queue: _Queue, message: _Message) -> None:
    source: str | None = getattr(message, "queue_name", None)
    _plain_add_message(queue, message)
    if message not in queue._messages:
        return  # a duplicate within the deduplication interval
    message.queue_name = queue.name
    if source is None:
        delay_s = max(0.0, (message.delayed_until - unix_time_millis()) / 1000)
        world.record(
            "sqs.sent",
            queue=queue.name,
            message_id=message.id,
            body=str(message.body)[:_BODY_SHOWN],
            **({"delay_s": delay_s} if delay_s else {}),
        )
    else:
        world.record("sqs.moved", queue=source, to=queue.name, message_id=message.id)


def _deleted(world: World, queue: _Queue, receipt_handle: str) -> None:
    gone = [m.id for m in queue._messages if m.had_receipt_handle(receipt_handle)]
    _plain_delete_message(queue, receipt_handle)
    for message_id in gone:
        world.record("sqs.deleted", queue=queue.name, message_id=message_id)


def _purged(world: World, backend: models.SQSBackend, queue_name: str) -> None:
    _plain_purge(backend, queue_name)
    world.record("sqs.purged", queue=queue_name)


def peek(name: str, account: str, region: str) -> list[dict[str, Any]]:
    """The messages of a queue as they lie there. Raises KeyError for a queue that is not there."""
    queue = models.sqs_backends[account][region].queues[name]
    return [
        {
            "id": message.id,
            "body": str(message.body),
            "receive_count": message.approximate_receive_count,
            "visible": message.visible,
        }
        for message in queue._messages
    ]
