"""The meter: what each kind of fact is worth, and what is held over time, to the second."""

from decimal import Decimal
from typing import Any

import pytest

from simulator.price import Bill, Meter, gigabytes
from simulator.price.usage import gb_seconds
from tests.simulator.price.facts import ACCOUNT, DAY_S, HOUR_S, call, fact


def test_an_alarm_is_paid_by_the_time_it_is_there(meter: Meter) -> None:
    fact(meter, 0.0, "alarm.put", alarm="slow", kind="MetricAlarm", metrics=2, period_s=60)
    fact(meter, 0.0, "alarm.put", alarm="fast", kind="MetricAlarm", metrics=1, period_s=10)
    fact(meter, 0.0, "alarm.put", alarm="both", kind="CompositeAlarm", metrics=1, period_s=60)
    for name in ("slow", "fast"):
        fact(meter, HOUR_S, "alarm.deleted", alarm=name)
    usage = meter.usage(DAY_S)
    assert usage.of("slow", "cloudwatch.alarm_seconds") == 2 * 3600
    assert usage.of("both", "cloudwatch.composite_alarm_seconds") == 24 * 3600
    assert usage.of("fast", "cloudwatch.fast_alarm_seconds") == 3600
    assert meter.usage(2 * DAY_S).of("slow", "cloudwatch.alarm_seconds") == 2 * 3600


def test_what_is_held_across_a_month_s_end_is_split_there(meter: Meter) -> None:
    call(meter, 30 * DAY_S, "kms", "CreateKey")
    usage = meter.usage(61 * DAY_S)  # to 3 March
    months = {
        key.month: quantity
        for key, quantity in usage.quantities.items()
        if key.meter == "kms.key_seconds"
    }
    assert months == {"2026-01": 1 * 86400, "2026-02": 28 * 86400, "2026-03": 2 * 86400}
    assert Bill.of(usage).by_month().keys() == {"2026-01", "2026-02", "2026-03"}


def test_usage_before_midnight_is_last_month_s(meter: Meter) -> None:
    call(meter, 31 * DAY_S - 1, "kms", "Encrypt")
    call(meter, 31 * DAY_S, "kms", "Encrypt")
    assert [key.month for key in meter.usage().quantities] == ["2026-01", "2026-02"]


def test_a_custom_metric_is_paid_by_the_hours_in_which_it_is_sent(meter: Meter) -> None:
    def put(at: float, name: str) -> None:
        datum = {"MetricName": name, "Dimensions": [{"Name": "a", "Value": "b"}], "Value": "1"}
        call(meter, at, "cloudwatch", "PutMetricData", Namespace="Rides", MetricData=[datum])

    for at in (0.0, 60.0, HOUR_S + 1, 5 * HOUR_S):
        put(at, "fares")
    put(5 * HOUR_S, "tips")
    usage = meter.usage()
    assert usage.of("Rides", "cloudwatch.metric_seconds") == 4 * 3600
    assert usage.total("cloudwatch.requests") == 5


def test_metrics_asked_for_are_counted_one_by_one(meter: Meter) -> None:
    queries = [{"Id": "a", "MetricStat": {}}, {"Id": "b", "MetricStat": {}}, {"Id": "c"}]
    call(meter, 0.0, "cloudwatch", "GetMetricData", MetricDataQueries=queries)
    assert meter.usage().total("cloudwatch.data_requests") == 2
    assert meter.usage().total("cloudwatch.requests") == 0


def test_a_function_s_settings_of_the_fact_come_before_those_of_earlier_calls(
    meter: Meter,
) -> None:
    call(
        meter, 0.0, "lambda", "CreateFunction", FunctionName="f", MemorySize=256,
        Architectures=["arm64"], EphemeralStorage={"Size": 1536},
    )  # fmt: skip
    fact(meter, 1.0, "lambda.started", function="f")
    fact(meter, 2.0, "lambda.ended", function="f", duration_s=0.1001)
    usage = meter.usage()
    assert usage.of("f", "lambda.arm_gb_seconds") == gb_seconds(256, 101)
    assert usage.of("f", "lambda.storage_gb_seconds") == gb_seconds(1024, 101)
    fact(
        meter, 3.0, "lambda.ended", function="f", duration_s=9.0, billed_ms=200, memory_mb=1024,
        architecture="x86_64", storage_mb=512, account="111122223333",
    )  # fmt: skip
    later = meter.usage()
    assert later.of("f", "lambda.gb_seconds") == gb_seconds(1024, 200)
    assert later.of("f", "lambda.storage_gb_seconds") == gb_seconds(1024, 101)
    assert Bill.of(later).by_account().keys() == {ACCOUNT, "111122223333"}


