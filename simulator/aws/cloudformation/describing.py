"""How stacks, resources and change sets are shown: as the API's structures have them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from simulator.aws.cloudformation import template as templates
from simulator.aws.cloudformation.blueprint import Blueprint
from simulator.aws.cloudformation.changes import ChangeSet
from simulator.aws.cloudformation.exceptions import invalid
from simulator.aws.cloudformation.transforms import SERVERLESS

if TYPE_CHECKING:
    from simulator.aws.cloudformation.kinds.base import StackResource
    from simulator.aws.cloudformation.stack import Stack


def as_json(value: Any) -> str:
    """A processed template as text."""
    return json.dumps(value, default=str)


def pairs(tags: dict[str, str]) -> list[dict[str, str]]:
    """Tags as a list of Key and Value."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def stack(found: Stack) -> dict[str, Any]:
    """A stack, as DescribeStacks has it."""
    shown: dict[str, Any] = {
        **_told(found),
        "Description": found.description,
        "Parameters": found.parameter_list,
        "DisableRollback": found.disable_rollback,
        "NotificationARNs": found.notification_arns,
        "TimeoutInMinutes": found.timeout_in_minutes,
        "Capabilities": found.capabilities,
        "Outputs": found.output_list or None,
        "RoleARN": found.role_arn,
        "RollbackConfiguration": found.monitored or None,
        "RetainExceptOnCreate": found.retain_except_on_create or None,
        "Tags": pairs(found.tags),
        "EnableTerminationProtection": found.enable_termination_protection,
        "ChangeSetId": found.change_set_id,
    }
    return {name: value for name, value in shown.items() if value is not None}


def summary(found: Stack) -> dict[str, Any]:
    """A stack, as ListStacks has it."""
    shown = {**_told(found), "TemplateDescription": found.description}
    return {name: value for name, value in shown.items() if value is not None}


def _told(found: Stack) -> dict[str, Any]:
    """What is told of a stack wherever it is shown."""
    return {
        "StackId": found.stack_id,
        "StackName": found.name,
        "CreationTime": found.creation_time,
        "LastUpdatedTime": found.last_updated_time,
        "DeletionTime": found.deletion_time,
        "StackStatus": found.status,
        "StackStatusReason": found.stack_status_reason,
        "ParentId": found.parent_id,
        "RootId": found.root_id,
        "DriftInformation": found.drift,
    }


def resource_summary(found: StackResource) -> dict[str, Any]:
    """A resource, as ListStackResources has it."""
    shown: dict[str, Any] = {
        "LogicalResourceId": found.logical_id,
        "PhysicalResourceId": found.physical_id or "",
        "ResourceType": found.type,
        "LastUpdatedTimestamp": found.at,
        "ResourceStatus": found.status,
        "ResourceStatusReason": found.reason,
        "DriftInformation": found.drift,
    }
    return {name: value for name, value in shown.items() if value is not None}


def resource(owner: Stack, found: StackResource) -> dict[str, Any]:
    """A resource, as DescribeStackResources has it."""
    shown = resource_summary(found)
    shown["Timestamp"] = shown.pop("LastUpdatedTimestamp")
    return {"StackName": owner.name, "StackId": owner.stack_id, **shown}


def detail(owner: Stack, found: StackResource) -> dict[str, Any]:
    """A resource, as DescribeStackResource has it."""
    shown = {"StackName": owner.name, "StackId": owner.stack_id, **resource_summary(found)}
    metadata = found.declared.get("Metadata")
    return {**shown, "Metadata": json.dumps(metadata)} if metadata else shown


# What DescribeChangeSet tells only if it is asked to (IncludePropertyValues).
_VALUES = frozenset(
    {"BeforeContext", "AfterContext", "BeforeValue", "AfterValue", "Path", "AttributeChangeType"}
)


def _without_values(told: Any) -> Any:
    if isinstance(told, list):
        return [_without_values(each) for each in told]
    if isinstance(told, dict):
        return {n: _without_values(each) for n, each in told.items() if n not in _VALUES}
    return told


def change_set(found: ChangeSet, *, values: bool = False) -> dict[str, Any]:
    """A change set, as DescribeChangeSet has it; with the `values` of properties or without."""
    parameters = found.blueprint.parameters.values() if found.blueprint else ()
    shown: dict[str, Any] = {
        **change_set_summary(found),
        "NotificationARNs": found.notification_arns,
        "Capabilities": found.capabilities,
        "Tags": pairs(found.tags),
        "Changes": found.changes if values else _without_values(found.changes),
        "OnStackFailure": found.on_failure,
        "RollbackConfiguration": found.monitored or None,
        "Parameters": [
            {"ParameterKey": each.name, "ParameterValue": "****" if each.hidden else each.given}
            for each in parameters
        ],
    }
    return {name: value for name, value in shown.items() if value is not None}


