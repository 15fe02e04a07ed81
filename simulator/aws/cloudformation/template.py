"""Templates: YAML or JSON text as plain values, and whether they have a template's form.

Source: AWS CloudFormation User Guide, "Template sections", "Intrinsic function reference".
"""

from __future__ import annotations

import json
import re
from typing import Any

import yaml
from yaml.constructor import ConstructorError

from simulator.aws.cloudformation.exceptions import invalid

SECTIONS = frozenset(
    {"AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Rules", "Mappings"}
    | {"Conditions", "Transform", "Resources", "Outputs", "Globals", "Hooks"}
)
RESOURCE_MEMBERS = frozenset(
    {"Type", "Properties", "DependsOn", "Condition", "Metadata", "DeletionPolicy"}
    | {"UpdateReplacePolicy", "UpdatePolicy", "CreationPolicy", "Connectors", "Version"}
    | {"IgnoreGlobals", "Description", "Parameters"}  # AWS takes neither of these; moto does
)
_MAX_RESOURCES, _MAX_ENTRIES = 500, 200  # User Guide, "Understand CloudFormation quotas"
_LOGICAL_ID = re.compile(r"[A-Za-z0-9_]+")  # AWS takes no underscore; moto does

Template = dict[str, Any]


class _Loader(yaml.CSafeLoader):
    """YAML as CloudFormation reads it: dates are text, `!Fn` is a function."""


def _function(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    else:
        assert isinstance(node, yaml.ScalarNode)
        value = node.value
        if suffix == "GetAtt" and "." in value:
            value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _function)
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
    for first, found in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def read(text: str) -> Template:
    """A template's text as a value. Raises ValidationError where it is neither YAML nor JSON."""
    try:
        found = json.loads(text) if text.lstrip().startswith("{") else _load_yaml(text)
    except ValueError as error:
        try:
            found = _load_yaml(text)
        except Exception:
            raise invalid(f"Template format error: JSON not well-formed. ({error})") from None
    if not isinstance(found, dict):
        raise invalid("Template format error: unsupported structure.")
    return found


def _load_yaml(text: str) -> Any:
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506  (a safe loader, with functions)
    except (ConstructorError, yaml.MarkedYAMLError) as error:
        mark = error.problem_mark
        where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise invalid(f"Template format error: YAML not well-formed.{where}") from None
    except yaml.YAMLError:
        raise invalid("Template format error: YAML not well-formed.") from None


def check(template: Template) -> None:
    """Raise ValidationError where a template has not the form of one; macros are expanded."""
    unknown = [name for name in template if name not in SECTIONS]
    if unknown:
        raise invalid(f"Invalid template property or properties [{', '.join(unknown)}]")
    if template.get("Hooks"):
        raise invalid("The section Hooks of a template is not implemented by Paddock")
    resources = template.get("Resources")
    if not isinstance(resources, dict):  # AWS wants one at least; moto, the section
        raise invalid("Template format error: At least one Resources member must be defined.")
    if len(resources) > _MAX_RESOURCES:
        told = f"Number of resources, {len(resources)}, is greater than maximum allowed, 500"
        raise invalid(f"Template format error: {told}")
    for section in ("Parameters", "Outputs"):
        if section in template and template[section] is None:
            raise invalid(f"[/{section}] 'null' values are not allowed in templates")
    for section in ("Mappings", "Outputs", "Parameters"):
        count = len(template.get(section) or ())
        if count > _MAX_ENTRIES:
            told = f"Number of {section.lower()}, {count}, is greater than maximum allowed, 200"
            raise invalid(f"Template format error: {told}")
    for name, resource in resources.items():
        _check_resource(str(name), resource)


def _check_resource(name: str, resource: Any) -> None:
    if not _LOGICAL_ID.fullmatch(name):
        raise invalid(f"Template format error: Resource name {name} is non alphanumeric.")
    if not isinstance(resource, dict):
        where = f"[/Resources/{name}]"
        raise invalid(f"Template format error: {where} resource definition is malformed")
    if not isinstance(resource.get("Type"), str):
        told = f"[/Resources/{name}] Every Resources object must contain a Type member."
        raise invalid(f"Template format error: {told}")
    strange = [member for member in resource if member not in RESOURCE_MEMBERS]
    if strange:
        raise invalid(f"Invalid template resource property '{strange[0]}'")
    properties = resource.get("Properties")
    if properties is not None and not isinstance(properties, dict):
        raise invalid(f"Template format error: [/Resources/{name}/Properties] must be an object.")
