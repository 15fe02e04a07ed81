"""APIs as OpenAPI documents. Amazon API Gateway Developer Guide, "Export a REST API from API
Gateway", "Export HTTP APIs from API Gateway"; API Reference, "GetExport", "ExportApi"."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from botocore.exceptions import ClientError

from simulator.world import World

URI = (
    "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
    "arn:aws:lambda:us-east-1:123456789012:function:f/invocations"
)
MOCK = {
    "type": "mock",
    "responses": {
        "default": {
            "statusCode": "200",
            "responseParameters": {"method.response.header.X-A": "'a'"},
            "responseTemplates": {"application/json": "ok"},
        }
    },
    "requestTemplates": {"application/json": '{"statusCode": 200}'},
    "passthroughBehavior": "never",
}


def written(kind: str) -> dict[str, Any]:
    """A document that says all it needs to, in the words that an export uses."""
    new = kind == "oas30"
    at = "#/components/schemas/" if new else "#/definitions/"
    text: dict[str, Any] = {"type": "string"}
    typed = {"schema": text} if new else text
    ride = {"type": "object", "properties": {"next": {"$ref": f"{at}Ride"}}}
    token = {
        "type": "apiKey",
        "name": "X-Token",
        "in": "header",
        "x-amazon-apigateway-authtype": "custom",
        "x-amazon-apigateway-authorizer": {
            "type": "token",
            "authorizerUri": URI,
            "authorizerResultTtlInSeconds": 300,
        },
    }
    key = {"type": "apiKey", "name": "x-api-key", "in": "header"}
    reference = {"$ref": f"{at}Ride"}
    content = {"application/json": {"schema": reference}}
    response = {
        "description": "200 response",
        "headers": {"X-A": typed},
        **({"content": content} if new else {"schema": reference}),
    }
    body = {"in": "body", "name": "Ride", "required": True, "schema": reference}
    path_parameter = {"name": "id", "in": "path", "required": True, **typed}
    post: dict[str, Any] = {
        "operationId": "book",
        "parameters": [path_parameter, *([] if new else [body])],
        "responses": {"200": response},
        "security": [{"api_key": []}, {"mine": []}],
        "x-amazon-apigateway-request-validator": "all",
        "x-amazon-apigateway-integration": MOCK,
    }
    if new:
        post["requestBody"] = {"content": content, "required": True}
    else:
        post |= {"consumes": ["application/json"], "produces": ["application/json"]}
    told: dict[str, Any] = {
        **({"openapi": "3.0.1"} if new else {"swagger": "2.0"}),
        "info": {"title": "rides", "version": "7", "description": "of unicorns"},
        "paths": {"/rides/{id}": {"post": post}},
        "x-amazon-apigateway-request-validators": {
            "all": {"validateRequestBody": True, "validateRequestParameters": True}
        },
        "x-amazon-apigateway-binary-media-types": ["image/png"],
        "x-amazon-apigateway-gateway-responses": {"DEFAULT_4XX": {"statusCode": "418"}},
    }
    schemes = {"api_key": key, "mine": token}
    if new:
        return {**told, "components": {"schemas": {"Ride": ride}, "securitySchemes": schemes}}
    return {**told, "definitions": {"Ride": ride}, "securityDefinitions": schemes}


def exported(client: Any, api: str, kind: str, **options: Any) -> Any:
    return client.get_export(restApiId=api, stageName="prod", exportType=kind, **options)


@pytest.mark.parametrize("kind", ["swagger", "oas30"])
def test_an_export_is_what_was_imported(world: World, kind: str) -> None:
    client: Any = world.cloud.session().client("apigateway")
    api = client.import_rest_api(body=json.dumps(written(kind)))["id"]
    client.create_deployment(restApiId=api, stageName="prod")
    answer = exported(client, api, kind, parameters={"extensions": "apigateway"})
    assert answer["contentType"] == "application/octet-stream"
    assert answer["contentDisposition"].startswith(f'attachment; filename="{kind}_')
    told = json.loads(answer["body"].read())
    domain = f"{api}.execute-api.us-east-1.amazonaws.com"
    if kind == "swagger":
        assert (told.pop("host"), told.pop("basePath")) == (domain, "/prod")
        assert told.pop("schemes") == ["https"]
        models = told["definitions"]
    else:
        (server,) = told.pop("servers")
        assert server["url"] == f"https://{domain}/{{basePath}}"
        models = told["components"]["schemas"]
    for own in ("Empty", "Error"):
        models.pop(own, None)
    assert told == written(kind)


def test_an_export_shows_what_was_deployed(world: World) -> None:
    client: Any = world.cloud.session().client("apigateway")
    api = client.import_rest_api(body=json.dumps(written("oas30")))["id"]
    client.create_deployment(restApiId=api, stageName="prod")
    root = client.get_resources(restApiId=api)["items"][0]["id"]
    client.create_resource(restApiId=api, parentId=root, pathPart="later")
    told = json.loads(exported(client, api, "oas30")["body"].read())
    assert list(told["paths"]) == ["/rides/{id}"]


def test_an_export_without_extensions_is_plain_and_may_be_yaml(world: World) -> None:
    client: Any = world.cloud.session().client("apigateway")
    api = client.import_rest_api(body=json.dumps(written("oas30")))["id"]
    client.create_deployment(restApiId=api, stageName="prod")
    text = exported(client, api, "oas30", accepts="application/yaml")["body"].read().decode()
    assert text.startswith("openapi: 3.0.1\n")
    assert "x-amazon-apigateway" not in text
    assert yaml.safe_load(text)["paths"]["/rides/{id}"]["post"]["security"] == [
        {"api_key": []},
        {"mine": []},
    ]


def test_an_export_of_nothing_is_refused(world: World) -> None:
    client: Any = world.cloud.session().client("apigateway")
    api = client.import_rest_api(body=json.dumps(written("oas30")))["id"]
    with pytest.raises(ClientError, match="Invalid stage identifier"):
        exported(client, api, "oas30")
    client.create_deployment(restApiId=api, stageName="prod")
    with pytest.raises(ClientError, match="No API exporter for type 'raml'"):
        exported(client, api, "raml")


def test_an_http_api_is_exported_and_comes_back(world: World) -> None:
    client: Any = world.cloud.session().client("apigatewayv2")
    document = {
        "openapi": "3.0.1",
        "info": {"title": "rides", "version": "1.0"},
        "paths": {
            "/rides/{id}": {
                "get": {
                    "responses": {"default": {"description": "x"}},
                    "security": [{"pool": ["ride"]}],
                    "x-amazon-apigateway-integration": {
                        "payloadFormatVersion": "2.0",
                        "type": "aws_proxy",
                        "httpMethod": "POST",
                        "uri": URI,
                        "connectionType": "INTERNET",
                        "timeoutInMillis": 30000,
                    },
                }
            }
        },
        "components": {
            "securitySchemes": {
                "pool": {
                    "type": "oauth2",
                    "flows": {},
                    "x-amazon-apigateway-authorizer": {
                        "type": "jwt",
                        "identitySource": "$request.header.Authorization",
                        "jwtConfiguration": {"audience": ["a"], "issuer": "https://i.example"},
                    },
                }
            }
        },
        "x-amazon-apigateway-cors": {"allowOrigins": ["*"]},
    }
    api = client.import_api(Body=json.dumps(document))["ApiId"]
    told = client.export_api(ApiId=api, Specification="OAS30", OutputType="JSON")["body"].read()
    found = json.loads(told)
    get = found["paths"]["/rides/{id}"]["get"]
    wanted: Any = document["paths"]
    assert (
        get["x-amazon-apigateway-integration"]
        == (wanted["/rides/{id}"]["get"]["x-amazon-apigateway-integration"])
    )
    assert found["components"] == document["components"]
    assert found["x-amazon-apigateway-cors"] == {"allowOrigins": ["*"]}
    again = client.import_api(Body=told.decode())["ApiId"]
    routes = client.get_routes(ApiId=again)["Items"]
    assert [route["RouteKey"] for route in routes] == ["GET /rides/{id}"]
    assert routes[0]["AuthorizationScopes"] == ["ride"]
    plain = client.export_api(
        ApiId=api, Specification="OAS30", OutputType="YAML", IncludeExtensions=False
    )["body"].read()
    assert b"x-amazon" not in plain


def test_a_first_class_integration_goes_out_and_comes_back(world: World) -> None:
    """Developer Guide, "x-amazon-apigateway-integration object": integrationSubtype."""
    client: Any = world.cloud.session().client("apigatewayv2")
    integration = {
        "type": "aws_proxy",
        "integrationSubtype": "SQS-SendMessage",
        "payloadFormatVersion": "1.0",
        "credentials": "arn:aws:iam::123456789012:role/api",
        "requestParameters": {"QueueUrl": "$request.header.queue", "MessageBody": "$request.body"},
    }
    post = {"responses": {}, "x-amazon-apigateway-integration": integration}
    document = {"openapi": "3.0.1", "info": {"title": "q"}, "paths": {"/q": {"post": post}}}
    api = client.import_api(Body=json.dumps(document))["ApiId"]
    (made,) = client.get_integrations(ApiId=api)["Items"]
    assert made["IntegrationSubtype"] == "SQS-SendMessage"
    told = client.export_api(ApiId=api, Specification="OAS30", OutputType="JSON")["body"].read()
    back = json.loads(told)["paths"]["/q"]["post"]["x-amazon-apigateway-integration"]
    assert {name: back[name] for name in integration} == integration
