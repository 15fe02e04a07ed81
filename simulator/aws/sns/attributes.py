"""Attributes of topics and subscriptions, checked before they are kept, and their defaults.

Sources: Amazon SNS API Reference, "CreateTopic", "SetTopicAttributes", "Subscribe" and
"SetSubscriptionAttributes"; Developer Guide, "Amazon SNS message delivery retries".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from moto.core.utils import ensure_boolean
from moto.sns.models import DEFAULT_EFFECTIVE_DELIVERY_POLICY
from moto.utilities.utils import get_partition

from simulator.aws.sns.exceptions import InternalError, SNSException, bad_filter, invalid
from simulator.aws.sns.json_text import NotJson, read_object
from simulator.model.filter_policy import (
    ATTRIBUTES,
    BODY,
    InvalidFilter,
    NestedFilter,
    NumberTooLarge,
    compile_filter,
)
from simulator.model.redelivery import HTTP_DEFAULTS, complaint_about

if TYPE_CHECKING:
    from simulator.aws.sns.models import VirtualSubscription, VirtualTopic

_FEEDBACK = tuple(
    f"{protocol}{kind}"
    for protocol in ("Application", "Firehose", "HTTP", "Lambda", "SQS")
    for kind in ("SuccessFeedbackRoleArn", "SuccessFeedbackSampleRate", "FailureFeedbackRoleArn")
)
_CHANGEABLE = (
    "ArchivePolicy",
    "ContentBasedDeduplication",
    "DeliveryPolicy",
    "DisplayName",
    "FifoThroughputScope",
    "KmsMasterKeyId",
    "MaximumMessageSize",
    "Policy",
    "SignatureVersion",
    "TracingConfig",
    *_FEEDBACK,
)
TOPIC_ATTRIBUTES = frozenset((*_CHANGEABLE, "FifoTopic", "DataProtectionPolicy"))
"""What CreateTopic takes."""

SUBSCRIPTION_ATTRIBUTES = (
    *("DeliveryPolicy", "FilterPolicy", "FilterPolicyScope", "RawMessageDelivery"),
    *("RedrivePolicy", "ReplayPolicy", "ReplayStatus", "SubscriptionRoleArn"),
)
"""What Subscribe and SetSubscriptionAttributes take."""

DEFAULT_MESSAGE_BYTES = 262_144
"""How large a message may be where the topic's MaximumMessageSize says nothing."""

_MESSAGE_BYTES = range(1_024, 1_048_577)
_MOST_FOR_LARGE = 100
_TAKE_LARGE = ("sqs", "firehose", "lambda")
_TRUE_OR_FALSE = ("true", "false")
_ONE_OF = {
    "ContentBasedDeduplication": _TRUE_OR_FALSE,
    "FifoTopic": _TRUE_OR_FALSE,
    "FifoThroughputScope": ("Topic", "MessageGroup"),
    "SignatureVersion": ("1", "2"),
    "TracingConfig": ("PassThrough", "Active"),
}
_PLAIN_TEXT = {"headerContentType": "text/plain; charset=UTF-8"}
_QUEUE_ARN = re.compile(r"arn:[a-z0-9-]+:sqs:[a-z0-9-]+:\d{12}:[A-Za-z0-9_.-]{1,80}")
_CONTENT_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(; ?[\w-]+=[\w.-]+)*")
_SUBSCRIPTION_POLICY = (
    "healthyRetryPolicy",
    "sicklyRetryPolicy",
    "throttlePolicy",
    "requestPolicy",
    "guaranteed",
)


# ---- topics


def read_topic_attributes(attributes: Mapping[str, str]) -> dict[str, Any]:
    """CreateTopic's attributes, checked."""
    found: dict[str, Any] = {}
    for name, value in attributes.items():
        if name not in TOPIC_ATTRIBUTES:
            raise invalid(f"Attributes Reason: Unknown attribute {name}")
        found[name] = _read_topic_attribute(name, value, "Attributes Reason: ")
    return found


