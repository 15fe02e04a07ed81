"""An OpenAPI document as a REST API: resources, methods, integrations, models, authorisers.

Source: Amazon API Gateway Developer Guide, "Develop REST APIs using OpenAPI in API Gateway",
"OpenAPI extensions for API Gateway"; API Reference, "PutRestApi", "ImportRestApi".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from simulator.aws.apigateway.written import EXTENSION
from simulator.aws.openapi.document import Document, Operation, merged, plain
from simulator.aws.seams import replace
from simulator.kernel.fiber import on_behalf

if TYPE_CHECKING:
    from moto.apigateway.models import APIGatewayBackend, RestAPI

    from simulator.aws.cloud import Cloud


def install(cloud: Cloud) -> None:
    """Put our import in the place of moto's, which knows a part of OpenAPI 3 only."""
    from moto.apigateway import models
    from moto.apigateway.exceptions import (
        InvalidOpenAPIDocumentException,
        InvalidOpenApiDocVersionException,
        InvalidOpenApiModeException,
    )

    def check(document: Mapping[str, Any], fail_on_warnings: bool) -> None:
        version = str(document.get("openapi") or document.get("swagger") or "")
        if version[:1] not in ("2", "3") or ("openapi" in document and version[:1] != "3"):
            raise InvalidOpenApiDocVersionException
        if fail_on_warnings:
            try:
                models.validate(document)
            except models.OpenAPIValidationError as error:
                raise InvalidOpenAPIDocumentException(error) from None

    def put(
        self: APIGatewayBackend,
        function_id: str,
        api_doc: dict[str, Any],
        fail_on_warnings: bool,
        mode: str = "merge",
    ) -> RestAPI:
        if mode not in ("merge", "overwrite"):
            raise InvalidOpenApiModeException
        check(api_doc, fail_on_warnings)
        api = self.get_rest_api(function_id)
        if mode == "overwrite":  # with another root, as on AWS
            api.resources = {}
            api.default = api.add_child("/")
            api.root_resource_id = api.default.id
        client = cloud.session(self.account_id, self.region_name).client("apigateway")
        with on_behalf(unseen=True):
            RestImport(client, function_id, Document(api_doc)).run(overwrite=mode == "overwrite")
        version = (api_doc.get("info") or {}).get("version")
        api.version = str(version) if version is not None else api.version
        return api

    def import_(
        self: APIGatewayBackend, api_doc: dict[str, Any], fail_on_warnings: bool
    ) -> RestAPI:
        check(api_doc, fail_on_warnings)
        info = api_doc.get("info") or {}
        api = self.create_rest_api(
            name=str(info.get("title", "Untitled")), description=str(info.get("description") or "")
        )
        return put(self, api.id, api_doc, fail_on_warnings)

    def delete_deployment(self: RestAPI, deployment_id: str) -> models.Deployment:
        """moto asks whether there is a stage of the name; AWS, whether one stands on it."""
        if deployment_id not in self.deployments:
            raise models.DeploymentNotFoundException
        for stage in self.stages.values():
            canary = getattr(stage, "canary_settings", None) or {}
            if deployment_id in (stage.deployment_id, canary.get("deploymentId")):
                raise models.StageStillActive
        return self.deployments.pop(deployment_id)

    replace(models.RestAPI, "delete_deployment", delete_deployment)
    replace(models.APIGatewayBackend, "put_rest_api", put)
    replace(models.APIGatewayBackend, "import_rest_api", import_)


