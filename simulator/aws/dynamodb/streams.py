"""Streams of tables: what changed, in order, for 24 hours (Developer Guide, "DynamoDB Streams")."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from moto.core.exceptions import JsonRESTError
from moto.core.utils import unix_time, utcnow
from moto.dynamodb.models.dynamo_type import Item
from moto.dynamodb.models.table import StreamRecord, StreamShard
from moto.dynamodb.models.table import Table as MotoTable
from moto.dynamodbstreams import models as moto
from moto.moto_api._internal import mock_random
from simpy.events import Event

from simulator.model.item_size import item_size

if TYPE_CHECKING:
    from simulator.world import World

RETENTION_S = 24 * 3_600.0
ITERATOR_S = 15 * 60.0
BY_TTL = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
"""Who deleted an item whose time to live was over, as functions are told."""


class Record(StreamRecord):
    """One change of an item."""

    def __init__(
        self,
        table: MotoTable,
        stream_type: str,
        event_name: str,
        old: Item | None,
        new: Item | None,
        seq: int,
        identity: dict[str, str] | None = None,
    ) -> None:
        super().__init__(table, stream_type, event_name, old, new, seq)
        self.at = unix_time()
        self.number = seq
        self.record["awsRegion"] = table.region_name
        told = self.record["dynamodb"]
        told["ApproximateCreationDateTime"] = utcnow().replace(microsecond=0)
        told["SizeBytes"] = sum(
            item_size(told[name]) for name in ("Keys", "NewImage", "OldImage") if name in told
        )
        if identity:
            self.record["userIdentity"] = identity


class Shard(StreamShard):
    """The one shard of a stream. `items` are its records, those past their time taken off."""

    world: ClassVar[World]

    def __init__(self, account_id: str, table: MotoTable) -> None:
        super().__init__(account_id, table)
        self.view = str((table.stream_specification or {}).get("StreamViewType"))
        self.label = table.latest_stream_label
        began_ms = int(unix_time() * 1000)
        self.id = f"shardId-{began_ms:020d}-{mock_random.get_random_hex(8)}"
        self.next_number = self.starting_sequence_number
        self.ended_at: float | None = None
        self.muted = False
        self._arrival: Event | None = None

    def __deepcopy__(self, _: Any) -> None:
        """A backup of a table has no stream."""

    @contextmanager
    def mute(self) -> Iterator[None]:
        """While open, changes leave no records: who makes them writes one for all."""
        before, self.muted = self.muted, True
        try:
            yield
        finally:
            self.muted = before

    def arrival(self) -> Event:
        """The event of the next record: for who reads the stream and waits for more."""
        if self._arrival is None:
            self._arrival = self.world.env.event()
        return self._arrival

    def add(
        self, old: Item | None, new: Item | None, identity: dict[str, str] | None = None
    ) -> None:
        """Take in a change; one that changes nothing leaves no record."""
        if self.muted or self.ended_at is not None:
            return
        if old is not None and new is not None and old.attrs == new.attrs:
            return
        name = "INSERT" if old is None else "REMOVE" if new is None else "MODIFY"
        self.trim()
        record = Record(self.table, self.view, name, old, new, self.next_number, identity)
        self.next_number += 1
        self.items.append(record)
        arrival, self._arrival = self._arrival, None
        if arrival is not None:
            arrival.succeed()
        for arn, mapping in list(self.table.lambda_event_source_mappings.items()):
            from moto.awslambda.utils import get_backend

            backend = get_backend(self.account_id, arn.split(":")[3])
            backend.send_dynamodb_items(arn, [record], mapping.event_source_arn)

    def trim(self) -> None:
        """Take off what is older than 24 hours."""
        oldest = unix_time() - RETENTION_S
        gone = 0
        for record in self.items:
            if record.at > oldest:  # type: ignore[attr-defined]
                break
            gone += 1
        if gone:
            del self.items[:gone]

    @property
    def oldest_number(self) -> int:
        """The sequence number of the oldest record that is there, or of the next to come."""
        return self.next_number - len(self.items)

    def get(self, start: int, quantity: int) -> list[dict[str, Any]]:
        """Records from a sequence number on."""
        self.trim()
        skip = max(0, start - self.oldest_number)
        return [_told(record.to_json()) for record in self.items[skip : skip + quantity]]

    def to_json(self) -> dict[str, Any]:
        """A Shard of the API."""
        told = super().to_json()
        if self.ended_at is not None:
            told["SequenceNumberRange"]["EndingSequenceNumber"] = str(self.next_number - 1)
        return told


class StreamError(JsonRESTError):
    """An error of the streams API."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"com.amazonaws.dynamodb.v20120810#{code}", message)


class ShardIterator(moto.ShardIterator):
    """A place in a shard, good for 15 minutes."""

    def __init__(
        self,
        streams_backend: StreamsBackend,
        stream_shard: Shard,
        shard_iterator_type: str,
        sequence_number: int | None = None,
    ) -> None:
        super().__init__(streams_backend, stream_shard, shard_iterator_type, sequence_number)
        self.made_at = unix_time()
        if shard_iterator_type == "LATEST":
            self.sequence_number = stream_shard.next_number
        elif shard_iterator_type == "TRIM_HORIZON":
            stream_shard.trim()
            self.sequence_number = stream_shard.oldest_number

    @property
    def arn(self) -> str:
        """The iterator as the API tells it."""
        shard: Any = self.stream_shard
        return f"{shard.table.table_arn}/stream/{shard.label}|1|{self.id}"


