"""What one call takes from tables and their indexes: noted while moto reads and writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from moto.dynamodb.models.dynamo_type import Item
from moto.dynamodb.models.table import GlobalSecondaryIndex, SecondaryIndex

from simulator.model.capacity import Consumed, index_write_units, read_units, write_units
from simulator.model.item_size import item_size

if TYPE_CHECKING:
    from moto.dynamodb.models.table import Table

ITEM_OVERHEAD_BYTES = 100
_open: list[Meter] = []


class Meter:
    """Adds up what one call consumes. `factor` is 2 in a transaction."""

    def __init__(self, *, factor: float = 1.0) -> None:
        self._factor = factor
        self.reading = False
        """Whether getting an item is a read, not only a look before a write."""
        self.consistent: Mapping[str, bool] = {}
        """By table, whether reads are strongly consistent; a transaction's are."""
        self.by_table: dict[str, Consumed] = {}
        self.modes: dict[str, str] = {}
        self.stored: dict[str, int] = {}
        """By table, how many bytes more than before are stored, in its indexes too."""
        self.charges: list[tuple[str, str, str, float]] = []
        """Table, Read or Write, global index or nothing, and units; one for each item or page."""

    def of(self, table: Table) -> Consumed:
        """What it took from a table so far."""
        found = self.by_table.get(table.name)
        if found is None:
            found = self.by_table[table.name] = Consumed(table.name)
            self.modes[table.name] = table.billing_mode or "PROVISIONED"
        return found

    def got(self, table: Table, item: Item | None) -> None:
        """An item was looked up by its key."""
        if self.reading:
            size = item_size(item.attrs) if item is not None else 0
            units = read_units(size, consistent=self.consistent.get(table.name, False))
            self.of(table).reads += units * self._factor
            self.charges.append((table.name, "Read", "", units * self._factor))

    def paged(self, table: Table, size: int, index: SecondaryIndex | None) -> None:
        """A query or a scan went over items of so many bytes."""
        units = read_units(size, consistent=self.consistent.get(table.name, False))
        consumed = self.of(table)
        if index is None:
            consumed.reads += units
            self.charges.append((table.name, "Read", "", units))
            return
        consumed.index_reads = True
        self._add(consumed, index, "Read", units)

    def wrote(self, table: Table, old: Item | None, new: Item | None) -> None:
        """An item was put, changed, deleted, or would have been but for its condition."""
        sizes = [item_size(item.attrs) for item in (old, new) if item is not None]
        consumed = self.of(table)
        self._write(table, write_units(max(sizes, default=0)))
        grown = stored_size(table, new) - stored_size(table, old)
        self.stored[table.name] = self.stored.get(table.name, 0) + grown
        for index in (*table.indexes, *table.global_indexes):
            before, after = _entry(index, old), _entry(index, new)
            if before == after:
                continue
            units = index_write_units(
                None if before is None else item_size(before),
                None if after is None else item_size(after),
                same_key=before is not None
                and after is not None
                and all(before[name] == after[name] for name in index.schema_key_attrs),
            )
            self._add(consumed, index, "Write", units * self._factor)

    def refused(self, table: Table, item: Item | None) -> None:
        """A condition failed: the write is paid for all the same, by the item that is there."""
        size = item_size(item.attrs) if item is not None else 0
        self._write(table, write_units(size))

    def _write(self, table: Table, units: float) -> None:
        self.of(table).writes += units * self._factor
        self.charges.append((table.name, "Write", "", units * self._factor))

    def _add(self, consumed: Consumed, index: SecondaryIndex, kind: str, units: float) -> None:
        is_global = isinstance(index, GlobalSecondaryIndex)
        by_index = consumed.global_ if is_global else consumed.local
        by_index[index.name] = by_index.get(index.name, 0.0) + units
        self.charges.append((consumed.table, kind, index.name if is_global else "", units))

    def told(self) -> list[dict[str, Any]]:
        """What the journal says of it, table by table."""
        return [
            {
                "table": name,
                "read_units": consumed.all_reads,
                "write_units": consumed.all_writes,
                "mode": self.modes[name],
                **({"stored_bytes": grown} if (grown := self.stored.get(name)) else {}),
                **({"indexes": indexes} if (indexes := consumed.local | consumed.global_) else {}),
            }
            for name, consumed in self.by_table.items()
        ]


def current() -> Meter | None:
    """The meter of the call that is being answered."""
    return _open[-1] if _open else None


@contextmanager
def metered(meter: Meter) -> Iterator[Meter]:
    """While open, `meter` is told. No call waits while it is open, so calls never mix."""
    _open.append(meter)
    try:
        yield meter
    finally:
        _open.pop()


def stored_size(table: Table, item: Item | None) -> int:
    """Bytes that an item is billed for as it lies there, in the table and its indexes.

    Source: Developer Guide, "DynamoDB item sizes and formats"; Amazon DynamoDB Pricing has 100
    bytes for each item beside its own.
    """
    if item is None:
        return 0
    entries = [_entry(index, item) for index in (*table.indexes, *table.global_indexes)]
    sizes = [item_size(entry) + ITEM_OVERHEAD_BYTES for entry in (item.attrs, *entries) if entry]
    return sum(sizes)


def _entry(index: SecondaryIndex, item: Item | None) -> dict[str, Any] | None:
    """What an index keeps of an item; None where it keeps nothing."""
    if item is None or not all(name in item.attrs for name in index.schema_key_attrs):
        return None
    kind = (index.projection or {}).get("ProjectionType")
    if kind not in ("KEYS_ONLY", "INCLUDE"):
        return dict(item.attrs)
    kept = {*index.table_key_attrs, *index.schema_key_attrs}
    if kind == "INCLUDE":
        kept |= set(index.projection.get("NonKeyAttributes", ()))
    return {name: value for name, value in item.attrs.items() if name in kept}


def consumed_capacity(
    consumed: Consumed, level: str, table: str, *, flat: bool = False, detailed: str = ""
) -> dict[str, Any]:
    """A ConsumedCapacity of the API at TOTAL or INDEXES.

    `detailed` (Read or Write) adds units of that name, as transactions do. `flat` is for tables
    that AWS does not allow: see docs/fidelity/dynamodb.md.
    """

    def units(value: float) -> dict[str, float]:
        return {
            "CapacityUnits": value,
            **({f"{detailed}CapacityUnits": value} if detailed else {}),
        }

    if flat:
        one = dict.fromkeys(consumed.local, units(1.0))
        told = {"TableName": table, **units(1.0)}
        return (
            told
            if level == "TOTAL"
            else told
            | {
                "Table": units(1.0),
                **({"LocalSecondaryIndexes": one} if one else {}),
            }
        )
    told = {"TableName": table, **units(consumed.total)}
    if level == "INDEXES":
        told["Table"] = units(consumed.table_units)
        if consumed.local:
            told["LocalSecondaryIndexes"] = {k: units(v) for k, v in consumed.local.items()}
        if consumed.global_:
            told["GlobalSecondaryIndexes"] = {k: units(v) for k, v in consumed.global_.items()}
    return told
