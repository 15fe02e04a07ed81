"""Scheduled rules: each fires from a fiber of its own that waits in the background."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from moto.moto_api._internal import mock_random

from simulator.aws.events.delivery import Posted
from simulator.aws.events.entries import instant_text
from simulator.kernel.fiber import sleep
from simulator.model.schedule import Rate

if TYPE_CHECKING:
    from simulator.aws.events.delivery import Deliveries
    from simulator.aws.events.rules import Rule
    from simulator.world import World


def tick(world: World, deliveries: Deliveries, rule: Rule, in_force: Callable[[], bool]) -> None:
    """Let a rule fire by its schedule as long as it is `in_force`. A disabled one stays silent."""

    def wait_and_fire() -> None:
        moment = began = world.clock.instant
        schedule = rule.schedule
        while schedule is not None and in_force():
            # A rate counts from the rule's making; its first firing is one interval later.
            origin = (
                began + timedelta(seconds=schedule.every_s) if isinstance(schedule, Rate) else began
            )
            due = schedule.next_after(moment, origin)
            if due is None:
                return
            sleep(max(0.0, seconds_until(world, due)))
            moment = due
            if in_force() and rule.state.startswith("ENABLED"):
                world.record("events.fired", rule=rule.name)
                deliveries.trigger(
                    rule, Posted(scheduled_event(rule, due), instant_text(due.timestamp()))
                )

    fiber = world.spawn(wait_and_fire, name=f"schedule of {rule.name}", background=True)
    fiber.context = {"actor": "events:default", "account": rule.account_id}


def seconds_until(world: World, due: datetime) -> float:
    """Virtual seconds from now to `due`, to the microsecond."""
    return round((due - world.clock.instant) / timedelta(seconds=1), 6)


def scheduled_event(rule: Rule, due: datetime) -> dict[str, Any]:
    """What a scheduled rule sends (User Guide, "Creating a rule that runs on a schedule")."""
    return {
        "version": "0",
        "id": str(mock_random.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": rule.account_id,
        "time": instant_text(due.timestamp()),
        "region": rule.region_name,
        "resources": [rule.arn],
        "detail": {},
    }
