"""Bucket policies with conditions, which moto takes for refusals.

Source: IAM User Guide, "IAM JSON policy elements: Condition"; S3 User Guide, "Bucket policy
examples using condition keys".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3.models import FakeBucket

_FACTS = {"aws:securetransport": "true", "s3:tlsversion": "1.3"}
"""What is known of every call. The endpoint stands for AWS's, where clients speak HTTPS."""


def permission(bucket: FakeBucket, action: str, resource: str) -> PermissionResult:
    """What a bucket's policy says of an action on a resource.

    A statement whose condition does not hold, or cannot be judged here, says nothing.
    """
    if bucket.policy is None:
        return PermissionResult.NEUTRAL
    document = json.loads(bucket.policy.decode())
    statements = _listed(document.get("Statement"))
    held = [each for each in statements if holds(each.get("Condition") or {})]
    policy = IAMPolicy(json.dumps({"Statement": [_bare(each) for each in held]}))
    return policy.is_action_permitted(action, resource)


def holds(condition: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether all tests of a condition are known to hold."""
    return all(
        _test(operator, _FACTS.get(key.lower()), [str(each).lower() for each in _listed(values)])
        for operator, tests in condition.items()
        for key, values in tests.items()
    )


def _test(operator: str, have: str | None, wanted: list[str]) -> bool:
    if have is None:
        return False
    if operator in ("Bool", "BoolIfExists", "StringEquals"):
        return have in wanted
    if operator in ("NumericLessThan", "NumericLessThanIfExists"):
        return any(float(have) < float(each) for each in wanted)
    return False


def _bare(statement: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in statement.items() if name != "Condition"}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
