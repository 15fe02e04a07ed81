"""DynamoDB Streams (Developer Guide, "Change data capture for DynamoDB Streams")."""

from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

DAY_S = 86_400.0


@pytest.mark.parametrize(
    ("view", "images"),
    [
        ("KEYS_ONLY", [set(), set(), set()]),
        ("NEW_IMAGE", [{"NewImage"}, {"NewImage"}, set()]),
        ("OLD_IMAGE", [set(), {"OldImage"}, {"OldImage"}]),
        ("NEW_AND_OLD_IMAGES", [{"NewImage"}, {"NewImage", "OldImage"}, {"OldImage"}]),
    ],
)
def test_each_view_shows_what_it_says(table, put, dynamodb, reader, view, images):
    arn = table(view=view)["LatestStreamArn"]
    put("a", fare=1)
    put("a", fare=2)
    dynamodb.delete_item(TableName="rides", Key={"id": {"S": "a"}})
    records = reader.records(arn)
    assert [record["eventName"] for record in records] == ["INSERT", "MODIFY", "REMOVE"]
    shown = [set(record["dynamodb"]) & {"NewImage", "OldImage"} for record in records]
    assert shown == images
    assert {record["dynamodb"]["StreamViewType"] for record in records} == {view}
    assert records[0]["dynamodb"]["Keys"] == {"id": {"S": "a"}}
    numbers = [int(record["dynamodb"]["SequenceNumber"]) for record in records]
    assert numbers == sorted(set(numbers))


def test_size_is_of_keys_and_images_and_time_is_whole_seconds(table, put, world, reader):
    arn = table(view="NEW_IMAGE")["LatestStreamArn"]
    world.run(until=1.5)
    put("a", city="Rome")
    (record,) = reader.records(arn)
    assert record["dynamodb"]["SizeBytes"] == 3 + (3 + 8)
    assert record["dynamodb"]["ApproximateCreationDateTime"] == world.clock.start + timedelta(
        seconds=1
    )
    assert record["awsRegion"] == "us-east-1"
    assert "userIdentity" not in record


def test_an_update_that_makes_an_item_is_one_insert(table, dynamodb, reader):
    arn = table(view="NEW_AND_OLD_IMAGES")["LatestStreamArn"]
    dynamodb.update_item(
        TableName="rides",
        Key={"id": {"S": "a"}},
        UpdateExpression="SET fare = :f",
        ExpressionAttributeValues={":f": {"N": "3"}},
    )
    (record,) = reader.records(arn)
    assert record["eventName"] == "INSERT"
    assert record["dynamodb"]["NewImage"] == {"id": {"S": "a"}, "fare": {"N": "3"}}


def test_what_changes_nothing_leaves_no_record(table, put, dynamodb, reader):
    """ "PutItem … that does not change any data … no stream record is written"."""
    arn = table(view="NEW_IMAGE")["LatestStreamArn"]
    put("a", fare=1)
    put("a", fare=1)
    dynamodb.delete_item(TableName="rides", Key={"id": {"S": "none"}})
    assert [record["eventName"] for record in reader.records(arn)] == ["INSERT"]


def test_records_are_there_for_24_hours(table, put, world, reader):
    arn = table(view="KEYS_ONLY")["LatestStreamArn"]
    put("a")
    first = reader.records(arn)[0]["dynamodb"]["SequenceNumber"]
    world.run(until=DAY_S / 2)
    put("b")
    assert len(reader.records(arn)) == 2
    world.run(until=DAY_S + 1)
    (left,) = reader.records(arn)
    assert left["dynamodb"]["Keys"] == {"id": {"S": "b"}}
    with pytest.raises(ClientError) as refused:
        reader.iterator(arn, "AT_SEQUENCE_NUMBER", SequenceNumber=first)
    assert refused.value.response["Error"]["Code"] == "TrimmedDataAccessException"


def test_an_iterator_is_good_for_15_minutes(table, put, world, reader):
    arn = table(view="KEYS_ONLY")["LatestStreamArn"]
    put("a")
    iterator = reader.iterator(arn)
    world.run(until=899.0)
    found = reader.client.get_records(ShardIterator=iterator)
    assert len(found["Records"]) == 1
    world.run(until=901.0)
    with pytest.raises(ClientError) as refused:
        reader.client.get_records(ShardIterator=iterator)
    assert refused.value.response["Error"]["Code"] == "ExpiredIteratorException"
    assert reader.client.get_records(ShardIterator=found["NextShardIterator"])["Records"] == []


def test_latest_begins_with_what_comes_next(table, put, reader):
    arn = table(view="KEYS_ONLY")["LatestStreamArn"]
    put("a")
    iterator = reader.iterator(arn, "LATEST")
    put("b")
    found = reader.client.get_records(ShardIterator=iterator)
    assert [record["dynamodb"]["Keys"]["id"]["S"] for record in found["Records"]] == ["b"]


def test_a_disabled_stream_ends_and_can_be_read_for_a_day(table, put, dynamodb, world, reader):
    arn = table(view="KEYS_ONLY")["LatestStreamArn"]
    put("a")
    world.run(until=1.0)
    dynamodb.update_table(TableName="rides", StreamSpecification={"StreamEnabled": False})
    put("b")
    told = reader.client.describe_stream(StreamArn=arn)["StreamDescription"]
    assert told["StreamStatus"] == "DISABLED"
    assert "EndingSequenceNumber" in told["Shards"][0]["SequenceNumberRange"]
    found = reader.client.get_records(ShardIterator=reader.iterator(arn))
    assert [record["dynamodb"]["Keys"]["id"]["S"] for record in found["Records"]] == ["a"]
    assert "NextShardIterator" not in found
    world.run(until=2.0)
    again = dynamodb.update_table(
        TableName="rides",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
    )["TableDescription"]["LatestStreamArn"]
    assert again != arn
    put("c")
    assert [r["dynamodb"]["Keys"]["id"]["S"] for r in reader.records(again)] == ["c"]
    world.run(until=2 * DAY_S)
    assert [each["StreamArn"] for each in reader.client.list_streams()["Streams"]] == [again]
    with pytest.raises(ClientError) as refused:
        reader.client.describe_stream(StreamArn=arn)
    assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_a_function_gets_each_change_once(table, put, deploy, world):
    arn = table(view="NEW_IMAGE")["LatestStreamArn"]
    deploy("watch", "def handler(e, c):\n    for r in e['Records']: print('saw', r['eventName'])\n")
    session = world.cloud.session()
    session.client("lambda").create_event_source_mapping(
        EventSourceArn=arn, FunctionName="watch", StartingPosition="TRIM_HORIZON"
    )
    put("a", fare=1)
    put("b", fare=1)
    world.run()
    logs = session.client("logs").filter_log_events(logGroupName="/aws/lambda/watch")["events"]
    assert sum(event["message"].count("saw INSERT") for event in logs) == 2
