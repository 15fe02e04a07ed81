"""Calls of APIs a second inside the process, against bare invocations of the same function."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from benchmarks import Ratio, side_by_side
from benchmarks.bench_functions import deployed
from simulator.http import HttpRequest
from simulator.world import World

CALLS = 500
ARN = "arn:aws:lambda:us-east-1:123456789012:function:ride"
ANSWER = '{"statusCode": 200, "body": "booked"}'
HANDLER = f"def handler(event, context):\n    return {ANSWER}\n"
URI = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{ARN}/invocations"


def proxy(world: World, kind: str) -> str:
    """The address of an API of a kind, REST or HTTP, whose one route is the function's."""
    client: Any
    if kind == "HTTP":
        client = world.cloud.session().client("apigatewayv2")
        api = client.create_api(Name="bench", ProtocolType="HTTP", Target=ARN)["ApiId"]
        return f"https://{api}.execute-api.us-east-1.amazonaws.com/ride"
    client = world.cloud.session().client("apigateway")
    api = client.create_rest_api(name="bench")["id"]
    root = client.get_resources(restApiId=api)["items"][0]["id"]
    where = {"restApiId": api, "resourceId": root, "httpMethod": "POST"}
    client.put_method(**where, authorizationType="NONE")
    client.put_integration(**where, type="AWS_PROXY", integrationHttpMethod="POST", uri=URI)
    client.create_deployment(restApiId=api, stageName="prod")
    return f"https://{api}.execute-api.us-east-1.amazonaws.com/prod"


def calls(world: World, url: str) -> Callable[[], int]:
    """Calls of an API: its front, the event, the function, the answer, logs and metrics."""
    headers = {"Content-Type": "application/json"}

    def work() -> int:
        for _ in range(CALLS):
            request = HttpRequest("POST", url, headers, b'{"ride": 1}')
            assert world.cloud.gateway.handle(request).body == b"booked"
        return CALLS

    return work


def invocations(client: Any) -> Callable[[], int]:
    """The same function, invoked by a client."""

    def work() -> int:
        for _ in range(CALLS):
            answer = client.invoke(FunctionName="ride", Payload=b'{"ride": 1}')
            assert b"booked" in answer["Payload"].read()
        return CALLS

    return work


def compare() -> Iterator[Ratio]:
    """A line for REST and one for HTTP APIs: what a front adds to the invocation behind it."""
    with World(seed=1) as world:
        function = deployed(world, "ride", HANDLER)
        function.add_permission(
            FunctionName="ride",
            StatementId="api",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
        )
        bare = invocations(function)
        for kind in ("REST", "HTTP"):
            work = calls(world, proxy(world, kind))
            yield side_by_side(
                f"calls of {kind} APIs (Lambda proxy)",
                lambda work=work: world.run(until=world.spawn(work)),  # type: ignore[misc]
                "bare invocations of the function",
                lambda: world.run(until=world.spawn(bare)),
            )
