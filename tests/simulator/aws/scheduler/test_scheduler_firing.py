"""EventBridge Scheduler: User Guide, "Schedule types", "Flexible time windows", "Using universal
targets", "Configuring a schedule's dead-letter queue"; API Reference, CreateSchedule."""

import json
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from simulator.fault import Fault
from simulator.world import World

QUEUE = "arn:aws:sqs:us-east-1:123456789012:q"
URL = "https://sqs.us-east-1.amazonaws.com/123456789012/q"
ROLE = "arn:aws:iam::123456789012:role/r"
HOUR_S = 3600.0


@pytest.fixture
def scheduler(world: World):
    for name in ("q", "dlq"):
        world.cloud.session().client("sqs").create_queue(QueueName=name)
    return world.cloud.session().client("scheduler")


def create(scheduler, expression, name="s", target=None, **options):
    options = {"FlexibleTimeWindow": {"Mode": "OFF"}, **options}
    target = {"Arn": QUEUE, "RoleArn": ROLE, "Input": "x", **(target or {})}
    return scheduler.create_schedule(
        Name=name, ScheduleExpression=expression, Target=target, **options
    )


def fired(world):
    return [fact.at for fact in world.journal.facts if fact.what == "events.fired"]


def bodies(world, queue="q"):
    return [message["body"] for message in world.cloud.peek_queue(queue)]


def names(scheduler):
    return sorted(schedule["Name"] for schedule in scheduler.list_schedules()["Schedules"])


def refusal(call, **parameters):
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    response = caught.value.response
    status = response["ResponseMetadata"]["HTTPStatusCode"]
    return response["Error"]["Code"], status, response["Error"]["Message"]


def test_once_means_once_on_the_clocks_of_the_zone(world, scheduler):
    create(scheduler, "at(2026-01-01T03:00:00)", ScheduleExpressionTimezone="Europe/Berlin")
    world.run(until=90 * HOUR_S)
    assert fired(world) == [2 * HOUR_S]
    assert bodies(world) == ["x"]
    assert names(scheduler) == ["s"]


def test_a_schedule_may_go_when_it_is_done(world, scheduler):
    create(scheduler, "at(2026-01-01T01:00:00)", ActionAfterCompletion="DELETE")
    end = datetime(2026, 1, 1, 2, 30, tzinfo=UTC)
    create(scheduler, "rate(1 hour)", "t", EndDate=end, ActionAfterCompletion="DELETE")
    world.run(until=1.5 * HOUR_S)
    assert names(scheduler) == ["t"]
    world.run(until=3 * HOUR_S)
    assert names(scheduler) == []
    assert fired(world) == [0.0, HOUR_S, HOUR_S, 2 * HOUR_S]


def test_a_rate_begins_at_once_or_at_its_start_date(world, scheduler):
    create(scheduler, "rate(2 hours)", StartDate=datetime(2026, 1, 1, 0, 30, tzinfo=UTC))
    world.run(until=3 * HOUR_S)
    assert fired(world) == [0.5 * HOUR_S, 2.5 * HOUR_S]


def test_cron_is_kept_in_summer_and_winter_time(world, scheduler):
    create(
        scheduler,
        "cron(0 9 ? * MON *)",
        ScheduleExpressionTimezone="Europe/Berlin",
        StartDate=datetime(2026, 3, 20, tzinfo=UTC),
    )
    world.run(until=100 * 86_400.0)
    hours = [
        datetime.fromtimestamp(world.clock.start.timestamp() + at, UTC).hour for at in fired(world)
    ]
    assert hours[:3] == [8, 7, 7]  # 23 March, and after 29 March in summer time


def test_a_flexible_window_is_left_to_chance_of_the_seed(world, scheduler):
    window = {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15}
    create(scheduler, "rate(1 hour)", FlexibleTimeWindow=window)
    world.run(until=20 * HOUR_S)
    delays = [at % HOUR_S for at in fired(world)]
    assert all(0 <= delay <= 900 for delay in delays)
    assert len(set(delays)) > 10
    assert max(delays) > 450 > min(delays)


def test_universal_targets_call_any_api(world, scheduler):
    sqs = {
        "Arn": "arn:aws:scheduler:::aws-sdk:sqs:sendMessage",
        "Input": json.dumps({"QueueUrl": URL, "MessageBody": "<aws.scheduler.scheduled-time>"}),
    }
    create(scheduler, "at(2026-01-01T01:00:00)", target=sqs)
    table = {
        "Arn": "arn:aws:scheduler:::aws-sdk:dynamodb:createTable",
        "Input": json.dumps(
            {
                "TableName": "t",
                "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
                "BillingMode": "PAY_PER_REQUEST",
            }
        ),
    }
    create(scheduler, "at(2026-01-01T02:00:00)", "u", target=table)
    world.run(until=3 * HOUR_S)
    assert bodies(world) == ["2026-01-01T01:00:00Z"]
    dynamodb = world.cloud.session().client("dynamodb")
    assert dynamodb.list_tables()["TableNames"] == ["t"]


def test_an_event_bus_is_a_target(world, scheduler):
    events = world.cloud.session().client("events")
    events.put_rule(Name="r", EventPattern='{"source": ["mine"]}')
    target = [{"Id": "1", "Arn": QUEUE, "InputPath": "$.detail"}]
    events.put_targets(Rule="r", Targets=target)
    bus = {
        "Arn": "arn:aws:events:us-east-1:123456789012:event-bus/default",
        "EventBridgeParameters": {"Source": "mine", "DetailType": "d"},
        "Input": '{"n":1}',
    }
    create(scheduler, "at(2026-01-01T01:00:00)", target=bus)
    world.run(until=2 * HOUR_S)
    assert bodies(world) == ['{"n":1}']


