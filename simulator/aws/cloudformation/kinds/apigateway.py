"""REST APIs: what they are made of, their stages, keys and plans."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from simulator.aws.cloudformation.kinds.apidomains import BasePathMapping, DomainName
from simulator.aws.cloudformation.kinds.apigateway_base import given
from simulator.aws.cloudformation.kinds.apikeys import Account, ApiKey, UsagePlan, UsagePlanKey
from simulator.aws.cloudformation.kinds.apistages import Deployment, Stage
from simulator.aws.cloudformation.kinds.base import Job, Kind, is_gone, low, lowered
from simulator.aws.cloudformation.transforms import fetch


class _Part(Kind):
    """A part of a REST API, made and deleted by calls named after it."""

    noun: ClassVar[str]
    id_name: ClassVar[str]
    members: ClassVar[tuple[str, ...]] = ()
    raw: ClassVar[tuple[str, ...]] = ()
    attribute_name: ClassVar[str] = ""

    def _api(self, job: Job) -> dict[str, str]:
        return {"restApiId": str(job.get("RestApiId"))}

    def _options(self, job: Job) -> dict[str, Any]:
        options = given(job, *self.members)
        options.update({low(n): job.get(n) for n in self.raw if job.get(n) is not None})
        return options

    def create(self, job: Job) -> str:
        """Create it by its own call."""
        call = getattr(job.client("apigateway"), f"create_{self.noun}")
        made = call(**self._api(job), **self._options(job))
        found = str(made["id"])
        if self.attribute_name:
            job.attributes[self.attribute_name] = found
        return found

    def replaces(self, job: Job) -> bool:
        """What the API can change only by patches is made anew; nothing else refers to it."""
        return job.properties != job.before

    def delete(self, job: Job) -> None:
        """Delete it by its own call."""
        call = getattr(job.client("apigateway"), f"delete_{self.noun}")
        call(**self._api(job), **{self.id_name: job.physical_id})


# Properties that an update puts by a path, and what they are where the template is silent.
_SETTINGS = (
    ("ApiKeySourceType", "/apiKeySource", "HEADER"),
    ("DisableExecuteApiEndpoint", "/disableExecuteApiEndpoint", "false"),
    ("MinimumCompressionSize", "/minimumCompressionSize", ""),
)


class RestApi(Kind):
    """AWS::ApiGateway::RestApi."""

    seconds = 2.0

    def create(self, job: Job) -> str:
        """CreateRestApi, and PutRestApi where there is a document."""
        client, document = job.client("apigateway"), self._document(job)
        title = ((document or {}).get("info") or {}).get("title")
        name = job.get("Name") or title
        if not name:
            raise job.fail("Rest API name is required: give it a Name, or a Body with a title")
        options = given(
            job, "ApiKeySourceType", "BinaryMediaTypes", "Description", "EndpointConfiguration"
        )
        if "apiKeySourceType" in options:
            options["apiKeySource"] = options.pop("apiKeySourceType")
        options.update(given(job, "MinimumCompressionSize", "DisableExecuteApiEndpoint"))
        if "binaryMediaTypes" in options:
            options["binaryMediaTypes"] = _media_types(job.properties)
        if job.get("Policy") is not None:
            options["policy"] = json.dumps(job.get("Policy"))
        types = (job.get("Parameters") or {}).get("endpointConfigurationTypes")
        if types:
            options.setdefault("endpointConfiguration", {"types": [types]})
        made = client.create_rest_api(name=str(name), tags=job.tags(), **options)
        api_id = str(made["id"])
        job.begun(api_id)
        if document is not None:
            self._put(job, api_id, document)
        self._tell(job, api_id)
        return api_id

    def _document(self, job: Job) -> dict[str, Any] | None:
        body, place = job.get("Body"), job.get("BodyS3Location")
        if body is None and place is not None:
            import yaml

            body = yaml.safe_load(fetch(job.stack, f"s3://{place['Bucket']}/{place['Key']}"))
        if isinstance(body, str):
            body = json.loads(body)
        return body  # type: ignore[no-any-return]

    def _put(self, job: Job, api_id: str, document: dict[str, Any]) -> None:
        # A name or description of the template's outranks the document's.
        info = dict(document.get("info") or {})
        info.setdefault("title", job.get("Name") or "Untitled")
        for member, name in (("title", "Name"), ("description", "Description")):
            if job.get(name):
                info[member] = job.get(name)
        job.client("apigateway").put_rest_api(
            restApiId=api_id,
            mode=job.get("Mode") or "overwrite",
            failOnWarnings=bool(job.get("FailOnWarnings")),
            body=json.dumps({**document, "info": info}),
        )

    def _tell(self, job: Job, api_id: str) -> None:
        items = job.client("apigateway").get_resources(restApiId=api_id, limit=500)["items"]
        root = next(each["id"] for each in items if each["path"] == "/")
        job.attributes.update({"RestApiId": api_id, "RootResourceId": root})

    def update(self, job: Job) -> None:
        """UpdateRestApi, and PutRestApi where the document has changed."""
        client, api_id = job.client("apigateway"), job.physical_id
        changes = []
        for name, path in (("Name", "/name"), ("Description", "/description")):
            if job.changed(name) and job.get(name):
                changes.append({"op": "replace", "path": path, "value": str(job.get(name))})
        if job.changed("Policy"):
            policy = json.dumps(job.get("Policy")) if job.get("Policy") else ""
            changes.append({"op": "replace", "path": "/policy", "value": policy})
        changes += self._settings(job)
        if changes:
            client.update_rest_api(restApiId=api_id, patchOperations=changes)
        document = self._document(job)
        if document is not None and job.changed("Body", "BodyS3Location", "Name", "Description"):
            self._put(job, api_id, document)
        self._tell(job, api_id)

    def _settings(self, job: Job) -> list[dict[str, str]]:
        found = []
        for name, path, plain in _SETTINGS:
            if job.changed(name):
                value = str(job.get(name, plain)).lower() if plain == "false" else job.get(name)
                found.append({"op": "replace", "path": path, "value": str(value or plain)})
        now, then = _media_types(job.properties), _media_types(job.before)
        for op, kinds, others in (("add", now, then), ("remove", then, now)):
            for kind in [each for each in kinds if each not in others]:
                path = f"/binaryMediaTypes/{kind.replace('~', '~0').replace('/', '~1')}"
                found.append({"op": op, "path": path})
        types = (job.get("EndpointConfiguration") or {}).get("Types")
        if types and job.changed("EndpointConfiguration"):
            place = "/endpointConfiguration/types/0"
            found.append({"op": "replace", "path": place, "value": types[0]})
        return found

    def delete(self, job: Job) -> None:
        """DeleteRestApi."""
        job.client("apigateway").delete_rest_api(restApiId=job.physical_id)

    def read(self, job: Job) -> dict[str, Any]:
        """GetRestApi."""
        found = job.client("apigateway").get_rest_api(restApiId=job.physical_id)
        return {"Name": found["name"], "Description": found.get("description", "")}


def _media_types(properties: dict[str, Any]) -> list[str]:
    """The binary media types; a template writes image~1png for image/png."""
    kinds = properties.get("BinaryMediaTypes") or ()
    return [str(kind).replace("~1", "/").replace("~0", "~") for kind in kinds]


class Resource(_Part):
    """AWS::ApiGateway::Resource."""

    noun, id_name, attribute_name = "resource", "resourceId", "ResourceId"
    members = ("ParentId", "PathPart")


class Model(_Part):
    """AWS::ApiGateway::Model."""

    noun, id_name = "model", "modelName"

    def create(self, job: Job) -> str:
        """CreateModel."""
        name = str(job.get("Name") or job.name(64).replace("-", ""))
        self._put(job, name)
        return name

    def _put(self, job: Job, name: str) -> None:
        schema = job.get("Schema")
        job.client("apigateway").create_model(
            **self._api(job),
            name=name,
            contentType=job.get("ContentType", "application/json"),
            schema=schema if isinstance(schema, str) else json.dumps(schema or {}),
            **given(job, "Description"),
        )

    def replaces(self, job: Job) -> bool:
        """Only another name, or another API, is another model."""
        return job.changed("ContentType", "Name", "RestApiId")

    def update(self, job: Job) -> None:
        """Another schema: the model is put anew, by its name."""
        self.delete(job)
        self._put(job, job.physical_id)


class _Patched(_Part):
    """A part that can be changed as it stands, each member by its path."""

    def replaces(self, job: Job) -> bool:
        """What AWS's schema says."""
        return Kind.replaces(self, job)

    def update(self, job: Job) -> None:
        """Replace each member that has changed."""
        changes = []
        for name in [name for name in self.members if job.changed(name)]:
            value = job.get(name, "")
            text = str(value).lower() if isinstance(value, bool) else str(value)
            changes.append({"op": "replace", "path": f"/{low(name)}", "value": text})
        if changes:
            call = getattr(job.client("apigateway"), f"update_{self.noun}")
            part = {self.id_name: job.physical_id}
            call(**self._api(job), **part, patchOperations=changes)


