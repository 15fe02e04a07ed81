"""How a notification reaches each kind of subscriber: one function a protocol.

What is not of this world (mail, phones, hosts out there) gets its notifications in the outbox.
Errors: Amazon SNS Developer Guide, "Amazon SNS dead-letter queues": a subscriber that is gone or
refuses is not tried again, one that fails is.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from moto.core.exceptions import ServiceException
from moto.moto_api._internal import mock_random
from moto.sqs import sqs_backends
from moto.sqs.exceptions import QueueDoesNotExist
from moto.utilities.arns import parse_arn
from werkzeug.exceptions import HTTPException

from simulator.aws.functions.policies import invokes
from simulator.aws.sns import envelope
from simulator.aws.sns.loopback import Post, is_loopback, post
from simulator.http import HttpRequest
from simulator.kernel.fiber import sleep
from simulator.model.topic import Undeliverable, Unreachable

if TYPE_CHECKING:
    from simulator.aws.sns.envelope import Notice
    from simulator.aws.sns.models import VirtualSubscription
    from simulator.aws.sns.office import Office

MOST_RAW_ATTRIBUTES = 10
"""SQS takes so many message attributes; a raw message with more is lost to it ("Amazon SNS raw
message delivery")."""

PLAIN_TEXT = "text/plain; charset=UTF-8"
_AGENT = "Amazon Simple Notification Service Agent"
_RETRIED_BELOW_500 = (100, 101, 429)

Answer = dict[str, Any]
"""What the subscriber's side said, as delivery status logs have it."""

Sender = Callable[["Office", "VirtualSubscription", "Notice"], Answer]


def send(office: Office, subscription: VirtualSubscription, notice: Notice) -> Answer:
    """Make one attempt. Raises Unreachable or Undeliverable."""
    return _SENDERS[subscription.protocol](office, subscription, notice)


def to_queue(office: Office, arn: str, notice: Notice, body: str, *, raw: bool) -> str:
    """Put a message in a queue; the message's id there."""
    where = parse_arn(arn)
    name = str(where.resource_id)
    _strike(office, "sqs", "SendMessage", where.account, where.region, (arn, name))
    backend = sqs_backends[where.account][where.region]
    try:
        # A standard queue takes the group of a standard topic only, for fair queues.
        ordered = notice.sequence is not None
        grouped = not ordered or name.endswith(".fifo")
        message = backend.send_message(
            name,
            body,
            message_attributes=envelope.sqs_attributes(notice) if raw else None,
            deduplication_id=notice.dedup_id if ordered and name.endswith(".fifo") else None,
            group_id=notice.group_id if grouped else None,
            system_attributes=_trace(notice),
            validate_group_id=False,
        )
    except QueueDoesNotExist as error:
        raise Undeliverable(f"QueueDoesNotExist: there is no queue {name}") from error
    except (ServiceException, HTTPException) as error:
        raise Undeliverable(_said(error)) from error
    return str(message.id)


def queue_body(office: Office, subscription: VirtualSubscription, notice: Notice) -> str:
    """What a queue gets, be it the subscriber or a dead-letter queue."""
    if subscription.raw:
        return notice.text_for(subscription.protocol)
    return envelope.written(
        envelope.notification(notice, subscription.protocol, subscription.links, office.signer)
    )


def _to_sqs(office: Office, subscription: VirtualSubscription, notice: Notice) -> Answer:
    if subscription.raw and len(notice.attributes) > MOST_RAW_ATTRIBUTES:
        raise Undeliverable(
            f"a raw message may have {MOST_RAW_ATTRIBUTES} attributes, not {len(notice.attributes)}"
        )
    body = queue_body(office, subscription, notice)
    message_id = to_queue(office, subscription.endpoint, notice, body, raw=subscription.raw)
    return {"sqsMessageId": message_id}


def _to_lambda(office: Office, subscription: VirtualSubscription, notice: Notice) -> Answer:
    from moto.awslambda.utils import get_backend

    arn = subscription.endpoint.split(":")
    region, account, name = arn[3], arn[4], arn[6]
    qualifier = arn[7] if len(arn) > 7 else None
    _strike(office, "lambda", "Invoke", account, region, (subscription.endpoint, name))
    if not invokes(subscription.endpoint, "sns.amazonaws.com", notice.topic_arn):
        raise Undeliverable(
            f"{subscription.endpoint} has no permission for sns.amazonaws.com from "
            f"{notice.topic_arn}"
        )
    event = envelope.lambda_event(notice, subscription.links, office.signer)
    try:
        functions: Any = get_backend(account, region)
        function = functions._lambdas.get_function_by_name_or_arn_with_qualifier(name, qualifier)
        function.invoke(json.dumps(event), {}, {})
    except (ServiceException, HTTPException) as error:
        raise Undeliverable(_said(error)) from error
    return {"lambdaRequestId": str(mock_random.uuid4())}


def _to_http(office: Office, subscription: VirtualSubscription, notice: Notice) -> Answer:
    content_type = subscription.http.content_type
    headers = {
        "x-amz-sns-message-type": "Notification",
        "x-amz-sns-message-id": notice.message_id,
        "x-amz-sns-topic-arn": notice.topic_arn,
        "x-amz-sns-subscription-arn": subscription.arn,
    }
    if subscription.raw:
        headers["x-amz-sns-rawdelivery"] = "true"
    body = queue_body(office, subscription, notice)
    subject = notice.subject or ""
    call_http(office, subscription, headers, body, content_type, notice.message_id, subject)
    return {}


def call_http(
    office: Office,
    subscription: VirtualSubscription,
    headers: Mapping[str, str],
    body: str,
    content_type: str,
    message_id: str,
    subject: str = "",
) -> None:
    """POST to a partner of this world or to loopback; for any other host, to the outbox."""
    url = subscription.endpoint
    told = {
        **headers,
        "Content-Type": content_type,
        "User-Agent": _AGENT,
        "Accept-Encoding": "gzip,deflate",
    }
    network = office.world.cloud.network
    encoded = body.encode("utf-8", "replace")
    if is_loopback(url):
        status = post(office.world, Post(url, told, encoded))
    elif network.knows(urlsplit(url).hostname or ""):
        status = network.send(HttpRequest("POST", url, told, encoded)).status
    else:
        office.outbox.put(
            subscription.protocol,
            url,
            body,
            message_id,
            subject=subject,
            topic=subscription.topic.name,
        )
        return
    if 200 <= status < 300:
        return
    if status >= 500 or status in _RETRIED_BELOW_500:
        raise Unreachable(f"{url} answered {status}")
    raise Undeliverable(f"{url} answered {status}")


def _to_mail(office: Office, subscription: VirtualSubscription, notice: Notice) -> Answer:
    links = subscription.links
    if subscription.protocol == "email":
        body = envelope.email_body(notice, links)
    else:
        body = envelope.written(
            envelope.notification(notice, subscription.protocol, links, office.signer)
        )
    office.outbox.put(
        subscription.protocol,
        subscription.endpoint,
        body,
        notice.message_id,
        subject=notice.subject or "AWS Notification Message",
        topic=subscription.topic.name,
    )
    return {}


def _to_phone(office: Office, subscription: VirtualSubscription, notice: Notice) -> Answer:
    backend = subscription.topic.sns_backend
    if subscription.endpoint in backend.opt_out_numbers:
        raise Undeliverable(f"Phone number is opted out: {subscription.endpoint}")
    office.outbox.put(
        "sms",
        subscription.endpoint,
        notice.text_for("sms"),
        notice.message_id,
        topic=subscription.topic.name,
    )
    return {}


def _to_application(office: Office, subscription: VirtualSubscription, notice: Notice) -> Answer:
    backend = subscription.topic.sns_backend
    try:
        backend.get_endpoint(subscription.endpoint).publish(notice.text_for("application"))
    except ServiceException as error:
        raise Undeliverable(_said(error)) from error
    office.outbox.put(
        "application",
        subscription.endpoint,
        notice.text_for("application"),
        notice.message_id,
        subject=notice.subject or "",
        topic=subscription.topic.name,
    )
    return {"token": subscription.endpoint}


def _to_firehose(office: Office, subscription: VirtualSubscription, notice: Notice) -> Answer:
    from moto.firehose.models import firehose_backends

    where = parse_arn(subscription.endpoint)
    stream = where.resource_id.rpartition("/")[2]
    _strike(
        office, "firehose", "PutRecord", where.account, where.region, (where.resource_id, stream)
    )
    data = base64.b64encode(queue_body(office, subscription, notice).encode()).decode()
    try:
        firehose_backends[where.account][where.region].put_record(stream, {"Data": data})  # type: ignore[dict-item]
    except (ServiceException, HTTPException) as error:
        raise Undeliverable(_said(error)) from error
    return {}


_SENDERS: dict[str, Sender] = {
    "sqs": _to_sqs,
    "lambda": _to_lambda,
    "http": _to_http,
    "https": _to_http,
    "email": _to_mail,
    "email-json": _to_mail,
    "sms": _to_phone,
    "application": _to_application,
    "firehose": _to_firehose,
}


def _strike(
    office: Office, service: str, action: str, account: str, region: str, resource: tuple[str, ...]
) -> None:
    """Let the faults of the world strike the call that SNS makes.

    An error of 500 or above, or 429, is the subscriber's failure; any other is its refusal.
    """
    fault = office.world.faults.strike(
        service=service, action=action, account=account, region=region, resource=resource
    )
    if fault is None:
        return
    if fault.latency_s:
        sleep(fault.latency_s)
    if fault.error is None or fault.after:
        return
    told = f"{fault.error}: {fault.message}"
    if fault.status >= 500 or fault.status == 429:
        raise Unreachable(told)
    raise Undeliverable(told)


def _trace(notice: Notice) -> dict[str, dict[str, str]] | None:
    if notice.trace is None:
        return None
    return {"AWSTraceHeader": {"DataType": "String", "StringValue": notice.trace}}


def _said(error: Exception) -> str:
    return f"{getattr(error, 'code', type(error).__name__)}: {getattr(error, 'message', error)}"
