"""Queues and their policies."""

from __future__ import annotations

import json
from typing import Any

from simulator.aws.cloudformation.kinds.base import Job, Kind, PolicyOf

_ATTRIBUTES = (
    "ContentBasedDeduplication",
    "DeduplicationScope",
    "DelaySeconds",
    "FifoQueue",
    "FifoThroughputLimit",
    "KmsDataKeyReusePeriodSeconds",
    "KmsMasterKeyId",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds",
    "RedriveAllowPolicy",
    "RedrivePolicy",
    "SqsManagedSseEnabled",
    "VisibilityTimeout",
)
_DEFAULTS = {
    "DelaySeconds": "0",
    "MaximumMessageSize": "1048576",
    "MessageRetentionPeriod": "345600",
    "ReceiveMessageWaitTimeSeconds": "0",
    "RedriveAllowPolicy": "",
    "RedrivePolicy": "",
    "VisibilityTimeout": "30",
}


class Queue(Kind):
    """AWS::SQS::Queue."""

    seconds = 10.0

    def create(self, job: Job) -> str:
        """CreateQueue."""
        suffix = ".fifo" if job.get("FifoQueue") else ""
        name = job.get("QueueName") or job.name(80, suffix=suffix)
        attributes = _attributes(job.properties)
        if not job.get("FifoQueue"):
            attributes.pop("FifoQueue", None)
        job.client("sqs").create_queue(QueueName=name, Attributes=attributes, tags=job.tags())
        account, region = job.stack.account_id, job.stack.region_name
        url = f"https://sqs.{region}.amazonaws.com/{account}/{name}"
        arn = f"arn:aws:sqs:{region}:{account}:{name}"
        job.attributes.update({"Arn": arn, "QueueName": name, "QueueUrl": url})
        return url

    def update(self, job: Job) -> None:
        """SetQueueAttributes; what the template no longer says goes back to its default."""
        sqs, url = job.client("sqs"), job.physical_id
        attributes = _attributes(job.properties)
        for name in job.before:
            if name not in job.properties and name in _DEFAULTS:
                attributes[name] = _DEFAULTS[name]
        attributes.pop("FifoQueue", None)
        if attributes:
            sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)

    def delete(self, job: Job) -> None:
        """DeleteQueue."""
        job.client("sqs").delete_queue(QueueUrl=job.physical_id)

    def read(self, job: Job) -> dict[str, Any]:
        """GetQueueAttributes."""
        found = job.client("sqs").get_queue_attributes(
            QueueUrl=job.physical_id, AttributeNames=["All"]
        )["Attributes"]
        read: dict[str, Any] = {"QueueName": job.attributes["QueueName"]}
        for name in _ATTRIBUTES:
            text = found.get(name)
            if name in ("RedrivePolicy", "RedriveAllowPolicy"):
                read[name] = json.loads(text) if text else {}
            elif text is not None:
                read[name] = {"true": True, "false": False}.get(text, text)
        return read


def _attributes(properties: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in _ATTRIBUTES:
        value = properties.get(name)
        if isinstance(value, dict):
            found[name] = json.dumps(value)
        elif value is not None:
            found[name] = str(value).lower() if isinstance(value, bool) else str(value)
    return found


class QueuePolicy(PolicyOf):
    """AWS::SQS::QueuePolicy."""

    def update(self, job: Job) -> None:
        """Put the policy on each queue, and off those that are no longer named."""
        policy = json.dumps(job.get("PolicyDocument"))
        for url in job.get("Queues"):
            job.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        for url in job.before.get("Queues") or ():
            if url not in job.get("Queues"):
                job.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})

    def delete(self, job: Job) -> None:
        """Take the policy off each queue."""
        for url in job.get("Queues"):
            job.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})

    def read(self, job: Job) -> dict[str, Any] | None:
        """The policy of the first queue stands for all."""
        queues = job.get("Queues")
        found = job.client("sqs").get_queue_attributes(
            QueueUrl=queues[0], AttributeNames=["Policy"]
        )
        text = (found.get("Attributes") or {}).get("Policy")
        return {"Queues": queues, "PolicyDocument": json.loads(text)} if text else None


KINDS: dict[str, type[Kind]] = {"AWS::SQS::Queue": Queue, "AWS::SQS::QueuePolicy": QueuePolicy}
