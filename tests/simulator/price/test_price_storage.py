"""What lies there is paid by the second: objects and their versions, items, log data."""

import io
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from simulator.price import Meter, gigabytes, metered
from simulator.price.rates import EXACT
from simulator.world import World
from tests.simulator.price.facts import ACCOUNT, DAY_S, HOUR_S, call, fact


def test_objects_are_paid_by_request_and_by_how_long_they_lie_there(meter: Meter) -> None:
    call(meter, 0.0, "s3", "PutObject", Bucket="b", Key="k", _payload_bytes=2**30)
    call(meter, HOUR_S, "s3", "PutObject", Bucket="b", Key="k", _payload_bytes=2**29)
    call(meter, HOUR_S, "s3", "GetObject", Bucket="b", Key="k")
    call(meter, 2 * HOUR_S, "s3", "DeleteObject", Bucket="b", Key="k", _deleted=[{"key": "k"}])
    usage = meter.usage(DAY_S)
    assert usage.of("b", "s3.writes") == 2
    assert usage.of("b", "s3.reads") == 1
    assert usage.of("b", "s3.gb_seconds") == Decimal("1.5") * 3600


def test_the_owner_of_a_bucket_pays_whoever_calls(meter: Meter) -> None:
    call(meter, 0.0, "s3", "CreateBucket", Bucket="b")
    call(meter, 0.0, "s3", "PutObject", Bucket="b", Key="k", _account="111122223333", _bytes=1)
    assert {key.owner.account for key in meter.usage(1.0).quantities} == {ACCOUNT}


def test_objects_that_move_to_another_class_are_paid_there(meter: Meter) -> None:
    def lifecycle(at: float, did: str, **more: Any) -> None:
        fact(meter, at, "s3.lifecycle", who="s3", bucket="b", key="k", did=did, rule="r", **more)

    gb = 2**30
    call(meter, 0.0, "s3", "PutObject", Bucket="b", Key="k", _bytes=gb, _storage_class="STANDARD")
    lifecycle(DAY_S, "moved", storage_class="GLACIER", size=gb)
    lifecycle(2 * DAY_S, "expired", version="old")  # another version
    lifecycle(3 * DAY_S, "expired")
    call(meter, 3 * DAY_S, "s3", "CopyObject", Bucket="b", Key="c", _bytes=gb)
    usage = meter.usage(4 * DAY_S)
    assert usage.of("b", "s3.gb_seconds") == (1 + 1) * 86400
    assert usage.of("b", "s3.glacier_gb_seconds") == 2 * 86400
    assert usage.of("b", "s3.glacier_transitions") == 1


def test_each_version_is_paid_until_it_is_deleted_itself(meter: Meter) -> None:
    """S3 User Guide, "How S3 Versioning works": each version is an object that is charged for."""
    gb = 2**30
    for version in ("1", "2"):
        call(meter, 0.0, "s3", "PutObject", Bucket="b", Key="k", _bytes=gb, _version=version)
    call(meter, DAY_S, "s3", "DeleteObject", Bucket="b", Key="k")  # makes a marker
    gone = [{"key": "k", "version": "1"}]
    call(meter, 2 * DAY_S, "s3", "DeleteObjects", Bucket="b", _deleted=gone)
    assert meter.usage(3 * DAY_S).of("b", "s3.gb_seconds") == (3 + 2) * 86400


def test_parts_are_paid_until_their_upload_is_done_or_given_up(meter: Meter) -> None:
    """S3 User Guide, "Uploading and copying objects using multipart upload"."""
    gb = 2**30
    for upload in ("u1", "u2"):
        where = {"Bucket": "b", "Key": "k", "UploadId": upload}
        for number in (1, 2):
            call(meter, 0.0, "s3", "UploadPart", **where, PartNumber=number, _payload_bytes=gb)
    done = {"Bucket": "b", "Key": "k", "UploadId": "u1"}
    call(meter, HOUR_S, "s3", "CompleteMultipartUpload", **done, _bytes=2 * gb)
    fact(meter, 2 * HOUR_S, "s3.lifecycle", bucket="b", key="k", did="aborted", upload="u2")
    assert meter.usage(3 * HOUR_S).of("b", "s3.gb_seconds") == (4 + 4 + 2) * 3600


def test_a_table_is_paid_for_what_it_stores(meter: Meter) -> None:
    def wrote(at: float, grown: int) -> None:
        units = {"table": "t", "mode": "PAY_PER_REQUEST", "write_units": 1.0, "stored_bytes": grown}
        call(meter, at, "dynamodb", "UpdateItem", TableName="t", _consumed=[units])

    call(meter, 0.0, "dynamodb", "CreateTable", TableName="t", BillingMode="PAY_PER_REQUEST")
    wrote(0.0, 2**30)
    fact(meter, HOUR_S, "dynamodb.expired", table="t", account=ACCOUNT, stored_bytes=-(2**29))
    call(meter, 2 * HOUR_S, "dynamodb", "UpdateTable", TableName="t", _table="t",
         _table_bytes=2**31)  # fmt: skip
    call(meter, 3 * HOUR_S, "dynamodb", "DeleteTable", TableName="t")
    assert meter.usage(DAY_S).of("t", "dynamodb.gb_seconds") == Decimal("3.5") * 3600


