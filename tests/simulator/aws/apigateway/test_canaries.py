"""What a stage shows: its deployment, its canary's, or nothing.

Sources: API Gateway Developer Guide, "Set up an API Gateway canary release deployment", "Create a
canary release", "Promote a canary release", "Turn off a canary release"; API Reference,
"StageCanarySettings", "PATCH operations".
"""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator.world import World

TOLD = "{} $stageVariables.city $context.isCanaryRequest"
PROMOTE = [
    {"op": "replace", "path": "/canarySettings/percentTraffic", "value": "0.0"},
    {
        "op": "copy",
        "from": "/canarySettings/stageVariableOverrides",
        "path": "/variables",
    },
    {"op": "copy", "from": "/canarySettings/deploymentId", "path": "/deploymentId"},
]


def canary(rest: Any, share: float = 50) -> str:
    """An API whose stage shows `old`, and `new` as its canary; returns the canary's deployment."""
    where = rest.mock("GET", "/ride", TOLD.format("old"))
    rest.deploy(variables={"city": "Oslo"})
    rest.client.update_integration_response(
        **where,
        statusCode="200",
        patchOperations=[
            {
                "op": "replace",
                "path": "/responseTemplates/application~1json",
                "value": TOLD.format("new"),
            }
        ],
    )
    made = rest.client.create_deployment(
        restApiId=rest.id,
        stageName="prod",
        canarySettings={"percentTraffic": share, "stageVariableOverrides": {"city": "Bergen"}},
    )
    return str(made["id"])


def patch(rest: Any, *operations: dict[str, str]) -> Any:
    return rest.client.update_stage(
        restApiId=rest.id, stageName="prod", patchOperations=list(operations)
    )


def test_a_canary_gets_its_share_by_chance_of_the_seed(world: World, rest: Any, call: Any) -> None:
    deployment = canary(rest, 25)
    stage = rest.client.get_stage(restApiId=rest.id, stageName="prod")
    assert stage["canarySettings"] == {
        "percentTraffic": 25.0,
        "deploymentId": deployment,
        "useStageCache": False,
        "stageVariableOverrides": {"city": "Bergen"},
    }
    assert stage["deploymentId"] != deployment
    told = [call("GET", f"{rest.url}/ride").body.decode() for _ in range(400)]
    assert sorted(set(told)) == ["new Bergen true", "old Oslo false"]
    assert 70 < told.count("new Bergen true") < 130
    marked = [f.data.get("canary") for f in world.journal.facts if f.what == "apigateway.answered"]
    assert marked.count(True) == told.count("new Bergen true")


def test_promoting_makes_the_canary_the_stage(rest: Any, call: Any) -> None:
    deployment = canary(rest, 0)
    assert call("GET", f"{rest.url}/ride").body == b"old Oslo false"
    with pytest.raises(ClientError, match="Active stages"):
        rest.client.delete_deployment(restApiId=rest.id, deploymentId=deployment)
    stage = patch(rest, *PROMOTE)
    assert stage["deploymentId"] == deployment
    assert stage["variables"] == {"city": "Bergen"}
    assert stage["canarySettings"]["percentTraffic"] == 0.0
    assert call("GET", f"{rest.url}/ride").body == b"new Bergen false"
    assert "canarySettings" not in patch(rest, {"op": "remove", "path": "/canarySettings"})
    assert call("GET", f"{rest.url}/ride").body == b"new Bergen "


def test_a_canary_is_changed_by_patches(rest: Any, call: Any) -> None:
    canary(rest, 0)
    patch(
        rest,
        {"op": "replace", "path": "/canarySettings/percentTraffic", "value": "100"},
        {
            "op": "replace",
            "path": "/canarySettings/stageVariableOverrides/city",
            "value": "Molde",
        },
    )
    assert call("GET", f"{rest.url}/ride").body == b"new Molde true"


@pytest.mark.parametrize(
    ("operation", "told"),
    [
        ({"op": "add", "path": "/canarySettings/deploymentId", "value": "x"}, "Invalid add"),
        ({"op": "replace", "path": "/canarySettings/deploymentId", "value": "x"}, "does not exist"),
        ({"op": "replace", "path": "/canarySettings/pct", "value": "x"}, "Invalid method setting"),
        ({"op": "remove", "path": "/canarySettings/pct"}, "Cannot remove"),
        ({"op": "replace", "path": "/canarySettings/percentTraffic", "value": "101"}, "between"),
        ({"op": "copy", "from": "/deploymentId", "path": "/canarySettings/deploymentId"}, "copy"),
    ],
)
def test_what_is_no_canary_setting_is_refused(
    rest: Any, operation: dict[str, str], told: str
) -> None:
    canary(rest)
    with pytest.raises(ClientError, match=told) as refused:
        patch(rest, operation)
    assert refused.value.response["Error"]["Code"] == "BadRequestException"


