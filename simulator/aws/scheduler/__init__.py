"""EventBridge Scheduler: moto keeps the schedules, we fire them in virtual time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.scheduler import models as moto_models

from simulator.aws.scheduler.firing import Firing
from simulator.aws.scheduler.models import Schedule, SchedulerBackend
from simulator.aws.seams import replace

if TYPE_CHECKING:
    from simulator.aws.cloud import Cloud
    from simulator.world import World


def install(world: World, cloud: Cloud) -> None:
    """Let every schedule of the process fire in `world`."""
    SchedulerBackend.firing = Firing(world, cloud)
    replace(moto_models, "Schedule", Schedule)
    replace(moto_models.scheduler_backends, "backend", SchedulerBackend)
