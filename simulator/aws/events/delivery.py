"""From a bus to its targets: matching, transforming, retrying, burying what cannot be taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from moto.events.models import events_backends
from moto.moto_api._internal import mock_random

from simulator.aws.events.targets import Parcel, Targets
from simulator.model.bus import MAX_AGE_S, MAX_ATTEMPTS, Outcome, RetryPolicy, TargetError, deliver
from simulator.model.transform import compact, select, transform

if TYPE_CHECKING:
    from simulator.aws.cloud import Cloud
    from simulator.aws.events.rules import Rule
    from simulator.world import World

_NAMESPACE = "AWS/Events"


Watcher = Callable[[str, Mapping[str, Any]], bool]
"""Looks at an event of a bus; whether it took it in, which AWS bills."""


@dataclass(frozen=True)
class Posted:
    """An event on a bus: what targets see, when it came in, and the buses it went through."""

    event: Mapping[str, Any]
    ingested: str
    path: tuple[str, ...] = ()
    size_bytes: int = 0
    """What the entry weighed that it was put by; 0 where no caller put it."""

    @property
    def billed(self) -> dict[str, Any]:
        """What facts say of its price: its size, whose bus it came from, whether it is replayed.

        Events of AWS's own cost nothing: their size is not told.
        """
        event = self.event
        told: dict[str, Any] = {}
        if self.path:
            told["sender"] = self.path[-1].split(":")[4]
        if "replay-name" in event:
            told["replay"] = event["replay-name"]
        if told or not str(event["source"]).startswith("aws."):
            told["payload_bytes"] = self.size_bytes or len(compact(event).encode())
        return told


class Deliveries:
    """Carries the events of all buses of a world."""

    def __init__(self, world: World, cloud: Cloud) -> None:
        self._world = world
        self.targets = Targets(world, cloud)
        self._chance = world.streams["events-retry"]
        self._watchers: list[Watcher] = []

    def watch(self, watcher: Watcher) -> None:
        """Call `watcher(bus ARN, event)` with every event from now on: schema discovery does."""
        self._watchers.append(watcher)

    def post(self, bus: Any, posted: Posted, only: frozenset[str] | None = None) -> None:
        """Put an event on a bus; its targets get it at this instant, rule by rule.

        `only` limits it to the rules with these ARNs, as a replay may.
        """
        event = posted.event
        billed = posted.billed
        for watcher in self._watchers:
            if watcher(bus.arn, event):
                billed["discovered"] = True
        self._world.record(
            "events.put",
            bus=bus.name,
            source=event["source"],
            detail_type=event["detail-type"],
            id=event["id"],
            account=bus.account_id,
            **billed,
        )
        onward = replace(posted, path=(*posted.path, bus.arn))
        for rule in bus.index.match(event):
            if rule.state.startswith("ENABLED") and (only is None or rule.arn in only):
                self.trigger(rule, onward)

    def trigger(self, rule: Rule, posted: Posted) -> None:
        """Send an event that matched, or a schedule's, to all targets of a rule."""
        self._world.record(
            "events.matched", bus=rule.event_bus_name, rule=rule.name, id=posted.event["id"]
        )
        self.count("MatchedEvents", rule)
        self.count("TriggeredRules", rule)
        for target in list(rule.targets):
            self._spawn(rule, dict(target), posted)

    def count(self, name: str, rule: Rule, value: float = 1.0) -> None:
        """Emit a metric of a rule (User Guide, "Monitoring Amazon EventBridge")."""
        dimensions = {"RuleName": rule.name}
        if rule.event_bus_name != "default":
            dimensions["EventBusName"] = rule.event_bus_name
        self._world.metrics.count(_NAMESPACE, name, dimensions, value, arn=rule.arn)

    def _spawn(self, rule: Rule, target: dict[str, Any], posted: Posted) -> None:
        fiber = self._world.spawn(
            self._deliver,
            rule,
            target,
            posted,
            name=f"{rule.name} to {target['Arn']}",
            daemon=True,
        )
        # The caller's context, that of a function or an execution say, is none of the target's.
        fiber.context = {"actor": f"events:{rule.event_bus_name}", "account": rule.account_id}

    def _deliver(self, rule: Rule, target: dict[str, Any], posted: Posted) -> None:
        told = {"rule": rule.name, "target": target["Arn"], "id": posted.event["id"]}

        def attempt() -> None:
            self.count("InvocationAttempts", rule)
            self._attempt(rule, target, posted)
            self.count("SuccessfulInvocationAttempts", rule)

        def retried(number: int, error: TargetError, wait_s: float) -> None:
            self.count("RetryInvocationAttempts", rule)
            self._world.record(
                "events.retried", attempt=number, error=error.code, wait_s=wait_s, **told
            )

        self.count("Invocations", rule)
        outcome = deliver(
            attempt, policy_of(target), self._chance, lambda: self._world.now_s, retried
        )
        if outcome.error is None:
            retries: dict[str, Any] = {"retries": outcome.retries} if outcome.retries else {}
            self._world.record("events.delivered", **told, **retries)
            return
        self.count("FailedInvocations", rule)
        self._world.record(
            "events.failed",
            error=outcome.error.code,
            message=outcome.error.message,
            retries=outcome.retries,
            **told,
        )
        self._bury(rule, target, posted, outcome)

    def _attempt(self, rule: Rule, target: Mapping[str, Any], posted: Posted) -> None:
        arn = str(target["Arn"])
        _, _, service, region, account, *rest = (*arn.split(":", 5), "", "", "", "", "")
        resource = rest[0]
        if service == "events" and resource.startswith("event-bus/"):
            self._to_bus(account, region, resource.removeprefix("event-bus/"), posted)
        elif service == "events" and not resource.strip(":"):
            self._to_archive(rule, posted)
        elif service == "events" and resource.startswith("api-destination/"):
            backend = events_backends[account][region]
            destination = backend.destinations.get(resource.split("/")[1])
            if destination is None:
                raise TargetError("NO_RESOURCE", f"{arn} does not exist.", retriable=False)
            connection = next(
                (c for c in backend.connections.values() if c.arn == destination.connection_arn),
                None,
            )
            parcel = Parcel(target, body_of(rule, target, posted), posted.event)
            self.targets.post(parcel, destination, connection)
        else:
            body = body_of(rule, target, posted)
            self.targets.take(Parcel(target, body, posted.event, str(rule.arn)))

    def _to_bus(self, account: str, region: str, name: str, posted: Posted) -> None:
        bus = events_backends[account][region].event_buses.get(name)
        if bus is None:
            message = f"Event bus {name} does not exist."
            raise TargetError("NO_RESOURCE", message, retriable=False)
        # User Guide, "Sending and receiving events between event buses": an event goes one bus far.
        if len(posted.path) > 1:
            passed = {tuple(arn.split(":")[3:5]) for arn in posted.path}
            if len({place[1] for place in passed} | {account}) > 2:
                code = "THIRD_ACCOUNT_HOP_DETECTED"
                raise TargetError(code, "An event may pass two accounts.", retriable=False)
            if len({place[0] for place in passed} | {region}) > 2:
                code = "THIRD_REGION_HOP_DETECTED"
                raise TargetError(code, "An event may pass two Regions.", retriable=False)
        if bus.arn in posted.path:
            code = "INVALID_PARAMETER"
            raise TargetError(code, f"The event came from {bus.arn} already.", retriable=False)
        # Account and Region are those it came from; the id is kept within a Region only.
        event = dict(posted.event)
        if posted.path[-1].split(":")[3] != region:
            event["id"] = str(mock_random.uuid4())
        self.post(bus, replace(posted, event=event))

    def _to_archive(self, rule: Rule, posted: Posted) -> None:
        backend: Any = events_backends[rule.account_id][rule.region_name]
        for archive in backend.archives.values():
            if archive.rule is not None and archive.rule.arn == rule.arn:
                size_bytes = archive.keep(posted.event)
                self._world.record(
                    "events.archived",
                    archive=archive.name,
                    account=rule.account_id,
                    id=posted.event["id"],
                    payload_bytes=size_bytes,
                )

    def _bury(
        self, rule: Rule, target: Mapping[str, Any], posted: Posted, outcome: Outcome
    ) -> None:
        queue = (target.get("DeadLetterConfig") or {}).get("Arn")
        error = outcome.error
        if not queue or error is None:
            return
        attributes = {
            "RULE_ARN": rule.arn,
            "TARGET_ARN": str(target["Arn"]),
            "ERROR_CODE": error.code,
            "ERROR_MESSAGE": error.message,
            "EXHAUSTED_RETRY_CONDITION": outcome.exhausted or "",
            "RETRY_ATTEMPTS": str(outcome.retries),
        }
        try:
            self.targets.call(
                lambda: self.targets.send_message(queue, compact(posted.event), attributes)
            )
        except TargetError as failure:
            self.count("InvocationsFailedToBeSentToDlq", rule)
            self._world.record(
                "events.failed",
                rule=rule.name,
                target=queue,
                id=posted.event["id"],
                error=failure.code,
                message=failure.message,
                retries=0,
            )
        else:
            self.count("InvocationsSentToDlq", rule)


