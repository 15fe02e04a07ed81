"""EventBridge Pipes: moto keeps the pipes, we carry what comes through them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.pipes import models as moto_models

from simulator.aws.pipes.flowing import Flows
from simulator.aws.pipes.models import PipesBackend
from simulator.aws.seams import replace

if TYPE_CHECKING:
    from simulator.aws.cloud import Cloud
    from simulator.world import World


def install(world: World, cloud: Cloud) -> None:
    """Let every pipe of the process flow in `world`."""
    PipesBackend.flows = Flows(world, cloud)
    replace(moto_models.pipes_backends, "backend", PipesBackend)