class RequestValidator(_Patched):
    """AWS::ApiGateway::RequestValidator."""

    noun, id_name = "request_validator", "requestValidatorId"
    attribute_name = "RequestValidatorId"
    members = ("Name", "ValidateRequestBody", "ValidateRequestParameters")


class Authorizer(_Patched):
    """AWS::ApiGateway::Authorizer."""

    noun, id_name, attribute_name = "authorizer", "authorizerId", "AuthorizerId"
    members: ClassVar[tuple[str, ...]] = (
        "AuthType",
        "AuthorizerCredentials",
        "AuthorizerResultTtlInSeconds",
    )
    members += ("AuthorizerUri", "IdentitySource", "IdentityValidationExpression", "Name", "Type")

    def _options(self, job: Job) -> dict[str, Any]:
        options = super()._options(job)
        if job.get("ProviderARNs"):
            options["providerARNs"] = job.get("ProviderARNs")
        return options


class GatewayResponse(Kind):
    """AWS::ApiGateway::GatewayResponse."""

    def create(self, job: Job) -> str:
        """PutGatewayResponse."""
        self.update(job)
        job.attributes["Id"] = f"{job.get('RestApiId')}|{job.get('ResponseType')}"
        return str(job.attributes["Id"])

    def update(self, job: Job) -> None:
        """PutGatewayResponse."""
        options: dict[str, Any] = {}
        for name in ("ResponseParameters", "ResponseTemplates", "StatusCode"):
            if job.get(name) is not None:
                options[low(name)] = job.get(name)
        job.client("apigateway").put_gateway_response(
            restApiId=job.get("RestApiId"), responseType=job.get("ResponseType"), **options
        )

    def delete(self, job: Job) -> None:
        """DeleteGatewayResponse."""
        job.client("apigateway").delete_gateway_response(
            restApiId=job.get("RestApiId"), responseType=job.get("ResponseType")
        )


