"""moto's Kinesis with records that age, iterators that expire and shards that are full.

Source: Kinesis Data Streams Developer Guide, "Quotas and limits", "Change the data retention
period"; API Reference, "GetShardIterator", "PutRecords".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from moto.core.exceptions import JsonRESTError
from moto.core.utils import unix_time
from moto.kinesis import models as moto
from moto.kinesis.exceptions import InvalidArgumentError
from moto.kinesis.utils import decode_method, encode_method

from simulator.model.quotas import Bucket

if TYPE_CHECKING:
    from simulator.world import World

ITERATOR_S = 300.0
RECORDS_PER_S = 1_000.0
BYTES_PER_S = 1_048_576.0
_CALL_RECORDS, _CALL_BYTES = 500, 5_242_880
_TOO_MUCH = "ProvisionedThroughputExceededException"


class Shard(moto.Shard):
    """A shard: its records by number, and what it still takes in this second."""

    world: ClassVar[World]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._last_number = 0
        now_s = float(self.world.env.now)
        self._records_left = Bucket(RECORDS_PER_S, RECORDS_PER_S, now_s)
        self._bytes_left = Bucket(BYTES_PER_S, BYTES_PER_S, now_s)

    def takes(self, size: int) -> bool:
        """Whether one more record of so many bytes may be written now; it is counted if so."""
        now_s = float(self.world.env.now)
        return self._records_left.take(1, now_s) and self._bytes_left.take(size, now_s)

    def put_record(self, partition_key: str, data: str, explicit_hash_key: str) -> str:
        """Write a record; its number is higher than any there ever was."""
        self._last_number += 1
        self.records[self._last_number] = moto.Record(
            partition_key, data, self._last_number, explicit_hash_key
        )
        return str(self._last_number)

    def get_max_sequence_number(self) -> int:
        """The number of the last record, also where it is gone."""
        return self._last_number

    def trim(self, oldest: float) -> None:
        """Drop what came before an instant."""
        gone = []
        for number, record in self.records.items():
            if record.created_at > oldest:
                break
            gone.append(number)
        for number in gone:
            del self.records[number]


class Stream(moto.Stream):
    """A stream whose records are there for its retention period."""

    def trim(self) -> None:
        """Drop what is too old."""
        oldest = unix_time() - 3_600.0 * float(self.retention_period_hours)
        for shard in self.shards.values():
            if isinstance(shard, Shard):
                shard.trim(oldest)

    def refuses(self, record: dict[str, Any]) -> str | None:
        """The sentence for a record that its shard has no throughput left for; it is counted."""
        key: Any = record.get("PartitionKey")
        shard = self.get_shard_for_key(key, record.get("ExplicitHashKey"))  # type: ignore[arg-type]
        if not isinstance(shard, Shard) or shard.takes(_size(record)):
            return None
        return (
            f"Rate exceeded for shard {shard.shard_id} in stream {self.stream_name} "
            f"under account {self.account_id}."
        )


class KinesisBackend(moto.KinesisBackend):
    """The streams of one account in one Region."""

    @property
    def _url_module(self) -> Any:
        from moto.kinesis import urls

        return urls

    def describe_stream(self, stream_arn: str | None, stream_name: str | None) -> moto.Stream:
        """A stream, with the records that are not too old."""
        stream = super().describe_stream(stream_arn, stream_name)
        if isinstance(stream, Stream):
            stream.trim()
        return stream

    def put_record(
        self,
        stream_arn: str,
        stream_name: str,
        partition_key: str,
        explicit_hash_key: str,
        data: str,
    ) -> tuple[str, str]:
        """Write a record."""
        stream = self.describe_stream(stream_arn=stream_arn, stream_name=stream_name)
        record = {
            "PartitionKey": partition_key,
            "ExplicitHashKey": explicit_hash_key,
            "Data": data,
        }
        if _size(record) > BYTES_PER_S:
            raise JsonRESTError(
                "ValidationException",
                "1 validation error detected: Value at 'data' failed to satisfy constraint: "
                "Member must have length less than or equal to 1048576",
            )
        if isinstance(stream, Stream) and (sentence := stream.refuses(record)) is not None:
            raise JsonRESTError(_TOO_MUCH, sentence)
        return super().put_record(stream_arn, stream_name, partition_key, explicit_hash_key, data)

    def put_records(
        self, stream_arn: str, stream_name: str, records: list[dict[str, Any]]
    ) -> dict[str, Any]:
        """Write records, as many as their shards take."""
        stream = self.describe_stream(stream_arn=stream_arn, stream_name=stream_name)
        sizes = [_size(record) for record in records]
        too_much = len(records) > _CALL_RECORDS or sum(sizes) > _CALL_BYTES
        if not isinstance(stream, Stream) or too_much or max(sizes, default=0) > BYTES_PER_S:
            return super().put_records(stream_arn, stream_name, records)  # moto says what is wrong
        refused = [stream.refuses(record) for record in records]
        taken = [each for each, why in zip(records, refused, strict=True) if why is None]
        told = super().put_records(stream_arn, stream_name, taken)
        written = iter(told["Records"])
        told["Records"] = [
            next(written) if why is None else {"ErrorCode": _TOO_MUCH, "ErrorMessage": why}
            for why in refused
        ]
        told["FailedRecordCount"] = len(records) - len(taken)
        return told

    def get_shard_iterator(self, *args: Any, **options: Any) -> str:
        """A place to read from, good for five minutes."""
        return _stamped(super().get_shard_iterator(*args, **options))

    def get_records(
        self, stream_arn: str | None, shard_iterator: str, limit: int | None
    ) -> tuple[str, list[moto.Record], int]:
        """Records, and the place after them."""
        place, made_at = _unstamped(shard_iterator)
        if unix_time() - made_at > ITERATOR_S:
            raise JsonRESTError(
                "ExpiredIteratorException",
                f"Iterator expired. The iterator was created at time {made_at} while right now it "
                f"is {unix_time()}, which is further in the future than the tolerated delay of "
                "300000 milliseconds.",
            )
        after, records, behind_ms = super().get_records(stream_arn, place, limit)
        return _stamped(after), records, behind_ms


def _size(record: dict[str, Any]) -> int:
    """Bytes of a record: its data, which comes as base64, and its key."""
    data = str(record.get("Data") or "").rstrip("=")
    return len(data) * 3 // 4 + len(str(record.get("PartitionKey") or "").encode())


def _stamped(iterator: str) -> str:
    plain = decode_method(iterator.encode()).decode()
    return encode_method(f"{plain}@{unix_time()}".encode()).decode().replace("\n", "")


def _unstamped(iterator: str) -> tuple[str, float]:
    """moto's iterator, and when it was made."""
    try:
        plain, _, made_at = decode_method(iterator.encode()).decode().rpartition("@")
        stream, shard, number = plain.split(":")
        return encode_method(f"{stream}:{shard}:{int(number)}".encode()).decode(), float(made_at)
    except ValueError as error:  # not base64, not text, no place
        raise InvalidArgumentError("Invalid ShardIterator.") from error
