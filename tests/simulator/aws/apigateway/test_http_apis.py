"""HTTP APIs: events, answers, routes, stages, CORS, HTTP and service integrations.

Sources: API Gateway Developer Guide, "Working with routes for HTTP APIs", "Create AWS Lambda proxy
integrations for HTTP APIs", "Configure CORS for HTTP APIs", "Transform API requests and responses
for HTTP APIs", "Integration subtype reference", "Quotas for HTTP APIs".
"""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from simulator.http import HttpRequest, HttpResponse
from simulator.world import World

ECHO = """
import json, time
def handler(event, context):
    if event.get("rawPath", "").endswith("slow"):
        time.sleep(60)
    if event.get("rawPath", "").endswith("fail"):
        raise ValueError("no")
    return event
"""


def test_format_2_0(api: Any, permitted, call) -> None:
    arn = f"arn:aws:execute-api:us-east-1:123456789012:{api.id}/*/*/pets/{{id}}"
    api.function(permitted("f", ECHO, arn), "POST /pets/{id}")
    answer = call(
        "POST",
        f"{api.url}/pets/a%20b?q=1&q=2&r=",
        {"n": 1},
        Content_Type="application/json",
        X_One="1",
        Cookie="a=1; b=2",
    )
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    event = json.loads(answer.body)
    assert event["version"] == "2.0"
    assert event["routeKey"] == "POST /pets/{id}"
    assert (event["rawPath"], event["rawQueryString"]) == ("/pets/a b", "q=1&q=2&r=")
    assert event["cookies"] == ["a=1", "b=2"]
    assert event["queryStringParameters"] == {"q": "1,2", "r": ""}
    assert event["pathParameters"] == {"id": "a b"}
    assert event["headers"]["x-one"] == "1"
    assert "cookie" not in event["headers"]
    assert (json.loads(event["body"]), event["isBase64Encoded"]) == ({"n": 1}, False)
    assert event["requestContext"]["http"]["method"] == "POST"
    assert event["requestContext"]["stage"] == "$default"
    for absent in ("stageVariables", "authorizer"):
        assert absent not in event


def test_format_1_0_and_a_body_that_is_no_text(api: Any, permitted, call) -> None:
    source = (
        "import json\ndef handler(event, context):\n"
        "    return {'statusCode': 200, 'body': json.dumps(event)}\n"
    )
    api.function(permitted("f", source), "POST /x", version="1.0")
    answer = call("POST", f"{api.url}/x", b"a=1", Content_Type="application/x-www-form-urlencoded")
    event = json.loads(answer.body)
    assert (event["version"], event["resource"], event["httpMethod"]) == ("1.0", "/x", "POST")
    assert (base64.b64decode(event["body"]), event["isBase64Encoded"]) == (b"a=1", True)
    assert event["pathParameters"] is None
    assert answer.headers["Content-Type"] == "text/plain;charset=UTF-8"


@pytest.mark.parametrize(
    ("returned", "status", "body", "kind"),
    [
        ('{"a": 1}', 200, b'{"a":1}', "application/json"),
        ('"text"', 200, b"text", "application/json"),
        ("[1, 2]", 200, b"[1,2]", "application/json"),
        ('{"statusCode": 201, "body": "x"}', 201, b"x", "text/plain;charset=UTF-8"),
        ('{"statusCode": 204}', 204, b"", None),
        ('{"statusCode": 200, "body": "eA==", "isBase64Encoded": true}', 200, b"x", None),
        ('{"statusCode": "x"}', 500, b'{"message":"Internal Server Error"}', None),
    ],
)
def test_the_answer_of_format_2_0_is_inferred(
    api: Any, permitted, call, returned: str, status: int, body: bytes, kind: str | None
) -> None:
    source = f"import json\ndef handler(event, context):\n    return json.loads('{returned}')\n"
    api.function(permitted("f", source), "GET /x")
    answer = call("GET", f"{api.url}/x")
    assert (answer.status, answer.body) == (status, body)
    if kind is not None:
        assert answer.headers["Content-Type"] == kind


def test_cookies_of_the_answer(api: Any, permitted, call) -> None:
    source = (
        "def handler(event, context):\n"
        "    return {'statusCode': 200, 'cookies': ['a=1', 'b=2'], 'headers': {'x-h': 'v'}}\n"
    )
    api.function(permitted("f", source), "GET /x")
    answer = call("GET", f"{api.url}/x")
    assert (answer.headers["set-cookie"], answer.more) == ("a=1", (("set-cookie", "b=2"),))
    assert answer.headers["x-h"] == "v"


