"""Kinesis Data Streams: moto keeps the streams, time and throughput are the world's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.kinesis import models as moto_models

from simulator.aws.kinesis.models import KinesisBackend, Shard, Stream
from simulator.aws.seams import replace

if TYPE_CHECKING:
    from simulator.world import World


def install(world: World) -> None:
    """Let every stream of the process live in `world`."""
    Shard.world = world
    replace(moto_models.kinesis_backends, "backend", KinesisBackend)
    replace(moto_models, "Shard", Shard)
    replace(moto_models, "Stream", Stream)