def read_topic_attribute(topic: VirtualTopic, name: str | None, value: str | None) -> Any:
    """SetTopicAttributes' one attribute, checked."""
    if name not in _CHANGEABLE:
        raise invalid("AttributeName")
    if name in ("ContentBasedDeduplication", "FifoThroughputScope") and not topic.fifo_topic:
        raise invalid(f"{name} Reason: only FIFO topics have it")
    read = _read_topic_attribute(name, value or "", "")
    if name == "MaximumMessageSize":
        protocols = [member.protocol for member in topic.members.values()]
        check_large_messages(int(read), protocols)
    return read


def check_large_messages(most_bytes: int, protocols: Sequence[str]) -> None:
    """Messages of over 256 KiB go to at most 100 subscriptions, of certain protocols only."""
    if most_bytes <= DEFAULT_MESSAGE_BYTES:
        return
    large = (
        f"MaximumMessageSize Reason: a topic with messages of over {DEFAULT_MESSAGE_BYTES} bytes"
    )
    if len(protocols) > _MOST_FOR_LARGE:
        raise invalid(f"{large} has at most {_MOST_FOR_LARGE} subscriptions")
    for protocol in protocols:
        if protocol not in _TAKE_LARGE:
            raise invalid(f"{large} has no subscriptions of protocol {protocol}")


def message_limit_bytes(topic: VirtualTopic) -> int:
    """How large a message, or a whole batch, of a topic may be, attributes included."""
    return int(topic.extras.get("MaximumMessageSize", DEFAULT_MESSAGE_BYTES))


def _read_topic_attribute(name: str, value: str, where: str) -> Any:
    allowed = _ONE_OF.get(name)
    if allowed is _TRUE_OR_FALSE:
        if str(value).lower() not in allowed:
            raise invalid(f"{where}{name}: Invalid value [{value}]. Must be true or false.")
        return ensure_boolean(value)
    if allowed is not None and value not in allowed:
        raise invalid(f"{where}{name}: Invalid value [{value}]")
    if name.endswith("SampleRate") and not (value.isdecimal() and int(value) <= 100):
        raise invalid(f"{where}{name}: must be an integer from 0 to 100")
    if name == "MaximumMessageSize" and not (value.isdecimal() and int(value) in _MESSAGE_BYTES):
        raise invalid(f"{where}{name}: must be an integer from 1024 to 1048576")
    if name == "Policy":
        try:
            read_object(value)
        except NotJson as error:
            raise invalid(f"{where}Policy Error: null") from error
    if name == "DeliveryPolicy" and value:
        _check_topic_policy(value, where)
    return value


def _check_topic_policy(text: str, where: str) -> None:
    try:
        http = read_object(text).get("http")
    except NotJson as error:
        raise invalid(f"{where}DeliveryPolicy: {error}") from error
    if not isinstance(http, dict):
        raise invalid(f"{where}DeliveryPolicy: http must be an object")
    where = f"{where}DeliveryPolicy: http."
    _check_retry(http.get("defaultHealthyRetryPolicy"), where)
    _check_terms(http.get("defaultThrottlePolicy"), http.get("defaultRequestPolicy"), where)


def _check_retry(retry: Any, where: str) -> None:
    if retry is None:
        return
    complaint = complaint_about(retry) if isinstance(retry, dict) else "it must be an object"
    if complaint:
        raise invalid(f"{where}healthyRetryPolicy: {complaint}")


def _check_terms(throttle: Any, request: Any, where: str) -> None:
    """A throttle policy and a request policy, of a topic or of a subscription."""
    for name, policy in (("throttlePolicy", throttle), ("requestPolicy", request)):
        if policy is not None and not isinstance(policy, dict):
            raise invalid(f"{where}{name} must be an object")
    most_per_s = (throttle or {}).get("maxReceivesPerSecond")
    if most_per_s is not None and (
        not isinstance(most_per_s, int) or isinstance(most_per_s, bool) or most_per_s < 1
    ):
        raise invalid(f"{where}throttlePolicy.maxReceivesPerSecond must be at least 1")
    content_type = (request or {}).get("headerContentType")
    if content_type is not None and (
        not isinstance(content_type, str) or not _CONTENT_TYPE.fullmatch(content_type)
    ):
        raise invalid(f"{where}requestPolicy.headerContentType: Invalid value")


