"""What is written of a REST API: the parts of its documentation, and versions of them.

Source: API Gateway Developer Guide, "Documentation for REST APIs in API Gateway".
"""

from __future__ import annotations

import json
from typing import Any

EXTENSION = "x-amazon-apigateway-documentation"

_KINDS = (
    *("API", "AUTHORIZER", "MODEL", "RESOURCE", "METHOD", "PATH_PARAMETER", "QUERY_PARAMETER"),
    *("REQUEST_HEADER", "REQUEST_BODY", "RESPONSE", "RESPONSE_HEADER", "RESPONSE_BODY"),
)


class NoPart(ValueError):
    """What cannot be a part; the message says why."""


class Taken(ValueError):
    """There is a part of that place."""


class Documentation:
    """What is written of one API."""

    def __init__(self) -> None:
        self.parts: dict[str, dict[str, Any]] = {}
        self.versions: dict[str, dict[str, Any]] = {}

    def add(self, name: str, location: Any, properties: Any) -> dict[str, Any]:
        """Add a part by its id. Raises NoPart, or Taken where there is one of its place."""
        place = dict(location or {})
        if place.get("type") not in _KINDS:
            raise NoPart("Invalid documentation part location type")
        if any(each["location"] == place for each in self.parts.values()):
            raise Taken("Documentation part already exists for the specified location")
        part = {"id": name, "location": place, "properties": as_text(properties)}
        self.parts[name] = part
        return part

    def written(self) -> dict[str, Any]:
        """The parts as the extension of an OpenAPI document has them."""
        told = [
            {"location": each["location"], "properties": json.loads(each["properties"])}
            for each in self.parts.values()
        ]
        return {"documentationParts": told}


def as_text(properties: Any) -> str:
    """Properties as JSON. Raises NoPart."""
    text = properties if isinstance(properties, str) else json.dumps(properties)
    try:
        told = json.loads(text)
    except ValueError as error:
        raise NoPart("Documentation part properties must be valid JSON") from error
    if not isinstance(told, dict):
        raise NoPart("Documentation part properties must be a JSON object")
    return text
