"""Macros: AWS SAM, AWS::Include, the language extensions, and macros that are functions.

Source: AWS CloudFormation User Guide, "Transform reference", "AWS::LanguageExtensions transform",
"Perform custom processing on CloudFormation templates with template macros".
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from botocore.exceptions import ClientError
from moto.moto_api._internal import mock_random

from simulator.aws.cloudformation import template as templates
from simulator.aws.cloudformation.exceptions import invalid
from simulator.aws.cloudformation.language import LANGUAGE, extend

if TYPE_CHECKING:
    from simulator.aws.cloudformation.stack import Stack

SERVERLESS = "AWS::Serverless-2016-10-31"


def expand(stack: Stack, template: dict[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """`template` with its macros expanded. Raises ValidationError where one fails."""
    template = _expand_within(stack, template, template, values)
    declared = template.pop("Transform", None) or []
    for macro in [declared] if isinstance(declared, (str, Mapping)) else declared:
        name, options = (
            (macro, {}) if isinstance(macro, str) else (macro["Name"], macro.get("Parameters", {}))
        )
        if name == SERVERLESS:
            template = _serverless(stack, template, values)
        elif name == LANGUAGE:
            template = extend(template, values)
        elif name == "AWS::Include":
            template = {**template, **_included(stack, options)}
        else:
            template = _by_function(stack, str(name), template, options, template, values)
    return template


def _expand_within(stack: Stack, value: Any, whole: Any, values: Mapping[str, Any]) -> Any:
    """Every Fn::Transform within a value, the innermost first."""
    if isinstance(value, list):
        return [_expand_within(stack, each, whole, values) for each in value]
    if not isinstance(value, dict):
        return value
    found = {name: _expand_within(stack, each, whole, values) for name, each in value.items()}
    macro = found.pop("Fn::Transform", None)
    if macro is None:
        return found
    options = macro.get("Parameters") or {}
    if macro["Name"] == "AWS::Include":
        included = _included(stack, _plain(options, values))
        return {**found, **included} if isinstance(included, dict) else included
    return _by_function(stack, str(macro["Name"]), found, options, whole, values)


def _plain(options: Any, values: Mapping[str, Any]) -> Any:
    """Options that may refer to parameters, and to nothing else."""
    if isinstance(options, dict):
        if list(options) == ["Ref"]:
            return values.get(options["Ref"], options["Ref"])
        if list(options) == ["Fn::Sub"] and isinstance(options["Fn::Sub"], str):
            text = options["Fn::Sub"]
            for name, value in values.items():
                text = text.replace("${" + name + "}", str(value))
            return text
        return {name: _plain(each, values) for name, each in options.items()}
    return options


def _included(stack: Stack, options: Mapping[str, Any]) -> Any:
    location = str(options.get("Location", ""))
    text = fetch(stack, location)
    try:
        return templates.read(text)
    except Exception as error:
        raise invalid(
            f"Transform AWS::Include failed with: The specified file at {location} is neither "
            f"YAML nor JSON: {getattr(error, 'message', error)}"
        ) from None


def fetch(stack: Stack, location: str) -> str:
    """The text of an object of S3 by its address. Raises ValidationError."""
    parts = urlsplit(location)
    host, path = parts.hostname or "", unquote(parts.path.lstrip("/"))
    first = host.split(".")[0]
    in_path = first == "s3" or first.startswith("s3-") or not host.endswith("amazonaws.com")
    if parts.scheme == "s3" or not in_path:
        bucket, key = (host if parts.scheme == "s3" else host.rpartition(".s3")[0]), path
    else:
        bucket, _, key = path.partition("/")
    if not bucket or not key:
        raise invalid(f"S3 error: Access Denied: {location!r} names no object")
    try:
        found = stack.client("s3").get_object(Bucket=bucket, Key=key)
    except ClientError as error:
        told = error.response["Error"]
        raise invalid(
            f"S3 error: {told.get('Message')}\nFor more information check "
            "http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"
        ) from None
    except ValueError as error:  # no bucket's name
        raise invalid(f"TemplateURL must be a supported URL: {error}") from None
    return bytes(found["Body"].read()).decode()


def _serverless(
    stack: Stack, template: dict[str, Any], values: Mapping[str, Any]
) -> dict[str, Any]:
    from types import SimpleNamespace

    from samtranslator.model.exceptions import InvalidDocumentException
    from samtranslator.parser.parser import Parser
    from samtranslator.plugins.application.serverless_app_plugin import ServerlessAppPlugin
    from samtranslator.translator.translator import Translator
    from samtranslator.utils.py27hash_fix import (
        to_py27_compatible_template,
        undo_mark_unicode_str_in_template,
    )

    given = {**values, "AWS::AccountId": stack.account_id, "AWS::StackName": stack.name}
    given["AWS::Region"] = stack.region_name
    # It keeps metrics of its own and warns that nobody has asked for them.
    logging.getLogger("samtranslator.metrics.metrics").setLevel(logging.ERROR)
    template.setdefault("Resources", {})
    to_py27_compatible_template(template, given)
    region: Any = SimpleNamespace(region_name=stack.region_name)
    # Left to itself it would call AWS.
    applications = ServerlessAppPlugin(parameters=given, sar_client_creator=_no_repository)
    translator = Translator(None, Parser(), plugins=[applications], boto_session=region)
    policies: dict[str, str] = {}

    def managed() -> dict[str, str]:
        if not policies:
            policies.update(_managed_policies(stack))
        return policies

    try:
        found = translator.translate(template, given, get_managed_policy_map=managed)
    except InvalidDocumentException as error:
        told = " ".join([error.message, *(cause.message for cause in error.causes)])
        raise invalid(f"Transform {SERVERLESS} failed with: {told}") from None
    processed: dict[str, Any] = undo_mark_unicode_str_in_template(found)
    return json.loads(json.dumps(processed))  # type: ignore[no-any-return]  # its own kinds of text


def _no_repository() -> Any:
    raise invalid(
        f"Transform {SERVERLESS} failed with: an application of the AWS Serverless Application "
        "Repository (serverlessrepo) is not implemented by Paddock; a Location may be a template"
    )


def _managed_policies(stack: Stack) -> dict[str, str]:
    from moto.utilities.utils import get_partition

    from simulator.aws.managed_policies import arns

    partition = get_partition(stack.region_name)
    return {name: f"arn:{partition}:{rest}" for name, rest in arns().items()}


def _by_function(
    stack: Stack,
    name: str,
    fragment: Any,
    options: Any,
    whole: Any,
    values: Mapping[str, Any],
) -> Any:
    """A macro that somebody wrote: a function gets the fragment and gives another."""
    function = stack.backend.macros.get(name)
    if function is None:
        raise invalid(f"No transform named {stack.account_id}::{name} found.")
    request = str(mock_random.uuid4())
    event = {
        "region": stack.region_name,
        "accountId": stack.account_id,
        "fragment": fragment,
        "transformId": f"{stack.account_id}::{name}",
        "params": _plain(options, values),
        "requestId": request,
        "templateParameterValues": dict(values),
    }
    del whole
    answer = stack.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
    body = json.loads(answer["Payload"].read() or b"{}")
    if "FunctionError" in answer or body.get("status", "").lower() != "success":
        told = body.get("errorMessage") or f"Received malformed response from transform {name}"
        raise invalid(f"Transform {stack.account_id}::{name} failed with: {told}")
    return body.get("fragment")
