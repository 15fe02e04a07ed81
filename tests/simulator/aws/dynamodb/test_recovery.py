"""Point-in-time recovery (Developer Guide, "Point-in-time backups for DynamoDB")."""

from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

DAY_S = 86_400.0


@pytest.fixture
def restore(dynamodb):
    def act(target="back", **options):
        dynamodb.restore_table_to_point_in_time(
            SourceTableName="rides", TargetTableName=target, **options
        )
        items = dynamodb.scan(TableName=target)["Items"]
        return sorted((item["id"]["S"], item["fare"]["N"]) for item in items)

    return act


def switch(dynamodb, on=True):
    told = dynamodb.update_continuous_backups(
        TableName="rides", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": on}
    )
    return told["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]


def test_a_table_as_it_was_at_an_instant(table, put, dynamodb, restore, world):
    table()
    put("a", fare=1)
    put("b", fare=1)
    switch(dynamodb)
    world.run(until=1_000.0)
    put("a", fare=2)
    dynamodb.update_item(
        TableName="rides",
        Key={"id": {"S": "c"}},
        UpdateExpression="SET fare = :f",
        ExpressionAttributeValues={":f": {"N": "3"}},
    )
    world.run(until=2_000.0)
    dynamodb.delete_item(TableName="rides", Key={"id": {"S": "b"}})
    dynamodb.transact_write_items(
        TransactItems=[{"Delete": {"TableName": "rides", "Key": {"id": {"S": "a"}}}}]
    )
    world.run(until=3_000.0)

    def at(second):
        return world.clock.start + timedelta(seconds=second)

    assert restore("back1", RestoreDateTime=at(500)) == [("a", "1"), ("b", "1")]
    assert restore("back2", RestoreDateTime=at(1_500)) == [("a", "2"), ("b", "1"), ("c", "3")]
    assert restore("back3", UseLatestRestorableTime=True) == [("c", "3")]


def test_the_window_goes_with_time(table, dynamodb, restore, world):
    table()
    switch(dynamodb)
    world.run(until=40 * DAY_S)
    told = dynamodb.describe_continuous_backups(TableName="rides")
    window = told["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    assert window["EarliestRestorableDateTime"] == world.clock.start + timedelta(days=5)
    assert window["LatestRestorableDateTime"] == world.clock.instant - timedelta(minutes=5)
    for second in (4 * DAY_S, 40 * DAY_S - 299):
        with pytest.raises(ClientError) as refused:
            restore(RestoreDateTime=world.clock.start + timedelta(seconds=second))
        assert refused.value.response["Error"]["Code"] == "InvalidRestoreTimeException"


def test_without_recovery_there_is_nothing_to_restore(table, dynamodb, restore):
    table()
    with pytest.raises(ClientError) as refused:
        restore(UseLatestRestorableTime=True)
    code = refused.value.response["Error"]["Code"]
    assert code == "PointInTimeRecoveryUnavailableException"
    assert switch(dynamodb)["PointInTimeRecoveryStatus"] == "ENABLED"
    assert switch(dynamodb, on=False)["PointInTimeRecoveryStatus"] == "DISABLED"


def test_what_expired_comes_back(table, put, dynamodb, restore, world):
    table()
    switch(dynamodb)
    dynamodb.update_time_to_live(
        TableName="rides", TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"}
    )
    put("a", fare=1, until=int(world.clock.unix_s) + 60)
    world.run(until=3 * DAY_S)
    assert dynamodb.scan(TableName="rides")["Count"] == 0
    earlier = world.clock.start + timedelta(seconds=30)
    assert restore(RestoreDateTime=earlier) == [("a", "1")]
