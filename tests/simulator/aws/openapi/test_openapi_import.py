"""OpenAPI documents as APIs. Amazon API Gateway Developer Guide, "OpenAPI extensions for API
Gateway"; API Reference, "PutRestApi", "ImportRestApi"."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator.world import World

URI = (
    "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
    "arn:aws:lambda:us-east-1:123456789012:function:f/invocations"
)
PROXY = {"type": "aws_proxy", "httpMethod": "POST", "uri": URI}


def document(version: str) -> dict[str, Any]:
    ride = {"type": "object", "properties": {"next": {"$ref": "#/definitions/Ride"}}}
    schemes = {
        "key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
        "iam": {
            "type": "apiKey",
            "name": "Authorization",
            "in": "header",
            "x-amazon-apigateway-authtype": "awsSigv4",
        },
        "mine": {
            "type": "apiKey",
            "name": "X-Token",
            "in": "header",
            "x-amazon-apigateway-authtype": "custom",
            "x-amazon-apigateway-authorizer": {"type": "token", "authorizerUri": URI},
        },
    }
    body: dict[str, Any] = {
        "parameters": [{"in": "body", "name": "b", "schema": {"$ref": "#/x/Ride"}}]
    }
    head: dict[str, Any] = {
        "swagger": "2.0",
        "definitions": {"Ride": ride},
        "securityDefinitions": schemes,
    }
    if version == "3":
        head = {
            "openapi": "3.0.1",
            "components": {"schemas": {"Ride": ride}, "securitySchemes": schemes},
        }
        content = {"application/json": {"schema": {"$ref": "#/components/schemas/Ride"}}}
        body = {"requestBody": {"content": content}}
    mock = {
        "type": "mock",
        "requestTemplates": {"application/json": '{"statusCode": 200}'},
        "responses": {
            "default": {
                "statusCode": "200",
                "responseParameters": {"method.response.header.X-A": "'a'"},
            }
        },
    }
    return {
        **head,
        "info": {"title": "rides", "version": "1"},
        "x-amazon-apigateway-request-validators": {"all": {"validateRequestBody": True}},
        "x-amazon-apigateway-request-validator": "all",
        "paths": {
            "/rides/{id}/quotes": {
                "parameters": [{"name": "id", "in": "path", "required": True}],
                "post": {
                    **body,
                    "security": [{"key": []}, {"mine": []}],
                    "x-amazon-apigateway-integration": PROXY,
                },
                "options": {
                    "responses": {"200": {"headers": {"X-A": {"type": "string"}}}},
                    "x-amazon-apigateway-integration": mock,
                },
            },
            "/any": {
                "x-amazon-apigateway-any-method": {
                    "security": [{"iam": []}],
                    "x-amazon-apigateway-integration": PROXY,
                }
            },
        },
    }


@pytest.mark.parametrize("version", ["2", "3"])
def test_a_document_as_a_rest_api(world: World, version: str) -> None:
    apis: Any = world.cloud.session().client("apigateway")
    made = apis.import_rest_api(body=json.dumps(document(version)))
    assert made["name"] == "rides"
    api = {"restApiId": made["id"]}
    items = apis.get_resources(**api, limit=500)["items"]
    paths = {item["path"]: item["id"] for item in items}
    assert sorted(paths) == ["/", "/any", "/rides", "/rides/{id}", "/rides/{id}/quotes"]
    quotes = {**api, "resourceId": paths["/rides/{id}/quotes"]}
    post = apis.get_method(**quotes, httpMethod="POST")
    assert post["authorizationType"] == "CUSTOM"
    assert post["apiKeyRequired"] is True
    assert post["requestParameters"] == {"method.request.path.id": True}
    assert post["requestModels"] == {"application/json": "Ride"}
    assert post["methodIntegration"]["type"] == "AWS_PROXY"
    (validator,) = apis.get_request_validators(**api)["items"]
    assert post["requestValidatorId"] == validator["id"]
    (authorizer,) = apis.get_authorizers(**api)["items"]
    assert post["authorizerId"] == authorizer["id"]
    assert authorizer["identitySource"] == "method.request.header.X-Token"
    options = apis.get_method(**quotes, httpMethod="OPTIONS")
    response = options["methodIntegration"]["integrationResponses"]["200"]
    assert response["responseParameters"] == {"method.response.header.X-A": "'a'"}
    every = apis.get_method(**api, resourceId=paths["/any"], httpMethod="ANY")
    assert every["authorizationType"] == "AWS_IAM"
    models = {m["name"]: m for m in apis.get_models(**api)["items"]}
    reference = json.loads(models["Ride"]["schema"])["properties"]["next"]["$ref"]
    assert reference == f"https://apigateway.amazonaws.com/restapis/{made['id']}/models/Ride"


def test_overwriting_leaves_nothing_else(world: World) -> None:
    apis: Any = world.cloud.session().client("apigateway")
    api = {"restApiId": apis.import_rest_api(body=json.dumps(document("3")))["id"]}
    smaller = document("3")
    del smaller["paths"]["/any"]
    for _ in range(2):
        apis.put_rest_api(**api, mode="overwrite", body=json.dumps(smaller))
    paths = [item["path"] for item in apis.get_resources(**api, limit=500)["items"]]
    assert sorted(paths) == ["/", "/rides", "/rides/{id}", "/rides/{id}/quotes"]
    assert len(apis.get_authorizers(**api)["items"]) == 1


def test_the_journal_shows_the_import_and_not_its_steps(world: World) -> None:
    apis: Any = world.cloud.session().client("apigateway")
    apis.import_rest_api(body=json.dumps(document("3")))
    calls = [fact.data["action"] for fact in world.journal.facts if fact.what == "call"]
    assert calls == ["ImportRestApi"]


def test_a_document_as_an_http_api(world: World) -> None:
    apis: Any = world.cloud.session().client("apigatewayv2")
    schemes = {
        "jwt": {
            "type": "oauth2",
            "x-amazon-apigateway-authorizer": {
                "type": "jwt",
                "identitySource": "$request.header.Authorization",
                "jwtConfiguration": {"audience": ["rides"], "issuer": "https://issuer.test"},
            },
        }
    }
    integration = {"type": "aws_proxy", "uri": URI, "payloadFormatVersion": "2.0"}
    to_queue = {"type": "aws_proxy", "integrationSubtype": "SQS-SendMessage"}
    body = {
        "openapi": "3.0.1",
        "info": {"title": "rides", "version": "2"},
        "components": {"securitySchemes": schemes},
        "x-amazon-apigateway-cors": {"allowOrigins": ["*"]},
        "paths": {
            "/rides": {
                "get": {
                    "security": [{"jwt": ["read"]}],
                    "x-amazon-apigateway-integration": integration,
                },
                "post": {"x-amazon-apigateway-integration": to_queue},
            },
            "/$default": {
                "x-amazon-apigateway-any-method": {"x-amazon-apigateway-integration": integration}
            },
        },
    }
    made = apis.import_api(Body=json.dumps(body))
    assert made["Name"] == "rides"
    api = apis.get_api(ApiId=made["ApiId"])
    assert api["CorsConfiguration"] == {"AllowOrigins": ["*"]}
    routes = {r["RouteKey"]: r for r in apis.get_routes(ApiId=made["ApiId"])["Items"]}
    assert sorted(routes) == ["$default", "GET /rides", "POST /rides"]
    integrations = apis.get_integrations(ApiId=made["ApiId"])["Items"]
    subtypes = sorted(each.get("IntegrationSubtype", "") for each in integrations)
    assert subtypes == ["", "", "SQS-SendMessage"]
    assert routes["GET /rides"]["AuthorizationType"] == "JWT"
    assert routes["GET /rides"]["AuthorizationScopes"] == ["read"]
    with pytest.raises(ClientError) as refused:
        apis.reimport_api(ApiId=made["ApiId"], Body="swagger: '2.0'")
    assert refused.value.response["Error"]["Code"] == "BadRequestException"
