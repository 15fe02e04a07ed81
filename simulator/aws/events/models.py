"""moto's EventBridge with rules that match, targets that are tried again, schedules that fire."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from moto.core.utils import unix_time
from moto.events import models as moto
from moto.events.exceptions import (
    ResourceAlreadyExistsException,
    ResourceNotFoundException,
    ValidationException,
)
from moto.moto_api._internal import mock_random

from simulator.aws.events import entries as entry_rules
from simulator.aws.events.archive import Archive
from simulator.aws.events.delivery import Deliveries, Posted
from simulator.aws.events.exceptions import Constraints
from simulator.aws.events.rules import (
    EventBus,
    Rule,
    check_archive_pattern,
    check_policy,
    check_quota,
    check_targets,
    compiled,
)
from simulator.aws.events.ticking import tick
from simulator.model.matcher import Pairs
from simulator.model.pattern import parse

if TYPE_CHECKING:
    from simulator.world import World

_STATES = ("ENABLED", "DISABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")


class EventsBackend(moto.EventsBackend):
    """One account's EventBridge in one Region."""

    world: ClassVar[World]
    deliveries: ClassVar[Deliveries]

    @property
    def _url_module(self) -> Any:
        from simulator.aws.events import urls  # it imports this file

        return urls

    def create_event_bus(self, name: str, *args: Any, **options: Any) -> moto.EventBus:
        """Make a bus."""
        constraints = Constraints()
        constraints.text(name, "name", 256, r"[/\.\-_A-Za-z0-9]+")
        constraints.check()
        return super().create_event_bus(name, *args, **options)

    def update_event_bus(self, name: str | None, **changes: Any) -> moto.EventBus:
        """Change a bus's description, key or dead-letter queue."""
        bus = self._get_event_bus(name or "default")
        for attribute, value in changes.items():
            if value is not None:
                setattr(bus, attribute, value)
        bus.last_modified_time = unix_time()
        return bus

    def put_rule(
        self,
        name: str,
        description: str | None = None,
        event_bus_arn: str | None = None,
        event_pattern: str | None = None,
        role_arn: str | None = None,
        scheduled_expression: str | None = None,
        state: str | None = None,
        managed_by: str | None = None,
        tags: list[dict[str, str]] | None = None,
    ) -> Rule:
        """Make or change a rule; its targets stay."""
        constraints = Constraints()
        constraints.text(name, "name", 64)
        constraints.member(state, "state", _STATES)
        constraints.text(description, "description", 512, None) if description else None
        constraints.check()
        bus_name = self._normalize_event_bus_arn(event_bus_arn)
        if not event_pattern and not scheduled_expression:
            raise ValidationException(
                "Parameter(s) EventPattern or ScheduleExpression must be specified."
            )
        if scheduled_expression and bus_name != "default":
            raise ValidationException(
                "ScheduleExpression is supported only on the default event bus."
            )
        bus: Any = self._get_event_bus(event_bus_arn or "default")
        before = bus.rules.get(name)
        rule = Rule(  # type: ignore[abstract]
            name=name,
            account_id=self.account_id,
            region_name=self.region_name,
            description=description,
            event_pattern=event_pattern,
            schedule_exp=scheduled_expression,
            role_arn=role_arn,
            event_bus_name=bus.name,
            state=state,
            managed_by=managed_by,
            targets=before.targets if before else [],
        )
        bus.rules[name] = rule
        if tags:
            self.tagger.tag_resource(rule.arn, tags)
        if rule.schedule is not None:
            tick(
                self.world,
                self.deliveries,
                rule,
                lambda: bus.rules.get(name) is rule and self.event_buses.get(bus_name) is bus,
            )
        return rule

    def put_targets(
        self, name: str, event_bus_arn: str | None, targets: list[dict[str, Any]]
    ) -> None:
        """Add or replace targets of a rule."""
        bus = self._get_event_bus(event_bus_arn or "default")
        check_targets(targets)
        rule: Any = bus.rules.get(name)
        if rule is None:
            raise ResourceNotFoundException(f"Rule {name} does not exist on EventBus {bus.name}.")
        check_quota(rule, targets)
        rule.put_targets(targets)

    def put_events(self, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Put entries on their buses; each is an event or says why it is none."""
        entry_rules.check_request(events)
        return [self._put(entry) for entry in events]

    def put_partner_events(self, entries: list[dict[str, Any]]) -> None:
        """Give events of a partner to the accounts that have its event source."""
        for entry in entries:
            for account in _source(self.partner_event_sources, entry.get("Source", "")).accounts:
                backend: Any = moto.events_backends[account][self.region_name]
                if entry.get("DetailType") and entry_rules.detail_of(entry) is not None:
                    backend._post(entry)

    def describe_event_source(self, name: str) -> moto.PartnerEventSource:
        """An event source that a partner has made for this account."""
        return _source(self.event_sources, name)

    def describe_partner_event_source(self, name: str) -> moto.PartnerEventSource:
        """An event source that this account, a partner, has made."""
        return _source(self.partner_event_sources, name)

    def delete_partner_event_source(self, name: str, account_id: str) -> None:
        """Take an event source away from an account."""
        client = moto.events_backends[account_id][self.region_name]
        _source(client.event_sources, name).state = "DELETED"

    def create_connection(
        self,
        name: str,
        description: str,
        authorization_type: str,
        auth_parameters: dict[str, Any],
    ) -> moto.Connection:
        """Make a connection, after AWS's checks."""
        kinds = ("BASIC", "OAUTH_CLIENT_CREDENTIALS", "API_KEY")
        constraints = Constraints()
        constraints.text(name, "name", 64)
        constraints.member(authorization_type, "authorizationType", kinds)
        constraints.check()
        given = {key: value for key, value in auth_parameters.items() if value is not None}
        return super().create_connection(name, description, authorization_type, given)

    def put_permission(
        self,
        event_bus_name: str,
        action: str,
        principal: str,
        statement_id: str,
        condition: dict[str, str],
        policy: str,
    ) -> None:
        """Let somebody put events on a bus: a statement, or a whole policy."""
        if policy:
            check_policy(policy)
        if condition and not {"Type", "Key", "Value"} <= set(condition):
            raise ValidationException("Condition must have a Type, a Key and a Value.")
        super().put_permission(event_bus_name, action, principal, statement_id, condition, policy)

    def _put(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        refused = entry_rules.refusal(entry)
        if refused is not None:
            return {"ErrorCode": refused[0], "ErrorMessage": refused[1]}
        return {"EventId": self._post(entry)}

    def _post(self, entry: Mapping[str, Any]) -> str:
        """Put an event on the bus that its entry names; a bus that is not there loses it."""
        identifier = str(mock_random.uuid4())
        now_s = unix_time()
        event = entry_rules.event_of(entry, identifier, self.account_id, self.region_name, now_s)
        bus = self._bus_of(str(entry.get("EventBusName") or "default"))
        if bus is not None:
            posted = Posted(
                event,
                entry_rules.instant_text(now_s),
                self._origin(bus),
                entry_rules.size_of(entry),
            )
            self.deliveries.post(bus, posted)
        return identifier

    def _bus_of(self, name: str) -> EventBus | None:
        owner: Any = self
        if name.startswith("arn:"):
            _, _, _, region, account, resource = (*name.split(":", 5), "", "", "", "", "")[:6]
            name = resource.removeprefix("event-bus/")
            owner = moto.events_backends[account][region]
        found: EventBus | None = owner.event_buses.get(name)
        return found

    def _origin(self, bus: EventBus) -> tuple[str, ...]:
        """Where an event put straight onto another account's bus comes from."""
        if (bus.account_id, bus.region) == (self.account_id, self.region_name):
            return ()
        return (f"arn:aws:events:{self.region_name}:{self.account_id}:event-bus/-",)

    def publish(self, event: Mapping[str, Any]) -> None:
        """Put an event of an AWS service on the default bus."""
        posted = Posted(event, entry_rules.instant_text(unix_time()))
        self.deliveries.post(self.event_buses["default"], posted)

    def matches(self, pattern: str, event: str) -> bool:
        """Whether an event matches a pattern, both JSON: TestEventPattern."""
        wanted = compiled(pattern)
        try:
            given = parse(event)
        except ValueError as error:
            raise ValidationException("Parameter Event is not valid.") from error
        if not isinstance(given, Pairs):
            raise ValidationException("Parameter Event is not valid.")
        return wanted.matches(given)

    def create_archive(
        self,
        name: str,
        source_arn: str,
        description: str,
        event_pattern: str,
        retention: str,
    ) -> Archive:
        """Keep the events of a bus from now on."""
        constraints = Constraints()
        if len(name) > 48:
            # moto's sentence begins with a blank
            raise ValidationException(
                " 1 validation error detected: "
                f"Value '{name}' at 'archiveName' failed to satisfy constraint: "
                "Member must have length less than or equal to 48"
            )
        constraints.text(name, "archiveName", 48)
        constraints.check()
        bus = self._get_event_bus(source_arn)
        if name in self.archives:
            raise ResourceAlreadyExistsException(f"Archive {name} already exists.")
        check_archive_pattern(event_pattern)
        archive = Archive(  # type: ignore[abstract]
            self.account_id,
            self.region_name,
            name,
            source_arn,
            description,
            event_pattern,
            retention,
        )
        self._put_archive_rule(archive, bus.name)
        self.archives[name] = archive
        return archive

    def update_archive(
        self, name: str, description: str, event_pattern: str, retention: str
    ) -> dict[str, Any]:
        """Change an archive, and what it keeps from now on."""
        if name in self.archives:
            check_archive_pattern(event_pattern)
        told = super().update_archive(name, description, event_pattern, retention)
        archive = self.archives[name]
        if event_pattern and archive.rule is not None:
            self._put_archive_rule(archive, archive.rule.event_bus_name)
        return told

    def _put_archive_rule(self, archive: moto.Archive, bus_name: str) -> None:
        pattern = json.loads(archive.event_pattern.dump() or "{}")
        pattern["replay-name"] = [{"exists": False}]
        name = f"Events-Archive-{archive.name}"
        rule = self.put_rule(
            name,
            event_pattern=json.dumps(pattern),
            event_bus_arn=bus_name,
            managed_by="prod.vhs.events.aws.internal",
        )
        # Never filled in: the template is what AWS shows of such a rule's target.
        template = (
            f'{{"archive-arn": "{archive.arn}:{archive.uuid}", "event": <aws.events.event.json>, '
            '"ingestion-time": <aws.events.event.ingestion-time>}'
        )
        rule.put_targets(
            [
                {
                    "Id": name,
                    "Arn": f"arn:aws:events:{self.region_name}:::",
                    "InputTransformer": {"InputPathsMap": {}, "InputTemplate": template},
                }
            ]
        )
        archive.rule = rule

    def list_archives(
        self, name_prefix: str | None, source_arn: str | None, state: str | None
    ) -> list[dict[str, Any]]:
        """The archives that fit one filter. A bus that is not there is an error."""
        found = super().list_archives(name_prefix, source_arn, state)
        if source_arn and not found:
            self._get_event_bus(source_arn)
        return found

    def delete_event_bus(self, name: str) -> None:
        """Delete a bus and the rules on it."""
        bus = self.event_buses.get(name.rpartition("/")[2] if name.startswith("arn:") else name)
        if bus is not None and any(not rule.managed_by for rule in bus.rules.values()):
            raise ValidationException("Cannot delete event bus with rules on it.")
        super().delete_event_bus(bus.name if bus is not None else name)


def _source(sources: Mapping[str, moto.PartnerEventSource], name: str) -> moto.PartnerEventSource:
    if name not in sources:
        raise ResourceNotFoundException(f"Event source {name} does not exist.")
    return sources[name]
