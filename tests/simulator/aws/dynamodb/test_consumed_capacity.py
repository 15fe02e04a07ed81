"""Consumed capacity (Developer Guide, "DynamoDB read and write operations")."""

import pytest

GSI = {
    "AttributeDefinitions": [
        {"AttributeName": "id", "AttributeType": "S"},
        {"AttributeName": "city", "AttributeType": "S"},
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by-city",
            "KeySchema": [{"AttributeName": "city", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }
    ],
}


def units(answer):
    return answer["ConsumedCapacity"]["CapacityUnits"]


def facts(world, action):
    found = [f.data for f in world.journal.facts if f.what == "call" and f.data["action"] == action]
    return [fact.get("consumed") for fact in found]


def test_a_10_kb_put_is_11_units_with_its_names_and_a_read_half_of_three(table, put, dynamodb):
    table()
    assert units(put("a", data="x" * 10 * 1024)) == 11.0
    get = {"TableName": "rides", "Key": {"id": {"S": "a"}}, "ReturnConsumedCapacity": "TOTAL"}
    assert units(dynamodb.get_item(**get)) == 1.5
    assert units(dynamodb.get_item(**get, ConsistentRead=True)) == 3.0
    get["Key"] = {"id": {"S": "none"}}
    assert dynamodb.get_item(**get)["ConsumedCapacity"] == {
        "TableName": "rides",
        "CapacityUnits": 0.5,
    }


def test_a_write_costs_by_the_larger_of_before_and_after(table, put, dynamodb):
    table()
    put("a", data="x" * 3000)
    assert units(put("a", data="x")) == 3.0
    put("a", data="x" * 3000)
    gone = dynamodb.delete_item(
        TableName="rides", Key={"id": {"S": "a"}}, ReturnConsumedCapacity="TOTAL"
    )
    assert units(gone) == 3.0
    again = dynamodb.delete_item(
        TableName="rides", Key={"id": {"S": "a"}}, ReturnConsumedCapacity="TOTAL"
    )
    assert units(again) == 1.0


def test_indexes_cost_what_changes_in_them(table, put, dynamodb):
    table(**GSI)
    told = put("a", city="Rome", data="x" * 3000)["ConsumedCapacity"]
    assert told == {
        "TableName": "rides",
        "CapacityUnits": 4.0,
        "Table": {"CapacityUnits": 3.0},
        "GlobalSecondaryIndexes": {"by-city": {"CapacityUnits": 1.0}},
    }
    assert put("a", city="Rome", data="y")["ConsumedCapacity"]["Table"] == {"CapacityUnits": 3.0}
    assert "GlobalSecondaryIndexes" not in put("a", city="Rome", data="z")["ConsumedCapacity"]
    moved = put("a", city="Oslo")["ConsumedCapacity"]
    assert moved["GlobalSecondaryIndexes"] == {"by-city": {"CapacityUnits": 2.0}}
    read = dynamodb.query(
        TableName="rides",
        IndexName="by-city",
        KeyConditionExpression="city = :c",
        ExpressionAttributeValues={":c": {"S": "Oslo"}},
        ReturnConsumedCapacity="INDEXES",
    )
    assert read["ConsumedCapacity"] == {
        "TableName": "rides",
        "CapacityUnits": 0.5,
        "Table": {"CapacityUnits": 0.0},
        "GlobalSecondaryIndexes": {"by-city": {"CapacityUnits": 0.5}},
    }


def test_a_scan_pays_for_what_it_reads_and_not_for_what_it_shows(table, put, dynamodb):
    """ "Scan": a filter is applied after the read, as is a projection."""
    table()
    for name in "abcd":
        put(name, data="x" * 4000)
    scan = dynamodb.scan(
        TableName="rides",
        FilterExpression="id = :i",
        ProjectionExpression="id",
        ExpressionAttributeValues={":i": {"S": "a"}},
        ConsistentRead=True,
        ReturnConsumedCapacity="TOTAL",
    )
    assert (scan["Count"], scan["ScannedCount"]) == (1, 4)
    assert scan["Items"] == [{"id": {"S": "a"}}]
    assert units(scan) == 4.0
    limited = dynamodb.scan(TableName="rides", Limit=1, ReturnConsumedCapacity="TOTAL")
    assert units(limited) == 0.5


def test_batches_count_each_item(table, put, dynamodb):
    table()
    puts = [
        {"PutRequest": {"Item": {"id": {"S": name}, "data": {"S": "x" * 1500}}}} for name in "ab"
    ]
    told = dynamodb.batch_write_item(RequestItems={"rides": puts}, ReturnConsumedCapacity="TOTAL")
    assert told["ConsumedCapacity"] == [{"TableName": "rides", "CapacityUnits": 4.0}]
    keys = [{"id": {"S": name}} for name in "abc"]
    told = dynamodb.batch_get_item(
        RequestItems={"rides": {"Keys": keys}}, ReturnConsumedCapacity="TOTAL"
    )
    assert told["ConsumedCapacity"] == [{"TableName": "rides", "CapacityUnits": 1.5}]
    assert "ConsumedCapacity" not in dynamodb.batch_write_item(RequestItems={"rides": puts})


def test_transactions_cost_twice(table, put, dynamodb):
    table()
    item = {"id": {"S": "a"}, "data": {"S": "x" * 1500}}
    told = dynamodb.transact_write_items(
        TransactItems=[
            {"Put": {"TableName": "rides", "Item": item}},
            {
                "ConditionCheck": {
                    "TableName": "rides",
                    "Key": {"id": {"S": "none"}},
                    "ConditionExpression": "attribute_not_exists(id)",
                }
            },
        ],
        ReturnConsumedCapacity="TOTAL",
    )
    assert told["ConsumedCapacity"] == [
        {"TableName": "rides", "CapacityUnits": 6.0, "WriteCapacityUnits": 6.0}
    ]
    told = dynamodb.transact_get_items(
        TransactItems=[{"Get": {"TableName": "rides", "Key": {"id": {"S": "a"}}}}],
        ReturnConsumedCapacity="TOTAL",
    )
    assert told["ConsumedCapacity"] == [
        {"TableName": "rides", "CapacityUnits": 2.0, "ReadCapacityUnits": 2.0}
    ]


def test_the_journal_tells_what_each_call_took_failed_conditions_too(table, put, dynamodb, world):
    table()
    put("a", data="x" * 1500)
    with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException):
        dynamodb.put_item(
            TableName="rides",
            Item={"id": {"S": "a"}},
            ConditionExpression="attribute_not_exists(id)",
        )
    mode = {"table": "rides", "mode": "PAY_PER_REQUEST"}
    assert facts(world, "PutItem") == [
        [{**mode, "read_units": 0.0, "write_units": 2.0, "stored_bytes": 3 + 1504 + 100}],
        [{**mode, "read_units": 0.0, "write_units": 2.0}],
    ]
    dynamodb.get_item(TableName="rides", Key={"id": {"S": "a"}})
    assert facts(world, "GetItem") == [[{**mode, "read_units": 0.5, "write_units": 0.0}]]
    assert facts(world, "CreateTable") == [None]


def test_an_update_is_one_write_whether_it_makes_the_item_or_not(table, dynamodb):
    table()
    update = {
        "TableName": "rides",
        "Key": {"id": {"S": "a"}},
        "UpdateExpression": "SET body = :d",
        "ExpressionAttributeValues": {":d": {"S": "x" * 1500}},
        "ReturnConsumedCapacity": "TOTAL",
    }
    assert [units(dynamodb.update_item(**update)) for _ in range(2)] == [2.0, 2.0]


def test_a_table_tells_its_size(table, put, dynamodb):
    table()
    put("a", city="Rome")
    told = dynamodb.describe_table(TableName="rides")["Table"]
    assert (told["ItemCount"], told["TableSizeBytes"]) == (1, 3 + 8)