def effective_topic_policy(text: str) -> dict[str, Any]:
    """A topic's delivery policy with SNS's defaults where it says nothing."""
    own = (json.loads(text).get("http") if text else None) or {}
    policy = {
        "defaultHealthyRetryPolicy": {
            **HTTP_DEFAULTS,
            **(own.get("defaultHealthyRetryPolicy") or {}),
        },
        "disableSubscriptionOverrides": own.get("disableSubscriptionOverrides", False),
        "defaultRequestPolicy": own.get("defaultRequestPolicy") or _PLAIN_TEXT,
    }
    if own.get("defaultThrottlePolicy"):
        policy["defaultThrottlePolicy"] = own["defaultThrottlePolicy"]
    return {"http": policy}


def told_topic_attributes(topic: VirtualTopic) -> dict[str, Any]:
    """What GetTopicAttributes tells.

    Where no delivery policy is set, its two attributes are as moto has them, for its tests' sake.
    """
    attributes: dict[str, Any] = {
        "Owner": topic.account_id,
        "Policy": topic.policy,
        "TopicArn": topic.arn,
        "DisplayName": topic.display_name,
        "SubscriptionsPending": topic.subscriptions_pending,
        "SubscriptionsConfirmed": topic.subscriptions_confimed,
        "SubscriptionsDeleted": topic.subscriptions_deleted,
        "DeliveryPolicy": topic.delivery_policy,
        "EffectiveDeliveryPolicy": json.dumps(effective_topic_policy(topic.delivery_policy))
        if topic.delivery_policy
        else topic.effective_delivery_policy,
        **topic.extras,
    }
    if topic.kms_master_key_id:
        attributes["KmsMasterKeyId"] = topic.kms_master_key_id
    if topic.fifo_topic:
        attributes["FifoTopic"] = topic.fifo_topic
        attributes["ContentBasedDeduplication"] = topic.content_based_deduplication
    return attributes


# ---- subscriptions


def subscription_defaults(subscription: VirtualSubscription) -> dict[str, Any]:
    """The attributes of a new subscription."""
    partition = get_partition(subscription.topic.arn.split(":")[3])
    attributes: dict[str, Any] = {
        "PendingConfirmation": False,
        "ConfirmationWasAuthenticated": True,
        "Endpoint": subscription.endpoint,
        "TopicArn": subscription.topic.arn,
        "Protocol": subscription.protocol,
        "SubscriptionArn": subscription.arn,
        "SubscriptionPrincipal": f"arn:{partition}:iam::{subscription.account_id}:user/moto",
        "Owner": subscription.account_id,
        "RawMessageDelivery": False,
    }
    if subscription.protocol in ("http", "https"):
        attributes["EffectiveDeliveryPolicy"] = json.dumps(DEFAULT_EFFECTIVE_DELIVERY_POLICY)
    return attributes


def effective_subscription_policy(subscription: VirtualSubscription) -> str:
    """An HTTP/S subscription's delivery policy, with its topic's where it says nothing."""
    own = json.loads(subscription.attributes.get("DeliveryPolicy") or "{}")
    topic = effective_topic_policy(subscription.topic.delivery_policy)["http"]
    retry = own.get("healthyRetryPolicy")
    return json.dumps(
        {
            "healthyRetryPolicy": {**HTTP_DEFAULTS, **retry}
            if retry
            else topic["defaultHealthyRetryPolicy"],
            "sicklyRetryPolicy": None,
            "throttlePolicy": own.get("throttlePolicy") or topic.get("defaultThrottlePolicy"),
            "requestPolicy": own.get("requestPolicy") or topic["defaultRequestPolicy"],
            "guaranteed": False,
        }
    )


