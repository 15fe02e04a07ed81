"""What calls and deliveries weigh, and that the meter counts of a real world what a hand would.

Sources: Amazon SQS, Amazon SNS, Amazon EventBridge, AWS Lambda and AWS Step Functions Pricing.
"""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from simulator.journal import Fact
from simulator.price import Bill, Usage, gigabytes, metered
from simulator.price.usage import gb_seconds
from simulator.world import World

KB = 1024
ACCOUNT = "123456789012"


@pytest.fixture
def used(world: World) -> Callable[[], Usage]:
    """What the world has used so far."""
    return lambda: metered(world.journal.facts, world.clock.start, world.now_s)


def client(world: World, service: str, account: str = ACCOUNT) -> Any:
    return world.cloud.session(account).client(service)


def weights(world: World, action: str) -> list[int | None]:
    return [
        fact.data.get("payload_bytes")
        for fact in world.journal.facts
        if fact.data.get("action") == action
    ]


def test_a_queue_is_billed_by_64_kb_of_what_is_sent_and_received(
    world: World, used: Callable[[], Usage]
) -> None:
    sqs = client(world, "sqs")
    url = sqs.create_queue(QueueName="fares")["QueueUrl"]  # 1 request
    sqs.send_message(QueueUrl=url, MessageBody="x" * 64 * KB)  # 1
    sqs.send_message(QueueUrl=url, MessageBody="x" * (64 * KB + 1))  # 2
    entries = [{"Id": str(n), "MessageBody": "y" * 30 * KB} for n in range(3)]
    sqs.send_message_batch(QueueUrl=url, Entries=entries)  # 90 KB: 2
    received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)[
        "Messages"
    ]  # 218 KB + 1: 4
    for message in received:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])  # 5
    sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)  # empty: 1
    assert weights(world, "SendMessage") == [64 * KB, 64 * KB + 1]
    assert weights(world, "SendMessageBatch") == [90 * KB]
    assert weights(world, "ReceiveMessage") == [218 * KB + 1, None]
    assert used().of("fares", "sqs.requests") == 1 + 1 + 2 + 2 + 4 + 5 + 1


def test_attributes_weigh_too_and_a_refused_call_costs_nothing(
    world: World, used: Callable[[], Usage]
) -> None:
    sqs = client(world, "sqs")
    url = sqs.create_queue(QueueName="fares")["QueueUrl"]
    attributes = {"kind": {"DataType": "String", "StringValue": "tip"}}
    sqs.send_message(QueueUrl=url, MessageBody="é", MessageAttributes=attributes)
    with pytest.raises(sqs.exceptions.ClientError):
        sqs.send_message(QueueUrl=url, MessageBody="x" * 2 * KB * KB)
    assert weights(world, "SendMessage")[0] == 2 + len("kind" + "String" + "tip")
    assert used().of("fares", "sqs.requests") == 2


def test_a_fifo_queue_has_its_own_price_for_messages_only(
    world: World, used: Callable[[], Usage]
) -> None:
    sqs = client(world, "sqs")
    attributes = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    url = sqs.create_queue(QueueName="fares.fifo", Attributes=attributes)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="x", MessageGroupId="g")
    receipt = sqs.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"]
    sqs.delete_message_batch(QueueUrl=url, Entries=[{"Id": "1", "ReceiptHandle": receipt}])
    usage = used()
    assert usage.of("fares.fifo", "sqs.fifo_requests") == 3
    assert usage.of("fares.fifo", "sqs.requests") == 1


def test_a_topic_costs_a_publish_and_what_it_brings_to_queues_is_the_queues(
    world: World, used: Callable[[], Usage]
) -> None:
    sns, sqs = client(world, "sns"), client(world, "sqs")
    topic = sns.create_topic(Name="rides")["TopicArn"]  # 1 request
    for name, raw in (("raw", "true"), ("wrapped", "false")):
        sqs.create_queue(QueueName=name)  # 1 request each
        sns.subscribe(  # 1 each
            TopicArn=topic,
            Protocol="sqs",
            Endpoint=f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}",
            Attributes={"RawMessageDelivery": raw},
        )
    sns.publish(TopicArn=topic, Message="x" * 64 * KB)  # 1
    sns.publish(TopicArn=topic, Message="x" * 100 * KB)  # 2
    world.run()
    usage = used()
    assert usage.of("rides", "sns.requests") == 1 + 2 + 1 + 2
    assert usage.of("raw", "sqs.requests") == 1 + 1 + 2
    # the envelope takes 64 KB over the edge
    assert usage.of("wrapped", "sqs.requests") == 1 + 2 + 2