def test_a_canary_wants_a_stage_and_a_stage_no_second_release(rest: Any) -> None:
    rest.mock("GET", "/ride")
    settings = {"percentTraffic": 1.0}
    with pytest.raises(ClientError, match="Non null and non empty stageName"):
        rest.client.create_deployment(restApiId=rest.id, canarySettings=settings)
    with pytest.raises(ClientError, match="must already be created"):
        rest.client.create_deployment(restApiId=rest.id, stageName="prod", canarySettings=settings)
    rest.deploy()
    rest.client.create_deployment(restApiId=rest.id, stageName="prod", canarySettings=settings)
    with pytest.raises(ClientError, match="has a canary"):
        rest.deploy()


def test_a_stage_takes_no_settings_that_there_are_not(rest: Any) -> None:
    rest.mock("GET", "/ride")
    rest.deploy()
    with pytest.raises(ClientError, match="Invalid method setting path: /logging"):
        patch(rest, {"op": "replace", "path": "/logging", "value": "INFO"})
    level = "/~1ride/GET/logging/loglevel"
    stage = patch(rest, {"op": "replace", "path": level, "value": "INFO"})
    assert stage["methodSettings"]["ride/GET"]["loggingLevel"] == "INFO"
    assert stage["methodSettings"]["ride/GET"]["throttlingRateLimit"] == 10_000.0
    assert patch(rest, {"op": "remove", "path": "/~1ride/GET"})["methodSettings"] == {}
    spelled = {"op": "replace", "path": "/a/b/GET/caching/ttlInSeconds", "value": "9"}
    assert patch(rest, spelled)["methodSettings"]["a/b/GET"]["cacheTtlInSeconds"] == 9
    with pytest.raises(ClientError, match="there is no method setting"):
        patch(rest, {"op": "remove", "path": "/~1ride/GET"})


def test_promotion_without_a_canary_is_refused(rest: Any) -> None:
    rest.mock("GET", "/ride")
    rest.deploy()
    with pytest.raises(ClientError, match="Canary does not exist"):
        patch(rest, PROMOTE[2])


def test_a_canary_logs_to_groups_of_its_own(world: World, rest: Any, call: Any) -> None:
    logs = world.cloud.session().client("logs")
    logs.create_log_group(logGroupName="calls")
    canary(rest, 100)
    patch(
        rest,
        {
            "op": "replace",
            "path": "/accessLogSettings/destinationArn",
            "value": "arn:aws:logs:us-east-1:123456789012:log-group:calls",
        },
        {"op": "replace", "path": "/accessLogSettings/format", "value": "$context.path"},
    )
    call("GET", f"{rest.url}/ride")
    for group in ("calls", "calls/Canary"):
        found = logs.filter_log_events(logGroupName=group)["events"]
        assert [each["message"] for each in found] == ["/prod/ride"]


def test_the_cache_of_a_stage_is_not_its_canarys(rest: Any, call: Any) -> None:
    canary(rest, 0)
    patch(
        rest,
        {"op": "replace", "path": "/cacheClusterEnabled", "value": "true"},
        {"op": "replace", "path": "/*/*/caching/enabled", "value": "true"},
    )
    assert call("GET", f"{rest.url}/ride").body == b"old Oslo false"
    patch(rest, {"op": "replace", "path": "/canarySettings/percentTraffic", "value": "100"})
    assert call("GET", f"{rest.url}/ride").body == b"new Bergen true"
    patch(rest, {"op": "replace", "path": "/canarySettings/useStageCache", "value": "true"})
    assert call("GET", f"{rest.url}/ride").body == b"old Oslo false"


def test_what_is_not_deployed_is_not_shown(rest: Any, call: Any) -> None:
    rest.mock("GET", "/ride")
    answer = call("GET", f"{rest.url}/ride")
    assert (answer.status, answer.body) == (403, b'{"message":"Forbidden"}')
    with pytest.raises(ClientError, match="Deployment id does not exist"):
        rest.client.create_stage(restApiId=rest.id, stageName="prod", deploymentId="none")
    rest.deploy()
    rest.mock("GET", "/later")
    answer = call("GET", f"{rest.url}/later")
    assert (answer.status, answer.body) == (403, b'{"message":"Missing Authentication Token"}')


