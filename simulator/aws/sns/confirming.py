"""How subscriptions are confirmed, ended by their subscribers, and restored."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from simulator.aws.sns.exceptions import (
    AuthorizationError,
    SNSInvalidParameter,
    SNSNotFoundError,
    bad_filter,
    invalid,
)
from simulator.model.filter_policy import InvalidFilter, NestedFilter, compile_filter

if TYPE_CHECKING:
    from simulator.aws.sns.backend import VirtualSNSBackend
    from simulator.aws.sns.models import VirtualSubscription

_TOKEN = re.compile(r"[0-9a-f]{200,288}")
_ABOUT_GONE = ("http", "https", "email", "email-json")
# moto confirms by any token, and its tests do by one of AWS's from long ago. Such a token was made
# by no world: it confirms nothing, and is not refused.
_OLD_TOKEN = re.compile(r"2336412f37[0-9a-f]{190,240}")


def confirm(
    backend: VirtualSNSBackend,
    topic_arn: str,
    token: str | None,
    *,
    signed: bool,
    authenticate: bool,
) -> str:
    """Confirm the subscription of a token; its ARN. AWS does not look at the topic's name."""
    subscription = backend.office.tokens.get(token or "")
    if subscription is None:
        if token and _OLD_TOKEN.fullmatch(token):
            backend.get_topic(topic_arn)
            return f"{topic_arn}:{_NOBODY}"
        if token and (_TOKEN.fullmatch(token) or not signed):
            raise invalid("Token")
        raise SNSInvalidParameter("Invalid token")
    if subscription.topic.arn not in subscription.topic.sns_backend.topics:
        raise SNSNotFoundError("Topic does not exist")
    backend.restore(subscription)
    if not subscription.confirmed:
        subscription.authenticate_on_unsubscribe = signed and authenticate
        subscription.confirm(authenticated=signed and authenticate)
    return subscription.arn


_NOBODY = "00000000-0000-4000-8000-000000000000"


def unsubscribe(backend: VirtualSNSBackend, arn: str, *, signed: bool) -> None:
    """End a subscription, and tell its subscriber how to restore it."""
    try:
        subscription = backend.subscription(arn)
    except SNSNotFoundError:
        return
    if subscription.authenticate_on_unsubscribe and not signed:
        raise AuthorizationError("The subscription can only be ended by an authenticated caller")
    backend.unsubscribe(arn)
    if subscription.confirmed and subscription.protocol in _ABOUT_GONE:
        subscription.pend()
        backend.office.ask(subscription, "UnsubscribeConfirmation")


def check_scope_fits(subscription: VirtualSubscription, name: str | None, value: Any) -> None:
    """A filter policy that is set must fit the scope that it is to have."""
    text = subscription.attributes.get("FilterPolicy")
    if name != "FilterPolicyScope" or not text:
        return
    try:
        compile_filter(text, value)
    except InvalidFilter as error:
        raise bad_filter(
            str(error),
            subscription.protocol,
            subscribing=False,
            plain=isinstance(error, NestedFilter),
        ) from error
