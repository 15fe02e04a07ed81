"""APIs over a real socket: a WebSocket client of its own, curl's kind of request, waits in time."""

from __future__ import annotations

import http.client
import io
import json
import socket
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Ping,
    Pong,
    RejectConnection,
    TextMessage,
)
from wsproto.events import Request as Open

pytestmark = pytest.mark.process

SOURCE = """
import json, time, boto3
def handler(event, context):
    c = event["requestContext"]
    if c.get("eventType") == "CONNECT":
        refused = (event.get("queryStringParameters") or {}).get("no")
        return {"statusCode": 403 if refused else 200}
    if c.get("eventType") == "MESSAGE":
        back = boto3.client(
            "apigatewaymanagementapi", endpoint_url=f"https://{c['domainName']}/{c['stage']}")
        for number in range(2):
            data = f"{number} {event['body']}".encode()
            back.post_to_connection(ConnectionId=c["connectionId"], Data=data)
            time.sleep(5)
        return {"statusCode": 200}
    if c.get("eventType") == "DISCONNECT":
        return {}
    if event["path"] == "/slow":
        time.sleep(20)
    return {"statusCode": 200, "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"]},
            "body": json.dumps({"headers": event["multiValueHeaders"], "path": event["path"]})}
"""


@pytest.fixture(scope="module")
def apis(served) -> dict[str, str]:
    """A function behind a REST API and a WebSocket API; their ids."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr(zipfile.ZipInfo("app.py"), SOURCE)
    key = "220000000001"
    role = served.client("iam", key).create_role(RoleName="api", AssumeRolePolicyDocument="{}")
    function: Any = served.client("lambda", key)
    arn = function.create_function(
        FunctionName="api",
        Runtime="python3.12",
        Role=role["Role"]["Arn"],
        Handler="app.handler",
        Code={"ZipFile": package.getvalue()},
        Timeout=60,
    )["FunctionArn"]
    function.add_permission(
        FunctionName="api",
        StatementId="api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
    )
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations"
    rest: Any = served.client("apigateway", key)
    api = rest.create_rest_api(name="served")
    where = {"restApiId": api["id"], "httpMethod": "ANY"}
    where["resourceId"] = rest.create_resource(
        restApiId=api["id"], parentId=api["rootResourceId"], pathPart="{proxy+}"
    )["id"]
    rest.put_method(**where, authorizationType="NONE")
    rest.put_integration(**where, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
    rest.create_deployment(restApiId=api["id"], stageName="prod")
    second: Any = served.client("apigatewayv2", key)
    chat = second.create_api(
        Name="chat", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action"
    )["ApiId"]
    made = second.create_integration(ApiId=chat, IntegrationType="AWS_PROXY", IntegrationUri=uri)
    for route in ("$connect", "$default", "$disconnect"):
        target = f"integrations/{made['IntegrationId']}"
        second.create_route(ApiId=chat, RouteKey=route, Target=target)
    second.create_stage(ApiId=chat, StageName="prod")
    second.create_deployment(ApiId=chat, StageName="prod")
    return {"rest": api["id"], "chat": chat}


class Client:
    """A WebSocket client over a socket."""

    def __init__(self, port: int, target: str, host: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.protocol = WSConnection(ConnectionType.CLIENT)
        self.socket.sendall(self.protocol.send(Open(host=host, target=target)))
        self.opened = self.next()

    def next(self) -> Any:
        while True:
            for event in self.protocol.events():
                return event
            self.protocol.receive_data(self.socket.recv(65_536) or None)

    def send(self, event: Any) -> None:
        self.socket.sendall(self.protocol.send(event))


@pytest.fixture
def connect(served) -> Iterator[Callable[..., Client]]:
    clients: list[Client] = []

    def open_one(target: str, host: str = "localhost") -> Client:
        clients.append(Client(served.port, target, host))
        return clients[-1]

    yield open_one
    for client in clients:
        client.socket.close()


def test_a_websocket_client_talks_with_a_function(served, apis, connect) -> None:
    client = connect(f"/_aws/execute-api/{apis['chat']}/prod")
    assert isinstance(client.opened, AcceptConnection)
    client.send(TextMessage("hello"))
    assert [client.next().data, client.next().data] == ["0 hello", "1 hello"]
    client.send(Ping(b"p"))
    assert isinstance(client.next(), Pong)
    client.send(CloseConnection(1000, "done"))
    assert client.next().code == 1000
    ended = served.facts("apigateway.disconnected")[-1]
    assert (ended["code"], ended["reason"]) == (1000, "done")


def test_the_host_form_leads_to_the_api_too(apis, connect) -> None:
    host = f"{apis['chat']}.execute-api.localhost"
    assert isinstance(connect("/prod", host).opened, AcceptConnection)


def test_what_connect_refuses_is_an_http_answer(apis, connect) -> None:
    refused = connect(f"/_aws/execute-api/{apis['chat']}/prod?no=1").opened
    assert isinstance(refused, RejectConnection)
    assert refused.status_code == 403
    nowhere = connect("/_aws/execute-api/nosuchapi0/prod").opened
    assert isinstance(nowhere, RejectConnection)


def test_a_client_that_vanishes_is_disconnected(served, apis, connect) -> None:
    client = connect(f"/_aws/execute-api/{apis['chat']}/prod")
    before = len(served.facts("apigateway.disconnected"))
    client.socket.close()
    while len(served.facts("apigateway.disconnected")) == before:
        pass
    assert served.facts("apigateway.disconnected")[-1]["code"] == 1006


def test_a_message_of_more_than_128_kb_ends_the_connection(apis, connect) -> None:
    client = connect(f"/_aws/execute-api/{apis['chat']}/prod")
    client.send(BytesMessage(bytes(128 * 1024 + 1)))
    assert client.next().code == 1009


def test_a_caller_from_outside_waits_in_virtual_time(served, apis) -> None:
    url = f"{served.url}/restapis/{apis['rest']}/prod/_user_request_"
    with urlopen(f"{url}/slow") as answer:
        assert answer.status == 200
    assert served.facts("apigateway.answered")[-1]["latency_s"] >= 20


def test_header_names_stay_as_they_were_sent_and_cookies_come_one_by_one(served, apis) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", served.port)
    connection.putrequest("GET", "/prod/x", skip_host=True, skip_accept_encoding=True)
    connection.putheader("Host", f"{apis['rest']}.execute-api.localhost")
    connection.putheader("X-My-Header", "1")
    connection.putheader("X-My-Header", "2")
    connection.putheader("lower-case", "3")
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.headers.get_all("Set-Cookie") == ["a=1", "b=2"]
    told = json.loads(answer.read())
    assert told["headers"]["X-My-Header"] == ["1", "2"]
    assert told["headers"]["lower-case"] == ["3"]
    connection.close()


def test_an_unknown_api_is_forbidden(served) -> None:
    with pytest.raises(HTTPError) as refused:
        urlopen(Request(f"{served.url}/_aws/execute-api/nosuchapi0/prod/x", b"{}"))
    assert refused.value.code == 403
    assert json.loads(refused.value.read()) == {"message": "Forbidden"}


class Backend(BaseHTTPRequestHandler):
    """A learner's own server on this machine; it asks the cloud something before it answers."""

    queues: Any = None

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        told = self.queues.list_queues()["ResponseMetadata"]["HTTPStatusCode"]
        answer = json.dumps({"path": self.path, "got": body.decode(), "cloud": told}).encode()
        self.send_response(201)
        self.send_header("X-Backend", "1")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.mark.parametrize("mode", ["auto", "paused", "paced=1"])
def test_a_backend_on_this_machine_may_call_the_cloud_before_it_answers(
    launch: Callable[..., Any], mode: str
) -> None:
    served = launch("--time", mode)
    Backend.queues = served.client("sqs", "220000000001")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Backend)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        client: Any = served.client("apigatewayv2", "220000000001")
        target = f"http://localhost:{server.server_port}/base"
        api = client.create_api(Name="b", ProtocolType="HTTP", Target=target)["ApiId"]
        url = f"{served.url}/_aws/execute-api/{api}/$default/x"
        with urlopen(Request(url, b"hello")) as answer:
            assert (answer.status, answer.headers["X-Backend"]) == (201, "1")
            told = json.loads(answer.read())
        assert told == {"path": "/base", "got": "hello", "cloud": 200}
    finally:
        server.shutdown()
        server.server_close()


def test_asking_an_api_again_lets_time_pass(served, apis) -> None:
    url = f"{served.url}/restapis/{apis['rest']}/prod/_user_request_/x"
    for _ in range(3):
        with urlopen(url) as answer:
            assert answer.status == 200
    one, two, three = (fact["at"] for fact in served.facts("apigateway.answered")[-3:])
    assert two - one >= 1
    assert three - two >= 1
