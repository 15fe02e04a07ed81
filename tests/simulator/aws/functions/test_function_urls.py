"""Function URLs: "Invoking Lambda function URLs", "Control access to Lambda function URLs"."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from simulator.http import HttpRequest, HttpResponse
from simulator.world import World

pytestmark = pytest.mark.process
Deploy = Callable[..., str]
SIGNED = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=123456789012/20260101/us-east-1/lambda/"
    "aws4_request, SignedHeaders=host, Signature=0"
}


@pytest.fixture
def ask(world: World, client: Any) -> Callable[..., HttpResponse]:
    """Send a request to the URL of `f`, by its host or by the endpoint's path."""

    def send(
        path: str = "/",
        method: str = "GET",
        headers: dict[str, str] | None = None,
        body: bytes = b"",
        *,
        by_path: bool = False,
    ) -> HttpResponse:
        url = client.get_function_url_config(FunctionName="f")["FunctionUrl"]
        if by_path:
            url = f"http://localhost:4566/_aws/lambda-url/{url[8:40]}/"
        request = HttpRequest(method, url.rstrip("/") + path, headers or {}, body)
        return world.cloud.gateway.handle(request)

    return send


@pytest.fixture
def opened(client: Any, deploy: Deploy) -> Callable[..., None]:
    """Deploy `f` behind a URL that anybody may call."""

    def make(source: str, **options: Any) -> None:
        deploy("f", source)
        client.create_function_url_config(FunctionName="f", AuthType="NONE", **options)
        client.add_permission(
            FunctionName="f",
            StatementId="public",
            Action="lambda:InvokeFunctionUrl",
            Principal="*",
            FunctionUrlAuthType="NONE",
        )

    return make


@pytest.mark.parametrize("by_path", [False, True])
def test_a_request_becomes_an_event_of_format_2(
    opened: Callable[..., None], ask: Callable[..., HttpResponse], by_path: bool
) -> None:
    opened("def handler(e, c): return e\n")
    headers = {"Content-Type": "application/json", "Cookie": "a=1; b=2", "X-Ride": "7"}
    path = "/rides/a%20b?x=1&x=2&y="
    response = ask(path, "POST", headers, b'{"fare": 3}', by_path=by_path)
    assert response.status == 200
    event = json.loads(response.body)
    assert (event["version"], event["routeKey"]) == ("2.0", "$default")
    assert (event["rawPath"], event["rawQueryString"]) == ("/rides/a%20b", "x=1&x=2&y=")
    assert event["queryStringParameters"] == {"x": "1,2", "y": ""}
    assert event["cookies"] == ["a=1", "b=2"]
    assert (event["headers"]["x-ride"], "cookie" in event["headers"]) == ("7", False)
    assert (event["body"], event["isBase64Encoded"]) == ('{"fare": 3}', False)
    context = event["requestContext"]
    assert context["http"]["method"] == "POST"
    assert context["http"]["path"] == "/rides/a b"
    assert (context["accountId"], context["stage"]) == ("anonymous", "$default")
    assert context["timeEpoch"] == 1767225600000


def test_bytes_are_encoded_both_ways(
    opened: Callable[..., None], ask: Callable[..., HttpResponse]
) -> None:
    opened(
        "def handler(e, c):\n"
        "    assert e['isBase64Encoded']\n"
        "    return {'statusCode': 201, 'headers': {'content-type': 'image/png', 'x-n': 1},\n"
        "            'body': e['body'], 'isBase64Encoded': True, 'cookies': ['seen=1']}\n"
    )
    response = ask("/", "PUT", {"content-type": "image/png"}, b"\x89PNG")
    assert (response.status, response.body) == (201, b"\x89PNG")
    assert response.headers == {"content-type": "image/png", "x-n": "1", "Set-Cookie": "seen=1"}


@pytest.mark.parametrize(
    ("source", "status", "body"),
    [
        ("return 'hello'", 200, b"hello"),
        ("return {'a': 1}", 200, b'{"a": 1}'),
        ("return {'statusCode': 204}", 204, b""),
        ("raise ValueError('no')", 502, b"Internal Server Error"),
        ("return {'statusCode': 'x'}", 502, b"Internal Server Error"),
    ],
)
def test_what_a_handler_returns(
    opened: Callable[..., None],
    ask: Callable[..., HttpResponse],
    source: str,
    status: int,
    body: bytes,
) -> None:
    opened(f"def handler(e, c): {source}\n")
    response = ask()
    assert (response.status, response.body) == (status, body)


