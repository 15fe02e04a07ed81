"""What Subscribe takes as an endpoint, protocol by protocol."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from moto.sns.utils import is_e164
from moto.sqs import sqs_backends

from simulator.aws.sns.exceptions import SNSInvalidParameter, SNSNotFoundError, invalid

if TYPE_CHECKING:
    from simulator.aws.sns.backend import VirtualSNSBackend
    from simulator.aws.sns.models import VirtualTopic

_QUEUE = re.compile(r"arn:[a-z0-9-]+:sqs:([a-z0-9-]+):(\d{12}):([A-Za-z0-9_.-]{1,80})")
_FUNCTION = re.compile(r"arn:[a-z0-9-]+:lambda:[a-z0-9-]+:\d{12}:function:[\w-]+(:[\w$-]+)?")
_STREAM = re.compile(r"arn:[a-z0-9-]+:firehose:[a-z0-9-]+:\d{12}:deliverystream/[\w.-]+")
_SEPARATORS = re.compile(r"[./-]")
_BAD_SEPARATORS = re.compile(r"[./-]{2,}|^[./-]|[./-]$")


def check_endpoint(
    backend: VirtualSNSBackend, topic: VirtualTopic, protocol: str, endpoint: str | None
) -> None:
    """Refuse an endpoint that the protocol cannot have, or that the topic cannot deliver to."""
    if not endpoint:
        raise invalid("Endpoint Reason: no value for required parameter")
    if topic.fifo_topic and protocol != "sqs":
        raise invalid("Endpoint Reason: FIFO topics can only deliver to Amazon SQS queues")
    if protocol == "sqs":
        _check_queue(topic, endpoint)
    elif protocol == "lambda":
        if not _FUNCTION.fullmatch(endpoint):
            raise invalid("Lambda endpoint ARN")
    elif protocol == "firehose":
        if not _STREAM.fullmatch(endpoint):
            raise invalid("Firehose endpoint ARN")
    elif protocol in ("http", "https"):
        if not endpoint.lower().startswith(f"{protocol}://"):
            raise invalid("Endpoint must match the specified protocol")
        _check_url(endpoint)
    elif protocol in ("email", "email-json"):
        if not re.fullmatch(r"[^@\s]+@[^@\s]+", endpoint):
            raise invalid("Email address")
    elif protocol == "sms":
        if _BAD_SEPARATORS.search(endpoint) or not is_e164(_SEPARATORS.sub("", endpoint)):
            raise SNSInvalidParameter(f"Invalid SMS endpoint: {endpoint}")
    else:
        _check_device(backend, endpoint)


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:  # brackets that do not close, a port that is no number
        usable = False
    if not usable:
        raise invalid("Unparseable Endpoint")


def _check_queue(topic: VirtualTopic, arn: str) -> None:
    parts = _QUEUE.fullmatch(arn)
    if parts is None:
        raise invalid("SQS endpoint ARN")
    region, account, name = parts.groups()
    if topic.fifo_topic or not name.endswith(".fifo"):
        return
    if name in sqs_backends[account][region].queues:  # a queue that is not there is no problem
        raise invalid(
            "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard "
            "SNS topics"
        )


def _check_device(backend: VirtualSNSBackend, arn: str) -> None:
    try:
        backend.get_endpoint(arn)
    except SNSNotFoundError as error:
        # AWS leaves out the space too.
        raise invalid(f"Endpoint Reason: Endpoint does not exist for endpoint arn{arn}") from error
