"""An OpenAPI document, version 2 or 3, as one who imports it wants to read it.

Source: OpenAPI Specification 2.0 and 3.0; Amazon API Gateway Developer Guide, "OpenAPI extensions
for API Gateway".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_VERBS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_ANY = "x-amazon-apigateway-any-method"


@dataclass(frozen=True)
class Operation:
    """One method of one path."""

    path: str
    verb: str
    written: Mapping[str, Any]
    shared: tuple[Any, ...] = ()

    def responses(self, document: Document) -> dict[str, Mapping[str, Any]]:
        """The responses by their status; "default" has none."""
        found = self.written.get("responses") or {}
        return {
            str(status): document.followed(each)
            for status, each in found.items()
            if str(status).isdigit()
        }

    def inputs(self, document: Document) -> tuple[dict[str, bool], dict[str, str]]:
        """The request's parameters, required or not, and the models of its body."""
        parameters: dict[str, bool] = {}
        models: dict[str, str] = {}
        for each in (*self.shared, *(self.written.get("parameters") or ())):
            one = document.followed(each)
            place = _PLACES.get(str(one.get("in")))
            if place is not None:
                parameters[f"method.request.{place}.{one['name']}"] = bool(one.get("required"))
            elif one.get("in") == "body":
                model = document.model_name(one.get("schema"))
                if model:
                    models["application/json"] = model
        body = document.followed(self.written.get("requestBody") or {})
        models.update(document.models_of(body))
        return parameters, models


_PLACES = {"header": "header", "query": "querystring", "path": "path"}


class Document:
    """A whole document."""

    def __init__(self, written: Mapping[str, Any]) -> None:
        self.written = written
        components = written.get("components") or {}
        self.schemas: Mapping[str, Any] = (
            components.get("schemas") or written.get("definitions") or {}
        )
        self.security_schemes: Mapping[str, Mapping[str, Any]] = (
            components.get("securitySchemes") or written.get("securityDefinitions") or {}
        )

    @property
    def paths(self) -> list[str]:
        """The paths, parents before their children."""
        return sorted(self.written.get("paths") or {})

    def operations(self, path: str) -> list[Operation]:
        """The methods of a path."""
        entry = self.followed((self.written.get("paths") or {})[path] or {})
        shared = tuple(entry.get("parameters") or ())
        return [
            Operation(
                path, "ANY" if verb == _ANY else verb.upper(), self.followed(written or {}), shared
            )
            for verb, written in entry.items()
            if verb.lower() in _VERBS or verb == _ANY
        ]

    def followed(self, value: Any) -> Any:
        """What a reference points to."""
        for _ in range(8):
            if not isinstance(value, Mapping) or not isinstance(value.get("$ref"), str):
                return value
            found: Any = self.written
            for part in value["$ref"].removeprefix("#/").split("/"):
                found = found.get(part.replace("~1", "/").replace("~0", "~"), {})
            value = found
        return value

    def model_name(self, schema: Any) -> str | None:
        """The name of the model that a schema refers to."""
        reference = schema.get("$ref") if isinstance(schema, Mapping) else None
        return str(reference).rpartition("/")[2] if reference else None

    def models_of(self, holder: Mapping[str, Any]) -> dict[str, str]:
        """The models of a body by content type: of OpenAPI 3's `content`, or 2's `schema`."""
        found: dict[str, str] = {}
        for kind, each in (holder.get("content") or {}).items():
            model = self.model_name((each or {}).get("schema"))
            if model:
                found[str(kind)] = model
        model = self.model_name(holder.get("schema"))
        if model:
            found["application/json"] = model
        return found

    def security_of(self, operation: Operation) -> list[tuple[str, list[str]]]:
        """What an operation asks of its caller: names of schemes, with scopes."""
        wanted = operation.written.get("security", self.written.get("security")) or []
        return [(str(name), list(scopes or ())) for each in wanted for name, scopes in each.items()]


def plain(value: Any) -> dict[str, str]:
    """A map of texts."""
    return {
        str(name): each if isinstance(each, str) else json.dumps(each)
        for name, each in (value or {}).items()
    }


def merged(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options without those that are empty."""
    return {name: value for name, value in options.items() if value not in (None, "", {})}
