"""SNS's state as moto keeps it, with what SNS does to it: subscribe, confirm, publish, end."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from moto.core.utils import camelcase_to_underscores, ensure_boolean
from moto.moto_api._internal import mock_random
from moto.sns.models import SNSBackend, Subscription, Topic, sns_backends

from simulator.aws.sns import urls
from simulator.aws.sns.attributes import (
    TOPIC_ATTRIBUTES,
    check_large_messages,
    message_limit_bytes,
)
from simulator.aws.sns.envelope import Notice, instant
from simulator.aws.sns.exceptions import SNSNotFoundError, invalid
from simulator.aws.sns.message import check_group, check_size, check_subject, read_structure
from simulator.aws.sns.models import VirtualSubscription, VirtualTopic
from simulator.model.filter_policy import ATTRIBUTES
from simulator.model.topic import Published

if TYPE_CHECKING:
    from simulator.aws.sns.office import Office

MAX_SMS_BYTES = 1600


class VirtualSNSBackend(SNSBackend):
    """moto's backend, whose topics deliver over time; the state stays moto's."""

    office: Office
    _url_module = urls  # moto would look for one beside this file

    def create_topic(
        self,
        name: str,
        attributes: Mapping[str, Any] | None = None,
        tags: dict[str, str] | None = None,
    ) -> Topic:
        """Make a topic, or find it. CloudFormation's properties come here unchecked."""
        attributes = attributes or {}
        topic = VirtualTopic(name, self)  # type: ignore[abstract]
        for attribute, value in attributes.items():
            if attribute in TOPIC_ATTRIBUTES:
                self._set(topic, attribute, value)
        topic._tags = dict(tags or {})
        return self.topics.setdefault(topic.arn, topic)

    def set_topic_attribute(
        self, topic_arn: str, attribute_name: str, attribute_value: Any
    ) -> None:
        """Set an attribute; its name in AWS's spelling or in moto's."""
        topic = self.get_topic(topic_arn)
        assert isinstance(topic, VirtualTopic)
        self._set(topic, attribute_name, attribute_value)

    def _set(self, topic: VirtualTopic, name: str, value: Any) -> None:
        spelt = camelcase_to_underscores(name)
        if name in ("FifoTopic", "ContentBasedDeduplication"):
            value = ensure_boolean(value)
        if hasattr(topic, spelt):
            setattr(topic, spelt, value)
        else:
            topic.extras[name] = str(value)

    def delete_topic(self, arn: str) -> None:
        """Delete a topic and its subscriptions."""
        topic = self.topics_of(arn).get(arn)
        if isinstance(topic, VirtualTopic):
            for member in topic.subscribers():
                self.unsubscribe(member.arn)
        super().delete_topic(arn)

    def topics_of(self, arn: str) -> dict[str, Topic]:
        """The topics of the account that an ARN names, in this Region."""
        return sns_backends[arn.split(":")[4]][self.region_name].topics

    # ---- subscriptions

    def subscribe(
        self, topic_arn: str, endpoint: str, protocol: str, base: str | None = None
    ) -> VirtualSubscription:
        """Subscribe, or find the subscription; who has to confirm is asked. `base`: for links."""
        topic = self.get_topic(topic_arn)
        assert isinstance(topic, VirtualTopic)
        old = self.find_subscription(topic, endpoint, protocol)
        if old is not None:
            return old
        protocols = [*(member.protocol for member in topic.members.values()), protocol]
        check_large_messages(message_limit_bytes(topic), protocols)
        base = base or self.office.link_base(self.region_name)
        subscription = VirtualSubscription(self.account_id, topic, endpoint, protocol, base)
        self.restore(subscription)
        if self.office.has_to_confirm(self.account_id, protocol, endpoint):
            subscription.pend()
            self.office.ask(subscription)
        else:
            subscription.confirm(authenticated=True)
        return subscription

    def restore(self, subscription: VirtualSubscription) -> None:
        """Put a subscription with its topic, and in the list of the account that made it."""
        topic = subscription._members()
        topic.members[subscription.arn] = subscription
        self._listed_with(subscription)[subscription.arn] = subscription
        topic.count_members()

    def _listed_with(self, subscription: VirtualSubscription) -> OrderedDict[str, Subscription]:
        return sns_backends[subscription.account_id][self.region_name].subscriptions

    def find_subscription(
        self, topic: VirtualTopic, endpoint: str, protocol: str
    ) -> VirtualSubscription | None:
        """AWS makes no second subscription of one endpoint to one topic."""
        for member in topic.members.values():
            if member.endpoint == endpoint and member.protocol == protocol:
                return member
        return None

    def subscription(self, arn: str) -> VirtualSubscription:
        """A subscription, whoever made it. Raises SNSNotFoundError."""
        topic = self.topics_of(arn).get(arn.rpartition(":")[0])
        found = topic.members.get(arn) if isinstance(topic, VirtualTopic) else None
        if found is None:
            raise SNSNotFoundError("Subscription does not exist")
        return found

    def unsubscribe(self, subscription_arn: str) -> None:
        """End a subscription, if it is there."""
        try:
            subscription = self.subscription(subscription_arn)
        except SNSNotFoundError:
            return
        topic = subscription._members()
        del topic.members[subscription.arn]
        self._listed_with(subscription).pop(subscription.arn, None)
        topic.subscriptions_deleted += 1
        topic.count_members()

    def _get_topic_subscriptions(self, topic: Topic) -> list[Subscription]:
        assert isinstance(topic, VirtualTopic)
        return list(topic.members.values())

    def delete_topic_subscriptions(self, topic: Topic) -> None:
        """Nothing is left of them: `delete_topic` has ended each."""

    def set_subscription_attributes(self, arn: str, name: str, value: Any) -> None:
        """Put a checked attribute in force."""
        self.subscription(arn).set_attribute(name, value)

    def get_subscription_attributes(self, arn: str) -> dict[str, Any]:
        """The attributes as AWS tells them: a filter's scope only with the filter."""
        attributes = dict(self.subscription(arn).attributes)
        if not attributes.get("FilterPolicy"):
            attributes.pop("FilterPolicyScope", None)
        else:
            attributes.setdefault("FilterPolicyScope", ATTRIBUTES)
        return attributes

    def _get_values_nexttoken(
        self, values_map: dict[str, Any], next_token: str | None = None
    ) -> tuple[list[Any], int | None]:
        if next_token is not None and not str(next_token).isdecimal():
            raise invalid("NextToken")
        return super()._get_values_nexttoken(values_map, next_token)

    def delete_platform_application(self, platform_arn: str) -> None:
        """Delete an application; one that is not there is no error."""
        if platform_arn in self.applications:
            super().delete_platform_application(platform_arn)

    # ---- publishing

    def publish(
        self,
        message: str,
        arn: str | None,
        phone_number: str | None = None,
        subject: str | None = None,
        message_attributes: dict[str, Any] | None = None,
        group_id: str | None = None,
        deduplication_id: str | None = None,
        message_structure: str | None = None,
    ) -> str:
        """Publish to a topic, a phone or a device; the message's id."""
        if phone_number is not None:
            return self._text(phone_number, message)
        topic = self.topics_of(arn).get(arn) if arn and arn.count(":") == 5 else None
        if not isinstance(topic, VirtualTopic):
            if arn and ":endpoint/" in arn:
                endpoint = self.get_endpoint(arn)
                message_id = endpoint.publish(message)
                self.office.outbox.put("application", arn, message, message_id)
                return message_id
            raise SNSNotFoundError("Topic does not exist")
        return topic.publish(
            message, subject, message_attributes, group_id, deduplication_id, message_structure
        )

    def publish_to(
        self,
        topic: VirtualTopic,
        message: str,
        *,
        subject: str | None = None,
        attributes: Mapping[str, Any] | None = None,
        group_id: str | None = None,
        dedup_id: str | None = None,
        structure: str | None = None,
        trace: str | None = None,
        batch: bool = False,
    ) -> Published:
        """Check a message and send it on its way; a FIFO topic's duplicate goes nowhere."""
        check_subject(subject)
        check_size(topic, message, attributes or {})
        check_group(topic, group_id, dedup_id, batch=batch)
        first = None if batch else next(topic.subscribers(), None)
        structured = read_structure(message, structure, first.protocol if first else None)
        message_id = str(mock_random.uuid4())
        published = Published(message_id)
        if topic.fifo_topic:
            if dedup_id is None:
                dedup_id = sha256(message.encode("utf-8", "surrogatepass")).hexdigest()
            by_group = topic.extras.get("FifoThroughputScope") == "MessageGroup"
            key = (group_id, dedup_id) if by_group else dedup_id
            before = topic.order.duplicate(key)
            if before is not None:
                return before
            published = topic.order.take(key, message_id)
        topic.sent_notifications.append(
            (message_id, message, subject, dict(attributes or {}), group_id)
        )
        self.office.publish(
            topic,
            Notice(
                topic_arn=topic.arn,
                message_id=message_id,
                message=message,
                timestamp=instant(),
                subject=subject,
                attributes=attributes or {},
                structured=structured,
                group_id=group_id,
                dedup_id=dedup_id,
                sequence=published.sequence,
                trace=trace,
                signature_version=topic.extras.get("SignatureVersion", "1"),
            ),
        )
        return published

    def _text(self, phone_number: str, message: str) -> str:
        if len(message.encode()) > MAX_SMS_BYTES:
            raise invalid(f"Message Reason: SMS message must be less than {MAX_SMS_BYTES} bytes")
        message_id = super().publish(message, arn=None, phone_number=phone_number)
        self.office.outbox.put("sms", phone_number, message, message_id)
        return message_id
