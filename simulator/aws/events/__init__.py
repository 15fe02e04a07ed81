"""EventBridge: moto keeps the buses and rules, we match, deliver, retry, archive and replay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.events import models as moto_models

from simulator.aws.events.archive import Replay
from simulator.aws.events.delivery import Deliveries
from simulator.aws.events.models import EventsBackend
from simulator.aws.events.rules import EventBus
from simulator.aws.schemas import install as install_schemas
from simulator.aws.seams import replace

if TYPE_CHECKING:
    from simulator.aws.cloud import Cloud
    from simulator.world import World


def install(world: World, cloud: Cloud) -> None:
    """Let every event bus of the process live in `world`, and the schema registry with them."""
    EventsBackend.world = world
    EventsBackend.deliveries = Deliveries(world, cloud)
    install_schemas(EventsBackend.deliveries)
    replace(moto_models.events_backends, "backend", EventsBackend)
    replace(moto_models, "EventBus", EventBus)
    replace(moto_models, "Replay", Replay)
