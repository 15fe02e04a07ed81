"""Data at rest and in streams: what DynamoDB, S3 and Kinesis bill, read from calls.

Sources: Amazon DynamoDB Pricing, Amazon S3 Pricing, Amazon Kinesis Data Streams Pricing.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from simulator.journal import Fact
from simulator.price.facts.reader import (
    Reader,
    caller,
    of_arn,
    parameters,
    payload_bytes,
    read_tags,
)
from simulator.price.usage import chunks, gigabytes

if TYPE_CHECKING:
    from simulator.price.meter import Meter

_OUTSIDE = "outside"
"""Who calls from beyond the world: a client on the internet."""
_RECORD_CHUNK_BYTES = 25 * 1024
_ITEM_ACTIONS = (
    *("PutItem", "UpdateItem", "DeleteItem", "GetItem", "Query", "Scan"),
    *("BatchGetItem", "BatchWriteItem", "TransactGetItems", "TransactWriteItems"),
    *("ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction"),
)
_S3_FREE = ("Delete", "AbortMultipartUpload")
_CLASSES = {
    "STANDARD_IA": "ia_",
    "ONEZONE_IA": "one_zone_ia_",
    "INTELLIGENT_TIERING": "intelligent_",
    "GLACIER_IR": "glacier_ir_",
    "GLACIER": "glacier_",
    "DEEP_ARCHIVE": "deep_archive_",
}
"""How the price list calls a storage class; any other counts as S3 Standard."""
_S3_WRITES = ("Put", "Copy", "Post", "List", "Create", "Upload", "Complete", "Restore")


def _dynamodb_call(meter: Meter, fact: Fact) -> None:
    given, action = parameters(fact), str(fact.data.get("action"))
    text = str(given.get("TableName") or given.get("ResourceArn") or "")
    account, table = of_arn(text, caller(fact))
    if action == "CreateTable":
        meter.settle_at("dynamodb", table, account)
    if action in ("CreateTable", "UpdateTable"):
        _provision(meter, account, table, given)
    elif action == "DeleteTable":
        _provision(meter, account, table, {"BillingMode": "PAY_PER_REQUEST"})
        meter.hold("dynamodb.gb_seconds", account, table, 0)
    read_tags(meter, "dynamodb", account, table, fact)
    if "table_bytes" in fact.data:  # it was restored, or has another index now
        name, size = str(fact.data.get("table")), int(fact.data["table_bytes"])
        meter.hold("dynamodb.gb_seconds", account, name, gigabytes(size))
    if action in _ITEM_ACTIONS:
        consumed = fact.data.get("consumed")
        if not isinstance(consumed, list):
            meter.unpriced(account, "dynamodb capacity units, which the facts do not tell")
            return
        for units in consumed:
            _consume(meter, account, units)


def _consume(meter: Meter, account: str, units: Mapping[str, Any]) -> None:
    """Capacity units of one table; a provisioned table's are paid for by the hour."""
    table = str(units.get("table", ""))
    _store(meter, account, table, units)
    if units.get("mode") == "PROVISIONED":
        if ("provisioned", account, table) not in meter.memory:
            meter.unpriced(account, f"dynamodb capacity of {table}, which no fact tells")
        return
    for kind in ("read", "write"):
        amount = Decimal(str(units.get(f"{kind}_units") or 0))
        if amount:
            meter.use(f"dynamodb.{kind}_units", account, table, amount)


def _store(meter: Meter, account: str, table: str, told: Mapping[str, Any]) -> None:
    grown = int(told.get("stored_bytes") or 0)
    if grown:
        meter.grow("dynamodb.gb_seconds", account, table, gigabytes(grown))


def _expired(meter: Meter, fact: Fact) -> None:
    """An item's time to live is over: deleting it costs nothing, nor does it from now on."""
    table = str(fact.data.get("table", ""))
    _store(meter, meter.home("dynamodb", table, fact), table, fact.data)