def change_set_summary(found: ChangeSet) -> dict[str, Any]:
    """A change set, as ListChangeSets has it."""
    shown: dict[str, Any] = {
        "StackId": found.stack_id,
        "StackName": found.stack_name,
        "ChangeSetId": found.change_set_id,
        "ChangeSetName": found.change_set_name,
        "ExecutionStatus": found.execution_status,
        "Status": found.status,
        "StatusReason": found.status_reason,
        "CreationTime": found.creation_time,
        "Description": found.description,
        "IncludeNestedStacks": found.include_nested,
    }
    return {name: value for name, value in shown.items() if value is not None}


def template_summary(text: str) -> dict[str, Any]:
    """What GetTemplateSummary tells of a template."""
    found = templates.read(text)
    resources = _plain(found.get("Resources") or {})
    types = [str(each.get("Type")) for each in resources.values()]
    shown: dict[str, Any] = {
        **_declared(found, types),
        "ResourceTypes": types,
        "Version": found.get("AWSTemplateFormatVersion"),
        "Metadata": json.dumps(found["Metadata"]) if found.get("Metadata") else None,
    }
    for each in shown["Parameters"]:
        form = found["Parameters"][each["ParameterKey"]]
        each["ParameterType"] = form.get("Type", "String")
        allowed = form.get("AllowedValues")
        each["ParameterConstraints"] = {"AllowedValues": allowed} if allowed else {}
    empty = ("Capabilities", "DeclaredTransforms")
    return {n: v for n, v in shown.items() if v is not None and (v or n not in empty)}


def _plain(resources: dict[str, Any]) -> dict[str, Any]:
    """The resources that stand in a template by themselves, not in a loop or a macro's call."""
    return {name: each for name, each in resources.items() if not name.startswith("Fn::")}


def _declared(found: dict[str, Any], types: list[str]) -> dict[str, Any]:
    transforms = found.get("Transform") or []
    transforms = [transforms] if isinstance(transforms, (str, dict)) else transforms
    named = [str(t.get("Name", "")) if isinstance(t, dict) else str(t) for t in transforms]
    plain = Blueprint("", found, {"Resources": _plain(found.get("Resources") or {})}, {})
    needed = plain.capabilities()
    if SERVERLESS in named and "AWS::Serverless::Function" in types:
        needed = needed or ["CAPABILITY_IAM"]
    if named:
        needed = [*needed, "CAPABILITY_AUTO_EXPAND"]
    shown: dict[str, Any] = {
        "Description": found.get("Description"),
        "Capabilities": needed,
        "DeclaredTransforms": named,
        "Parameters": [
            {
                "ParameterKey": name,
                "Description": str(form.get("Description", "")),
                "NoEcho": str(form.get("NoEcho", False)).lower() == "true",
                **({"DefaultValue": str(form["Default"])} if "Default" in form else {}),
            }
            for name, form in (found.get("Parameters") or {}).items()
        ],
    }
    if needed:
        kinds = ", ".join(sorted(t for t in dict.fromkeys(types) if "IAM" in t)) or SERVERLESS
        shown["CapabilitiesReason"] = f"The following resource(s) require capabilities: [{kinds}]"
    return shown


def validation(text: str) -> dict[str, Any]:
    """What ValidateTemplate tells. Raises ValidationError for what is no template."""
    found = templates.read(text)
    if "Resources" not in found:  # in moto's words, which its clients know
        raise invalid("Stack with id 'Resources' is a required property does not exist")
    if not isinstance(found["Resources"], dict) or not found["Resources"]:
        raise invalid("Template format error: At least one Resources member must be defined.")
    types: list[str] = []
    for name, each in _plain(found["Resources"]).items():
        if not isinstance(each, dict) or "Type" not in each:
            raise invalid(
                f"Template format error: [/Resources/{name}] Every Resources object must contain "
                "a Type member."
            )
        types.append(str(each["Type"]))
    unknown = [name for name in found if name not in templates.SECTIONS]
    if unknown:
        raise invalid(f"Invalid template property or properties [{', '.join(unknown)}]")
    return {name: value for name, value in _declared(found, types).items() if value is not None}