def test_provisioned_concurrency_is_paid_while_it_is_kept(meter: Meter) -> None:
    def provision(at: float, count: int) -> None:
        fact(
            meter, at, "lambda.provisioned", function="f", qualifier="live", count=count,
            memory_mb=1024, architecture="x86_64", account=ACCOUNT,
        )  # fmt: skip

    provision(0.0, 10)
    provision(HOUR_S, 5)
    fact(
        meter, HOUR_S, "lambda.ended", function="f", provisioned=True, billed_ms=1000,
        memory_mb=1024,
    )  # fmt: skip
    call(meter, 2 * HOUR_S, "lambda", "DeleteFunction", FunctionName="f")
    usage = meter.usage(DAY_S)
    assert usage.of("f", "lambda.provisioned_gb_seconds") == 15 * 3600
    assert usage.of("f", "lambda.provisioned_duration_gb_seconds") == 1


def test_an_express_workflow_is_paid_by_starts_and_by_tenths_of_a_second(meter: Meter) -> None:
    call(meter, 0.0, "stepfunctions", "CreateStateMachine", name="m", type="EXPRESS")
    fact(meter, 1.0, "states.ExecutionStarted", machine="m", execution="e")
    fact(meter, 1.0, "states.PassStateEntered", machine="m", execution="e")
    fact(meter, 1.21, "states.ExecutionSucceeded", machine="m", execution="e")
    usage = meter.usage()
    assert usage.of("m", "states.express_requests") == 1
    assert usage.of("m", "states.express_gb_seconds") == gb_seconds(64, 300)
    assert usage.total("states.transitions") == 0


def test_an_api_s_calls_are_paid_by_its_kind(meter: Meter) -> None:
    for kind, size in (("REST", 10), ("HTTP", 10), ("HTTP", 600 * 1024)):
        fact(
            meter, 0.0, "apigateway.answered", api=kind, kind=kind, status=200, bytes_in=size,
            bytes_out=512,
        )  # fmt: skip
    kept_out = {"api": "x", "kind": "HTTP", "status": 429, "error": "THROTTLED"}
    fact(meter, 0.0, "apigateway.answered", **kept_out)
    usage = meter.usage()
    assert usage.total("transfer.out_gb") == 3 * gigabytes(512)
    assert usage.total("apigateway.rest_requests") == 1
    assert usage.total("apigateway.http_requests") == 1 + 2


def test_a_websocket_pays_messages_and_the_time_it_is_open(meter: Meter) -> None:
    for number, at in enumerate((0.0, 30.0)):
        fact(meter, at, "apigateway.connected", name="chat", connection=str(number))
    fact(meter, 30.0, "apigateway.connected", name="chat", connection="x", status=403)
    fact(meter, 40.0, "apigateway.message", name="chat", direction="in", bytes=33 * 1024)
    fact(meter, 40.0, "apigateway.message", name="chat", direction="out", bytes=100)
    fact(meter, 60.0, "apigateway.disconnected", name="chat", connection="0")
    usage = meter.usage(90.0)
    assert usage.of("chat", "apigateway.messages") == 2 + 1
    assert usage.of("chat", "apigateway.connection_seconds") == 60 + 60
    assert usage.of("chat", "transfer.out_gb") == gigabytes(100)
    assert {line.units for line in Bill.of(usage).lines if line.rate.unit.endswith("minute")} == {2}


def test_a_table_on_demand_pays_units_and_a_provisioned_one_hours(meter: Meter) -> None:
    call(meter, 0.0, "dynamodb", "CreateTable", TableName="a", BillingMode="PAY_PER_REQUEST")
    throughput = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 2}
    call(meter, 0.0, "dynamodb", "CreateTable", TableName="b", ProvisionedThroughput=throughput)
    consumed = [
        {"table": table, "read_units": 0.5, "write_units": 3.0, "mode": mode}
        for table, mode in (("a", "PAY_PER_REQUEST"), ("b", "PROVISIONED"))
    ]
    call(meter, 1.0, "dynamodb", "TransactWriteItems", _consumed=consumed)
    call(meter, HOUR_S, "dynamodb", "UpdateTable", TableName="b", BillingMode="PAY_PER_REQUEST")
    elsewhere = [{"table": "c", "read_units": 1.0, "write_units": 0.0, "mode": "PROVISIONED"}]
    call(meter, 2.0, "dynamodb", "GetItem", _consumed=elsewhere)
    usage = meter.usage(DAY_S)
    assert usage.unpriced == {(ACCOUNT, "dynamodb capacity of c, which no fact tells"): 1}
    assert usage.of("a", "dynamodb.read_units") == Decimal("0.5")
    assert usage.of("a", "dynamodb.write_units") == 3
    assert usage.of("b", "dynamodb.write_units") == 0
    assert usage.of("b", "dynamodb.read_capacity_seconds") == 5 * 3600
    assert usage.of("b", "dynamodb.write_capacity_seconds") == 2 * 3600


