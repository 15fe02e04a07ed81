"""What became of a fare: read from the partners' ledgers, the table and the queues."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from lab.scenario import Evidence, Verdict
from simulator.journal import Fact

from .dispatch import Ride
from .fares import Fare, dollars
from .partners import PAYMENTS
from .setting import FAILED_QUEUE, PROCESSED_QUEUE, TABLE

_SHOWN = 3

Problem = Callable[[Ride, "Aftermath"], str | None]
"""What is wrong with a ride; None where nothing is."""


@dataclass(frozen=True)
class Aftermath:
    """One fare, everywhere. Amounts are net: what was taken less what was given back."""

    fare: Fare
    facts: Sequence[Fact]
    """The partners' facts about this fare, in order."""
    status: str | None
    """The status in the fare's row; None where there is no row."""
    queues: tuple[str, ...]
    """The queues that hold a message naming the fare."""

    def done(self, operation: str, *outcomes: str) -> list[Fact]:
        """The partners' facts about one operation, of any outcome or of these."""
        return [
            fact
            for fact in self.facts
            if fact.what == f"partner.{operation}"
            and (not outcomes or fact.data["outcome"] in outcomes)
        ]

    def _sum(self, operation: str, outcome: str) -> int:
        return sum(int(fact.data["amount_cents"]) for fact in self.done(operation, outcome))

    @cached_property
    def kept_cents(self) -> int:
        """What the card is charged, net."""
        return self._sum("charge", "charged") - self._sum("refund", "refunded")

    @cached_property
    def credited_cents(self) -> int:
        """What the customer's account is credited, net."""
        return self._sum("credit", "credited") - self._sum("debit", "debited")

    @cached_property
    def open_holds(self) -> int:
        """How many holds the card still has for this fare."""
        last = [fact for fact in self.facts if fact.data["partner"] == PAYMENTS][-1:]
        return int(last[0].data["open_holds"]) if last else 0

    def money_problem(self, due_cents: int) -> str | None:
        """What is wrong if `due_cents` should be kept and credited, and no hold left."""
        if self.kept_cents != due_cents:
            return f"the card is charged {dollars(self.kept_cents)} net, not {dollars(due_cents)}"
        if self.credited_cents != due_cents:
            credited = dollars(self.credited_cents)
            return f"the account is credited {credited} net, not {dollars(due_cents)}"
        if self.open_holds:
            return f"{count(self.open_holds, 'hold')} left on the card"
        return None

    def queue_problem(self, *wanted: str) -> str | None:
        """What is wrong if exactly these queues should name the fare."""
        if self.queues == wanted:
            return None
        return f"{_named(self.queues)} the fare"

    def untried_problem(self) -> str | None:
        """What is wrong if the machine gave up before it asked anybody for money."""
        return None if self.done("preauthorise") else "its card was never asked for a hold"

    def row_problem(self) -> str | None:
        """What is wrong if the row should say FAILED."""
        return None if self.status == "FAILED" else f"its row says {self.status or 'nothing'}"

    def processed_problem(self) -> str | None:
        """What keeps this from being a processed fare, in every system."""
        if problem := self.queue_problem(PROCESSED_QUEUE) or self.money_problem(
            self.fare.amount_cents
        ):
            return problem
        return None if self.status == "PROCESSED" else f"its row says {self.status or 'nothing'}"

    def consistent_problem(self) -> str | None:
        """What keeps this from being a fare that is wholly processed or wholly undone."""
        if self.queues == (PROCESSED_QUEUE,):
            return self.processed_problem()
        if problem := self.queue_problem(FAILED_QUEUE) or self.money_problem(0):
            return problem
        return None if self.status is None else self.row_problem()


def aftermath(evidence: Evidence, ride: Ride) -> Aftermath:
    """Look everywhere for one ride's fare. Looked once a step: checks let no time pass."""
    notes = evidence.stage.notes
    seen: dict[tuple[str, int], Aftermath] = notes.setdefault("aftermaths", {})
    key = (ride.fare.fare_id, len(evidence.stage.world.journal.facts))
    if key not in seen:
        seen[key] = _look(evidence, ride)
    return seen[key]


def _look(evidence: Evidence, ride: Ride) -> Aftermath:
    fare_id = ride.fare.fare_id
    cloud = evidence.stage.world.cloud
    table: Any = cloud.session().client("dynamodb")
    row = table.get_item(TableName=TABLE, Key={"fareId": {"S": fare_id}}, ConsistentRead=True)
    status = row.get("Item", {}).get("status", {}).get("S") if "Item" in row else None
    return Aftermath(
        fare=ride.fare,
        facts=[
            fact
            for fact in evidence.facts
            if fact.what.startswith("partner.") and fact.data["fare_id"] == fare_id
        ],
        status="(no status)" if "Item" in row and status is None else status,
        queues=tuple(
            queue
            for queue in (PROCESSED_QUEUE, FAILED_QUEUE)
            if messages_about(evidence, queue, ride.fare)
        ),
    )


def messages_about(evidence: Evidence, queue: str, fare: Fare) -> list[str]:
    """The bodies of a queue's messages that name the fare."""
    messages = evidence.stage.world.cloud.peek_queue(queue)
    return [message["body"] for message in messages if fare.fare_id in message["body"]]


def every(
    evidence: Evidence,
    rides: Iterable[Ride],
    expected: str,
    problem: Problem,
    good: str = "so it is",
) -> Verdict:
    """Whether no ride has a problem; what is wrong names the fares, the first few of them."""
    rides = list(rides)
    if not rides:
        return Verdict(False, expected, "no fare of this step was ever sent, so nothing shows it")
    found = [
        f"{ride}: {sentence}"
        for ride in rides
        if (sentence := problem(ride, aftermath(evidence, ride))) is not None
    ]
    if not found:
        return Verdict(True, expected, f"{good}, for {count(len(rides), 'fare')}")
    rest = len(found) - _SHOWN
    more = f"; and {rest} more" if rest > 0 else ""
    return Verdict(False, expected, "; ".join(found[:_SHOWN]) + more)


def count(number: int, noun: str) -> str:
    """A number of things for a person to read: `1 hold`, `2 holds`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _named(queues: tuple[str, ...]) -> str:
    if not queues:
        return "neither queue names"
    return f"{queues[0]} names" if len(queues) == 1 else f"both {' and '.join(queues)} name"
