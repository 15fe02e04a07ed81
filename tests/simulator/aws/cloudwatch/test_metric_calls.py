"""PutMetricData, GetMetricStatistics, GetMetricData and ListMetrics on the world's one store."""

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator.http import HttpRequest
from simulator.world import World

PERIOD = 60


@pytest.fixture
def cloudwatch(world: World) -> Any:
    return world.cloud.session().client("cloudwatch")


def put(client: Any, *data: dict[str, Any], namespace: str = "Rides") -> None:
    client.put_metric_data(Namespace=namespace, MetricData=list(data))


def statistics(world: World, client: Any, name: str, **options: Any) -> list[dict[str, Any]]:
    asked = {
        "Namespace": "Rides",
        "MetricName": name,
        "StartTime": world.clock.start,
        "EndTime": world.clock.instant + timedelta(minutes=1),
        "Period": PERIOD,
        "Statistics": ["Sum", "SampleCount"],
        **options,
    }
    return list(client.get_metric_statistics(**asked)["Datapoints"])


def data(world: World, client: Any, *queries: dict[str, Any], **options: Any) -> list[Any]:
    answer = client.get_metric_data(
        MetricDataQueries=list(queries),
        StartTime=world.clock.start,
        EndTime=world.clock.instant + timedelta(minutes=1),
        **options,
    )
    return list(answer["MetricDataResults"])


def stat(query_id: str, name: str, statistic: str = "Sum", **more: Any) -> dict[str, Any]:
    metric = {"Namespace": "Rides", "MetricName": name}
    return {
        "Id": query_id,
        "MetricStat": {"Metric": metric, "Period": PERIOD, "Stat": statistic},
        **more,
    }


def test_values_and_counts_become_statistics(world: World, cloudwatch: Any) -> None:
    put(cloudwatch, {"MetricName": "m", "Values": [1.0, 10.0], "Counts": [2, 4], "Unit": "Count"})

    found = statistics(world, cloudwatch, "m", Statistics=["SampleCount", "Sum", "Maximum"])

    assert [(p["SampleCount"], p["Sum"], p["Maximum"], p["Unit"]) for p in found] == [
        (6.0, 42.0, 10.0, "Count")
    ]


def test_data_falls_into_whole_minutes(world: World, cloudwatch: Any) -> None:
    """CloudWatch API Reference, GetMetricStatistics: a start time is rounded down."""
    for at_s in (30, 59, 61, 200):
        world.run(until=at_s)
        put(cloudwatch, {"MetricName": "m", "Value": 1.0})

    start = world.clock.start + timedelta(seconds=17)
    found = statistics(world, cloudwatch, "m", StartTime=start)

    offsets = [(p["Timestamp"] - world.clock.start).total_seconds() for p in found]
    assert list(zip(offsets, [p["Sum"] for p in found], strict=True)) == [
        (0.0, 2.0), (60.0, 1.0), (180.0, 1.0),
    ]  # fmt: skip


def test_percentiles_are_extended_statistics(world: World, cloudwatch: Any) -> None:
    put(cloudwatch, {"MetricName": "m", "Values": [float(n) for n in range(1, 101)]})

    (found,) = statistics(
        world, cloudwatch, "m", Statistics=["Average"], ExtendedStatistics=["p90", "p50"]
    )

    assert found["Average"] == 50.5
    assert found["ExtendedStatistics"]["p50"] == 50.5
    assert found["ExtendedStatistics"]["p90"] == pytest.approx(90.1)


def test_units_are_told_apart(world: World, cloudwatch: Any) -> None:
    put(
        cloudwatch,
        {"MetricName": "m", "Value": 5.0, "Unit": "Count"},
        {"MetricName": "m", "Value": 1.0, "Unit": "Seconds"},
    )

    found = statistics(world, cloudwatch, "m", Statistics=["Average"])
    assert {p["Unit"]: p["Average"] for p in found} == {"Count": 5.0, "Seconds": 1.0}
    (only,) = statistics(world, cloudwatch, "m", Statistics=["Average"], Unit="Seconds")
    assert only["Average"] == 1.0


def test_a_query_over_several_units_says_so(world: World, cloudwatch: Any) -> None:
    put(
        cloudwatch,
        {"MetricName": "m", "Value": 60_000.0, "Unit": "Milliseconds"},
        {"MetricName": "m", "Value": 60.0, "Unit": "Seconds"},
    )

    (found,) = data(world, cloudwatch, stat("q", "m"))

    assert found["Values"] == [60_000.0]
    assert found["Messages"] == [
        {
            "Code": "MultipleUnits",
            "Value": "Multiple units returned: '[Milliseconds, Seconds]'",
        }
    ]


