"""Who may call an HTTP API, and how often.

Sources: API Gateway Developer Guide, "Control access to HTTP APIs with JWT authorizers", "… with
AWS Lambda authorizers", "… with IAM authorization", "Throttle requests to your HTTP APIs".
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from simulator.http import HttpRequest, HttpResponse
from simulator.world import World

ECHO = "def handler(event, context):\n    return event\n"


class Issuer:
    """A host of the world that publishes keys and signs tokens with them."""

    url = "https://issuer.example"

    def __init__(self, world: World) -> None:
        from joserfc import jwk

        self.world = world
        self.key = jwk.RSAKey.generate_key(2048, {"kid": "k1"}, auto_kid=False)
        world.cloud.partners.serve("issuer.example", self.answer)

    def answer(self, request: HttpRequest) -> HttpResponse:
        told: Any = {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}
        if request.url.endswith("/keys"):
            told = {"keys": [self.key.as_dict(private=False)]}
        return HttpResponse(200, {}, json.dumps(told).encode())

    def token(self, **claims: Any) -> str:
        from joserfc import jwt

        now_s = int(self.world.clock.unix_s)
        told = {"iss": self.url, "aud": "app", "sub": "ann", "exp": now_s + 60, **claims}
        return jwt.encode({"alg": "RS256", "kid": "k1"}, told, self.key)


@pytest.fixture
def issuer(world: World) -> Issuer:
    return Issuer(world)


def test_jwt(world: World, api: Any, issuer: Issuer, permitted, call) -> None:
    made = api.client.create_authorizer(
        ApiId=api.id,
        Name="jwt",
        AuthorizerType="JWT",
        IdentitySource=["$request.header.Authorization"],
        JwtConfiguration={"Audience": ["app"], "Issuer": issuer.url},
    )
    api.function(
        permitted("f", ECHO),
        "GET /x",
        AuthorizationType="JWT",
        AuthorizerId=made["AuthorizerId"],
        AuthorizationScopes=["rides/read"],
    )

    def status(token: str | None) -> int:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return int(call("GET", f"{api.url}/x", **headers).status)

    good = issuer.token(scope="rides/read rides/write", level=3)
    answer = call("GET", f"{api.url}/x", Authorization=f"Bearer {good}")
    told = json.loads(answer.body)["requestContext"]["authorizer"]["jwt"]
    assert (told["claims"]["sub"], told["claims"]["level"]) == ("ann", "3")
    assert told["scopes"] == ["rides/read"]
    assert status(None) == 401
    assert status("nonsense") == 401
    assert status(good[:-6] + "AAAAAA") == 401
    assert status(issuer.token(scope="rides/read", aud="other")) == 401
    assert status(issuer.token(scope="rides/read", iss="https://else.example")) == 401
    assert status(issuer.token(scope="rides/write")) == 403
    world.run(until=world.now_s + 61)
    late = call("GET", f"{api.url}/x", Authorization=f"Bearer {good}")
    assert (late.status, json.loads(late.body)) == (401, {"message": "Unauthorized"})
    assert "the token has expired" in late.headers["www-authenticate"]


AUTHORISER = """
import json
def handler(event, context):
    print(json.dumps(event))
    return {"isAuthorized": event["identitySource"] == ["yes"], "context": {"level": 7}}
"""


def test_a_lambda_authorizer_with_a_simple_answer(world: World, api: Any, permitted, call) -> None:
    arn = permitted("auth", AUTHORISER)
    made = api.client.create_authorizer(
        ApiId=api.id,
        Name="a",
        AuthorizerType="REQUEST",
        AuthorizerUri=f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations",
        AuthorizerPayloadFormatVersion="2.0",
        EnableSimpleResponses=True,
        IdentitySource=["$request.header.X-Token"],
        AuthorizerResultTtlInSeconds=60,
    )
    api.function(
        permitted("f", ECHO),
        "GET /x",
        AuthorizationType="CUSTOM",
        AuthorizerId=made["AuthorizerId"],
    )
    assert call("GET", f"{api.url}/x").status == 401
    assert call("GET", f"{api.url}/x", X_Token="no").status == 403
    for _ in range(2):
        answer = call("GET", f"{api.url}/x", X_Token="yes")
    context = json.loads(answer.body)["requestContext"]
    assert context["authorizer"] == {"lambda": {"level": 7}}
    asked = [json.loads(f.data["text"]) for f in world.journal.facts if f.what == "lambda.log"]
    assert len(asked) == 2  # one for no, one for yes
    assert asked[0]["routeArn"].endswith(f":{api.id}/$default/GET/x")
    world.run(until=world.now_s + 61)
    call("GET", f"{api.url}/x", X_Token="yes")
    assert sum(f.what == "lambda.log" for f in world.journal.facts) == 3


def test_iam_wants_a_signature(api: Any, permitted, call) -> None:
    api.function(permitted("f", ECHO), "GET /x", AuthorizationType="AWS_IAM")
    unsigned = call("GET", f"{api.url}/x")
    assert (unsigned.status, json.loads(unsigned.body)) == (403, {"message": "Forbidden"})
    scope = "123456789012/20260101/us-east-1/execute-api/aws4_request"
    signed = call(
        "GET",
        f"{api.url}/x",
        Authorization=f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
    )
    told = json.loads(signed.body)["requestContext"]["authorizer"]["iam"]
    assert told["accountId"] == "123456789012"


def test_a_route_is_throttled(api: Any, permitted, call) -> None:
    api.function(permitted("f", ECHO), "GET /x", "GET /y")
    settings = {"GET /x": {"ThrottlingBurstLimit": 1, "ThrottlingRateLimit": 1.0}}
    api.client.update_stage(ApiId=api.id, StageName="$default", RouteSettings=settings)
    told = [call("GET", f"{api.url}/x") for _ in range(3)]
    assert [answer.status for answer in told][:1] == [200]
    assert 429 in [answer.status for answer in told]
    assert [call("GET", f"{api.url}/y").status for _ in range(2)] == [200, 200]
