"""WebSocket APIs before HTTP hosts, AWS services, functions without proxy, and mocks.

Sources: API Gateway Developer Guide, "Set up a WebSocket API integration response in API Gateway",
"Data transformations for WebSocket APIs in API Gateway", "Set up data mapping for WebSocket APIs",
"WebSocket selection expressions", "$connect routes that require a WebSocket subprotocol",
"API key selection expressions".
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from simulator.aws.apigateway.frames import Client, Opening, Refusal
from simulator.http import HttpRequest, HttpResponse
from simulator.world import World

REGION = "arn:aws:apigateway:us-east-1"
FUNCTION = f"{REGION}:lambda:path/2015-03-31/functions/{{}}/invocations"


class Socket:
    """A WebSocket API being built: routes with integrations of any kind."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.client: Any = world.cloud.session().client("apigatewayv2")
        self.id = self.client.create_api(
            Name="chat", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action"
        )["ApiId"]

    def route(self, key: str, kind: str, *, two_way: bool = True, **options: Any) -> str:
        """Put a route before an integration; returns the integration's id."""
        route = options.pop("route", {})
        made = self.client.create_integration(ApiId=self.id, IntegrationType=kind, **options)
        target = f"integrations/{made['IntegrationId']}"
        named = self.client.create_route(ApiId=self.id, RouteKey=key, Target=target, **route)
        if two_way:
            self.client.create_route_response(
                ApiId=self.id, RouteId=named["RouteId"], RouteResponseKey="$default"
            )
        return str(made["IntegrationId"])

    def response(self, integration: str, key: str, **options: Any) -> None:
        self.client.create_integration_response(
            ApiId=self.id, IntegrationId=integration, IntegrationResponseKey=key, **options
        )

    def connect(self, query: str = "", headers: dict[str, str] | None = None) -> Client:
        """Deploy, and open a connection."""
        stages = self.client.get_stages(ApiId=self.id)["Items"]
        if not stages:
            self.client.create_stage(
                ApiId=self.id, StageName="prod", StageVariables={"city": "Oslo"}
            )
        self.client.create_deployment(ApiId=self.id, StageName="prod")
        url = f"wss://{self.id}.execute-api.us-east-1.amazonaws.com/prod{query}"
        return self.world.cloud.apis.connect(url, headers)


@pytest.fixture
def socket(world: World) -> Socket:
    return Socket(world)


@pytest.fixture
def host(world: World) -> list[HttpRequest]:
    """What reaches partner.example, which says it back with the status it is told."""
    seen: list[HttpRequest] = []

    def answer(request: HttpRequest) -> HttpResponse:
        seen.append(request)
        wanted = int(dict(request.headers).get("X-Status", 200))
        return HttpResponse(wanted, {"Content-Type": "application/json"}, request.body)

    world.cloud.partners.serve("partner.example", answer)
    return seen


def test_an_http_proxy_gets_the_message_and_its_answer_goes_back(
    socket: Socket, host: list[HttpRequest]
) -> None:
    socket.route(
        "$default",
        "HTTP_PROXY",
        IntegrationMethod="POST",
        IntegrationUri="https://partner.example/in",
        RequestParameters={
            "integration.request.header.connectionId": "context.connectionId",
            "integration.request.querystring.city": "stageVariables.city",
            "integration.request.header.who": "route.request.body.who",
            "integration.request.header.kind": "'chat'",
        },
    )
    client = socket.connect()
    client.send('{"who": "ann"}')
    assert client.receive() == '{"who": "ann"}'
    (asked,) = host
    assert (asked.method, asked.url) == ("POST", "https://partner.example/in?city=Oslo")
    assert asked.headers["connectionId"] == client.id
    assert (asked.headers["who"], asked.headers["kind"]) == ("ann", "chat")


