"""APIs in a world, the shortest way to make one, and the shortest way to call it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from simulator.http import HttpRequest, HttpResponse
from simulator.world import World

ACCOUNT, REGION = "123456789012", "us-east-1"


def lambda_uri(arn: str) -> str:
    return f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations"


@dataclass
class Caller:
    """Sends requests to the endpoint of a world."""

    world: World

    def __call__(self, method: str, url: str, body: Any = b"", **headers: str) -> HttpResponse:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.world.cloud.gateway.handle(HttpRequest(method, url, named, data))


class Rest:
    """A REST API being built; `deploy` makes it callable at `url`."""

    def __init__(self, world: World, name: str = "rides", **options: Any) -> None:
        self.client: Any = world.cloud.session().client("apigateway")
        self.id = self.client.create_rest_api(name=name, **options)["id"]
        root = self.client.get_resources(restApiId=self.id)["items"][0]["id"]
        self.resources = {"/": root}

    @property
    def url(self) -> str:
        return f"http://localhost:4566/restapis/{self.id}/prod/_user_request_"

    @property
    def arn(self) -> str:
        return f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{self.id}"

    def resource(self, path: str) -> str:
        known = ""
        for part in path.strip("/").split("/") if path != "/" else ():
            parent = self.resources[known or "/"]
            known = f"{known}/{part}"
            if known not in self.resources:
                made = self.client.create_resource(
                    restApiId=self.id, parentId=parent, pathPart=part
                )
                self.resources[known] = made["id"]
        return str(self.resources[path])

    def method(
        self, verb: str, path: str, integration: dict[str, Any], **options: Any
    ) -> dict[str, str]:
        """Put a method with its integration; returns what names it."""
        where = {
            "restApiId": self.id,
            "resourceId": self.resource(path),
            "httpMethod": verb,
        }
        self.client.put_method(**where, **{"authorizationType": "NONE", **options})
        self.client.put_integration(**where, **integration)
        return where

    def function(self, verb: str, path: str, arn: str, **options: Any) -> dict[str, str]:
        proxy = {"type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": lambda_uri(arn)}
        return self.method(verb, path, proxy, **options)

    def mock(self, verb: str, path: str, text: str = "ok", **options: Any) -> dict[str, str]:
        """A mock that answers 200 with a text."""
        where = self.method(
            verb,
            path,
            {"type": "MOCK", "requestTemplates": {"application/json": '{"statusCode": 200}'}},
            **options,
        )
        self.client.put_method_response(**where, statusCode="200")
        self.client.put_integration_response(
            **where, statusCode="200", responseTemplates={"application/json": text}
        )
        return where

    def deploy(self, **options: Any) -> str:
        """Deploy to the stage prod; returns the stage's URL."""
        self.client.create_deployment(restApiId=self.id, stageName="prod", **options)
        return self.url


class Http:
    """An HTTP API being built, with a stage that shows every change at once."""

    def __init__(self, world: World, **options: Any) -> None:
        self.client: Any = world.cloud.session().client("apigatewayv2")
        self.id = self.client.create_api(Name="h", ProtocolType="HTTP", **options)["ApiId"]
        self.stage = self.client.create_stage(ApiId=self.id, StageName="$default", AutoDeploy=True)
        self.url = f"https://{self.id}.execute-api.us-east-1.amazonaws.com"

    def integrate(self, **options: Any) -> str:
        made = self.client.create_integration(ApiId=self.id, **options)
        return f"integrations/{made['IntegrationId']}"

    def function(self, arn: str, *routes: str, version: str = "2.0", **options: Any) -> None:
        target = self.integrate(
            IntegrationType="AWS_PROXY", IntegrationUri=arn, PayloadFormatVersion=version
        )
        for route in routes:
            self.client.create_route(ApiId=self.id, RouteKey=route, Target=target, **options)


@pytest.fixture
def call(world: World) -> Caller:
    return Caller(world)


@pytest.fixture
def rest(world: World) -> Rest:
    return Rest(world)


@pytest.fixture
def permitted(world: World, deploy: Callable[..., str]) -> Callable[..., str]:
    """Create a function that API Gateway may invoke; returns its ARN."""

    def create(name: str, source: str, source_arn: str | None = None, **options: Any) -> str:
        arn = deploy(name, source, **options)
        limited = {"SourceArn": source_arn} if source_arn else {}
        world.cloud.session().client("lambda").add_permission(
            FunctionName=name,
            StatementId="api",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            **limited,
        )
        return arn

    return create


@pytest.fixture
def make_http(world: World) -> Callable[..., Http]:
    """Makes HTTP APIs."""
    return lambda **options: Http(world, **options)


@pytest.fixture
def api(make_http: Callable[..., Http]) -> Http:
    return make_http()


@pytest.fixture
def make_rest() -> Callable[[World], tuple[Rest, Caller]]:
    """Makes a REST API in a world of the test's own, and what calls it."""
    return lambda world: (Rest(world), Caller(world))
