"""Metric alarms: when they evaluate, what they do, and what they remember."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator.world import World

Watch = Feed = Callable[..., None]
States = Callable[..., list[tuple[float, str]]]
Told = Callable[[], list[dict[str, Any]]]


def described(cloudwatch: Any, name: str = "busy") -> dict[str, Any]:
    (alarm,) = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return dict(alarm)


def test_a_new_alarm_knows_nothing_yet(cloudwatch: Any, watch: Watch) -> None:
    """CloudWatch User Guide, "Using Amazon CloudWatch alarms": INSUFFICIENT_DATA at the start."""
    watch()
    alarm = described(cloudwatch)

    assert alarm["StateValue"] == "INSUFFICIENT_DATA"
    assert alarm["StateReason"] == "Unchecked: Initial alarm creation"
    assert "StateReasonData" not in alarm


def test_an_alarm_evaluates_every_minute_of_virtual_time(
    watch: Watch, feed: Feed, states: States
) -> None:
    watch()
    feed(5.0, 20.0, 30.0, 5.0)

    assert states() == [(60.0, "OK"), (120.0, "ALARM"), (240.0, "OK")]


def test_m_out_of_n(watch: Watch, feed: Feed, states: States) -> None:
    watch(EvaluationPeriods=3, DatapointsToAlarm=2)
    feed(1.0, 20.0, 1.0, 20.0, 1.0, 1.0)

    assert states() == [(60.0, "OK"), (240.0, "ALARM"), (300.0, "OK")]


def test_a_longer_period_slides_by_the_minute(watch: Watch, feed: Feed, states: States) -> None:
    watch(Period=300)
    feed(1.0, 1.0, 1.0, 9.0, 0.0)

    assert states() == [(60.0, "OK"), (240.0, "ALARM")]


def test_a_short_period_evaluates_every_ten_seconds(
    world: World, cloudwatch: Any, watch: Watch, states: States
) -> None:
    """CloudWatch User Guide, "High-resolution alarms"."""
    watch(Period=10)
    world.run(until=12.0)
    datum = {"MetricName": "m", "Value": 99.0, "StorageResolution": 1}
    cloudwatch.put_metric_data(Namespace="Rides", MetricData=[datum])
    world.run(until=25.0)

    assert states()[-1] == (20.0, "ALARM")


@pytest.mark.parametrize(
    ("treatment", "after"),
    [("missing", "INSUFFICIENT_DATA"), ("ignore", "ALARM"), ("notBreaching", "OK")],
)
def test_missing_data_is_treated_as_told(
    watch: Watch, feed: Feed, states: States, treatment: str, after: str
) -> None:
    watch(TreatMissingData=treatment)
    feed(20.0, None, None)
    assert states()[-1] == (60.0, "ALARM")  # the last data is looked at once more, and once more
    feed(None, None)

    assert states()[-1][1] == after


def test_an_alarm_on_silence_goes_off(world: World, watch: Watch, states: States) -> None:
    watch(TreatMissingData="breaching", EvaluationPeriods=2)
    world.run(until=90.0)

    assert states() == [(60.0, "ALARM")]


def test_an_alarm_without_data_sleeps_and_wakes(
    world: World, watch: Watch, feed: Feed, states: States
) -> None:
    watch()
    world.run(until=30 * 86_400.0)
    assert world.env.steps < 50
    feed(20.0)

    assert states() == [(30 * 86_400.0 + 60.0, "ALARM")]


def test_data_with_a_timestamp_yet_to_come_is_not_missed(
    world: World, cloudwatch: Any, watch: Watch, states: States
) -> None:
    watch()
    at = world.clock.start.replace(minute=5, second=30)
    datum = {"MetricName": "m", "Value": 99.0, "Timestamp": at}
    cloudwatch.put_metric_data(Namespace="Rides", MetricData=[datum])
    world.run(until=400.0)

    assert states() == [(360.0, "ALARM")]


def test_a_topic_is_told_as_cloudwatch_tells_it(
    cloudwatch: Any, topic: str, watch: Watch, feed: Feed, told: Told
) -> None:
    """As AWS's notifications are: subject, names and formats."""
    pair = {"Name": "City", "Value": "Ulm"}
    watch(AlarmActions=[topic], OKActions=[topic], AlarmDescription="too many", Dimensions=[pair])
    datum = {"MetricName": "m", "Value": 20.0, "Dimensions": [pair]}
    cloudwatch.put_metric_data(Namespace="Rides", MetricData=[datum])
    feed(None)
    (envelope,) = told()

    assert envelope["Subject"] == 'ALARM: "busy" in US East (N. Virginia)'
    alarm = envelope["alarm"]
    assert alarm.pop("NewStateReason").startswith("Threshold Crossed: 1 datapoint [20.0 (01/01/26")
    assert alarm == {
        "AlarmName": "busy",
        "AlarmDescription": "too many",
        "AWSAccountId": "123456789012",
        "AlarmConfigurationUpdatedTimestamp": "2026-01-01T00:00:00.000+0000",
        "NewStateValue": "ALARM",
        "StateChangeTime": "2026-01-01T00:01:00.000+0000",
        "Region": "US East (N. Virginia)",
        "AlarmArn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:busy",
        "OldStateValue": "INSUFFICIENT_DATA",
        "OKActions": [topic],
        "AlarmActions": [topic],
        "InsufficientDataActions": [],
        "Trigger": {
            "MetricName": "m",
            "Namespace": "Rides",
            "StatisticType": "Statistic",
            "Statistic": "SUM",
            "Unit": None,
            "Dimensions": [{"value": "Ulm", "name": "City"}],
            "Period": 60,
            "EvaluationPeriods": 1,
            "ComparisonOperator": "GreaterThanThreshold",
            "Threshold": 10.0,
            "TreatMissingData": "missing",
            "EvaluateLowSampleCountPercentile": "",
        },
    }


