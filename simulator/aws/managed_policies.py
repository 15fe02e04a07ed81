"""AWS's own managed policies: there in every account, made known to moto when first asked for.

Source: AWS Managed Policy Reference Guide, "What are AWS managed policies?".
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from moto.iam import models
from moto.iam.aws_managed_policies import aws_managed_policies_data

from simulator.aws.seams import replace

if TYPE_CHECKING:
    from moto.iam.models import IAMBackend, ManagedPolicy

_OWNER = ":iam::aws:policy/"


class Policies(dict[str, Any]):
    """The managed policies of an account by ARN; AWS's come when they are looked for."""

    def __init__(self, backend: IAMBackend) -> None:
        super().__init__({policy.arn: policy for policy in backend.aws_managed_policies})
        self._backend = backend

    def __missing__(self, arn: str) -> ManagedPolicy:
        name = arn.rpartition("/")[2]
        written = _written().get(name) if _OWNER in arn else None
        if written is None or arn.partition(_OWNER)[2] != f"{written['Path']}{name}"[1:]:
            raise KeyError(arn)
        backend = self._backend
        policy = models.AWSManagedPolicy.from_data(
            name, backend.account_id, backend.region_name, written
        )
        backend.aws_managed_policies.append(policy)
        self[arn] = policy
        return policy

    def __contains__(self, arn: object) -> bool:
        return isinstance(arn, str) and self.get(arn) is not None

    def get(self, arn: str, default: Any = None) -> Any:
        """The policy, or `default`."""
        try:
            return self[arn]
        except KeyError:
            return default


def arns() -> dict[str, str]:
    """AWS's managed policies, name to ARN without its partition's name: `iam::aws:policy/…`."""
    return {name: f"{_OWNER[1:-1]}{each['Path']}{name}" for name, each in _written().items()}


@cache
def _written() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(aws_managed_policies_data)
    return found


def install() -> None:
    """Let every account have AWS's managed policies."""
    backend = models.IAMBackend
    replace(backend, "_init_managed_policies", lambda backend: Policies(backend))
    for name in ("attach_role_policy", "attach_user_policy", "attach_group_policy"):
        theirs = getattr(backend, name)
        if theirs.__name__ != "attach":
            replace(backend, name, _attaching(theirs))


def _attaching(theirs: Callable[..., None]) -> Callable[..., None]:
    """moto's call, which lists the policies that it knows, after making it know the one."""

    def attach(self: IAMBackend, policy_arn: str, *names: str, **named: str) -> None:
        self.managed_policies.get(policy_arn)
        theirs(self, policy_arn, *names, **named)

    return attach
