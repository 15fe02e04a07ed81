"""Who may call a REST API, and how often: authorisers, policies, keys, plans, throttles.

Sources: API Gateway Developer Guide, "Use API Gateway Lambda authorizers", "Output from an API
Gateway Lambda authorizer", "Control access to REST APIs using Amazon Cognito user pools",
"Usage plans and API keys for REST APIs", "Throttle requests to your REST APIs", "API Gateway
resource policies".
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from simulator.world import World

URI = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{}/invocations"
AUTHORISER = """
import json
def handler(event, context):
    print(json.dumps(event))
    token = event.get("authorizationToken") or event["headers"].get("X-Token")
    if token == "crash":
        raise ValueError("oh")
    if token == "nobody":
        raise Exception("Unauthorized")
    if token == "nonsense":
        return {"no": "policy"}
    effect = "Deny" if token == "deny" else "Allow"
    resource = event["methodArn"] if token != "elsewhere" else "arn:aws:execute-api:*:*:x/*"
    return {
        "principalId": "user|" + token,
        "policyDocument": {"Version": "2012-10-17", "Statement": [
            {"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource}]},
        "context": {"tenant": "acme", "level": 7, "ok": True},
        "usageIdentifierKey": "key-of-the-caller-0123456789",
    }
"""
ECHO = """
import json
def handler(event, context):
    return {"statusCode": 200, "body": json.dumps(event["requestContext"].get("authorizer"))}
"""


def asked(world: World) -> list[dict[str, Any]]:
    return [json.loads(f.data["text"]) for f in world.journal.facts if f.what == "lambda.log"]


def guarded(rest: Any, permitted: Callable[..., str], kind: str = "TOKEN", **options: Any) -> str:
    made = rest.client.create_authorizer(
        restApiId=rest.id,
        name="a",
        type=kind,
        authorizerUri=URI.format(permitted("auth", AUTHORISER)),
        **{"identitySource": "method.request.header.X-Token", **options},
    )
    rest.function(
        "GET",
        "/x",
        permitted("f", ECHO),
        authorizationType="CUSTOM",
        authorizerId=made["id"],
    )
    return str(rest.deploy())


def test_a_token_authorizer_lets_in_and_tells_the_function(
    world: World, rest, permitted, call
) -> None:
    url = guarded(rest, permitted)
    answer = call("GET", f"{url}/x", X_Token="good")
    told = json.loads(answer.body)
    assert answer.status == 200
    assert (told["principalId"], told["tenant"], told["level"], told["ok"]) == (
        "user|good",
        "acme",
        "7",
        "true",
    )
    assert asked(world)[0] == {
        "type": "TOKEN",
        "methodArn": f"{rest.arn}/prod/GET/x",
        "authorizationToken": "good",
    }


@pytest.mark.parametrize(
    ("token", "status", "told"),
    [
        (None, 401, {"message": "Unauthorized"}),
        ("nobody", 401, {"message": "Unauthorized"}),
        ("elsewhere", 403, {"Message": "User is not authorized to access this resource"}),
        (
            "deny",
            403,
            {"Message": "User is not authorized to access this resource with an explicit deny"},
        ),
        ("crash", 500, {"message": None}),
        ("nonsense", 500, {"message": None}),
    ],
)
def test_who_is_not_let_in(rest, permitted, call, token, status: int, told: Any) -> None:
    url = guarded(rest, permitted)
    answer = call("GET", f"{url}/x", **({"X_Token": token} if token else {}))
    assert (answer.status, json.loads(answer.body)) == (status, told)


def test_an_answer_is_kept_for_its_time_to_live(world: World, rest, permitted, call) -> None:
    url = guarded(rest, permitted, authorizerResultTtlInSeconds=60)
    for token in ("one", "one", "two"):
        assert call("GET", f"{url}/x", X_Token=token).status == 200
    assert len(asked(world)) == 2
    world.run(until=world.now_s + 61)
    call("GET", f"{url}/x", X_Token="one")
    assert len(asked(world)) == 3
    rest.client.flush_stage_authorizers_cache(restApiId=rest.id, stageName="prod")
    call("GET", f"{url}/x", X_Token="one")
    assert len(asked(world)) == 4


def test_without_a_time_to_live_it_is_asked_each_time(world: World, rest, permitted, call) -> None:
    url = guarded(rest, permitted, authorizerResultTtlInSeconds=0)
    for _ in range(3):
        call("GET", f"{url}/x", X_Token="one")
    assert len(asked(world)) == 3


def test_a_token_that_is_not_of_the_form_wanted_is_not_asked_about(
    world: World, rest, permitted, call
) -> None:
    url = guarded(rest, permitted, identityValidationExpression="[a-z]+")
    assert call("GET", f"{url}/x", X_Token="G00D").status == 401
    assert asked(world) == []
    assert call("GET", f"{url}/x", X_Token="good").status == 200


def test_a_request_authorizer_gets_the_request(world: World, rest, permitted, call) -> None:
    source = "method.request.header.X-Token, method.request.querystring.q"
    url = guarded(rest, permitted, "REQUEST", identitySource=source)
    assert call("GET", f"{url}/x", X_Token="good").status == 401  # q is missing
    assert asked(world) == []
    assert call("GET", f"{url}/x?q=1", X_Token="good").status == 200
    event = asked(world)[0]
    assert (event["type"], event["queryStringParameters"], event["path"]) == (
        "REQUEST",
        {"q": "1"},
        "/x",
    )


def test_iam_wants_a_signature(rest, permitted, call) -> None:
    source = (
        "import json\ndef handler(e, c):\n"
        "    return {'statusCode': 200, 'body': e['requestContext']['identity']['accountId']}\n"
    )
    rest.function("GET", "/x", permitted("f", source), authorizationType="AWS_IAM")
    url = rest.deploy()
    unsigned = call("GET", f"{url}/x")
    assert (unsigned.status, json.loads(unsigned.body)) == (
        403,
        {"message": "Missing Authentication Token"},
    )
    signature = (
        "AWS4-HMAC-SHA256 Credential=123456789012/20260101/us-east-1/execute-api/aws4_request, "
        "SignedHeaders=host, Signature=0"
    )
    signed = call("GET", f"{url}/x", Authorization=signature)
    assert (signed.status, signed.body) == (200, b"123456789012")


def test_a_user_pool_lets_its_users_in(world: World, rest, permitted, call) -> None:
    cognito = world.cloud.session().client("cognito-idp")
    pool = cognito.create_user_pool(PoolName="riders")["UserPool"]
    client = cognito.create_user_pool_client(
        UserPoolId=pool["Id"], ClientName="app", ExplicitAuthFlows=["ADMIN_NO_SRP_AUTH"]
    )["UserPoolClient"]["ClientId"]
    cognito.admin_create_user(UserPoolId=pool["Id"], Username="ann")
    cognito.admin_set_user_password(
        UserPoolId=pool["Id"], Username="ann", Password="Secret-123", Permanent=True
    )
    token = cognito.admin_initiate_auth(
        UserPoolId=pool["Id"],
        ClientId=client,
        AuthFlow="ADMIN_NO_SRP_AUTH",
        AuthParameters={"USERNAME": "ann", "PASSWORD": "Secret-123"},
    )["AuthenticationResult"]["IdToken"]
    made = rest.client.create_authorizer(
        restApiId=rest.id,
        name="pool",
        type="COGNITO_USER_POOLS",
        providerARNs=[pool["Arn"]],
        identitySource="method.request.header.Authorization",
    )
    rest.function(
        "GET",
        "/x",
        permitted("f", ECHO),
        authorizationType="COGNITO_USER_POOLS",
        authorizerId=made["id"],
    )
    url = rest.deploy()
    assert call("GET", f"{url}/x").status == 401
    assert call("GET", f"{url}/x", Authorization=token[:-4] + "AAAA").status == 401
    answer = call("GET", f"{url}/x", Authorization=token)
    assert answer.status == 200
    assert json.loads(answer.body)["claims"]["cognito:username"] == "ann"
    world.run(until=world.now_s + 86_401)
    late = call("GET", f"{url}/x", Authorization=token)
    assert (late.status, json.loads(late.body)) == (
        401,
        {"message": "The incoming token has expired"},
    )


def test_a_resource_policy(world: World, rest, call) -> None:
    def statement(effect: str, resource: str, **condition: Any) -> dict[str, Any]:
        return {
            "Effect": effect,
            "Principal": "*",
            "Action": "execute-api:Invoke",
            "Resource": resource,
            **condition,
        }

    policy = {
        "Version": "2012-10-17",
        "Statement": [
            statement("Allow", "execute-api:/prod/*"),
            statement("Deny", "execute-api:/prod/GET/no"),
            statement(
                "Deny",
                "execute-api:/prod/GET/far",
                Condition={"NotIpAddress": {"aws:SourceIp": ["10.0.0.0/8"]}},
            ),
            statement(
                "Deny",
                "execute-api:/prod/GET/near",
                Condition={"IpAddress": {"aws:SourceIp": ["10.0.0.0/8"]}},
            ),
        ],
    }
    rest.client.update_rest_api(
        restApiId=rest.id,
        patchOperations=[{"op": "replace", "path": "/policy", "value": json.dumps(policy)}],
    )
    for path in ("/yes", "/no", "/far", "/near"):
        rest.mock("GET", path)
    url = rest.deploy()
    told = {path: call("GET", url + path).status for path in ("/yes", "/no", "/far", "/near")}
    assert told == {"/yes": 200, "/no": 403, "/far": 403, "/near": 200}
    message = json.loads(call("GET", f"{url}/no").body)["Message"]
    assert "anonymous is not authorized to perform: execute-api:Invoke" in message
    assert message.endswith("with an explicit deny")


def plan(rest: Any, value: str = "k" * 24, **limits: Any) -> dict[str, str]:
    """A key that a usage plan lets call the API."""
    key = rest.client.create_api_key(name="k", enabled=True, value=value)
    made = rest.client.create_usage_plan(
        name="p", apiStages=[{"apiId": rest.id, "stage": "prod"}], **limits
    )
    rest.client.create_usage_plan_key(usagePlanId=made["id"], keyId=key["id"], keyType="API_KEY")
    return {"plan": made["id"], "key": key["id"], "value": value}


def test_keys_are_wanted_where_a_method_says_so(rest, call) -> None:
    rest.mock("GET", "/x", apiKeyRequired=True)
    url = rest.deploy()
    made = plan(rest)
    rest.client.create_api_key(name="other", enabled=True, value="o" * 24)
    for headers in ({}, {"x_api_key": "wrong"}, {"x_api_key": "o" * 24}):
        answer = call("GET", f"{url}/x", **headers)
        assert (answer.status, json.loads(answer.body)) == (403, {"message": "Forbidden"})
    assert call("GET", f"{url}/x", x_api_key=made["value"]).status == 200
    rest.client.update_api_key(
        apiKey=made["key"],
        patchOperations=[{"op": "replace", "path": "/enabled", "value": "false"}],
    )
    assert call("GET", f"{url}/x", x_api_key=made["value"]).status == 403


def test_an_authorizer_may_name_the_key(rest, permitted, call) -> None:
    rest.client.update_rest_api(
        restApiId=rest.id,
        patchOperations=[{"op": "replace", "path": "/apiKeySource", "value": "AUTHORIZER"}],
    )
    made = rest.client.create_authorizer(
        restApiId=rest.id,
        name="a",
        type="TOKEN",
        authorizerUri=URI.format(permitted("auth", AUTHORISER)),
        identitySource="method.request.header.X-Token",
    )
    rest.mock("GET", "/x", apiKeyRequired=True, authorizationType="CUSTOM", authorizerId=made["id"])
    url = rest.deploy()
    assert call("GET", f"{url}/x", X_Token="good").status == 403
    plan(rest, "key-of-the-caller-0123456789")
    assert call("GET", f"{url}/x", X_Token="good").status == 200


def test_a_quota_holds_for_its_period(world: World, rest, call) -> None:
    rest.mock("GET", "/x", apiKeyRequired=True)
    url = rest.deploy()
    made = plan(rest, quota={"limit": 3, "period": "DAY"})
    told = [call("GET", f"{url}/x", x_api_key=made["value"]) for _ in range(4)]
    assert [answer.status for answer in told] == [200, 200, 200, 429]
    assert json.loads(told[-1].body) == {"message": "Limit Exceeded"}
    assert told[-1].headers["x-amzn-ErrorType"] == "LimitExceededException"
    used = rest.client.get_usage(
        usagePlanId=made["plan"], startDate="2026-01-01", endDate="2026-01-01"
    )
    assert used["items"] == {made["key"]: [[3, 0]]}
    world.run(until=86_400)
    assert call("GET", f"{url}/x", x_api_key=made["value"]).status == 200


@pytest.mark.parametrize(("period", "days"), [("WEEK", 3), ("MONTH", 31)])
def test_weeks_begin_on_sunday_and_months_on_the_first(
    world: World, rest, call, period: str, days: int
) -> None:
    rest.mock("GET", "/x", apiKeyRequired=True)
    url = rest.deploy()  # 1 January 2026 is a Thursday
    made = plan(rest, quota={"limit": 1, "period": period})
    call("GET", f"{url}/x", x_api_key=made["value"])
    world.run(until=days * 86_400 - 1)
    assert call("GET", f"{url}/x", x_api_key=made["value"]).status == 429
    world.run(until=days * 86_400)
    assert call("GET", f"{url}/x", x_api_key=made["value"]).status == 200


def test_a_plan_throttles_in_virtual_time(world: World, rest, call) -> None:
    rest.mock("GET", "/x", apiKeyRequired=True)
    url = rest.deploy()
    made = plan(rest, throttle={"rateLimit": 1.0, "burstLimit": 2})
    told = [call("GET", f"{url}/x", x_api_key=made["value"]) for _ in range(3)]
    assert [answer.status for answer in told] == [200, 200, 429]
    assert json.loads(told[-1].body) == {"message": "Too Many Requests"}
    world.run(until=world.now_s + 1)
    assert call("GET", f"{url}/x", x_api_key=made["value"]).status == 200
    assert call("GET", f"{url}/x", x_api_key=made["value"]).status == 429


def test_a_stage_throttles_a_method(rest, call) -> None:
    rest.mock("GET", "/x")
    rest.mock("GET", "/y")
    url = rest.deploy()
    rest.client.update_stage(
        restApiId=rest.id,
        stageName="prod",
        patchOperations=[
            {"op": "replace", "path": "/~1x/GET/throttling/rateLimit", "value": "1"},
            {"op": "replace", "path": "/~1x/GET/throttling/burstLimit", "value": "1"},
        ],
    )
    assert [call("GET", f"{url}/x").status for _ in range(2)] == [200, 429]
    assert [call("GET", f"{url}/y").status for _ in range(2)] == [200, 200]
