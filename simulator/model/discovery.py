"""Schemas from events that were seen: OpenAPI 3 and JSON Schema Draft 4, merged as more are seen.

Form: Amazon EventBridge User Guide, "Amazon EventBridge schemas".
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Mapping
from typing import Any

ENVELOPE = "AWSEvent"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?")
_TEXT = {"type": "string"}
_ENVELOPE_FIELDS: dict[str, Any] = {
    "account": _TEXT,
    "detail-type": _TEXT,
    "id": _TEXT,
    "region": _TEXT,
    "resources": {"type": "array", "items": {"type": "object"}},
    "source": _TEXT,
    "time": {"type": "string", "format": "date-time"},
    "version": _TEXT,
}


def pascal(words: str) -> str:
    """Words as one name: `ride requested` becomes `RideRequested`."""
    parts = [part for part in re.split(r"[^0-9A-Za-z]+", words) if part]
    return "".join(part[:1].upper() + part[1:] for part in parts) or "Object"


def schema_name(event: Mapping[str, Any]) -> str:
    """The name of the schema of an event: its source and its detail type."""
    return f"{event['source']}@{pascal(str(event['detail-type']))}"


def is_event(value: Any) -> bool:
    """Whether a JSON value has the envelope of an event."""
    return isinstance(value, Mapping) and {"detail", "detail-type", "source"} <= set(value)


def openapi(events: Iterable[Any], known: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """An OpenAPI 3 document for events of one kind; `known` is what was known of it before."""
    document: dict[str, Any] = copy.deepcopy(dict(known)) if known else {}
    for event in events:
        fresh = _document(event)
        document = _merged_document(document, fresh) if document else fresh
    return document


def json_schema(document: Mapping[str, Any]) -> dict[str, Any]:
    """The same as JSON Schema Draft 4."""
    schemas = _repointed(document["components"]["schemas"])
    root = ENVELOPE if ENVELOPE in schemas else next(iter(schemas))
    return {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "title": document["info"]["title"],
        "definitions": {name: schema for name, schema in schemas.items() if name != root},
        **schemas[root],
    }


def _document(event: Any) -> dict[str, Any]:
    schemas: dict[str, Any] = {}
    if is_event(event):
        title = pascal(str(event["detail-type"]))
        schemas[ENVELOPE] = {
            "type": "object",
            "required": ["detail", *sorted(_ENVELOPE_FIELDS)],
            "x-amazon-events-detail-type": event["detail-type"],
            "x-amazon-events-source": event["source"],
            "properties": {
                "detail": {"$ref": f"#/components/schemas/{title}"},
                **copy.deepcopy(_ENVELOPE_FIELDS),
            },
        }
        _object(title, event["detail"], schemas)
    else:
        title = "Event"
        _object(title, event if isinstance(event, Mapping) else {}, schemas)
    return {
        "openapi": "3.0.0",
        "info": {"version": "1.0.0", "title": title},
        "paths": {},
        "components": {"schemas": schemas},
    }


def _object(name: str, value: Mapping[str, Any], schemas: dict[str, Any]) -> dict[str, str]:
    """Describe an object under `name`, or the next name that is free; a reference to it."""
    unique, number = name, 1
    while unique in schemas:
        number += 1
        unique = f"{name}_{number}"
    schema = schemas[unique] = {"type": "object"}
    described = {key: _described(key, entry, schemas) for key, entry in value.items()}
    if described:
        schema.update(required=sorted(described), properties=described)
    return {"$ref": f"#/components/schemas/{unique}"}


def _described(key: str, value: Any, schemas: dict[str, Any]) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return dict(_object(pascal(key), value, schemas))
    if isinstance(value, list):
        items: dict[str, Any] = {}
        if value and all(isinstance(entry, Mapping) for entry in value):
            together: dict[str, Any] = {}
            for entry in value:
                together |= entry
            items = dict(_object(f"{pascal(key)}Item", together, schemas))
        else:
            for entry in value:
                items = (
                    _merged(items, _described(key, entry, schemas))
                    if items
                    else _described(key, entry, schemas)
                )
        return {"type": "array", "items": items or {"type": "object"}}
    if isinstance(value, bool):
        return {"type": "boolean"}
    if isinstance(value, (int, float)):
        return {"type": "number"}
    if value is None:
        return {"nullable": True}
    if _TIME.fullmatch(str(value)):
        return {"type": "string", "format": "date-time"}
    return {"type": "string"}


def _merged_document(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    schemas = old["components"]["schemas"]
    for name, schema in new["components"]["schemas"].items():
        schemas[name] = _merged(schemas[name], schema) if name in schemas else schema
    return old


def _merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """What fits both: a field that one lacks is no longer required."""
    if old == new:
        return old
    if "properties" in old or "properties" in new:
        before, after = old.get("properties", {}), new.get("properties", {})
        required = sorted(set(old.get("required", ())) & set(new.get("required", ())))
        both = {
            name: _merged(before[name], after[name])
            if name in before and name in after
            else before.get(name, after.get(name))
            for name in (*before, *(name for name in after if name not in before))
        }
        rest = {key: entry for key, entry in old.items() if key != "required"}
        return {**rest, **({"required": required} if required else {}), "properties": both}
    if old.get("type") == "array" and new.get("type") == "array":
        return {"type": "array", "items": _merged(old["items"], new["items"])}
    if set(old) == {"nullable"} or set(new) == {"nullable"}:
        return {**old, **new, "nullable": True}
    if old.get("type") == new.get("type") and "$ref" not in old and "$ref" not in new:
        same = {key: entry for key, entry in old.items() if new.get(key) == entry}
        if old.get("nullable") or new.get("nullable"):
            same["nullable"] = True
        return same
    return {}


def _repointed(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _repointed(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_repointed(entry) for entry in value]
    if isinstance(value, str) and value.startswith("#/components/schemas/"):
        return value.replace("#/components/schemas/", "#/definitions/")
    return value
