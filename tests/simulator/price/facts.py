"""Facts for a meter, as a world's services would record them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from simulator.journal import Fact
from simulator.price import Meter

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR_S = 3600.0
DAY_S = 24 * HOUR_S
ACCOUNT = "123456789012"


def call(meter: Meter, at: float, service: str, action: str, **params: Any) -> None:
    """A call that succeeded; what begins with an underscore is the fact's own."""
    more = {name[1:]: params.pop(name) for name in list(params) if name.startswith("_")}
    told = {"service": service, "action": action, "account": ACCOUNT, "status": 200}
    meter.take(Fact(at, "lab", "call", {**told, "params": params, **more}))


def fact(meter: Meter, at: float, what: str, who: str = "lab", **data: Any) -> None:
    meter.take(Fact(at, who, what, data))
