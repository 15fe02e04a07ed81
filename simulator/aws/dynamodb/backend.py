"""moto's DynamoDB with writes that are whole or not at all, and their one record in the stream."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from moto.core.exceptions import JsonRESTError
from moto.dynamodb import models as moto
from moto.dynamodb.exceptions import ConditionalCheckFailed, StreamAlreadyEnabledException
from moto.dynamodb.models.dynamo_type import Item
from moto.dynamodb.models.table import Table as MotoTable

from simulator.aws.dynamodb import metering, recovery
from simulator.aws.dynamodb.streams import Shard
from simulator.aws.dynamodb.table import RestoredPITTable, RestoredTable, Table
from simulator.aws.dynamodb.transactions import Transactions

if TYPE_CHECKING:
    from simulator.world import World


class DynamoDBBackend(moto.DynamoDBBackend):
    """The tables of one account in one Region."""

    world: ClassVar[World]
    note: ClassVar[Callable[..., None]]
    """Adds to the journal's fact of the call that is being answered."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.transactions = Transactions(self)

    @property
    def _url_module(self) -> Any:
        from simulator.aws.dynamodb import urls  # its responses reach this module

        return urls

    def table(self, name: str) -> Table:
        """The table with this name or ARN. Raises ResourceNotFoundException."""
        table = self.get_table(name)
        assert isinstance(table, Table)
        return table

    def get_item(
        self,
        table_name: str,
        keys: dict[str, Any],
        projection_expressions: list[list[str]] | None = None,
    ) -> Item | None:
        """An item by its key; the whole item counts, whatever of it is asked for."""
        item = super().get_item(table_name, keys)
        meter = metering.current()
        if meter is not None:
            meter.got(self.get_table(table_name), item)
        if item is not None and projection_expressions:
            return item.project(projection_expressions)
        return item

    def update_item(self, table_name: str, key: dict[str, Any], *args: Any, **options: Any) -> Item:
        """Change an item, or make it: in one step, so that what fails has changed nothing."""
        table = self.table(table_name)
        before = copy.deepcopy(table._there(key))
        try:
            with one_change(table):
                item = super().update_item(table_name, key, *args, **options)
        except ConditionalCheckFailed:
            table.refused(before)
            raise
        except Exception:
            restore(table, key, before)
            raise
        if table.stream_shard is not None:
            table.stream_shard.add(before, item)
        table.changed(before, item)
        return item

    def delete_item(
        self, table_name: str, key: dict[str, Any], *args: Any, **options: Any
    ) -> Item | None:
        """Delete an item if it is there and its condition holds."""
        try:
            return super().delete_item(table_name, key, *args, **options)
        except ConditionalCheckFailed:
            table = self.table(table_name)
            table.refused(table._there(key))
            raise

    def transact_write_items(self, transact_items: list[dict[str, Any]]) -> None:
        """Do all of these writes, or none."""
        self.transactions.write(transact_items)

    def update_table_streams(self, table: MotoTable, stream_specification: dict[str, Any]) -> None:
        """Switch a table's stream on or off."""
        enable = stream_specification.get("StreamEnabled") or stream_specification.get(
            "StreamViewType"
        )
        if enable and table.stream_shard is not None:
            raise StreamAlreadyEnabledException
        if not enable and table.stream_shard is None:
            told = f"Table is already disabled for streams: TableName: {table.name}"
            raise JsonRESTError("ValidationException", told)
        table.set_stream_specification(stream_specification)

    def update_time_to_live(self, table_name: str, ttl_spec: dict[str, Any]) -> None:
        """Let items expire by an attribute, or no longer."""
        if table_name in self.tables and "Enabled" in ttl_spec:
            on = self.tables[table_name].ttl["TimeToLiveStatus"] == "ENABLED"
            if on == bool(ttl_spec["Enabled"]):
                told = f"TimeToLive is already {'enabled' if on else 'disabled'}"
                raise JsonRESTError("ValidationException", told)
        super().update_time_to_live(table_name, ttl_spec)
        self.table(table_name).expire()

    def describe_continuous_backups(self, table_name: str) -> dict[str, Any]:
        """What can be restored at this instant."""
        told = super().describe_continuous_backups(table_name)
        table = self.tables.get(table_name)
        return recovery.described(table) if isinstance(table, Table) else told

    def update_continuous_backups(
        self, table_name: str, point_in_time_spec: dict[str, Any]
    ) -> dict[str, Any]:
        """Switch point-in-time recovery on or off: off, what was kept is forgotten."""
        super().update_continuous_backups(table_name, point_in_time_spec)
        table = self.table(table_name)
        if not recovery.is_on(table):
            table.live.history.clear()
        return recovery.described(table)

    def restore_as_of(self, target: str, source: str, wanted: Any) -> MotoTable:
        """Make a table of what another was at an instant; None wants the latest there is."""
        found = self.tables.get(source)
        at = recovery.instant(found, wanted) if isinstance(found, Table) else 0.0
        made = self.restore_table_to_point_in_time(target, source)
        assert isinstance(found, Table)
        made.items.clear()
        for item in found.as_of(at):
            if item.range_key is not None:
                made.items[item.hash_key][item.range_key] = item
            else:
                made.items[item.hash_key] = item  # type: ignore[assignment]
        self._weigh(made)
        return made

    def restore_table_from_backup(self, target_table_name: str, backup_arn: str) -> RestoredTable:
        """Make a table of a backup."""
        made = super().restore_table_from_backup(target_table_name, backup_arn)
        self._weigh(made)
        return made  # type: ignore[return-value]  # ours is of our table, too

    def restore_table_to_point_in_time(
        self, target_table_name: str, source_table_name: str
    ) -> RestoredPITTable:
        """Make a table of another as it is."""
        made = super().restore_table_to_point_in_time(target_table_name, source_table_name)
        self._weigh(made)
        return made  # type: ignore[return-value]

    def _weigh(self, table: MotoTable) -> None:
        """Say in the fact of the call what a table stores that no write has told of."""
        assert isinstance(table, Table)
        self.note(table=table.name, table_bytes=table.stored_bytes())

    def update_table(self, name: str, *args: Any, **options: Any) -> MotoTable:
        """Change a table. On demand it has no provisioned throughput; the other way it needs it."""
        table = self.table(name)
        mode, throughput = options.get("billing_mode"), options.get("throughput")
        if mode == "PROVISIONED" and table.billing_mode == "PAY_PER_REQUEST" and not throughput:
            raise JsonRESTError(
                "ValidationException",
                "One or more parameter values were invalid: ReadCapacityUnits and "
                "WriteCapacityUnits must both be specified when BillingMode is PROVISIONED",
            )
        changed = super().update_table(name, *args, **options)
        if mode == "PAY_PER_REQUEST":
            none = {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0, "NumberOfDecreasesToday": 0}
            changed.throughput = dict(none)
            for index in changed.global_indexes:
                index.throughput = {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0}
        if options.get("global_index"):
            self._weigh(changed)
        return changed


@contextmanager
def one_change(table: Table) -> Iterator[None]:
    """While open, what moto does to a table leaves neither records nor marks on the meter."""
    shard = table.stream_shard
    with metering.metered(metering.Meter()):
        if isinstance(shard, Shard):
            with shard.mute():
                yield
        else:
            yield


def restore(table: Table, key: dict[str, Any], before: Item | None) -> None:
    """Put the item of a key back to what it was."""
    if before is None:
        there = table._there(key)
        if there is not None:
            with one_change(table):
                table.delete_item(there.hash_key, there.range_key)
        return
    if before.range_key is not None:
        table.items[before.hash_key][before.range_key] = before
    else:
        table.items[before.hash_key] = before  # type: ignore[assignment]
    table.watch(None, before)
