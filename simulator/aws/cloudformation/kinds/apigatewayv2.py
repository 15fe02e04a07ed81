"""HTTP and WebSocket APIs: routes, integrations, authorisers, stages."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from simulator.aws.cloudformation.kinds.base import Job, Kind, is_gone
from simulator.aws.cloudformation.transforms import fetch

_API: tuple[str, ...] = ("ApiKeySelectionExpression", "CorsConfiguration", "Description")
_API += ("DisableExecuteApiEndpoint", "DisableSchemaValidation", "IpAddressType", "Name")
_API += ("RouteSelectionExpression", "Version")


class Api(Kind):
    """AWS::ApiGatewayV2::Api."""

    def create(self, job: Job) -> str:
        """CreateApi, or ImportApi where there is a document."""
        client = job.client("apigatewayv2")
        body = self._document(job)
        options = {name: job.get(name) for name in _API if job.get(name) is not None}
        for name in ("RouteKey", "Target", "CredentialsArn"):
            if job.get(name) is not None:
                options[name] = job.get(name)
        tags = _tags(job)
        if body is not None:
            made = client.import_api(Body=body, FailOnWarnings=bool(job.get("FailOnWarnings")))
            changes = {n: v for n, v in options.items() if n in _API}
            if changes:
                client.update_api(ApiId=made["ApiId"], **changes)
            if tags:
                arn = f"arn:aws:apigateway:{job.stack.region_name}::/apis/{made['ApiId']}"
                client.tag_resource(ResourceArn=arn, Tags=tags)
        else:
            made = client.create_api(
                ProtocolType=job.get("ProtocolType", "HTTP"), Tags=tags, **options
            )
        api_id = str(made["ApiId"])
        job.attributes.update({"ApiId": api_id, "ApiEndpoint": made.get("ApiEndpoint", "")})
        arn = f"arn:aws:execute-api:{job.stack.region_name}:{job.stack.account_id}:{api_id}"
        job.attributes["ExecuteApiArn"] = arn
        return api_id

    def _document(self, job: Job) -> str | None:
        body, place = job.get("Body"), job.get("BodyS3Location")
        if body is None and place is not None:
            return fetch(job.stack, f"s3://{place['Bucket']}/{place['Key']}")
        return body if body is None or isinstance(body, str) else json.dumps(body)

    def update(self, job: Job) -> None:
        """UpdateApi, and ReimportApi where the document has changed."""
        client = job.client("apigatewayv2")
        body = self._document(job)
        if body is not None and job.changed("Body", "BodyS3Location"):
            client.reimport_api(ApiId=job.physical_id, Body=body)
        options = {name: job.get(name) for name in _API if job.get(name) is not None}
        if options:
            client.update_api(ApiId=job.physical_id, **options)

    def delete(self, job: Job) -> None:
        """DeleteApi."""
        job.client("apigatewayv2").delete_api(ApiId=job.physical_id)

    def read(self, job: Job) -> dict[str, Any]:
        """GetApi."""
        found = job.client("apigatewayv2").get_api(ApiId=job.physical_id)
        return {name: found[name] for name in (*_API, "ProtocolType") if name in found}


def _tags(job: Job) -> dict[str, str]:
    return job.tags()


class _Part(Kind):
    """A part of an API, made, changed and deleted by calls named after it."""

    noun: ClassVar[str]
    id_name: ClassVar[str]

    def _options(self, job: Job) -> dict[str, Any]:
        return {n: v for n, v in job.properties.items() if n != "Tags" and v is not None}

    def create(self, job: Job) -> str:
        """Create it by its own call."""
        made = getattr(job.client("apigatewayv2"), f"create_{self.noun}")(**self._options(job))
        found = str(made[self.id_name])
        job.attributes[self.id_name] = found
        return found

    def update(self, job: Job) -> None:
        """Update it by its own call."""
        getattr(job.client("apigatewayv2"), f"update_{self.noun}")(
            **{self.id_name: job.physical_id}, **self._options(job)
        )

    def delete(self, job: Job) -> None:
        """Delete it by its own call; with its API it is gone already."""
        try:
            getattr(job.client("apigatewayv2"), f"delete_{self.noun}")(
                ApiId=job.get("ApiId"), **{self.id_name: job.physical_id}
            )
        except Exception as error:
            if not is_gone(error):
                raise


class Route(_Part):
    """AWS::ApiGatewayV2::Route."""

    noun, id_name = "route", "RouteId"


class Integration(_Part):
    """AWS::ApiGatewayV2::Integration."""

    noun, id_name = "integration", "IntegrationId"

    def _options(self, job: Job) -> dict[str, Any]:
        options = super()._options(job)
        responses = options.get("ResponseParameters")
        if isinstance(responses, dict):
            options["ResponseParameters"] = {
                status: {
                    each["Destination"]: each["Source"] for each in entry["ResponseParameters"]
                }
                if "ResponseParameters" in entry
                else entry
                for status, entry in responses.items()
            }
        return options


class Authorizer(_Part):
    """AWS::ApiGatewayV2::Authorizer."""

    noun, id_name = "authorizer", "AuthorizerId"

    def _options(self, job: Job) -> dict[str, Any]:
        options = super()._options(job)
        options.setdefault("IdentitySource", [])
        return options


class Model(_Part):
    """AWS::ApiGatewayV2::Model."""

    noun, id_name = "model", "ModelId"

    def _options(self, job: Job) -> dict[str, Any]:
        options = super()._options(job)
        if not isinstance(options.get("Schema"), str):
            options["Schema"] = json.dumps(options.get("Schema") or {})
        return options


class RouteResponse(_Part):
    """AWS::ApiGatewayV2::RouteResponse."""

    noun, id_name = "route_response", "RouteResponseId"

    def delete(self, job: Job) -> None:
        """DeleteRouteResponse."""
        try:
            job.client("apigatewayv2").delete_route_response(
                ApiId=job.get("ApiId"),
                RouteId=job.get("RouteId"),
                RouteResponseId=job.physical_id,
            )
        except Exception as error:
            if not is_gone(error):
                raise


class IntegrationResponse(_Part):
    """AWS::ApiGatewayV2::IntegrationResponse."""

    noun, id_name = "integration_response", "IntegrationResponseId"

    def delete(self, job: Job) -> None:
        """DeleteIntegrationResponse."""
        try:
            job.client("apigatewayv2").delete_integration_response(
                ApiId=job.get("ApiId"),
                IntegrationId=job.get("IntegrationId"),
                IntegrationResponseId=job.physical_id,
            )
        except Exception as error:
            if not is_gone(error):
                raise


class Deployment(_Part):
    """AWS::ApiGatewayV2::Deployment."""

    noun, id_name = "deployment", "DeploymentId"


class Stage(_Part):
    """AWS::ApiGatewayV2::Stage."""

    noun, id_name = "stage", "StageName"

    def _options(self, job: Job) -> dict[str, Any]:
        options = super()._options(job)
        if job.resource.physical_id is None:
            options["Tags"] = job.tags()
        options.pop("AccessPolicyId", None)
        return options

    def update(self, job: Job) -> None:
        """UpdateStage."""
        job.client("apigatewayv2").update_stage(**self._options(job))

    def create(self, job: Job) -> str:
        """CreateStage."""
        job.client("apigatewayv2").create_stage(**self._options(job))
        return str(job.get("StageName"))


class DomainName(Kind):
    """AWS::ApiGatewayV2::DomainName."""

    def create(self, job: Job) -> str:
        """CreateDomainName."""
        made = job.client("apigatewayv2").create_domain_name(
            DomainName=job.get("DomainName"),
            DomainNameConfigurations=job.get("DomainNameConfigurations") or [],
            Tags=job.tags(),
        )
        for each in made.get("DomainNameConfigurations") or ():
            job.attributes["RegionalDomainName"] = each.get("ApiGatewayDomainName", "")
            job.attributes["RegionalHostedZoneId"] = each.get("HostedZoneId", "")
        return str(job.get("DomainName"))

    def delete(self, job: Job) -> None:
        """DeleteDomainName."""
        job.client("apigatewayv2").delete_domain_name(DomainName=job.physical_id)


class ApiMapping(Kind):
    """AWS::ApiGatewayV2::ApiMapping."""

    def create(self, job: Job) -> str:
        """CreateApiMapping."""
        options = {n: v for n, v in job.properties.items() if v is not None}
        made = job.client("apigatewayv2").create_api_mapping(**options)
        job.attributes["ApiMappingId"] = made["ApiMappingId"]
        return str(made["ApiMappingId"])

    def delete(self, job: Job) -> None:
        """DeleteApiMapping."""
        job.client("apigatewayv2").delete_api_mapping(
            ApiMappingId=job.physical_id, DomainName=job.get("DomainName")
        )


KINDS: dict[str, type[Kind]] = {
    "AWS::ApiGatewayV2::Api": Api,
    "AWS::ApiGatewayV2::ApiMapping": ApiMapping,
    "AWS::ApiGatewayV2::Authorizer": Authorizer,
    "AWS::ApiGatewayV2::Deployment": Deployment,
    "AWS::ApiGatewayV2::DomainName": DomainName,
    "AWS::ApiGatewayV2::Integration": Integration,
    "AWS::ApiGatewayV2::IntegrationResponse": IntegrationResponse,
    "AWS::ApiGatewayV2::Model": Model,
    "AWS::ApiGatewayV2::Route": Route,
    "AWS::ApiGatewayV2::RouteResponse": RouteResponse,
    "AWS::ApiGatewayV2::Stage": Stage,
}
