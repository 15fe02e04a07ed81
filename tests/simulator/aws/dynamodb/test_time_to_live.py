"""Time to live (Developer Guide, "Using time to live (TTL) in DynamoDB")."""

import pytest
from botocore.exceptions import ClientError

from simulator.world import World

DAY_S = 86_400.0
ITEM = {"TableName": "rides", "Key": {"id": {"S": "a"}}}


def enable(dynamodb, name="until"):
    dynamodb.update_time_to_live(
        TableName="rides", TimeToLiveSpecification={"Enabled": True, "AttributeName": name}
    )


def test_an_expired_item_is_read_until_it_is_deleted_within_days(
    table, put, dynamodb, world, reader
):
    arn = table(view="NEW_AND_OLD_IMAGES")["LatestStreamArn"]
    enable(dynamodb)
    put("a", until=int(world.clock.unix_s) + 3_600)
    put("b")
    world.run(until=3_601.0)
    assert "Item" in dynamodb.get_item(**ITEM)
    fact = None
    while fact is None and world.now_s < 4 * DAY_S:
        world.run(until=world.now_s + 3_600)
        fact = next((f for f in world.journal.facts if f.what == "dynamodb.expired"), None)
    assert fact is not None
    assert 3_600 + 600 <= fact.at <= 3_600 + 2 * DAY_S
    assert fact.data["key"] == {"id": {"S": "a"}}
    assert "Item" not in dynamodb.get_item(**ITEM)
    record = reader.records(arn)[-1]
    assert record["eventName"] == "REMOVE"
    assert record["userIdentity"] == {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}
    assert record["dynamodb"]["OldImage"]["id"] == {"S": "a"}
    assert "Item" in dynamodb.get_item(TableName="rides", Key={"id": {"S": "b"}})


def test_items_that_were_there_before_expire_too_and_others_stay(table, put, dynamodb, world):
    table()
    now = int(world.clock.unix_s)
    put("a", until=now - 10)
    put("text", until=str(now - 10))
    put("old", until=now - 6 * 365 * 86_400)
    put("moved", until=now + 10)
    enable(dynamodb)
    put("moved", until=now + 30 * 86_400)
    world.run(until=3 * DAY_S)
    left = dynamodb.scan(TableName="rides")["Items"]
    assert sorted(item["id"]["S"] for item in left) == ["moved", "old", "text"]


def test_disabled_or_deleted_nothing_expires(table, put, dynamodb, world):
    table()
    enable(dynamodb)
    put("a", until=int(world.clock.unix_s))
    dynamodb.update_time_to_live(
        TableName="rides", TimeToLiveSpecification={"Enabled": False, "AttributeName": "until"}
    )
    world.run(until=3 * DAY_S)
    assert "Item" in dynamodb.get_item(**ITEM)
    enable(dynamodb)
    dynamodb.delete_table(TableName="rides")
    table()
    put("a", until=int(world.clock.unix_s))
    world.run(until=9 * DAY_S)
    assert "Item" in dynamodb.get_item(**ITEM)


def test_what_is_on_cannot_be_switched_on(table, dynamodb):
    table()
    enable(dynamodb)
    with pytest.raises(ClientError, match="TimeToLive is already enabled"):
        enable(dynamodb)


def test_the_same_seed_deletes_at_the_same_instants(tmp_path):
    def ends(seed):
        with World(seed=seed) as world:
            dynamodb = world.cloud.session().client("dynamodb")
            dynamodb.create_table(
                TableName="rides",
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                BillingMode="PAY_PER_REQUEST",
            )
            enable(dynamodb)
            for name in "abc":
                until = {"N": str(int(world.clock.unix_s))}
                dynamodb.put_item(TableName="rides", Item={"id": {"S": name}, "until": until})
            world.run(until=3 * DAY_S)
            return [fact.at for fact in world.journal.facts if fact.what == "dynamodb.expired"]

    assert len(ends(1)) == 3
    assert ends(1) == ends(1) != ends(2)
