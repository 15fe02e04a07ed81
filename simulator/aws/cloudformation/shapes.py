"""What AWS says of each resource type: its properties, which of them replace, what GetAtt finds.

The schemas are AWS's own, from its CloudFormation registry, as cfn-lint carries them; they are read
a type at a time. Source: AWS CloudFormation CLI User Guide, "Resource type schema".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from simulator.aws.cloudformation.exceptions import ResourceFailed

_PARTS = re.compile(r"/properties/(.+)")
_TYPES = {
    "string": "String",
    "integer": "Integer",
    "number": "Number",
    "boolean": "Boolean",
    "array": "JSONArray",
    "object": "JSONObject",
}


class Shape:
    """One resource type."""

    def __init__(self, type_name: str, schema: Mapping[str, Any]) -> None:
        self.type_name = type_name
        self._schema = schema
        self.replacing = frozenset(
            path.split("/")[0] for path in self._paths("createOnlyProperties") if "/" not in path
        )
        self.attributes = frozenset(
            path.replace("/", ".") for path in self._paths("readOnlyProperties")
        )
        tagging = schema.get("tagging", {})
        found = str(tagging.get("tagProperty", "")).removeprefix("/properties/")
        self.tags = found if tagging.get("taggable") and tagging.get("tagUpdatable") else ""

    def _paths(self, member: str) -> Iterator[str]:
        for path in self._schema.get(member) or ():
            if (match := _PARTS.fullmatch(path)) is not None:
                yield match[1]

    def may_have(self, attribute: str) -> bool:
        """Whether Fn::GetAtt may find it: what AWS fills in, and some of what was given."""
        return attribute in self.attributes or attribute in self._schema.get("properties", {})

    def checked(self, logical_id: str, properties: Mapping[str, Any]) -> dict[str, Any]:
        """The properties as their types want them ("5" as 5). Raises ResourceFailed where they
        do not fit, with what AWS says of each."""
        wrong: list[str] = []
        found = self._fit(properties, self._schema, "#", wrong)
        if wrong:
            told = ", ".join(wrong)
            raise ResourceFailed(
                f"Properties validation failed for resource {logical_id} with message:\n[{told}]"
            )
        assert isinstance(found, dict)
        return found

    def _fit(self, value: Any, schema: Mapping[str, Any], at: str, wrong: list[str]) -> Any:
        schema = self._followed(schema)
        kinds = schema.get("type")
        kinds = [kinds] if isinstance(kinds, str) else kinds or _guessed(schema)
        if isinstance(value, Mapping):
            if kinds and "object" not in kinds and "string" not in kinds:
                wrong.append(_unfit(at, kinds, "JSONObject"))
                return value
            return self._fit_object(value, schema, at, wrong)
        if isinstance(value, list):
            if kinds and "array" not in kinds:
                wrong.append(_unfit(at, kinds, "JSONArray"))
                return value
            items = schema.get("items", {})
            if not isinstance(items, Mapping):
                return value
            return [self._fit(each, items, f"{at}/{n}", wrong) for n, each in enumerate(value)]
        fitted = _scalar(value, kinds)
        if fitted is None:
            wrong.append(_unfit(at, kinds, _type_of(value)))
            return value
        allowed = schema.get("enum")
        if allowed and fitted not in allowed and str(fitted) not in map(str, allowed):
            wrong.append(f"{at}: {fitted} is not a valid enum value")
        return fitted

    def _fit_object(
        self, value: Mapping[str, Any], schema: Mapping[str, Any], at: str, wrong: list[str]
    ) -> dict[str, Any]:
        known: Mapping[str, Any] = schema.get("properties", {})
        patterns: Mapping[str, Any] = schema.get("patternProperties", {})
        others = schema.get("additionalProperties", True)
        wrong.extend(
            f"{at}: required key [{name}] not found"
            for name in schema.get("required", ())
            if name not in value
        )
        found: dict[str, Any] = {}
        for name, each in value.items():
            below = f"{at}/{name}"
            pattern = next((p for p in patterns if _matches(p, str(name))), None)
            if name in known:
                found[name] = self._fit(each, known[name], below, wrong)
            elif pattern is not None:
                found[name] = self._fit(each, patterns[pattern], below, wrong)
            elif others is False and (known or patterns):
                wrong.append(f"{at}: extraneous key [{name}] is not permitted")
            else:
                inner = others if isinstance(others, Mapping) else {}
                found[name] = self._fit(each, inner, below, wrong)
        return found

    def _followed(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        for _ in range(8):
            reference = schema.get("$ref")
            if reference is None:
                return schema
            followed: Any = self._schema
            for part in str(reference).removeprefix("#/").split("/"):
                followed = followed.get(part, {})
            schema = followed
        return schema


def _matches(pattern: str, name: str) -> bool:
    try:
        return re.search(pattern, name) is not None
    except re.error:  # a pattern of another dialect
        return True


def _guessed(schema: Mapping[str, Any]) -> list[str]:
    """The types that a schema's alternatives name; nothing where it names none."""
    found: list[str] = []
    for member in ("anyOf", "oneOf"):
        for each in schema.get(member, ()):
            kind = each.get("type")
            if kind is None:
                return []
            found.extend([kind] if isinstance(kind, str) else kind)
    return found


def _scalar(value: Any, kinds: list[str]) -> Any:
    """A text, number or boolean as one of `kinds`; None where it is none of them."""
    if not kinds or ("string" in kinds and isinstance(value, str)):
        return value
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if "string" in kinds and "object" in kinds and value is not None:
        return text  # a property of any type is a text where it has no structure
    if "boolean" in kinds:
        if isinstance(value, bool):
            return value
        if text in ("true", "false"):
            return text == "true"
    if "integer" in kinds and re.fullmatch(r"-?\d+(\.0)?", text):
        return int(float(text)) if "." in text else int(text)
    if "number" in kinds and re.fullmatch(r"-?\d+(\.\d+)?([eE][-+]?\d+)?", text):
        return float(text) if "." in text or "e" in text.lower() else int(text)
    if "string" in kinds and value is not None:
        return text
    if "object" in kinds and isinstance(value, str) and text.lstrip().startswith("{"):
        try:
            return json.loads(value)
        except ValueError:
            return None
    if "array" in kinds and isinstance(value, str):
        return [value]
    return None


def _type_of(value: Any) -> str:
    if isinstance(value, bool):
        return "Boolean"
    if isinstance(value, int):
        return "Integer"
    return "Number" if isinstance(value, float) else "Null" if value is None else "String"


def _unfit(at: str, kinds: list[str], found: str) -> str:
    return f"{at}: expected type: {_TYPES.get(kinds[0], kinds[0])}, found: {found}"


def shape_of(type_name: str) -> Shape | None:
    """The shape of a resource type; None where AWS has published none."""
    return _shape(type_name) if type_name in _index() else None


@cache
def _shape(type_name: str) -> Shape:
    path = _folder() / "resources" / f"{_index()[type_name]}.json"
    return Shape(type_name, json.loads(path.read_text(encoding="utf-8")))


@cache
def _index() -> dict[str, str]:
    found: dict[str, str] = json.loads(
        (_folder() / "providers" / "us-east-1.json").read_text(encoding="utf-8")
    )
    return found


@cache
def _folder() -> Path:
    spec = find_spec("cfnlint")  # the package itself is slow to import, and not needed
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent / "data" / "schemas"
