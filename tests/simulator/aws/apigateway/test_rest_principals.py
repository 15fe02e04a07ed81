"""Who signs a call, and what an API's resource policy says of them.

Sources: API Gateway Developer Guide, "How API Gateway resource policies affect authorization
workflow", "Control access to a REST API with IAM permissions".
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from simulator.world import World

OWN, OTHER = "123456789012", "111122223333"


def signed_by(key: str) -> str:
    scope = f"{key}/20260101/us-east-1/execute-api/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"


def policy(rest: Any, **statement: Any) -> str:
    told = {"Action": "execute-api:Invoke", "Resource": "execute-api:/*", **statement}
    return json.dumps({"Version": "2012-10-17", "Statement": [told]})


def guarded(rest: Any, **statement: Any) -> str:
    """A method that wants a signature, on an API with or without a policy; its URL."""
    rest.mock("GET", "/x", "$context.identity.userArn", authorizationType="AWS_IAM")
    if statement:
        change = {"op": "replace", "path": "/policy", "value": policy(rest, **statement)}
        rest.client.update_rest_api(restApiId=rest.id, patchOperations=[change])
    return f"{rest.deploy()}/x"


def statuses(call: Any, url: str) -> tuple[int, int]:
    """How the API's own account and another fare."""
    own = call("GET", url, Authorization=signed_by(OWN)).status
    return own, call("GET", url, Authorization=signed_by(OTHER)).status


def test_another_account_needs_a_policy(rest: Any, call: Any) -> None:
    assert statuses(call, guarded(rest)) == (200, 403)


@pytest.mark.parametrize(
    "principal",
    [
        "*",
        {"AWS": "*"},
        {"AWS": OTHER},
        {"AWS": [f"arn:aws:iam::{OTHER}:root"]},
    ],
)
def test_a_policy_lets_another_account_in(rest: Any, call: Any, principal: Any) -> None:
    url = guarded(rest, Effect="Allow", Principal=principal)
    assert statuses(call, url) == (200, 200)


def test_a_policy_for_somebody_else_says_nothing(rest: Any, call: Any) -> None:
    url = guarded(rest, Effect="Allow", Principal={"AWS": "444455556666"})
    assert statuses(call, url) == (200, 403)


def test_a_policy_may_deny_all_but_one(rest: Any, call: Any) -> None:
    url = guarded(rest, Effect="Deny", NotPrincipal={"AWS": OWN})
    assert statuses(call, url) == (200, 403)
    told = json.loads(call("GET", url, Authorization=signed_by(OTHER)).body)["Message"]
    assert told.startswith(f"User: arn:aws:iam::{OTHER}:root is not authorized")
    assert told.endswith("with an explicit deny")


def test_users_and_roles_are_told_by_their_arns(world: World, rest: Any, call: Any) -> None:
    iam: Any = world.cloud.session().client("iam")
    user = iam.create_user(UserName="ann")["User"]["Arn"]
    key = iam.create_access_key(UserName="ann")["AccessKey"]["AccessKeyId"]
    role = iam.create_role(RoleName="rider", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    sts: Any = world.cloud.session().client("sts")
    lent = sts.assume_role(RoleArn=role, RoleSessionName="trip")["Credentials"]["AccessKeyId"]
    url = guarded(rest, Effect="Deny", Principal={"AWS": role})
    assert call("GET", url, Authorization=signed_by(key)).body.decode() == user
    assert call("GET", url, Authorization=signed_by(lent)).status == 403


def test_a_policy_for_an_account_lets_nobody_unsigned_in(rest: Any, call: Any) -> None:
    rest.mock("GET", "/open")
    change = {
        "op": "replace",
        "path": "/policy",
        "value": policy(rest, Effect="Allow", Principal={"AWS": OWN}),
    }
    rest.client.update_rest_api(restApiId=rest.id, patchOperations=[change])
    assert call("GET", f"{rest.deploy()}/open").status == 403
