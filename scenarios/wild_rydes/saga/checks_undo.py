"""The checks of the steps about undoing: compensation, declines, repetition, every failure."""

from __future__ import annotations

from collections.abc import Callable

from lab.scenario import Check, Evidence, Verdict
from simulator.journal import Fact

from . import acts
from .acts import rides_of
from .aftermath import Aftermath, Problem, aftermath, count, every
from .dispatch import ENDLESS, Ride
from .fares import Fare, dollars
from .setting import FAILED_QUEUE
from .trials import FAILS, HICCUP, LOST, LOST_ONCE, Trial


def _money_back(evidence: Evidence) -> Verdict:
    def problem(_: Ride, after: Aftermath) -> str | None:
        if not after.done("charge", "charged"):
            return "its card was never charged, so nothing shows that it would be refunded"
        return f"the card is charged {dollars(after.kept_cents)} net" if after.kept_cents else None

    return every(
        evidence,
        rides_of(evidence.stage, "compensate"),
        "the card is charged nothing, net, for a fare that failed",
        problem,
    )


def _booking_back(evidence: Evidence) -> Verdict:
    def problem(_: Ride, after: Aftermath) -> str | None:
        if not after.done("credit", "credited"):
            return "its account was never credited, so nothing shows that it would be reversed"
        if after.credited_cents:
            return f"the account is credited {dollars(after.credited_cents)} net"
        return None

    return every(
        evidence,
        _with_story(evidence, "compensate", acts.PUBLISH_REFUSED),
        "the account is credited nothing, net, for a fare that failed",
        problem,
    )


def _last_first(evidence: Evidence) -> Verdict:
    def problem(_: Ride, after: Aftermath) -> str | None:
        reversed_ = after.done("debit", "debited")
        refunded = after.done("refund", "refunded")
        if not reversed_ or not refunded:
            return f"the {'refund' if reversed_ else 'reversal of the credit'} never took effect"
        order = [fact for fact in after.facts if fact in (reversed_[0], refunded[0])]
        return None if order[0] is reversed_[0] else "the card was refunded before the credit went"

    return every(
        evidence,
        _with_story(evidence, "compensate", acts.PUBLISH_REFUSED),
        "what was done last is undone first: the credit goes, then the card is refunded",
        problem,
    )


def _told_when_true(evidence: Evidence) -> Verdict:
    def problem(ride: Ride, after: Aftermath) -> str | None:
        told = _sent_at(evidence, ride.fare)
        if told is None:
            return f"{FAILED_QUEUE} does not name it"
        undone = after.done("refund", "refunded") + after.done("debit", "debited")
        if not undone:
            return "nothing was undone"
        late = [fact for fact in undone if _position(evidence, fact) > told]
        return f"{late[0].what.split('.')[1]} came after the message" if late else None

    return every(
        evidence,
        rides_of(evidence.stage, "compensate"),
        f"{FAILED_QUEUE} is told once everything has been undone",
        problem,
    )


def _with_story(evidence: Evidence, step: str, *stories: str) -> list[Ride]:
    return [ride for ride in rides_of(evidence.stage, step) if ride.story in stories]


def _sent_at(evidence: Evidence, fare: Fare) -> int | None:
    """Where in the step's facts the first message about the fare went into the failed queue."""
    ids = {
        message["id"]
        for message in evidence.stage.world.cloud.peek_queue(FAILED_QUEUE)
        if fare.fare_id in message["body"]
    }
    for place, fact in enumerate(evidence.facts):
        if fact.what == "sqs.sent" and fact.data["message_id"] in ids:
            return place
    return None


def _position(evidence: Evidence, wanted: Fact) -> int:
    return next(place for place, fact in enumerate(evidence.facts) if fact is wanted)


COMPENSATE = (
    Check(
        "the card is refunded",
        5,
        _money_back,
        "Money without a ride that every system knows of is money taken wrongly.",
        "From the Catch of ChargeCard onwards the way to the end leads through the refund: even a "
        "charge that 'failed' may have been made.",
    ),
    Check(
        "the credit is reversed",
        4,
        _booking_back,
        "An account that shows a payment which was given back is wrong by exactly that payment.",
        "When publishing fails, the credit stands already: reverse it.",
    ),
    Check(
        "undone in reverse order",
        3,
        _last_first,
        "Later steps build on earlier ones; taking those away first leaves, for a while, a state "
        "that no fare ever had.",
        "Chain the compensations: reverse the credit, refund the card, release the hold.",
    ),
    Check(
        "told when it is true",
        3,
        _told_when_true,
        "Support reads the message and acts; by then it has to be so.",
        "Send to the failed queue as the last thing, after the compensations.",
    ),
)


def _no_is_an_answer(evidence: Evidence) -> Verdict:
    def problem(ride: Ride, after: Aftermath) -> str | None:
        if ride.story == acts.PAYMENTS_STUMBLE:
            return after.processed_problem()
        operation = "preauthorise" if ride.story == acts.DECLINED_AT_HOLD else "charge"
        asked = len(after.done(operation))
        return None if asked == 1 else f"the card was tried {count(asked, 'time')}"

    return every(
        evidence,
        rides_of(evidence.stage, "decline"),
        "a declined card is tried once; a payment provider out of service is tried again",
        problem,
    )


def _hold_released(evidence: Evidence) -> Verdict:
    def problem(_: Ride, after: Aftermath) -> str | None:
        if not after.done("preauthorise", "held"):
            return "it never had a hold, so nothing shows that it would be released"
        return after.money_problem(0)

    return every(
        evidence,
        _with_story(evidence, "decline", acts.DECLINED_AT_CHARGE),
        "the hold on a card that was declined later is released, and no money has moved",
        problem,
    )


