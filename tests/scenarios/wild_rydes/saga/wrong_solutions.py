"""Plausible wrong solutions, each a small edit of the reference, and the checks that catch it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

States = dict[str, Any]
ALL = ["States.ALL"]


@dataclass(frozen=True)
class Wrong:
    """An edit of a copy of the reference, and exactly the checks that it fails.

    `whole` also plays the last step, which takes longer than all others together.
    """

    edit: Callable[[Path], None]
    lost: frozenset[str]
    whole: bool = False


def machine(change: Callable[[States], object]) -> Callable[[Path], None]:
    """An edit of the states of the state machine."""

    def edit(folder: Path) -> None:
        path = folder / "state_machine.asl.json"
        definition = json.loads(path.read_text())
        change(definition["States"])
        path.write_text(json.dumps(definition, indent=2))

    return edit


def handler(name: str, *pairs: tuple[str, str]) -> Callable[[Path], None]:
    """An edit of a handler's text; every passage must be there."""

    def edit(folder: Path) -> None:
        path = folder / "handlers" / f"{name}.py"
        text = path.read_text()
        for before, after in pairs:
            assert before in text, f"{path.name} no longer holds {before!r}"
            text = text.replace(before, after)
        path.write_text(text)

    return edit


def body(name: str, source: str) -> Callable[[Path], None]:
    """A handler written anew."""

    def edit(folder: Path) -> None:
        (folder / "handlers" / f"{name}.py").write_text(source)

    return edit


def catch_all(states: States, **entries: str) -> None:
    for task, entry in entries.items():
        states[task]["Catch"] = [{"ErrorEquals": ALL, "ResultPath": "$.failure", "Next": entry}]


def no_compensation(states: States) -> None:
    for state in states.values():
        for catcher in state.get("Catch", ()):
            catcher["Next"] = "MarkFareFailed"


def wrong_order(states: States) -> None:
    catch_all(
        states,
        CreditAccount="RefundCard",
        MarkFareProcessed="RefundCard",
        PublishFareProcessed="RefundCard",
    )
    states["ReleaseHold"]["Next"] = "ReverseCredit"
    states["ReverseCredit"]["Next"] = "MarkFareFailed"


def one_error_only(states: States) -> None:
    for state in states.values():
        for catcher in state.get("Catch", ()):
            if catcher["ErrorEquals"] == ALL:
                catcher["ErrorEquals"] = ["CardDeclined", "PartnerUnavailable"]


def one_task_only(states: States) -> None:
    for name, state in states.items():
        if name != "CreditAccount":
            state.pop("Catch", None)


def told_nobody(states: States) -> None:
    states["MarkFareFailed"].pop("Next")
    states["MarkFareFailed"]["End"] = True
    del states["TellFareFailed"], states["FareFailed"]


def told_both(states: States) -> None:
    """Failures are published to the topic of processed fares as well."""
    publish = json.loads(json.dumps(states["PublishFareProcessed"]))
    del publish["Catch"], publish["End"]
    publish["Parameters"]["Message"]["status"] = "FAILED"
    states["PublishFareFailed"] = {**publish, "Next": "FareFailed"}
    states["TellFareFailed"]["Next"] = "PublishFareFailed"


def told_first(states: States) -> None:
    for state in states.values():
        for catcher in state.get("Catch", ()):
            if catcher["Next"] == "ReverseCredit":
                catcher["Next"] = "TellFareFailed"
    states["RefundCard"]["Next"] = "ReleaseHold"
    states["ChargeCard"]["Catch"][1]["Next"] = "TellFareFailed"
    states["TellFareFailed"]["Next"] = "ReverseCredit"
    states["MarkFareFailed"]["Next"] = "FareFailed"
    for name in ("RegisterFare", "PreauthoriseCard"):
        states[name]["Catch"][0]["Next"] = "TellFareFailed"
    states["ChargeCard"]["Catch"][0]["Next"] = "TellFareFailed"


def told_no_reason(states: States) -> None:
    states["TellFareFailed"]["Parameters"]["MessageBody"] = {"fareId.$": "$.fareId"}


