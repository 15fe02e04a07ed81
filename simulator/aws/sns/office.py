"""SNS's office in one world: what all topics share, and how a message starts on its way."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from moto.core import DEFAULT_ACCOUNT_ID
from moto.moto_api._internal import mock_random
from moto.sns.models import sns_backends

from simulator.aws.sns import arns, envelope, feedback, protocols
from simulator.aws.sns.json_text import is_object
from simulator.aws.sns.loopback import is_loopback
from simulator.aws.sns.message import size_of
from simulator.aws.sns.outbox import Outbox
from simulator.aws.sns.signing import Signer
from simulator.aws.weighing import Scale, weigh
from simulator.http import HttpRequest, HttpResponse
from simulator.kernel import current_fiber
from simulator.model.redelivery import AWS_MANAGED, CUSTOMER_MANAGED, DeliveryPolicy
from simulator.model.topic import Courier, Delivery, Undeliverable, count_metric

if TYPE_CHECKING:
    from simulator.aws.sns.envelope import Notice
    from simulator.aws.sns.models import VirtualSubscription, VirtualTopic
    from simulator.world import World

TOKEN_DIGITS = 288
TOKEN_LIFE_S = 2 * 86_400.0
"""How long a subscription may be unconfirmed: two days ("Subscribe", API Reference)."""
_MESSAGE_SHOWN = 1024
_AWS_MANAGED = ("sqs", "lambda", "firehose")
_TRACE_ID = re.compile(r"[A-Za-z0-9=;:_-]{1,256}")


class Office:
    """What the topics of a world share: the outbox, the signing key, the courier and the tokens."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.outbox = Outbox(world)
        self.signer = Signer(world)
        self.courier = Courier(world)
        self.tokens: dict[str, VirtualSubscription] = {}
        self._answering: set[str] = set()
        self._chance = world.streams["sns-tokens"]

    def topic(
        self, name: str, account: str = DEFAULT_ACCOUNT_ID, region: str = "us-east-1"
    ) -> VirtualTopic:
        """A topic, for actors that skip botocore: its `publish` is a plain call.

        Raises KeyError for a topic that is not there.
        """
        found = sns_backends[account][region].topics[arns.topic(account, region, name)]
        return cast("VirtualTopic", found)

    def new_token(self, subscription: VirtualSubscription) -> str:
        """A token that confirms `subscription`, once more if need be."""
        token = f"{self._chance.getrandbits(TOKEN_DIGITS * 4):0{TOKEN_DIGITS}x}"
        self.tokens[token] = subscription
        expiry = self.world.env.background_timeout(TOKEN_LIFE_S)
        expiry.callbacks.append(lambda _: self._expire(token))
        return token

    def _expire(self, token: str) -> None:
        """Forget a token; a subscription that nobody has confirmed by now is no more."""
        subscription = self.tokens.pop(token)
        if not subscription.confirmed:
            subscription.drop()

    def has_to_confirm(self, account: str, protocol: str, endpoint: str) -> bool:
        """Whether somebody can, and so must, confirm a subscription that `account` makes.

        A host outside this world never could: it counts as confirmed, and its notifications go to
        the outbox. A queue of another account's has to, by the message that it gets.
        """
        if protocol in ("http", "https"):
            host = urlsplit(endpoint).hostname or ""
            return is_loopback(endpoint) or self.world.cloud.network.knows(host)
        if protocol == "sqs":
            return endpoint.split(":")[4] != account
        return protocol in ("email", "email-json")

    def link_base(self, region: str) -> str:
        """AWS's own address of SNS, made to answer unsigned calls from inside the world."""
        host = f"sns.{region}.amazonaws.com"
        if host not in self._answering:
            self._answering.add(host)
            cloud = self.world.cloud

            def answer(request: HttpRequest) -> HttpResponse:
                if not any(name.lower() == "authorization" for name in request.headers):
                    # Only the path can say which service an unsigned call is for.
                    here = f"://{host}/"
                    there = f"{here}sns_{region}/"
                    request = replace(request, url=request.url.replace(here, there, 1))
                return cloud.gateway.handle(request)

            cloud.network.serve(host, answer)
        return f"https://{host}"

    def ask(
        self, subscription: VirtualSubscription, kind: str = "SubscriptionConfirmation"
    ) -> None:
        """Send a confirmation to a subscriber, by whatever way its protocol takes."""
        token = self.new_token(subscription)
        topic_arn = subscription.topic.arn
        message_id = str(mock_random.uuid4())
        letter = envelope.confirmation(
            kind, topic_arn, token, message_id, subscription.links, self.signer
        )
        self.courier.take(
            Delivery(
                topic=subscription.topic.name,
                protocol=subscription.protocol,
                endpoint=subscription.endpoint,
                message_id=message_id,
                topic_arn=topic_arn,
                send=lambda: _send_confirmation(self, subscription, letter),
                policy=self.policy_of(subscription),
            )
        )

    def publish(self, topic: VirtualTopic, notice: Notice) -> None:
        """Tell of a message, and send it on its way to every subscriber that wants it."""
        size, subscribers = size_of(notice.message, notice.attributes), list(topic.subscribers())
        weigh(size)
        if not _unseen():
            told: dict[str, Any] = {"topic": topic.name, "account": topic.account_id}
            told["message_id"] = notice.message_id
            if notice.subject is not None:
                told["subject"] = notice.subject
            if scanned := size * sum(_scans(one) for one in subscribers):
                told["scanned_bytes"] = scanned
            self.world.record("sns.published", **told, message=notice.message[:_MESSAGE_SHOWN])
        self._count(topic, "NumberOfMessagesPublished")
        self._count(topic, "PublishSize", size, "Bytes")
        for subscription in subscribers:
            if not subscription.confirmed:
                continue
            if not subscription.wants(notice):
                self._count_filtered(topic, subscription, notice)
                continue
            self.courier.take(self._delivery(topic, subscription, notice))

    def policy_of(self, subscription: VirtualSubscription) -> DeliveryPolicy:
        """How deliveries to a subscriber are retried."""
        if subscription.protocol in _AWS_MANAGED:
            return AWS_MANAGED
        if subscription.protocol in ("http", "https"):
            return subscription.http.policy
        return CUSTOMER_MANAGED

    def _delivery(
        self, topic: VirtualTopic, subscription: VirtualSubscription, notice: Notice
    ) -> Delivery:
        began_s = self.world.now_s

        def ended(answer: dict[str, Any] | None, error: Exception | None) -> None:
            dwell_s = self.world.now_s - began_s
            feedback.write(
                self.world, topic, subscription, notice,
                answer=answer, error=error, dwell_s=dwell_s,
            )  # fmt: skip

        def send() -> protocols.Answer:
            with Scale() as scale:
                answer = protocols.send(self, subscription, notice)
            delivery.payload_bytes = scale.size_bytes or size
            return answer

        size = size_of(notice.text_for(subscription.protocol), notice.attributes)
        delivery = Delivery(
            topic=topic.name,
            protocol=subscription.protocol,
            endpoint=subscription.endpoint,
            message_id=notice.message_id,
            topic_arn=topic.arn,
            send=send,
            policy=self.policy_of(subscription),
            bury=lambda: self._bury(subscription, notice),
            ended=ended,
            line=(subscription.arn, notice.group_id) if notice.sequence is not None else None,
            pace=subscription.pace,
        )
        return delivery

    def _bury(self, subscription: VirtualSubscription, notice: Notice) -> str | None:
        arn = subscription.dead_letter_arn
        if arn is None:
            return None
        body = protocols.queue_body(self, subscription, notice)
        protocols.to_queue(self, arn, notice, body, raw=subscription.raw)
        return arn.rpartition(":")[2]

    def _count_filtered(
        self, topic: VirtualTopic, subscription: VirtualSubscription, notice: Notice
    ) -> None:
        metric = "NumberOfNotificationsFilteredOut"
        self._count(topic, metric)
        if subscription.filters_on_body:
            reason = "MessageBody" if is_object(notice.text_for(subscription.protocol)) else None
            self._count(topic, f"{metric}-{reason or 'InvalidMessageBody'}")
        else:
            reason = "MessageAttributes" if notice.attributes else "NoMessageAttributes"
            self._count(topic, f"{metric}-{reason}")

    def _count(
        self, topic: VirtualTopic, metric: str, value: float = 1.0, unit: str = "Count"
    ) -> None:
        count_metric(self.world, topic.name, topic.arn, metric, value, unit)


