"""Dynamic references: values of Parameter Store and of Secrets Manager, `{{resolve:…}}`.

Source: AWS CloudFormation User Guide, "Get values stored in other services using dynamic
references".
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from simulator.aws.cloudformation.exceptions import invalid

if TYPE_CHECKING:
    from simulator.aws.cloudformation.stack import Stack

_REFERENCE = re.compile(r"\{\{resolve:(ssm-secure|ssm|secretsmanager):([^{}]+)\}\}")


def resolve(stack: Stack, value: Any) -> Any:
    """`value` with what its references stand for. Raises ClientError, ValidationError."""
    if isinstance(value, list):
        return [resolve(stack, each) for each in value]
    if isinstance(value, dict):
        return {name: resolve(stack, each) for name, each in value.items()}
    if not isinstance(value, str) or "{{resolve:" not in value:
        return value
    return _REFERENCE.sub(lambda match: _look_up(stack, match[1], match[2]), value)


def _look_up(stack: Stack, service: str, reference: str) -> str:
    if service != "secretsmanager":
        name = reference.strip()
        found = stack.client("ssm").get_parameter(Name=name, WithDecryption=service != "ssm")
        return str(found["Parameter"]["Value"])
    parts = reference.split(":")
    if parts[0] == "arn":
        parts = [":".join(parts[:7]), *parts[7:]]
    secret_id, _, key, stage, version = [*parts, "", "", "", "", ""][:5]
    options = {"VersionStage": stage} if stage else {}
    if version:
        options["VersionId"] = version
    text = str(
        stack.client("secretsmanager").get_secret_value(SecretId=secret_id, **options)[
            "SecretString"
        ]
    )
    if not key:
        return text
    try:
        return str(json.loads(text)[key])
    except (ValueError, KeyError, TypeError):
        raise invalid(
            f"Could not find a value associated with JSONKey {key} in SecretString"
        ) from None
