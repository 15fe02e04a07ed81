"""The folds: the same facts give the same counts, whatever the panes show."""

from __future__ import annotations

from typing import Any

from simulator.journal import Fact
from tui.badges import badge
from tui.folds import CloudState, fold


def fact(at: float, what: str, **data: Any) -> Fact:
    return Fact(at, "lab", what, data)


def test_a_message_waits_flies_and_waits_again_when_its_visibility_timeout_is_over() -> None:
    cloud = fold(
        [
            fact(0, "call", action="CreateQueue",
                 params={"QueueName": "fares", "Attributes": {"VisibilityTimeout": "5"}}),
            fact(1, "sqs.sent", queue="fares", message_id="a"),
            fact(1, "sqs.sent", queue="fares", message_id="b"),
            fact(2, "sqs.received", queue="fares", message_id="a", receive_count=1),
        ]
    )  # fmt: skip
    assert cloud.queues["fares"].counts == (1, 1, 0)
    cloud.settle(6.9)
    assert cloud.queues["fares"].counts == (1, 1, 0)
    cloud.settle(7.0)
    assert cloud.queues["fares"].counts == (2, 0, 0)
    cloud.take(fact(8, "sqs.deleted", queue="fares", message_id="a"))
    assert cloud.queues["fares"].counts == (1, 0, 0)


def test_a_message_that_moves_to_a_dead_letter_queue_is_dead_where_it_came_from() -> None:
    cloud = fold(
        [
            fact(1, "sqs.sent", queue="fares", message_id="a"),
            fact(2, "sqs.received", queue="fares", message_id="a"),
            fact(40, "sqs.moved", queue="fares", to="fares-dead", message_id="a"),
        ]
    )
    assert cloud.queues["fares"].counts == (0, 0, 1)
    assert cloud.queues["fares-dead"].counts == (1, 0, 0)


def test_a_failed_call_creates_nothing() -> None:
    cloud = fold([fact(0, "call", action="CreateQueue", params={"QueueName": "q"}, error="Denied")])
    assert not cloud.queues


def states(event: str, event_id: int, **data: Any) -> Fact:
    previous = event_id - 1
    return fact(event_id, f"states.{event}", machine="saga", execution="one", id=event_id,
                previous_id=previous, **data)  # fmt: skip


def test_a_state_is_current_failed_retried_and_caught() -> None:
    cloud = fold([states("ExecutionStarted", 1), states("TaskStateEntered", 2, state="Charge")])
    mark = cloud.machines["saga"].states["Charge"]
    assert mark.status == "current"
    cloud.take(states("LambdaFunctionFailed", 3, error="Declined"))
    assert (mark.status, mark.error) == ("failed", "Declined")
    cloud.take(states("Retried", 3, state="Charge", attempt=1))
    assert (mark.status, mark.retries) == ("current", 1)
    cloud.take(states("LambdaFunctionFailed", 4, state="Charge", error="Declined"))
    cloud.take(states("TaskStateExited", 5, state="Charge"))
    assert mark.status == "caught"
    cloud.take(states("PassStateEntered", 6, state="Refund"))
    cloud.take(states("PassStateExited", 7, state="Refund"))
    assert cloud.machines["saga"].states["Refund"].status == "done"
    cloud.take(states("ExecutionFailed", 8))
    assert (len(cloud.machines["saga"].running), cloud.machines["saga"].failed) == (0, 1)


def test_a_retry_that_succeeds_is_done_and_not_caught() -> None:
    cloud = fold(
        [
            states("ExecutionStarted", 1),
            states("TaskStateEntered", 2, state="Charge"),
            states("TaskFailed", 3, error="Slow"),
            states("TaskSucceeded", 4),
            states("TaskStateExited", 5, state="Charge"),
        ]
    )
    assert cloud.machines["saga"].states["Charge"].status == "done"


def test_a_second_execution_clears_the_states_and_keeps_the_sums() -> None:
    cloud = fold([states("ExecutionStarted", 1), states("ExecutionSucceeded", 2)])
    cloud.take(fact(9, "states.ExecutionStarted", machine="saga", execution="two", id=1))
    machine = cloud.machines["saga"]
    assert (machine.succeeded, machine.running, machine.states) == (1, {"two"}, {})


def test_functions_topics_tables_partners_and_faults_are_counted() -> None:
    cloud = fold(
        [
            fact(0, "lambda.started", function="f", request_id="1", cold=True),
            fact(0, "lambda.started", function="f", request_id="2", cold=False),
            fact(1, "lambda.ended", function="f", request_id="1", outcome="timeout"),
            fact(1, "sns.published", topic="t", message_id="m"),
            fact(1, "call", action="PutItem", params={"TableName": "fares"}),
            fact(1, "partner.charge", partner="bank", outcome="declined"),
            fact(1, "partner.charge", partner="bank", outcome="ok", amount_cents=5),
            fact(1, "fault.injected", name="slow bank", where={"host": "bank"}),
            fact(1, "fault.hit", name="slow bank"),
        ]
    )
    function = cloud.functions["f"]
    assert (function.running, function.ok, function.failed, function.cold) == ({"2"}, 0, 1, 1)
    assert cloud.topics["t"].published == 1
    assert cloud.tables["fares"].writes == 1
    assert (cloud.partners["bank"].done, cloud.partners["bank"].refused) == (1, 1)
    assert (cloud.faults["slow bank"].hits, cloud.faults["slow bank"].active) == (1, True)
    cloud.take(fact(2, "fault.lifted", name="slow bank"))
    assert not cloud.faults["slow bank"].active


def test_a_fact_of_a_new_kind_or_without_its_fields_is_no_accident() -> None:
    cloud = CloudState()
    for what in (
        "moon.rose",
        "sqs.sent",
        "lambda.ended",
        "states.Odd",
        "partner.x",
        "fault.y",
        "call",
    ):
        cloud.take(fact(1, what))
    assert "moon" not in cloud.queues


def test_a_badge_says_the_counts_in_characters() -> None:
    cloud = fold([fact(0, "sqs.sent", queue="q", message_id="a")])
    mark = badge(cloud, "q")
    assert mark.glyph == "▤"
    assert "".join(text for text, _ in mark.parts) == "1·0·0"
    assert badge(cloud, "nobody knows").glyph == "○"
