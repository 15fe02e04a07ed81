"""A blueprint: a template with its parameters, its macros expanded, ready to be deployed.

Source: AWS CloudFormation User Guide, "Template reference", "CreateStack" of the API Reference.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from simulator.aws.cloudformation import parameters as parameter_values
from simulator.aws.cloudformation import rules
from simulator.aws.cloudformation import template as templates
from simulator.aws.cloudformation.exceptions import ValidationError, invalid
from simulator.aws.cloudformation.intrinsics import Resolver, Resources, mentions
from simulator.aws.cloudformation.language import LANGUAGE
from simulator.aws.cloudformation.parameters import Parameter
from simulator.aws.cloudformation.shapes import shape_of
from simulator.model.deployment import Circle, ordered

if TYPE_CHECKING:
    from simulator.aws.cloudformation.stack import Stack

_NAMED_IAM = {
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
    "AWS::IAM::Policy": "",
    "AWS::IAM::AccessKey": "",
    "AWS::IAM::UserToGroupAddition": "",
}
_POLICIES = ("Delete", "Retain", "RetainExceptOnCreate", "Snapshot")
_SNAPPED = frozenset(
    {"AWS::DocDB::DBCluster", "AWS::EC2::Volume", "AWS::ElastiCache::CacheCluster"}
    | {"AWS::ElastiCache::ReplicationGroup", "AWS::Neptune::DBCluster", "AWS::RDS::DBCluster"}
    | {"AWS::RDS::DBInstance", "AWS::Redshift::Cluster"}
)
_PSEUDO = frozenset(
    f"AWS::{name}" for name in ("AccountId", "NoValue", "NotificationARNs", "Partition", "Region")
) | {"AWS::StackId", "AWS::StackName", "AWS::URLSuffix"}


@dataclass
class Blueprint:
    """What a stack is to become."""

    text: str
    written: dict[str, Any]
    processed: dict[str, Any]
    parameters: dict[str, Parameter]
    wanted: dict[str, dict[str, Any]] = field(default_factory=dict)
    needs: dict[str, list[str]] = field(default_factory=dict)
    imports: dict[str, None] = field(default_factory=dict)  # exports of others that it has used

    @property
    def transforms(self) -> list[str]:
        """The macros that the template declares."""
        found = self.written.get("Transform") or []
        return [found] if isinstance(found, str) else [_macro_name(each) for each in found]

    def values(self) -> dict[str, Any]:
        """The parameters as the template sees them."""
        return {name: each.value for name, each in self.parameters.items()}

    def given(self) -> dict[str, str]:
        """The parameters as given, or by default."""
        return {name: each.given for name, each in self.parameters.items()}

    def capabilities(self) -> list[str]:
        """What the caller must acknowledge before these resources are made."""
        found = ""
        for declared in self.processed["Resources"].values():
            kind = declared["Type"]
            if kind in _NAMED_IAM:
                found = found or "CAPABILITY_IAM"
                if _NAMED_IAM[kind] in (declared.get("Properties") or {}):
                    found = "CAPABILITY_NAMED_IAM"
        return [found] if found else []


def _macro_name(each: Any) -> str:
    return str(each.get("Name", "")) if isinstance(each, Mapping) else str(each)


def draw(stack: Stack, text: str, given: Mapping[str, Any]) -> Blueprint:
    """Read a template for `stack`. Raises ValidationError where it is no template, or not whole."""
    from simulator.aws.cloudformation import transforms

    written = templates.read(text)
    declared = written.get("Parameters") or {}
    values = parameter_values.resolve(declared, given, stack.look_up_parameter)
    processed = transforms.expand(
        stack, copy.deepcopy(written), {name: each.value for name, each in values.items()}
    )
    templates.check(processed)
    blueprint = Blueprint(text, written, processed, values)
    _check_types(processed)
    _check_references(processed)
    resolver = resolver_for(stack, blueprint, _Nobody())
    rules.check(processed, resolver)
    for name, resource in processed["Resources"].items():
        condition = resource.get("Condition")
        if condition is None or resolver.condition(str(condition)):
            _check_policies(name, resource, resolver if LANGUAGE in blueprint.transforms else None)
            blueprint.wanted[name] = resource
    for name in processed.get("Conditions") or {}:
        resolver.condition(name)
    blueprint.needs = {
        name: [each for each in _mentioned(resource) if each in blueprint.wanted]
        for name, resource in blueprint.wanted.items()
    }
    try:
        ordered(blueprint.needs)
    except Circle as circle:
        names = ", ".join(circle.names)
        raise invalid(f"Circular dependency between resources: [{names}]") from None
    _check_outputs(processed, resolver)
    _rehearse(stack, blueprint)
    return blueprint


def _check_policies(name: str, resource: dict[str, Any], resolver: Resolver | None) -> None:
    """What becomes of a resource is said in words; the language extensions may work them out."""
    for member in ("DeletionPolicy", "UpdateReplacePolicy"):
        if resolver is not None and member in resource:
            resource[member] = resolver.resolve(resource[member])
        chosen = resource.get(member, "Delete")
        if not isinstance(chosen, str):
            raise invalid(f"Template format error: Every {member} member must be a string.")
        if chosen not in _POLICIES:
            raise invalid(f"Template format error: Unrecognized {member} {chosen} for {name}")
        kind = resource["Type"]
        if chosen == "Snapshot" and kind not in _SNAPPED:
            raise invalid(
                f"Template error: resource type {kind} does not support deletion policy Snapshot"
            )


class _Stand:
    """Every wanted resource as if it were there."""

    def __init__(self, wanted: Mapping[str, Any]) -> None:
        self._wanted = wanted
        self.missing: dict[str, None] = {}

    def reference(self, logical_id: str) -> Any:
        """A text that stands for the value."""
        if logical_id not in self._wanted:
            self.missing[logical_id] = None
        return f"<{logical_id}>"

    def attribute(self, logical_id: str, name: str) -> Any:
        """A text that stands for the value."""
        return f"{self.reference(logical_id)}.{name}"


def _rehearse(stack: Stack, blueprint: Blueprint) -> None:
    """Work everything out once: for exports that are not there, and resources that will not be."""
    outputs = blueprint.processed.get("Outputs") or {}
    for block, entries in (("Resources", blueprint.wanted), ("Outputs", outputs)):
        stand = _Stand(blueprint.wanted)
        resolver = resolver_for(stack, blueprint, stand)
        for entry in entries.values():
            if block == "Outputs" and not _holds(resolver, entry):
                continue
            try:
                resolver.resolve(entry.get("Properties" if block == "Resources" else "Value"))
            except ValidationError as error:
                if str(error.message).startswith("No export named"):
                    raise
            except Exception:  # noqa: S112  (a stand-in is not the value: told when it is made)
                continue
        if stand.missing:
            told = "" if block == "Outputs" else "Template format error: "
            named = ", ".join(stand.missing)
            raise invalid(
                f"{told}Unresolved resource dependencies [{named}] in the {block} block of the "
                "template"
            )


def _holds(resolver: Resolver, entry: Mapping[str, Any]) -> bool:
    condition = entry.get("Condition")
    return condition is None or resolver.condition(str(condition))


def resolver_for(stack: Stack, blueprint: Blueprint, resources: Resources) -> Resolver:
    """What works out the functions of a blueprint for a stack."""

    def imported(name: str) -> str:
        value = stack.imported_value(name)
        blueprint.imports[name] = None
        return value

    return Resolver(blueprint.processed, blueprint.values(), stack.pseudo(), resources, imported)


class _Nobody:
    """No resource is there yet."""

    def reference(self, logical_id: str) -> Any:
        raise invalid(
            f"Template error: resource {logical_id} may not be used in Conditions or Parameters"
        )

    def attribute(self, logical_id: str, name: str) -> Any:
        raise invalid(
            f"Template error: {logical_id}.{name} may not be used in Conditions or Parameters"
        )


def _mentioned(resource: Mapping[str, Any]) -> list[str]:
    depends = resource.get("DependsOn") or []
    depends = [depends] if isinstance(depends, str) else list(depends)
    return list(dict.fromkeys([*depends, *mentions(resource.get("Properties"))]))


def _check_types(processed: Mapping[str, Any]) -> None:
    from simulator.aws.cloudformation.kinds import is_known

    strange: dict[str, None] = {}
    for resource in processed["Resources"].values():
        if not is_known(resource["Type"]):
            strange[resource["Type"]] = None
    if strange:
        named = ", ".join(strange)
        raise invalid(f"Template format error: Unrecognized resource types: [{named}]")


def _check_references(processed: Mapping[str, Any]) -> None:
    """Every name that is mentioned must be one."""
    resources = processed["Resources"]
    names = {*resources, *(processed.get("Parameters") or {}), *_PSEUDO}
    for block, entries in (("Resources", resources), ("Outputs", processed.get("Outputs") or {})):
        strange: dict[str, None] = {}
        for entry in entries.values():
            _check_attributes(entry, resources)
            if isinstance(entry, Mapping):
                found = _mentioned(entry) if block == "Resources" else mentions(entry)
                strange.update(dict.fromkeys(name for name in found if name not in names))
        if strange:
            named = ", ".join(strange)
            raise invalid(
                f"Template format error: Unresolved resource dependencies [{named}] in the "
                f"{block} block of the template"
            )


def _check_attributes(value: Any, resources: Mapping[str, Any]) -> None:
    if isinstance(value, list):
        for each in value:
            _check_attributes(each, resources)
    elif isinstance(value, Mapping):
        asked = value.get("Fn::GetAtt")
        if isinstance(asked, list) and len(asked) == 2 and all(isinstance(a, str) for a in asked):
            name, attribute = asked
            if name not in resources:
                raise invalid(
                    f"Template error: instance of Fn::GetAtt references undefined resource {name}"
                )
            kind = resources[name]["Type"]
            shape = shape_of(kind)
            if shape is not None and not shape.may_have(attribute) and _is_fixed(kind):
                raise invalid(
                    f"Template error: resource {name} does not support attribute type "
                    f"{attribute} in Fn::GetAtt"
                )
        for each in value.values():
            _check_attributes(each, resources)


def _is_fixed(kind: str) -> bool:
    """Whether its attributes are those of the schema: ours, and none that somebody else fills."""
    from simulator.aws.cloudformation.kinds import kind_of

    others = ("AWS::CloudFormation::CustomResource", "AWS::CloudFormation::Stack")
    return kind_of(kind) is not None and kind not in others


def _check_outputs(processed: Mapping[str, Any], resolver: Resolver) -> None:
    for name, output in (processed.get("Outputs") or {}).items():
        if not isinstance(output, Mapping) or "Value" not in output:
            raise invalid(
                f"Template format error: Output {name} is malformed. The Value member is missing"
            )
        condition = output.get("Condition")
        if condition is not None:
            resolver.condition(str(condition))
