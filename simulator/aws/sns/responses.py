"""SNS on the wire: moto reads and writes the requests; what they ask is checked as AWS does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from moto.core.responses import TYPE_RESPONSE, ActionResult, EmptyResult
from moto.core.utils import camelcase_to_underscores, get_service_model
from moto.sns.models import sns_backends
from moto.sns.responses import SNSResponse
from moto.sns.utils import is_e164

from simulator.aws.sns import arns, confirming, inputs
from simulator.aws.sns.attributes import (
    differs,
    effective_subscription_policy,
    read_subscription_attribute,
    read_subscription_attributes,
    read_topic_attribute,
    read_topic_attributes,
    told_topic_attributes,
)
from simulator.aws.sns.endpoints import check_endpoint
from simulator.aws.sns.exceptions import (
    SNSException,
    SNSInvalidParameter,
    SNSNotFoundError,
    invalid,
)
from simulator.aws.sns.message import check_batch, check_message, failure, read_attributes
from simulator.aws.sns.office import trace_of
from simulator.aws.sns.topics import (
    add_statement,
    check_name,
    check_same_attributes,
    check_tags,
    remove_statement,
)
from simulator.model.filter_policy import ATTRIBUTES

if TYPE_CHECKING:
    from simulator.aws.sns.backend import VirtualSNSBackend
    from simulator.aws.sns.models import VirtualSubscription, VirtualTopic

_LINKED = re.compile(r"/sns_([a-z0-9-]+)/")
_PENDING = "pending confirmation"
_LISTED_PENDING = "PendingConfirmation"
_PHONE = "PhoneNumber Reason: {} is not valid to publish to: it does not meet the E164 format"


class VirtualSNSResponse(SNSResponse):
    """SNS's operations. Those that are not here are moto's."""

    def parse_parameters(self, request: Any) -> None:
        """Read a request, and refuse what the service's model does not know."""
        action = str(self._get_action())
        inputs.read(lambda: super(VirtualSNSResponse, self).parse_parameters(request), action)
        if not hasattr(self, camelcase_to_underscores(action)):
            return  # the gateway says that nobody built it
        try:
            model = get_service_model("sns").operation_model(action)
            inputs.check(cast("dict[str, Any]", self.params), model.input_shape)
        except SNSException as error:
            raise inputs.refusal(error, action) from error

    def get_region_from_url(self, request: Any, full_url: str) -> str:
        """The caller's Region; a link has it in its path."""
        linked = _LINKED.match(urlsplit(full_url).path)
        return linked[1] if linked else str(super().get_region_from_url(request, full_url))

    @property
    def backend(self) -> VirtualSNSBackend:
        """The backend of the caller's account and Region."""
        return cast("VirtualSNSBackend", sns_backends[self.current_account][self.region])

    # ---- topics

    def create_topic(self) -> ActionResult:
        """CreateTopic."""
        name = str(self._get_param("Name", ""))
        given = self._get_param("Attributes", {}) or {}
        attributes = read_topic_attributes(given)
        check_name(name, fifo=bool(attributes.get("FifoTopic")))
        tags = check_tags(self._get_param("Tags", []))
        arn = arns.topic(self.current_account, self.region, name)
        existing = self.backend.topics.get(arn)
        if existing is not None:
            check_same_attributes(existing, attributes, tags)
        return ActionResult({"TopicArn": self.backend.create_topic(name, attributes, tags).arn})

    def delete_topic(self) -> ActionResult:
        """DeleteTopic: it succeeds for a topic that is not there."""
        self.backend.delete_topic(self._topic_arn())
        return EmptyResult()

    def get_topic_attributes(self) -> ActionResult:
        """GetTopicAttributes."""
        # moto's tests hold NotFound for another Region's topic here; AWS refuses the ARN.
        topic = self._topic(arns.parsed("TopicArn", self._get_param("TopicArn")))
        return ActionResult({"Attributes": told_topic_attributes(topic)})

    def set_topic_attributes(self) -> ActionResult:
        """SetTopicAttributes."""
        topic = self._topic(self._topic_arn())
        name = self._get_param("AttributeName")
        value = read_topic_attribute(topic, name, self._get_param("AttributeValue"))
        self.backend.set_topic_attribute(topic.arn, name, value)
        return EmptyResult()

    def add_permission(self) -> ActionResult:
        """AddPermission."""
        topic = self._topic(self._topic_arn())
        add_statement(
            topic,
            str(self._get_param("Label")),
            self._get_param("AWSAccountId", []),
            self._get_param("ActionName", []),
        )
        return EmptyResult()

    def remove_permission(self) -> ActionResult:
        """RemovePermission: a statement that is not there is no error."""
        remove_statement(self._topic(self._topic_arn()), str(self._get_param("Label")))
        return EmptyResult()

    def tag_resource(self) -> ActionResult:
        """TagResource."""
        self.backend.tag_resource(
            self._get_param("ResourceArn"), check_tags(self._get_param("Tags", []))
        )
        return EmptyResult()

    # ---- subscriptions

    def subscribe(self) -> ActionResult:
        """Subscribe."""
        arn = self._topic_arn()
        protocol, endpoint = self._get_param("Protocol"), self._get_param("Endpoint")
        arns.known_protocol(protocol)
        topic = self._topic(arn)
        check_endpoint(self.backend, topic, protocol, endpoint)
        given = self._get_param("Attributes", {}) or {}
        attributes = read_subscription_attributes(given, protocol, topic)
        existing = self.backend.find_subscription(topic, endpoint, protocol)
        if existing is not None:
            refusal = differs(existing.attributes, attributes)
            if refusal is not None:
                raise refusal
        subscription = self.backend.subscribe(arn, endpoint, protocol, self._link_base())
        for name, value in attributes.items():
            subscription.set_attribute(name, value)
        told = (
            subscription.confirmed
            or str(self._get_param("ReturnSubscriptionArn")).lower() == "true"
        )
        return ActionResult({"SubscriptionArn": subscription.arn if told else _PENDING})

    def unsubscribe(self) -> ActionResult:
        """Unsubscribe; without a signature too, by the link in every notification."""
        arn = arns.of_subscription(self._get_param("SubscriptionArn"))
        confirming.unsubscribe(self._backend_at(arn), arn, signed=self._signed)
        return EmptyResult()

    def confirm_subscription(self) -> ActionResult:
        """ConfirmSubscription; without a signature too, by the link in every confirmation."""
        arn = self._get_param("TopicArn")
        if arn is None or arn.count(":") < 5 or arn.split(":")[3] != self.region:
            raise invalid("Topic")
        confirmed = confirming.confirm(
            self._backend_at(arn),
            arn,
            self._get_param("Token"),
            signed=self._signed,
            authenticate=str(self._get_param("AuthenticateOnUnsubscribe")).lower() == "true",
        )
        return ActionResult({"SubscriptionArn": confirmed})

    def get_subscription_attributes(self) -> ActionResult:
        """GetSubscriptionAttributes."""
        arn = arns.of_subscription(self._get_param("SubscriptionArn"))
        attributes = self.backend.get_subscription_attributes(arn)
        subscription = self.backend.subscription(arn)
        policy_set = attributes.get("DeliveryPolicy") or subscription.topic.delivery_policy
        if subscription.protocol in ("http", "https") and policy_set:
            attributes["EffectiveDeliveryPolicy"] = effective_subscription_policy(subscription)
        return ActionResult({"Attributes": attributes})

    def set_subscription_attributes(self) -> ActionResult:
        """SetSubscriptionAttributes."""
        arn = arns.of_subscription(self._get_param("SubscriptionArn"))
        subscription = self.backend.subscription(arn)
        name = self._get_param("AttributeName")
        value = read_subscription_attribute(
            name,
            self._get_param("AttributeValue"),
            subscription.protocol,
            subscription._members(),
            str(subscription.attributes.get("FilterPolicyScope", ATTRIBUTES)),
        )
        confirming.check_scope_fits(subscription, name, value)
        subscription.set_attribute(name, value)
        return EmptyResult()

    def list_subscriptions(self) -> ActionResult:
        """ListSubscriptions: those that the caller's account made."""
        found, token = self.backend.list_subscriptions(self._get_param("NextToken"))
        return ActionResult({"Subscriptions": _listed(found), "NextToken": token})

    def list_subscriptions_by_topic(self) -> ActionResult:
        """ListSubscriptionsByTopic: whoever made them."""
        found, token = self.backend.list_subscriptions_by_topic(
            self._topic_arn(), self._get_param("NextToken")
        )
        return ActionResult({"Subscriptions": _listed(found), "NextToken": token})

    # ---- publishing

    def publish(self) -> ActionResult:
        """Publish to a topic, a phone or a device."""
        message = check_message(self._get_param("Message"))
        attributes = read_attributes(self._get_param("MessageAttributes", {}) or {})
        phone, target = self._get_param("PhoneNumber"), self._get_param("TargetArn")
        structure = self._get_param("MessageStructure")
        if phone is not None:
            if not is_e164(phone):
                raise invalid(_PHONE.format(phone))
            try:
                message_id = self.backend.publish(message, arn=None, phone_number=phone)
            except ValueError as error:
                raise SNSInvalidParameter(str(error)) from error
            return ActionResult({"MessageId": message_id})
        arn = target if target is not None else self._get_param("TopicArn")
        if arn is None:
            raise invalid("TopicArn or TargetArn Reason: no value for required parameter")
        if ":endpoint/" in arn:
            return self._publish_to_device(arn, message)
        topic = self._topic(arns.in_region("TopicArn", arn, self.region))
        published = self.backend.publish_to(
            topic,
            message,
            subject=self._get_param("Subject"),
            attributes=attributes,
            group_id=self._get_param("MessageGroupId"),
            dedup_id=self._get_param("MessageDeduplicationId"),
            structure=structure,
            trace=trace_of(self.headers),
        )
        return ActionResult(_told(published.message_id, published.sequence))

    def publish_batch(self) -> ActionResult:
        """PublishBatch: what is wrong with one entry fails that entry, where AWS says so."""
        topic = self._topic(self._topic_arn())
        entries = self._get_param("PublishBatchRequestEntries", []) or []
        for index, entry in enumerate(entries, start=1):
            entry["MessageAttributes"] = read_attributes(
                entry.get("MessageAttributes") or {},
                f"publishBatchRequestEntries.{index}.member.messageAttributes",
            )
        check_batch(topic, entries)
        successful: list[dict[str, Any]] = []
        failed: list[dict[str, Any]] = []
        for entry in entries:
            entry_id = str(entry["Id"])
            try:
                told = self._publish_entry(topic, entry)
            except SNSException as error:
                failed.append(failure(entry_id, error))
            else:
                (failed if "Code" in told else successful).append({"Id": entry_id, **told})
        return ActionResult({"Successful": successful, "Failed": failed})

    def _publish_entry(self, topic: VirtualTopic, entry: dict[str, Any]) -> dict[str, Any]:
        """One entry of a batch; a fault at `PublishBatchEntry` strikes it alone."""
        fault = self.backend.office.world.faults.strike(
            service="sns",
            action="PublishBatchEntry",
            account=self.current_account,
            region=self.region,
            resource=(topic.arn, topic.name, str(entry["Id"])),
        )
        if fault is not None and fault.error is not None and not fault.after:
            return failure(
                str(entry["Id"]),
                SNSException(fault.error, fault.message),
                senders=fault.status < 500,
            )
        published = self.backend.publish_to(
            topic,
            check_message(entry.get("Message")),
            subject=entry.get("Subject"),
            attributes=entry["MessageAttributes"],
            group_id=entry.get("MessageGroupId"),
            dedup_id=entry.get("MessageDeduplicationId"),
            structure=entry.get("MessageStructure"),
            trace=trace_of(self.headers),
            batch=True,
        )
        return _told(published.message_id, published.sequence)

    def _publish_to_device(self, arn: str, message: str) -> ActionResult:
        try:
            return ActionResult({"MessageId": self.backend.publish(message, arn)})
        except SNSNotFoundError as error:
            raise invalid(
                "TargetArn Reason: No endpoint found for the target arn specified"
            ) from error

    # ---- what a request says of itself

    def _topic_arn(self) -> str:
        return arns.in_region("TopicArn", self._get_param("TopicArn"), self.region)

    def _topic(self, arn: str) -> VirtualTopic:
        return cast("VirtualTopic", self.backend.get_topic(arn))

    def _backend_at(self, arn: str) -> VirtualSNSBackend:
        """The backend of an ARN's account: who follows a link has none of his own."""
        account = self.current_account if self._signed else arn.split(":")[4]
        return cast("VirtualSNSBackend", sns_backends[account][arn.split(":")[3]])

    @property
    def _signed(self) -> bool:
        return "Authorization" in self.headers or "X-Amz-Signature" in self.querystring

    def _link_base(self) -> str:
        """Where links lead: to the served endpoint, where that was called, else to AWS's name."""
        host = urlsplit(self.uri).netloc
        name = host.partition(":")[0]
        if name in ("localhost", "127.0.0.1", "[") or name.endswith(".localhost"):
            return f"http://{host}/sns_{self.region}"
        return self.backend.office.link_base(self.region)

    @classmethod
    def serve_pem(cls, request: Any, full_url: str, _headers: Any) -> TYPE_RESPONSE:
        """The certificate of signatures."""
        response = cls()
        response.automated_parameter_parsing = False
        response.setup_class(request)
        keys = response.backend._message_public_keys
        name = urlsplit(full_url).path.rpartition("/")[2]
        if name not in keys:
            return 404, {}, b""
        return 200, {"Content-Type": "application/x-pem-file"}, keys[name]


def _told(message_id: str, sequence: str | None) -> dict[str, str]:
    told = {"MessageId": message_id}
    return told if sequence is None else {**told, "SequenceNumber": sequence}


def _listed(found: list[Any]) -> list[dict[str, Any]]:
    subscriptions: list[VirtualSubscription] = found
    return [
        {
            "SubscriptionArn": one.arn if one.confirmed else _LISTED_PENDING,
            "Owner": one.account_id,
            "Protocol": one.protocol,
            "Endpoint": one.endpoint,
            "TopicArn": one.topic.arn,
        }
        for one in subscriptions
    ]
