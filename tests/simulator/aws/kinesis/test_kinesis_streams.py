"""Kinesis Data Streams in virtual time (Developer Guide, "Quotas and limits")."""

from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from simulator.world import World

HOUR_S = 3_600.0


@pytest.fixture
def kinesis(world: World) -> Any:
    once = Config(retries={"total_max_attempts": 1})
    client = world.cloud.session().client("kinesis", config=once)
    client.create_stream(StreamName="rides", ShardCount=1)
    return client


def iterator(kinesis, kind="TRIM_HORIZON", **options):
    (shard,) = kinesis.list_shards(StreamName="rides")["Shards"]
    return kinesis.get_shard_iterator(
        StreamName="rides", ShardId=shard["ShardId"], ShardIteratorType=kind, **options
    )["ShardIterator"]


def put(kinesis, data=b"x", key="k"):
    return kinesis.put_record(StreamName="rides", Data=data, PartitionKey=key)


def bodies(kinesis, place=None):
    found = kinesis.get_records(ShardIterator=place or iterator(kinesis))
    return [record["Data"] for record in found["Records"]]


def test_records_are_there_for_the_retention_period(kinesis, world):
    first = put(kinesis, b"1")["SequenceNumber"]
    world.run(until=12 * HOUR_S)
    put(kinesis, b"2")
    assert bodies(kinesis) == [b"1", b"2"]
    world.run(until=25 * HOUR_S)
    assert bodies(kinesis) == [b"2"]
    kinesis.increase_stream_retention_period(StreamName="rides", RetentionPeriodHours=48)
    world.run(until=40 * HOUR_S)
    assert bodies(kinesis) == [b"2"]
    world.run(until=61 * HOUR_S)
    assert bodies(kinesis) == []
    assert int(put(kinesis, b"3")["SequenceNumber"]) > int(first) + 1
    assert bodies(kinesis) == [b"3"]


def test_an_iterator_is_good_for_five_minutes(kinesis, world):
    put(kinesis, b"1")
    place = iterator(kinesis)
    world.run(until=299.0)
    after = kinesis.get_records(ShardIterator=place)["NextShardIterator"]
    world.run(until=301.0)
    with pytest.raises(ClientError) as refused:
        kinesis.get_records(ShardIterator=place)
    assert refused.value.response["Error"]["Code"] == "ExpiredIteratorException"
    put(kinesis, b"2")
    assert bodies(kinesis, after) == [b"2"]


def test_latest_begins_with_what_comes_next_when_all_is_gone_too(kinesis, world):
    put(kinesis, b"1")
    world.run(until=25 * HOUR_S)
    place = iterator(kinesis, "LATEST")
    put(kinesis, b"2")
    assert bodies(kinesis, place) == [b"2"]


def test_a_shard_takes_1000_records_a_second(kinesis, world):
    for _ in range(2):
        many = [{"Data": b"x", "PartitionKey": "k"}] * 500
        assert kinesis.put_records(StreamName="rides", Records=many)["FailedRecordCount"] == 0
    with pytest.raises(ClientError) as refused:
        put(kinesis)
    error = refused.value.response["Error"]
    assert error["Code"] == "ProvisionedThroughputExceededException"
    assert "Rate exceeded for shard shardId-000000000000 in stream rides" in error["Message"]
    world.run(until=1.0)
    put(kinesis)


def test_a_shard_takes_a_megabyte_a_second_and_a_batch_says_which_failed(kinesis):
    records = [{"Data": b"x" * 600_000, "PartitionKey": "k"}] * 2
    told = kinesis.put_records(StreamName="rides", Records=records)
    assert told["FailedRecordCount"] == 1
    assert "SequenceNumber" in told["Records"][0]
    assert told["Records"][1]["ErrorCode"] == "ProvisionedThroughputExceededException"
    assert len(bodies(kinesis)) == 1
