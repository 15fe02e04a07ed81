"""EventBridge's requests and answers, where moto has none or others than AWS."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from moto.events.exceptions import ResourceNotFoundException, ValidationException
from moto.events.responses import EventsHandler

from simulator.aws.events.shapes import check_shape

Answer = tuple[str, dict[str, Any]]


class EventsResponse(EventsHandler):
    """moto's handler with what it leaves out."""

    def call_action(self) -> Any:
        """Answer a request, if it is of its operation's shape."""
        check_shape("events", self._get_action(), self.body)
        return super().call_action()

    @property
    def events_backend(self) -> Any:
        """The backend of the request's account and Region."""
        return super().events_backend

    def test_event_pattern(self) -> str:  # type: ignore[override]
        """TestEventPattern."""
        pattern, event = self._get_param("EventPattern"), self._get_param("Event")
        for name, value in (("EventPattern", pattern), ("Event", event)):
            if not value:
                raise ValidationException(f"Parameter {name} must be specified.")
        return json.dumps({"Result": self.events_backend.matches(pattern, event)})

    def put_events(self) -> str:
        """PutEvents."""
        entries = self.events_backend.put_events(self._get_param("Entries") or [])
        failed = sum("ErrorCode" in entry for entry in entries)
        return json.dumps({"FailedEntryCount": failed, "Entries": entries})

    def update_event_bus(self) -> str:
        """UpdateEventBus."""
        bus = self.events_backend.update_event_bus(
            self._get_param("Name"),
            description=self._get_param("Description"),
            kms_key_identifier=self._get_param("KmsKeyIdentifier"),
            dead_letter_config=self._get_param("DeadLetterConfig"),
        )
        told = {
            "Arn": bus.arn,
            "Name": bus.name,
            "KmsKeyIdentifier": bus.kms_key_identifier,
            "Description": bus.description,
            "DeadLetterConfig": bus.dead_letter_config,
        }
        return json.dumps({name: value for name, value in told.items() if value})

    def list_event_buses(self) -> Answer:
        """ListEventBuses."""
        return self._plain(super().list_event_buses())

    def list_rules(self) -> Answer:
        """ListRules: as DescribeRule, without the creator."""
        text, headers = super().list_rules()
        told = _without_nulls(json.loads(text))
        for rule in told["Rules"]:
            rule.pop("CreatedBy", None)
        return json.dumps(told), headers

    def list_rule_names_by_target(self) -> Answer:
        """ListRuleNamesByTarget."""
        return self._plain(super().list_rule_names_by_target())

    def list_targets_by_rule(self) -> Answer:
        """ListTargetsByRule."""
        return self._plain(super().list_targets_by_rule())

    def list_event_sources(self) -> str:
        """ListEventSources."""
        sources = list(self.events_backend.event_sources.values())
        chosen = filtered(sources, self._get_param("NamePrefix"))
        return json.dumps({"EventSources": [source.to_dict() for source in chosen]})

    def list_partner_event_sources(self) -> str:
        """ListPartnerEventSources."""
        sources = list(self.events_backend.partner_event_sources.values())
        chosen = filtered(sources, self._get_param("NamePrefix"))
        told = [{"Arn": source.arn, "Name": source.name} for source in chosen]
        return json.dumps({"PartnerEventSources": told})

    def list_partner_event_source_accounts(self) -> str:
        """ListPartnerEventSourceAccounts."""
        name = self._get_param("EventSourceName")
        source = self.events_backend.partner_event_sources.get(name)
        if source is None:
            raise ResourceNotFoundException(f"Event source {name} does not exist.")
        told = [
            {"Account": account, "CreationTime": source.created_on, "State": source.state}
            for account in source.accounts
        ]
        return json.dumps({"PartnerEventSourceAccounts": told})

    def activate_event_source(self) -> str:
        """ActivateEventSource."""
        return self._set_source_state("ACTIVE")

    def deactivate_event_source(self) -> str:
        """DeactivateEventSource."""
        return self._set_source_state("PENDING")

    def _set_source_state(self, state: str) -> str:
        name = self._get_param("Name")
        source = self.events_backend.event_sources.get(name)
        if source is None:
            raise ResourceNotFoundException(f"Event source {name} does not exist.")
        source.state = state
        return ""

    def _plain(self, answer: Answer) -> Answer:
        text, headers = answer
        return json.dumps(_without_nulls(json.loads(text))), headers


def filtered(items: Sequence[Any], prefix: str | None) -> list[Any]:
    """Those whose name begins with `prefix`."""
    return [item for item in items if not prefix or item.name.startswith(prefix)]


def _without_nulls(told: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if value is not None}