def test_a_filter_on_the_body_is_paid_for_by_what_it_reads(
    world: World, used: Callable[[], Usage]
) -> None:
    sns, sqs = client(world, "sns"), client(world, "sqs")
    topic = sns.create_topic(Name="orders")["TopicArn"]
    for name, scope in (("by-body", "MessageBody"), ("by-attribute", "MessageAttributes")):
        sqs.create_queue(QueueName=name)
        sns.subscribe(
            TopicArn=topic,
            Protocol="sqs",
            Endpoint=f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}",
            Attributes={
                "FilterPolicy": json.dumps({"state": ["cancelled"]}),
                "FilterPolicyScope": scope,
            },
        )
    message = json.dumps({"state": "placed"})
    sns.publish(TopicArn=topic, Message=message)
    world.run()
    usage = used()
    assert usage.of("orders", "sns.filtered_gb") == gigabytes(len(message))
    assert usage.of("by-body", "sqs.requests") == 1, "nothing came through"


def test_a_bus_charges_for_custom_events_its_archive_and_discovery(
    world: World, used: Callable[[], Usage]
) -> None:
    events = client(world, "events")
    bus = events.create_event_bus(Name="rides")["EventBusArn"]
    client(world, "schemas").create_discoverer(SourceArn=bus)
    events.create_archive(ArchiveName="all", EventSourceArn=bus)
    small = {"Source": "rides", "DetailType": "Fare", "EventBusName": "rides", "Detail": "{}"}
    large = {**small, "Detail": json.dumps({"x": "x" * 100 * KB})}
    events.put_events(Entries=[small, large])
    world.run(until=3600.0)
    usage = used()
    assert usage.of("rides", "events.custom") == 1 + 2
    assert usage.of("rides", "events.discovered") == 1 + 13
    kept = usage.of("all", "events.archived_gb")
    assert gigabytes(100 * KB) < kept < gigabytes(102 * KB)
    assert usage.of("all", "events.archive_gb_seconds") == kept * 3600


def test_a_schedule_is_billed_by_its_invocations(world: World, used: Callable[[], Usage]) -> None:
    client(world, "sqs").create_queue(QueueName="ticks")
    client(world, "scheduler").create_schedule(
        Name="each-minute",
        ScheduleExpression="rate(1 minute)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:ticks",
            "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/r",
        },
    )
    world.run(until=601.0)
    fired = sum(1 for fact in world.journal.facts if fact.what == "events.fired")
    assert fired == 11
    assert used().of("each-minute", "events.scheduled") == 11
    assert used().of("ticks", "sqs.requests") == 1 + 11


@pytest.mark.process
def test_a_function_is_billed_by_its_memory_to_the_millisecond(
    world: World, used: Callable[[], Usage], deploy: Callable[..., str]
) -> None:
    source = "import time\ndef handler(event, context): time.sleep(1.2345)\n"
    deploy("f", source, MemorySize=512, Timeout=10, Tags={"team": "fares"})
    for _ in range(3):
        client(world, "lambda").invoke(FunctionName="f", Payload=b"{}")
    usage = used()
    (cold,) = [fact for fact in world.journal.facts if fact.data.get("init_ms")]
    # Initialisation is billed too: "AWS Lambda standardizes billing for INIT Phase" (2025).
    compute = 3 * gb_seconds(512, 1235) + gb_seconds(512, cold.data["init_ms"])
    assert usage.of("f", "lambda.requests") == 3
    assert usage.of("f", "lambda.gb_seconds") == compute
    assert Bill.of(usage).by_tag("team")["fares"] == (
        3 * Decimal("0.0000002") + compute * Decimal("0.00001667")
    )


@pytest.mark.process
def test_a_filter_policy_saves_three_quarters_of_the_compute(
    world: World,
    used: Callable[[], Usage],
    deploy: Callable[..., str],
    permit: Callable[..., None],
) -> None:
    """As "Optimizing the cost of serverless web applications" has it: 25 % are cancelled."""
    source = "import time\ndef handler(event, context): time.sleep(0.2)\n"
    sns = client(world, "sns")
    topics = []
    for name, policy in (("all", {}), ("cancelled", {"state": ["cancelled"]})):
        topics.append(sns.create_topic(Name=name)["TopicArn"])
        filters = {"FilterPolicy": json.dumps(policy)} if policy else {}
        sns.subscribe(
            TopicArn=topics[-1],
            Protocol="lambda",
            Endpoint=deploy(name, source),
            Attributes=filters,
        )
        permit(name, "sns.amazonaws.com")
        client(world, "lambda").invoke(FunctionName=name, Payload=b"{}")  # both are warm now
    before = Bill.of(used()).by_function()
    assert before["cancelled"] == before["all"]
    for state in ("placed", "paid", "sent", "cancelled"):
        attributes = {"state": {"DataType": "String", "StringValue": state}}
        for topic in topics:
            sns.publish(TopicArn=topic, Message="order", MessageAttributes=attributes)
            world.run()
    after = Bill.of(used()).by_function()
    grown = {name: after[name] - before[name] for name in after}
    assert grown["cancelled"] * 4 == grown["all"] > 0


