"""Event source mappings of Kinesis and DynamoDB streams, on the records that moto keeps.

Source: Lambda Developer Guide, "Using Lambda with Kinesis", "Using AWS Lambda with Amazon DynamoDB"
and "Retain discarded batch records".
"""

from __future__ import annotations

import base64
import json
from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime
from math import inf
from typing import TYPE_CHECKING, Any, Protocol

from moto.core.utils import unix_time

from simulator.aws.functions.batches import Filters, failed_items
from simulator.aws.functions.exceptions import TooManyRequests
from simulator.aws.functions.later import instant
from simulator.model.shard_reader import (
    POLLS_S,
    Reason,
    Record,
    ShardReader,
    Terms,
    Verdict,
    Window,
)

if TYPE_CHECKING:
    from simulator.aws.functions.mappings import Mapping
    from simulator.world import World


class Shard(Protocol):
    """One shard as a mapping reads it."""

    id: str

    def read(self, most: int) -> list[Record]:
        """The records after those it gave before."""


class KinesisShard:
    """A shard of a Kinesis stream, from where a mapping's starting position says."""

    def __init__(self, stream: Any, shard_id: str, mapping: Mapping) -> None:
        self._stream, self.id, self._mapping = stream, shard_id, mapping
        shard = stream.shards[shard_id]
        position = mapping.starting_position
        self._after = -1
        if position == "LATEST":
            self._after = int(shard.get_max_sequence_number())
        elif position == "AT_TIMESTAMP" and mapping.starting_position_timestamp is not None:
            self._after = shard.get_sequence_number_at(float(mapping.starting_position_timestamp))

    def read(self, most: int) -> list[Record]:
        """The records after those it gave before."""
        shard = self._stream.shards.get(self.id)
        if shard is None:
            return []
        found, self._after, _ = shard.get_records(str(self._after), most)
        return [self._record(each) for each in found]

    def _record(self, kept: Any) -> Record:
        sequence, at_s, data = str(kept.sequence_number), float(kept.created_at), str(kept.data)
        value = {
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": kept.partition_key,
                "sequenceNumber": sequence,
                "data": data,
                "approximateArrivalTimestamp": round(at_s, 3),
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": f"{self.id}:{sequence}",
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": self._mapping.role(),
            "awsRegion": self._stream.region,
            "eventSourceARN": self._stream.arn,
        }
        return Record(sequence, kept.partition_key, at_s, len(data) + 512, value)


class TableShard:
    """The shard of a table's stream."""

    def __init__(self, table: Any, mapping: Mapping) -> None:
        self._table, self._mapping = table, mapping
        self.id = str(table.stream_shard.id)
        items = table.stream_shard.items
        latest = mapping.starting_position == "LATEST" and items
        self._after = _sequence(items[-1]) if latest else -1

    def read(self, most: int) -> list[Record]:
        """The records after those it gave before."""
        shard = self._table.stream_shard
        if shard is None:
            return []
        first = bisect_right(shard.items, self._after, key=_sequence)
        found = shard.items[first : first + most]
        if found:
            self._after = _sequence(found[-1])
        return [self._record(each.to_json()) for each in found]

    def _record(self, told: dict[str, Any]) -> Record:
        inner = dict(told["dynamodb"])
        at = inner.get("ApproximateCreationDateTime")
        if isinstance(at, datetime):
            at = unix_time(at)
        at_s = float(at or 0.0)
        inner["ApproximateCreationDateTime"] = at_s
        value = {
            "eventID": told["eventID"],
            "eventName": told["eventName"],
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": self._mapping.region,
            "dynamodb": inner,
            "eventSourceARN": self._mapping.event_source_arn,
        }
        if "userIdentity" in told:
            value["userIdentity"] = told["userIdentity"]
        key = json.dumps(inner.get("Keys"), sort_keys=True, default=str)
        size = len(json.dumps(value, default=str))
        return Record(str(inner["SequenceNumber"]), key, at_s, size, value)


def _sequence(kept: Any) -> int:
    return int(kept.to_json()["dynamodb"]["SequenceNumber"])


