"""Transactions and conditions (Developer Guide, "Managing complex workflows with transactions")."""

import pytest
from botocore.exceptions import ClientError


def put_of(id_, fare="1", **options):
    item = {"id": {"S": id_}, "fare": {"N": fare}}
    return {"Put": {"TableName": "rides", "Item": item, **options}}


def everything(dynamodb):
    items = dynamodb.scan(TableName="rides")["Items"]
    return sorted((item["id"]["S"], item.get("fare", {}).get("N")) for item in items)


def test_all_or_nothing_with_a_reason_for_each(table, put, dynamodb, reader):
    arn = table(view="KEYS_ONLY")["LatestStreamArn"]
    put("a", fare=1)
    with pytest.raises(ClientError) as cancelled:
        dynamodb.transact_write_items(
            TransactItems=[
                put_of("b"),
                {
                    "Update": {
                        "TableName": "rides",
                        "Key": {"id": {"S": "c"}},
                        "UpdateExpression": "SET fare = :f",
                        "ExpressionAttributeValues": {":f": {"N": "9"}},
                    }
                },
                put_of(
                    "a",
                    "5",
                    ConditionExpression="attribute_not_exists(id)",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                ),
            ]
        )
    told = cancelled.value.response
    assert told["Error"]["Code"] == "TransactionCanceledException"
    assert [reason["Code"] for reason in told["CancellationReasons"]] == [
        "None",
        "None",
        "ConditionalCheckFailed",
    ]
    assert told["CancellationReasons"][2]["Item"] == {"id": {"S": "a"}, "fare": {"N": "1"}}
    assert everything(dynamodb) == [("a", "1")]
    assert len(reader.records(arn)) == 1


def test_what_is_done_is_in_the_stream_once_each(table, put, dynamodb, reader):
    arn = table(view="NEW_AND_OLD_IMAGES")["LatestStreamArn"]
    put("a", fare=1)
    dynamodb.transact_write_items(
        TransactItems=[
            {"Delete": {"TableName": "rides", "Key": {"id": {"S": "a"}}}},
            put_of("b"),
            {
                "Update": {
                    "TableName": "rides",
                    "Key": {"id": {"S": "c"}},
                    "UpdateExpression": "SET fare = :f",
                    "ExpressionAttributeValues": {":f": {"N": "9"}},
                }
            },
        ]
    )
    assert everything(dynamodb) == [("b", "1"), ("c", "9")]
    names = [record["eventName"] for record in reader.records(arn)]
    assert names == ["INSERT", "REMOVE", "INSERT", "INSERT"]


def test_a_token_makes_it_once_for_ten_minutes(table, dynamodb, world):
    """API Reference, "TransactWriteItems": ClientRequestToken."""
    table()
    add = {
        "TransactItems": [
            {
                "Update": {
                    "TableName": "rides",
                    "Key": {"id": {"S": "a"}},
                    "UpdateExpression": "ADD fare :f",
                    "ExpressionAttributeValues": {":f": {"N": "1"}},
                }
            }
        ],
        "ClientRequestToken": "token-1",
        "ReturnConsumedCapacity": "TOTAL",
    }
    first = dynamodb.transact_write_items(**add)["ConsumedCapacity"][0]
    again = dynamodb.transact_write_items(**add)["ConsumedCapacity"][0]
    assert everything(dynamodb) == [("a", "1")]
    assert first["WriteCapacityUnits"] == 2.0
    assert again["ReadCapacityUnits"] == 2.0
    with pytest.raises(ClientError) as refused:
        dynamodb.transact_write_items(TransactItems=[put_of("b")], ClientRequestToken="token-1")
    assert refused.value.response["Error"]["Code"] == "IdempotentParameterMismatchException"
    world.run(until=601.0)
    dynamodb.transact_write_items(**add)
    assert everything(dynamodb) == [("a", "2")]


def test_a_failed_transaction_does_not_use_up_its_token(table, put, dynamodb):
    table()
    put("a")
    once = {
        "TransactItems": [put_of("a", ConditionExpression="attribute_not_exists(id)")],
        "ClientRequestToken": "t",
    }
    with pytest.raises(ClientError):
        dynamodb.transact_write_items(**once)
    dynamodb.delete_item(TableName="rides", Key={"id": {"S": "a"}})
    dynamodb.transact_write_items(**once)
    assert everything(dynamodb) == [("a", "1")]


def test_an_update_that_fails_changes_nothing(table, put, dynamodb):
    table()
    put("a", name="x")
    for key in ("a", "new"):
        with pytest.raises(ClientError):
            dynamodb.update_item(
                TableName="rides",
                Key={"id": {"S": key}},
                UpdateExpression="SET fare = :f, other = missing + :f",
                ExpressionAttributeValues={":f": {"N": "1"}},
            )
    assert everything(dynamodb) == [("a", None)]


def test_more_than_25_in_a_batch_are_refused(table, dynamodb):
    table()
    puts = [{"PutRequest": {"Item": {"id": {"S": f"{n}"}}}} for n in range(26)]
    with pytest.raises(ClientError, match="Too many items"):
        dynamodb.batch_write_item(RequestItems={"rides": puts})