def test_a_stream_pays_shards_by_the_hour_and_records_by_25_kb(meter: Meter) -> None:
    call(meter, 0.0, "kinesis", "CreateStream", StreamName="s", ShardCount=2)
    call(meter, 0.0, "kinesis", "PutRecord", StreamName="s", _payload_bytes=26 * 1024)
    call(meter, HOUR_S, "kinesis", "DeleteStream", StreamName="s")
    usage = meter.usage(DAY_S)
    assert usage.of("s", "kinesis.shard_seconds") == 2 * 3600
    assert usage.of("s", "kinesis.put_units") == 2


def test_a_stream_on_demand_has_no_shards_to_pay(meter: Meter) -> None:
    call(meter, 0.0, "kinesis", "CreateStream", StreamName="s",
         StreamModeDetails={"StreamMode": "ON_DEMAND"})  # fmt: skip
    usage = meter.usage(DAY_S)
    assert usage.total("kinesis.shard_seconds") == 0
    assert usage.unpriced == {(ACCOUNT, "kinesis stream s, which is on demand"): 1}


def test_lambda_s_pollers_pay_a_request_for_each_ten_messages(meter: Meter) -> None:
    for _ in range(12):
        fact(meter, 5.0, "sqs.received", who="lambda", queue="q", message_id="m")
    fact(meter, 5.0, "lambda.started", function="f")
    fact(meter, 5.0, "sqs.received", who="lambda", queue="q", message_id="m")  # another poller
    for _ in range(10):
        fact(meter, 6.0, "sqs.deleted", who="lambda", queue="q", message_id="m")
    fact(meter, 6.0, "sqs.received", who="lambda:f", queue="q", message_id="m")  # a call of its own
    assert meter.usage().of("q", "sqs.requests") == 2 + 1 + 1


def test_events_of_aws_are_free_and_those_from_elsewhere_are_the_sender_s(meter: Meter) -> None:
    def put(**data: Any) -> None:
        fact(meter, 0.0, "events.put", bus="b", account=ACCOUNT, **data)

    put(source="aws.s3")
    put(source="rides", payload_bytes=10)
    put(source="rides", payload_bytes=10, sender="111122223333")
    put(source="rides", payload_bytes=10, sender=ACCOUNT)  # from another bus of the same account
    put(source="rides", payload_bytes=70_000, replay="again")
    usage = meter.usage()
    assert usage.total("events.custom") == 1
    assert usage.total("events.cross_account") == 1
    assert usage.total("events.replayed") == 2
    assert "111122223333" in {key.owner.account for key in usage.quantities}


def test_deliveries_are_paid_by_protocol(meter: Meter) -> None:
    for protocol in ("http", "https", "email", "lambda", "application", "firehose", "sms"):
        fact(
            meter, 0.0, "sns.delivered", topic="t", account=ACCOUNT, protocol=protocol,
            endpoint="x", payload_bytes=1024,
        )  # fmt: skip
    usage = meter.usage()
    assert usage.total("sns.http_deliveries") == 2
    assert usage.total("sns.email_deliveries") == 1
    assert usage.total("sns.push_deliveries") == 1
    assert usage.total("sns.firehose_deliveries") == 1
    assert usage.total("transfer.out_gb") == 3 * gigabytes(1024)
    assert any("SMS" in name for _, name in usage.unpriced)


def test_a_fifo_topic_pays_messages_and_bytes_in_and_out(meter: Meter) -> None:
    arn = f"arn:aws:sns:us-east-1:{ACCOUNT}:t.fifo"
    entries = [{"Id": "1"}, {"Id": "2"}]
    call(
        meter, 0.0, "sns", "PublishBatch", TopicArn=arn, PublishBatchRequestEntries=entries,
        _payload_bytes=2048,
    )  # fmt: skip
    fact(
        meter, 0.0, "sns.delivered", topic="t.fifo", account=ACCOUNT, protocol="sqs",
        endpoint=f"arn:aws:sqs:us-east-1:{ACCOUNT}:q.fifo", payload_bytes=1024,
    )  # fmt: skip
    usage = meter.usage()
    assert usage.of("t.fifo", "sns.fifo_publishes") == 2
    assert usage.of("t.fifo", "sns.fifo_published_gb") == gigabytes(2048)
    assert usage.of("t.fifo", "sns.fifo_deliveries") == 1
    assert usage.of("t.fifo", "sns.fifo_delivered_gb") == gigabytes(1024)
    assert usage.of("q.fifo", "sqs.fifo_requests") == 1