def test_an_http_api_without_a_deployment_shows_nothing(world: World, call: Any) -> None:
    client: Any = world.cloud.session().client("apigatewayv2")
    api = client.create_api(Name="h", ProtocolType="HTTP")["ApiId"]
    url = f"https://{api}.execute-api.us-east-1.amazonaws.com/prod/ride"
    target = client.create_integration(
        ApiId=api,
        IntegrationType="HTTP_PROXY",
        IntegrationMethod="GET",
        IntegrationUri="https://sts.us-east-1.amazonaws.com/",
        PayloadFormatVersion="1.0",
    )["IntegrationId"]
    client.create_route(ApiId=api, RouteKey="GET /ride", Target=f"integrations/{target}")
    client.create_stage(ApiId=api, StageName="prod")
    assert call("GET", url).status == 404
    client.create_deployment(ApiId=api, StageName="prod")
    assert call("GET", url).status != 404


def test_a_domain_shows_only_what_is_mapped(rest: Any, call: Any) -> None:
    """Developer Guide, "Use API mappings to connect API stages to a custom domain name"."""
    rest.mock("GET", "/ride")
    rest.deploy()
    rest.client.create_domain_name(domainName="rides.example")
    assert call("GET", "https://rides.example/v1/ride").status == 403
    rest.client.create_base_path_mapping(
        domainName="rides.example", basePath="v1", restApiId=rest.id, stage="prod"
    )
    answer = call("GET", "https://rides.example/v1/ride")
    assert (answer.status, answer.headers["Date"][-4:]) == (200, " GMT")
    answer = call("GET", "https://rides.example/v2/ride")
    assert (answer.status, answer.body) == (403, b'{"message":"Forbidden"}')


def test_a_stage_may_deploy_by_itself(make_http: Any, permitted: Any, call: Any) -> None:
    """Developer Guide, "Create stages for HTTP APIs in API Gateway"."""
    source = "def handler(event, context):\n    return 'ok'\n"
    arn = permitted("f", source)
    api = make_http()
    api.function(arn, "GET /a")
    client, named = api.client, {"ApiId": api.id, "StageName": "$default"}
    first = client.get_stage(**named)
    assert first["DeploymentId"] in first["LastDeploymentStatusMessage"]
    (deployment,) = client.get_deployments(ApiId=api.id)["Items"]
    assert (deployment["AutoDeployed"], deployment["DeploymentId"]) == (True, first["DeploymentId"])
    with pytest.raises(ClientError, match="takes no deploymentId"):
        client.update_stage(**named, DeploymentId=first["DeploymentId"])
    client.create_stage(ApiId=api.id, StageName="old", DeploymentId=first["DeploymentId"])
    api.function(arn, "GET /b")
    assert client.get_stage(**named)["DeploymentId"] != first["DeploymentId"]
    assert [call("GET", f"{api.url}/{path}").status for path in ("b", "old/a", "old/b")] == [
        200,
        200,
        404,
    ]
    client.update_stage(**named, AutoDeploy=False)
    api.function(arn, "GET /c")
    assert [call("GET", f"{api.url}/{path}").status for path in ("b", "c")] == [200, 404]
    client.update_stage(**named, AutoDeploy=True)
    assert call("GET", f"{api.url}/c").status == 200


@pytest.mark.parametrize(
    "path", ["restapis//prod/_user_request_/x", "_aws/execute-api//x", "_aws/execute-api/none/x"]
)
def test_an_address_of_no_api_is_forbidden(call: Any, path: str) -> None:
    answer = call("POST", f"http://localhost:4566/{path}")
    assert (answer.status, answer.body) == (403, b'{"message":"Forbidden"}')


def test_an_api_may_be_a_copy_of_another(world: World, rest: Any, call: Any) -> None:
    """API Reference, "CreateRestApi": cloneFrom."""
    rest.mock("GET", "/ride/{id}", "$input.params('id')")
    again = rest.client.create_rest_api(name="copy", cloneFrom=rest.id)["id"]
    assert again != rest.id
    rest.client.create_deployment(restApiId=again, stageName="prod")
    url = f"https://{again}.execute-api.us-east-1.amazonaws.com/prod/ride/7"
    assert call("GET", url).body == b"7"


def test_a_seed_sends_the_same_calls_to_the_canary(make_rest: Any) -> None:
    def told(seed: int) -> list[Any]:
        with World(seed=seed) as world:
            rest, call = make_rest(world)
            canary(rest, 50)
            for _ in range(40):
                call("GET", f"{rest.url}/ride")
            facts = [f for f in world.journal.facts if f.what == "apigateway.answered"]
            return [fact.data for fact in facts]

    first, other = told(5), told(6)
    assert first == told(5)
    assert [f.get("canary") for f in first] != [f.get("canary") for f in other]