def _scans(subscription: VirtualSubscription) -> bool:
    """Whether its filter policy reads the body of every message, which AWS bills by the GB."""
    policy = "FilterPolicy" in subscription.attributes
    return subscription.confirmed and policy and subscription.filters_on_body


def trace_of(headers: Mapping[str, str]) -> str | None:
    """The X-Ray trace that a call belongs to, to be handed on."""
    trace = headers.get("X-Amzn-Trace-Id")
    return trace if trace and _TRACE_ID.fullmatch(trace) else None


def _send_confirmation(
    office: Office, subscription: VirtualSubscription, letter: dict[str, Any]
) -> None:
    protocol, text = subscription.protocol, envelope.written(letter)
    message_id = str(letter["MessageId"])
    if protocol in ("http", "https"):
        headers = {
            "x-amz-sns-message-type": str(letter["Type"]),
            "x-amz-sns-message-id": message_id,
            "x-amz-sns-topic-arn": subscription.topic.arn,
        }
        protocols.call_http(
            office, subscription, headers, text, protocols.PLAIN_TEXT, message_id, letter["Type"]
        )
    elif protocol == "sqs":
        notice = envelope.Notice(subscription.topic.arn, message_id, "", letter["Timestamp"])
        protocols.to_queue(office, subscription.endpoint, notice, text, raw=False)
    elif protocol in ("email", "email-json"):
        if protocol == "email":
            text = f"{letter['Message']}\n\n{letter['SubscribeURL']}\n"
        office.outbox.put(
            protocol,
            subscription.endpoint,
            text,
            message_id,
            subject="AWS Notification - Subscription Confirmation"
            if letter["Type"] == "SubscriptionConfirmation"
            else "AWS Notification - Unsubscribe Confirmation",
            topic=subscription.topic.name,
        )
    else:
        raise Undeliverable(f"{protocol} subscribers do not confirm")


def _unseen() -> bool:
    fiber = current_fiber()
    return fiber is not None and bool(fiber.context.get("unseen"))