def test_without_a_permission_nobody_gets_in(
    client: Any, deploy: Deploy, ask: Callable[..., HttpResponse]
) -> None:
    deploy("f", "def handler(e, c): return e['requestContext'].get('authorizer')\n")
    client.create_function_url_config(FunctionName="f", AuthType="NONE")
    assert ask().status == 403
    client.update_function_url_config(FunctionName="f", AuthType="AWS_IAM")
    assert (ask().status, json.loads(ask().body)["Message"]) == (403, "Forbidden")
    signed = ask(headers=SIGNED)
    assert signed.status == 200
    assert json.loads(signed.body)["iam"]["accountId"] == "123456789012"
    other = {"Authorization": SIGNED["Authorization"].replace("123456789012", "210987654321")}
    assert ask(headers=other).status == 403


def test_cors_is_lambdas_own(
    opened: Callable[..., None], ask: Callable[..., HttpResponse], facts: Callable[[str], Any]
) -> None:
    cors = {"AllowOrigins": ["https://rides.example"], "AllowMethods": ["GET"], "MaxAge": 60}
    opened("def handler(e, c): return 1\n", Cors=cors)
    origin = {"Origin": "https://rides.example", "Access-Control-Request-Method": "GET"}
    preflight = ask("/", "OPTIONS", origin)
    assert preflight.status == 200
    assert preflight.headers["Access-Control-Allow-Origin"] == "https://rides.example"
    assert preflight.headers["Access-Control-Max-Age"] == "60"
    assert facts("lambda.started") == []
    assert "Access-Control-Allow-Origin" in ask("/", "GET", origin).headers
    stranger = ask("/", "GET", {"Origin": "https://other.example"})
    assert "Access-Control-Allow-Origin" not in stranger.headers


def test_a_url_is_throttled_and_taken_away(
    client: Any, opened: Callable[..., None], ask: Callable[..., HttpResponse]
) -> None:
    opened("def handler(e, c): return 1\n")
    client.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=0)
    assert ask().status == 429
    (listed,) = client.list_function_url_configs(FunctionName="f")["FunctionUrlConfigs"]
    assert (listed["AuthType"], listed["InvokeMode"]) == ("NONE", "BUFFERED")
    with pytest.raises(client.exceptions.ResourceConflictException):
        client.create_function_url_config(FunctionName="f", AuthType="NONE")
    client.delete_function_url_config(FunctionName="f")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_function_url_config(FunctionName="f")


def test_a_function_calls_anothers_url(
    opened: Callable[..., None], deploy: Deploy, client: Any, invoke: Callable[..., Any]
) -> None:
    opened("def handler(e, c): return e['rawPath']\n")
    url = client.get_function_url_config(FunctionName="f")["FunctionUrl"]
    deploy(
        "caller",
        "import urllib.request\n"
        "def handler(e, c): return urllib.request.urlopen(e + 'x').read().decode()\n",
    )
    assert invoke("caller", url) == ("/x", None)


def test_a_response_stream_comes_in_one_part(client: Any, deploy: Deploy) -> None:
    """Lambda API Reference, "InvokeWithResponseStream"."""
    deploy("f", "def handler(e, c):\n    if e: raise ValueError('no')\n    return 'well'\n")
    events = list(client.invoke_with_response_stream(FunctionName="f")["EventStream"])
    assert events[0]["PayloadChunk"]["Payload"] == b'"well"'
    assert "InvokeComplete" in events[1]
    answer = client.invoke_with_response_stream(FunctionName="f", Payload=b"1")
    (ending,) = list(answer["EventStream"])
    assert ending["InvokeComplete"]["ErrorCode"] == "ValueError"


def test_a_repeated_request_is_no_poll(
    world: World, opened: Callable[..., None], client: Any
) -> None:
    """A poll of the endpoint's lets time run; see `docs/fidelity.md`."""
    opened("def handler(e, c): return 1\n")
    url = client.get_function_url_config(FunctionName="f")["FunctionUrl"]
    assert world.cloud.gateway.target(HttpRequest("GET", url)) is None
