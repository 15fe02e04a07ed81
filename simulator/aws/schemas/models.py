"""The schema registry of EventBridge, and discovery of schemas from the events of a bus."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.utils import unix_time
from moto.moto_api._internal import mock_random
from moto.utilities.tagging_service import TaggingService

from simulator.aws.schemas.exceptions import BadRequest, Conflict, Forbidden, NotFound
from simulator.model import discovery

DISCOVERED = "discovered-schemas"
_AWS = "aws.events"
TYPES = ("OpenApi3", "JSONSchemaDraft4")
_NAME = re.compile(r"[0-9A-Za-z_.\-@]+")


@dataclass
class Version:
    """One version of a schema; `content` is JSON."""

    number: int
    type: str
    content: str
    description: str
    created_unix_s: float


@dataclass
class Schema:
    """A schema and its versions, oldest first."""

    name: str
    arn: str
    versions: list[Version] = field(default_factory=list)
    count: int = 0


@dataclass
class Registry:
    """A registry and its schemas by name."""

    name: str
    arn: str
    description: str = ""
    schemas: dict[str, Schema] = field(default_factory=dict)
    policy: tuple[str, str] | None = None


@dataclass
class Discoverer:
    """What watches a bus and writes down the schemas of its events."""

    identifier: str
    arn: str
    source_arn: str
    description: str
    cross_account: bool
    state: str = "STARTED"


class SchemasBackend(BaseBackend):
    """One account's schemas in one Region."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.registries: dict[str, Registry] = {}
        self.discoverers: dict[str, Discoverer] = {}
        self.tagger = TaggingService()
        self._add_registry(_AWS, "")

    @property
    def _url_module(self) -> Any:
        from simulator.aws.schemas import urls  # it imports this file

        return urls

    def create_registry(self, name: str, description: str, tags: Mapping[str, str]) -> Registry:
        """Make a registry."""
        _check_name(name, "RegistryName", 64)
        if name.startswith("aws."):
            raise Forbidden("Names that begin with aws. are AWS's own.")
        if name in self.registries:
            raise Conflict(f"Registry {name}")
        registry = self._add_registry(name, description)
        self.tag(registry.arn, tags)
        return registry

    def registry(self, name: str) -> Registry:
        """The registry called `name`. Raises NotFound."""
        if name not in self.registries:
            raise NotFound(f"Registry with name {name}")
        return self.registries[name]

    def own_registry(self, name: str) -> Registry:
        """The same, of those that may be changed."""
        if name == _AWS:
            raise Forbidden(f"The registry {name} cannot be changed.")
        return self.registry(name)

    def delete_registry(self, name: str) -> None:
        """Delete a registry with its schemas."""
        self.own_registry(name)
        del self.registries[name]

    def create_schema(
        self, registry_name: str, name: str, kind: str, content: str, description: str
    ) -> tuple[Schema, Version]:
        """Make a schema, at version 1."""
        registry = self.own_registry(registry_name)
        _check_name(name, "SchemaName", 385)
        _check_content(kind, content)
        if name in registry.schemas:
            raise Conflict(f"Schema {name}")
        arn = f"{self._arn('schema')}/{registry_name}/{name}"
        schema = registry.schemas[name] = Schema(name, arn)
        return schema, _add_version(schema, kind, content, description)

    def update_schema(
        self,
        registry_name: str,
        name: str,
        kind: str | None,
        content: str | None,
        description: str | None,
    ) -> tuple[Schema, Version]:
        """Change a schema; other content is another version."""
        self.own_registry(registry_name)
        schema, latest = self.schema(registry_name, name)
        if content is None:
            latest.description = latest.description if description is None else description
            return schema, latest
        kind = kind or latest.type
        _check_content(kind, content)
        said = latest.description if description is None else description
        return schema, _add_version(schema, kind, content, said)

    def schema(
        self, registry_name: str, name: str, version: str | None = None
    ) -> tuple[Schema, Version]:
        """A schema and a version of it, the latest by default. Raises NotFound."""
        schema = self.registry(registry_name).schemas.get(name)
        if schema is None:
            raise NotFound(f"Schema with name {name}")
        for entry in reversed(schema.versions):
            if version is None or str(entry.number) == version:
                return schema, entry
        raise NotFound(f"Version {version} of schema {name}")

    def delete_schema(self, registry_name: str, name: str) -> None:
        """Delete a schema with its versions."""
        registry = self.own_registry(registry_name)
        self.schema(registry_name, name)
        del registry.schemas[name]

    def delete_version(self, registry_name: str, name: str, version: str) -> None:
        """Delete one version; with the last one goes the schema."""
        registry = self.own_registry(registry_name)
        schema, entry = self.schema(registry_name, name, version)
        schema.versions.remove(entry)
        if not schema.versions:
            del registry.schemas[name]

    def create_discoverer(
        self, source_arn: str, description: str, cross_account: bool, tags: Mapping[str, str]
    ) -> Discoverer:
        """Watch the events of a bus from now on."""
        from moto.events.models import events_backends

        name = source_arn.partition("event-bus/")[2]
        if not name or name not in events_backends[self.account_id][self.region_name].event_buses:
            raise NotFound(f"Event bus {name or source_arn}")
        if any(known.source_arn == source_arn for known in self.discoverers.values()):
            raise Conflict(f"Discoverer for {source_arn}")
        identifier = f"events-event-bus-{name}"
        if identifier in self.discoverers:
            identifier = f"{identifier}-{mock_random.uuid4()}"
        arn = f"{self._arn('discoverer')}/{identifier}"
        found = Discoverer(identifier, arn, source_arn, description, cross_account)
        self.discoverers[identifier] = found
        self.tag(arn, tags)
        return found

    def discoverer(self, identifier: str) -> Discoverer:
        """The discoverer with this id. Raises NotFound."""
        if identifier not in self.discoverers:
            raise NotFound(f"Discoverer with id {identifier}")
        return self.discoverers[identifier]

    def delete_discoverer(self, identifier: str) -> None:
        """Watch no more."""
        self.discoverer(identifier)
        del self.discoverers[identifier]

    def see(self, bus_arn: str, event: Mapping[str, Any]) -> bool:
        """Write down the schema of an event of a bus, if one is watched; whether it is."""
        for watcher in self.discoverers.values():
            if watcher.source_arn != bus_arn or watcher.state != "STARTED":
                continue
            if event.get("account") != self.account_id and not watcher.cross_account:
                continue
            self._discover(event)
            return True
        return False

    def _discover(self, event: Mapping[str, Any]) -> None:
        registry = self.registries.get(DISCOVERED) or self._add_registry(DISCOVERED, "")
        name = discovery.schema_name(event)
        schema = registry.schemas.get(name)
        known = json.loads(schema.versions[-1].content) if schema else None
        document = discovery.openapi([event], known)
        if schema is None:
            arn = f"{self._arn('schema')}/{DISCOVERED}/{name}"
            schema = registry.schemas[name] = Schema(name, arn)
        elif document == known:
            return
        said = f"Schema for event type {event['detail-type']}, published by {event['source']}"
        _add_version(schema, "OpenApi3", json.dumps(document), said)

    def discovered(self, events: Sequence[str], kind: str) -> str:
        """The schema that fits all of some events, given as JSON."""
        if kind not in TYPES:
            raise BadRequest(f"Type must be one of {', '.join(TYPES)}.")
        if not 1 <= len(events) <= 10:
            raise BadRequest("Events must have 1 to 10 entries.")
        try:
            read = [json.loads(event) for event in events]
        except ValueError as error:
            raise BadRequest("Events must be JSON.") from error
        document = discovery.openapi(read)
        return json.dumps(document if kind == "OpenApi3" else discovery.json_schema(document))

    def tag(self, arn: str, tags: Mapping[str, str]) -> None:
        """Add tags to a resource."""
        if tags:
            pairs = self.tagger.convert_dict_to_tags_input(dict(tags))
            self.tagger.tag_resource(arn, pairs)

    def tags(self, arn: str) -> dict[str, str]:
        """The tags of a resource."""
        return dict(self.tagger.get_tag_dict_for_resource(arn))

    def _add_registry(self, name: str, description: str) -> Registry:
        arn = f"{self._arn('registry')}/{name}"
        registry = self.registries[name] = Registry(name, arn, description)
        return registry

    def _arn(self, kind: str) -> str:
        return f"arn:{self.partition}:schemas:{self.region_name}:{self.account_id}:{kind}"


def _add_version(schema: Schema, kind: str, content: str, description: str) -> Version:
    schema.count += 1
    version = Version(schema.count, kind, content, description, unix_time())
    schema.versions.append(version)
    return version


def _check_name(name: str, at: str, longest: int) -> None:
    if not _NAME.fullmatch(name or "") or len(name) > longest:
        raise BadRequest(f"{at} must have 1 to {longest} characters of 0-9 A-Z a-z . - _ @.")


def _check_content(kind: str | None, content: str | None) -> None:
    if kind not in TYPES:
        raise BadRequest(f"Type must be one of {', '.join(TYPES)}.")
    try:
        document = json.loads(content or "")
    except ValueError as error:
        raise BadRequest("Content is no JSON.") from error
    if not isinstance(document, dict) or (
        kind == "OpenApi3" and not str(document.get("openapi", "")).startswith("3.")
    ):
        raise BadRequest(f"Content is no {kind} document.")


schemas_backends = BackendDict(SchemasBackend, "schemas")
