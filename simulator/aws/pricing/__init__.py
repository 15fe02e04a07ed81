"""The Price List service, which moto lacks: our dated price list in AWS's form."""

from __future__ import annotations

import re
import sys

from moto import backend_index

from simulator.aws.pricing import models


def install() -> None:
    """Serve the service."""
    if "moto.pricing" not in sys.modules:
        # moto finds a service by these two: the addresses it knows and a module of its own.
        sys.modules["moto.pricing"] = models
        address = re.compile(r"https?://(?:api\.)?pricing\.(.+)\.amazonaws\.com")
        backend_index.backend_url_patterns.append(("pricing", address))
