"""Delivery status logs: what became of a notification, in CloudWatch Logs.

Source: Amazon SNS Developer Guide, "Amazon SNS message delivery status".
"""

from __future__ import annotations

import json
from hashlib import md5
from typing import TYPE_CHECKING, Any

from moto.core.utils import unix_time_millis
from moto.moto_api._internal import mock_random

if TYPE_CHECKING:
    from simulator.aws.sns.envelope import Notice
    from simulator.aws.sns.models import VirtualSubscription, VirtualTopic
    from simulator.world import World

_SPELT = {
    "application": "Application",
    "firehose": "Firehose",
    "http": "HTTP",
    "https": "HTTP",
    "lambda": "Lambda",
    "sqs": "SQS",
}
_ACCEPTED = {"lambda": 202}


def write(
    world: World,
    topic: VirtualTopic,
    subscription: VirtualSubscription,
    notice: Notice,
    *,
    answer: dict[str, Any] | None,
    error: Exception | None,
    dwell_s: float,
) -> None:
    """Log a delivery that has ended, where its topic wants it: failures all, successes by rate."""
    protocol = _SPELT.get(subscription.protocol)
    outcome = "Success" if error is None else "Failure"
    if protocol is None or not topic.extras.get(f"{protocol}{outcome}FeedbackRoleArn"):
        return
    rate = topic.extras.get(f"{protocol}SuccessFeedbackSampleRate", "100")
    if error is None and world.streams["sns-feedback"].random() * 100 >= float(rate):
        return
    text = notice.text_for(subscription.protocol)
    told = {
        "notification": {
            "messageMD5Sum": md5(text.encode(), usedforsecurity=False).hexdigest(),
            "messageId": notice.message_id,
            "topicArn": topic.arn,
            "timestamp": notice.timestamp.replace("T", " ").replace("Z", ""),
        },
        "delivery": {
            "deliveryId": str(mock_random.uuid4()),
            "destination": subscription.endpoint,
            "providerResponse": json.dumps(answer) if error is None else str(error),
            "dwellTimeMs": round(dwell_s * 1000),
            "statusCode": _ACCEPTED.get(subscription.protocol, 200) if error is None else 400,
        },
        "status": "SUCCESS" if error is None else "FAILURE",
    }
    _put(topic, "" if error is None else "/Failure", json.dumps(told))


def _put(topic: VirtualTopic, suffix: str, text: str) -> None:
    from moto.logs.models import logs_backends

    _, _, _, region, account, name = topic.arn.split(":")
    backend = logs_backends[account][region]
    group = f"sns/{region}/{account}/{name}{suffix}"
    stream = topic.log_streams.get(suffix)
    if stream is None or group not in backend.groups:
        backend.ensure_log_group(group)
        stream = topic.log_streams[suffix] = str(mock_random.uuid4())
        backend.create_log_stream(group, stream)
    event = {"timestamp": int(unix_time_millis()), "message": text}
    backend.put_log_events(group, stream, [event])