class StreamSource:
    """One mapping's reading of all the shards of its stream."""

    def __init__(self, world: World, mapping: Mapping, origin: Any) -> None:
        self._world, self._mapping, self._origin = world, mapping, origin
        self._path = "data" if mapping.service == "kinesis" else "dynamodb"
        self._filters = Filters(mapping.filter_criteria, self._path)
        self._readers: dict[str, ShardReader] = {}

    def start(self) -> None:
        """Begin to read."""
        for shard in self._shards():
            self._begin(shard)

    def change(self) -> None:
        """Put the mapping's changed settings in force."""
        self._filters = Filters(self._mapping.filter_criteria, self._path)
        self.wake()

    def wake(self) -> None:
        """Say that there are new records, and perhaps new shards."""
        for shard in self._shards():
            if shard.id not in self._readers:
                self._begin(shard)
        for reader in self._readers.values():
            reader.wake()

    def stop(self) -> None:
        """Read no more."""
        for reader in self._readers.values():
            reader.stop()

    def _shards(self) -> Iterator[Shard]:
        origin = self._origin
        if self._mapping.service == "dynamodb":
            if origin.stream_shard is not None and origin.stream_shard.id not in self._readers:
                yield TableShard(origin, self._mapping)
            return
        for shard_id in list(origin.shards):
            if shard_id not in self._readers:
                yield KinesisShard(origin, shard_id, self._mapping)

    def _begin(self, shard: Shard) -> None:
        def serve(batch: list[Record]) -> Verdict:
            return self._serve(shard.id, batch)

        def drop(batch: list[Record], reason: Reason, attempts: int) -> None:
            self._drop(shard.id, batch, reason, attempts)

        name = self._mapping.event_source_arn.rpartition(":")[2]
        poll_s = POLLS_S[self._mapping.service]
        reader = ShardReader(self._world, name, self._terms, shard.read, serve, drop, poll_s)
        self._readers[shard.id] = reader
        reader.start()

    def _terms(self) -> Terms:
        mapping = self._mapping
        return Terms(
            batch=int(mapping.batch_size),
            window_s=float(mapping.max_batch_window or 0),
            lanes=int(mapping.parallelization_factor or 1),
            bisect=bool(mapping.bisect_on_error),
            retries=_limit(mapping.max_retry_attempts),
            age_s=min(_limit(mapping.max_record_age), self._kept_s()),
            enabled=bool(mapping.enabled),
            tumbling_s=float(mapping.tumbling_window or 0),
        )

    def _kept_s(self) -> float:
        """How long the stream keeps a record: nothing older is tried again."""
        return 3_600.0 * float(getattr(self._origin, "retention_period_hours", None) or 24)

    def _serve(self, shard_id: str, batch: list[Record]) -> Verdict:
        mapping = self._mapping
        wanted = [each for each in batch if self._passes(each)]
        window = self._readers[shard_id].window
        if not wanted and not (window and window.final):
            return Verdict(done=True)
        event: dict[str, Any] = {"Records": [each.value for each in wanted]}
        if window is not None:
            event |= self._about(window, shard_id)
        try:
            _, result = mapping.door.service(
                mapping.function_arn, json.dumps(event).encode(), mapping.service
            )
        except TooManyRequests:
            return Verdict(done=False, throttled=True)
        except Exception as error:  # the function is gone, or its alias
            mapping.note(f"PROBLEM: {error}")
            return Verdict(done=False)
        if result.failed:
            mapping.note("PROBLEM: Function call failed")
            return Verdict(done=False)
        sequences = [each.sequence for each in batch]
        failed = failed_items(result.payload, sequences, mapping.function_response_types)
        if failed is None:
            return Verdict(done=False)
        mapping.note("OK")
        if window is not None:
            window.state = _state(result.payload)
        if not failed:
            return Verdict(done=True)
        return Verdict(done=False, at=min(sequences.index(each) for each in failed))

    def _about(self, window: Window, shard_id: str) -> dict[str, Any]:
        """What a function is told of its window ("Using Lambda to process records", windows)."""
        return {
            "window": {
                "start": _at(window.start_s)[:-5] + "Z",
                "end": _at(window.end_s)[:-5] + "Z",
            },
            "state": window.state or {},
            "shardId": shard_id,
            "eventSourceARN": self._mapping.event_source_arn,
            "isFinalInvokeForWindow": window.final,
            "isWindowTerminatedEarly": False,
        }

    def _passes(self, record: Record) -> bool:
        value: Any = record.value
        if not self._filters:
            return True
        if self._mapping.service == "dynamodb":
            return self._filters.passes(value, None)
        text = base64.b64decode(value["kinesis"]["data"]).decode("utf-8", "replace")
        return self._filters.passes({**value["kinesis"], **value}, text)

    def _drop(self, shard_id: str, batch: list[Record], reason: Reason, attempts: int) -> None:
        """Give records up: a destination for failures learns where they lie."""
        mapping = self._mapping
        self._world.record(
            "lambda.dropped",
            function=mapping.function_arn,
            condition=reason,
            records=len(batch),
            source=mapping.event_source_arn,
        )
        target = ((mapping.destination_config or {}).get("OnFailure") or {}).get("Destination")
        if not target:
            return
        name = "KinesisBatchInfo" if mapping.service == "kinesis" else "DDBStreamBatchInfo"
        now = self._world.clock.instant
        told = {
            "requestContext": {
                "requestId": mapping.door.functions.new_request_id(),
                "functionArn": mapping.function_arn,
                "condition": reason,
                "approximateInvokeCount": attempts,
            },
            "responseContext": {
                "statusCode": 200,
                "executedVersion": "$LATEST",
                "functionError": "Unhandled",
            },
            "version": "1.0",
            "timestamp": instant(now),
            name: {
                "shardId": shard_id,
                "startSequenceNumber": batch[0].sequence,
                "endSequenceNumber": batch[-1].sequence,
                "approximateArrivalOfFirstRecord": _at(batch[0].arrived_s),
                "approximateArrivalOfLastRecord": _at(batch[-1].arrived_s),
                "batchSize": len(batch),
                "streamArn": mapping.event_source_arn,
            },
        }
        mapping.door.later.post(mapping, str(target), told)


def _limit(value: Any) -> float:
    return inf if value is None or int(value) < 0 else float(value)


def _state(payload: bytes) -> Any:
    """The state that a function hands on within its window."""
    try:
        told = json.loads(payload or b"null")
    except ValueError:
        return {}
    return told.get("state") if isinstance(told, dict) else {}


def _at(unix_s: float) -> str:
    return instant(datetime.fromtimestamp(unix_s, UTC))
