"""An OpenAPI document as an HTTP API: routes, integrations, authorisers, CORS.

Source: Amazon API Gateway Developer Guide, "Use OpenAPI definitions for HTTP APIs"; API Gateway V2
API Reference, "ImportApi", "ReimportApi".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import yaml

from simulator.aws.openapi.document import Document, Operation, merged, plain
from simulator.aws.seams import replace
from simulator.kernel.fiber import on_behalf

if TYPE_CHECKING:
    from moto.apigatewayv2.models import Api, ApiGatewayV2Backend

    from simulator.aws.cloud import Cloud


def install(cloud: Cloud) -> None:
    """Put our import in the place of moto's, and give ImportApi to it, which it lacks."""
    from moto.apigatewayv2 import models
    from moto.apigatewayv2.exceptions import BadRequestException
    from moto.apigatewayv2.responses import ApiGatewayV2Response

    def read(body: str) -> dict[str, Any]:
        try:
            found = yaml.safe_load(body)
        except yaml.YAMLError as error:
            raise BadRequestException(f"Unable to parse the OpenAPI document: {error}") from None
        if not isinstance(found, dict) or not str(found.get("openapi", "")).startswith("3"):
            raise BadRequestException("Only OpenAPI 3.0 definitions are supported for HTTP APIs")
        return found

    def reimport(self: ApiGatewayV2Backend, api_id: str, body: str, fail_on_warnings: bool) -> Api:
        api = self.get_api(api_id)
        written = read(body)
        if fail_on_warnings:
            _warn(written, BadRequestException)
        client = cloud.session(self.account_id, self.region_name).client("apigatewayv2")
        for part in (api.routes, api.integrations, api.authorizers, api.models):
            part.clear()
        with on_behalf(unseen=True):
            HttpImport(client, api_id, Document(written)).run()
        return api

    def import_api(self: ApiGatewayV2Response) -> tuple[int, dict[str, str], str]:
        """ImportApi."""
        asked = json.loads(self.body)
        written = read(asked.get("body") or "")
        backend = self.apigatewayv2_backend
        session = cloud.session(backend.account_id, backend.region_name)
        client: Any = session.client("apigatewayv2")
        with on_behalf(unseen=True):
            title = str((written.get("info") or {}).get("title") or "Untitled")
            made = client.create_api(Name=title, ProtocolType="HTTP")
        warn = str(self._get_param("failOnWarnings", "false")).lower() == "true"
        reimport(backend, made["ApiId"], asked["body"], warn)
        return 201, {}, json.dumps(backend.get_api(made["ApiId"]).to_json())

    replace(models.ApiGatewayV2Backend, "reimport_api", reimport)
    ApiGatewayV2Response.import_api = import_api  # type: ignore[attr-defined]


def _warn(written: Mapping[str, Any], error: type[Exception]) -> None:
    """Refuse a document that names a schema that it does not have."""
    document = Document(written)
    for path in document.paths:
        for operation in document.operations(path):
            for status, response in (operation.written.get("responses") or {}).items():
                for each in (document.followed(response).get("content") or {}).values():
                    reference = ((each or {}).get("schema") or {}).get("$ref")
                    if reference and reference.rpartition("/")[2] not in document.schemas:
                        where = (
                            f"paths.'{path}'({operation.verb.lower()}).responses.{status}"
                            f".content.schema.{reference}"
                        )
                        raise error(
                            "Warnings found during import:\n\tParse issue: attribute "
                            f"{where} is missing"
                        )


