"""PartiQL (Developer Guide, "PartiQL - a SQL-compatible query language for Amazon DynamoDB")."""

import pytest
from botocore.exceptions import ClientError

from simulator.aws.dynamodb.partiql import parse
from simulator.aws.dynamodb.partiql_terms import Malformed


@pytest.fixture
def rides(dynamodb):
    """Rides of two drivers, by driver and number, with an index by city."""
    dynamodb.create_table(
        TableName="rides",
        AttributeDefinitions=[
            {"AttributeName": "driver", "AttributeType": "S"},
            {"AttributeName": "n", "AttributeType": "N"},
            {"AttributeName": "city", "AttributeType": "S"},
        ],
        KeySchema=[
            {"AttributeName": "driver", "KeyType": "HASH"},
            {"AttributeName": "n", "KeyType": "RANGE"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-city",
                "KeySchema": [{"AttributeName": "city", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    for number in range(4):
        item = {"driver": {"S": "ann"}, "n": {"N": str(number)}, "fare": {"N": str(10 * number)}}
        if number % 2:
            item["city"] = {"S": "Lyon"}
        dynamodb.put_item(TableName="rides", Item=item)
    dynamodb.put_item(TableName="rides", Item={"driver": {"S": "bob"}, "n": {"N": "1"}})
    return dynamodb


@pytest.fixture
def run(rides):
    def act(statement, *parameters, **options):
        given = {"Parameters": list(parameters)} if parameters else {}
        return rides.execute_statement(Statement=statement, **given, **options)

    return act


def numbers(told):
    return [int(item["n"]["N"]) for item in told["Items"]]


def refusal(act, *arguments, **options):
    with pytest.raises(ClientError) as refused:
        act(*arguments, **options)
    return refused.value.response["Error"]["Code"], refused.value.response["Error"]["Message"]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("driver = 'ann'", [0, 1, 2, 3]),
        ("driver = 'ann' AND n = 2", [2]),
        ("driver = 'ann' AND n > 1", [2, 3]),
        ("driver = 'ann' AND n BETWEEN 1 AND 2", [1, 2]),
        ("driver = 'ann' AND fare >= 20", [2, 3]),
        ("driver = 'ann' AND (fare = 0 OR fare = 30)", [0, 3]),
        ("driver = 'ann' AND NOT fare IN [0, 10]", [2, 3]),
        ("driver = 'ann' AND city IS MISSING", [0, 2]),
        ("driver = 'ann' AND city IS NOT MISSING AND begins_with(city, 'Ly')", [1, 3]),
        ("driver = 'ann' ORDER BY n DESC", [3, 2, 1, 0]),
        ("fare <> 10 AND fare < 30", [0, 2]),
        ("\"driver\" = 'bob'", [1]),
    ],
)
def test_select(run, where, found):
    assert numbers(run(f"SELECT * FROM rides WHERE {where}")) == found


def test_a_select_by_key_costs_a_query_and_any_other_a_scan(run, rides, world):
    run("SELECT n FROM rides WHERE driver = ?", {"S": "bob"})
    item = {"driver": {"S": "ann"}, "n": {"N": "9"}, "note": {"S": "x" * 40_000}}
    rides.put_item(TableName="rides", Item=item)
    capacity = {"ReturnConsumedCapacity": "TOTAL"}
    by_key = run("SELECT * FROM rides WHERE driver = 'bob'", **capacity)
    other = run("SELECT * FROM rides WHERE fare = 10", **capacity)
    assert by_key["ConsumedCapacity"]["CapacityUnits"] == 0.5
    assert other["ConsumedCapacity"]["CapacityUnits"] == 5.0
    calls = [fact.data for fact in world.journal.facts if "ExecuteStatement" in str(fact.data)]
    assert [call["consumed"][0]["read_units"] for call in calls] == [0.5, 0.5, 5.0]


def test_an_index_and_pages(run):
    assert numbers(run('SELECT n FROM "rides"."by-city" WHERE city = ?', {"S": "Lyon"})) == [1, 3]
    first = run("SELECT * FROM rides WHERE driver = 'ann'", Limit=3)
    rest = run("SELECT * FROM rides WHERE driver = 'ann'", NextToken=first["NextToken"])
    assert numbers(first) + numbers(rest) == [0, 1, 2, 3]
    assert "NextToken" not in rest


def test_insert_update_delete(run):
    run("INSERT INTO rides VALUE {'driver': 'cy', 'n': 1, 'tags': <<'a', 'b'>>, 'l': [1, true]}")
    told = refusal(run, "INSERT INTO rides VALUE {'driver': 'cy', 'n': 1}")
    assert told == ("DuplicateItemException", "Duplicate primary key exists in table")
    where = "WHERE driver = 'cy' AND n = 1"
    update = f"UPDATE rides SET fare = ? SET l = list_append(l, [2]) REMOVE tags {where}"
    (item,) = run(f"{update} RETURNING ALL NEW *", {"N": "5"})["Items"]
    assert item["l"] == {"L": [{"N": "1"}, {"BOOL": True}, {"N": "2"}]}
    assert "tags" not in item
    run(f"UPDATE rides SET fare = fare + 1 {where} AND fare = 5")
    refused = refusal(run, f"UPDATE rides SET fare = fare + 1 {where} AND fare = 5")
    assert refused[0] == "ConditionalCheckFailedException"
    (item,) = run(f"DELETE FROM rides {where} RETURNING ALL OLD *")["Items"]
    assert item["fare"] == {"N": "6"}
    assert run(f"SELECT * FROM rides {where}")["Items"] == []
    refused = refusal(run, f"UPDATE rides SET fare = 1 {where}")
    assert refused[0] == "ConditionalCheckFailedException"  # an update makes no item


def test_a_batch_tells_of_each_statement(rides):
    told = rides.batch_execute_statement(
        Statements=[
            {"Statement": "SELECT fare FROM rides WHERE driver = 'ann' AND n = 1"},
            {"Statement": "SELECT * FROM rides WHERE driver = 'ann'"},
            {"Statement": "SELECT * FROM nowhere WHERE id = 1"},
            {"Statement": "INSERT INTO rides VALUE {'driver': 'ann', 'n': 1}"},
        ],
        ReturnConsumedCapacity="TOTAL",
    )
    assert told["Responses"][0] == {"TableName": "rides", "Item": {"fare": {"N": "10"}}}
    codes = [each["Error"]["Code"] for each in told["Responses"][1:]]
    assert codes == ["ValidationError", "ResourceNotFound", "DuplicateItem"]
    assert [each["CapacityUnits"] for each in told["ConsumedCapacity"]] == [0.5]


def test_a_transaction_is_all_or_nothing(rides, run):
    def transact(*texts):
        return rides.execute_transaction(TransactStatements=[{"Statement": t} for t in texts])

    first = "UPDATE rides SET fare = 99 WHERE driver = 'ann' AND n = 1"
    exists = "EXISTS(SELECT * FROM rides WHERE driver = 'bob' AND n = {})"
    code, told = refusal(transact, first, exists.format(2))
    assert code == "TransactionCanceledException"
    assert "[None, ConditionalCheckFailed]" in told
    assert run("SELECT * FROM rides WHERE fare = 99")["Items"] == []
    transact(first, exists.format(1))
    assert numbers(run("SELECT * FROM rides WHERE fare = 99")) == [1]
    got = transact(*(f"SELECT fare FROM rides WHERE driver = 'ann' AND n = {n}" for n in (1, 2)))
    assert [each["Item"]["fare"]["N"] for each in got["Responses"]] == ["99", "20"]


@pytest.mark.parametrize(
    ("statement", "code", "told"),
    [
        ("SELEC * FROM rides", "ValidationException", "Statement wasn't well formed"),
        ("SELECT * FROM rides WHERE n = ?", "ValidationException", "Number of parameters"),
        ("SELECT * FROM rides ORDER BY n", "ValidationException", "Must have WHERE clause"),
        ("SELECT * FROM rides.nope", "ValidationException", "does not have the specified index"),
        ("SELECT * FROM nope", "ResourceNotFoundException", "Requested resource not found"),
        ("UPDATE rides SET a = 1 WHERE driver = 'ann'", "ValidationException", "key attributes"),
        ("DELETE FROM rides WHERE n = 1", "ValidationException", "key attributes"),
    ],
)
def test_what_cannot_be_done(run, statement, code, told):
    refused = refusal(run, statement)
    assert refused[0] == code
    assert told in refused[1]


@pytest.mark.parametrize(
    "text",
    [
        *("", "SELECT", "SELECT * FROM", "SELECT * FROM t WHERE", "SELECT * FROM t WHERE (a = 1"),
        *("UPDATE t WHERE a = 1", "INSERT INTO t VALUE [1]", "SELECT * FROM t x", "DELETE t"),
        *("SELECT * FROM t WHERE a = <<1, 'x'>>", "SELECT * FROM t WHERE a = 'x", "a" * 5000),
    ],
)
def test_what_is_no_statement(text):
    with pytest.raises(Malformed):
        parse(text)