def test_without_a_route_response_nothing_goes_back(
    socket: Socket, host: list[HttpRequest]
) -> None:
    socket.route(
        "$default",
        "HTTP_PROXY",
        two_way=False,
        IntegrationMethod="POST",
        IntegrationUri="https://partner.example/in",
    )
    client = socket.connect()
    client.send("x")
    assert (len(host), client.received) == (1, [])


def test_templates_are_selected_on_the_way_in_and_out(
    socket: Socket, host: list[HttpRequest]
) -> None:
    integration = socket.route(
        "$default",
        "HTTP",
        IntegrationMethod="POST",
        IntegrationUri="https://partner.example/in",
        RequestParameters={"integration.request.header.X-Status": "route.request.body.status"},
        RequestTemplates={
            "v1": '{"text": "$input.path(\'$.text\')", "on": "$context.connectionId"}',
            "$default": "other",
        },
        TemplateSelectionExpression="v${request.body.version}",
    )
    socket.response(
        integration,
        "/4\\d\\d/",
        ResponseTemplates={"404": "there is no $input.body", "$default": "refused"},
        TemplateSelectionExpression="${integration.response.statuscode}",
    )
    socket.response(integration, "$default", ResponseTemplates={"$default": "ok $input.body"})
    client = socket.connect()
    client.send(json.dumps({"version": 1, "text": "hi", "status": 200}))
    assert client.receive() == f'ok {{"text": "hi", "on": "{client.id}"}}'
    client.send(json.dumps({"version": 2, "status": 404}))
    assert client.receive() == "there is no other"
    client.send(json.dumps({"version": 2, "status": 400}))
    assert client.receive() == "refused"


def test_a_backend_without_an_integration_response_is_an_error(
    world: World, socket: Socket, host: list[HttpRequest]
) -> None:
    socket.route(
        "$default", "HTTP", IntegrationMethod="POST", IntegrationUri="https://partner.example/in"
    )
    client = socket.connect()
    client.send("{}")
    assert json.loads(client.receive())["message"] == "Internal server error"
    whys = [f.data.get("why", "") for f in world.journal.facts if f.what == "apigateway.message"]
    assert "no default output mapping" in whys[-1]


def test_a_service_takes_messages_without_a_function_between(world: World, socket: Socket) -> None:
    sqs = world.cloud.session().client("sqs")
    queue = sqs.create_queue(QueueName="rides")["QueueUrl"]
    integration = socket.route(
        "order",
        "AWS",
        IntegrationMethod="POST",
        IntegrationUri=f"{REGION}:sqs:path/123456789012/rides",
        CredentialsArn="arn:aws:iam::123456789012:role/api",
        RequestParameters={
            "integration.request.header.Content-Type": "'application/x-www-form-urlencoded'"
        },
        RequestTemplates={
            "$default": "Action=SendMessage&MessageBody=$util.urlEncode($input.body)"
            "&MessageAttribute.1.Name=connectionId&MessageAttribute.1.Value.DataType=String"
            "&MessageAttribute.1.Value.StringValue=$context.connectionId"
        },
        TemplateSelectionExpression="\\$default",
    )
    path = "$.SendMessageResponse.SendMessageResult.MessageId"
    template = f"queued $input.path('{path}')"
    socket.response(integration, "$default", ResponseTemplates={"$default": template})
    client = socket.connect()
    client.send('{"action": "order", "n": 1}')
    got = sqs.receive_message(QueueUrl=queue, MessageAttributeNames=["All"])["Messages"][0]
    assert client.receive() == f"queued {got['MessageId']}"
    assert got["Body"] == '{"action": "order", "n": 1}'
    assert got["MessageAttributes"]["connectionId"]["StringValue"] == client.id


