"""WebSocket APIs within the world.

Sources: API Gateway Developer Guide, "Create WebSocket APIs in API Gateway", "Use @connections
commands in your backend service", "Quotas for configuring and running a WebSocket API"; API
Reference, "GoneException".
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from simulator.aws.apigateway.frames import Client, Refusal
from simulator.aws.session import carried
from simulator.world import World

URI = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{}/invocations"
CHAT = """
import json, boto3
def handler(event, context):
    c = event["requestContext"]
    print(json.dumps(event))
    if c["eventType"] == "CONNECT":
        token = (event.get("queryStringParameters") or {}).get("token", "good")
        return {"statusCode": 200 if token == "good" else 401}
    if c["eventType"] == "MESSAGE":
        if event["body"] == "fail":
            raise ValueError("no")
        url = f"https://{c['domainName']}/{c['stage']}"
        back = boto3.client("apigatewaymanagementapi", endpoint_url=url)
        data = b"posted " + event["body"].encode()
        back.post_to_connection(ConnectionId=c["connectionId"], Data=data)
        return {"statusCode": 200, "body": "returned by " + c["routeKey"]}
    return {"statusCode": 200}
"""


class Chat:
    """A WebSocket API with one function behind all of its routes."""

    def __init__(self, world: World, function: str, *routes: str) -> None:
        self.world = world
        self.client: Any = world.cloud.session().client("apigatewayv2")
        self.id = self.client.create_api(
            Name="chat",
            ProtocolType="WEBSOCKET",
            RouteSelectionExpression="$request.body.action",
        )["ApiId"]
        uri = (
            f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations"
        )
        made = self.client.create_integration(
            ApiId=self.id, IntegrationType="AWS_PROXY", IntegrationUri=uri
        )
        self.target = f"integrations/{made['IntegrationId']}"
        for route in routes:
            self.client.create_route(ApiId=self.id, RouteKey=route, Target=self.target)
        self.client.create_stage(ApiId=self.id, StageName="prod")
        if routes:
            self.client.create_deployment(ApiId=self.id, StageName="prod")

    @property
    def url(self) -> str:
        return f"wss://{self.id}.execute-api.us-east-1.amazonaws.com/prod"

    def connect(self, query: str = "") -> Client:
        return self.world.cloud.apis.connect(self.url + query)


@pytest.fixture
def chat(world: World, permitted: Callable[..., str]) -> Chat:
    arn = permitted("chat", CHAT)
    return Chat(world, arn, "$connect", "$disconnect", "$default", "say")


def events(world: World) -> list[dict[str, Any]]:
    return [json.loads(f.data["text"]) for f in world.journal.facts if f.what == "lambda.log"]


def facts(world: World, what: str) -> list[dict[str, Any]]:
    return [fact.data for fact in world.journal.facts if fact.what == f"apigateway.{what}"]


def test_a_connection_from_its_opening_to_its_end(world: World, chat: Chat) -> None:
    socket = chat.connect()
    socket.send(json.dumps({"action": "say", "text": "hi"}))
    assert socket.receive() == 'posted {"action": "say", "text": "hi"}'
    socket.send("not JSON")
    assert socket.receive() == "posted not JSON"
    socket.close(1000, "bye")
    opened, said, other, ended = events(world)
    assert opened["requestContext"]["eventType"] == "CONNECT"
    assert said["requestContext"]["routeKey"] == "say"
    assert said["body"] == '{"action": "say", "text": "hi"}'
    assert other["requestContext"]["routeKey"] == "$default"
    assert ended["requestContext"]["eventType"] == "DISCONNECT"
    assert ended["requestContext"]["disconnectStatusCode"] == 1000
    ids = {event["requestContext"]["connectionId"] for event in events(world)}
    assert ids == {socket.id}
    assert [fact["status"] for fact in facts(world, "connected")] == [101]
    assert [f["direction"] for f in facts(world, "message")] == ["out", "in", "out", "in"]


def test_a_route_response_sends_the_answer_back(world: World, permitted) -> None:
    arn = permitted("f", 'def handler(event, context):\n    return {"body": "answer"}\n')
    chat = Chat(world, arn)
    route = chat.client.create_route(
        ApiId=chat.id,
        RouteKey="$default",
        Target=chat.target,
        RouteResponseSelectionExpression="$default",
    )
    chat.client.create_route_response(
        ApiId=chat.id, RouteId=route["RouteId"], RouteResponseKey="$default"
    )
    chat.client.create_deployment(ApiId=chat.id, StageName="prod")
    socket = chat.connect()
    socket.send("x")
    assert socket.receive() == "answer"


def test_connect_may_be_refused(chat: Chat) -> None:
    with pytest.raises(Refusal) as refused:
        chat.connect("?token=bad")
    assert refused.value.response.status == 401


def test_a_message_for_no_route_is_answered_forbidden(world: World, permitted) -> None:
    chat = Chat(world, permitted("chat", CHAT), "$connect", "say")
    socket = chat.connect()
    socket.send(json.dumps({"action": "sing"}))
    told = json.loads(socket.receive())
    assert (told["message"], told["connectionId"]) == ("Forbidden", socket.id)


def test_a_function_that_fails_is_told_to_the_client(world: World, chat: Chat) -> None:
    socket = chat.connect()
    socket.send("fail")
    assert json.loads(socket.receive())["message"] == "Internal server error"
    assert "ValueError" in facts(world, "message")[-1]["why"]


def test_the_routes_of_a_deployment_stay_as_they_were(world: World, permitted) -> None:
    chat = Chat(world, permitted("chat", CHAT), "say")
    chat.client.create_route(ApiId=chat.id, RouteKey="$default", Target=chat.target)
    socket = chat.connect()
    socket.send("x")
    assert json.loads(socket.receive())["message"] == "Forbidden"
    chat.client.create_deployment(ApiId=chat.id, StageName="prod")
    socket.send("x")
    assert socket.receive() == "posted x"


def test_a_backend_may_post_look_and_delete(world: World, chat: Chat) -> None:
    socket = chat.connect("?token=good")
    backend = management(world, chat)
    backend.post_to_connection(ConnectionId=socket.id, Data=b"hello")
    assert socket.receive() == "hello"
    told = backend.get_connection(ConnectionId=socket.id)
    assert told["Identity"]["SourceIp"] == "127.0.0.1"
    assert told["ConnectedAt"] == world.clock.start
    backend.delete_connection(ConnectionId=socket.id)
    world.run(until=world.now_s + 1)
    assert socket.closed == (1000, "Connection Closed Normally")
    assert events(world)[-1]["requestContext"]["eventType"] == "DISCONNECT"
    for act in (backend.get_connection, backend.delete_connection):
        with pytest.raises(ClientError) as gone:
            act(ConnectionId=socket.id)
        assert gone.value.response["Error"]["Code"] == "GoneException"
        assert gone.value.response["ResponseMetadata"]["HTTPStatusCode"] == 410


def test_a_post_of_more_than_128_kb_is_refused(world: World, chat: Chat) -> None:
    socket = chat.connect()
    with pytest.raises(ClientError) as refused:
        management(world, chat).post_to_connection(ConnectionId=socket.id, Data=bytes(131_073))
    assert refused.value.response["Error"]["Code"] == "PayloadTooLargeException"


def test_an_idle_connection_ends_after_ten_minutes(world: World, chat: Chat) -> None:
    socket = chat.connect()
    opened_s = world.now_s
    world.run(until=opened_s + 500)
    socket.send("x")
    spoke_s = world.now_s
    world.run(until=spoke_s + 599)
    assert socket.closed is None
    world.run(until=spoke_s + 610)
    assert socket.closed == (1001, "Going away")
    assert facts(world, "disconnected")[-1]["code"] == 1001


def test_a_talking_connection_ends_after_two_hours(world: World, chat: Chat) -> None:
    socket = chat.connect()
    began_s = world.now_s
    while socket.closed is None:
        socket.send("x")
        world.run(until=world.now_s + 300)
    assert began_s + 7190 < world.now_s < began_s + 7600


def test_an_open_connection_keeps_no_run_going(world: World, chat: Chat) -> None:
    chat.connect()
    at_s = world.now_s
    world.run()
    assert world.now_s == pytest.approx(at_s)


def management(world: World, chat: Chat) -> Any:
    """The client a backend outside Lambda uses, on this world."""
    session = world.cloud.session()
    client: Any = boto3.client(
        "apigatewaymanagementapi",
        endpoint_url=chat.url.replace("wss:", "https:"),
        region_name="us-east-1",
        aws_access_key_id="123456789012",
        aws_secret_access_key="x",
    )
    client.meta.events.register("before-send", carried(session._send))
    return client


def test_connect_may_be_authorized_by_a_function(world: World, permitted) -> None:
    source = """
