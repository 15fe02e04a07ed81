"""Alarms in a world: the client, a topic that a queue listens to, and what became of both."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from simulator.world import World


@pytest.fixture
def cloudwatch(world: World) -> Any:
    return world.cloud.session().client("cloudwatch")


@pytest.fixture
def topic(world: World) -> str:
    """A topic subscribed by the queue `told`."""
    session = world.cloud.session()
    session.client("sqs").create_queue(QueueName="told")
    sns = session.client("sns")
    arn = str(sns.create_topic(Name="alarms")["TopicArn"])
    queue = "arn:aws:sqs:us-east-1:123456789012:told"
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue)
    return arn


@pytest.fixture
def told(world: World) -> Callable[[], list[dict[str, Any]]]:
    """The envelopes that reached the queue `told`, each with its message as `alarm`."""

    def read() -> list[dict[str, Any]]:
        envelopes = [json.loads(message["body"]) for message in world.cloud.peek_queue("told")]
        return [{**envelope, "alarm": json.loads(envelope["Message"])} for envelope in envelopes]

    return read


@pytest.fixture
def watch(cloudwatch: Any) -> Callable[..., None]:
    """Put an alarm on the metric Rides/m: its sum of a minute above 10."""

    def put(name: str = "busy", **options: Any) -> None:
        plain = {
            "Namespace": "Rides",
            "MetricName": "m",
            "Statistic": "Sum",
            "Period": 60,
        }
        asked = {
            "ComparisonOperator": "GreaterThanThreshold",
            "EvaluationPeriods": 1,
            "Threshold": 10.0,
            **({} if "Metrics" in options else plain),
            **options,
        }
        known = {key: value for key, value in asked.items() if value is not None}
        cloudwatch.put_metric_alarm(AlarmName=name, **known)

    return put


@pytest.fixture
def feed(world: World, cloudwatch: Any) -> Callable[..., None]:
    """Put a value into Rides/m in the middle of each of the coming minutes; None puts nothing."""

    def run(*values: float | None, name: str = "m") -> None:
        for value in values:
            begin_s = world.now_s - world.now_s % 60
            world.run(until=begin_s + 30)
            if value is not None:
                datum = {"MetricName": name, "Value": value}
                cloudwatch.put_metric_data(Namespace="Rides", MetricData=[datum])
            world.run(until=begin_s + 61)

    return run


@pytest.fixture
def states(world: World) -> Callable[[str], list[tuple[float, str]]]:
    """When an alarm went over to which state."""

    def of(alarm: str = "busy") -> list[tuple[float, str]]:
        return [
            (fact.at, str(fact.data["to"]))
            for fact in world.journal.facts
            if fact.what == "alarm.state" and fact.data["alarm"] == alarm
        ]

    return of
