"""SNS in virtual time: moto keeps the topics, deliveries are the world's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.sns.models import sns_backends

from simulator.aws.sns.backend import VirtualSNSBackend
from simulator.aws.sns.office import Office

if TYPE_CHECKING:
    from simulator.world import World

__all__ = ["Office", "install"]


def install(world: World) -> Office:
    """Put SNS on `world`'s clock and journal; its `outbox` is what left for people."""
    office = Office(world)
    VirtualSNSBackend.office = office
    sns_backends.backend = VirtualSNSBackend
    return office
