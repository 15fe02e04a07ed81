"""Throughput, provisioned and on demand (Developer Guide, "DynamoDB throughput capacity")."""

from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from simulator.world import World

ONE = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
TOO_MUCH = "ProvisionedThroughputExceededException"


@pytest.fixture
def dynamodb(world: World) -> Any:
    once = Config(retries={"total_max_attempts": 1})
    return world.cloud.session().client("dynamodb", config=once)


def code(act, *args, **options):
    try:
        act(*args, **options)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None


def test_five_minutes_of_unused_throughput_and_then_the_rate(table, put, world):
    table(ProvisionedThroughput=dict(ONE))
    for number in range(300):
        put(f"a{number}")
    assert code(put, "b") == TOO_MUCH
    world.run(until=1.0)
    put("b")
    assert code(put, "c") == TOO_MUCH
    world.run(until=11.0)
    for number in range(10):
        put(f"c{number}")
    assert code(put, "d") == TOO_MUCH


def test_reads_and_writes_have_their_own(table, put, dynamodb):
    table(ProvisionedThroughput=dict(ONE))
    for number in range(300):
        put(f"a{number}")
    assert code(put, "b") == TOO_MUCH
    dynamodb.get_item(TableName="rides", Key={"id": {"S": "a1"}})


def test_more_throughput_is_in_force_at_once_and_on_demand_needs_none(table, put, dynamodb):
    table(ProvisionedThroughput=dict(ONE))
    for number in range(300):
        put(f"a{number}")
    assert code(put, "b") == TOO_MUCH
    told = dynamodb.update_table(TableName="rides", BillingMode="PAY_PER_REQUEST")
    assert told["TableDescription"]["ProvisionedThroughput"]["WriteCapacityUnits"] == 0
    put("b")
    with pytest.raises(ClientError, match="must both be specified"):
        dynamodb.update_table(TableName="rides", BillingMode="PROVISIONED")
    dynamodb.update_table(
        TableName="rides", BillingMode="PROVISIONED", ProvisionedThroughput=dict(ONE)
    )
    put("c")


def test_what_a_batch_has_no_throughput_for_is_left_unprocessed(table, put, dynamodb, world):
    table(ProvisionedThroughput=dict(ONE))
    for number in range(290):
        put(f"a{number}")
    puts = [{"PutRequest": {"Item": {"id": {"S": f"b{n}"}}}} for n in range(25)]
    left = dynamodb.batch_write_item(RequestItems={"rides": puts})["UnprocessedItems"]
    assert left == {"rides": puts[10:]}
    (told,) = [f.data["throttled"] for f in world.journal.facts if "throttled" in f.data]
    assert told == [{"table": "rides", "requests": 15}]
    assert code(dynamodb.batch_write_item, RequestItems=left) == TOO_MUCH


def test_on_demand_takes_4000_writes_a_second_of_a_new_table(table, put, dynamodb, world):
    table()
    for _ in range(40):
        put("a", data="x" * 100 * 1024)
    assert code(put, "b") == "ThrottlingException"
    world.run(until=1.1)
    put("b")


def test_one_large_item_is_paid_in_full_in_a_traffic_profile():
    for profile, wanted in (("none", None), ("typical", TOO_MUCH)):
        with World(seed=3, traffic=profile) as world:
            once = Config(retries={"total_max_attempts": 1})
            dynamodb = world.cloud.session().client("dynamodb", config=once)
            dynamodb.create_table(
                TableName="rides",
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                ProvisionedThroughput=dict(ONE),
            )
            large = {"id": {"S": "a"}, "data": {"S": "x" * 390_000}}
            dynamodb.put_item(TableName="rides", Item=large)
            small = {"id": {"S": "b"}}
            assert code(dynamodb.put_item, TableName="rides", Item=small) == wanted


def test_metrics_of_a_table(table, put, dynamodb, world):
    """ "DynamoDB metrics and dimensions"."""
    table(ProvisionedThroughput=dict(ONE))
    for number in range(300):
        put(f"a{number}")
    assert code(put, "b") == TOO_MUCH
    dynamodb.get_item(TableName="rides", Key={"id": {"S": "a1"}}, ConsistentRead=True)
    world.run(until=60.0)

    def read(name: str, statistic: str = "Sum", **dimensions: str) -> list[float]:
        named = {"TableName": "rides", **dimensions}
        found = (
            world.cloud.session()
            .client("cloudwatch")
            .get_metric_statistics(
                Namespace="AWS/DynamoDB",
                MetricName=name,
                Dimensions=[{"Name": key, "Value": value} for key, value in named.items()],
                StartTime=world.clock.start,
                EndTime=world.clock.instant,
                Period=60,
                Statistics=[statistic],
            )
        )
        return [point[statistic] for point in found["Datapoints"]]

    assert read("ConsumedWriteCapacityUnits") == [300.0]
    assert read("ConsumedReadCapacityUnits") == [1.0]
    assert read("ThrottledRequests", Operation="PutItem") == [1.0]
    assert read("WriteThrottleEvents") == [1.0]
    assert read("SuccessfulRequestLatency", "SampleCount", Operation="PutItem") == [300.0]
