"""What SNS would have sent to people and to hosts outside this world, kept for a lab to show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from simulator.kernel import current_fiber

if TYPE_CHECKING:
    from simulator.world import World

_BODY_SHOWN = 1024


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail, text message, push notification or request; `at_s` is seconds since the start."""

    at_s: float
    protocol: str
    to: str
    subject: str
    body: str
    message_id: str
    topic: str = ""


class Outbox:
    """All letters, in the order they were sent; each is a fact `sns.outbox` too."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.letters: list[Letter] = []

    def put(
        self,
        protocol: str,
        to: str,
        body: str,
        message_id: str,
        *,
        subject: str = "",
        topic: str = "",
    ) -> None:
        """Keep a letter sent at the present instant."""
        letter = Letter(self._world.now_s, protocol, to, subject, body, message_id, topic)
        self.letters.append(letter)
        fiber = current_fiber()
        if fiber is not None and fiber.context.get("unseen"):
            return
        told = asdict(letter)
        del told["at_s"]
        self._world.record("sns.outbox", **{**told, "body": body[:_BODY_SHOWN]})

    def to(self, address: str) -> list[Letter]:
        """The letters to one address or number."""
        return [letter for letter in self.letters if letter.to == address]

    def __iter__(self) -> Iterator[Letter]:
        return iter(self.letters)

    def __len__(self) -> int:
        return len(self.letters)
