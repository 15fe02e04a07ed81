"""A REST API's stage as an OpenAPI document: what GetExport answers.

Source: Amazon API Gateway Developer Guide, "Export a REST API from API Gateway", "OpenAPI
extensions for API Gateway"; API Reference, "GetExport"; OpenAPI Specification 2.0 and 3.0.1.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from simulator.aws.openapi.document import merged

if TYPE_CHECKING:
    from simulator.aws.apigateway.deployed import Deployed

KINDS = ("swagger", "oas30")
EXTENSIONS = frozenset({"integrations", "authorizers", "apigateway", "postman"})

_ANY = "x-amazon-apigateway-any-method"
_PLACES = {"header": "header", "querystring": "query", "path": "path"}
_OWN_KEY = {"type": "apiKey", "name": "x-api-key", "in": "header"}
_MODEL = re.compile(r"https://apigateway\.amazonaws\.com/restapis/[^/]+/models/(.+)")


class Export:
    """One export. `extensions` are those asked for: integrations, authorizers, apigateway (all)."""

    def __init__(self, deployed: Deployed, kind: str, extensions: frozenset[str]) -> None:
        self._deployed = deployed
        self._new = kind == "oas30"
        self._extensions = extensions
        self._used: dict[str, dict[str, Any]] = {}
        names = {each.id: each.name for each in deployed.validators.values()}
        self._validators: dict[str, str] = names

    def document(self, about: Mapping[str, Any], domain: str, stage: str) -> dict[str, Any]:
        """The document; `about` is its info."""
        told: dict[str, Any] = {"openapi": "3.0.1"} if self._new else {"swagger": "2.0"}
        told["info"] = merged(about)
        if self._new:
            default = {"basePath": {"default": f"/{stage}"}}
            told["servers"] = [{"url": f"https://{domain}/{{basePath}}", "variables": default}]
        else:
            told |= {"host": domain, "basePath": f"/{stage}", "schemes": ["https"]}
        told["paths"] = {
            place.path: {_verb(verb): self._operation(m) for verb, m in place.methods.items()}
            for place in sorted(self._deployed.places, key=lambda each: each.path)
            if place.methods
        }
        schemas = {name: self._schema(m.schema) for name, m in self._deployed.models.items()}
        if self._new:
            parts = merged({"schemas": schemas, "securitySchemes": self._used})
            told |= {"components": parts} if parts else {}
        else:
            told |= merged({"securityDefinitions": self._used, "definitions": schemas})
        if "apigateway" in self._extensions:
            told |= self._own()
        return told

    def _has(self, extension: str) -> bool:
        return extension in self._extensions or "apigateway" in self._extensions

    def _own(self) -> dict[str, Any]:
        """What only API Gateway understands."""
        deployed = self._deployed
        own: dict[str, Any] = {}
        if deployed.policy:
            text = deployed.policy
            try:
                own["x-amazon-apigateway-policy"] = json.loads(text)
            except ValueError:
                own["x-amazon-apigateway-policy"] = json.loads(text.replace('\\"', '"'))
        if deployed.gateway_responses:
            own["x-amazon-apigateway-gateway-responses"] = {
                kind: merged(
                    {
                        "statusCode": each.status_code,
                        "responseParameters": each.response_parameters,
                        "responseTemplates": each.response_templates,
                    }
                )
                for kind, each in deployed.gateway_responses.items()
            }
        if deployed.validators:
            own["x-amazon-apigateway-request-validators"] = {
                each.name: {
                    "validateRequestBody": bool(each.validate_request_body),
                    "validateRequestParameters": bool(each.validate_request_parameters),
                }
                for each in deployed.validators.values()
            }
        if deployed.binary_types:
            own["x-amazon-apigateway-binary-media-types"] = list(deployed.binary_types)
        if deployed.key_source not in (None, "HEADER"):
            own["x-amazon-apigateway-api-key-source"] = deployed.key_source
        return own

    def _operation(self, method: Any) -> dict[str, Any]:
        told: dict[str, Any] = {}
        if method.operation_name:
            told["operationId"] = method.operation_name
        told |= self._request(method)
        told["responses"] = {
            status: self._response(status, each)
            for status, each in sorted(method.method_responses.items())
        }
        if not self._new:
            told["produces"] = self._produced(method)
        if security := self._security(method):
            told["security"] = security
        if str(method.authorization_type).upper() == "AWS_IAM" and self._has("authorizers"):
            told["x-amazon-apigateway-auth"] = {"type": "AWS_IAM"}
        validator = self._validators.get(method.request_validator_id)
        if validator and "apigateway" in self._extensions:
            told["x-amazon-apigateway-request-validator"] = validator
        if self._has("integrations") and method.method_integration is not None:
            told["x-amazon-apigateway-integration"] = integration(method.method_integration)
        return told

    @staticmethod
    def _produced(method: Any) -> list[str]:
        kinds = [k for r in method.method_responses.values() for k in r.response_models or ()]
        return sorted(set(kinds)) or ["application/json"]

    def _request(self, method: Any) -> dict[str, Any]:
        parameters: list[dict[str, Any]] = []
        for name, required in (method.request_parameters or {}).items():
            _, _, place, parameter = name.split(".", 3)
            kind: dict[str, Any] = {"type": "string"}
            parameters.append(
                {
                    "name": parameter,
                    "in": _PLACES[place],
                    "required": place == "path" or str(required).lower() == "true",
                    **({"schema": kind} if self._new else kind),
                }
            )
        told: dict[str, Any] = {}
        models = method.request_models or {}
        if self._new and models:
            content = {kind: {"schema": self._reference(name)} for kind, name in models.items()}
            told["requestBody"] = {"content": content, "required": True}
        elif models:
            told["consumes"] = list(models)
            name = next(iter(models.values()))
            body = {"in": "body", "name": name, "required": True, "schema": self._reference(name)}
            parameters.append(body)
        return {**({"parameters": parameters} if parameters else {}), **told}

    def _response(self, status: str, response: Any) -> dict[str, Any]:
        told: dict[str, Any] = {"description": f"{status} response"}
        kind: dict[str, Any] = {"type": "string"}
        headers = {
            name.removeprefix("method.response.header."): {"schema": kind} if self._new else kind
            for name in response.response_parameters or {}
        }
        if headers:
            told["headers"] = headers
        models = response.response_models or {}
        if self._new:
            content = {kind: {"schema": self._reference(name)} for kind, name in models.items()}
            told["content"] = content
        elif models:
            told["schema"] = self._reference(next(iter(models.values())))
        return told

    def _reference(self, name: str) -> dict[str, str]:
        return {"$ref": f"#/{'components/schemas' if self._new else 'definitions'}/{name}"}

    def _schema(self, text: Any) -> Any:
        try:
            return self._linked(json.loads(text or "{}"))
        except ValueError:
            return {}

    def _linked(self, schema: Any) -> Any:
        """A schema whose references stay in the document."""
        if isinstance(schema, list):
            return [self._linked(each) for each in schema]
        if not isinstance(schema, dict):
            return schema
        found = {name: self._linked(each) for name, each in schema.items()}
        if isinstance(found.get("$ref"), str) and (model := _MODEL.fullmatch(found["$ref"])):
            found |= self._reference(model[1])
        found.pop("$schema", None)
        return found

    def _security(self, method: Any) -> list[dict[str, list[str]]]:
        wanted: list[dict[str, list[str]]] = []
        if method.api_key_required:
            self._used["api_key"] = dict(_OWN_KEY)
            wanted.append({"api_key": []})
        authorizer = self._deployed.authorizers.get(method.authorizer_id)
        if authorizer is not None:
            self._used[authorizer.name] = self._scheme(authorizer)
            wanted.append({authorizer.name: list(method.authorization_scopes or ())})
        elif str(method.authorization_type).upper() == "AWS_IAM" and self._has("authorizers"):
            sigv4 = {"type": "apiKey", "name": "Authorization", "in": "header"}
            self._used["sigv4"] = {**sigv4, "x-amazon-apigateway-authtype": "awsSigv4"}
            wanted.append({"sigv4": []})
        return wanted

    def _scheme(self, authorizer: Any) -> dict[str, Any]:
        kind = str(authorizer.type or "TOKEN").upper()
        source = str(authorizer.identity_source or "")
        name = source.rpartition(".")[2] if kind != "REQUEST" and source else "Unused"
        told: dict[str, Any] = {"type": "apiKey", "name": name, "in": "header"}
        if not self._has("authorizers"):
            return told
        pool = kind == "COGNITO_USER_POOLS"
        told["x-amazon-apigateway-authtype"] = "cognito_user_pools" if pool else "custom"
        told["x-amazon-apigateway-authorizer"] = merged(
            {
                "type": kind.lower(),
                "authorizerUri": authorizer.authorizer_uri,
                "authorizerCredentials": authorizer.authorizer_credentials,
                "identitySource": source if kind == "REQUEST" else None,
                "identityValidationExpression": authorizer.identity_validation_expression,
                "authorizerResultTtlInSeconds": authorizer.authorizer_result_ttl,
                "providerARNs": list(authorizer.provider_arns or ()) or None,
            }
        )
        return told


def integration(made: Any) -> dict[str, Any]:
    """x-amazon-apigateway-integration, of an integration of moto's."""
    responses = {}
    for each in (made.integration_responses or {}).values():
        responses[each.selection_pattern or "default"] = merged(
            {
                "statusCode": str(each.status_code),
                "responseParameters": each.response_parameters,
                "responseTemplates": each.response_templates,
                "contentHandling": each.content_handling,
            }
        )
    return merged(
        {
            "type": str(made.integration_type).lower(),
            "httpMethod": made.http_method,
            "uri": made.uri,
            "credentials": made.credentials,
            "responses": responses,
            "requestParameters": made.request_parameters,
            "requestTemplates": made.request_templates,
            "passthroughBehavior": str(made.passthrough_behaviour or "WHEN_NO_MATCH").lower(),
            "contentHandling": made.content_handling,
            "timeoutInMillis": made.timeout_in_millis,
            "cacheNamespace": made.cache_namespace,
            "cacheKeyParameters": list(made.cache_key_parameters or ()) or None,
            "connectionType": "VPC_LINK" if made.connection_type == "VPC_LINK" else None,
        }
    )


def _verb(verb: str) -> str:
    return _ANY if verb == "ANY" else verb.lower()


def as_text(document: Mapping[str, Any], media_type: str) -> str:
    """The document as JSON, or as YAML where that is asked for."""
    if "yaml" not in media_type.lower():
        return json.dumps(document, indent=2)
    import yaml  # late: it is slow to come

    return str(yaml.safe_dump(document, sort_keys=False))
