"""ARNs and protocols in SNS's parameters, refused in AWS's words where they are none."""

from __future__ import annotations

from moto.sns.utils import make_arn_for_topic

from simulator.aws.sns.exceptions import invalid

_LEAST_PARTS = 6
_SUBSCRIPTION_PARTS = 7
PROTOCOLS = (
    *("application", "email", "email-json", "firehose", "http", "https", "lambda", "sms", "sqs"),
)


def topic(account: str, region: str, name: str) -> str:
    """The ARN of a topic."""
    return str(make_arn_for_topic(account, name, region))


def parsed(parameter: str, arn: str | None) -> str:
    """An ARN with all its parts."""
    if arn is None:
        raise invalid(f"{parameter} Reason: no value for required parameter")
    parts = arn.count(":") + 1
    if parts < _LEAST_PARTS:
        raise invalid(
            f"{parameter} Reason: An ARN must have at least {_LEAST_PARTS} elements, not {parts}"
        )
    return arn


def in_region(parameter: str, arn: str | None, region: str) -> str:
    """A topic's ARN of the Region that was called."""
    found = parsed(parameter, arn)
    if found.split(":")[3] != region:
        raise invalid(parameter)
    return found


def of_subscription(arn: str | None) -> str:
    """A subscription's ARN, which has its id as a seventh part."""
    found = parsed("SubscriptionArn", arn)
    if found.count(":") + 1 < _SUBSCRIPTION_PARTS:
        raise invalid("SubscriptionId")
    return found


def known_protocol(protocol: str | None) -> None:
    """A protocol that SNS delivers by."""
    if protocol not in PROTOCOLS:
        raise invalid(f"Amazon SNS does not support this protocol string: {protocol}")