def policy_of(target: Mapping[str, Any]) -> RetryPolicy:
    """The retry policy of a target, AWS's defaults where it says nothing."""
    stated = target.get("RetryPolicy") or {}
    return RetryPolicy(
        max_attempts=int(stated.get("MaximumRetryAttempts", MAX_ATTEMPTS)),
        max_age_s=float(stated.get("MaximumEventAgeInSeconds", MAX_AGE_S)),
    )


def body_of(rule: Rule, target: Mapping[str, Any], posted: Posted) -> str:
    """What a target is sent of an event: its Input, a part of the event, a template, or all."""
    event = posted.event
    if target.get("Input") is not None:
        return str(target["Input"])
    if target.get("InputPath"):
        return compact(select(event, str(target["InputPath"])))
    transformer = target.get("InputTransformer")
    if not transformer:
        return compact(event)
    reserved = {
        "aws.events.rule-arn": rule.arn,
        "aws.events.rule-name": rule.name,
        "aws.events.event.ingestion-time": posted.ingested,
        "aws.events.event.json": event,
        "aws.events.event": {
            "id": event["id"],
            "account": event["account"],
            "detailType": event["detail-type"],
            "time": event["time"],
            "source": event["source"],
            "region": event["region"],
            "resources": event["resources"],
            "version": event["version"],
        },
    }
    paths = transformer.get("InputPathsMap") or {}
    return transform(str(transformer["InputTemplate"]), paths, event, reserved)
