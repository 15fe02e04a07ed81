"""Asynchronous events: "How Lambda handles errors and retries with asynchronous invocation",
"Capturing records of Lambda asynchronous invocations" and "Adding a dead-letter queue"."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from simulator.world import World

pytestmark = pytest.mark.process
Deploy = Callable[..., str]
Facts = Callable[[str], list[dict[str, Any]]]
Queue = Callable[..., tuple[str, str]]
Bodies = Callable[[str], list[Any]]
FAILS = "def handler(e, c): raise ValueError('no')\n"
WORKS = "def handler(e, c): return {'got': e}\n"


def send(client: Any, event: Any = None, **options: Any) -> None:
    payload = json.dumps(event if event is not None else {"ride": 1})
    answer = client.invoke(FunctionName="f", InvocationType="Event", Payload=payload, **options)
    assert answer["StatusCode"] == 202


def test_each_try_has_the_same_request_id(
    world: World, client: Any, deploy: Deploy, facts: Facts
) -> None:
    deploy("f", FAILS)
    send(client)
    world.run()
    assert len({each["request_id"] for each in facts("lambda.started")}) == 1
    assert [each["at"] for each in facts("lambda.started")] == [0.0, 60.25, 180.25]


@pytest.mark.parametrize(("retries", "runs"), [(0, 1), (1, 2), (2, 3)])
def test_how_often_can_be_set(
    world: World, client: Any, deploy: Deploy, facts: Facts, retries: int, runs: int
) -> None:
    deploy("f", FAILS)
    client.put_function_event_invoke_config(FunctionName="f", MaximumRetryAttempts=retries)
    send(client)
    world.run()
    assert len(facts("lambda.started")) == runs


def test_an_event_that_grows_too_old_is_given_up(
    world: World, client: Any, deploy: Deploy, facts: Facts
) -> None:
    deploy("f", FAILS)
    client.put_function_event_invoke_config(FunctionName="f", MaximumEventAgeInSeconds=90)
    send(client)
    world.run()
    assert len(facts("lambda.started")) == 2
    assert [each["condition"] for each in facts("lambda.dropped")] == ["EventAgeExceeded"]


def test_a_throttled_event_waits_and_is_not_a_failure(
    world: World, client: Any, deploy: Deploy, facts: Facts
) -> None:
    deploy("f", "import time\ndef handler(e, c): time.sleep(2)\n")
    client.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=1)
    send(client)
    send(client)
    world.run()
    assert [each["at"] for each in facts("lambda.started")] == [0.0, 3.0]
    assert len(facts("lambda.throttled")) == 2  # after 0 and 1 s; 2 s later there is room
    assert facts("lambda.dropped") == []


@pytest.mark.parametrize("kind", ["sqs", "sns"])
def test_a_dead_letter_queue_gets_the_event(
    world: World, client: Any, deploy: Deploy, queue: Queue, kind: str
) -> None:
    _, target = queue("dead")
    if kind == "sns":
        sns = world.cloud.session().client("sns")
        topic = sns.create_topic(Name="dead")["TopicArn"]
        raw = {"RawMessageDelivery": "true"}
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=target, Attributes=raw)
        target = topic
    deploy("f", FAILS, DeadLetterConfig={"TargetArn": target})
    assert client.get_function_configuration(FunctionName="f")["DeadLetterConfig"] == {
        "TargetArn": target
    }
    send(client, {"ride": 7})
    world.run()
    (message,) = world.cloud.peek_queue("dead")
    assert json.loads(message["body"]) == {"ride": 7}
    values = {name: each["StringValue"] for name, each in message["attributes"].items()}
    assert len(values.pop("RequestID")) == 36
    assert values == {"ErrorCode": "200", "ErrorMessage": "no"}


def test_a_failure_is_told_to_its_destination(
    world: World, client: Any, deploy: Deploy, queue: Queue, bodies: Bodies
) -> None:
    _, target = queue("failures")
    arn = deploy("f", FAILS)
    client.put_function_event_invoke_config(
        FunctionName="f", DestinationConfig={"OnFailure": {"Destination": target}}
    )
    send(client, {"ride": 7})
    world.run()
    (told,) = bodies("failures")
    assert told["version"] == "1.0"
    assert told["timestamp"] == "2026-01-01T00:03:00.250Z"
    assert told["requestContext"]["functionArn"] == f"{arn}:$LATEST"
    assert told["requestContext"]["condition"] == "RetriesExhausted"
    assert told["requestContext"]["approximateInvokeCount"] == 3
    assert told["requestPayload"] == {"ride": 7}
    assert told["responseContext"] == {
        "statusCode": 200,
        "executedVersion": "$LATEST",
        "functionError": "Unhandled",
    }
    assert told["responsePayload"]["errorMessage"] == "no"


def test_a_success_is_told_to_a_function_and_a_bus(
    world: World, client: Any, deploy: Deploy, queue: Queue, bodies: Bodies, facts: Facts
) -> None:
    arn = deploy("f", WORKS, Publish=True)
    other = deploy("other", "def handler(e, c): print(e['responsePayload'])\n")
    client.put_function_event_invoke_config(
        FunctionName="f", Qualifier="1", DestinationConfig={"OnSuccess": {"Destination": other}}
    )
    _, target = queue("seen")
    events = world.cloud.session().client("events")
    pattern = json.dumps({"source": ["lambda"]})
    events.put_rule(Name="r", EventPattern=pattern)
    events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": target}])
    bus = "arn:aws:events:us-east-1:123456789012:event-bus/default"
    client.put_function_event_invoke_config(
        FunctionName="f", DestinationConfig={"OnSuccess": {"Destination": bus}}
    )
    send(client, 1, Qualifier="1")
    send(client, 2)
    world.run()
    assert [each["text"].strip() for each in facts("lambda.log")] == ["{'got': 1}"]
    (event,) = bodies("seen")
    assert event["detail-type"] == "Lambda Function Invocation Result - Success"
    assert event["detail"]["responsePayload"] == {"got": 2}
    assert event["detail"]["requestContext"]["functionArn"] == f"{arn}:$LATEST"


def test_without_concurrency_an_event_is_given_up_at_once(
    world: World, client: Any, deploy: Deploy, queue: Queue, bodies: Bodies
) -> None:
    _, target = queue("failures")
    deploy("f", WORKS)
    client.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=0)
    client.put_function_event_invoke_config(
        FunctionName="f", DestinationConfig={"OnFailure": {"Destination": target}}
    )
    send(client)
    world.run()
    assert world.now_s == 0.0
    (told,) = bodies("failures")
    assert told["requestContext"]["condition"] == "ZeroReservedConcurrency"
    assert told["requestContext"]["approximateInvokeCount"] == 0


def test_a_destination_that_is_gone_is_a_fact(
    world: World, client: Any, deploy: Deploy, facts: Facts
) -> None:
    deploy("f", WORKS)
    target = "arn:aws:sqs:us-east-1:123456789012:nowhere"
    client.put_function_event_invoke_config(
        FunctionName="f", DestinationConfig={"OnSuccess": {"Destination": target}}
    )
    send(client)
    world.run()
    (fact,) = facts("lambda.undelivered")
    assert (fact["function"], fact["target"]) == ("f", target)


def test_settings_are_kept_by_qualifier(client: Any, deploy: Deploy) -> None:
    deploy("f", WORKS, Publish=True)
    client.put_function_event_invoke_config(FunctionName="f", MaximumRetryAttempts=1)
    client.put_function_event_invoke_config(
        FunctionName="f", Qualifier="1", MaximumRetryAttempts=0, MaximumEventAgeInSeconds=60
    )
    changed = client.update_function_event_invoke_config(
        FunctionName="f", Qualifier="1", MaximumRetryAttempts=2
    )
    assert (changed["MaximumRetryAttempts"], changed["MaximumEventAgeInSeconds"]) == (2, 60)
    assert client.get_function_event_invoke_config(FunctionName="f")["MaximumRetryAttempts"] == 1
    listed = client.list_function_event_invoke_configs(FunctionName="f")
    assert len(listed["FunctionEventInvokeConfigs"]) == 2
    client.delete_function_event_invoke_config(FunctionName="f", Qualifier="1")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_function_event_invoke_config(FunctionName="f", Qualifier="1")