def _declined_told(evidence: Evidence) -> Verdict:
    return every(
        evidence,
        _with_story(evidence, "decline", acts.DECLINED_AT_HOLD, acts.DECLINED_AT_CHARGE),
        f"a declined fare is FAILED in its row, and only {FAILED_QUEUE} names it",
        lambda _, after: (
            after.untried_problem() or after.queue_problem(FAILED_QUEUE) or after.row_problem()
        ),
    )


DECLINE = (
    Check(
        "no is not retried, silence is",
        6,
        _no_is_an_answer,
        "A decline is the answer of a healthy service; each repetition may cost a fee or a card.",
        "Let the handler raise one exception of your own for HTTP 402 and another for 5xx; a "
        'retrier for the first, with "MaxAttempts": 0, stands before the one for States.ALL.',
    ),
    Check(
        "the hold is released",
        4,
        _hold_released,
        "Reserved money is missing from the customer's card for days.",
        "When the charge is declined the hold still stands: go by way of ReleaseHold.",
    ),
    Check(
        "the declined fare is told",
        3,
        _declined_told,
        "A ride that was not paid has to be collected in another way, by somebody who knows.",
        "Lead the Catch for a decline to the same end as every other failure.",
    ),
)


def _charged_once(evidence: Evidence) -> Verdict:
    return every(
        evidence,
        rides_of(evidence.stage, "repeat")[1:2],
        "the charge that was repeated took the fare once, and the fare is processed",
        lambda _, after: after.processed_problem(),
    )


def _held_and_credited_once(evidence: Evidence) -> Verdict:
    rides = rides_of(evidence.stage, "repeat")
    return every(
        evidence,
        [*rides[:1], *rides[2:3]],
        "a repeated hold leaves no second hold, a repeated credit is booked once",
        lambda _, after: after.processed_problem(),
    )


def _undone_once(evidence: Evidence) -> Verdict:
    def problem(_: Ride, after: Aftermath) -> str | None:
        if not after.done("charge", "charged"):
            return "it was never charged, so nothing shows that it would be refunded once"
        return after.money_problem(0)

    return every(
        evidence,
        _with_story(evidence, "repeat", acts.REFUND_LATE, acts.REVERSAL_LATE),
        "a repeated refund gives back the fare once, a repeated reversal takes back one credit",
        problem,
    )


REPEAT = (
    Check(
        "charged once",
        5,
        _charged_once,
        "A time-out says nothing about what happened, and money cannot be taken twice.",
        "Send an Idempotency-Key that depends on the fare and on what is asked, and on nothing "
        "that changes from attempt to attempt.",
    ),
    Check(
        "held once, credited once",
        4,
        _held_and_credited_once,
        "Every request may be repeated, not only the one you think of first.",
        "Put the key into the shared partner_api.py, so that no handler can forget it.",
    ),
    Check(
        "undone once",
        4,
        _undone_once,
        "A refund that is repeated gives away money.",
        "Compensations are requests too: the same key at every attempt.",
    ),
)


def _trials(
    expected: str, problem: Problem, *kinds: str, undo: bool = False
) -> Callable[[Evidence], Verdict]:
    def judge(evidence: Evidence) -> Verdict:
        happy: Ride | None = evidence.stage.notes.get("happy")
        if (
            happy is None
            or happy.status != "SUCCEEDED"
            or aftermath(evidence, happy).processed_problem()
        ):
            sentence = "the fare without trouble was not processed, so the others show nothing"
            return Verdict(False, expected, sentence)
        trials: list[Trial] = evidence.stage.notes["trials"]
        chosen = [t.ride for t in trials if t.kind in kinds and t.is_compensation is undo]
        if undo and not chosen:
            return Verdict(False, expected, "no task ever ran that runs only when a fare fails")
        return every(evidence, chosen, expected, problem)

    return judge


def _whole(ride: Ride, after: Aftermath) -> str | None:
    if ride.status == ENDLESS:
        return "it never ended"
    return after.consistent_problem()


def _spared(_: Ride, after: Aftermath) -> str | None:
    return after.processed_problem()


WHOLE = "the fare is processed everywhere or undone everywhere, and told"

TRIALS = (
    Check(
        "no task is indispensable",
        6,
        _trials(f"whichever task fails for good, {WHOLE}", _whole, FAILS),
        "All or nothing holds only if it holds at every place where the machine can break.",
        "The message names the task. What had been done by then, and does its Catch lead past all "
        "of the compensations for that?",
    ),
    Check(
        "a lost answer is no excuse",
        5,
        _trials(f"whichever task's answers are all lost, {WHOLE}", _whole, LOST),
        "A task that 'failed' may have worked; its own compensation belongs to its Catch.",
        "Enter the chain of compensations at the task's own, not at the one before: undoing what "
        "never happened is harmless here.",
    ),
    Check(
        "a hiccup costs no fare",
        4,
        _trials(
            "a fare is processed though one task fails once, or loses its first answer",
            _spared,
            HICCUP,
            LOST_ONCE,
        ),
        "Of a hundred failures, most are gone at the second attempt.",
        "Give every forward task a Retry, and see that trying it again does no harm.",
    ),
    Check(
        "compensations get through",
        5,
        _trials(
            f"though a compensation fails once, or loses its first answer, {WHOLE}",
            _whole,
            HICCUP,
            LOST_ONCE,
            undo=True,
        ),
        "There is nothing behind a compensation to catch its fall: it has to succeed in the end.",
        "Give each compensation a Retry, and a patient one; all of them have to be idempotent.",
    ),
)
