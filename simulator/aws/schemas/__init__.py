"""The schema registry, which moto lacks: registries, schemas, versions, discovery from events."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from moto import backend_index

from simulator.aws.schemas import models

if TYPE_CHECKING:
    from simulator.aws.events.delivery import Deliveries


def install(deliveries: Deliveries) -> None:
    """Serve the service, and show it the events of every bus."""
    if "moto.schemas" not in sys.modules:
        # moto finds a service by these two: the addresses it knows and a module of its own.
        sys.modules["moto.schemas"] = models
        address = re.compile(r"https?://schemas\.(.+)\.amazonaws\.com")
        backend_index.backend_url_patterns.append(("schemas", address))

    def see(bus_arn: str, event: Mapping[str, Any]) -> bool:
        _, _, _, region, account, _ = bus_arn.split(":", 5)
        if account not in models.schemas_backends:
            return False
        found: bool = models.schemas_backends[account][region].see(bus_arn, event)
        return found

    deliveries.watch(see)