def test_the_most_specific_route_is_taken(api: Any, permitted, call) -> None:
    arn = permitted("f", "def handler(event, context):\n    return event['routeKey']\n")
    routes = ("GET /pets/dog/1", "GET /pets/dog/{id}", "GET /pets/{proxy+}", "ANY /{proxy+}")
    api.function(arn, *routes, "$default", "ANY /pets/dog/1")
    wanted = {
        ("GET", "/pets/dog/1"): "GET /pets/dog/1",
        ("PUT", "/pets/dog/1"): "ANY /pets/dog/1",
        ("GET", "/pets/dog/2"): "GET /pets/dog/{id}",
        ("GET", "/pets/cat/1"): "GET /pets/{proxy+}",
        ("POST", "/test/5"): "ANY /{proxy+}",
        ("GET", "/"): "$default",
    }
    told = {key: call(key[0], api.url + key[1]).body.decode() for key in wanted}
    assert told == wanted


def test_what_goes_wrong(world: World, api: Any, permitted, deploy, call) -> None:
    api.function(permitted("f", ECHO, Timeout=100), "GET /{proxy+}")
    api.function(deploy("closed", ECHO), "POST /closed")
    for method, path, status, message in (
        ("PUT", "/x", 404, "Not Found"),
        ("GET", "/fail", 500, "Internal Server Error"),
        ("POST", "/closed", 500, "Internal Server Error"),
        ("GET", "/slow", 503, "Service Unavailable"),
    ):
        answer = call(method, api.url + path)
        assert (answer.status, json.loads(answer.body)) == (status, {"message": message})
    assert world.now_s == pytest.approx(30.25, abs=0.3)
    large = call("GET", f"{api.url}/x", bytes(10 * 1024 * 1024 + 1))
    assert (large.status, json.loads(large.body)) == (
        413,
        {"message": "Request Entity Too Large"},
    )


def test_a_stage_of_a_deployment_stays_as_it_was(api: Any, permitted, call) -> None:
    arn = permitted("f", "def handler(event, context):\n    return event['routeKey']\n")
    api.function(arn, "GET /one")
    made = api.client.create_deployment(ApiId=api.id)
    api.client.create_stage(
        ApiId=api.id,
        StageName="v1",
        DeploymentId=made["DeploymentId"],
        StageVariables={"a": "b"},
    )
    api.function(arn, "GET /two")
    assert call("GET", f"{api.url}/v1/one").body == b"GET /one"
    assert call("GET", f"{api.url}/v1/two").status == 404
    assert call("GET", f"{api.url}/two").body == b"GET /two"
    again = api.client.create_deployment(ApiId=api.id)
    api.client.update_stage(ApiId=api.id, StageName="v1", DeploymentId=again["DeploymentId"])
    assert call("GET", f"{api.url}/v1/two").body == b"GET /two"
    assert len(api.client.get_deployments(ApiId=api.id)["Items"]) == 3  # one is automatic


def test_the_raw_path_has_the_stage(api: Any, permitted, call) -> None:
    api.function(permitted("f", ECHO), "GET /one")
    api.client.create_stage(ApiId=api.id, StageName="v1", AutoDeploy=True)
    event = json.loads(call("GET", f"{api.url}/v1/one").body)
    assert (event["rawPath"], event["requestContext"]["stage"]) == ("/v1/one", "v1")


def test_quick_create(world: World, permitted, call) -> None:
    arn = permitted("f", "def handler(event, context):\n    return event['routeKey']\n")
    client = world.cloud.session().client("apigatewayv2")
    made = client.create_api(Name="q", ProtocolType="HTTP", Target=arn)
    assert call("PATCH", f"{made['ApiEndpoint']}/anything").body == b"$default"


def test_cors(make_http, permitted, call) -> None:
    api = make_http(
        CorsConfiguration={
            "AllowOrigins": ["https://app.example"],
            "AllowMethods": ["GET", "POST"],
            "AllowHeaders": ["x-one"],
            "ExposeHeaders": ["x-out"],
            "MaxAge": 300,
        },
    )
    source = (
        "def handler(event, context):\n    return {'statusCode': 200,\n"
        "        'headers': {'Access-Control-Allow-Origin': 'https://wrong.example'}}\n"
    )
    api.function(permitted("f", source), "$default")
    asks = {"Access_Control_Request_Method": "GET"}
    allowed = call("OPTIONS", f"{api.url}/x", Origin="https://app.example", **asks)
    assert allowed.status == 204
    assert allowed.headers["access-control-allow-origin"] == "https://app.example"
    assert allowed.headers["access-control-allow-methods"] == "GET,POST"
    assert allowed.headers["access-control-max-age"] == "300"
    other = call("OPTIONS", f"{api.url}/x", Origin="https://evil.example", **asks)
    assert (other.status, "access-control-allow-origin" in other.headers) == (204, False)
    told = call("GET", f"{api.url}/x", Origin="https://app.example")
    assert told.headers["access-control-allow-origin"] == "https://app.example"
    assert told.headers["access-control-expose-headers"] == "x-out"
    assert "Access-Control-Allow-Origin" not in told.headers


