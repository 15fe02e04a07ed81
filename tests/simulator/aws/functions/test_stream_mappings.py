"""Mappings of Kinesis and DynamoDB streams: "Using Lambda with Kinesis" and "with DynamoDB"."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from simulator.world import World

pytestmark = pytest.mark.process
Deploy = Callable[..., str]
Facts = Callable[[str], list[dict[str, Any]]]
STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream/rides"
# Prints what each batch holds; fails on a batch with "poison" in it.
READS = """
import base64, time
def handler(event, context):
    data = [base64.b64decode(r["kinesis"]["data"]).decode() for r in event["Records"]]
    print(" ".join(data))
    time.sleep(0.5)
    if "poison" in data:
        raise ValueError("poison")
"""


@pytest.fixture
def kinesis(world: World) -> Any:
    client = world.cloud.session().client("kinesis")
    client.create_stream(StreamName="rides", ShardCount=1)
    return client


@pytest.fixture
def put(kinesis: Any) -> Callable[..., None]:
    def send(*words: str, key: str = "k") -> None:
        records = [{"Data": word.encode(), "PartitionKey": key} for word in words]
        kinesis.put_records(StreamName="rides", Records=records)

    return send


@pytest.fixture
def map_to(client: Any, deploy: Deploy, kinesis: Any) -> Callable[..., str]:
    def make(source: str = READS, arn: str = STREAM, **options: Any) -> str:
        function = deploy("reader", source, Timeout=60)
        options = {"StartingPosition": "TRIM_HORIZON", **options}
        made = client.create_event_source_mapping(
            EventSourceArn=arn, FunctionName=function, **options
        )
        return str(made["UUID"])

    return make


@pytest.fixture
def batches(facts: Facts) -> Callable[[], list[str]]:
    """What each run of the function was given, in order."""
    return lambda: [
        each["text"] for each in facts("lambda.log") if not each["text"].startswith("[ERROR]")
    ]


def test_records_come_in_order_once(
    world: World, put: Any, map_to: Any, batches: Any, facts: Facts
) -> None:
    put("a", "b")
    map_to(BatchSize=2)
    put("c", "d", "e")
    world.run()
    put("f")
    world.run()
    assert batches() == ["a b", "c d", "e", "f"]
    assert {each["trigger"] for each in facts("lambda.started")} == {"kinesis"}


def test_a_record_has_kinesis_shape(world: World, put: Any, map_to: Any, facts: Facts) -> None:
    map_to("import json\ndef handler(e, c): print(json.dumps(e['Records'][0]))\n")
    put("a")
    world.run()
    record = json.loads(facts("lambda.log")[0]["text"])
    inner = record.pop("kinesis")
    assert base64.b64decode(inner.pop("data")) == b"a"
    assert inner.pop("partitionKey") == "k"
    sequence = inner.pop("sequenceNumber")
    assert inner == {
        "kinesisSchemaVersion": "1.0",
        "approximateArrivalTimestamp": 1767225600.0,
    }
    assert record.pop("eventID") == f"shardId-000000000000:{sequence}"
    assert record == {
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": "arn:aws:iam::123456789012:role/r",
        "awsRegion": "us-east-1",
        "eventSourceARN": STREAM,
    }


def test_latest_begins_with_what_is_new(world: World, put: Any, map_to: Any, batches: Any) -> None:
    put("old")
    map_to(StartingPosition="LATEST")
    put("new")
    world.run()
    assert batches() == ["new"]


def test_a_window_gathers_a_batch(world: World, put: Any, map_to: Any, batches: Any) -> None:
    map_to(BatchSize=10, MaximumBatchingWindowInSeconds=20)
    for second in range(3):
        put(str(second))
        world.run(until=world.now_s + 5)
    world.run()
    assert batches() == ["0 1 2"]
    assert 20 < world.now_s < 23


def test_a_failing_batch_blocks_its_shard_until_retries_are_used_up(
    world: World, client: Any, put: Any, map_to: Any, batches: Any, queue: Any, bodies: Any
) -> None:
    _, target = queue("failures")
    map_to(
        BatchSize=2,
        MaximumRetryAttempts=2,
        DestinationConfig={"OnFailure": {"Destination": target}},
    )
    put("a", "poison", "b")
    world.run()
    assert batches() == ["a poison"] * 3 + ["b"]
    (told,) = bodies("failures")
    assert told["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert told["requestContext"]["approximateInvokeCount"] == 3
    info = told["KinesisBatchInfo"]
    assert (info["batchSize"], info["shardId"]) == (2, "shardId-000000000000")
    assert (info["startSequenceNumber"], info["endSequenceNumber"]) == ("1", "2")
    assert info["streamArn"] == STREAM


def test_a_batch_is_halved_to_find_the_poison(
    world: World, put: Any, map_to: Any, batches: Any, facts: Facts
) -> None:
    map_to(BatchSize=4, BisectBatchOnFunctionError=True, MaximumRetryAttempts=3)
    put("a", "b", "c", "poison")
    world.run()
    assert batches()[:4] == ["a b c poison", "a b", "c poison", "c"]
    assert set(batches()[4:]) == {"poison"}
    (dropped,) = facts("lambda.dropped")
    assert dropped["records"] == 1


def test_records_that_grow_too_old_are_dropped(
    world: World, put: Any, map_to: Any, batches: Any, facts: Facts
) -> None:
    map_to(MaximumRecordAgeInSeconds=60)
    put("poison")
    world.run()
    assert 4 <= len(batches()) <= 8
    (dropped,) = facts("lambda.dropped")
    assert dropped["condition"] == "RecordAgeExceeded"


def test_a_partial_answer_begins_again_at_the_first_failure(
    world: World, put: Any, map_to: Any, batches: Any
) -> None:
    source = """