def read_subscription_attributes(
    attributes: Mapping[str, str], protocol: str, topic: VirtualTopic
) -> dict[str, Any]:
    """Subscribe's attributes, checked; the scope of a filter comes before the filter."""
    scope = attributes.get("FilterPolicyScope", ATTRIBUTES)
    found: dict[str, Any] = {}
    for name in sorted(attributes, key=lambda name: name != "FilterPolicyScope"):
        if name not in SUBSCRIPTION_ATTRIBUTES:
            raise invalid(f"Attributes Reason: Unknown attribute: {name}")
        found[name] = read_subscription_attribute(
            name, attributes[name], protocol, topic, scope, subscribing=True
        )
    return found


def read_subscription_attribute(
    name: str | None,
    value: str | None,
    protocol: str,
    topic: VirtualTopic,
    scope: str,
    *,
    subscribing: bool = False,
) -> Any:
    """One attribute, checked."""
    where = "Attributes Reason: " if subscribing else ""
    text = value or ""
    if name not in SUBSCRIPTION_ATTRIBUTES:
        raise invalid("AttributeName")
    if name == "RawMessageDelivery":
        if text.lower() not in _TRUE_OR_FALSE:
            raise invalid(f"{where}{name}: Invalid value [{text}]. Must be true or false.")
        return text.lower() == "true"
    if name == "FilterPolicyScope" and text not in (ATTRIBUTES, BODY):
        raise invalid(
            f"{where}{name}: Invalid value [{text}]. "
            "Please use either MessageBody or MessageAttributes"
        )
    if name == "FilterPolicy" and text:
        check_filter(text, scope, protocol, subscribing=subscribing)
    if name == "RedrivePolicy" and text:
        _check_redrive(text, topic, where)
    if name == "DeliveryPolicy" and text:
        _check_subscription_policy(text, where)
    return text


def check_filter(text: str, scope: str, protocol: str, *, subscribing: bool) -> None:
    """A filter policy that SNS takes."""
    try:
        read_object(text)
        compile_filter(text, scope)
    except NumberTooLarge as error:
        raise InternalError(str(error)) from error
    except (InvalidFilter, NotJson) as error:
        raise bad_filter(
            str(error), protocol, subscribing=subscribing, plain=isinstance(error, NestedFilter)
        ) from error


def _check_redrive(text: str, topic: VirtualTopic, where: str) -> None:
    try:
        arn = read_object(text).get("deadLetterTargetArn")
    except NotJson as error:
        raise invalid(f"{where}RedrivePolicy: {error}") from error
    if not isinstance(arn, str) or not _QUEUE_ARN.fullmatch(arn):
        raise invalid(f"{where}RedrivePolicy: deadLetterTargetArn is an invalid arn")
    if topic.fifo_topic and not arn.endswith(".fifo"):
        raise invalid(
            f"{where}RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO "
            "Topic."
        )


def _check_subscription_policy(text: str, where: str) -> None:
    try:
        policy = read_object(text)
    except NotJson as error:
        raise invalid(f"{where}DeliveryPolicy: {error}") from error
    for name in policy:
        if name not in _SUBSCRIPTION_POLICY:
            raise invalid(f"{where}DeliveryPolicy: Unexpected JSON member: {name}")
    _check_retry(policy.get("healthyRetryPolicy"), f"{where}DeliveryPolicy: ")
    terms = policy.get("throttlePolicy"), policy.get("requestPolicy")
    _check_terms(*terms, f"{where}DeliveryPolicy: ")


def differs(existing: Mapping[str, Any], asked: Mapping[str, Any]) -> SNSException | None:
    """The refusal of a Subscribe for an endpoint that is subscribed with other attributes."""
    for name, value in asked.items():
        default: Any = {"RawMessageDelivery": False, "FilterPolicyScope": ATTRIBUTES}.get(name, "")
        if value != existing.get(name, default):
            return invalid(
                "Attributes Reason: Subscription already exists with different attributes"
            )
    return None