def _provision(meter: Meter, account: str, table: str, given: Mapping[str, Any]) -> None:
    """From now on a table has so much capacity; on demand it has none to pay for."""
    on_demand = given.get("BillingMode") == "PAY_PER_REQUEST"
    if on_demand:
        for index in meter.memory.pop(("indexes", account, table), ()):
            _capacity(meter, account, table, {}, index)
        _capacity(meter, account, table, {})
        return
    if isinstance(given.get("ProvisionedThroughput"), Mapping):
        _capacity(meter, account, table, given["ProvisionedThroughput"])
    changes = [{"Create": index} for index in given.get("GlobalSecondaryIndexes") or ()]
    for change in (*changes, *(given.get("GlobalSecondaryIndexUpdates") or ())):
        ((kind, index),) = change.items()
        name = str(index.get("IndexName"))
        throughput = index.get("ProvisionedThroughput") if kind != "Delete" else {}
        if isinstance(throughput, Mapping):
            meter.memory.setdefault(("indexes", account, table), {})[name] = True
            _capacity(meter, account, table, throughput, name)


def _capacity(
    meter: Meter, account: str, table: str, throughput: Mapping[str, Any], index: str = ""
) -> None:
    meter.memory["provisioned", account, table] = True
    for kind in ("read", "write"):
        level = int(throughput.get(f"{kind.capitalize()}CapacityUnits") or 0)
        meter.hold(f"dynamodb.{kind}_capacity_seconds", account, table, level, name=index)


def _streams_call(meter: Meter, fact: Fact) -> None:
    if fact.data.get("action") == "GetRecords":
        meter.use("dynamodb.stream_reads", caller(fact))


def _s3_call(meter: Meter, fact: Fact) -> None:
    given, action = parameters(fact), str(fact.data.get("action"))
    bucket = str(given.get("Bucket") or "")
    if action == "CreateBucket":
        meter.settle_at("s3", bucket, caller(fact))
    account = meter.lies_in("s3", bucket, caller(fact))  # its owner pays, whoever calls
    if action == "PutBucketTagging":
        read_tags(meter, "s3", account, bucket, _tagging(fact))
    if not action.startswith(_S3_FREE):
        kind = "s3.writes" if action.startswith(_S3_WRITES) else "s3.reads"
        meter.use(kind, account, bucket)
    key, size, version = str(given.get("Key") or ""), fact.data.get("bytes"), _version(fact.data)
    if size is None and action == "PutObject":
        size = payload_bytes(fact)
    if size is not None:
        storage_class = str(fact.data.get("storage_class") or "")
        _keep(meter, account, bucket, (key, version), int(size), storage_class)
    if fact.who == _OUTSIDE and fact.data.get("sent_bytes"):  # what runs in AWS reads for nothing
        meter.use("transfer.out_gb", account, bucket, gigabytes(int(fact.data["sent_bytes"])))
    for gone in fact.data.get("deleted") or ():
        _keep(meter, account, bucket, (str(gone.get("key")), _version(gone)), 0)
    upload = str(given.get("UploadId") or "")
    if action == "UploadPart":
        part = f"part {given.get('PartNumber')} of {upload}"
        _keep(meter, account, bucket, (part, upload), payload_bytes(fact))
    elif action in ("CompleteMultipartUpload", "AbortMultipartUpload"):
        _forget_parts(meter, account, bucket, upload)


def _version(told: Mapping[str, Any]) -> str:
    return str(told.get("version") or "")


def _keep(
    meter: Meter,
    account: str,
    bucket: str,
    thing: tuple[str, str],
    size_bytes: int,
    storage_class: str = "",
) -> None:
    """A version of an object, or a part of an upload, is stored from now on, or (0) no longer."""
    objects = meter.memory.setdefault(("s3", account, bucket), {})
    before_bytes, before = objects.pop(thing, (0, ""))
    if before_bytes:
        meter.grow(f"s3.{before}gb_seconds", account, bucket, -gigabytes(before_bytes))
    if size_bytes:
        kind = _CLASSES.get(storage_class, "")
        objects[thing] = (size_bytes, kind)
        meter.grow(f"s3.{kind}gb_seconds", account, bucket, gigabytes(size_bytes))


