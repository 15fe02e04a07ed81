"""Topics, their policies and subscriptions."""

from __future__ import annotations

import json
from typing import Any

from simulator.aws.cloudformation.kinds.base import Job, Kind, PolicyOf, is_gone

_TOPIC = (
    "ArchivePolicy",
    "ContentBasedDeduplication",
    "DataProtectionPolicy",
    "DisplayName",
    "FifoThroughputScope",
    "FifoTopic",
    "KmsMasterKeyId",
    "SignatureVersion",
    "TracingConfig",
)
_SUBSCRIPTION = (
    "DeliveryPolicy",
    "FilterPolicy",
    "FilterPolicyScope",
    "RawMessageDelivery",
    "RedrivePolicy",
    "ReplayPolicy",
    "SubscriptionRoleArn",
)


def _texts(properties: dict[str, Any], names: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in names:
        value = properties.get(name)
        if value is None:
            continue
        if isinstance(value, bool):
            found[name] = str(value).lower()
        else:
            found[name] = value if isinstance(value, str) else json.dumps(value)
    return found


class Topic(Kind):
    """AWS::SNS::Topic."""

    seconds = 10.0

    def create(self, job: Job) -> str:
        """CreateTopic, and Subscribe for the subscriptions written with it."""
        sns = job.client("sns")
        name = job.get("TopicName") or job.name(256, suffix=".fifo" if job.get("FifoTopic") else "")
        attributes = _texts(job.properties, _TOPIC)
        attributes.update(_status_logging(job.properties))
        if not job.get("FifoTopic"):
            attributes.pop("FifoTopic", None)
        made = sns.create_topic(Name=name, Attributes=attributes, Tags=job.tag_list())
        arn = str(made["TopicArn"])
        job.attributes.update({"TopicArn": arn, "TopicName": name})
        for each in job.get("Subscription") or ():
            sns.subscribe(TopicArn=arn, Protocol=each["Protocol"], Endpoint=each["Endpoint"])
        return arn

    def update(self, job: Job) -> None:
        """SetTopicAttributes, and subscriptions that come and go."""
        sns, arn = job.client("sns"), job.physical_id
        now, then = (
            {**_texts(each, _TOPIC), **_status_logging(each)}
            for each in (job.properties, job.before)
        )
        for name in dict.fromkeys([*then, *now]):
            if now.get(name) != then.get(name):
                value = now.get(name, "")
                sns.set_topic_attributes(TopicArn=arn, AttributeName=name, AttributeValue=value)
        wanted = job.get("Subscription") or []
        there = job.before.get("Subscription") or []
        for each in wanted:
            if each not in there:
                sns.subscribe(TopicArn=arn, Protocol=each["Protocol"], Endpoint=each["Endpoint"])
        gone = [(e["Protocol"], e["Endpoint"]) for e in there if e not in wanted]
        for found in sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"] if gone else ():
            if (found["Protocol"], found["Endpoint"]) in gone:
                sns.unsubscribe(SubscriptionArn=found["SubscriptionArn"])

    def delete(self, job: Job) -> None:
        """DeleteTopic."""
        job.client("sns").delete_topic(TopicArn=job.physical_id)

    def read(self, job: Job) -> dict[str, Any]:
        """GetTopicAttributes."""
        sns = job.client("sns")
        found = sns.get_topic_attributes(TopicArn=job.physical_id)["Attributes"]
        read = {name: found[name] for name in _TOPIC if name in found}
        read["TopicName"] = job.attributes["TopicName"]
        if job.get("Subscription"):
            there = sns.list_subscriptions_by_topic(TopicArn=job.physical_id)["Subscriptions"]
            listed = [{"Protocol": s["Protocol"], "Endpoint": s["Endpoint"]} for s in there]
            wanted = job.get("Subscription")
            read["Subscription"] = [each for each in wanted if each in listed]
        return {
            n: {"true": True, "false": False}.get(str(v), v) if isinstance(v, str) else v
            for n, v in read.items()
        }


def _status_logging(properties: dict[str, Any]) -> dict[str, str]:
    names = {
        "http/s": "HTTP",
        "sqs": "SQS",
        "lambda": "Lambda",
        "firehose": "Firehose",
        "application": "Application",
    }
    found: dict[str, str] = {}
    for each in properties.get("DeliveryStatusLogging") or ():
        prefix = names.get(str(each["Protocol"]).lower(), str(each["Protocol"]))
        for name in (
            "SuccessFeedbackRoleArn",
            "SuccessFeedbackSampleRate",
            "FailureFeedbackRoleArn",
        ):
            if name in each:
                found[f"{prefix}{name}"] = str(each[name])
    return found


class Subscription(Kind):
    """AWS::SNS::Subscription."""

    def create(self, job: Job) -> str:
        """Subscribe."""
        made = self._sns(job).subscribe(
            TopicArn=job.get("TopicArn"),
            Protocol=job.get("Protocol"),
            Endpoint=job.get("Endpoint", ""),
            Attributes=_texts(job.properties, _SUBSCRIPTION),
            ReturnSubscriptionArn=True,
        )
        arn = str(made["SubscriptionArn"])
        job.attributes["Arn"] = arn
        return arn

    def _sns(self, job: Job) -> Any:
        region = job.get("Region")
        if region:
            return job.stack.cloud.session(job.stack.account_id, region).client("sns")
        return job.client("sns")

    def update(self, job: Job) -> None:
        """SetSubscriptionAttributes."""
        now, then = _texts(job.properties, _SUBSCRIPTION), _texts(job.before, _SUBSCRIPTION)
        for name in _SUBSCRIPTION:
            if now.get(name) != then.get(name):
                default = (
                    "false"
                    if name == "RawMessageDelivery"
                    else ("MessageAttributes" if name == "FilterPolicyScope" else "")
                )
                if name == "FilterPolicyScope" and "FilterPolicy" not in now:
                    continue
                self._sns(job).set_subscription_attributes(
                    SubscriptionArn=job.physical_id,
                    AttributeName=name,
                    AttributeValue=now.get(name, default),
                )

    def delete(self, job: Job) -> None:
        """Unsubscribe; a topic that is gone took its subscriptions along."""
        try:
            self._sns(job).unsubscribe(SubscriptionArn=job.physical_id)
        except Exception as error:
            if not is_gone(error):
                raise

    def read(self, job: Job) -> dict[str, Any]:
        """GetSubscriptionAttributes."""
        found = self._sns(job).get_subscription_attributes(SubscriptionArn=job.physical_id)
        attributes = found["Attributes"]
        read: dict[str, Any] = {n: attributes[n] for n in ("TopicArn", "Protocol", "Endpoint")}
        for name in _SUBSCRIPTION:
            text = attributes.get(name)
            if name.endswith("Policy"):
                read[name] = json.loads(text) if text else {}
            elif text is not None:
                read[name] = {"true": True, "false": False}.get(text, text)
        return read


class TopicPolicy(PolicyOf):
    """AWS::SNS::TopicPolicy."""

    def update(self, job: Job) -> None:
        """Put the policy on each topic."""
        self._put(job, json.dumps(job.get("PolicyDocument")))

    def delete(self, job: Job) -> None:
        """Give each topic that is still there the default policy back."""
        for arn in job.get("Topics"):
            owner = arn.split(":")[4]
            actions = ["GetTopicAttributes", "SetTopicAttributes", "AddPermission"]
            actions += ["RemovePermission", "DeleteTopic", "Subscribe", "ListSubscriptionsByTopic"]
            statement = {
                "Sid": "__default_statement_ID",
                "Effect": "Allow",
                "Principal": {"AWS": "*"},
                "Action": [f"SNS:{action}" for action in (*actions, "Publish")],
                "Resource": arn,
                "Condition": {"StringEquals": {"AWS:SourceOwner": owner}},
            }
            policy = {
                "Version": "2008-10-17",
                "Id": "__default_policy_ID",
                "Statement": [statement],
            }
            self._put(job, json.dumps(policy), only=arn)

    def _put(self, job: Job, policy: str, only: str | None = None) -> None:
        for arn in [only] if only else job.get("Topics"):
            job.client("sns").set_topic_attributes(
                TopicArn=arn, AttributeName="Policy", AttributeValue=policy
            )

    def read(self, job: Job) -> dict[str, Any]:
        """The policy of the first topic stands for all."""
        topics = job.get("Topics")
        found = job.client("sns").get_topic_attributes(TopicArn=topics[0])["Attributes"]
        return {"Topics": topics, "PolicyDocument": json.loads(found["Policy"])}


KINDS: dict[str, type[Kind]] = {
    "AWS::SNS::Subscription": Subscription,
    "AWS::SNS::Topic": Topic,
    "AWS::SNS::TopicPolicy": TopicPolicy,
}
