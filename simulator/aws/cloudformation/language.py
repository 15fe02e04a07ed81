"""The language extensions: loops over lists.

Source: AWS CloudFormation User Guide, "AWS::LanguageExtensions transform", "Fn::ForEach".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.aws.cloudformation.exceptions import invalid

LANGUAGE = "AWS::LanguageExtensions"
_LOOP = "Fn::ForEach::"


def extend(template: dict[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """`template` with its loops unrolled. Raises ValidationError for one that is malformed."""
    return _unroll(template, values)  # type: ignore[no-any-return]


def _unroll(value: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        return [_unroll(each, values) for each in value]
    if not isinstance(value, dict):
        return value
    found: dict[str, Any] = {}
    for name, each in value.items():
        if not name.startswith(_LOOP):
            found[name] = _unroll(each, values)
            continue
        if not isinstance(each, list) or len(each) != 3 or not isinstance(each[2], dict):
            raise invalid(f"Transform AWS::LanguageExtensions failed with: {name} is malformed")
        identifier, collection, body = each
        for item in _items(name, collection, values):
            found.update(_unroll(_put(body, str(identifier), item), values))
    return found


def _items(name: str, collection: Any, values: Mapping[str, Any]) -> list[str]:
    if isinstance(collection, Mapping) and "Ref" in collection:
        collection = values.get(collection["Ref"])
    if not isinstance(collection, list):
        raise invalid(
            f"Transform AWS::LanguageExtensions failed with: {name}: the collection must be a list"
        )
    found: list[str] = []
    for item in collection:
        if isinstance(item, Mapping) and "Ref" in item:
            inner = values.get(item["Ref"], "")
            found.extend(map(str, inner if isinstance(inner, list) else [inner]))
        else:
            found.append(str(item))
    return found


def _put(value: Any, identifier: str, item: str) -> Any:
    """`value` with the loop's variable in place."""
    if isinstance(value, list):
        return [_put(each, identifier, item) for each in value]
    if isinstance(value, dict):
        if value == {"Ref": identifier}:
            return item
        return {
            _put(name, identifier, item): _put(each, identifier, item)
            for name, each in value.items()
        }
    if isinstance(value, str):
        plain = "".join(letter for letter in item if letter.isalnum())
        return value.replace("${" + identifier + "}", item).replace("&{" + identifier + "}", plain)
    return value