class Method(Kind):
    """AWS::ApiGateway::Method: the method, its integration and its responses."""

    def _where(self, job: Job) -> dict[str, str]:
        names = ("RestApiId", "ResourceId", "HttpMethod")
        return {low(name): str(job.get(name)) for name in names}

    def create(self, job: Job) -> str:
        """PutMethod, PutIntegration, and their responses."""
        client, where = job.client("apigateway"), self._where(job)
        options = given(job, "ApiKeyRequired", "AuthorizationScopes", "AuthorizerId")
        options.update(given(job, "OperationName", "RequestValidatorId"))
        for name in ("RequestModels", "RequestParameters"):
            if job.get(name) is not None:
                options[low(name)] = job.get(name)
        for name, value in (options.get("requestParameters") or {}).items():
            options["requestParameters"][name] = str(value).lower() == "true"
        client.put_method(
            **where, authorizationType=job.get("AuthorizationType", "NONE"), **options
        )
        for each in job.get("MethodResponses") or ():
            parameters = each.get("ResponseParameters") or {}
            client.put_method_response(
                **where,
                statusCode=str(each["StatusCode"]),
                responseModels=each.get("ResponseModels") or {},
                responseParameters={n: str(v).lower() == "true" for n, v in parameters.items()},
            )
        if job.get("Integration"):
            self._integration(job, where)
        return job.name(64)

    def _integration(self, job: Job, where: dict[str, str]) -> None:
        client, written = job.client("apigateway"), dict(job.get("Integration"))
        responses = written.pop("IntegrationResponses", None) or ()
        options = {low(name): value for name, value in written.items()}
        if "tlsConfig" in options:
            options["tlsConfig"] = lowered(options["tlsConfig"])
        client.put_integration(**where, **options)
        for each in responses:
            client.put_integration_response(
                **where,
                statusCode=str(each["StatusCode"]),
                selectionPattern=each.get("SelectionPattern", ""),
                responseParameters=each.get("ResponseParameters") or {},
                responseTemplates=each.get("ResponseTemplates") or {},
                **(
                    {"contentHandling": each["ContentHandling"]}
                    if each.get("ContentHandling")
                    else {}
                ),
            )

    def update(self, job: Job) -> None:
        """The method is put anew."""
        self.delete(job)
        self.create(job)

    def delete(self, job: Job) -> None:
        """DeleteMethod."""
        try:
            job.client("apigateway").delete_method(**self._where(job))
        except Exception as error:
            if not is_gone(error):
                raise


KINDS: dict[str, type[Kind]] = {
    "AWS::ApiGateway::Account": Account,
    "AWS::ApiGateway::ApiKey": ApiKey,
    "AWS::ApiGateway::Authorizer": Authorizer,
    "AWS::ApiGateway::BasePathMapping": BasePathMapping,
    "AWS::ApiGateway::Deployment": Deployment,
    "AWS::ApiGateway::DomainName": DomainName,
    "AWS::ApiGateway::GatewayResponse": GatewayResponse,
    "AWS::ApiGateway::Method": Method,
    "AWS::ApiGateway::Model": Model,
    "AWS::ApiGateway::RequestValidator": RequestValidator,
    "AWS::ApiGateway::Resource": Resource,
    "AWS::ApiGateway::RestApi": RestApi,
    "AWS::ApiGateway::Stage": Stage,
    "AWS::ApiGateway::UsagePlan": UsagePlan,
    "AWS::ApiGateway::UsagePlanKey": UsagePlanKey,
}
