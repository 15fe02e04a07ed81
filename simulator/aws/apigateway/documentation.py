"""Calls around the documentation of REST APIs.

Sources: API Gateway Developer Guide, "Documentation for REST APIs in API Gateway"; API Reference,
"CreateDocumentationPart", "CreateDocumentationVersion", "ImportDocumentationParts".
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

import yaml
from moto.apigateway.exceptions import BadRequestException, ConflictException, NotFoundException
from moto.apigateway.responses import APIGatewayResponse
from moto.apigateway.utils import create_id
from moto.core.responses import TYPE_RESPONSE
from moto.core.utils import unix_time

from simulator.aws.apigateway.written import (
    EXTENSION,
    Documentation,
    NoPart,
    Taken,
    as_text,
)

_FIND_PART = "Invalid Documentation part identifier specified"
_FIND_VERSION = "Invalid Documentation version specified"


class DocumentationCalls(APIGatewayResponse):
    """The calls around documentation."""

    def create_documentation_part(self) -> TYPE_RESPONSE:
        """Write of a part of the API."""
        part = self._add(self._get_param("location"), self._get_param("properties"))
        return 201, {}, json.dumps(part)

    def _add(self, location: Any, properties: Any) -> dict[str, Any]:
        try:
            return self._written().add(create_id(), location, properties)
        except NoPart as error:
            raise BadRequestException(str(error)) from error
        except Taken as error:
            raise ConflictException(str(error)) from error

    @staticmethod
    def _text(properties: Any) -> str:
        try:
            return as_text(properties)
        except NoPart as error:
            raise BadRequestException(str(error)) from error

    def get_documentation_parts(self) -> TYPE_RESPONSE:
        """The parts, by type, name and path."""
        wanted = {
            "type": self._get_param("type"),
            "name": self._get_param("name"),
            "path": self._get_param("path"),
        }
        items = [
            part
            for part in self._written().parts.values()
            if all(not v or part["location"].get(n) == v for n, v in wanted.items())
        ]
        return 200, {}, json.dumps({"item": items})

    def get_documentation_part(self) -> TYPE_RESPONSE:
        """One part."""
        return 200, {}, json.dumps(self._part())

    def update_documentation_part(self) -> TYPE_RESPONSE:
        """Write anew of a part."""
        part = self._part()
        for operation in self._get_param("patchOperations") or ():
            if (operation.get("op"), operation.get("path")) != ("replace", "/properties"):
                raise BadRequestException(f"Invalid patch path {operation.get('path')}")
            part["properties"] = self._text(operation.get("value"))
        return 200, {}, json.dumps(part)

    def delete_documentation_part(self) -> TYPE_RESPONSE:
        """Forget a part."""
        del self._written().parts[self._part()["id"]]
        return 202, {}, ""

    def import_documentation_parts(self) -> TYPE_RESPONSE:
        """Take parts from an OpenAPI document, besides those that are there or in their place."""
        document: Any = yaml.safe_load(self.body) or {}
        written = self._written()
        if str(self._get_param("mode") or "merge").lower() == "overwrite":
            written.parts.clear()
        found: Any = document.get(EXTENSION, document).get("documentationParts") or ()
        ids = []
        for each in found:
            place = dict(each["location"])
            there = [p for p in written.parts.values() if p["location"] == place]
            for part in there:
                part["properties"] = self._text(each["properties"])
            made = there or [self._add(place, each["properties"])]
            ids.append(made[0]["id"])
        return 200, {}, json.dumps({"ids": ids, "warnings": []})

    def create_documentation_version(self) -> TYPE_RESPONSE:
        """Keep the parts as they are, and let a stage show them."""
        written, name = self._written(), str(self._get_param("documentationVersion"))
        if not written.parts:
            raise BadRequestException("No documentation parts to publish")
        if name in written.versions:
            raise ConflictException("Documentation version already exists")
        if stage := self._get_param("stageName"):
            found: Any = self.backend.get_stage(self._api_id, stage)
            found.documentation_version = name
        version = {
            "version": name,
            "createdDate": int(unix_time()),
            "description": self._get_param("description"),
            "parts": json.loads(json.dumps(written.written())),
        }
        written.versions[name] = version
        return 201, {}, json.dumps(_told(version))

    def get_documentation_versions(self) -> TYPE_RESPONSE:
        """All versions."""
        items = [_told(each) for each in self._written().versions.values()]
        return 200, {}, json.dumps({"item": items})

    def get_documentation_version(self) -> TYPE_RESPONSE:
        """One version."""
        return 200, {}, json.dumps(_told(self._version()))

    def update_documentation_version(self) -> TYPE_RESPONSE:
        """Describe a version anew."""
        version = self._version()
        for operation in self._get_param("patchOperations") or ():
            if (operation.get("op"), operation.get("path")) != ("replace", "/description"):
                raise BadRequestException(f"Invalid patch path {operation.get('path')}")
            version["description"] = operation.get("value")
        return 200, {}, json.dumps(_told(version))

    def delete_documentation_version(self) -> TYPE_RESPONSE:
        """Forget a version."""
        del self._written().versions[self._version()["version"]]
        return 202, {}, ""

    @property
    def _api_id(self) -> str:
        return str(self.path.split("/")[2])

    def _written(self) -> Documentation:
        api: Any = self.backend.get_rest_api(self._api_id)
        written: Documentation = api.documentation
        return written

    def _part(self) -> dict[str, Any]:
        found = self._written().parts.get(self.path.split("/")[5])
        if found is None:
            raise NotFoundException(_FIND_PART)
        return found

    def _version(self) -> dict[str, Any]:
        found = self._written().versions.get(unquote(self.path.split("/")[5]))
        if found is None:
            raise NotFoundException(_FIND_VERSION)
        return found


def _told(version: dict[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in version.items() if name != "parts" and each is not None}