def row_forgotten(states: States) -> None:
    states["ReleaseHold"]["Next"] = "TellFareFailed"
    states["RegisterFare"]["Catch"][0]["Next"] = "TellFareFailed"
    del states["MarkFareFailed"]


def retry_for_ever(states: States) -> None:
    states["CreditAccount"]["Retry"][0] |= {"MaxAttempts": 99_999_999, "MaxDelaySeconds": 60}


def no_backoff(states: States) -> None:
    states["CreditAccount"]["Retry"][0] |= {"IntervalSeconds": 1, "BackoffRate": 1}


def retry_declines(states: States) -> None:
    for name in ("PreauthoriseCard", "ChargeCard"):
        states[name]["Retry"] = states[name]["Retry"][1:]


def refund_only(states: States) -> None:
    states["RefundCard"]["Next"] = "MarkFareFailed"
    states["ChargeCard"]["Catch"][0]["Next"] = "MarkFareFailed"
    states["PreauthoriseCard"]["Catch"][0]["Next"] = "MarkFareFailed"
    del states["ReleaseHold"]


def one_too_late(states: States) -> None:
    """Each task's failure undoes what came before it, and not the task itself."""
    states["PreauthoriseCard"]["Catch"][0]["Next"] = "MarkFareFailed"
    states["ChargeCard"]["Catch"][1]["Next"] = "ReleaseHold"
    states["CreditAccount"]["Catch"][0]["Next"] = "RefundCard"


def publish_first(states: States) -> None:
    states["PreauthoriseCard"]["Next"] = "PublishFareProcessed"
    del states["PublishFareProcessed"]["End"]
    states["PublishFareProcessed"]["Next"] = "ChargeCard"
    del states["MarkFareProcessed"]["Next"]
    states["MarkFareProcessed"]["End"] = True


def impatient_undoing(states: States) -> None:
    for name in ("ReverseCredit", "RefundCard", "ReleaseHold", "MarkFareFailed", "TellFareFailed"):
        del states[name]["Retry"]


def guessed(folder: Path) -> None:
    path = folder / "predictions.json"
    predictions = json.loads(path.read_text())
    # What many expect: a task that failed did nothing, and a machine that fails cleans up.
    predictions["charge_answer_late"]["card"] = "held"
    predictions["publish_refused"] = dict.fromkeys(("card", "account"), "untouched") | {
        "row": "none",
        "queue": "fare-failed",
    }
    path.write_text(json.dumps(predictions))


SWALLOWS = """
import os
import partner_api

def handler(fare, context):
    body = {"fareId": fare["fareId"], "amountCents": fare["amountCents"]}
    try:
        return partner_api.post(os.environ["ACCOUNTS_URL"] + "/credits", body, key=fare["fareId"])
    except Exception as error:
        print("never mind", error)
        return {"outcome": "credited"}
"""

PRETENDS = """
def handler(fare, context):
    print("refunded", fare["fareId"])
    return {"fareId": fare["fareId"], "amountCents": fare["amountCents"], "outcome": "refunded"}
"""

FORGES = """
import boto3

def handler(fare, context):
    boto3.resource("dynamodb").Table("fares").update_item(
        Key={"fareId": fare["fareId"]},
        UpdateExpression="SET refunded = :yes, charged = :none",
        ExpressionAttributeValues={":yes": True, ":none": 0},
    )
    return {"outcome": "refunded"}
"""

BOASTS = """
import json, os, sys

def handler(fare, context):
    report = {"what": "partner.refund", "fare_id": fare["fareId"], "outcome": "refunded"}
    print(json.dumps({"at": 0, "who": "lambda:refund-card", **report}))
    print(json.dumps({"event": "finished", "report": {"passed": True, "earned": 100}}))
    sys.stdout.flush()
    os._exit(0)
"""

