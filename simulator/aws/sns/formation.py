"""Subscriptions and topic policies that CloudFormation makes; moto knows topics only.

Source: AWS CloudFormation User Guide, "AWS::SNS::Subscription", "AWS::SNS::TopicPolicy".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from moto.core.common_models import CloudFormationModel
from moto.sns.models import sns_backends

from simulator.aws.sns.attributes import SUBSCRIPTION_ATTRIBUTES, read_subscription_attributes

if TYPE_CHECKING:
    from simulator.aws.sns.backend import VirtualSNSBackend
    from simulator.aws.sns.models import VirtualSubscription, VirtualTopic

_FIXED = ("TopicArn", "Protocol", "Endpoint")


class SubscriptionResource(CloudFormationModel):
    """AWS::SNS::Subscription."""

    def __init__(self, subscription: VirtualSubscription) -> None:
        self.subscription = subscription

    @property
    def physical_resource_id(self) -> str:
        """The subscription's ARN."""
        return self.subscription.arn

    @staticmethod
    def cloudformation_name_type() -> str:
        """It has no name of its own."""
        return ""

    @staticmethod
    def cloudformation_type() -> str:
        """Its type in a template."""
        return "AWS::SNS::Subscription"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        """What Fn::GetAtt finds."""
        return attr == "Arn"

    def get_cfn_attribute(self, _attribute_name: str) -> str:
        """The one attribute there is."""
        return self.subscription.arn

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,  # noqa: ARG003
        cloudformation_json: Any,
        account_id: str,
        region_name: str,
        **_: Any,
    ) -> SubscriptionResource:
        """Subscribe."""
        properties = cloudformation_json["Properties"]
        backend = _backend(account_id, region_name)
        topic = cast("VirtualTopic", backend.get_topic(properties["TopicArn"]))
        protocol = str(properties["Protocol"])
        attributes = read_subscription_attributes(_written(properties), protocol, topic)
        subscription = backend.subscribe(topic.arn, str(properties["Endpoint"]), protocol)
        for name, value in attributes.items():
            subscription.set_attribute(name, value)
        return cls(subscription)

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: SubscriptionResource,
        new_resource_name: str,
        cloudformation_json: Any,
        account_id: str,
        region_name: str,
    ) -> SubscriptionResource:
        """Another endpoint is another subscription; else what the template leaves out is unset."""
        subscription = original_resource.subscription
        properties = cloudformation_json["Properties"]
        if any(subscription.attributes[name] != properties.get(name) for name in _FIXED):
            original_resource.delete(account_id, region_name)
        else:
            for name in ("FilterPolicy", "RedrivePolicy", "DeliveryPolicy"):
                subscription.set_attribute(name, "")
            subscription.set_attribute("RawMessageDelivery", False)
        return cls.create_from_cloudformation_json(
            new_resource_name, cloudformation_json, account_id, region_name
        )

    @classmethod
    def delete_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: Any,  # noqa: ARG003
        account_id: str,
        region_name: str,
    ) -> None:
        """Unsubscribe."""
        _backend(account_id, region_name).unsubscribe(resource_name)

    def delete(self, account_id: str, region_name: str) -> None:
        """Unsubscribe."""
        _backend(account_id, region_name).unsubscribe(self.subscription.arn)

    def is_created(self) -> bool:
        """It is there at once."""
        return True


class TopicPolicyResource(CloudFormationModel):
    """AWS::SNS::TopicPolicy."""

    def __init__(self, name: str, topics: list[str]) -> None:
        self.name = name
        self.topics = topics

    @property
    def physical_resource_id(self) -> str:
        """A name that CloudFormation makes."""
        return self.name

    @staticmethod
    def cloudformation_name_type() -> str:
        """It has no name of its own."""
        return ""

    @staticmethod
    def cloudformation_type() -> str:
        """Its type in a template."""
        return "AWS::SNS::TopicPolicy"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        """What Fn::GetAtt finds."""
        return attr == "Id"

    def get_cfn_attribute(self, _attribute_name: str) -> str:
        """The one attribute there is."""
        return self.name

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: Any,
        account_id: str,
        region_name: str,
        **_: Any,
    ) -> TopicPolicyResource:
        """Put the policy on the topics."""
        properties = cloudformation_json["Properties"]
        backend = _backend(account_id, region_name)
        for arn in properties["Topics"]:
            backend.get_topic(arn).policy = json.dumps(properties["PolicyDocument"])
        return cls(resource_name, list(properties["Topics"]))

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: TopicPolicyResource,
        new_resource_name: str,  # noqa: ARG003
        cloudformation_json: Any,
        account_id: str,
        region_name: str,
    ) -> TopicPolicyResource:
        """Put the new policy on the topics."""
        return cls.create_from_cloudformation_json(
            original_resource.name, cloudformation_json, account_id, region_name
        )

    @classmethod
    def delete_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str
    ) -> None:
        """A topic keeps the policy that it had last, until the topic goes."""

    def delete(self, account_id: str, region_name: str) -> None:
        """Give each topic that is still there its default policy back."""
        topics = _backend(account_id, region_name).topics
        for topic in (topics[arn] for arn in self.topics if arn in topics):
            topic._policy_json = topic._create_default_topic_policy(
                region_name, account_id, topic.name
            )

    def is_created(self) -> bool:
        """It is there at once."""
        return True


def _backend(account_id: str, region_name: str) -> VirtualSNSBackend:
    return cast("VirtualSNSBackend", sns_backends[account_id][region_name])


def _written(properties: Mapping[str, Any]) -> dict[str, str]:
    """A template's attributes as Subscribe takes them."""
    found: dict[str, str] = {}
    for name in SUBSCRIPTION_ATTRIBUTES:
        value = properties.get(name)
        if value is not None:
            found[name] = value if isinstance(value, str) else json.dumps(value)
    return found
