"""What calls meet on their way: the latency and the throttling of one named profile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from simulator.model.latency import NONE, LatencyProfile
from simulator.model.quotas import Refusal, Throttle

if TYPE_CHECKING:
    from simulator.world import World


class Traffic:
    """The profile in force in a world: `none`, `typical` or `degraded`.

    The gateway asks it once a call: first `delay_s`, which it waits for, then `refusal`.
    """

    def __init__(self, world: World, profile: str = NONE) -> None:
        self._world = world
        self.use(profile)

    @property
    def profile(self) -> str:
        """The name of the profile in force."""
        return self._latency.name

    def use(self, profile: str) -> None:
        """Put a profile in force, its buckets full. Raises UnknownProfile."""
        self._latency = LatencyProfile(self._world, profile)
        self._throttle = Throttle(self._world, profile)

    def delay_s(self, service: str, action: str) -> float:
        """How long this call takes, in seconds."""
        return self._latency.sample_s(service, action)

    def refusal(
        self,
        service: str,
        action: str,
        account: str,
        region: str,
        parameters: Mapping[str, object] | None = None,
    ) -> Refusal | None:
        """What the caller is told if the call is one too many."""
        return self._throttle.refusal(service, action, account, region, parameters)
