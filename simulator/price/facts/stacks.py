"""Stacks: what CloudFormation made has its tag. What it holds, the calls that made it tell.

Source: CloudFormation User Guide, "Resource tag": the tag aws:cloudformation:stack-name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.journal import Fact
from simulator.price.facts.reader import Reader, of_arn, of_queue_url
from simulator.price.usage import ACCOUNT

if TYPE_CHECKING:
    from simulator.price.meter import Meter

STACK_TAG = "aws:cloudformation:stack-name"
_MADE = "CREATE_COMPLETE"
_SERVICES = {
    "AWS::Lambda::Function": "lambda",
    "AWS::SQS::Queue": "sqs",
    "AWS::SNS::Topic": "sns",
    "AWS::Events::EventBus": "events",
    "AWS::StepFunctions::StateMachine": "states",
    "AWS::DynamoDB::Table": "dynamodb",
    "AWS::S3::Bucket": "s3",
    "AWS::Kinesis::Stream": "kinesis",
    "AWS::CloudWatch::Alarm": "cloudwatch",
    "AWS::CloudWatch::CompositeAlarm": "cloudwatch",
    "AWS::Logs::LogGroup": "logs",
}


def _stack(meter: Meter, fact: Fact) -> None:
    """The account of a stack, which the facts of its resources do not say."""
    account, _ = of_arn(str(fact.data.get("id", "")), ACCOUNT)
    meter.memory["stack", fact.data.get("stack")] = account


def _resource(meter: Meter, fact: Fact) -> None:
    data = fact.data
    kind, status = str(data.get("type", "")), data.get("status")
    account = str(data.get("account") or meter.memory.get(("stack", data.get("stack")), ACCOUNT))
    service, physical = _SERVICES.get(kind), str(data.get("physical") or "")
    if service is None or status != _MADE:
        return
    if physical.startswith("http"):
        account, name = of_queue_url(physical, account)
    else:
        account, name = of_arn(physical, account)
    meter.settle_at(service, name, account)
    tags = data.get("tags")
    told = dict(tags) if isinstance(tags, dict) else {}
    meter.tag(service, account, name, {**told, STACK_TAG: str(data.get("stack"))}, ())


FACTS: dict[str, Reader] = {
    "cloudformation.stack": _stack,
    "cloudformation.resource": _resource,
}