def test_actions_can_be_switched_off(
    cloudwatch: Any, topic: str, watch: Watch, feed: Feed, states: States, told: Told
) -> None:
    watch(AlarmActions=[topic], ActionsEnabled=False)
    feed(20.0, 1.0)
    assert [state for _, state in states()] == ["ALARM", "OK"]
    assert told() == []
    cloudwatch.enable_alarm_actions(AlarmNames=["busy"])
    feed(20.0)

    assert len(told()) == 1


def test_a_state_set_by_hand_acts_and_gives_way_at_the_next_evaluation(
    world: World, cloudwatch: Any, topic: str, watch: Watch, feed: Feed, states: States, told: Told
) -> None:
    watch(AlarmActions=[topic])
    feed(1.0)
    cloudwatch.set_alarm_state(AlarmName="busy", StateValue="ALARM", StateReason="a drill")
    world.run(until=world.now_s + 1)
    assert [envelope["alarm"]["NewStateReason"] for envelope in told()] == ["a drill"]
    feed(1.0)

    assert [state for _, state in states()] == ["OK", "ALARM", "OK"]


def test_a_state_set_by_hand_gives_way_even_without_data(
    world: World, cloudwatch: Any, watch: Watch, states: States
) -> None:
    watch()
    world.run(until=600.0)
    cloudwatch.set_alarm_state(AlarmName="busy", StateValue="ALARM", StateReason="a drill")
    world.run(until=900.0)

    assert states() == [(600.0, "ALARM"), (660.0, "INSUFFICIENT_DATA")]


def test_a_function_is_called_with_the_alarm(
    world: World,
    deploy: Callable[..., str],
    permit: Callable[..., None],
    watch: Watch,
    feed: Feed,
) -> None:
    """CloudWatch User Guide, "Invoke a Lambda function from an alarm"."""
    arn = deploy(
        "page", "import json\ndef handler(event, context):\n    print(json.dumps(event))\n"
    )
    permit(arn, "lambda.alarms.cloudwatch.amazonaws.com")
    watch(AlarmActions=[arn])
    feed(20.0)
    world.run(until=world.now_s + 5)
    (line,) = [f.data["text"] for f in world.journal.facts if f.what == "lambda.log"]
    event = json.loads(line)

    assert event["source"] == "aws.cloudwatch"
    assert event["alarmArn"].endswith(":alarm:busy")
    data = event["alarmData"]
    assert data["state"]["value"] == "ALARM"
    assert data["previousState"] == {
        "value": "INSUFFICIENT_DATA",
        "reason": "Unchecked: Initial alarm creation",
        "timestamp": "2026-01-01T00:00:00.000+0000",
    }
    (metric,) = data["configuration"]["metrics"]
    assert metric["metricStat"] == {
        "metric": {"namespace": "Rides", "name": "m", "dimensions": {}},
        "period": 60,
        "stat": "Sum",
    }


def test_an_action_that_fails_is_remembered_and_stops_no_other(
    world: World, cloudwatch: Any, topic: str, watch: Watch, feed: Feed, told: Told
) -> None:
    gone = topic.replace("alarms", "gone")
    watch(AlarmActions=[gone, "arn:aws:automate:us-east-1:ec2:stop", topic])
    feed(20.0)
    assert len(told()) == 1

    history = cloudwatch.describe_alarm_history(AlarmName="busy", HistoryItemType="Action")
    summaries = [item["HistorySummary"] for item in history["AlarmHistoryItems"]]
    assert summaries[0] == f"Successfully executed action {topic}"
    assert all(summary.startswith("Failed to execute action") for summary in summaries[1:])
    assert len(summaries) == 3