def test_the_throughput_of_global_indexes_is_paid_as_the_table_s(meter: Meter) -> None:
    five, two = ({"ReadCapacityUnits": n, "WriteCapacityUnits": n} for n in (5, 2))
    index = {"IndexName": "driver", "ProvisionedThroughput": two}
    call(meter, 0.0, "dynamodb", "CreateTable", TableName="t", ProvisionedThroughput=five,
         GlobalSecondaryIndexes=[index])  # fmt: skip
    change = {"Update": {"IndexName": "driver", "ProvisionedThroughput": five}}
    call(meter, HOUR_S, "dynamodb", "UpdateTable", TableName="t",
         GlobalSecondaryIndexUpdates=[change])  # fmt: skip
    call(meter, 2 * HOUR_S, "dynamodb", "UpdateTable", TableName="t",
         BillingMode="PAY_PER_REQUEST")  # fmt: skip
    assert meter.usage(DAY_S).of("t", "dynamodb.write_capacity_seconds") == (7 + 10) * 3600


def test_log_data_lies_compressed_until_its_retention_is_over(meter: Meter) -> None:
    """Amazon CloudWatch Pricing; "PutRetentionPolicy", CloudWatch Logs API Reference."""
    gb = 2**30
    call(meter, 0.0, "logs", "PutLogEvents", logGroupName="g", _payload_bytes=gb)
    call(meter, 0.0, "logs", "PutLogEvents", logGroupName="kept", _payload_bytes=gb)
    call(meter, DAY_S, "logs", "PutRetentionPolicy", logGroupName="g", retentionInDays=3)
    call(meter, DAY_S, "logs", "PutLogEvents", logGroupName="g", _payload_bytes=gb)
    usage = meter.usage(40 * DAY_S)  # the first day's until the end of the fourth
    assert usage.of("g", "logs.ingested_gb") == 2
    assert usage.of("g", "logs.gb_seconds") == Decimal("0.15") * (4 + 4) * 86400
    assert usage.of("kept", "logs.gb_seconds") == Decimal("0.15") * 40 * 86400
    call(meter, 40 * DAY_S, "logs", "DeleteLogGroup", logGroupName="kept")
    assert meter.usage(50 * DAY_S).of("kept", "logs.gb_seconds") == Decimal("0.15") * 40 * 86400


def test_what_was_stored_and_deleted_leaves_nothing_behind(meter: Meter) -> None:
    sizes = [2**40 + 1, 3, 5 * 2**30 + 7, 1]
    for number, size in enumerate(sizes):
        call(meter, 0.0, "s3", "PutObject", Bucket="b", Key=str(number), _payload_bytes=size)
    for number in range(len(sizes)):
        gone = [{"key": str(number)}]
        call(meter, HOUR_S, "s3", "DeleteObject", Bucket="b", Key=str(number), _deleted=gone)
    at_the_end = meter.usage(HOUR_S).of("b", "s3.gb_seconds")
    assert at_the_end == EXACT.multiply(gigabytes(sum(sizes)), Decimal(3600))
    assert meter.usage(DAY_S).of("b", "s3.gb_seconds") == at_the_end


@pytest.fixture
def world() -> Iterator[World]:
    with World(seed=7) as world:
        yield world


def test_a_world_s_facts_tell_all_that_is_stored(world: World) -> None:
    session = world.cloud.session()
    dynamodb, s3 = session.client("dynamodb"), session.client("s3")
    dynamodb.create_table(
        TableName="rides",
        AttributeDefinitions=[
            {"AttributeName": "id", "AttributeType": "S"},
            {"AttributeName": "driver", "AttributeType": "S"},
        ],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-driver",
                "KeySchema": [{"AttributeName": "driver", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    for number in range(3):
        item = {"id": {"S": f"r{number}"}, "driver": {"S": "d"}, "note": {"S": "x" * 100}}
        dynamodb.put_item(TableName="rides", Item=item)
    dynamodb.delete_item(TableName="rides", Key={"id": {"S": "r0"}})
    dynamodb.update_item(
        TableName="rides",
        Key={"id": {"S": "r1"}},
        UpdateExpression="REMOVE driver",
    )
    s3.create_bucket(Bucket="photos")
    s3.put_bucket_versioning(Bucket="photos", VersioningConfiguration={"Status": "Enabled"})
    for size in (1000, 200):
        s3.put_object(Bucket="photos", Key="k", Body=b"x" * size)
    s3.delete_object(Bucket="photos", Key="k")  # only marks it
    usage = metered(world.journal.facts, world.clock.start, HOUR_S)
    r1, r2, entry = 4 + 104, 4 + 7 + 104, 4 + 7
    bytes_stored = (r1 + 100) + (r2 + 100) + (entry + 100)
    expected = EXACT.multiply(gigabytes(bytes_stored), Decimal(3600))
    assert usage.of("rides", "dynamodb.gb_seconds") == expected
    expected = EXACT.multiply(gigabytes(1200), Decimal(3600))
    assert usage.of("photos", "s3.gb_seconds") == expected


def test_every_line_in_a_function_s_log_group_is_counted(world: World) -> None:
    """What "PutLogEvents" counts of an event: its text, and 26 bytes."""
    session = world.cloud.session()
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(
            "app.py", "def handler(event, context):\n    print(event)\n    1 / event\n"
        )
    session.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")
    session.client("lambda").create_function(
        FunctionName="f",
        Runtime="python3.12",
        Handler="app.handler",
        Role=f"arn:aws:iam::{ACCOUNT}:role/r",
        Code={"ZipFile": made.getvalue()},
    )
    for payload in (b"1", b"0"):  # a cold start; an error, whose text is a line too
        session.client("lambda").invoke(FunctionName="f", Payload=payload)
    group = "/aws/lambda/f"
    events = session.client("logs").filter_log_events(logGroupName=group)["events"]
    written = sum(len(event["message"].encode()) + 26 for event in events)
    usage = metered(world.journal.facts, world.clock.start, world.now_s)
    assert usage.of(group, "logs.ingested_gb") == gigabytes(written)
