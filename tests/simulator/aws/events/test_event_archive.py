"""Archives, replays and scheduled rules: EventBridge User Guide, "Archiving and replaying events",
"Creating a rule that runs on a schedule"."""

import json
from datetime import UTC, datetime

import pytest

from simulator.world import World

BUS = "arn:aws:events:us-east-1:123456789012:event-bus/default"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:q"


@pytest.fixture
def events(world: World):
    world.cloud.session().client("sqs").create_queue(QueueName="q")
    return world.cloud.session().client("events")


def bodies(world):
    return [json.loads(message["body"]) for message in world.cloud.peek_queue("q")]


def put(events, number, **options):
    detail = json.dumps({"n": number})
    events.put_events(Entries=[{"Source": "s", "DetailType": "d", "Detail": detail, **options}])


def watch(events, **options):
    events.put_rule(Name="r", EventPattern='{"source": ["s"]}', **options)
    events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": QUEUE}])


def replay(events, archive, name="again", first=0, last=59, **destination):
    return events.start_replay(
        ReplayName=name,
        EventSourceArn=archive,
        EventStartTime=datetime(2026, 1, 1, 0, 0, first, tzinfo=UTC),
        EventEndTime=datetime(2026, 1, 1, 0, 0, last, tzinfo=UTC),
        Destination={"Arn": BUS, **destination},
    )


def test_a_window_of_an_archive_is_played_again(world, events):
    archive = events.create_archive(ArchiveName="a", EventSourceArn=BUS)["ArchiveArn"]
    for second in range(5):
        world.run(until=10.0 * second)
        put(events, second)
    world.run()
    watch(events)
    assert replay(events, archive, first=10, last=30)["State"] == "STARTING"
    world.run()
    again = bodies(world)
    assert [event["detail"]["n"] for event in again] == [1, 2, 3]
    assert {event["replay-name"] for event in again} == {"again"}
    assert again[0]["time"] == "2026-01-01T00:00:10Z"
    told = events.describe_replay(ReplayName="again")
    assert told["State"] == "COMPLETED"
    assert told["EventLastReplayedTime"] == datetime(2026, 1, 1, 0, 0, 30, tzinfo=UTC)
    # replayed events are not archived again
    assert events.describe_archive(ArchiveName="a")["EventCount"] == 5


def test_an_archive_keeps_what_its_pattern_matches_for_its_days(world, events):
    events.create_archive(
        ArchiveName="a",
        EventSourceArn=BUS,
        EventPattern='{"detail": {"n": [{"numeric": ["<", 2]}]}}',
        RetentionDays=1,
    )
    for number in range(4):
        put(events, number)
    world.run()
    told = events.describe_archive(ArchiveName="a")
    assert told["EventCount"] == 2
    assert told["SizeBytes"] > 0
    events.update_archive(ArchiveName="a", EventPattern='{"detail": {"n": [9]}}')
    put(events, 9)
    put(events, 1)
    world.run(until=86_399)
    assert events.describe_archive(ArchiveName="a")["EventCount"] == 3
    world.run(until=86_402)
    assert events.describe_archive(ArchiveName="a")["EventCount"] == 0


def test_a_replay_may_be_for_some_rules_only(world, events):
    archive = events.create_archive(ArchiveName="a", EventSourceArn=BUS)["ArchiveArn"]
    put(events, 1)
    world.run()
    watch(events)
    events.put_rule(Name="other", EventPattern='{"source": ["s"]}')
    other = [{"Id": "1", "Arn": QUEUE, "Input": '"other"'}]
    events.put_targets(Rule="other", Targets=other)
    rule = events.describe_rule(Name="other")["Arn"]
    replay(events, archive, FilterArns=[rule])
    world.run()
    assert bodies(world) == ["other"]


def test_a_scheduled_rule_fires_in_virtual_time(world, events):
    events.put_rule(Name="tick", ScheduleExpression="rate(5 minutes)")
    events.put_targets(Rule="tick", Targets=[{"Id": "1", "Arn": QUEUE}])
    world.run()  # a schedule keeps no run going
    assert world.now_s == 0
    world.run(until=905)
    fired = [fact.at for fact in world.journal.facts if fact.what == "events.fired"]
    assert fired == [300.0, 600.0, 900.0]
    event = bodies(world)[0]
    assert (event["source"], event["detail-type"]) == ("aws.events", "Scheduled Event")
    assert event["resources"] == ["arn:aws:events:us-east-1:123456789012:rule/tick"]
    assert event["time"] == "2026-01-01T00:05:00Z"
    assert event["detail"] == {}


def test_a_cron_rule_fires_in_utc_until_it_is_disabled_changed_or_deleted(world, events):
    def fired():
        return [fact.at for fact in world.journal.facts if fact.what == "events.fired"]

    events.put_rule(Name="noon", ScheduleExpression="cron(0 12 * * ? *)")
    world.run(until=13 * 3600)
    assert fired() == [43_200.0]
    events.disable_rule(Name="noon")
    world.run(until=37 * 3600)
    events.enable_rule(Name="noon")
    world.run(until=61 * 3600)
    assert fired() == [43_200.0, 43_200.0 + 2 * 86_400]
    events.put_rule(Name="noon", ScheduleExpression="rate(1 hour)")
    world.run(until=62 * 3600 + 1)
    events.delete_rule(Name="noon")
    world.run(until=90 * 3600)
    assert fired()[2:] == [62 * 3600.0]


def test_a_fresh_cloud_forgets_the_schedules(world, events):
    events.put_rule(Name="tick", ScheduleExpression="rate(1 minute)")
    with World(seed=8) as other:
        other.cloud.session().client("events")
        other.run(until=600)
        assert not [fact for fact in other.journal.facts if fact.what == "events.fired"]
