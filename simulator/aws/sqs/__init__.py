"""SQS: moto's requests and responses on queues that live in virtual time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.core.errors import COMMON_ERROR_CODES
from moto.sqs import models as moto_models

from simulator.aws.sqs.exceptions import UNLISTED
from simulator.aws.sqs.models import SqsBackend
from simulator.aws.sqs.queue import SqsQueue
from simulator.model.message import READY
from simulator.model.queue import Queue

if TYPE_CHECKING:
    from simulator.world import World


def install(world: World) -> None:
    """Put SQS on `world`'s clock and journal."""
    SqsBackend.world = SqsQueue.world = world
    COMMON_ERROR_CODES[:] = dict.fromkeys((*COMMON_ERROR_CODES, *UNLISTED))
    moto_models.sqs_backends.backend = SqsBackend


def queue(name: str, account: str, region: str) -> Queue:
    """The queue that boto3 created as `name`. Raises KeyError where there is none."""
    found = moto_models.sqs_backends[account][region].queues[name]
    assert isinstance(found, SqsQueue)
    return found.store


def peek(name: str, account: str, region: str) -> list[dict[str, Any]]:
    """The messages of a queue as they lie there. Raises KeyError for a queue that is not there."""
    return [
        {
            "id": message.id,
            "body": message.body,
            "attributes": dict(message.attributes or {}),
            "receive_count": message.receive_count,
            "visible": message.state == READY,
        }
        for message in queue(name, account, region)
    ]
