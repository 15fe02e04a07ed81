"""Tags of resources, when they change: one call of each service for those that come, one for those
that go.

Source: AWS CloudFormation Template Reference, "Resource tags".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from simulator.aws.cloudformation.kinds.base import Job

Tags = dict[str, str]


def _pairs(tags: Tags) -> Any:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _low_pairs(tags: Tags) -> Any:
    return [{"key": key, "value": value} for key, value in tags.items()]


def _key_pairs(tags: Tags) -> Any:
    return [{"TagKey": key, "TagValue": value} for key, value in tags.items()]


_UNTAGGED = ("AWS::CloudWatch::Dashboard",)
# The client, how its calls name the resource and the tags, and the form that tags have.
_BY_SERVICE: dict[str, tuple[str, str, str, Callable[[Tags], Any]]] = {
    "ApiGateway": ("apigateway", "resourceArn", "tags", dict),
    "ApiGatewayV2": ("apigatewayv2", "ResourceArn", "Tags", dict),
    "CloudWatch": ("cloudwatch", "ResourceARN", "Tags", _pairs),
    "DynamoDB": ("dynamodb", "ResourceArn", "Tags", _pairs),
    "EventSchemas": ("schemas", "ResourceArn", "Tags", dict),
    "Events": ("events", "ResourceARN", "Tags", _pairs),
    "KMS": ("kms", "KeyId", "Tags", _key_pairs),
    "Lambda": ("lambda", "Resource", "Tags", dict),
    "Logs": ("logs", "resourceArn", "tags", dict),
    "SNS": ("sns", "ResourceArn", "Tags", _pairs),
    "Scheduler": ("scheduler", "ResourceArn", "Tags", _pairs),
    "SecretsManager": ("secretsmanager", "SecretId", "Tags", _pairs),
    "StepFunctions": ("stepfunctions", "resourceArn", "tags", _low_pairs),
}


def retag(job: Job, name: str, before: Tags) -> bool:
    """Give a resource the tags of its property `name` and its stack; take away what it had else.

    Whether its service keeps tags of such things here.
    """
    now = job.tags(name)
    if job.type in _UNTAGGED:
        return False
    gone = [key for key in before if key not in now]
    service = job.type.split("::")[1]
    if service in _OWN_WAYS:
        _OWN_WAYS[service](job, now, gone)
        return True
    if service not in _BY_SERVICE:
        raise job.fail(f"Tags of {job.type} cannot be changed by Paddock")
    client_name, resource, tags, form = _BY_SERVICE[service]
    client, target = job.client(client_name), {resource: _address(job)}
    keys = "tagKeys" if tags == "tags" else "TagKeys"
    if gone:
        client.untag_resource(**target, **{keys: gone})
    if now:
        client.tag_resource(**target, **{tags: form(now)})
    return True


def _address(job: Job) -> str:
    """The resource's ARN, or the id that its service takes for one."""
    found = str(job.attributes.get("Arn") or job.physical_id)
    if job.type == "AWS::Lambda::EventSourceMapping":
        return str(job.attributes["EventSourceMappingArn"])
    if found.startswith("arn:"):
        return found.removesuffix(":*")
    root = f"arn:aws:apigateway:{job.stack.region_name}::"
    return {
        "AWS::ApiGateway::ApiKey": f"{root}/apikeys/{found}",
        "AWS::ApiGateway::RestApi": f"{root}/restapis/{found}",
        "AWS::ApiGateway::Stage": f"{root}/restapis/{job.get('RestApiId')}/stages/{found}",
        "AWS::ApiGateway::UsagePlan": f"{root}/usageplans/{found}",
        "AWS::ApiGatewayV2::Api": f"{root}/apis/{found}",
        "AWS::ApiGatewayV2::DomainName": f"{root}/domainnames/{found}",
        "AWS::ApiGatewayV2::Stage": f"{root}/apis/{job.get('ApiId')}/stages/{found}",
    }.get(job.type, found)


def _queue(job: Job, now: Tags, gone: list[str]) -> None:
    if gone:
        job.client("sqs").untag_queue(QueueUrl=job.physical_id, TagKeys=gone)
    if now:
        job.client("sqs").tag_queue(QueueUrl=job.physical_id, Tags=now)


def _role(job: Job, now: Tags, gone: list[str]) -> None:
    if gone:
        job.client("iam").untag_role(RoleName=job.physical_id, TagKeys=gone)
    if now:
        job.client("iam").tag_role(RoleName=job.physical_id, Tags=_pairs(now))


def _stream(job: Job, now: Tags, gone: list[str]) -> None:
    if gone:
        job.client("kinesis").remove_tags_from_stream(StreamName=job.physical_id, TagKeys=gone)
    if now:
        job.client("kinesis").add_tags_to_stream(StreamName=job.physical_id, Tags=now)


def _bucket(job: Job, now: Tags, gone: list[str]) -> None:
    if now:
        job.client("s3").put_bucket_tagging(Bucket=job.physical_id, Tagging={"TagSet": _pairs(now)})
    elif gone:
        job.client("s3").delete_bucket_tagging(Bucket=job.physical_id)


def _parameter(job: Job, now: Tags, gone: list[str]) -> None:
    target = {"ResourceType": "Parameter", "ResourceId": job.physical_id}
    if gone:
        job.client("ssm").remove_tags_from_resource(**target, TagKeys=gone)
    if now:
        job.client("ssm").add_tags_to_resource(**target, Tags=_pairs(now))


def _nested(job: Job, now: Tags, gone: list[str]) -> None:
    """A nested stack hands its tags on by its own update."""
    del job, now, gone


_OWN_WAYS: dict[str, Callable[[Job, Tags, list[str]], None]] = {
    "CloudFormation": _nested,
    "IAM": _role,
    "Kinesis": _stream,
    "S3": _bucket,
    "SQS": _queue,
    "SSM": _parameter,
}
