"""A table that measures what is read and written, knows its throughput and lets items expire."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakKeyDictionary

from moto.dynamodb.exceptions import ConditionalCheckFailed
from moto.dynamodb.models import table as moto
from moto.dynamodb.models.dynamo_type import DynamoType, Item

from simulator.aws.dynamodb import metering, recovery
from simulator.aws.dynamodb.recovery import History
from simulator.aws.dynamodb.streams import BY_TTL, Shard
from simulator.model.capacity import (
    BURST_S,
    ON_DEMAND_READS,
    ON_DEMAND_WRITES,
    OnDemand,
    Throughput,
)
from simulator.model.expiry import Expiry
from simulator.model.item_size import item_size
from simulator.model.latency import NONE

if TYPE_CHECKING:
    from simulator.world import World

FIRST_LAG_S, LAST_LAG_S = 600.0, 48 * 3_600.0
"""How long after its time an item is deleted, at least and at most; in between by the seed. AWS
says within a few days (Developer Guide, "Using time to live (TTL) in DynamoDB")."""
_OLDEST_S = 5 * 365.25 * 86_400
"""What expired longer ago than five years stays."""
_QUERY = (
    *("hash_key", "range_comparison", "range_objs", "limit", "exclusive_start_key"),
    *("scan_index_forward", "projection_expressions", "index_name", "consistent_read"),
    "filter_expression",
)
_SCAN = (
    *("filters", "limit", "exclusive_start_key", "filter_expression", "index_name"),
    *("consistent_read", "projection_expression"),
)
"""moto's parameters, in their order."""

Key = tuple[DynamoType, DynamoType | None]
_Left = WeakKeyDictionary["Table", dict[tuple[str, str], Throughput]]


class Live:
    """What of a table goes on in time, and does not go into a backup."""

    def __init__(self) -> None:
        self.past_shards: list[Shard] = []
        self.expiry: Expiry | None = None
        self.history = History()
        self.due: dict[Key, float] = {}
        """When each item that expires does, by its own attribute."""

    def __deepcopy__(self, _: Any) -> Live:
        return Live()


