"""Patch operations on parts of a REST API (API Gateway API Reference, "PATCH operations")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moto.apigateway.exceptions import BadRequestException

METHOD = {
    "apiKeyRequired": "api_key_required",
    "authorizationScopes": "authorization_scopes",
    "authorizationType": "authorization_type",
    "authorizerId": "authorizer_id",
    "operationName": "operation_name",
    "requestModels": "request_models",
    "requestParameters": "request_parameters",
    "requestValidatorId": "request_validator_id",
}
METHOD_RESPONSE = {
    "responseModels": "response_models",
    "responseParameters": "response_parameters",
}
INTEGRATION = {
    "cacheKeyParameters": "cache_key_parameters",
    "cacheNamespace": "cache_namespace",
    "connectionType": "connection_type",
    "contentHandling": "content_handling",
    "credentials": "credentials",
    "httpMethod": "http_method",
    "passthroughBehavior": "passthrough_behaviour",
    "requestParameters": "request_parameters",
    "requestTemplates": "request_templates",
    "timeoutInMillis": "timeout_in_millis",
    "type": "integration_type",
    "uri": "uri",
}
INTEGRATION_RESPONSE = {
    "contentHandling": "content_handling",
    "responseParameters": "response_parameters",
    "responseTemplates": "response_templates",
    "selectionPattern": "selection_pattern",
}
GATEWAY_RESPONSE = {
    "responseParameters": "response_parameters",
    "responseTemplates": "response_templates",
    "statusCode": "status_code",
}
MODEL = {"description": "description", "schema": "schema"}
RESOURCE = {"parentId": "parent_id", "pathPart": "path_part"}
DOMAIN_NAME = {
    "certificateArn": "certificate_arn",
    "certificateName": "certificate_name",
    "regionalCertificateArn": "regional_certificate_arn",
    "regionalCertificateName": "regional_certificate_name",
    "securityPolicy": "security_policy",
}
DEPLOYMENT = {"description": "description"}

_MAPS = ("Models", "Parameters", "Templates")
_LISTS = ("authorizationScopes", "cacheKeyParameters")
_BOOLEANS = ("apiKeyRequired",)


def patch(thing: Any, operations: Sequence[Mapping[str, Any]], fields: Mapping[str, str]) -> None:
    """Apply operations to a thing of moto's; `fields` has AWS's names and its attributes.

    Raises BadRequestException for a path or an operation that there is not.
    """
    for operation in operations:
        action, path = str(operation.get("op")), str(operation.get("path"))
        name, _, key = path.lstrip("/").partition("/")
        key = key.replace("~1", "/").replace("~0", "~")
        value = operation.get("value")
        attribute = fields.get(name)
        if attribute is None:
            told = f"Invalid patch path '{path}' specified for op '{action}'."
            raise BadRequestException(f"{told} Must be one of: [/{', /'.join(fields)}]")
        if action not in ("add", "replace", "remove"):
            raise BadRequestException(f"Invalid patch operation specified: {action}")
        if name.endswith(_MAPS) and key:
            _in_map(thing, attribute, action, key, value)
        elif name in _LISTS:
            _in_list(thing, attribute, action, value or key)
        elif action == "remove":
            setattr(thing, attribute, {} if name.endswith(_MAPS) else None)
        elif name in _BOOLEANS:
            setattr(thing, attribute, str(value).lower() == "true")
        else:
            setattr(thing, attribute, value)


def _in_map(thing: Any, attribute: str, action: str, key: str, value: Any) -> None:
    entries = dict(getattr(thing, attribute) or {})
    if action == "remove":
        entries.pop(key, None)
    elif key.startswith("method.") and str(value).lower() in ("true", "false", ""):
        entries[key] = str(value).lower() == "true"  # whether a parameter must be there
    else:
        entries[key] = value
    setattr(thing, attribute, entries)


def _in_list(thing: Any, attribute: str, action: str, value: Any) -> None:
    entries = [each for each in getattr(thing, attribute) or [] if each != value]
    if action != "remove":
        entries.append(value)
    setattr(thing, attribute, entries)