import base64
seen = 0
def handler(event, context):
    global seen; seen += 1
    data = [base64.b64decode(r["kinesis"]["data"]).decode() for r in event["Records"]]
    print(" ".join(data))
    if seen == 1:
        failed = event["Records"][2]["kinesis"]["sequenceNumber"]
        return {"batchItemFailures": [{"itemIdentifier": failed}]}
"""
    map_to(source, FunctionResponseTypes=["ReportBatchItemFailures"])
    put("a", "b", "c", "d")
    world.run()
    assert batches() == ["a b c d", "c d"]


def test_lanes_run_beside_each_other_and_keep_a_keys_order(
    world: World, put: Any, map_to: Any, batches: Any
) -> None:
    map_to(BatchSize=1, ParallelizationFactor=10)
    for number in range(3):
        for key in "abcd":
            put(f"{key}{number}", key=key)
    world.run()
    for key in "abcd":
        assert [each for each in batches() if each[0] == key] == [f"{key}{n}" for n in range(3)]
    assert world.now_s < 12 * 0.5


def test_filters_choose_by_the_data(world: World, put: Any, map_to: Any, batches: Any) -> None:
    pattern = json.dumps({"data": {"fare": [{"numeric": [">", 10]}]}})
    map_to(FilterCriteria={"Filters": [{"Pattern": pattern}]})
    put('{"fare": 5}', '{"fare": 15}', "no json")
    world.run()
    assert batches() == ['{"fare": 15}']


def test_a_disabled_mapping_waits_and_a_deleted_one_is_gone(
    world: World, client: Any, put: Any, map_to: Any, batches: Any
) -> None:
    uuid = map_to(Enabled=False)
    assert client.get_event_source_mapping(UUID=uuid)["State"] == "Disabled"
    put("a")
    world.run()
    assert batches() == []
    client.update_event_source_mapping(UUID=uuid, Enabled=True)
    world.run()
    assert batches() == ["a"]
    assert client.get_event_source_mapping(UUID=uuid)["LastProcessingResult"] == "OK"
    assert client.delete_event_source_mapping(UUID=uuid)["State"] == "Deleting"
    put("b")
    world.run()
    assert batches() == ["a"]


def test_a_tables_stream(world: World, map_to: Any, facts: Facts, client: Any) -> None:
    dynamodb = world.cloud.session().client("dynamodb")
    table = dynamodb.create_table(
        TableName="rides",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )["TableDescription"]
    pattern = json.dumps({"eventName": ["INSERT", "REMOVE"]})
    map_to(
        "import json\ndef handler(e, c):\n    for r in e['Records']: print(json.dumps(r))\n",
        arn=table["LatestStreamArn"],
        FilterCriteria={"Filters": [{"Pattern": pattern}]},
    )
    for fare in ("1", "2"):
        dynamodb.put_item(TableName="rides", Item={"id": {"S": "r"}, "fare": {"N": fare}})
    dynamodb.delete_item(TableName="rides", Key={"id": {"S": "r"}})
    world.run()
    first, second = (json.loads(each["text"]) for each in facts("lambda.log"))
    assert (first["eventName"], second["eventName"]) == ("INSERT", "REMOVE")
    assert first["eventSource"] == "aws:dynamodb"
    assert first["eventSourceARN"] == table["LatestStreamArn"]
    assert first["dynamodb"]["NewImage"] == {"id": {"S": "r"}, "fare": {"N": "1"}}
    assert first["dynamodb"]["ApproximateCreationDateTime"] == 1767225600.0
    assert second["dynamodb"]["OldImage"]["fare"] == {"N": "2"}


def test_a_tumbling_window_keeps_a_state_and_ends(
    world: World, put: Any, map_to: Any, facts: Facts
) -> None:
    """ "Using Lambda to process records from Amazon Kinesis Data Streams", tumbling windows."""
    source = """
