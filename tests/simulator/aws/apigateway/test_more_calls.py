"""Domains, usage, and tests of authorizers.

Sources: API Gateway API Reference, "TestInvokeAuthorizer", "UpdateUsage", "UpdateDomainName"; V2
API Reference, "UpdateApiMapping", "UpdateRouteResponse", "ResetAuthorizersCache"; Developer Guide,
"How to turn on mutual TLS authentication for your REST APIs".
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator.world import World

URI = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{}/invocations"
MTLS = {"truststoreUri": "s3://trust/store.pem"}
AUTHORISER = """
def handler(event, context):
    if event["authorizationToken"] == "nobody":
        raise Exception("Unauthorized")
    return {"principalId": "ann", "policyDocument": {"Version": "2012-10-17", "Statement": [
        {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": event["methodArn"]}]}}
"""
SIMPLE = """
def handler(event, context):
    print("asked")
    return {"isAuthorized": True}
"""
ECHO = "def handler(event, context):\n    return {'statusCode': 200, 'body': 'ok'}\n"


def keyed(rest: Any, limit: int) -> dict[str, str]:
    """An API whose one method wants a key with a quota by week."""
    rest.mock("GET", "/x", apiKeyRequired=True)
    rest.deploy()
    key = rest.client.create_api_key(name="k", enabled=True)
    quota = {"limit": limit, "period": "WEEK"}
    stages = [{"apiId": rest.id, "stage": "prod"}]
    plan = rest.client.create_usage_plan(name="p", apiStages=stages, quota=quota)
    rest.client.create_usage_plan_key(usagePlanId=plan["id"], keyId=key["id"], keyType="API_KEY")
    return {"usagePlanId": plan["id"], "keyId": key["id"], "value": key["value"]}


def test_a_key_may_be_given_more_of_its_quota(world: World, rest: Any, call: Any) -> None:
    named = keyed(rest, 2)
    key = {"x-api-key": named.pop("value")}
    url = f"{rest.url}/x"
    assert [call("GET", url, **key).status for _ in range(3)] == [200, 200, 429]
    patch = {"op": "replace", "path": "/remaining", "value": "1"}
    told = rest.client.update_usage(**named, patchOperations=[patch])
    assert told["items"] == {named["keyId"]: [[2, 1]]}
    assert [call("GET", url, **key).status for _ in range(2)] == [200, 429]
    world.run(until=world.now_s + 8 * 86_400)
    assert [call("GET", url, **key).status for _ in range(3)] == [200, 200, 429]


@pytest.mark.parametrize(
    "patch",
    [
        {"op": "replace", "path": "/limit", "value": "1"},
        {"op": "replace", "path": "/remaining", "value": "many"},
    ],
)
def test_what_is_no_quota_is_refused(rest: Any, patch: dict[str, str]) -> None:
    named = keyed(rest, 2)
    named.pop("value")
    with pytest.raises(ClientError, match="BadRequest"):
        rest.client.update_usage(**named, patchOperations=[patch])


def test_an_authorizer_is_tested_by_itself(rest: Any, permitted: Any) -> None:
    made = rest.client.create_authorizer(
        restApiId=rest.id,
        name="a",
        type="TOKEN",
        authorizerUri=URI.format(permitted("auth", AUTHORISER)),
        identitySource="method.request.header.Authorization",
    )

    def told(token: str) -> Any:
        return rest.client.test_invoke_authorizer(
            restApiId=rest.id, authorizerId=made["id"], headers={"Authorization": token}
        )

    good = told("yes")
    assert (good["clientStatus"], good["principalId"]) == (200, "ann")
    assert json.loads(good["policy"])["Statement"][0]["Effect"] == "Allow"
    assert told("nobody")["clientStatus"] == 401


def test_a_domain_with_mutual_tls_lets_nobody_in(world: World, rest: Any, call: Any) -> None:
    rest.mock("GET", "/ride")
    rest.deploy()
    made = rest.client.create_domain_name(domainName="safe.example", mutualTlsAuthentication=MTLS)
    assert made["mutualTlsAuthentication"] == MTLS
    rest.client.create_base_path_mapping(domainName="safe.example", restApiId=rest.id, stage="prod")
    answer = call("GET", "https://safe.example/ride")
    assert (answer.status, answer.body) == (403, b'{"message":"Forbidden"}')
    told = [f.data["error"] for f in world.journal.facts if f.what == "apigateway.answered"]
    assert "mutual TLS" in told[-1]


def test_a_domain_gets_another_certificate(rest: Any) -> None:
    rest.client.create_domain_name(domainName="d.example", regionalCertificateArn="arn:aws:acm:a")
    told = rest.client.update_domain_name(
        domainName="d.example",
        patchOperations=[
            {"op": "replace", "path": "/regionalCertificateArn", "value": "arn:aws:acm:b"}
        ],
    )
    assert told["regionalCertificateArn"] == "arn:aws:acm:b"


def test_a_mapping_is_moved_to_another_api(make_http: Any, permitted: Any, call: Any) -> None:
    first, second = make_http(), make_http()
    second.function(permitted("f", ECHO), "GET /ride")
    client = first.client
    client.create_domain_name(DomainName="h.example")
    mapping = client.create_api_mapping(
        DomainName="h.example", ApiId=first.id, Stage="$default", ApiMappingKey="v1"
    )
    assert call("GET", "https://h.example/v1/ride").status == 404
    client.update_api_mapping(
        DomainName="h.example",
        ApiMappingId=mapping["ApiMappingId"],
        ApiId=second.id,
        ApiMappingKey="v2",
    )
    assert call("GET", "https://h.example/v2/ride").body == b"ok"
    configuration = {"CertificateArn": "arn:aws:acm:b", "EndpointType": "REGIONAL"}
    told = client.update_domain_name(
        DomainName="h.example", DomainNameConfigurations=[configuration]
    )
    assert told["DomainNameConfigurations"][0]["CertificateArn"] == "arn:aws:acm:b"


def test_what_an_authorizer_said_is_forgotten(
    world: World, api: Any, permitted: Any, call: Any
) -> None:
    made = api.client.create_authorizer(
        ApiId=api.id,
        Name="a",
        AuthorizerType="REQUEST",
        AuthorizerUri=URI.format(permitted("auth", SIMPLE)),
        AuthorizerPayloadFormatVersion="2.0",
        EnableSimpleResponses=True,
        AuthorizerResultTtlInSeconds=300,
        IdentitySource=["$request.header.X-Token"],
    )["AuthorizerId"]
    arn = permitted("f", ECHO)
    api.function(arn, "GET /x", AuthorizationType="CUSTOM", AuthorizerId=made)

    def asked() -> int:
        call("GET", f"{api.url}/x", **{"X-Token": "t"})
        return sum(f.what == "lambda.log" for f in world.journal.facts)

    assert (asked(), asked()) == (1, 1)
    api.client.reset_authorizers_cache(ApiId=api.id, StageName="$default")
    assert asked() == 2


def test_a_route_response_is_changed(world: World) -> None:
    client: Any = world.cloud.session().client("apigatewayv2")
    api = client.create_api(
        Name="w", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.a"
    )["ApiId"]
    route = client.create_route(ApiId=api, RouteKey="say")["RouteId"]
    made = client.create_route_response(ApiId=api, RouteId=route, RouteResponseKey="$default")
    told = client.update_route_response(
        ApiId=api,
        RouteId=route,
        RouteResponseId=made["RouteResponseId"],
        ModelSelectionExpression="$request.body.kind",
    )
    assert told["ModelSelectionExpression"] == "$request.body.kind"
