"""What DynamoDB refuses before it looks at items, and how it says so (Developer Guide, "Using
expressions in DynamoDB", "Reserved words in DynamoDB", "Constraints in Amazon DynamoDB")."""

import pytest
from botocore.exceptions import ClientError

KEY = {"id": {"S": "a"}, "n": {"N": "1"}}


@pytest.fixture
def rides(dynamodb):
    """A table by id and n, with an index by driver."""
    dynamodb.create_table(
        TableName="rides",
        AttributeDefinitions=[
            {"AttributeName": "id", "AttributeType": "S"},
            {"AttributeName": "n", "AttributeType": "N"},
            {"AttributeName": "driver", "AttributeType": "S"},
        ],
        KeySchema=[
            {"AttributeName": "id", "KeyType": "HASH"},
            {"AttributeName": "n", "KeyType": "RANGE"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-driver",
                "KeySchema": [{"AttributeName": "driver", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.put_item(TableName="rides", Item={**KEY, "c": {"N": "5"}})
    return dynamodb


def refusal(act, **options):
    with pytest.raises(ClientError) as refused:
        act(**options)
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    return refused.value.response["Error"]["Message"]


@pytest.mark.parametrize(
    ("expressions", "told"),
    [
        (
            {"UpdateExpression": "SET c = :n"},
            "Invalid UpdateExpression: An expression attribute value used in expression is not "
            "defined; attribute value: :n",
        ),
        (
            {"UpdateExpression": "SET #c = c"},
            "Invalid UpdateExpression: An expression attribute name used in the document path is "
            "not defined; attribute name: #c",
        ),
        (
            {"UpdateExpression": "SET c = twice(c)"},
            "Invalid UpdateExpression: Invalid function name; function: twice",
        ),
        (
            {"UpdateExpression": "REMOVE c", "ConditionExpression": "attribute_exist(id)"},
            "Invalid ConditionExpression: Invalid function name; function: attribute_exist",
        ),
        (
            {
                "UpdateExpression": "REMOVE c",
                "ConditionExpression": "c BETWEEN :high AND :low",
                "ExpressionAttributeValues": {":high": {"N": "10"}, ":low": {"N": "9"}},
            },
            "Invalid ConditionExpression: The BETWEEN operator requires upper bound to be greater "
            "than or equal to lower bound; lower bound operand: AttributeValue: {N:10}, upper "
            "bound operand: AttributeValue: {N:9}",
        ),
    ],
)
def test_expressions(rides, expressions, told):
    assert refusal(rides.update_item, TableName="rides", Key=KEY, **expressions) == told


def test_a_condition_that_cannot_be_read(rides):
    told = refusal(
        rides.update_item,
        TableName="rides",
        Key=KEY,
        UpdateExpression="REMOVE c",
        ConditionExpression="c c c",
    )
    assert told.startswith("Invalid ConditionExpression: Syntax error")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (
            {"KeyConditionExpression": "id = :v", "ExpressionAttributeValues": {":v": {"N": "1"}}},
            "One or more parameter values were invalid: Condition parameter type does not match "
            "schema type",
        ),
        (
            {
                "KeyConditionExpression": "id = :v AND begins_with(n, :n)",
                "ExpressionAttributeValues": {":v": {"S": "a"}, ":n": {"N": "1"}},
            },
            "Invalid KeyConditionExpression: Incorrect operand type for operator or function; "
            "operator or function: begins_with, operand type: N",
        ),
        (
            {
                "KeyConditionExpression": "id = :v",
                "FilterExpression": "#id = :v",
                "ExpressionAttributeNames": {"#id": "id"},
                "ExpressionAttributeValues": {":v": {"S": "a"}},
            },
            "Filter Expression can only contain non-primary key attributes: Primary key "
            "attribute: id",
        ),
        (
            {
                "KeyConditionExpression": "id = :v",
                "FilterExpression": "name = :v",
                "ExpressionAttributeValues": {":v": {"S": "a"}},
            },
            "Invalid FilterExpression: Attribute name is a reserved keyword; reserved keyword: "
            "name",
        ),
        (
            {
                "KeyConditionExpression": "id = :v",
                "ExpressionAttributeValues": {":v": {"S": "a"}},
                "ExclusiveStartKey": {"id": {"S": "a"}},
            },
            "The provided starting key is invalid",
        ),
    ],
)
def test_queries(rides, options, told):
    assert refusal(rides.query, TableName="rides", **options) == told


@pytest.mark.parametrize(
    ("attributes", "told"),
    [
        (
            {"driver": {"N": "1"}},
            "One or more parameter values were invalid: Type mismatch for Index Key driver "
            "Expected: S Actual: N IndexName: by-driver",
        ),
        (
            {"m": {"M": {"s": {"NS": ["1", "1"]}}}},
            "One or more parameter values were invalid: Input collection [1, 1] contains "
            "duplicates.",
        ),
        (
            {"c": {"N": "1" * 39}},
            "Attempting to store more than 38 significant digits in a Number",
        ),
    ],
)
def test_items(rides, attributes, told):
    item = {**KEY, **attributes}
    assert refusal(rides.put_item, TableName="rides", Item=item) == told
    write = {"rides": [{"PutRequest": {"Item": item}}]}
    assert refusal(rides.batch_write_item, RequestItems=write) == told
    put = [{"Put": {"TableName": "rides", "Item": item}}]
    assert refusal(rides.transact_write_items, TransactItems=put) == told
    assert "Item" in rides.get_item(TableName="rides", Key=KEY)


def test_a_key_of_another_type(rides):
    told = "The provided key element does not match the schema"
    key = {"id": {"N": "1"}, "n": {"N": "1"}}
    assert refusal(rides.get_item, TableName="rides", Key=key) == told
    assert refusal(rides.delete_item, TableName="rides", Key=key) == told


def test_two_writes_of_a_batch_for_one_item(rides):
    writes = [{"PutRequest": {"Item": KEY}}, {"DeleteRequest": {"Key": KEY}}]
    told = refusal(rides.batch_write_item, RequestItems={"rides": writes})
    assert told == "Provided list of item keys contains duplicates"


def test_a_transaction_of_more_than_4_mb_changes_nothing(rides):
    """API Reference, "TransactWriteItems"."""
    items = [{"id": {"S": str(n)}, "n": {"N": "1"}, "b": {"S": "x" * 390_000}} for n in range(11)]
    puts = [{"Put": {"TableName": "rides", "Item": item}} for item in items]
    assert "4 MB" in refusal(rides.transact_write_items, TransactItems=puts)
    assert rides.scan(TableName="rides", Select="COUNT")["Count"] == 1


def test_replicas_are_not_passed_over_in_silence(rides):
    with pytest.raises(ClientError) as refused:
        rides.update_table(
            TableName="rides", ReplicaUpdates=[{"Create": {"RegionName": "eu-west-1"}}]
        )
    assert refused.value.response["Error"]["Code"] == "NotImplemented"
    assert "ReplicaUpdates" in refused.value.response["Error"]["Message"]
