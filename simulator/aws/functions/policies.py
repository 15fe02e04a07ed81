"""Who may invoke a function by its resource policy: AWS services and other accounts.

Source: Lambda Developer Guide, "Viewing resource-based IAM policies in Lambda" and "Granting Lambda
function access to AWS services".
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from simulator.aws.functions.later import qualifier_of

if TYPE_CHECKING:
    from simulator.aws.functions.models import VirtualFunction

_ACTIONS = ("lambda:InvokeFunction", "lambda:Invoke*", "lambda:*", "*")


def permits(
    function: VirtualFunction,
    arn: str,
    *,
    service: str = "",
    account: str = "",
    source_arn: str = "",
    source_account: str = "",
) -> bool:
    """Whether a service (`sns.amazonaws.com`) or an account may invoke what `arn` names.

    `source_arn` and `source_account` say for which resource, and whose, a service acts.
    """
    facts = {
        "aws:sourcearn": source_arn,
        "aws:sourceaccount": source_account or (source_arn.split(":") + [""] * 5)[4],
        "aws:principalaccount": account,
    }
    for statement in function.policy_of(qualifier_of(arn)).statements:
        if statement.get("Effect", "Allow") != "Allow":
            continue
        if statement.get("Action") not in _ACTIONS:
            continue
        if _names(statement.get("Principal"), service, account) and _holds(statement, facts):
            return True
    return False


def invokes(function_arn: str, service: str, source_arn: str, source_account: str = "") -> bool:
    """The same by a function's full ARN, for services.

    `source_account` is for resources whose ARN has none: buckets. True where there is no such
    function: the call itself says so.
    """
    from moto.awslambda.exceptions import UnknownFunctionException

    from simulator.aws.functions.backend import resolve

    try:
        function, arn = resolve(function_arn)
    except UnknownFunctionException:
        return True
    return permits(
        function, arn, service=service, source_arn=source_arn, source_account=source_account
    )


def _names(principal: Any, service: str, account: str) -> bool:
    """Whether a statement's principal is the service, or the account."""
    if isinstance(principal, dict):
        named = principal.get("Service") if service else principal.get("AWS")
        names = named if isinstance(named, list) else [named]
    else:
        names = [principal]
    if service:
        return service in names or "*" in names
    return any(
        str(name) in ("*", account) or str(name).startswith(f"arn:aws:iam::{account}:")
        for name in names
    )


def _holds(statement: dict[str, Any], facts: dict[str, str]) -> bool:
    """Whether a statement's conditions hold; one that is not known does not."""
    for operator, wanted in (statement.get("Condition") or {}).items():
        for key, values in wanted.items():
            have = facts.get(key.lower())
            options = values if isinstance(values, list) else [values]
            if have is None or not any(_matches(operator, have, str(each)) for each in options):
                return False
    return True


def _matches(operator: str, have: str, wanted: str) -> bool:
    if operator in ("ArnLike", "StringLike", "ArnEquals"):
        return fnmatchcase(have, wanted.replace("[", "[[]"))
    return operator == "StringEquals" and have == wanted