class HttpImport:
    """One import of a document into an HTTP API, by API Gateway's own calls."""

    def __init__(self, client: Any, api_id: str, document: Document) -> None:
        self._client = client
        self._id = api_id
        self._document = document
        self._authorizers: dict[str, tuple[str, str]] = {}

    def run(self) -> None:
        """Make what the document says, in an API that is empty."""
        self._settings()
        self._make_authorizers()
        for path in self._document.paths:
            for operation in self._document.operations(path):
                self._route(path, operation)

    def _settings(self) -> None:
        written = self._document.written
        info = written.get("info") or {}
        options: dict[str, Any] = {}
        for theirs, value in (
            ("Name", info.get("title")),
            ("Description", info.get("description")),
            ("Version", info.get("version")),
        ):
            if value is not None:
                options[theirs] = str(value)
        cors = written.get("x-amazon-apigateway-cors")
        if cors is not None:
            options["CorsConfiguration"] = {
                name[0].upper() + name[1:]: cors[name] for name in _CORS if name in cors
            }
        if options:
            self._client.update_api(ApiId=self._id, **options)

    def _make_authorizers(self) -> None:
        for name, scheme in self._document.security_schemes.items():
            written = scheme.get("x-amazon-apigateway-authorizer")
            if not written:
                continue
            kind = str(written.get("type", "jwt")).upper()
            source = written.get("identitySource") or []
            source = source.split(",") if isinstance(source, str) else source
            options: dict[str, Any] = {
                "Name": name,
                "AuthorizerType": kind,
                "IdentitySource": [each.strip() for each in source],
            }
            if kind == "JWT":
                jwt = written.get("jwtConfiguration") or {}
                options["JwtConfiguration"] = merged(
                    {"Audience": jwt.get("audience"), "Issuer": jwt.get("issuer")}
                )
            for ours, theirs in _AUTHORIZER.items():
                if written.get(ours) is not None:
                    options[theirs] = written[ours]
            if options.get("AuthorizerPayloadFormatVersion") is not None:
                version = options["AuthorizerPayloadFormatVersion"]
                options["AuthorizerPayloadFormatVersion"] = str(version)
            made = self._client.create_authorizer(ApiId=self._id, **options)
            self._authorizers[name] = (str(made["AuthorizerId"]), kind)

    def _route(self, path: str, operation: Operation) -> None:
        key = "$default" if path in ("/$default", "$default") else f"{operation.verb} {path}"
        options: dict[str, Any] = {"RouteKey": key, "AuthorizationScopes": []}
        if operation.written.get("operationId"):
            options["OperationName"] = str(operation.written["operationId"])
        integration = operation.written.get("x-amazon-apigateway-integration")
        if integration:
            made = self._integration(self._document.followed(integration))
            options["Target"] = f"integrations/{made}"
        for name, scopes in self._document.security_of(operation):
            scheme = self._document.security_schemes.get(name, {})
            if name in self._authorizers:
                authorizer_id, kind = self._authorizers[name]
                options["AuthorizationType"] = "JWT" if kind == "JWT" else "CUSTOM"
                options["AuthorizerId"] = authorizer_id
                if scopes:
                    options["AuthorizationScopes"] = scopes
            elif str(scheme.get("x-amazon-apigateway-authtype", "")).lower() == "awssigv4":
                options["AuthorizationType"] = "AWS_IAM"
        self._client.create_route(ApiId=self._id, **options)

    def _integration(self, written: Mapping[str, Any]) -> str:
        options: dict[str, Any] = {
            "IntegrationType": str(written.get("type", "")).upper(),
            "ConnectionType": str(written.get("connectionType", "INTERNET")).upper(),
        }
        for ours, theirs in _INTEGRATION.items():
            if written.get(ours) is not None:
                options[theirs] = written[ours]
        if "PayloadFormatVersion" in options:
            options["PayloadFormatVersion"] = str(options["PayloadFormatVersion"])
        if written.get("requestParameters"):
            options["RequestParameters"] = plain(written["requestParameters"])
        responses = written.get("responseParameters")
        if responses:
            options["ResponseParameters"] = {str(n): plain(each) for n, each in responses.items()}
        made = self._client.create_integration(ApiId=self._id, **options)
        return str(made["IntegrationId"])


_CORS = (
    "allowCredentials",
    "allowHeaders",
    "allowMethods",
    "allowOrigins",
    "exposeHeaders",
    "maxAge",
)
_AUTHORIZER = {
    "authorizerUri": "AuthorizerUri",
    "authorizerCredentials": "AuthorizerCredentialsArn",
    "authorizerResultTtlInSeconds": "AuthorizerResultTtlInSeconds",
    "authorizerPayloadFormatVersion": "AuthorizerPayloadFormatVersion",
    "enableSimpleResponses": "EnableSimpleResponses",
}
_INTEGRATION = {
    "connectionId": "ConnectionId",
    "credentials": "CredentialsArn",
    "httpMethod": "IntegrationMethod",
    "payloadFormatVersion": "PayloadFormatVersion",
    "integrationSubtype": "IntegrationSubtype",
    "subtype": "IntegrationSubtype",
    "timeoutInMillis": "TimeoutInMillis",
    "uri": "IntegrationUri",
}
