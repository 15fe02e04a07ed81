"""SNS on the journal: what a topic publishes, and to whom it is delivered."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from moto.moto_api._internal import mock_random
from moto.sns.models import Subscription, Topic

from simulator.aws.keys import seeded_key
from simulator.aws.seams import replace

if TYPE_CHECKING:
    from simulator.world import World

_MESSAGE_SHOWN = 1024


def install(world: World) -> None:
    """Deliver every topic's messages as facts of `world`; a dead subscriber fails nobody else."""

    def publish(
        topic: Topic,
        message: str,
        subject: str | None = None,
        message_attributes: dict[str, Any] | None = None,
        group_id: str | None = None,
        deduplication_id: str | None = None,
        message_structure: str | None = None,
    ) -> str:
        message_id = str(mock_random.uuid4())
        world.record(
            "sns.published",
            topic=topic.name,
            message_id=message_id,
            message=str(message)[:_MESSAGE_SHOWN],
        )
        subscriptions, _ = topic.sns_backend.list_subscriptions_by_topic(topic_arn=topic.arn)
        for subscription in subscriptions:
            if not _wanted(subscription, message, message_attributes):
                continue
            told = {
                "topic": topic.name,
                "protocol": subscription.protocol,
                "endpoint": subscription.endpoint,
                "message_id": message_id,
            }
            try:
                subscription.publish(
                    message,
                    message_id,
                    subject=subject,
                    message_attributes=message_attributes,
                    group_id=group_id,
                    deduplication_id=deduplication_id,
                    message_structure=message_structure,
                )
            except Exception as error:
                world.record("sns.failed", error=f"{type(error).__name__}: {error}", **told)
            else:
                world.record("sns.delivered", **told)
        topic.sent_notifications.append(
            (message_id, message, subject, message_attributes, group_id)
        )
        return message_id

    replace(Topic, "publish", publish)
    # moto makes a key for every subscription, and no two runs would sign alike.
    key = cache(lambda: seeded_key(world.streams["sns-signing-key"]))
    replace(Subscription, "private_key", lambda _: key())


def _wanted(subscription: Subscription, message: str, attributes: dict[str, Any] | None) -> bool:
    matcher = subscription._filter_policy_matcher
    return matcher is None or bool(matcher.matches(attributes, message))
