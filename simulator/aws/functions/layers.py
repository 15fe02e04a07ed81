"""Layers: which a function may use, its own account's and those that others share.

A function keeps the layer versions it was given, so that it runs on when one is deleted.
Source: Lambda Developer Guide, "Managing Lambda dependencies with layers" and "Granting layer
access to other accounts".
"""

from __future__ import annotations

import re
from typing import Any

from moto.awslambda.exceptions import UnknownLayerVersionException
from moto.awslambda.models import LayerStorage, LayerVersion
from moto.awslambda.utils import get_backend

from simulator.aws.functions import checks
from simulator.aws.functions.exceptions import AccessDenied

_ORGANISATION = "aws:PrincipalOrgID"
_ARN = re.compile(r"arn:[^:]+:lambda:([^:]+):(\d{12}):layer:([^:]+):(\d+)")


class Layers(LayerStorage):
    """moto's layers, found by a name or an ARN, and with version numbers that are never reused."""

    def get_layer_versions(self, layer_name: str) -> list[LayerVersion]:
        """All versions of a layer that there are."""
        for layer in self._layers.values():
            if layer_name in (layer.name, layer.layer_arn):
                return list(layer.layer_versions.values())
        return []


def attached(
    arns: list[str], account: str, region: str, kept: list[LayerVersion]
) -> list[LayerVersion]:
    """The layer versions of these ARNs for a function of `account`; those it has stay its own."""
    if len(arns) > checks.MOST_LAYERS:
        raise checks.invalid(f"Cannot reference more than {checks.MOST_LAYERS} layers.")
    names = [str(arn).rpartition(":")[0] for arn in arns]
    for name in names:
        if names.count(name) > 1:
            raise checks.invalid(
                f"Two different versions of the same layer are not allowed to be referenced in the "
                f"same function. {', '.join(arns)}"
            )
    mine = {layer.arn: layer for layer in kept}
    found = [mine.get(arn) or _lookup(arn, account, region) for arn in arns]
    if not all(found):
        raise UnknownLayerVersionException(arns)
    return [layer for layer in found if layer is not None]


def by_arn(arn: str, account: str) -> LayerVersion | None:
    """A layer version for a caller of `account`, None where there is none. Raises AccessDenied."""
    match = _ARN.fullmatch(arn)
    if match is None:
        raise checks.invalid(f"{arn} is not the ARN of a layer version")
    where, owner, name, number = match.groups()
    layers: Any = get_backend(owner, where)._layers
    layer = layers._layers.get(name)
    version: LayerVersion | None = layer.layer_versions.get(number) if layer is not None else None
    if owner != account and not _shared(version, account):
        raise AccessDenied(
            f"User: arn:aws:iam::{account}:root is not authorized to perform: "
            f"lambda:GetLayerVersion on resource: {arn} because no resource-based policy allows "
            "the lambda:GetLayerVersion action"
        )
    return version


def _lookup(arn: str, account: str, region: str) -> LayerVersion | None:
    match = _ARN.fullmatch(arn)
    if match is not None and match[1] != region:
        raise checks.invalid(
            f"Layer {arn} is in the Region {match[1]}; a function uses layers of its own Region, "
            f"{region}."
        )
    return by_arn(arn, account) if match is not None else None


def _shared(version: LayerVersion | None, account: str) -> bool:
    """Whether a layer version's policy lets another account use it."""
    for statement in version.policy.statements if version is not None else ():
        principal = statement.get("Principal")
        if isinstance(principal, dict):
            principal = principal.get("AWS")
        named = str(principal)
        if statement.get("Action") not in ("lambda:GetLayerVersion", "lambda:*"):
            continue
        wanted = (statement.get("Condition") or {}).get("StringEquals", {}).get(_ORGANISATION)
        if wanted and wanted != _organisation(account):
            continue
        if named in ("*", account) or named.startswith(f"arn:aws:iam::{account}:"):
            return True
    return False


def _organisation(account: str) -> str | None:
    """The id of the organisation that an account belongs to."""
    from moto.organizations.models import organizations_backends

    master, partition = organizations_backends.master_accounts.get(account, (account, "aws"))
    organisation = organizations_backends[master][partition].org
    return str(organisation.id) if organisation is not None else None