def test_the_history_tells_it_all(cloudwatch: Any, watch: Watch, feed: Feed) -> None:
    watch()
    feed(20.0, 1.0)
    items = cloudwatch.describe_alarm_history(AlarmName="busy")["AlarmHistoryItems"]

    assert [item["HistorySummary"] for item in items] == [
        "Alarm updated from ALARM to OK",
        "Alarm updated from INSUFFICIENT_DATA to ALARM",
        'Alarm "busy" created',
    ]
    change = json.loads(items[1]["HistoryData"])
    assert change["oldState"] == {
        "stateValue": "INSUFFICIENT_DATA",
        "stateReason": "Unchecked: Initial alarm creation",
    }
    assert change["newState"]["stateReasonData"]["recentDatapoints"] == [20.0]


def test_an_alarm_that_is_changed_keeps_its_state(
    cloudwatch: Any, watch: Watch, feed: Feed, states: States
) -> None:
    """CloudWatch API Reference, PutMetricAlarm."""
    watch()
    feed(20.0)
    watch(Threshold=100.0)
    assert described(cloudwatch)["StateValue"] == "ALARM"
    feed(20.0)

    assert states()[-1] == (120.0, "OK")


def test_a_deleted_alarm_is_silent(
    world: World, cloudwatch: Any, topic: str, watch: Watch, feed: Feed, told: Told
) -> None:
    watch(AlarmActions=[topic])
    cloudwatch.delete_alarms(AlarmNames=["busy"])
    feed(20.0)

    assert told() == []


def test_an_alarm_on_metric_math(cloudwatch: Any, watch: Watch, feed: Feed, states: States) -> None:
    def of(name: str) -> dict[str, Any]:
        metric = {"Namespace": "Rides", "MetricName": name}
        return {
            "Id": name,
            "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"},
            "ReturnData": False,
        }

    rate = {"Id": "rate", "Expression": "100 * failed / m", "ReturnData": True}
    watch(Metrics=[rate, of("failed"), of("m")], Threshold=50.0)
    feed(1.0, name="failed")
    feed(10.0)
    assert states() == []  # never both in one minute
    for failed in (1.0, 9.0):
        datum = {"MetricName": "failed", "Value": failed}
        cloudwatch.put_metric_data(Namespace="Rides", MetricData=[datum])
        feed(10.0)
    assert states() == [(180.0, "OK"), (240.0, "ALARM")]


def test_a_percentile_of_few_samples_can_be_ignored(
    watch: Watch, feed: Feed, states: States
) -> None:
    """CloudWatch User Guide, "Percentile-based alarms and low data samples"."""
    for name, setting in (("cautious", "ignore"), ("bold", "evaluate")):
        watch(
            name,
            Statistic=None,
            ExtendedStatistic="p90",
            EvaluateLowSampleCountPercentile=setting,
        )
    feed(20.0)

    assert states("bold") == [(60.0, "ALARM")]
    assert states("cautious") == []


def test_eventbridge_hears_of_it(world: World, watch: Watch, feed: Feed) -> None:
    """CloudWatch User Guide, "Alarm events and EventBridge"."""
    session = world.cloud.session()
    session.client("sqs").create_queue(QueueName="heard")
    events = session.client("events")
    pattern = {"source": ["aws.cloudwatch"], "detail": {"state": {"value": ["ALARM"]}}}
    events.put_rule(Name="alarms", EventPattern=json.dumps(pattern))
    target = {"Id": "1", "Arn": "arn:aws:sqs:us-east-1:123456789012:heard"}
    events.put_targets(Rule="alarms", Targets=[target])
    watch()
    feed(1.0, 20.0)
    (message,) = world.cloud.peek_queue("heard")
    event = json.loads(message["body"])

    assert event["detail-type"] == "CloudWatch Alarm State Change"
    assert event["detail"]["alarmName"] == "busy"
    assert event["detail"]["previousState"]["value"] == "OK"


@pytest.mark.parametrize(
    "options",
    [
        {"EvaluationPeriods": 2, "DatapointsToAlarm": 3},
        {"Period": 45},
        {"ExtendedStatistic": "p99"},
        {"ComparisonOperator": "Sometimes"},
        {"Namespace": None},
        {"Metrics": [{"Id": "e", "Expression": "1 +", "ReturnData": True}]},
    ],
)
def test_what_is_no_alarm(cloudwatch: Any, watch: Watch, options: dict[str, Any]) -> None:
    with pytest.raises(ClientError) as refused:
        watch(**options)

    assert refused.value.response["Error"]["Code"] == "ValidationError"
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []
