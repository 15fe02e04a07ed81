"""Mode auto: a client's wait lets virtual time run to what it waits for, and no further."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.process

ROLE = "arn:aws:iam::123456789012:role/r"
INSTANT = "2026-03-01T00:00:00Z"


def now_s(served: Any) -> float:
    return float(served.get("/_paddock/clock")["now_s"])


def test_a_call_costs_a_millisecond(launch: Callable[..., Any]) -> None:
    served = launch("--start", INSTANT)
    assert now_s(served) == 0
    sqs = served.client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    for body in ("a", "b"):
        sqs.send_message(QueueUrl=url, MessageBody=body)
    assert [fact["at"] for fact in served.facts("call")] == [0.001, 0.002, 0.003]
    assert served.get("/_paddock/clock")["now"] == "2026-03-01T00:00:00.003000+00:00"


def test_a_long_poll_ends_with_its_time_or_with_a_message(served: Any) -> None:
    sqs = served.client("sqs")
    url = sqs.create_queue(QueueName="auto-poll")["QueueUrl"]
    before = now_s(served)
    assert "Messages" not in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)
    assert now_s(served) == pytest.approx(before + 20.001)
    sqs.send_message(QueueUrl=url, MessageBody="later", DelaySeconds=7)
    before = now_s(served)
    [message] = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
    assert message["Body"] == "later"
    assert now_s(served) == pytest.approx(before + 7)


def test_polling_an_execution_lets_it_go_on(served: Any) -> None:
    states = served.client("stepfunctions")
    definition = {
        "StartAt": "W",
        "States": {
            "W": {"Type": "Wait", "Seconds": 86_400, "Next": "V"},
            "V": {"Type": "Wait", "Seconds": 60, "End": True},
        },
    }
    machine = states.create_state_machine(
        name="auto-long", definition=json.dumps(definition), roleArn=ROLE
    )["stateMachineArn"]
    execution = states.start_execution(stateMachineArn=machine)["executionArn"]
    began_s = now_s(served)
    told = [states.describe_execution(executionArn=execution)["status"]]
    assert told == ["RUNNING"]
    while told[-1] == "RUNNING":
        assert len(told) < 10
        told.append(states.describe_execution(executionArn=execution)["status"])
    assert told[-1] == "SUCCEEDED"
    assert now_s(served) == pytest.approx(began_s + 86_460, abs=0.1)
    before = now_s(served)
    for _ in range(3):  # it has ended: there is nothing to wait for
        states.describe_execution(executionArn=execution)
    assert now_s(served) == pytest.approx(before + 3)


def test_a_reader_of_logs_waits_for_what_is_under_way(served: Any) -> None:
    states, logs = served.client("stepfunctions"), served.client("logs")
    logs.create_log_group(logGroupName="auto-logs")

    def read_after(wait_s: int) -> float:
        wait = {"Type": "Wait", "Seconds": wait_s, "End": True}
        definition = {"StartAt": "W", "States": {"W": wait}}
        machine = states.create_state_machine(
            name=f"auto-logs-{wait_s}", definition=json.dumps(definition), roleArn=ROLE
        )["stateMachineArn"]
        execution = states.start_execution(stateMachineArn=machine)["executionArn"]
        before = now_s(served)
        logs.filter_log_events(logGroupName="auto-logs")
        after = now_s(served)
        if wait_s > 100:
            states.stop_execution(executionArn=execution)
        return after - before

    before = now_s(served)
    logs.filter_log_events(logGroupName="auto-logs")
    assert now_s(served) == pytest.approx(before + 0.001)
    assert read_after(5) == pytest.approx(5, abs=0.01)
    assert read_after(86_400) == pytest.approx(10, abs=0.01)


def test_a_stopped_execution_is_not_waited_for(served: Any) -> None:
    states = served.client("stepfunctions")
    definition = {
        "StartAt": "W",
        "States": {"W": {"Type": "Wait", "Seconds": 86_400, "End": True}},
    }
    machine = states.create_state_machine(
        name="auto-stopped", definition=json.dumps(definition), roleArn=ROLE
    )["stateMachineArn"]
    execution = states.start_execution(stateMachineArn=machine)["executionArn"]
    states.stop_execution(executionArn=execution)
    before = now_s(served)
    told = [states.describe_execution(executionArn=execution)["status"] for _ in range(3)]
    assert told == ["ABORTED"] * 3
    assert now_s(served) < before + 5


def test_only_the_same_question_twice_in_a_row_is_polling(served: Any) -> None:
    sqs, dynamodb = served.client("sqs"), served.client("dynamodb")
    sqs.create_queue(QueueName="auto-once")
    before = now_s(served)
    sqs.list_queues()
    dynamodb.list_tables()
    sqs.list_queues()
    assert now_s(served) == pytest.approx(before + 0.003)
    sqs.list_queues()
    assert now_s(served) == pytest.approx(before + 1.003)
    other = served.client("sqs", key="210987654321")
    other.list_queues()
    assert now_s(served) == pytest.approx(before + 1.004)


def test_looking_in_two_places_in_turn_is_polling(served: Any) -> None:
    sqs, dynamodb = served.client("sqs"), served.client("dynamodb")
    sqs.create_queue(QueueName="auto-turn")
    before = now_s(served)
    for _ in range(5):
        sqs.list_queues()
        dynamodb.list_tables()
    assert now_s(served) == pytest.approx(before + 6.01)
    sqs.create_queue(QueueName="auto-turn-2")  # whoever gets on does not wait
    sqs.list_queues()
    dynamodb.list_tables()
    assert now_s(served) == pytest.approx(before + 6.013)


def test_scanning_a_table_again_is_polling(served: Any) -> None:
    dynamodb = served.client("dynamodb")
    dynamodb.create_table(
        TableName="auto-scan",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    before = now_s(served)
    for _ in range(3):
        dynamodb.scan(TableName="auto-scan")
    assert now_s(served) == pytest.approx(before + 2.003)


def test_receiving_message_by_message_is_no_polling(served: Any) -> None:
    sqs = served.client("sqs")
    url = sqs.create_queue(QueueName="auto-drain")["QueueUrl"]
    for _ in range(40):
        sqs.send_message(QueueUrl=url, MessageBody="m")
    before = now_s(served)
    for _ in range(40):  # the visibility time-out of 30 s must not end meanwhile
        assert len(sqs.receive_message(QueueUrl=url)["Messages"]) == 1
    assert now_s(served) == pytest.approx(before + 0.04)
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    before = now_s(served)
    sqs.receive_message(QueueUrl=url)
    assert now_s(served) == pytest.approx(before + 1)


def same_host(client: Any) -> Any:
    """The port differs from run to run, and is part of a request where its Host says it."""
    client.meta.events.register(
        "before-send", lambda request, **_: request.headers.__setitem__("Host", "localhost:4566")
    )
    return client


def test_the_same_requests_write_the_same_journal(
    launch: Callable[..., Any], tmp_path: Any
) -> None:
    journals = []
    for number in (1, 2):
        file = tmp_path / f"{number}.jsonl"
        served = launch("--seed", "5", "--start", INSTANT, "--journal", str(file))
        sqs, sns, iam = (same_host(served.client(name)) for name in ("sqs", "sns", "iam"))
        sqs.create_queue(QueueName="q")
        topic = sns.create_topic(Name="t")["TopicArn"]
        sns.subscribe(
            TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:123456789012:q"
        )
        sns.publish(TopicArn=topic, Message="hello")
        sqs.receive_message(
            QueueUrl="http://localhost/123456789012/q", WaitTimeSeconds=1, VisibilityTimeout=5
        )
        iam.create_user(UserName="u")
        sqs.list_queues()
        assert served.stop() == 0
        journals.append(file.read_bytes())
    assert journals[0] == journals[1]
    assert journals[0].count(b"\n") > 9
