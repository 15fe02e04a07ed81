"""Patch operations. Source: Amazon API Gateway API Reference, "PATCH operations"."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError


def test_a_method_and_its_integration_are_patched(rest, call) -> None:
    where = rest.mock("GET", "/x", "one")
    rest.client.update_method(
        **where,
        patchOperations=[
            {"op": "replace", "path": "/apiKeyRequired", "value": "true"},
            {"op": "add", "path": "/requestParameters/method.request.header.X", "value": "true"},
        ],
    )
    rest.client.update_integration_response(
        **where,
        statusCode="200",
        patchOperations=[
            {"op": "replace", "path": "/responseTemplates/application~1json", "value": "two"}
        ],
    )
    method = rest.client.get_method(**where)
    assert method["apiKeyRequired"] is True
    assert method["requestParameters"] == {"method.request.header.X": True}
    url = rest.deploy()
    assert call("GET", f"{url}/x").status == 403
    rest.client.update_method(
        **where,
        patchOperations=[
            {"op": "replace", "path": "/apiKeyRequired", "value": "false"},
            {"op": "remove", "path": "/requestParameters/method.request.header.X"},
        ],
    )
    rest.deploy()
    assert call("GET", f"{url}/x").body == b"two"
    changed = rest.client.update_integration(
        **where,
        patchOperations=[{"op": "replace", "path": "/timeoutInMillis", "value": "5000"}],
    )
    assert changed["timeoutInMillis"] == 5000


def test_an_integration_s_own_time_limit(world, rest, permitted, call) -> None:
    source = "import time\ndef handler(event, context):\n    time.sleep(20)\n"
    where = rest.function("GET", "/x", permitted("f", source, Timeout=30))
    rest.client.update_integration(
        **where,
        patchOperations=[{"op": "replace", "path": "/timeoutInMillis", "value": "5000"}],
    )
    assert call("GET", f"{rest.deploy()}/x").status == 504
    assert world.now_s == pytest.approx(5.0)


def test_a_default_gateway_response_becomes_the_api_s_own(rest, call) -> None:
    rest.mock("GET", "/x")
    rest.client.update_gateway_response(
        restApiId=rest.id,
        responseType="MISSING_AUTHENTICATION_TOKEN",
        patchOperations=[{"op": "replace", "path": "/statusCode", "value": "404"}],
    )
    answer = call("GET", f"{rest.deploy()}/y")
    assert (answer.status, json.loads(answer.body)) == (
        404,
        {"message": "Missing Authentication Token"},
    )


def test_a_resource_is_moved(rest, call) -> None:
    rest.mock("GET", "/old")
    rest.client.update_resource(
        restApiId=rest.id,
        resourceId=rest.resource("/old"),
        patchOperations=[{"op": "replace", "path": "/pathPart", "value": "new"}],
    )
    url = rest.deploy()
    assert [call("GET", url + path).status for path in ("/new", "/old")] == [200, 403]


@pytest.mark.parametrize(
    "operation",
    [{"op": "replace", "path": "/nothing", "value": "x"}, {"op": "copy", "path": "/uri"}],
)
def test_what_cannot_be_patched_is_refused(rest, operation: dict[str, str]) -> None:
    where = rest.mock("GET", "/x")
    with pytest.raises(ClientError) as refused:
        rest.client.update_integration(**where, patchOperations=[operation])
    assert refused.value.response["Error"]["Code"] == "BadRequestException"


def test_settings_of_a_stage_are_dropped(world) -> None:
    client = world.cloud.session().client("apigatewayv2")
    api = client.create_api(Name="h", ProtocolType="HTTP")["ApiId"]
    client.create_stage(
        ApiId=api,
        StageName="v1",
        RouteSettings={"GET /x": {"ThrottlingBurstLimit": 1}},
        AccessLogSettings={"DestinationArn": "arn:aws:logs:us-east-1:123456789012:log-group:g"},
    )
    client.delete_route_settings(ApiId=api, StageName="v1", RouteKey="GET /x")
    client.delete_access_log_settings(ApiId=api, StageName="v1")
    stage = client.get_stage(ApiId=api, StageName="v1")
    assert stage["RouteSettings"] == {}
    assert "AccessLogSettings" not in stage
    with pytest.raises(ClientError, match="Stage already exists"):
        client.create_stage(ApiId=api, StageName="v1")