def test_a_function_without_proxy_gets_what_a_template_makes(socket: Socket, permitted) -> None:
    source = """
def handler(event, context):
    if event["n"] < 0:
        raise ValueError("negative")
    return {"twice": event["n"] * 2}
"""
    integration = socket.route(
        "$default",
        "AWS",
        IntegrationMethod="POST",
        IntegrationUri=FUNCTION.format(permitted("twice", source)),
        RequestTemplates={"$default": "{\"n\": $input.path('$.n')}"},
    )
    socket.response(integration, "$default")
    socket.response(integration, "/neg.*/", ResponseTemplates={"$default": "no: $input.body"})
    client = socket.connect()
    client.send('{"n": 4}')
    assert json.loads(client.receive()) == {"twice": 8}
    client.send('{"n": -1}')
    assert str(client.receive()).startswith('no: {"errorMessage": "negative"')


def test_a_mock_answers_by_itself(socket: Socket) -> None:
    integration = socket.route(
        "ping",
        "MOCK",
        RequestTemplates={"200": '{"statusCode": 200}'},
        TemplateSelectionExpression="200",
    )
    socket.response(integration, "$default", ResponseTemplates={"$default": "pong"})
    client = socket.connect()
    client.send('{"action": "ping"}')
    assert client.receive() == "pong"


@pytest.mark.parametrize(("status", "opens"), [("200", True), ("401", False)])
def test_an_http_backend_says_who_may_connect(
    socket: Socket, host: list[HttpRequest], status: str, opens: bool
) -> None:
    socket.route(
        "$connect",
        "HTTP_PROXY",
        IntegrationMethod="POST",
        IntegrationUri="https://partner.example/connect",
        RequestParameters={"integration.request.header.X-Status": "route.request.querystring.s"},
    )
    if opens:
        assert socket.connect(f"?s={status}").id
    else:
        with pytest.raises(Refusal) as refused:
            socket.connect(f"?s={status}")
        assert refused.value.response.status == 401
    assert len(host) == 1


def test_a_connection_may_want_an_api_key(world: World, socket: Socket) -> None:
    socket.route("$connect", "MOCK", route={"ApiKeyRequired": True})
    with pytest.raises(Refusal) as refused:
        socket.connect()
    assert refused.value.response.status == 403
    rest: Any = world.cloud.session().client("apigateway")
    key = rest.create_api_key(name="k", enabled=True)
    plan = rest.create_usage_plan(name="p", apiStages=[{"apiId": socket.id, "stage": "prod"}])
    rest.create_usage_plan_key(usagePlanId=plan["id"], keyId=key["id"], keyType="API_KEY")
    assert socket.connect(headers={"x-api-key": key["value"]}).id


def test_a_vpc_link_is_refused_by_name(socket: Socket) -> None:
    socket.route(
        "$default",
        "HTTP_PROXY",
        IntegrationMethod="POST",
        IntegrationUri="https://partner.example/in",
        ConnectionType="VPC_LINK",
        ConnectionId="link",
    )
    client = socket.connect()
    client.send("x")
    told = "private integrations (VPC links) are not implemented by Paddock"
    assert json.loads(client.receive())["message"] == told


def test_a_function_chooses_the_subprotocol(world: World, socket: Socket, permitted) -> None:
    source = """
def handler(event, context):
    wanted = event["headers"]["Sec-WebSocket-Protocol"].split(",")[0]
    return {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": wanted}}
"""
    uri = FUNCTION.format(permitted("choose", source))
    socket.route("$connect", "AWS_PROXY", IntegrationUri=uri)
    socket.connect(headers={"Sec-WebSocket-Protocol": "rides,chat"}).close()
    url = f"wss://{socket.id}.execute-api.us-east-1.amazonaws.com/prod"
    opening = Opening("GET", url, {"Sec-WebSocket-Protocol": "rides,chat"}, wire=Silent())
    assert world.cloud.gateway.handle(opening).headers["Sec-WebSocket-Protocol"] == "rides"


class Silent:
    """A wire that nobody listens to."""

    def deliver(self, data: str | bytes) -> None:
        pass

    def end(self, code: int, reason: str) -> None:
        pass