def test_http_proxy_with_parameter_mapping(world: World, api: Any, call) -> None:
    seen: list[HttpRequest] = []

    def partner(request: HttpRequest) -> HttpResponse:
        seen.append(request)
        return HttpResponse(500, {"X-Drop": "1", "X-Keep": "2"}, b"oh")

    world.cloud.partners.serve("partner.example", partner)
    target = api.integrate(
        IntegrationType="HTTP_PROXY",
        IntegrationMethod="ANY",
        IntegrationUri="https://partner.example/{proxy}",
        PayloadFormatVersion="1.0",
        RequestParameters={
            "append:header.x-who": "$request.querystring.who",
            "overwrite:querystring.stage": "$context.stage",
            "remove:header.x-secret": "''",
        },
        ResponseParameters={"500": {"overwrite:statuscode": "502", "remove:header.X-Drop": "''"}},
    )
    api.client.create_route(ApiId=api.id, RouteKey="ANY /{proxy+}", Target=target)
    answer = call("POST", f"{api.url}/a/b?who=ann", b"x", X_Secret="s", X_One="1")
    assert (answer.status, answer.headers.get("X-Keep")) == (502, "2")
    assert "X-Drop" not in answer.headers
    assert seen[0].url == "https://partner.example/a/b?who=ann&stage=%24default"
    assert (seen[0].headers["x-who"], seen[0].headers["X-One"]) == ("ann", "1")
    assert "X-Secret" not in seen[0].headers


def test_first_class_integrations(world: World, api: Any, role: str, call) -> None:
    session = world.cloud.session()
    queue = session.client("sqs").create_queue(QueueName="q")["QueueUrl"]
    definition = json.dumps({"StartAt": "a", "States": {"a": {"Type": "Pass", "End": True}}})
    machine = session.client("stepfunctions").create_state_machine(
        name="m", definition=definition, roleArn=role
    )["stateMachineArn"]
    for path, subtype, parameters in (
        (
            "/send",
            "SQS-SendMessage",
            {"QueueUrl": queue, "MessageBody": "$request.body.text"},
        ),
        (
            "/start",
            "StepFunctions-StartExecution",
            {"StateMachineArn": machine, "Input": "$request.body"},
        ),
        (
            "/put",
            "EventBridge-PutEvents",
            {"Source": "api", "DetailType": "ride", "Detail": "$request.body"},
        ),
    ):
        target = api.integrate(
            IntegrationType="AWS_PROXY",
            IntegrationSubtype=subtype,
            PayloadFormatVersion="1.0",
            CredentialsArn=role,
            RequestParameters=parameters,
        )
        api.client.create_route(ApiId=api.id, RouteKey=f"POST {path}", Target=target)
    assert call("POST", f"{api.url}/send", {"text": "hello"}).status == 200
    received = session.client("sqs").receive_message(QueueUrl=queue)["Messages"]
    assert received[0]["Body"] == "hello"
    started = call("POST", f"{api.url}/start", {"n": 1})
    assert (started.status, "executionArn" in json.loads(started.body)) == (200, True)
    put = call("POST", f"{api.url}/put", {"n": 1})
    assert json.loads(put.body)["FailedEntryCount"] == 0


def test_a_domain_name_of_ones_own(world: World, api: Any, rest, permitted, call) -> None:
    api.function(permitted("f", ECHO), "GET /x")
    certificate = "arn:aws:acm:us-east-1:123456789012:certificate/x"
    api.client.create_domain_name(
        DomainName="api.rides.example",
        DomainNameConfigurations=[{"CertificateArn": certificate}],
    )
    api.client.create_api_mapping(
        ApiId=api.id, DomainName="api.rides.example", Stage="$default", ApiMappingKey="v2"
    )
    event = json.loads(call("GET", "https://api.rides.example/v2/x").body)
    assert event["requestContext"]["domainName"] == "api.rides.example"
    rest.mock("GET", "/y", "rest")
    rest.deploy()
    rest.client.create_domain_name(domainName="old.rides.example", certificateArn=certificate)
    rest.client.create_base_path_mapping(
        domainName="old.rides.example", restApiId=rest.id, stage="prod", basePath="base"
    )
    assert call("GET", "https://old.rides.example/base/y").body == b"rest"
    for value, status in (("true", 403), ("false", 200)):
        rest.client.update_rest_api(
            restApiId=rest.id,
            patchOperations=[
                {"op": "replace", "path": "/disableExecuteApiEndpoint", "value": value}
            ],
        )
        assert call("GET", f"{rest.url}/y").status == status
        assert call("GET", "https://old.rides.example/base/y").status == 200
