"""Messages: what SQS, SNS, EventBridge and its Scheduler bill, read from calls and deliveries.

Sources: Amazon SQS Pricing, Amazon SNS Pricing, Amazon EventBridge Pricing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.journal import Fact
from simulator.price.facts.reader import (
    Reader,
    caller,
    of_arn,
    of_queue_url,
    parameters,
    payload_bytes,
    read_tags,
)
from simulator.price.usage import chunks, gigabytes

if TYPE_CHECKING:
    from simulator.price.meter import Meter

_DISCOVERY_CHUNK_BYTES = 8_192
_FIFO = ".fifo"
_POLLERS = "lambda"  # who acts for an event source mapping
_BATCH = 10
# Only these cost what a FIFO queue's requests cost; all others what a standard queue's do.
_FIFO_ACTIONS = ("SendMessage", "ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility")
_METER_BY_PROTOCOL = {
    "http": "sns.http_deliveries",
    "https": "sns.http_deliveries",
    "email": "sns.email_deliveries",
    "email-json": "sns.email_deliveries",
    "application": "sns.push_deliveries",
    "firehose": "sns.firehose_deliveries",
}


def _sqs_call(meter: Meter, fact: Fact) -> None:
    given, account = parameters(fact), caller(fact)
    queue = str(given.get("QueueName") or "")
    if given.get("QueueUrl"):
        account, queue = of_queue_url(str(given["QueueUrl"]), account)
    read_tags(meter, "sqs", account, queue, fact)
    meter.settle_at("sqs", queue, account)
    action = str(fact.data.get("action")).removesuffix("Batch")
    fifo = queue.endswith(_FIFO) and action in _FIFO_ACTIONS
    _sqs_requests(meter, account, queue, chunks(payload_bytes(fact)), fifo=fifo)


def _sqs_requests(meter: Meter, account: str, queue: str, requests: int, *, fifo: bool) -> None:
    meter.use("sqs.fifo_requests" if fifo else "sqs.requests", account, queue, requests)


def _polled(meter: Meter, fact: Fact) -> None:
    """What Lambda's pollers receive and delete: no calls of anybody's, and requests all the same.

    Facts one after the other are taken for one request for each ten messages. Polls that bring
    nothing leave no facts, and are not counted.
    """
    if fact.who != _POLLERS:
        return
    queue = str(fact.data.get("queue", ""))
    number, messages = meter.memory.get((fact.what, queue), (-1, 0))
    if number + 1 != meter.facts or messages == _BATCH:
        messages = 0
        account = meter.home("sqs", queue, fact)
        _sqs_requests(meter, account, queue, 1, fifo=queue.endswith(_FIFO))
    meter.memory[fact.what, queue] = (meter.facts, messages + 1)


def _sns_call(meter: Meter, fact: Fact) -> None:
    given = parameters(fact)
    arn = str(given.get("TopicArn") or given.get("ResourceArn") or given.get("Name") or "")
    account, topic = of_arn(arn, caller(fact))
    read_tags(meter, "sns", account, topic, fact)
    action, size = fact.data.get("action"), payload_bytes(fact)
    if action in ("Publish", "PublishBatch") and topic.endswith(_FIFO):
        count = len(given.get("PublishBatchRequestEntries") or [None])
        meter.use("sns.fifo_publishes", account, topic, count)
        meter.use("sns.fifo_published_gb", account, topic, gigabytes(size))
        return
    meter.use("sns.requests", account, topic, chunks(size))


def _sns_published(meter: Meter, fact: Fact) -> None:
    """The publish itself is a call; here is only what filters on the body have read."""
    scanned = int(fact.data.get("scanned_bytes") or 0)
    if scanned:
        topic = str(fact.data.get("topic", ""))
        account = meter.home("sns", topic, fact)
        meter.use("sns.filtered_gb", account, topic, gigabytes(scanned))


def _sns_delivered(meter: Meter, fact: Fact) -> None:
    topic, protocol = str(fact.data.get("topic", "")), str(fact.data.get("protocol", ""))
    account, size = meter.home("sns", topic, fact), payload_bytes(fact)
    if topic.endswith(_FIFO):
        meter.use("sns.fifo_deliveries", account, topic)
        meter.use("sns.fifo_delivered_gb", account, topic, gigabytes(size))
    if protocol in _METER_BY_PROTOCOL:
        meter.use(_METER_BY_PROTOCOL[protocol], account, topic)
    elif protocol == "sqs":  # SNS charges nothing; the queue charges as for any request
        owner, queue = of_arn(str(fact.data.get("endpoint", "")), account)
        _sqs_requests(meter, owner, queue, chunks(size), fifo=queue.endswith(_FIFO))
    elif protocol == "sms":
        meter.unpriced(account, "sns deliveries by SMS, whose price varies by country")
    if protocol in ("http", "https", "email", "email-json"):
        meter.use("transfer.out_gb", account, topic, gigabytes(size))


def _events_call(meter: Meter, fact: Fact) -> None:
    """Calls of EventBridge and its Scheduler cost nothing; events and invocations do."""
    given = parameters(fact)
    name = str(given.get("ResourceARN") or given.get("ResourceArn") or given.get("Name") or "")
    read_tags(meter, "events", *of_arn(name, caller(fact)), fact)


def _event_put(meter: Meter, fact: Fact) -> None:
    bus, source = str(fact.data.get("bus", "")), str(fact.data.get("source", ""))
    account, size = meter.home("events", bus, fact), payload_bytes(fact)
    sender = str(fact.data.get("sender") or account)
    if fact.data.get("discovered"):
        meter.use("events.discovered", account, bus, chunks(size, _DISCOVERY_CHUNK_BYTES))
    if fact.data.get("replay"):
        meter.use("events.replayed", account, bus, chunks(size))
    elif sender != account:
        meter.use("events.cross_account", sender, bus, chunks(size))
    elif not source.startswith("aws.") and not fact.data.get("sender"):
        meter.use("events.custom", account, bus, chunks(size))


def _event_archived(meter: Meter, fact: Fact) -> None:
    archive = str(fact.data.get("archive", ""))
    account, size = meter.home("events", archive, fact), gigabytes(payload_bytes(fact))
    meter.use("events.archived_gb", account, archive, size)
    meter.grow("events.archive_gb_seconds", account, archive, size)


def _event_delivered(meter: Meter, fact: Fact) -> None:
    target = str(fact.data.get("target", ""))
    if ":api-destination/" in target:
        account, _ = of_arn(target, "")
        meter.use("events.api_destinations", account, str(fact.data.get("rule", "")))


def _fired(meter: Meter, fact: Fact) -> None:
    """A schedule of EventBridge Scheduler; a rule's own schedule costs nothing."""
    schedule = fact.data.get("schedule")
    if schedule:
        account = meter.home("events", str(schedule), fact)
        meter.use("events.scheduled", account, str(schedule))


CALLS: dict[str, Reader] = {
    "sqs": _sqs_call,
    "sns": _sns_call,
    "events": _events_call,
    "scheduler": _events_call,
    "schemas": _events_call,
}

FACTS: dict[str, Reader] = {
    "sqs.received": _polled,
    "sqs.deleted": _polled,
    "sns.published": _sns_published,
    "sns.delivered": _sns_delivered,
    "events.put": _event_put,
    "events.archived": _event_archived,
    "events.delivered": _event_delivered,
    "events.fired": _fired,
}
