"""What the lab does in each step: rides end, and something goes wrong."""

from __future__ import annotations

import time
from typing import Any

from lab.scenario import Stage
from simulator.fault import Fault

from .dispatch import Dispatch, Ride
from .fares import Fare
from .partners import ACCOUNTS, PAYMENTS
from .setting import deploy_given

BETWEEN_RIDES_S = 5.0
SLOW_S = 8.0
"""How late a partner answers in a slow spell: well past a function's time-out."""

ACCOUNTING_DOWN = "the accounting system is down"
PUBLISH_REFUSED = "SNS refuses to publish"
DECLINED_AT_HOLD = "the card is declined at the hold"
DECLINED_AT_CHARGE = "the card is declined at the charge"
PAYMENTS_STUMBLE = "payments are down twice at the charge"
REFUND_LATE = "accounting is down, and the refund is answered late"
REVERSAL_LATE = "SNS refuses to publish, and the reversal is answered late"


def rides_of(stage: Stage, step: str) -> list[Ride]:
    """The rides of a step so far; the step's act adds to them."""
    rides: dict[str, list[Ride]] = stage.notes.setdefault("rides", {})
    return rides.setdefault(step, [])


def dispatch(stage: Stage) -> Dispatch:
    """Who sends rides in this run."""
    found: Dispatch = stage.notes["dispatch"]
    return found


def end_ride(stage: Stage, step: str, story: str, *faults: dict[str, Any]) -> Ride:
    """End one ride of a step, with faults that strike this fare only.

    Each fault is the keywords of a Fault without its name and fare.
    """
    fare = dispatch(stage).next_fare()
    made = [_fault(fare, story, number, fault) for number, fault in enumerate(faults)]
    ride = dispatch(stage).send(fare, story, *made)
    rides_of(stage, step).append(ride)
    time.sleep(BETWEEN_RIDES_S)
    return ride


def _fault(fare: Fare, story: str, number: int, keywords: dict[str, Any]) -> Fault:
    name = f"{story} #{number + 1}" if number else story
    where = dict(keywords["where"])
    where["fare" if "partner" in where else "execution"] = fare.fare_id
    return Fault(**{**keywords, "name": name, "where": where})


def down(partner: str, operation: str, attempts: tuple[int, ...] | None = None) -> dict[str, Any]:
    """A partner answers 503 to an operation: at these attempts, or always."""
    return {
        "where": {"partner": partner, "operation": operation},
        "error": "unavailable",
        "status": 503,
        "message": "Out of service, try again later.",
        "attempts": attempts,
    }


def declined(operation: str) -> dict[str, Any]:
    """The card is good for nothing: the payment provider's answer is no, however often one asks."""
    return {
        "where": {"partner": PAYMENTS, "operation": operation},
        "error": "card_declined",
        "status": 402,
        "message": "The card was declined.",
    }


def slow(partner: str, operation: str, attempts: tuple[int, ...] | None = None) -> dict[str, Any]:
    """The partner does what it is asked, and answers when nobody listens any more."""
    return {
        "where": {"partner": partner, "operation": operation},
        "error": None,
        "latency_s": SLOW_S,
        "attempts": attempts,
    }


def refused(service: str, action: str) -> dict[str, Any]:
    """AWS refuses one action for the fare, whichever task or function asks, at every attempt."""
    return {
        "where": {"service": service, "action": action},
        "error": "InternalErrorException",
        "status": 500,
        "message": "The service is not available.",
    }


def watch(stage: Stage) -> None:
    """Three rides end and nothing goes wrong."""
    for _ in range(3):
        end_ride(stage, "watch", "nothing goes wrong")


GIVEN_CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "register_refused": (
        "DynamoDB refuses to register the fare",
        refused("dynamodb", "PutItem"),
    ),
    "hold_declined": (DECLINED_AT_HOLD, declined("preauthorise")),
    "charge_declined": (DECLINED_AT_CHARGE, declined("charge")),
    "charge_answer_late": (
        "the charge is answered after the function's time-out",
        slow(PAYMENTS, "charge", (1,)),
    ),
    "accounting_down": (ACCOUNTING_DOWN, down(ACCOUNTS, "credit")),
    "publish_refused": (PUBLISH_REFUSED, refused("sns", "Publish")),
}
"""By the name it has in predictions.json: what goes wrong with the machine as given."""


def predict(stage: Stage) -> None:
    """The machine as given, whatever became of the learner's, meets one failure after another."""
    machine_arn = deploy_given(stage)
    observed: dict[str, Ride] = stage.notes.setdefault("given", {})
    for name, (story, keywords) in GIVEN_CASES.items():
        fare = dispatch(stage).next_fare()
        fault = _fault(fare, story, 0, keywords)
        observed[name] = dispatch(stage).send(fare, story, fault, machine_arn=machine_arn)
        time.sleep(BETWEEN_RIDES_S)


def retry(stage: Stage) -> None:
    """Accounting stumbles twice and is well again; then it is down for good."""
    end_ride(stage, "retry", "accounting is down twice", down(ACCOUNTS, "credit", (1, 2)))
    end_ride(stage, "retry", ACCOUNTING_DOWN, down(ACCOUNTS, "credit"))


def catch(stage: Stage) -> None:
    """One fare after another fails for good, each in another task and with another error."""
    end_ride(stage, "catch", "payments are down at the hold", down(PAYMENTS, "preauthorise"))
    end_ride(stage, "catch", "payments are slow at the hold", slow(PAYMENTS, "preauthorise"))
    end_ride(stage, "catch", ACCOUNTING_DOWN, down(ACCOUNTS, "credit"))
    end_ride(stage, "catch", PUBLISH_REFUSED, refused("sns", "Publish"))


def compensate(stage: Stage) -> None:
    """Fares fail late, when there is a lot to undo."""
    end_ride(stage, "compensate", ACCOUNTING_DOWN, down(ACCOUNTS, "credit"))
    end_ride(stage, "compensate", "the charge is never answered in time", slow(PAYMENTS, "charge"))
    end_ride(stage, "compensate", PUBLISH_REFUSED, refused("sns", "Publish"))


def decline(stage: Stage) -> None:
    """Two cards are declined, and once the payment provider is merely out of service."""
    end_ride(stage, "decline", DECLINED_AT_HOLD, declined("preauthorise"))
    end_ride(stage, "decline", DECLINED_AT_CHARGE, declined("charge"))
    end_ride(stage, "decline", PAYMENTS_STUMBLE, down(PAYMENTS, "charge", (1, 2)))


def repeat(stage: Stage) -> None:
    """Answers come too late for requests that took effect, so the machine asks again."""
    end_ride(stage, "repeat", "the hold is answered late", slow(PAYMENTS, "preauthorise", (1,)))
    end_ride(
        stage, "repeat", "the charge is answered late, twice", slow(PAYMENTS, "charge", (1, 2))
    )
    end_ride(stage, "repeat", "the credit is answered late", slow(ACCOUNTS, "credit", (1,)))
    end_ride(
        stage,
        "repeat",
        REFUND_LATE,
        down(ACCOUNTS, "credit"),
        slow(PAYMENTS, "refund", (1,)),
    )
    end_ride(
        stage,
        "repeat",
        REVERSAL_LATE,
        refused("sns", "Publish"),
        slow(ACCOUNTS, "debit", (1,)),
    )
