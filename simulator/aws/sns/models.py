"""Topics and subscriptions as moto keeps them, with what they decide themselves."""

from __future__ import annotations

import json
from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moto.sns.models import Subscription, Topic

from simulator.aws.sns.attributes import effective_topic_policy, subscription_defaults
from simulator.aws.sns.envelope import Links, Notice
from simulator.aws.sns.protocols import PLAIN_TEXT
from simulator.model.filter_policy import ATTRIBUTES, BODY, Filter, compile_filter
from simulator.model.redelivery import DeliveryPolicy, http_policy
from simulator.model.topic import Order, Pace, Published

if TYPE_CHECKING:
    from simulator.aws.sns.backend import VirtualSNSBackend

_KEPT_NOTIFICATIONS = 10_000


@dataclass(frozen=True, slots=True)
class HttpTerms:
    """How an HTTP/S subscriber is called."""

    policy: DeliveryPolicy
    content_type: str


class VirtualTopic(Topic):
    """A topic that knows its subscribers in the order they came, and its order if it is FIFO."""

    def __init__(self, name: str, sns_backend: VirtualSNSBackend) -> None:
        super().__init__(name, sns_backend)
        self.members: OrderedDict[str, VirtualSubscription] = OrderedDict()
        self.order = Order(sns_backend.office.world)
        self.extras: dict[str, str] = {}
        self.log_streams: dict[str, str] = {}
        self.sent_notifications: Any = deque(maxlen=_KEPT_NOTIFICATIONS)

    def subscribers(self) -> Iterator[VirtualSubscription]:
        """Its subscriptions, pending ones too, in the order they came."""
        return iter(tuple(self.members.values()))

    def count_members(self) -> None:
        """Bring the counts that GetTopicAttributes tells up to date."""
        pending = sum(1 for member in self.members.values() if not member.confirmed)
        self.subscriptions_pending = pending
        self.subscriptions_confimed = len(self.members) - pending

    def publish(
        self,
        message: str,
        subject: str | None = None,
        message_attributes: dict[str, Any] | None = None,
        group_id: str | None = None,
        deduplication_id: str | None = None,
        message_structure: str | None = None,
    ) -> str:
        """Publish, as moto's other services do; SES hands in an object for its JSON."""
        backend: Any = self.sns_backend
        if not isinstance(message, str):
            message = json.dumps(message)
        published: Published = backend.publish_to(
            self,
            message,
            subject=subject,
            attributes=message_attributes,
            group_id=group_id,
            dedup_id=deduplication_id,
            structure=message_structure,
        )
        return published.message_id


class VirtualSubscription(Subscription):
    """A subscription with its attributes read, not just kept."""

    def __init__(
        self, account_id: str, topic: VirtualTopic, endpoint: str, protocol: str, link_base: str
    ) -> None:
        super().__init__(account_id, topic, endpoint, protocol)
        self.links = Links(link_base, self.arn)
        self.pace = Pace()
        self.attributes = subscription_defaults(self)
        self.raw = False
        self.dead_letter_arn: str | None = None
        self.authenticate_on_unsubscribe = False
        self._filter: Filter | None = None

    def confirm(self, *, authenticated: bool) -> None:
        """From now on it gets notifications."""
        self.confirmed = True
        self.attributes["PendingConfirmation"] = False
        self.attributes["ConfirmationWasAuthenticated"] = authenticated
        self._members().count_members()

    def pend(self) -> None:
        """It gets nothing until its token comes back."""
        self.confirmed = False
        self.attributes["PendingConfirmation"] = True
        self.attributes["ConfirmationWasAuthenticated"] = False
        self._members().count_members()

    def drop(self) -> None:
        """Take it away, if it is there."""
        backend: Any = self.topic.sns_backend
        backend.unsubscribe(self.arn)

    def wants(self, notice: Notice) -> bool:
        """Whether its filter policy lets a message through."""
        if self._filter is None:
            return True
        return self._filter.matches(notice.attributes, notice.text_for(self.protocol))

    @property
    def filters_on_body(self) -> bool:
        """What its filter policy looks at."""
        return self.attributes.get("FilterPolicyScope") == BODY

    def set_attribute(self, name: str, value: Any) -> None:
        """Put a checked attribute in force; an empty text takes it away."""
        if name == "RawMessageDelivery":
            self.raw = bool(value)
        elif name == "RedrivePolicy":
            self.dead_letter_arn = json.loads(value)["deadLetterTargetArn"] if value else None
        self.attributes[name] = value
        if not value and name in ("FilterPolicy", "RedrivePolicy", "DeliveryPolicy"):
            del self.attributes[name]
        if name in ("FilterPolicy", "FilterPolicyScope"):
            text = self.attributes.get("FilterPolicy")
            scope = str(self.attributes.get("FilterPolicyScope", ATTRIBUTES))
            self._filter = compile_filter(text, scope) if text else None

    @property
    def http(self) -> HttpTerms:
        """How it is called, by its own delivery policy or its topic's."""
        own = json.loads(self.attributes.get("DeliveryPolicy") or "{}")
        topic = effective_topic_policy(self.topic.delivery_policy)["http"]
        if topic["disableSubscriptionOverrides"]:
            own = {}
        throttle = own.get("throttlePolicy") or topic.get("defaultThrottlePolicy") or {}
        request = own.get("requestPolicy") or topic["defaultRequestPolicy"] or {}
        retry = own.get("healthyRetryPolicy") or topic["defaultHealthyRetryPolicy"]
        return HttpTerms(
            http_policy(retry, throttle.get("maxReceivesPerSecond")),
            str(request.get("headerContentType", PLAIN_TEXT)),
        )

    def _members(self) -> VirtualTopic:
        assert isinstance(self.topic, VirtualTopic)
        return self.topic
