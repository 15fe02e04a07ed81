"""An HTTP API as an OpenAPI document: what ExportApi answers.

Source: Amazon API Gateway Developer Guide, "Export HTTP APIs from API Gateway"; API Gateway V2 API
Reference, "ExportApi".
"""

from __future__ import annotations

from typing import Any

from simulator.aws.openapi.document import merged

_ANY = "x-amazon-apigateway-any-method"


def document(api: Any, shown: Any, domain: str, stage: str | None, own: bool) -> dict[str, Any]:
    """The document of an API of moto's; `shown` has the routes, `own` says: with extensions."""
    base = "/" if stage in (None, "$default") else f"/{stage}"
    told: dict[str, Any] = {
        "openapi": "3.0.1",
        "info": merged(
            {"title": api.name, "description": api.description, "version": api.version or "1.0"}
        ),
        "servers": [
            {
                "url": f"https://{domain}/{{basePath}}",
                "variables": {"basePath": {"default": base.strip("/")}},
            }
        ],
        "paths": {},
    }
    schemes: dict[str, Any] = {}
    for route in sorted(shown.routes.values(), key=lambda each: str(each.route_key)):
        verb, _, path = route.route_key.partition(" ")
        if not path:
            verb, path = "ANY", f"/{route.route_key}"
        operation = _operation(route, shown, own)
        authorizer = shown.authorizers.get(route.authorizer_id)
        if authorizer is not None:
            operation["security"] = [{authorizer.name: list(route.authorization_scopes or ())}]
            schemes[authorizer.name] = _scheme(authorizer, own)
        told["paths"].setdefault(path, {})[_ANY if verb == "ANY" else verb.lower()] = operation
    if schemes:
        told["components"] = {"securitySchemes": schemes}
    if own and api.cors_configuration:
        told["x-amazon-apigateway-cors"] = api.cors_configuration
    if own:
        told["x-amazon-apigateway-importexport-version"] = "1.0"
    return told


def _operation(route: Any, shown: Any, own: bool) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if route.operation_name:
        told["operationId"] = route.operation_name
    path = route.route_key.partition(" ")[2]
    names = [part.strip("{}+") for part in path.split("/") if part.startswith("{")]
    if names:
        told["parameters"] = [
            {"name": n, "in": "path", "required": True, "schema": {"type": "string"}} for n in names
        ]
    told["responses"] = {"default": {"description": f"Default response for {route.route_key}"}}
    made = shown.integrations.get(str(route.target or "").rpartition("/")[2])
    if own and str(route.authorization_type).upper() == "AWS_IAM":
        told["x-amazon-apigateway-auth"] = {"type": "AWS_IAM"}
    if own and made is not None:
        told["x-amazon-apigateway-integration"] = merged(
            {
                "payloadFormatVersion": made.payload_format_version,
                "type": str(made.integration_type).lower(),
                "integrationSubtype": made.integration_subtype,
                "httpMethod": made.integration_method,
                "uri": made.integration_uri,
                "credentials": made.credentials_arn,
                "connectionType": made.connection_type,
                "connectionId": made.connection_id,
                "requestParameters": made.request_parameters,
                "responseParameters": made.response_parameters,
                "timeoutInMillis": made.timeout_in_millis,
            }
        )
    return told


def _scheme(authorizer: Any, own: bool) -> dict[str, Any]:
    jwt = authorizer.jwt_config or {}
    if jwt:
        told: dict[str, Any] = {"type": "oauth2", "flows": {}}
    else:
        told = {"type": "apiKey", "name": "Authorization", "in": "header"}
    if not own:
        return told
    source = authorizer.identity_source
    told["x-amazon-apigateway-authorizer"] = merged(
        {
            "type": "jwt" if jwt else "request",
            "identitySource": ",".join(source) if isinstance(source, list) else source,
            "jwtConfiguration": {name[0].lower() + name[1:]: each for name, each in jwt.items()},
            "authorizerUri": authorizer.authorizer_uri,
            "authorizerCredentials": authorizer.auth_creds_arn,
            "authorizerPayloadFormatVersion": authorizer.auth_payload_format_version,
            "authorizerResultTtlInSeconds": authorizer.auth_result_ttl,
            "enableSimpleResponses": authorizer.enable_simple_response,
        }
    )
    return told