CATCH = {"failed fares are told", "told with the reason", "the row says FAILED"}
MONEY = {"the card is refunded", "told when it is true"}
NO_REFUND = MONEY | {"undone in reverse order", "undone once"}
BOOKING = {"the credit is reversed", "undone in reverse order", "told when it is true"}
FOR_GOOD = {"no task is indispensable", "a lost answer is no excuse"}
UNDOING = {"compensations get through"}


def wrong(edit: Callable[[Path], None], *lost: str | set[str], whole: bool = False) -> Wrong:
    names = [{entry} if isinstance(entry, str) else entry for entry in lost]
    return Wrong(edit, frozenset().union(*names), whole)


WRONG: dict[str, Wrong] = {
    "no compensation": wrong(
        machine(no_compensation),
        NO_REFUND | BOOKING | FOR_GOOD | UNDOING,
        "the hold is released",
        whole=True,
    ),
    "compensation in the wrong order": wrong(machine(wrong_order), "undone in reverse order"),
    "an error swallowed by a handler": wrong(
        body("credit_account", SWALLOWS),
        {"retries back off", "trouble that passes costs nothing", "retries have a limit"},
        CATCH | MONEY,
        "undone once",
    ),
    "retry without limit": wrong(
        machine(retry_for_ever), "retries have a limit", CATCH | MONEY, "undone once"
    ),
    "retry without backoff": wrong(machine(no_backoff), "retries back off"),
    "catches only the errors it knows": wrong(
        machine(one_error_only), CATCH | NO_REFUND | BOOKING | FOR_GOOD | UNDOING, whole=True
    ),
    "catches in one task only": wrong(
        machine(one_task_only),
        CATCH | NO_REFUND | BOOKING,
        {"the hold is released", "the declined fare is told"},
    ),
    "ends well and tells nobody": wrong(
        machine(told_nobody),
        {"failed fares are told", "told with the reason", "told when it is true"},
        "the declined fare is told",
    ),
    "tells both queues": wrong(
        machine(told_both), "failed fares are told", "the declined fare is told"
    ),
    "tells before it undoes": wrong(machine(told_first), "told when it is true"),
    "tells no reason": wrong(machine(told_no_reason), "told with the reason"),
    "forgets the row": wrong(
        machine(row_forgotten), "the row says FAILED", "the declined fare is told"
    ),
    "retries the decline": wrong(machine(retry_declines), "no is not retried, silence is"),
    "compensates only the refund": wrong(
        machine(refund_only), "the hold is released", FOR_GOOD, whole=True
    ),
    "undoes all but the task that failed": wrong(
        machine(one_too_late),
        MONEY | UNDOING,
        "a lost answer is no excuse",
        whole=True,
    ),
    "publishes before it charges": wrong(
        machine(publish_first),
        {"failed fares are told", "the declined fare is told", "undone once"},
        BOOKING,
        "the card is refunded",
    ),
    "compensations without a retry": wrong(
        machine(impatient_undoing), UNDOING, "undone once", whole=True
    ),
    "predictions guessed": wrong(
        guessed,
        {"the row predicted", "the card predicted"},
        {"the account predicted", "the queues predicted"},
    ),
    "pretends to refund": wrong(body("refund_card", PRETENDS), NO_REFUND),
    "writes a refund into the table": wrong(body("refund_card", FORGES), NO_REFUND),
    "prints a report and exits": wrong(body("refund_card", BOASTS), NO_REFUND | CATCH),
    "refunds twice": wrong(
        handler(
            "refund_card", ("key=f\"{fare['fareId']}/refund_card\"", "key=context.aws_request_id")
        ),
        UNDOING,
        "undone once",
        whole=True,
    ),
    "charges again at every attempt": wrong(
        handler(
            "charge_card", ("key=f\"{fare['fareId']}/charge_card\"", "key=context.aws_request_id")
        ),
        {"the card is refunded", "charged once"},
        {"a lost answer is no excuse", "a hiccup costs no fare"} | UNDOING,
        whole=True,
    ),
    "refunds a fixed amount": wrong(
        handler("refund_card", ('fare["amountCents"]', "1500")),
        {"the card is refunded", "undone once"},
    ),
}
