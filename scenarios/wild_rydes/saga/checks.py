"""The checks of the first steps: what must hold, judged by ledgers, table and queues."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lab.scenario import Check, Evidence, SolutionError, Verdict

from .acts import GIVEN_CASES, rides_of
from .aftermath import Aftermath, aftermath, every
from .fares import dollars
from .setting import FAILED_QUEUE, PROCESSED_QUEUE
from .solution import PREDICTIONS, read_predictions


def charged_once(evidence: Evidence) -> Verdict:
    return every(
        evidence,
        rides_of(evidence.stage, "watch"),
        "each card is charged its fare once, and no hold is left",
        lambda ride, after: (
            f"the card is charged {dollars(after.kept_cents)}, not {dollars(ride.fare.amount_cents)}"
            if after.kept_cents != ride.fare.amount_cents
            else f"{after.open_holds} holds left on the card"
            if after.open_holds
            else None
        ),
    )


def processed_everywhere(evidence: Evidence) -> Verdict:
    return every(
        evidence,
        rides_of(evidence.stage, "watch"),
        f"account credited, row PROCESSED, and only {PROCESSED_QUEUE} names the fare",
        lambda _, after: after.processed_problem(),
    )


WATCH = (
    Check(
        "card charged once",
        4,
        charged_once,
        "A customer pays for a ride exactly once.",
        "Compare your state machine with the starter's: a fare without trouble must still go through.",
    ),
    Check(
        "fare processed everywhere",
        4,
        processed_everywhere,
        "Each system believes its own records; they have to tell one story.",
        "Look at the timeline for the first task that failed, and at what its handler printed.",
    ),
)

ROW, CARD, ACCOUNT, QUEUE = "row", "card", "account", "queue"
WORDS = {
    ROW: ("none", "REGISTERED", "PROCESSED"),
    CARD: ("untouched", "held", "charged"),
    ACCOUNT: ("untouched", "credited"),
    QUEUE: ("none", PROCESSED_QUEUE, FAILED_QUEUE),
}
"""What may be predicted of each place."""


def observed(after: Aftermath) -> dict[str, str]:
    """What is left of a fare, in the words of predictions.json."""
    return {
        ROW: after.status or "none",
        CARD: "charged" if after.kept_cents else "held" if after.open_holds else "untouched",
        ACCOUNT: "credited" if after.credited_cents else "untouched",
        QUEUE: " and ".join(after.queues) or "none",
    }


def _predicted(place: str) -> Callable[[Evidence], Verdict]:
    def judge(evidence: Evidence) -> Verdict:
        expected = f"{PREDICTIONS} says of each case what is left in the {place}"
        try:
            predictions = read_predictions(evidence.stage.solution)
        except SolutionError as error:
            return Verdict(False, expected, str(error))
        given = evidence.stage.notes.get("given", {})
        wrong = []
        for case in GIVEN_CASES:
            if case not in given:
                return Verdict(False, expected, f"the case {case} was never played")
            told: Any = predictions.get(case)
            said = told.get(place) if isinstance(told, dict) else None
            if said not in WORDS[place]:
                words = ", ".join(WORDS[place])
                return Verdict(False, expected, f"{case} says {said!r} there; say one of {words}")
            if said != observed(aftermath(evidence, given[case]))[place]:
                wrong.append(case)
        if wrong:
            # Which, not what: the answer is in the journal for whoever looks.
            return Verdict(False, expected, f"not what happened in {', '.join(wrong)}")
        return Verdict(True, expected, f"right in all {len(GIVEN_CASES)} cases")

    return judge


PREDICT = (
    Check(
        "the row predicted",
        2,
        _predicted(ROW),
        "The row is what every later process believes about the fare.",
        "Ask of each case: which of the two DynamoDB tasks had been done when the machine stopped?",
    ),
    Check(
        "the card predicted",
        3,
        _predicted(CARD),
        "Here somebody's money is at stake.",
        "A task that failed may have done its work: the failure says only that no answer came in time.",
    ),
    Check(
        "the account predicted",
        2,
        _predicted(ACCOUNT),
        "A payment that accounting does not know is a complaint to come.",
        "Follow the arrows: what lies behind the failing task was never begun.",
    ),
    Check(
        "the queues predicted",
        2,
        _predicted(QUEUE),
        "Whoever is to repair a failed fare has to hear of it.",
        "Which task of this machine writes to which queue, and does any arrow lead there on failure?",
    ),
)