def test_a_workflow_is_billed_by_its_states_and_retries(
    world: World, used: Callable[[], Usage], role: str
) -> None:
    states = {
        "A": {"Type": "Pass", "Next": "B"},
        "B": {"Type": "Wait", "Seconds": 60, "Next": "C"},
        "C": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage",
            "Parameters": {"QueueUrl": "http://paddock/123456789012/none", "MessageBody": "x"},
            "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 2}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "D"}],
            "End": True,
        },
        "D": {"Type": "Succeed"},
    }
    step = client(world, "stepfunctions")
    machine = step.create_state_machine(
        name="m", roleArn=role, definition=json.dumps({"StartAt": "A", "States": states})
    )["stateMachineArn"]
    step.start_execution(stateMachineArn=machine)
    world.run()
    assert used().of("m", "states.transitions") == 4 + 2


def test_each_tenant_pays_its_own_and_has_its_own_free_tier(
    world: World, used: Callable[[], Usage]
) -> None:
    for tenant, sends in (("111122223333", 2), ("444455556666", 5)):
        sqs = client(world, "sqs", tenant)
        url = sqs.create_queue(QueueName="orders")["QueueUrl"]
        for _ in range(sends):
            sqs.send_message(QueueUrl=url, MessageBody="x")
    request = Decimal("0.0000004")
    assert Bill.of(used()).by_account() == {
        "444455556666": 6 * request,
        "111122223333": 3 * request,
    }


def test_a_journal_read_back_has_the_same_bill(world: World, used: Callable[[], Usage]) -> None:
    sqs = client(world, "sqs")
    url = sqs.create_queue(QueueName="fares", tags={"team": "é"})["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="x" * 70_000)
    client(world, "kms").create_key()
    world.run(until=1234.567891)
    lines = list(world.journal.lines())[1:]
    read_back = metered(map(Fact.from_json, lines), world.clock.start, world.now_s)
    assert read_back.quantities == used().quantities
    assert read_back.total("kms.key_seconds") == Decimal("1234.567891")


def test_checks_look_for_nothing(world: World, used: Callable[[], Usage]) -> None:
    sqs = client(world, "sqs")
    url = sqs.create_queue(QueueName="fares")["QueueUrl"]

    def look() -> None:
        with world.cloud.unseen():
            sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])

    world.run(until=world.spawn(look))
    assert used().total("sqs.requests") == 1


def test_logs_and_objects_weigh_what_they_hold(world: World) -> None:
    logs, s3 = client(world, "logs"), client(world, "s3")
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    events = [{"timestamp": 0, "message": "héllo"}, {"timestamp": 1, "message": "x" * 3000}]
    logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=events)
    s3.create_bucket(Bucket="fares")
    s3.put_object(Bucket="fares", Key="k", Body=b"x" * 5000)
    assert weights(world, "PutLogEvents") == [6 + 26 + 3000 + 26]
    assert weights(world, "PutObject") == [5000]


@pytest.mark.process
def test_a_mapping_s_receives_and_deletes_are_the_queue_s_requests(
    world: World, used: Callable[[], Usage], deploy: Callable[..., str]
) -> None:
    deploy("f", "def handler(event, context): return None\n")
    sqs = client(world, "sqs")
    url = sqs.create_queue(QueueName="jobs")["QueueUrl"]  # 1
    client(world, "lambda").create_event_source_mapping(
        EventSourceArn=f"arn:aws:sqs:us-east-1:{ACCOUNT}:jobs", FunctionName="f", BatchSize=10
    )
    for _ in range(2):
        sqs.send_message(QueueUrl=url, MessageBody="x")  # 1, then a receive and a delete
        world.run(until=world.now_s + 5)
    assert used().of("jobs", "sqs.requests") == 1 + 2 * 3


def test_alarms_are_told_with_what_they_look_at(world: World, used: Callable[[], Usage]) -> None:
    cloudwatch = client(world, "cloudwatch")
    common = {"EvaluationPeriods": 1, "Threshold": 1.0, "ComparisonOperator": "LessThanThreshold"}
    plain = {"Namespace": "Rides", "MetricName": "Fares", "Statistic": "Sum"}
    cloudwatch.put_metric_alarm(AlarmName="slow", Period=300, **plain, **common)
    cloudwatch.put_metric_alarm(AlarmName="fast", Period=10, **plain, **common)
    metrics = [
        {
            "Id": name,
            "ReturnData": False,
            "MetricStat": {
                "Metric": {"Namespace": "Rides", "MetricName": name},
                "Period": 60,
                "Stat": "Sum",
            },
        }
        for name in ("fares", "tips")
    ]
    asked = [*metrics, {"Id": "both", "Expression": "fares + tips"}]
    cloudwatch.put_metric_alarm(AlarmName="sum", Metrics=asked, **common)
    cloudwatch.put_composite_alarm(AlarmName="any", AlarmRule="ALARM(slow) OR ALARM(fast)")
    world.run(until=600.0)
    cloudwatch.delete_alarms(AlarmNames=["any"])
    world.run(until=1200.0)
    usage = used()
    assert usage.of("slow", "cloudwatch.alarm_seconds") == 1200
    assert usage.of("fast", "cloudwatch.fast_alarm_seconds") == 1200
    assert usage.of("sum", "cloudwatch.alarm_seconds") == 2 * 1200
    assert usage.of("any", "cloudwatch.composite_alarm_seconds") == 600
