"""Policy documents as API Gateway holds them against a call: an authoriser's, an API's own."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Collection, Mapping
from typing import Any, Literal

Verdict = Literal["allow", "deny", "none"]

_ACTION = "execute-api:Invoke"


def verdict(
    document: Any, arn: str, facts: Mapping[str, str], callers: Collection[str] | None = None
) -> Verdict:
    """Whether a policy allows invoking what `arn` names, denies it, or says nothing of it.

    `facts` are condition keys, such as aws:SourceIp; `callers` are the names by which a Principal
    may mean the caller, none for one without a signature, None where no Principal is looked at.
    Raises ValueError for what is no policy.
    """
    policy = _read(document)
    statements = policy.get("Statement")
    if statements is None:
        raise ValueError("the policy has no Statement")
    found: Verdict = "none"
    for statement in statements if isinstance(statements, list) else [statements]:
        if not isinstance(statement, Mapping):
            raise ValueError("a Statement of the policy is no object")
        if callers is not None and not _means(statement, callers):
            continue
        if not _matches(statement, arn, facts):
            continue
        if str(statement.get("Effect", "")).lower() == "deny":
            return "deny"
        found = "allow"
    return found


def _means(statement: Mapping[str, Any], callers: Collection[str]) -> bool:
    """Whether a statement is about this caller."""
    for name in ("Principal", "NotPrincipal"):
        told = statement.get(name)
        if told is None:
            continue
        named = told.get("AWS") if isinstance(told, Mapping) else told
        found = any(each == "*" or each in callers for each in _listed(named))
        return found is (name == "Principal")
    return False


def _read(document: Any) -> Mapping[str, Any]:
    if isinstance(document, str):
        text = document
        try:
            document = json.loads(text)
        except ValueError:
            # What the API's `policy` shows is escaped once more.
            document = json.loads(text.replace('\\"', '"').replace("\\/", "/"))
    if not isinstance(document, Mapping):
        raise ValueError("the policy is no JSON object")
    return document


def _matches(statement: Mapping[str, Any], arn: str, facts: Mapping[str, str]) -> bool:
    actions = [str(each).lower() for each in _listed(statement.get("Action"))]
    if not any(_like(each).fullmatch(_ACTION.lower()) for each in actions):
        return False
    resources = _listed(statement.get("Resource"))
    if resources and not any(_covers(str(each), arn) for each in resources):
        return False
    excluded = _listed(statement.get("NotResource"))
    if excluded and any(_covers(str(each), arn) for each in excluded):
        return False
    return all(
        _holds(operator, tests, facts)
        for operator, tests in (statement.get("Condition") or {}).items()
    )


def _covers(resource: str, arn: str) -> bool:
    """A resource in short form, `execute-api:/stage/GET/x`, is that of the API itself."""
    if resource.startswith("execute-api:/"):
        resource = f"*/{resource.removeprefix('execute-api:/')}"
    return _like(resource).fullmatch(arn) is not None


def _holds(operator: str, tests: Mapping[str, Any], facts: Mapping[str, str]) -> bool:
    name = operator.rpartition(":")[2]
    if_exists = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    for key, wanted in tests.items():
        have = next((value for k, value in facts.items() if k.lower() == key.lower()), None)
        if have is None:
            if if_exists or name.startswith(("StringNot", "NotIp", "ArnNot")):
                continue
            return False
        if not _one_holds(name, have, [str(each) for each in _listed(wanted)]):
            return False
    return True


def _one_holds(name: str, have: str, wanted: list[str]) -> bool:
    if name in ("IpAddress", "NotIpAddress"):
        address = ipaddress.ip_address(have)
        inside = any(address in ipaddress.ip_network(each, strict=False) for each in wanted)
        return inside is (name == "IpAddress")
    if name in ("StringLike", "ArnLike", "ArnEquals"):
        return any(_like(each).fullmatch(have) for each in wanted)
    if name in ("StringNotLike", "ArnNotLike"):
        return not any(_like(each).fullmatch(have) for each in wanted)
    if name == "StringNotEquals":
        return have not in wanted
    return have in wanted


def _like(text: str) -> re.Pattern[str]:
    return re.compile(re.escape(text).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
