"""Notifications: every event of a stack as a message to its topics.

Source: AWS CloudFormation API Reference, "CreateStack" (NotificationARNs); User Guide, "Automate
actions with Amazon SNS notifications".
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from moto.core.utils import iso_8601_datetime_with_milliseconds

if TYPE_CHECKING:
    from moto.cloudformation.models import Event

    from simulator.aws.cloudformation.stack import Stack

log = logging.getLogger(__name__)


def notify(stack: Stack, event: Event) -> None:
    """Publish an event to a stack's topics, by calls of CloudFormation's own."""
    text = _message(stack, event)
    for arn in stack.notification_arns:
        stack.world.spawn(
            lambda arn=arn: _publish(stack, arn, text),
            name=f"notification of {stack.name}",
            actor="cloudformation",
            daemon=True,
        )


def _publish(stack: Stack, arn: str, text: str) -> None:
    region, account = ([*arn.split(":"), "", "", ""])[3:5]
    sns: Any = stack.cloud.session(account, region).client("sns")
    try:
        sns.publish(TopicArn=arn, Subject="AWS CloudFormation Notification", Message=text)
    except (ClientError, ValueError) as error:  # the stack goes on without it
        log.warning("stack %s cannot notify %s: %s", stack.name, arn, error)


def _message(stack: Stack, event: Event) -> str:
    told = {
        "StackId": event.stack_id,
        "Timestamp": iso_8601_datetime_with_milliseconds(event.timestamp),
        "EventId": event.event_id,
        "LogicalResourceId": event.logical_resource_id,
        "Namespace": stack.account_id,
        "PhysicalResourceId": event.physical_resource_id,
        "ResourceProperties": event.resource_properties or "null",
        "ResourceStatus": event.resource_status,
        "ResourceStatusReason": event.resource_status_reason or "",
        "ResourceType": event.resource_type,
        "StackName": event.stack_name,
        "ClientRequestToken": event.client_request_token or "null",
    }
    return "".join(f"{name}='{value}'\n" for name, value in told.items())