def _forget_parts(meter: Meter, account: str, bucket: str, upload: str) -> None:
    """An upload has become an object, or never will."""
    stored = list(meter.memory.get(("s3", account, bucket), {}))
    for thing in (thing for thing in stored if thing[1] == upload):
        _keep(meter, account, bucket, thing, 0)


def _lifecycle(meter: Meter, fact: Fact) -> None:
    """What a bucket's rules did: something has expired, or lies in another class."""
    data = fact.data
    bucket, thing = str(data.get("bucket", "")), (str(data.get("key", "")), _version(data))
    account = meter.home("s3", bucket, fact)
    if data.get("did") == "expired":
        _keep(meter, account, bucket, thing, 0)
    elif data.get("did") == "aborted":
        _forget_parts(meter, account, bucket, str(data.get("upload")))
    elif data.get("did") == "moved":
        storage_class = str(data.get("storage_class") or "")
        if storage_class in _CLASSES:
            meter.use(f"s3.{_CLASSES[storage_class]}transitions", account, bucket)
        _keep(meter, account, bucket, thing, int(data.get("size") or 0), storage_class)


def _replicated(meter: Meter, fact: Fact) -> None:
    """A replica is put like any object, and lies in its own bucket."""
    data = fact.data
    bucket, account = str(data.get("destination", "")), str(data.get("account", ""))
    meter.use("s3.writes", account, bucket)
    if data.get("bytes") is not None:
        thing = (str(data.get("key", "")), _version(data))
        storage_class = str(data.get("storage_class") or "")
        _keep(meter, account, bucket, thing, int(data["bytes"]), storage_class)


def _tagging(fact: Fact) -> Fact:
    tagging = parameters(fact).get("Tagging")
    return Fact(fact.at, fact.who, fact.what, {"params": tagging})


def _kinesis_call(meter: Meter, fact: Fact) -> None:
    given, action = parameters(fact), str(fact.data.get("action"))
    text = str(given.get("StreamARN") or given.get("StreamName") or "")
    account, stream = of_arn(text, caller(fact))
    read_tags(meter, "kinesis", account, stream, fact)
    mode = (given.get("StreamModeDetails") or {}).get("StreamMode")
    if action in ("CreateStream", "UpdateStreamMode") and mode == "ON_DEMAND":
        meter.unpriced(account, f"kinesis stream {stream}, which is on demand")
        meter.hold("kinesis.shard_seconds", account, stream, 0)
    elif action == "CreateStream":
        shards = int(given.get("ShardCount") or 1)
        meter.hold("kinesis.shard_seconds", account, stream, shards)
    elif action == "UpdateShardCount":
        shards = int(given.get("TargetShardCount") or 1)
        meter.hold("kinesis.shard_seconds", account, stream, shards)
    elif action == "DeleteStream":
        meter.hold("kinesis.shard_seconds", account, stream, 0)
    elif action in ("PutRecord", "PutRecords"):
        sizes = fact.data.get("record_bytes") or [payload_bytes(fact)]
        units = sum(chunks(int(size), _RECORD_CHUNK_BYTES) for size in sizes)
        meter.use("kinesis.put_units", account, stream, units)


CALLS: dict[str, Reader] = {
    "dynamodb": _dynamodb_call,
    "dynamodbstreams": _streams_call,
    "s3": _s3_call,
    "kinesis": _kinesis_call,
}

FACTS: dict[str, Reader] = {
    "dynamodb.expired": _expired,
    "s3.lifecycle": _lifecycle,
    "s3.replicated": _replicated,
}
