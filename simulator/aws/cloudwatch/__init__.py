"""CloudWatch: one store of metrics for services and callers, alarms that evaluate and act."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.cloudwatch import models as moto_models

from simulator.aws.cloudwatch import sources
from simulator.aws.cloudwatch.alarms import MetricAlarm
from simulator.aws.cloudwatch.models import CloudWatchBackend
from simulator.aws.seams import replace

if TYPE_CHECKING:
    from simulator.world import World


def install(world: World) -> None:
    """Let every metric and alarm of the process live in `world`."""
    CloudWatchBackend.world = world
    replace(moto_models, "Alarm", MetricAlarm)
    replace(moto_models.cloudwatch_backends, "backend", CloudWatchBackend)
    sources.install(world)
