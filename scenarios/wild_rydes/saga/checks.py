"""The checks of the first steps: what must hold, judged by ledgers, table and queues."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from lab.scenario import Check, Evidence, SolutionError, Verdict

from .acts import GIVEN_CASES, rides_of
from .aftermath import Aftermath, aftermath, count, every, messages_about
from .dispatch import ENDLESS, RETRIES_AT_MOST, Ride
from .fares import dollars
from .setting import FAILED_QUEUE, PROCESSED_QUEUE
from .solution import PREDICTIONS, read_predictions

_SLACK_S = 5.0
"""How much longer than its interval a wait may take: the attempt itself, and a cold start."""


def _charged_once(evidence: Evidence) -> Verdict:
    return every(
        evidence,
        rides_of(evidence.stage, "watch"),
        "each card is charged its fare once, and no hold is left",
        lambda ride, after: (
            None
            if after.kept_cents == ride.fare.amount_cents and not after.open_holds
            else f"the card is charged {dollars(after.kept_cents)} net for a fare of "
            f"{dollars(ride.fare.amount_cents)}, with {after.open_holds} holds left"
        ),
    )


def _processed_everywhere(evidence: Evidence) -> Verdict:
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
        _charged_once,
        "A customer pays for a ride exactly once.",
        "Compare your machine with the starter's: a fare without trouble must still go through.",
    ),
    Check(
        "fare processed everywhere",
        4,
        _processed_everywhere,
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
                return Verdict(
                    False, expected, f"{case} says {json.dumps(said)} there; say one of {words}"
                )
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
        "A task that failed may have done its work: a time-out says only that no answer came.",
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
        "Which task of this machine writes to a queue, and does a failure lead there?",
    ),
)


def _waits_s(after: Aftermath) -> list[float]:
    asked = [fact.at for fact in after.done("credit")]
    return [later - earlier for earlier, later in pairwise(asked)]


def _backs_off(evidence: Evidence) -> Verdict:
    """The second attempt about 10 s after the first, the third about 20 s after the second."""

    def problem(_: Ride, after: Aftermath) -> str | None:
        waits_s = _waits_s(after)
        if len(waits_s) < 2:
            return f"accounting was asked {count(len(after.done('credit')), 'time')}"
        if all(want <= got < want + _SLACK_S for want, got in zip((10, 20), waits_s, strict=False)):
            return None
        return "it waited " + " s, then ".join(f"{wait_s:.1f}" for wait_s in waits_s) + " s"

    return every(
        evidence,
        rides_of(evidence.stage, "retry"),
        "accounting is asked again after 10 s, and then after 20 s more",
        problem,
    )


def _recovers(evidence: Evidence) -> Verdict:
    return every(
        evidence,
        rides_of(evidence.stage, "retry")[:1],
        "the fare whose trouble passed ends up processed like any other",
        lambda _, after: after.processed_problem(),
    )


def _gives_up(evidence: Evidence) -> Verdict:
    def problem(ride: Ride, after: Aftermath) -> str | None:
        asked = len(after.done("credit"))
        if ride.status == ENDLESS:
            return f"it was still trying after {asked} attempts, when the lab stopped it"
        return None if asked >= 3 else f"it gave up after {count(asked, 'attempt')}"

    return every(
        evidence,
        rides_of(evidence.stage, "retry")[1:],
        f"at least 3 attempts, and an end to them before {RETRIES_AT_MOST} retries",
        problem,
    )


RETRY = (
    Check(
        "retries back off",
        4,
        _backs_off,
        "A service in trouble recovers sooner if its callers leave it more and more room.",
        "Give CreditAccount a Retry with IntervalSeconds 10 and BackoffRate 2.",
    ),
    Check(
        "trouble that passes costs nothing",
        3,
        _recovers,
        "Most failures in a distributed system are over in a minute.",
        "Which errors does your Retry name, and with which did the task fail in the timeline?",
    ),
    Check(
        "retries have a limit",
        3,
        _gives_up,
        "A fare that is retried for ever is never reported to anybody.",
        "MaxAttempts says how often the task is tried again; 3 is Step Functions' default.",
    ),
)


def _told_failed(evidence: Evidence) -> Verdict:
    return every(
        evidence,
        rides_of(evidence.stage, "catch"),
        f"{FAILED_QUEUE}, and only it, names each fare that failed",
        lambda _, after: after.untried_problem() or after.queue_problem(FAILED_QUEUE),
    )


def _told_why(evidence: Evidence) -> Verdict:
    def problem(ride: Ride, _: Aftermath) -> str | None:
        errors = {
            str(fact.data["error"])
            for fact in evidence.facts
            if fact.what in ("states.LambdaFunctionFailed", "states.TaskFailed")
            and fact.data["execution"] == ride.fare.fare_id
        }
        bodies = messages_about(evidence, FAILED_QUEUE, ride.fare)
        if any(error in body for error in errors for body in bodies):
            return None
        return (
            f"its task failed with {' and '.join(sorted(errors)) or 'nothing'}; no message says so"
        )

    return every(
        evidence,
        rides_of(evidence.stage, "catch"),
        f"the message in {FAILED_QUEUE} holds the name of the error",
        problem,
    )


def _row_failed(evidence: Evidence) -> Verdict:
    return every(
        evidence,
        rides_of(evidence.stage, "catch"),
        "the row of each of these fares says FAILED",
        lambda _, after: after.untried_problem() or after.row_problem(),
    )


CATCH = (
    Check(
        "failed fares are told",
        5,
        _told_failed,
        "A failure that nobody hears of is found by a customer.",
        "Any task can fail, with any error: give each a Catch for States.ALL that leads to a task "
        "which sends the fare to ${FareFailedQueueUrl}.",
    ),
    Check(
        "told with the reason",
        3,
        _told_why,
        "Whoever repairs the fare starts from the error's name.",
        'Keep the error with the fare ("ResultPath": "$.failure" in the Catch) and send both.',
    ),
    Check(
        "the row says FAILED",
        4,
        _row_failed,
        "Every later process reads the row and believes it.",
        "Before you tell the queue, set the status to FAILED, as MarkFareProcessed sets its own.",
    ),
)
