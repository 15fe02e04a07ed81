"""The schema registry's requests and answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from moto.core.responses import BaseResponse
from moto.moto_api._internal import mock_random

from simulator.aws.events.shapes import check_shape
from simulator.aws.schemas.exceptions import BadRequest, NotFound
from simulator.aws.schemas.models import (
    Discoverer,
    Registry,
    Schema,
    SchemasBackend,
    Version,
    schemas_backends,
)

Answer = tuple[int, dict[str, Any], str]
_PAGE = 100


class SchemasResponse(BaseResponse):
    """One method for each operation, called by its name."""

    def __init__(self) -> None:
        super().__init__(service_name="schemas")

    def call_action(self) -> Any:
        """Answer a request, if it is of its operation's shape."""
        check_shape("schemas", self._get_action(), self.body)
        return super().call_action()

    @property
    def backend(self) -> SchemasBackend:
        """The backend of the request's account and Region."""
        backend: SchemasBackend = schemas_backends[self.current_account][self.region]
        return backend

    def create_registry(self) -> Answer:
        """CreateRegistry."""
        said = self._said()
        name = self._in_path("registryName")
        registry = self.backend.create_registry(
            name, said.get("Description", ""), said.get("tags") or {}
        )
        return self._answer(self._registry(registry), 201)

    def describe_registry(self) -> Answer:
        """DescribeRegistry."""
        return self._answer(self._registry(self.backend.registry(self._in_path("registryName"))))

    def update_registry(self) -> Answer:
        """UpdateRegistry."""
        registry = self.backend.own_registry(self._in_path("registryName"))
        registry.description = self._said().get("Description", registry.description)
        return self._answer(self._registry(registry))

    def delete_registry(self) -> Answer:
        """DeleteRegistry."""
        self.backend.delete_registry(self._in_path("registryName"))
        return self._answer(None, 204)

    def list_registries(self) -> Answer:
        """ListRegistries."""
        scope, prefix = self._asked("scope"), self._asked("registryNamePrefix")
        found = [
            registry
            for name, registry in sorted(self.backend.registries.items())
            if name.startswith(prefix or "")
            and (not scope or (scope == "AWS") == name.startswith("aws."))
        ]
        told = [self._without(self._registry(registry), "Description") for registry in found]
        return self._page("Registries", told)

    def create_schema(self) -> Answer:
        """CreateSchema."""
        said = self._said()
        schema, version = self.backend.create_schema(
            self._in_path("registryName"),
            self._in_path("schemaName"),
            said.get("Type", ""),
            said.get("Content", ""),
            said.get("Description", ""),
        )
        self.backend.tag(schema.arn, said.get("tags") or {})
        return self._answer(self._without(self._schema(schema, version), "Content"), 201)

    def describe_schema(self) -> Answer:
        """DescribeSchema."""
        return self._answer(self._schema(*self._named_schema()))

    def update_schema(self) -> Answer:
        """UpdateSchema."""
        said = self._said()
        schema, version = self.backend.update_schema(
            self._in_path("registryName"),
            self._in_path("schemaName"),
            said.get("Type"),
            said.get("Content"),
            said.get("Description"),
        )
        return self._answer(self._without(self._schema(schema, version), "Content"))

    def delete_schema(self) -> Answer:
        """DeleteSchema."""
        self.backend.delete_schema(self._in_path("registryName"), self._in_path("schemaName"))
        return self._answer(None, 204)

    def delete_schema_version(self) -> Answer:
        """DeleteSchemaVersion."""
        self.backend.delete_version(
            self._in_path("registryName"),
            self._in_path("schemaName"),
            self._in_path("schemaVersion"),
        )
        return self._answer(None, 204)

    def export_schema(self) -> Answer:
        """ExportSchema: as it is stored."""
        schema, version = self._named_schema()
        kind = self._asked("type")
        if kind and kind != version.type:
            raise BadRequest(f"The schema is of type {version.type}, not {kind}.")
        told = self._schema(schema, version)
        wanted = ("Content", "SchemaArn", "SchemaName", "SchemaVersion", "Type")
        return self._answer({name: told[name] for name in wanted})

    def list_schemas(self) -> Answer:
        """ListSchemas."""
        registry = self.backend.registry(self._in_path("registryName"))
        prefix = self._asked("schemaNamePrefix") or ""
        told = [
            {
                "SchemaName": schema.name,
                "SchemaArn": schema.arn,
                "VersionCount": len(schema.versions),
                "LastModified": _instant(schema.versions[-1].created_unix_s),
                "tags": self.backend.tags(schema.arn),
            }
            for name, schema in sorted(registry.schemas.items())
            if name.startswith(prefix)
        ]
        return self._page("Schemas", told)

    def list_schema_versions(self) -> Answer:
        """ListSchemaVersions."""
        schema, _ = self._named_schema()
        told = [
            {
                "SchemaName": schema.name,
                "SchemaArn": schema.arn,
                "SchemaVersion": str(version.number),
                "Type": version.type,
            }
            for version in schema.versions
        ]
        return self._page("SchemaVersions", told)

    def search_schemas(self) -> Answer:
        """SearchSchemas: every keyword is somewhere in the name or the content."""
        registry = self.backend.registry(self._in_path("registryName"))
        words = (self._asked("keywords") or "").lower().split()
        told = []
        for name, schema in sorted(registry.schemas.items()):
            versions = [
                version
                for version in schema.versions
                if all(word in f"{name} {version.content}".lower() for word in words)
            ]
            if versions:
                told.append(
                    {
                        "RegistryName": registry.name,
                        "SchemaName": name,
                        "SchemaArn": schema.arn,
                        "SchemaVersions": [
                            {
                                "SchemaVersion": str(version.number),
                                "Type": version.type,
                                "CreatedDate": _instant(version.created_unix_s),
                            }
                            for version in versions
                        ],
                    }
                )
        return self._page("Schemas", told)

    def create_discoverer(self) -> Answer:
        """CreateDiscoverer."""
        said = self._said()
        found = self.backend.create_discoverer(
            str(said.get("SourceArn", "")),
            said.get("Description", ""),
            bool(said.get("CrossAccount", True)),
            said.get("tags") or {},
        )
        return self._answer(self._discoverer(found), 201)

    def describe_discoverer(self) -> Answer:
        """DescribeDiscoverer."""
        found = self.backend.discoverer(self._in_path("discovererId"))
        return self._answer(self._discoverer(found))

    def update_discoverer(self) -> Answer:
        """UpdateDiscoverer."""
        found, said = self.backend.discoverer(self._in_path("discovererId")), self._said()
        found.description = said.get("Description", found.description)
        found.cross_account = bool(said.get("CrossAccount", found.cross_account))
        return self._answer(self._discoverer(found))

    def delete_discoverer(self) -> Answer:
        """DeleteDiscoverer."""
        self.backend.delete_discoverer(self._in_path("discovererId"))
        return self._answer(None, 204)

    def start_discoverer(self) -> Answer:
        """StartDiscoverer."""
        return self._set_state("STARTED")

    def stop_discoverer(self) -> Answer:
        """StopDiscoverer."""
        return self._set_state("STOPPED")

    def list_discoverers(self) -> Answer:
        """ListDiscoverers."""
        by_id, by_source = self._asked("discovererIdPrefix"), self._asked("sourceArnPrefix")
        told = [
            self._without(self._discoverer(found), "Description")
            for identifier, found in sorted(self.backend.discoverers.items())
            if identifier.startswith(by_id or "") and found.source_arn.startswith(by_source or "")
        ]
        return self._page("Discoverers", told)

    def get_discovered_schema(self) -> Answer:
        """GetDiscoveredSchema."""
        said = self._said()
        content = self.backend.discovered(said.get("Events") or [], said.get("Type", ""))
        return self._answer({"Content": content})

    def get_resource_policy(self) -> Answer:
        """GetResourcePolicy."""
        policy = self._policy_registry().policy
        if policy is None:
            raise NotFound("The resource policy")
        return self._answer({"Policy": policy[0], "RevisionId": policy[1]})

    def put_resource_policy(self) -> Answer:
        """PutResourcePolicy."""
        said, registry = self._said(), self._policy_registry()
        text = said.get("Policy")
        revision = str(mock_random.uuid4())
        registry.policy = (text if isinstance(text, str) else json.dumps(text), revision)
        return self._answer({"Policy": registry.policy[0], "RevisionId": revision})

    def delete_resource_policy(self) -> Answer:
        """DeleteResourcePolicy."""
        self._policy_registry().policy = None
        return self._answer(None, 204)

    def list_tags_for_resource(self) -> Answer:
        """ListTagsForResource."""
        return self._answer({"tags": self.backend.tags(self._tagged())})

    def tag_resource(self) -> Answer:
        """TagResource."""
        self.backend.tag(self._tagged(), self._said().get("tags") or {})
        return self._answer(None, 204)

    def untag_resource(self) -> Answer:
        """UntagResource."""
        keys = self.querystring.get("tagKeys", [])
        self.backend.tagger.untag_resource_using_names(self._tagged(), keys)
        return self._answer(None, 204)

    def _set_state(self, state: str) -> Answer:
        found = self.backend.discoverer(self._in_path("discovererId"))
        found.state = state
        return self._answer({"DiscovererId": found.identifier, "State": state})

    def _policy_registry(self) -> Registry:
        return self.backend.own_registry(self._asked("registryName") or "discovered-schemas")

    def _named_schema(self) -> tuple[Schema, Version]:
        return self.backend.schema(
            self._in_path("registryName"),
            self._in_path("schemaName"),
            self._asked("schemaVersion"),
        )

    def _registry(self, registry: Registry) -> dict[str, Any]:
        return {
            "RegistryName": registry.name,
            "RegistryArn": registry.arn,
            "Description": registry.description,
            "tags": self.backend.tags(registry.arn),
        }

    def _schema(self, schema: Schema, version: Version) -> dict[str, Any]:
        return {
            "SchemaName": schema.name,
            "SchemaArn": schema.arn,
            "SchemaVersion": str(version.number),
            "Type": version.type,
            "Content": version.content,
            "Description": version.description,
            "LastModified": _instant(schema.versions[-1].created_unix_s),
            "VersionCreatedDate": _instant(version.created_unix_s),
            "tags": self.backend.tags(schema.arn),
        }

    def _discoverer(self, found: Discoverer) -> dict[str, Any]:
        return {
            "DiscovererId": found.identifier,
            "DiscovererArn": found.arn,
            "SourceArn": found.source_arn,
            "Description": found.description,
            "CrossAccount": found.cross_account,
            "State": found.state,
            "tags": self.backend.tags(found.arn),
        }

    def _said(self) -> dict[str, Any]:
        try:
            said = json.loads(self.body or "{}")
        except ValueError as error:
            raise BadRequest("The request's body is no JSON.") from error
        if not isinstance(said, dict):
            raise BadRequest("The request's body is no JSON object.")
        return said

    def _in_path(self, name: str) -> str:
        return unquote(str((self.uri_match or {}).get(name, "")))

    def _asked(self, name: str) -> str | None:
        values = self.querystring.get(name)
        return str(values[0]) if values else None

    def _tagged(self) -> str:
        return unquote(self.uri.split("?")[0].split("/tags/", 1)[1])

    def _page(self, name: str, entries: list[dict[str, Any]]) -> Answer:
        try:
            start = int(self._asked("nextToken") or 0)
            limit = int(self._asked("limit") or _PAGE)
        except ValueError as error:
            raise BadRequest("The NextToken or the Limit is not valid.") from error
        shown = entries[start : start + limit]
        more = {"NextToken": str(start + limit)} if start + limit < len(entries) else {}
        return self._answer({name: shown, **more})

    def _answer(self, told: Mapping[str, Any] | None, status: int = 200) -> Answer:
        headers = {**self.response_headers, "status": status}
        return status, headers, json.dumps(told) if told is not None else ""

    @staticmethod
    def _without(told: Mapping[str, Any], *names: str) -> dict[str, Any]:
        return {name: value for name, value in told.items() if name not in names}


def _instant(unix_s: float) -> str:
    return datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