import json
def handler(event, context):
    print(json.dumps(event))
    effect = "Allow" if event["queryStringParameters"]["token"] == "good" else "Deny"
    return {"principalId": "ann", "context": {"level": "7"}, "policyDocument": {
        "Version": "2012-10-17", "Statement": [
            {"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}]}}
"""
    chat = Chat(world, permitted("chat", CHAT), "$default")
    arn = permitted("auth", source)
    made = chat.client.create_authorizer(
        ApiId=chat.id,
        Name="a",
        AuthorizerType="REQUEST",
        AuthorizerUri=URI.format(arn),
        IdentitySource=["route.request.querystring.token"],
    )
    chat.client.create_route(
        ApiId=chat.id,
        RouteKey="$connect",
        Target=chat.target,
        AuthorizationType="CUSTOM",
        AuthorizerId=made["AuthorizerId"],
    )
    chat.client.create_deployment(ApiId=chat.id, StageName="prod")
    for query, status in (("", 401), ("?token=bad", 403)):
        with pytest.raises(Refusal) as refused:
            chat.connect(query)
        assert refused.value.response.status == status
    chat.connect("?token=good")
    asked, opened = events(world)[-2:]
    assert asked["methodArn"].endswith(f":{chat.id}/prod/$connect")
    assert opened["requestContext"]["authorizer"] == {"level": "7", "principalId": "ann"}


def test_a_stage_may_log_its_connections(world: World, chat: Chat) -> None:
    logs = world.cloud.session().client("logs")
    logs.create_log_group(logGroupName="/chat")
    chat.client.update_stage(
        ApiId=chat.id,
        StageName="prod",
        AccessLogSettings={
            "DestinationArn": "arn:aws:logs:us-east-1:123456789012:log-group:/chat",
            "Format": "$context.eventType $context.routeKey $context.status $context.connectionId",
        },
    )
    socket = chat.connect()
    socket.send("x")
    socket.close()
    stream = logs.describe_log_streams(logGroupName="/chat")["logStreams"][0]["logStreamName"]
    events = logs.get_log_events(logGroupName="/chat", logStreamName=stream)["events"]
    assert [event["message"] for event in events] == [
        f"CONNECT $connect 200 {socket.id}",
        f"MESSAGE $default 200 {socket.id}",
        f"DISCONNECT $disconnect 200 {socket.id}",
    ]


def test_its_endpoint_is_a_websockets(chat: Chat) -> None:
    """API Gateway V2 API Reference, "CreateApi"."""
    told = chat.client.get_api(ApiId=chat.id)["ApiEndpoint"]
    assert told == f"wss://{chat.id}.execute-api.us-east-1.amazonaws.com"