def test_a_failing_target_is_tried_again_then_buried(world, scheduler):
    dead = {
        "DeadLetterConfig": {"Arn": QUEUE.removesuffix("q") + "dlq"},
        "RetryPolicy": {"MaximumRetryAttempts": 1, "MaximumEventAgeInSeconds": 60},
    }
    where = {"service": "sqs", "action": "SendMessage"}
    world.faults.inject(Fault("down", where, error="InternalError", attempts=(1, 2)))
    create(scheduler, "at(2026-01-01T01:00:00)", target=dead)
    world.run(until=2 * HOUR_S)
    sqs = world.cloud.session().client("sqs")
    (letter,) = sqs.receive_message(
        QueueUrl=URL.removesuffix("q") + "dlq", MessageAttributeNames=["All"]
    )["Messages"]
    said = {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}
    assert json.loads(letter["Body"]) == {"MessageBody": "x", "QueueUrl": URL}
    assert said["ERROR_CODE"] == "InternalError"
    assert said["EXHAUSTED_RETRY_CONDITION"] == "MaximumRetryAttempts"
    assert said["RETRY_ATTEMPTS"] == "1"
    assert said["SCHEDULED_TIME"] == "2026-01-01T01:00:00Z"
    assert said["SCHEDULE_ARN"].endswith(":schedule/default/s")


def test_disabled_deleted_and_changed_schedules(world, scheduler):
    create(scheduler, "rate(1 hour)", StartDate=datetime(2026, 1, 1, 1, tzinfo=UTC))
    world.run(until=1.5 * HOUR_S)
    changed = {
        "Name": "s",
        "ScheduleExpression": "rate(1 hour)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": QUEUE, "RoleArn": ROLE},
    }
    scheduler.update_schedule(**changed, State="DISABLED")
    world.run(until=3.5 * HOUR_S)
    assert fired(world) == [HOUR_S]
    scheduler.update_schedule(**changed)
    assert scheduler.get_schedule(Name="s")["State"] == "ENABLED"
    world.run(until=4 * HOUR_S)
    assert fired(world) == [HOUR_S, 3.5 * HOUR_S]
    scheduler.delete_schedule(Name="s")
    world.run(until=10 * HOUR_S)
    assert len(fired(world)) == 2


def test_a_group_takes_its_schedules_with_it(world, scheduler):
    scheduler.create_schedule_group(Name="g")
    code, status, _ = refusal(scheduler.create_schedule_group, Name="g")
    assert (code, status) == ("ConflictException", 409)
    create(scheduler, "at(2026-01-01T01:00:00)", GroupName="g")
    scheduler.delete_schedule_group(Name="g")
    world.run(until=2 * HOUR_S)
    assert fired(world) == []
    for name, wanted in (("g", 404), ("default", 400)):
        assert refusal(scheduler.delete_schedule_group, Name=name)[1] == wanted


def test_without_an_input_the_target_gets_a_notice(world, scheduler):
    scheduler.create_schedule(
        Name="s",
        ScheduleExpression="at(2026-01-01T01:00:00)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": QUEUE, "RoleArn": ROLE},
    )
    world.run(until=2 * HOUR_S)
    notice = json.loads(bodies(world)[0])
    assert (notice["source"], notice["detail-type"]) == ("aws.scheduler", "Scheduled Event")
    assert notice["resources"] == ["arn:aws:scheduler:us-east-1:123456789012:schedule/default/s"]


@pytest.mark.parametrize(
    "expression",
    [
        *("cron(0 1 * * * *)", "cron(INVALID)", "cron(71 8 1 * ? *)", "cron()"),
        *("rate(10 seconds)", "rate()", "rate(-10 minutes)", " rate(10 minutes)"),
        *("at(2021-12-31T23:59:59Z)", "at(2021-12-31)"),
    ],
)
def test_expressions_that_are_refused(scheduler, expression):
    with pytest.raises(ClientError) as caught:
        create(scheduler, expression)
    error = caught.value.response["Error"]
    assert error["Code"] == "ValidationException"
    assert error["Message"] == f"Invalid Schedule Expression {expression}."
    assert names(scheduler) == []


@pytest.mark.parametrize(
    ("options", "code", "status"),
    [
        ({"ScheduleExpressionTimezone": "Mars/Base"}, "ValidationException", 400),
        ({"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}}, "ValidationException", 400),
        ({"FlexibleTimeWindow": {"Mode": "WIDE"}}, "ValidationException", 400),
        ({"State": "ON"}, "ValidationException", 400),
        ({"GroupName": "none"}, "ResourceNotFoundException", 404),
        (
            {"target": {"Arn": "arn:aws:scheduler:::aws-sdk:sqs:receiveMessage"}},
            "ValidationException",
            400,
        ),
    ],
)
def test_schedules_that_are_refused(scheduler, options, code, status):
    with pytest.raises(ClientError) as caught:
        create(scheduler, "rate(1 hour)", **options)
    response = caught.value.response
    assert response["Error"]["Code"] == code
    assert response["ResponseMetadata"]["HTTPStatusCode"] == status