def test_tags_hold_from_when_they_are_set(meter: Meter) -> None:
    url = f"http://paddock/{ACCOUNT}/q"
    call(meter, 0.0, "sqs", "CreateQueue", QueueName="q", tags={"team": "fares"})
    call(meter, 0.0, "sqs", "SendMessage", QueueUrl=url)
    call(meter, 0.0, "sqs", "TagQueue", QueueUrl=url, Tags={"team": "tips"})
    call(meter, 0.0, "sqs", "UntagQueue", QueueUrl=url, TagKeys=["team"])
    request = Decimal("0.0000004")
    assert Bill.of(meter.usage()).by_tag("team") == {
        "fares": 2 * request,
        "tips": request,
        "": request,
    }


def test_tags_of_what_is_held_change_hands_too(meter: Meter) -> None:
    arn = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/s"
    call(meter, 0.0, "kinesis", "CreateStream", StreamName="s", ShardCount=1)
    call(meter, HOUR_S, "kinesis", "TagResource", StreamARN=arn, Tags={"team": "fares"})
    usage = meter.usage(3 * HOUR_S)
    by_tags = {key.owner.tags: quantity for key, quantity in usage.quantities.items()}
    assert by_tags == {(): 3600, (("team", "fares"),): 7200}


def test_a_service_without_a_price_is_named_and_a_free_one_is_not(meter: Meter) -> None:
    call(meter, 0.0, "quantum", "Guess")
    call(meter, 0.0, "iam", "CreateRole")
    call(meter, 0.0, "dynamodb", "PutItem", TableName="t")
    usage = meter.usage()
    assert usage.unpriced == {
        (ACCOUNT, "quantum"): 1,
        (ACCOUNT, "dynamodb capacity units, which the facts do not tell"): 1,
    }
    assert not usage.quantities


def test_what_a_stack_made_is_tagged_with_its_name(meter: Meter) -> None:
    tenant = "111122223333"
    fact(
        meter, 0.0, "cloudformation.stack", stack="rides", status="CREATE_IN_PROGRESS",
        id=f"arn:aws:cloudformation:us-east-1:{tenant}:stack/rides/1",
    )  # fmt: skip

    def resource(kind: str, physical: str, status: str = "CREATE_COMPLETE") -> None:
        fact(
            meter, 0.0, "cloudformation.resource", stack="rides", type=kind, physical=physical,
            status=status,
        )  # fmt: skip

    resource("AWS::Lambda::Function", "fares", "CREATE_IN_PROGRESS")
    resource("AWS::Lambda::Function", "fares")
    resource("AWS::SQS::Queue", f"http://paddock/{tenant}/jobs")
    fact(meter, 1.0, "lambda.started", function="fares")
    call(meter, 1.0, "sqs", "SendMessage", QueueUrl=f"http://paddock/{tenant}/jobs")
    usage = meter.usage(HOUR_S)
    assert {key.owner.account for key in usage.quantities} == {tenant}
    by_stack = Bill.of(usage).by_tag("aws:cloudformation:stack-name")
    assert by_stack["rides"] == Decimal("0.0000002") + Decimal("0.0000004")


@pytest.mark.parametrize(
    ("service", "action", "params"),
    [
        ("kinesis", "CreateStream", {"StreamName": "s", "ShardCount": "many"}),
        ("dynamodb", "CreateTable", {"TableName": "t", "ProvisionedThroughput": [1]}),
        ("lambda", "CreateFunction", {"FunctionName": "f", "Architectures": 7}),
        ("cloudwatch", "PutMetricData", {"MetricData": 3}),
        ("sqs", "TagQueue", {"QueueUrl": ["x"], "Tags": "team"}),
        ("s3", "DeleteObjects", {"Bucket": "b", "Delete": {"Objects": ["k"]}}),
    ],
)
def test_what_cannot_be_read_is_named_and_stops_nothing(
    meter: Meter, service: str, action: str, params: dict[str, Any]
) -> None:
    call(meter, 0.0, service, action, **params)
    call(meter, 1.0, "kms", "Encrypt")
    usage = meter.usage()
    assert usage.total("kms.requests") == 1
    assert all(name == f"{service} {action}, not to be read" for _, name in usage.unpriced)


def test_a_fact_of_strange_values_stops_nothing(meter: Meter) -> None:
    fact(meter, 0.0, "lambda.ended", function="f", memory_mb="much", billed_ms=None)
    assert meter.usage().unpriced == {(ACCOUNT, "lambda.ended, not to be read"): 1}


def test_reading_the_meter_changes_nothing(meter: Meter) -> None:
    call(meter, 0.0, "kms", "CreateKey")
    assert meter.usage(10.0).quantities == meter.usage(10.0).quantities
    assert meter.usage(20.0).total("kms.key_seconds") == 20
