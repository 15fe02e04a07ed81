"""Intrinsic functions: a template's values with every function of theirs worked out.

Source: AWS CloudFormation User Guide, "Intrinsic function reference", "Pseudo parameters".
"""

from __future__ import annotations

import base64
import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from simulator.aws.cloudformation.exceptions import invalid

NO_VALUE = object()
"""What `Ref: AWS::NoValue` is: the property is as if it were not there."""

_PLACE = re.compile(r"\$\{([^${}]*)\}")
CONDITION_FUNCTIONS = frozenset({"Fn::Equals", "Fn::And", "Fn::Or", "Fn::Not", "Condition"})


class Resources(Protocol):
    """What Ref and Fn::GetAtt find."""

    def reference(self, logical_id: str) -> Any:
        """A resource's Ref value."""

    def attribute(self, logical_id: str, name: str) -> Any:
        """A resource's attribute."""


class Resolver:
    """Works out functions for one stack. Raises ValidationError where a function cannot be."""

    def __init__(
        self,
        template: Mapping[str, Any],
        parameters: Mapping[str, Any],
        pseudo: Mapping[str, Any],
        resources: Resources,
        imports: Callable[[str], str],
    ) -> None:
        self.parameters = parameters
        self.pseudo = pseudo
        self.resources = resources
        self.imports = imports
        self.mappings: Mapping[str, Any] = template.get("Mappings") or {}
        self._conditions: Mapping[str, Any] = template.get("Conditions") or {}
        self._known: dict[str, bool] = {}
        self._asking: list[str] = []
        self.declared: Mapping[str, Any] = template.get("Resources") or {}

    def resolve(self, value: Any) -> Any:
        """`value` with its functions worked out; NO_VALUE where it is to be left out."""
        if isinstance(value, list):
            found = [self.resolve(item) for item in value]
            return [item for item in found if item is not NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            name, argument = next(iter(value.items()))
            function = _FUNCTIONS.get(name)
            if function is not None:
                return function(self, argument)
            if name in CONDITION_FUNCTIONS and name.startswith("Fn::"):
                return self.holds(value)
            if isinstance(name, str) and name.startswith("Fn::"):
                raise invalid(f"Template error: {name} is not a supported function here")
        resolved = {key: self.resolve(item) for key, item in value.items()}
        return {key: item for key, item in resolved.items() if item is not NO_VALUE}

    def condition(self, name: str) -> bool:
        """Whether the named condition holds."""
        if name not in self._known:
            if name not in self._conditions:
                raise invalid(
                    f"Template format error: Unresolved condition dependency {name} in the "
                    "Resources block of the template"
                )
            if name in self._asking:
                chain = ", ".join(sorted(self._asking))
                raise invalid(f"Template error: Circular dependencies between conditions: {chain}")
            self._asking.append(name)
            self._known[name] = self.holds(self._conditions[name])
            self._asking.pop()
        return self._known[name]

    def holds(self, test: Any) -> bool:
        """Whether a condition function holds."""
        if isinstance(test, bool):
            return test
        if not isinstance(test, dict) or len(test) != 1:
            raise invalid("Template format error: Every Conditions member must be a function.")
        name, argument = next(iter(test.items()))
        if name == "Condition":
            return self.condition(str(argument))
        if not isinstance(argument, list):
            raise invalid(f"Template error: {name} requires a list argument")
        if name == "Fn::Equals":
            if len(argument) != 2:
                raise invalid("Template error: every Fn::Equals object requires a list of 2 values")
            return _as_text(self.resolve(argument[0])) == _as_text(self.resolve(argument[1]))
        if name == "Fn::Not":
            return not self.holds(argument[0])
        if name == "Fn::And":
            return all(self.holds(each) for each in argument)
        if name == "Fn::Or":
            return any(self.holds(each) for each in argument)
        raise invalid(f"Template error: {name} is not a condition function")

    def ref(self, name: Any) -> Any:
        """What Ref of `name` is."""
        if not isinstance(name, str):
            raise invalid("Template format error: every Ref object must have a single String value")
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in self.pseudo:
            return self.pseudo[name]
        if name in self.parameters:
            return self.parameters[name]
        if name not in self.declared:
            raise invalid(
                f"Template format error: Unresolved resource dependencies [{name}] in the "
                "Resources block of the template"
            )
        return self.resources.reference(name)

    def get_att(self, argument: Any) -> Any:
        """What Fn::GetAtt finds."""
        parts = argument.split(".", 1) if isinstance(argument, str) else argument
        if not isinstance(parts, list) or len(parts) < 2:
            raise invalid(
                "Template error: every Fn::GetAtt object requires two non-empty parameters, the "
                "resource name and the resource attribute"
            )
        logical_id, *rest = (self.resolve(part) for part in parts)
        if logical_id not in self.declared:
            raise invalid(
                f"Template error: instance of Fn::GetAtt references undefined resource {logical_id}"
            )
        return self.resources.attribute(str(logical_id), ".".join(str(part) for part in rest))

    def sub(self, argument: Any) -> str:
        """Fn::Sub."""
        names: dict[str, Any] = {}
        if isinstance(argument, list):
            if len(argument) != 2 or not isinstance(argument[1], dict):
                raise invalid(_SUB_FORM)
            argument, given = argument
            names = {name: self.resolve(value) for name, value in given.items()}
        if not isinstance(argument, str):
            raise invalid(_SUB_FORM)

        def put(match: re.Match[str]) -> str:
            name = match[1].strip()
            if name.startswith("!"):
                return "${" + name[1:] + "}"
            if name in names:
                return _as_text(names[name])
            value = self.get_att(name) if "." in name else self.ref(name)
            return "" if value is NO_VALUE else _as_text(value)

        return _PLACE.sub(put, argument)

    def join(self, argument: Any) -> str:
        """Fn::Join."""
        if not isinstance(argument, list) or len(argument) != 2:
            raise invalid(
                "Template error: every Fn::Join object requires two parameters, (1) a string "
                "delimiter and (2) a list of strings to be joined or a function that returns a "
                "list of strings (such as Fn::GetAZs) to be joined."
            )
        parts = self.resolve(argument[1])
        if not isinstance(parts, list):
            raise invalid("Template error: every Fn::Join object requires a list to be joined.")
        return str(argument[0]).join(_as_text(part) for part in parts)

    def split(self, argument: Any) -> list[str]:
        """Fn::Split."""
        text = self.resolve(argument[1])
        return _as_text(text).split(str(argument[0]))

    def select(self, argument: Any) -> Any:
        """Fn::Select."""
        index, items = self.resolve(argument[0]), self.resolve(argument[1])
        if isinstance(items, str):
            items = items.split(",")
        try:
            found = items[int(index)] if int(index) >= 0 else None
        except (IndexError, ValueError, TypeError):
            found = None
        if found is None:
            raise invalid(
                f"Template error: Fn::Select cannot select nonexistent value at index {index}"
            )
        return found

    def find_in_map(self, argument: Any) -> Any:
        """Fn::FindInMap, with the default value of the language extensions."""
        if not isinstance(argument, list) or len(argument) not in (3, 4):
            raise invalid("Template error: every Fn::FindInMap object requires three parameters")
        name, top, second = (_as_text(self.resolve(part)) for part in argument[:3])
        entry = self.mappings.get(name, {}).get(top, {})
        if second not in entry:
            if len(argument) == 4 and "DefaultValue" in argument[3]:
                return self.resolve(argument[3]["DefaultValue"])
            raise invalid(f"Template error: Unable to get mapping for {name}::{top}::{second}")
        return entry[second]

    def if_(self, argument: Any) -> Any:
        """Fn::If."""
        if not isinstance(argument, list) or len(argument) != 3:
            raise invalid("Template error: Fn::If requires a list argument with three elements")
        chosen = argument[1] if self.condition(str(argument[0])) else argument[2]
        return self.resolve(chosen)

    def import_value(self, argument: Any) -> str:
        """Fn::ImportValue."""
        return self.imports(_as_text(self.resolve(argument)))

    def base64(self, argument: Any) -> str:
        """Fn::Base64."""
        return base64.b64encode(_as_text(self.resolve(argument)).encode()).decode()

    def cidr(self, argument: Any) -> list[str]:
        """Fn::Cidr: the first `count` blocks of `32 - bits` (IPv6: `128 - bits`) prefix length."""
        block, count, *bits = (self.resolve(part) for part in argument)
        network = ipaddress.ip_network(str(block), strict=False)
        prefix = network.max_prefixlen - int(bits[0] if bits else 8)
        blocks = network.subnets(new_prefix=prefix)
        return [str(found) for found, _ in zip(blocks, range(int(count)), strict=False)]

    def zones(self, argument: Any) -> list[str]:
        """Fn::GetAZs."""
        region = self.resolve(argument) or self.pseudo["AWS::Region"]
        return [f"{region}{letter}" for letter in "abcd"]

    def to_json(self, argument: Any) -> str:
        """Fn::ToJsonString."""
        return json.dumps(self.resolve(argument), separators=(",", ":"))

    def length(self, argument: Any) -> int:
        """Fn::Length."""
        found = self.resolve(argument)
        return len(found.split(",") if isinstance(found, str) else found)


_SUB_FORM = (
    "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. "
    "Specify a string as first argument, and an optional second argument to specify a mapping of "
    "values to replace in the string"
)
_FUNCTIONS: dict[str, Callable[[Resolver, Any], Any]] = {
    "Ref": Resolver.ref,
    "Fn::GetAtt": Resolver.get_att,
    "Fn::Sub": Resolver.sub,
    "Fn::Join": Resolver.join,
    "Fn::Split": Resolver.split,
    "Fn::Select": Resolver.select,
    "Fn::FindInMap": Resolver.find_in_map,
    "Fn::If": Resolver.if_,
    "Fn::ImportValue": Resolver.import_value,
    "Fn::Base64": Resolver.base64,
    "Fn::Cidr": Resolver.cidr,
    "Fn::GetAZs": Resolver.zones,
    "Fn::ToJsonString": Resolver.to_json,
    "Fn::Length": Resolver.length,
}


def _as_text(value: Any) -> str:
    """A value as it stands in a text: booleans as JSON has them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(_as_text(item) for item in value)
    return str(value)


def mentions(value: Any) -> list[str]:
    """The names that Ref, Fn::GetAtt and Fn::Sub of `value` mention, in order, each once."""
    found: dict[str, None] = {}
    _collect(value, found)
    return list(found)


def _collect(value: Any, found: dict[str, None]) -> None:
    if isinstance(value, list):
        for item in value:
            _collect(item, found)
        return
    if not isinstance(value, dict):
        return
    for name, argument in value.items():
        if name == "Ref" and isinstance(argument, str):
            found[argument] = None
        elif name == "Fn::GetAtt":
            first = argument.split(".")[0] if isinstance(argument, str) else argument[:1]
            if isinstance(first, list):
                first = first[0] if first and isinstance(first[0], str) else ""
            found[first] = None
        elif name == "Fn::Sub":
            text, given = argument, {}
            if isinstance(argument, list) and len(argument) == 2:
                text, given = argument
                _collect(given, found)
            for place in _PLACE.findall(text) if isinstance(text, str) else ():
                name_of = place.strip().split(".")[0]
                if not place.startswith("!") and name_of not in given:
                    found[name_of] = None
        else:
            _collect(argument, found)
    found.pop("", None)