import json
def handler(event, context):
    total = event["state"].get("total", 0) + len(event["Records"])
    print(json.dumps([event["window"]["start"], total, event["isFinalInvokeForWindow"]]))
    return {"state": {"total": total}}
"""
    map_to(source, TumblingWindowInSeconds=60)
    put("a", "b")
    world.run(until=10)
    put("c")
    world.run(until=70)
    put("d")
    world.run()
    told = [json.loads(each["text"]) for each in facts("lambda.log")]
    first, second = "2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z"
    assert told == [
        [first, 2, False],
        [first, 3, False],
        [first, 3, True],
        [second, 1, False],
        [second, 1, True],
    ]
    assert world.now_s == 120.0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"ParallelizationFactor": 11}, "less than or equal to 10"),
        ({"MaximumRetryAttempts": 10_001}, "less than or equal to 10000"),
        ({"MaximumRecordAgeInSeconds": 30}, "at least 60"),
        ({"TumblingWindowInSeconds": 901}, "less than or equal to 900"),
        ({"TumblingWindowInSeconds": 9, "ParallelizationFactor": 2}, "ParallelizationFactor of 1"),
        ({"StartingPosition": "SOMEWHERE"}, "TRIM_HORIZON, LATEST, AT_TIMESTAMP"),
        ({"StartingPosition": "AT_TIMESTAMP"}, "StartingPositionTimestamp must be given"),
        ({"FunctionResponseTypes": ["Maybe"]}, "ReportBatchItemFailures"),
        ({"FilterCriteria": {"Filters": [{"Pattern": "{no"}]}}, "Invalid filter pattern"),
        (
            {"DestinationConfig": {"OnFailure": {"Destination": "arn:aws:lambda:x:1:function:f"}}},
            "is not supported",
        ),
    ],
)
def test_what_a_streams_mapping_may_not_say(map_to: Any, options: Any, words: str) -> None:
    from botocore.exceptions import ClientError

    with pytest.raises(ClientError, match=words):
        map_to(**options)


def test_a_tables_stream_has_no_timestamps(world: World, client: Any, deploy: Deploy) -> None:
    from botocore.exceptions import ClientError

    table = (
        world.cloud.session()
        .client("dynamodb")
        .create_table(
            TableName="rides",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        )
    )
    deploy("reader", READS)
    with pytest.raises(ClientError, match="Unsupported starting position"):
        client.create_event_source_mapping(
            EventSourceArn=table["TableDescription"]["LatestStreamArn"],
            FunctionName="reader",
            StartingPosition="AT_TIMESTAMP",
            StartingPositionTimestamp=1,
        )


def test_what_is_not_built_says_so(client: Any, deploy: Deploy) -> None:
    from botocore.exceptions import ClientError

    function = deploy("reader", READS)
    with pytest.raises(ClientError) as error:
        client.create_event_source_mapping(
            EventSourceArn="arn:aws:kafka:us-east-1:123456789012:cluster/c/1",
            FunctionName=function,
            StartingPosition="LATEST",
            Topics=["t"],
        )
    told = error.value.response
    assert told["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert "an event source mapping of kafka" in told["Error"]["Message"]


def test_a_function_that_is_gone_leaves_its_stream_alone(
    world: World, client: Any, put: Any, map_to: Any, queue: Any, bodies: Any, facts: Facts
) -> None:
    _, target = queue("failures")
    destination = {"OnFailure": {"Destination": target}}
    uuid = map_to(MaximumRetryAttempts=1, DestinationConfig=destination)
    client.delete_function(FunctionName="reader")
    put("a")
    world.run()
    assert facts("lambda.started") == []
    assert bodies("failures")[0]["requestContext"]["condition"] == "RetryAttemptsExhausted"
    told = client.get_event_source_mapping(UUID=uuid)
    assert "Function not found" in told["LastProcessingResult"]