class RestImport:
    """One import of a document into a REST API, by API Gateway's own calls."""

    def __init__(self, client: Any, api_id: str, document: Document) -> None:
        self._client = client
        self._id = api_id
        self._document = document
        self._resources: dict[str, str] = {}
        self._authorizers: dict[str, tuple[str, str]] = {}
        self._validators: dict[str, str] = {}

    def run(self, *, overwrite: bool) -> None:
        """Make what the document says; with `overwrite`, nothing else is left."""
        if overwrite:
            self._clear()
        found = self._client.get_resources(restApiId=self._id, limit=500)["items"]
        self._resources = {each["path"]: each["id"] for each in found}
        self._settings()
        self._models()
        self._make_authorizers()
        self._make_validators()
        self._gateway_responses()
        for path in self._document.paths:
            resource_id = self._resource(path)
            for operation in self._document.operations(path):
                self._method(resource_id, operation)

    def _clear(self) -> None:
        client, api = self._client, {"restApiId": self._id}
        for each in client.get_authorizers(**api).get("items", ()):
            client.delete_authorizer(**api, authorizerId=each["id"])
        for each in client.get_request_validators(**api).get("items", ()):
            client.delete_request_validator(**api, requestValidatorId=each["id"])

    def _settings(self) -> None:
        written = self._document.written
        changes: list[dict[str, str]] = []
        for path, value in (
            ("/apiKeySource", written.get("x-amazon-apigateway-api-key-source")),
            (
                "/minimumCompressionSize",
                written.get("x-amazon-apigateway-minimum-compression-size"),
            ),
        ):
            if value is not None:
                changes.append({"op": "replace", "path": path, "value": str(value)})
        policy = written.get("x-amazon-apigateway-policy")
        if policy is not None:
            changes.append({"op": "replace", "path": "/policy", "value": json.dumps(policy)})
        for kind in written.get("x-amazon-apigateway-binary-media-types") or ():
            path = "/binaryMediaTypes/" + str(kind).replace("~", "~0").replace("/", "~1")
            changes.append({"op": "add", "path": path})
        if documentation := written.get(EXTENSION):
            body = json.dumps({EXTENSION: documentation}).encode()
            self._client.import_documentation_parts(restApiId=self._id, mode="merge", body=body)
        if changes:
            self._client.update_rest_api(restApiId=self._id, patchOperations=changes)

    def _models(self) -> None:
        there = {m["name"] for m in self._client.get_models(restApiId=self._id).get("items", ())}
        for name, schema in self._document.schemas.items():
            text = json.dumps(self._linked(schema))
            if name in there:
                self._client.delete_model(restApiId=self._id, modelName=name)
            self._client.create_model(
                restApiId=self._id, name=name, contentType="application/json", schema=text
            )

    def _linked(self, schema: Any) -> Any:
        """A schema whose references point to the API's models."""
        if isinstance(schema, list):
            return [self._linked(each) for each in schema]
        if not isinstance(schema, Mapping):
            return schema
        found = {name: self._linked(each) for name, each in schema.items()}
        reference = found.get("$ref")
        if isinstance(reference, str) and reference.startswith("#/"):
            name = reference.rpartition("/")[2]
            found["$ref"] = f"https://apigateway.amazonaws.com/restapis/{self._id}/models/{name}"
        return found

    def _make_authorizers(self) -> None:
        there = self._client.get_authorizers(restApiId=self._id).get("items", ())
        known = {each["name"]: each["id"] for each in there}
        for name, scheme in self._document.security_schemes.items():
            written = scheme.get("x-amazon-apigateway-authorizer")
            if not written:
                continue
            kind = str(written.get("type", "token")).upper()
            options: dict[str, Any] = {"name": name, "type": kind}
            if scheme.get("x-amazon-apigateway-authtype"):
                options["authType"] = str(scheme["x-amazon-apigateway-authtype"])
            for ours, theirs in _AUTHORIZER.items():
                if written.get(ours) is not None:
                    options[theirs] = written[ours]
            if kind != "REQUEST" and "identitySource" not in options and scheme.get("name"):
                options["identitySource"] = f"method.request.header.{scheme['name']}"
            if name in known:
                self._client.delete_authorizer(restApiId=self._id, authorizerId=known[name])
            made = self._client.create_authorizer(restApiId=self._id, **options)
            self._authorizers[name] = (str(made["id"]), kind)

    def _make_validators(self) -> None:
        found = self._client.get_request_validators(restApiId=self._id).get("items", ())
        self._validators = {each["name"]: each["id"] for each in found}
        written = self._document.written.get("x-amazon-apigateway-request-validators") or {}
        for name, options in written.items():
            if name not in self._validators:
                made = self._client.create_request_validator(
                    restApiId=self._id,
                    name=name,
                    validateRequestBody=bool(options.get("validateRequestBody")),
                    validateRequestParameters=bool(options.get("validateRequestParameters")),
                )
                self._validators[name] = made["id"]

    def _gateway_responses(self) -> None:
        written = self._document.written.get("x-amazon-apigateway-gateway-responses") or {}
        for kind, options in written.items():
            named: dict[str, Any] = {
                "responseParameters": plain(options.get("responseParameters")),
                "responseTemplates": plain(options.get("responseTemplates")),
            }
            if options.get("statusCode") is not None:
                named["statusCode"] = str(options["statusCode"])
            self._client.put_gateway_response(
                restApiId=self._id, responseType=kind, **{n: v for n, v in named.items() if v}
            )

    def _resource(self, path: str) -> str:
        path = "/" + path.strip("/")
        if path not in self._resources:
            parent, _, part = path.rpartition("/")
            made = self._client.create_resource(
                restApiId=self._id, parentId=self._resource(parent or "/"), pathPart=part
            )
            self._resources[path] = str(made["id"])
        return self._resources[path]

    def _method(self, resource_id: str, operation: Operation) -> None:
        where = {"restApiId": self._id, "resourceId": resource_id, "httpMethod": operation.verb}
        there = self._client.get_resource(restApiId=self._id, resourceId=resource_id)
        if operation.verb in (there.get("resourceMethods") or {}):
            self._client.delete_method(**where)
        self._client.put_method(**where, **self._method_options(operation))
        for status, response in operation.responses(self._document).items():
            names = response.get("headers") or {}
            headers = {f"method.response.header.{name}": False for name in names}
            self._client.put_method_response(
                **where,
                statusCode=status,
                **({"responseParameters": headers} if headers else {}),
                **({"responseModels": models} if (models := self._models_of(response)) else {}),
            )
        integration = operation.written.get("x-amazon-apigateway-integration")
        if integration:
            self._integration(where, self._document.followed(integration))

    def _models_of(self, response: Mapping[str, Any]) -> dict[str, str]:
        """The models of a response that the document has; Empty says nothing, and is left out."""
        known = self._document.schemas.keys() - {"Empty"}
        found = self._document.models_of(response)
        return {kind: name for kind, name in found.items() if name in known}

    def _method_options(self, operation: Operation) -> dict[str, Any]:
        options: dict[str, Any] = {"authorizationType": "NONE", "apiKeyRequired": False}
        if operation.written.get("operationId"):
            options["operationName"] = str(operation.written["operationId"])
        parameters, models = operation.inputs(self._document)
        options["requestParameters"] = parameters
        options["requestModels"] = models
        validator = operation.written.get(
            "x-amazon-apigateway-request-validator",
            self._document.written.get("x-amazon-apigateway-request-validator"),
        )
        if validator in self._validators:
            options["requestValidatorId"] = self._validators[validator]
        auth = operation.written.get("x-amazon-apigateway-auth") or {}
        if str(auth.get("type", "")).upper() == "AWS_IAM":
            options["authorizationType"] = "AWS_IAM"
        for name, scopes in self._document.security_of(operation):
            scheme = self._document.security_schemes.get(name, {})
            if name in self._authorizers:
                authorizer_id, kind = self._authorizers[name]
                is_pool = kind == "COGNITO_USER_POOLS"
                options["authorizationType"] = "COGNITO_USER_POOLS" if is_pool else "CUSTOM"
                options["authorizerId"] = authorizer_id
                if scopes:
                    options["authorizationScopes"] = scopes
            elif str(scheme.get("x-amazon-apigateway-authtype", "")).lower() == "awssigv4":
                options["authorizationType"] = "AWS_IAM"
            elif scheme.get("type") == "apiKey":
                options["apiKeyRequired"] = True
        return options

    def _integration(self, where: dict[str, str], written: Mapping[str, Any]) -> None:
        kind = str(written.get("type", "")).upper()
        options: dict[str, Any] = {"type": kind}
        for ours, theirs in _INTEGRATION.items():
            if written.get(ours) is not None:
                options[theirs] = written[ours]
        for name in ("requestParameters", "requestTemplates"):
            if written.get(name):
                options[name] = plain(written[name])
        if kind == "MOCK":
            options.pop("uri", None)
        if options.get("passthroughBehavior"):
            options["passthroughBehavior"] = str(options["passthroughBehavior"]).upper()
        self._client.put_integration(**where, **merged(options))
        for pattern, response in (written.get("responses") or {}).items():
            self._client.put_integration_response(
                **where,
                statusCode=str(response.get("statusCode", "200")),
                selectionPattern="" if pattern == "default" else str(pattern),
                responseParameters=plain(response.get("responseParameters")),
                responseTemplates=plain(response.get("responseTemplates")),
                **(
                    {"contentHandling": response["contentHandling"]}
                    if response.get("contentHandling")
                    else {}
                ),
            )


_AUTHORIZER = {
    "authorizerUri": "authorizerUri",
    "authorizerCredentials": "authorizerCredentials",
    "identitySource": "identitySource",
    "identityValidationExpression": "identityValidationExpression",
    "authorizerResultTtlInSeconds": "authorizerResultTtlInSeconds",
    "providerARNs": "providerARNs",
}
_INTEGRATION = {
    "httpMethod": "integrationHttpMethod",
    "uri": "uri",
    "credentials": "credentials",
    "passthroughBehavior": "passthroughBehavior",
    "contentHandling": "contentHandling",
    "timeoutInMillis": "timeoutInMillis",
    "cacheNamespace": "cacheNamespace",
    "cacheKeyParameters": "cacheKeyParameters",
    "connectionId": "connectionId",
    "connectionType": "connectionType",
    "tlsConfig": "tlsConfig",
}