class StreamsBackend(moto.DynamoDBStreamsBackend):
    """The streams of one account in one Region."""

    @property
    def _url_module(self) -> Any:
        from moto.dynamodbstreams import urls

        return urls

    def _shard(self, arn: str) -> Shard:
        """The shard of the stream with this ARN, a disabled one's too."""
        if len(arn.split(":", 5)) < 6 or "/" not in arn:
            raise StreamError("ValidationException", f"Invalid StreamArn: {arn}")
        table: Any = self._get_table_from_arn(arn)
        label = arn.partition("/stream/")[2]
        for shard in (table.stream_shard, *table.live.past_shards):
            if shard is not None and shard.label == label and not _over(shard):
                return shard  # type: ignore[no-any-return]
        raise StreamError(
            "ResourceNotFoundException",
            f"Requested resource not found: Stream: {arn} not found",
        )

    def describe_stream(self, arn: str) -> dict[str, Any]:
        """A stream and its shard."""
        shard = self._shard(arn)
        shard.trim()
        return {
            "StreamArn": arn,
            "StreamLabel": shard.label,
            "StreamStatus": "ENABLED" if shard.ended_at is None else "DISABLED",
            "StreamViewType": shard.view,
            "CreationRequestDateTime": shard.created_on,
            "TableName": shard.table.name,
            "KeySchema": shard.table.schema,
            "Shards": [shard.to_json()],
        }

    def list_streams(self, table_name: str | None = None) -> list[dict[str, Any]]:
        """Streams, for a day also those that are disabled."""
        return [
            {
                "StreamArn": f"{table.table_arn}/stream/{shard.label}",
                "TableName": table.name,
                "StreamLabel": shard.label,
            }
            for table in self.dynamodb.tables.values()
            if table_name is None or table.name == table_name
            for shard in (*table.live.past_shards, table.stream_shard)  # type: ignore[attr-defined]
            if shard is not None and not _over(shard)
        ]

    def get_shard_iterator(
        self,
        arn: str,
        shard_id: str,
        shard_iterator_type: str,
        sequence_number: str | None = None,
    ) -> ShardIterator:
        """A place to read from."""
        shard = self._shard(arn)
        if shard.id != shard_id:
            raise StreamError(
                "ResourceNotFoundException",
                f"Requested resource not found: Shard does not exist: {shard_id}",
            )
        if shard_iterator_type.endswith("SEQUENCE_NUMBER"):
            if sequence_number is None:
                raise StreamError("ValidationException", "SequenceNumber is required.")
            shard.trim()
            if int(sequence_number) < shard.oldest_number and shard.items:
                raise _trimmed()
        iterator = ShardIterator(
            self,
            shard,
            shard_iterator_type,
            sequence_number,  # type: ignore[arg-type]  # moto hands in a whole number
        )
        return self._keep(iterator)

    def get_records(self, iterator_arn: str, limit: int) -> dict[str, Any]:
        """Records, and the place after them unless the shard ends there."""
        iterator = self.shard_iterators.get(iterator_arn)
        if not isinstance(iterator, ShardIterator):
            raise StreamError("ValidationException", "Invalid ShardIterator")
        if unix_time() - iterator.made_at > ITERATOR_S:
            raise StreamError("ExpiredIteratorException", "Iterator expired")
        shard: Any = iterator.stream_shard
        start = iterator.sequence_number
        shard.trim()
        if start < shard.oldest_number:
            raise _trimmed()
        records = shard.get(start, limit)
        if records:
            start = int(records[-1]["dynamodb"]["SequenceNumber"]) + 1
        told: dict[str, Any] = {"Records": records}
        if shard.ended_at is None or start < shard.next_number:
            after = ShardIterator(self, shard, "AT_SEQUENCE_NUMBER", start)
            told["NextShardIterator"] = self._keep(after).arn
        return told

    def _keep(self, iterator: ShardIterator) -> ShardIterator:
        oldest = unix_time() - RETENTION_S
        for arn, known in list(self.shard_iterators.items()):
            if known.made_at > oldest:  # type: ignore[attr-defined]
                break
            del self.shard_iterators[arn]
        self.shard_iterators[iterator.arn] = iterator
        return iterator


def _told(record: dict[str, Any]) -> dict[str, Any]:
    """A Record of the API, which spells who did it in capitals."""
    who = record.get("userIdentity")
    if who is None:
        return record
    return {**record, "userIdentity": {"Type": who["type"], "PrincipalId": who["principalId"]}}


def _trimmed() -> StreamError:
    message = "The operation attempted to read past the oldest stream record in a shard."
    return StreamError("TrimmedDataAccessException", message)


def _over(shard: Shard) -> bool:
    return shard.ended_at is not None and shard.ended_at + RETENTION_S < unix_time()