def test_metric_math_over_hidden_queries(world: World, cloudwatch: Any) -> None:
    for at_s in (0, 60, 120):
        world.run(until=at_s)
        put(
            cloudwatch,
            {"MetricName": "errors", "Value": at_s / 60},
            {"MetricName": "calls", "Value": 4.0},
        )

    found = data(
        world,
        cloudwatch,
        {"Id": "twice", "Expression": "rate * 2"},
        {"Id": "rate", "Expression": "100 * errors / calls", "Label": "Error rate"},
        stat("errors", "errors", ReturnData=False),
        stat("calls", "calls", ReturnData=False),
        ScanBy="TimestampAscending",
    )

    assert [(f["Id"], f["Label"], f["Values"]) for f in found] == [
        ("twice", "twice", [0.0, 50.0, 100.0]),
        ("rate", "Error rate", [0.0, 25.0, 50.0]),
    ]


@pytest.mark.parametrize("expression", ["1 +", "nowhere * 2", "me + 1", "SEARCH('x')"])
def test_broken_math_is_a_validation_error(world: World, cloudwatch: Any, expression: str) -> None:
    with pytest.raises(ClientError) as refused:
        data(world, cloudwatch, {"Id": "me", "Expression": expression, "Period": 60})

    assert refused.value.response["Error"]["Code"] == "ValidationError"


def test_a_service_metric_is_read_by_exactly_its_dimensions(world: World, cloudwatch: Any) -> None:
    world.metrics.count("AWS/X", "m", {"Name": "a"})
    world.metrics.count("AWS/X", "m", {"Name": "a", "Version": "1"})

    exact = [{"Name": "Name", "Value": "a"}]
    (found,) = statistics(world, cloudwatch, "m", Namespace="AWS/X", Dimensions=exact)
    assert found["Sum"] == 1.0
    assert statistics(world, cloudwatch, "m", Namespace="AWS/X") == []


def test_metrics_are_listed_with_their_dimensions(world: World, cloudwatch: Any) -> None:
    pair = [{"Name": "City", "Value": "Ulm"}]
    put(cloudwatch, {"MetricName": "m", "Value": 1.0, "Dimensions": pair})
    put(cloudwatch, {"MetricName": "m", "Value": 2.0, "Dimensions": pair})

    found = cloudwatch.list_metrics(Namespace="Rides")["Metrics"]
    assert found == [{"Namespace": "Rides", "MetricName": "m", "Dimensions": pair}]
    assert cloudwatch.list_metrics(Dimensions=[{"Name": "Town"}])["Metrics"] == []


def test_accounts_and_regions_do_not_see_each_others_metrics(world: World) -> None:
    here = world.cloud.session("111111111111", "eu-west-1").client("cloudwatch")
    put(here, {"MetricName": "m", "Value": 1.0})

    for place in (("222222222222", "eu-west-1"), ("111111111111", "us-east-1")):
        elsewhere = world.cloud.session(*place).client("cloudwatch")
        assert elsewhere.list_metrics()["Metrics"] == []
    assert len(here.list_metrics()["Metrics"]) == 1


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"Period": 7}, "InvalidParameterValue"),
        ({"Statistics": ["Median"]}, "InvalidParameterValue"),
    ],
)
def test_what_cannot_be_asked(
    world: World, cloudwatch: Any, asked: dict[str, Any], code: str
) -> None:
    with pytest.raises(ClientError) as refused:
        statistics(world, cloudwatch, "m", **asked)

    assert refused.value.response["Error"]["Code"] == code


@pytest.mark.parametrize(
    "body",
    [
        "Action=PutMetricData",
        "Action=PutMetricData&Namespace=N&MetricData.member.1.Value=1",
        "Action=PutMetricData&Namespace=N&MetricData.member.1.MetricName=m"
        "&MetricData.member.1.Value=abc",
        "Action=PutMetricData&Namespace=N&MetricData.member.1.MetricName=m"
        "&MetricData.member.1.Values.member.1=1&MetricData.member.1.Counts.member.1=-3",
        "Action=GetMetricStatistics&Statistics.member.1=Sum",
        "Action=GetMetricData&StartTime=yesterday&EndTime=2026-01-01T00:00:00Z",
        "Action=PutMetricAlarm&AlarmName=a",
        "Action=SetAlarmState",
        "Action=DescribeAlarms&MaxRecords=many",
    ],
)
def test_malformed_requests_are_refused_and_change_nothing(
    world: World, cloudwatch: Any, body: str
) -> None:
    credential = "123456789012/20260101/us-east-1/monitoring/aws4_request"
    headers = {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={credential}, Signature=x",
        "Content-Type": "application/x-www-form-urlencoded",
        "Host": "monitoring.us-east-1.amazonaws.com",
    }
    url = "https://monitoring.us-east-1.amazonaws.com/"
    answer = world.cloud.gateway.handle(HttpRequest("POST", url, headers, body.encode()))

    assert answer.status == 400
    assert b"<Code>" in answer.body
    assert cloudwatch.list_metrics()["Metrics"] == []
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []
