"""Fares: what a ride that ended costs, whom, and on which card; drawn from the world's seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from simulator.world import World


@dataclass(frozen=True)
class Fare:
    """One ride's fare; the input of one execution of the learner's state machine."""

    fare_id: str
    ride_id: str
    customer_id: str
    unicorn: str
    card_token: str
    amount_cents: int

    def as_input(self) -> dict[str, Any]:
        """The execution's input."""
        return {
            "fareId": self.fare_id,
            "rideId": self.ride_id,
            "customerId": self.customer_id,
            "unicorn": self.unicorn,
            "cardToken": self.card_token,
            "amountCents": self.amount_cents,
        }


_UNICORNS = ("Angel", "Bucephalus", "Rocinante", "Shadowfax", "Sleipnir", "Tornado")


def draw(world: World) -> Fare:
    """The next fare of the seed."""
    chance = world.streams["fares"]

    def token(kind: str) -> str:
        return f"{kind}-{chance.getrandbits(32):08x}"

    return Fare(
        fare_id=token("fare"),
        ride_id=token("ride"),
        customer_id=token("customer"),
        unicorn=chance.choice(_UNICORNS),
        card_token=token("card"),
        amount_cents=chance.randrange(650, 9_850),
    )


def dollars(amount_cents: int) -> str:
    """An amount for a person to read."""
    sign = "-" if amount_cents < 0 else ""
    return f"{sign}${abs(amount_cents) // 100}.{abs(amount_cents) % 100:02d}"