class Table(moto.Table):
    """One table."""

    world: ClassVar[World]
    _left: ClassVar[_Left] = WeakKeyDictionary()
    """What throughput is left: not a thing that a table holds, for asking whether there is any
    leaves the table as it was."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self.live = Live()
        super().__init__(*args, **options)

    def describe(self, base_key: str = "TableDescription") -> dict[str, Any]:
        """What the API tells of the table, its size as it is (AWS: of the last six hours)."""
        told = super().describe(base_key)
        told[base_key]["TableSizeBytes"] = sum(item_size(item.attrs) for item in self.all_items())
        return told

    # ---- streams

    def set_stream_specification(self, streams: dict[str, Any] | None) -> None:
        """Switch the stream on or off; one that was on can be read for another day."""
        shard = self.__dict__.get("stream_shard")
        super().set_stream_specification(streams)
        if self.stream_specification == {"StreamEnabled": False}:
            if isinstance(shard, Shard):
                shard.ended_at = self.world.clock.unix_s
                self.live.past_shards.append(shard)
            self.stream_shard = None
        elif isinstance(self.stream_shard, Shard):
            self.latest_stream_label = f"{self.world.clock.instant:%Y-%m-%dT%H:%M:%S.%f}"[:-3]
            self.stream_shard.label = self.latest_stream_label

    # ---- reads and writes, measured

    def put_item(self, item_attrs: dict[str, Any], *args: Any, **options: Any) -> Item:
        """Put an item in place of what may be there."""
        before = self._there(item_attrs)
        try:
            item = super().put_item(item_attrs, *args, **options)
        except ConditionalCheckFailed:
            self.refused(before)
            raise
        self.changed(before, item)
        return item

    def delete_item(self, hash_key: DynamoType, range_key: DynamoType | None) -> Item | None:
        """Delete an item, if it is there."""
        item = super().delete_item(hash_key, range_key)
        if self.range_key_attr and not self.items.get(hash_key, True):
            del self.items[hash_key]  # moto leaves an empty partition behind
        self.changed(item, None)
        return item

    def query(self, *args: Any, **options: Any) -> Any:
        """Find items by their key; what a filter takes away is read, and counted, all the same."""
        given = {**dict(zip(_QUERY, args, strict=False)), **options}
        condition = given.pop("filter_expression", None)
        projection = given.pop("projection_expressions", None)
        found, scanned, last = super().query(**given, projection_expressions=None)
        return self._page(found, condition, projection, given.get("index_name")), scanned, last

    def scan(self, *args: Any, **options: Any) -> Any:
        """Go over items; what a filter takes away is read, and counted, all the same."""
        given = {**dict(zip(_SCAN, args, strict=False)), **options}
        condition = given.pop("filter_expression", None)
        projection = given.pop("projection_expression", None)
        found, scanned, last = super().scan(**given)
        return self._page(found, condition, projection, given.get("index_name")), scanned, last

    def _page(
        self, found: list[Item], condition: Any, projection: Any, index_name: str | None
    ) -> list[Item]:
        meter = metering.current()
        if meter is not None:
            index = self.get_index(index_name) if index_name else None
            meter.paged(self, sum(item_size(item.attrs) for item in found), index)
        if condition is not None:
            found = [item for item in found if condition.expr(item)]
        return [item.project(projection) for item in found] if projection else found

    def _there(self, attributes: dict[str, Any]) -> Item | None:
        """The item of this key, if there is one; nothing for what is no key."""
        names = self.table_key_attrs
        if any(not isinstance(attributes.get(name), dict) for name in names):
            return None
        try:
            keys = [DynamoType(attributes[name]) for name in names]
            return self.get_item(keys[0], keys[1] if len(keys) > 1 else None)
        except (ArithmeticError, IndexError, TypeError):
            return None  # moto says what is wrong with it

    def refused(self, item: Item | None) -> None:
        """A write failed its condition."""
        meter = metering.current()
        if meter is not None:
            meter.refused(self, item)

    def changed(self, old: Item | None, new: Item | None) -> None:
        """An item was written: measure it, and see when it expires."""
        meter = metering.current()
        if meter is not None:
            meter.wrote(self, old, new)
        self.remember(old, new)
        self.watch(old, new)

    def remember(self, old: Item | None, new: Item | None) -> None:
        """Keep a change, where the table can be restored to what it was."""
        item = new or old
        if item is not None and recovery.is_on(self):
            key = (item.hash_key, item.range_key)
            self.live.history.add(key, old, recovery.kept_s(self))

    def stored_bytes(self) -> int:
        """Bytes that are billed as storage, in the table and its indexes."""
        return sum(metering.stored_size(self, item) for item in self.all_items())

    def as_of(self, at: float) -> list[Item]:
        """The items as they were at an instant, seconds since 1970."""
        return self.live.history.undone(self.all_items(), at)

    # ---- throughput

    def throughput_for(self, kind: str, index: str = "") -> Throughput | None:
        """What there is for Read or Write, of the table or of a global index; None: no limit."""
        env_s = float(self.world.env.now)
        owner: Any = self
        if index:
            owner = next((each for each in self.global_indexes if each.name == index), None)
            if owner is None:
                return self.throughput_for(kind)  # a local index shares its table's
        left = self._left.setdefault(self, {})
        known = left.get((kind, index))
        if self.billing_mode == "PAY_PER_REQUEST":
            if not isinstance(known, OnDemand):
                first = ON_DEMAND_READS if kind == "Read" else ON_DEMAND_WRITES
                known = left[kind, index] = OnDemand(first, env_s)
            return known
        per_s = float((owner.throughput or {}).get(f"{kind}CapacityUnits") or 0)
        if per_s <= 0:
            return None
        if known is None or isinstance(known, OnDemand):
            known = left[kind, index] = Throughput(per_s, BURST_S, env_s)
        elif known.per_s != per_s:
            known.change(per_s, env_s)
        return known

    def take(self, kind: str, index: str, units: float) -> None:
        """Take units, of a global index or of the table, from what there is."""
        throughput = self.throughput_for(kind, index)
        if throughput is not None and units:
            throughput.take(self.weight(throughput, units), float(self.world.env.now))

    def weight(self, throughput: Throughput, units: float) -> float:
        """How much of its throughput an item of so many units takes.

        Outside the traffic profiles nobody is ruined by one large item: a second's throughput at
        most. moto's public tests put 29,000 units into a table that has 5 a second.
        """
        lenient = self.world.cloud.gateway.traffic.profile == NONE
        return min(units, throughput.per_s) if lenient else units

    # ---- time to live

    def expire(self) -> None:
        """Let items expire by the attribute that `ttl` names, or no longer."""
        if self.live.expiry is not None:
            self.live.expiry.clear()
            self.live.due.clear()
            self.live.expiry = None
        if self.ttl.get("TimeToLiveStatus") == "ENABLED":
            self.live.expiry = Expiry(self.world.env, self._end)  # type: ignore[arg-type]
            for item in self.all_items():
                self.watch(None, item)

    def watch(self, old: Item | None, new: Item | None) -> None:
        """Take note of when an item that was written expires."""
        expiry, item = self.live.expiry, new or old
        if expiry is None or item is None:
            return
        key, due_s = (item.hash_key, item.range_key), self._expires_s(new)
        if due_s is None:
            expiry.drop(key)
            self.live.due.pop(key, None)
        elif self.live.due.get(key) != due_s:
            self.live.due[key] = due_s
            lag_s = self.world.streams["dynamodb-ttl"].uniform(FIRST_LAG_S, LAST_LAG_S)
            expiry.put(key, max(due_s, float(self.world.env.now)) + lag_s)

    def _expires_s(self, item: Item | None) -> float | None:
        """When an item's time is over, in seconds since the start; None: never."""
        value = item.attrs.get(self.ttl["AttributeName"]) if item is not None else None
        if value is None or value.type != "N":
            return None
        try:
            unix_s = float(Decimal(value.value))
        except (InvalidOperation, OverflowError):
            return None
        if unix_s < self.world.clock.unix_s - _OLDEST_S:
            return None
        return unix_s - self.world.clock.start.timestamp()

    def _end(self, key: Key) -> None:
        hash_key, range_key = key
        self.live.due.pop(key, None)
        there = self.get_item(hash_key, range_key)
        if there is None or self._backend_table() is not self:
            return
        self.remember(there, None)
        shard = self.stream_shard
        if isinstance(shard, Shard):
            with shard.mute():
                item = super().delete_item(hash_key, range_key)
            shard.add(item, None, BY_TTL)
        else:
            super().delete_item(hash_key, range_key)
        keys = {self.hash_key_attr: hash_key.to_regular_json()}
        if self.range_key_attr and range_key is not None:
            keys[self.range_key_attr] = range_key.to_regular_json()
        self.world.record(
            "dynamodb.expired",
            "dynamodb",
            table=self.name,
            key=keys,
            account=self.account_id,
            region=self.region_name,
            stored_bytes=-metering.stored_size(self, there),
        )

    def _backend_table(self) -> moto.Table | None:
        """The table of this name as the API sees it: another, or none, once it was deleted."""
        from moto.dynamodb.models import dynamodb_backends

        return dynamodb_backends[self.account_id][self.region_name].tables.get(self.name)


class RestoredTable(moto.RestoredTable, Table):
    """A table made from a backup."""


class RestoredPITTable(moto.RestoredPITTable, Table):
    """A table made from another as it is."""
