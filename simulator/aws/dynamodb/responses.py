"""What each call of DynamoDB takes, whether there is throughput for it, and what it tells of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import contextmanager
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult
from moto.dynamodb.exceptions import MockValidationException, TransactWriteSingleOpException
from moto.dynamodb.responses import DynamoHandler as MotoHandler
from moto.dynamodb.responses import DynamoResult

from simulator.aws.dynamodb import checks
from simulator.aws.dynamodb.backend import DynamoDBBackend
from simulator.aws.dynamodb.metering import Meter, consumed_capacity, metered
from simulator.aws.dynamodb.statement_calls import StatementCalls
from simulator.aws.dynamodb.table import Table
from simulator.model.capacity import write_units
from simulator.model.item_size import item_size

_LEVELS = ("NONE", "TOTAL", "INDEXES")
_BATCH_MAX = 25


class DynamoHandler(StatementCalls, MotoHandler):
    """Answers each call."""

    def __init__(self) -> None:
        super().__init__()
        self._told: list[dict[str, Any]] = []
        """What the call has consumed so far, for its fact; a statement may make several."""

    @property
    def dynamodb_backend(self) -> DynamoDBBackend:
        """The tables of who calls."""
        backend = super().dynamodb_backend
        assert isinstance(backend, DynamoDBBackend)
        return backend

    # ---- single items

    def put_item(self) -> ActionResult:
        """Put an item."""
        return self._one("Write", super().put_item)

    def update_item(self) -> ActionResult:
        """Change an item."""
        return self._one("Write", super().update_item)

    def delete_item(self) -> ActionResult:
        """Delete an item."""
        return self._one("Write", super().delete_item)

    def get_item(self) -> ActionResult:
        """Read an item."""
        return self._one("Read", super().get_item)

    def query(self) -> ActionResult:
        """Find items by key."""
        return self._one("Read", super().query, pages=True)

    def scan(self) -> ActionResult:
        """Go over items."""
        return self._one("Read", super().scan, pages=True)

    def _one(
        self, kind: str, act: Callable[[], ActionResult], *, pages: bool = False
    ) -> ActionResult:
        name = self.body["TableName"]
        level = self._level()
        table = self._find(name)
        checks.check_expressions(self.body)
        if table is not None:
            checks.check_against(table, self.body)
            self._admit(table, kind, self.body.get("IndexName") or "")
        meter = Meter()
        meter.reading = kind == "Read"
        if table is not None:
            meter.consistent = {table.name: bool(self.body.get("ConsistentRead"))}
        with self._charged(meter):
            result = act()
        body: Any = result.result
        body.pop("ConsumedCapacity", None)
        body.pop("ConsumedCapacityUnits", None)
        if level != "NONE" and table is not None:
            # a table with local indexes and no range key cannot be on AWS, but in moto's tests
            odd = pages and bool(table.indexes) and not table.range_key_attr
            told = consumed_capacity(meter.of(table), level, name, flat=odd)
            body["ConsumedCapacity"] = told
        return result

    # ---- batches

    def batch_get_item(self) -> ActionResult:
        """Read many items; those that there is no throughput for are left unprocessed."""
        level, wanted = self._level(), self.body["RequestItems"]
        meter = Meter()
        meter.reading = True
        tables = self._tables(wanted)
        meter.consistent = {
            table.name: bool(wanted[name].get("ConsistentRead")) for name, table in tables.items()
        }
        left = [name for name, table in tables.items() if not self._has_some(table, "Read")]
        self._refuse_if_all(wanted, left, tables)
        self.body["RequestItems"] = {k: v for k, v in wanted.items() if k not in left}
        with self._charged(meter):
            result = super().batch_get_item()
        body: Any = result.result
        body["UnprocessedKeys"].update({name: wanted[name] for name in left})
        self._note_left({tables[name].name: len(wanted[name]["Keys"]) for name in left})
        self._tell_many(body, meter, level, tables)
        return result

    def batch_write_item(self) -> ActionResult:
        """Write many items; those that there is no throughput for are left unprocessed."""
        level, wanted = self._level(), self.body["RequestItems"]
        if sum(len(requests) for requests in wanted.values()) > _BATCH_MAX:
            raise MockValidationException("Too many items requested for the BatchWriteItem call")
        if any(len(each) != 1 for requests in wanted.values() for each in requests):
            raise MockValidationException(
                "Supplied WriteRequest must have exactly one of PutRequest and DeleteRequest"
            )
        tables = self._tables(wanted)
        checks.check_batch(tables, wanted)
        done: dict[str, Any] = {}
        left: dict[str, Any] = {}
        for name, requests in wanted.items():
            count = self._writes_admitted(tables.get(name), requests)
            if requests[:count]:
                done[name] = requests[:count]
            if requests[count:]:
                left[name] = requests[count:]
        if wanted and not done:
            self._refuse_if_all(wanted, list(left), tables)
        self.body["RequestItems"] = done
        meter = Meter()
        with self._charged(meter):
            result = super().batch_write_item()
        body: Any = result.result
        body["UnprocessedItems"] = left
        self._note_left({tables[name].name: len(requests) for name, requests in left.items()})
        self._tell_many(body, meter, level, tables)
        return result

    def _note_left(self, left: Mapping[str, int]) -> None:
        """Write down how many requests there was no throughput for, by table."""
        if left:
            throttled = [{"table": name, "requests": count} for name, count in left.items()]
            self.dynamodb_backend.note(throttled=throttled)

    def _writes_admitted(self, table: Table | None, requests: list[Any]) -> int:
        """How many of a table's requests there is throughput for, by their own sizes."""
        throughput = table.throughput_for("Write") if table is not None else None
        if table is None or throughput is None:
            return len(requests)
        now_s = float(self.dynamodb_backend.world.env.now)
        taken, count = 0.0, 0
        for request in requests:
            throughput.take(taken, now_s)
            admitted = throughput.admits(now_s)
            throughput.take(-taken, now_s)
            if not admitted:
                break
            item = (request.get("PutRequest") or {}).get("Item")
            units = write_units(item_size(item)) if item else 1.0
            taken += table.weight(throughput, units)
            count += 1
        return count

    # ---- transactions

    def transact_get_items(self) -> ActionResult:
        """Read many items at one instant."""
        return self._transaction("Read", super().transact_get_items)

    def transact_write_items(self) -> ActionResult:
        """Do many writes or none."""
        return self._transaction("Write", super().transact_write_items)

    def _transaction(self, kind: str, act: Callable[[], ActionResult]) -> ActionResult:
        level = self._level()
        if any(len(item) == 0 for item in self.body["TransactItems"]):
            raise TransactWriteSingleOpException
        operations = [each for item in self.body["TransactItems"] for each in item.values()]
        tables = self._tables(operation["TableName"] for operation in operations)
        for operation in operations:
            checks.check_operation(tables.get(operation["TableName"]), operation)
        for table in tables.values():
            self._admit(table, kind)
        meter = Meter(factor=2.0)
        meter.reading = kind == "Read"
        meter.consistent = {table.name: True for table in tables.values()}
        self.dynamodb_backend.transactions.token = self.body.get("ClientRequestToken")
        with self._charged(meter):
            result = act()
        body: Any = result.result
        self._tell_many(body, meter, level, tables, detailed=True)
        return result

    # ---- tables

    def update_table(self) -> ActionResult:
        """Change a table. Replicas in other Regions are not built, and not passed over."""
        if self.body.get("ReplicaUpdates") or self.body.get("MultiRegionConsistency"):
            raise NotImplementedError("replicas in other Regions (ReplicaUpdates)")
        return super().update_table()

    # ---- recovery

    def export_table_to_point_in_time(self) -> ActionResult:
        """Export a table to S3; without a prefix, to the top of the bucket."""
        self.body.setdefault("S3Prefix", "")
        return super().export_table_to_point_in_time()

    def restore_table_to_point_in_time(self) -> ActionResult:
        """Make a table of what another was; moto's, of what it is, where no instant is wanted."""
        wanted = self.body.get("RestoreDateTime")
        if wanted is None and not self.body.get("UseLatestRestorableTime"):
            return super().restore_table_to_point_in_time()
        target, source = (str(self.body.get(f"{kind}TableName")) for kind in ("Target", "Source"))
        made = self.dynamodb_backend.restore_as_of(target, source, wanted)
        return DynamoResult(made.describe())

    # ---- for all

    def _level(self) -> str:
        level = str(self.body.get("ReturnConsumedCapacity", "NONE"))
        if level not in _LEVELS:
            raise MockValidationException(
                f"1 validation error detected: Value '{level}' at 'returnConsumedCapacity' failed "
                "to satisfy constraint: Member must satisfy enum value set: [INDEXES, TOTAL, NONE]"
            )
        return level

    def _find(self, name: str) -> Table | None:
        """A table, if it is there: moto tells what is wrong with one that is not."""
        try:
            return self.dynamodb_backend.table(name)
        except JsonRESTError:
            return None

    def _tables(self, names: Iterable[str]) -> dict[str, Table]:
        found = {name: self._find(name) for name in names}
        return {name: table for name, table in found.items() if table is not None}

    @contextmanager
    def _charged(self, meter: Meter) -> Any:
        """While open, `meter` runs; then, however it ended, its units are taken and told."""
        try:
            with metered(meter):
                yield
        finally:
            for name, kind, index, units in meter.charges:
                table = self.dynamodb_backend.tables.get(name)
                if isinstance(table, Table):
                    table.take(kind, index, units)
            self._told += meter.told()
            if self._told:
                self.dynamodb_backend.note(consumed=self._told)

    def _has_some(self, table: Table, kind: str, index: str = "") -> bool:
        throughput = table.throughput_for(kind, index)
        return throughput is None or throughput.admits(float(table.world.env.now))

    def _admit(self, table: Table, kind: str, index: str = "") -> None:
        """Raises the error of a table, or of an index that a write has to reach, without units."""
        indexes = [each.name for each in table.global_indexes] if kind == "Write" else [index]
        if kind == "Write":
            indexes.append("")
        for name in indexes:
            if not self._has_some(table, kind, name):
                raise _too_much(table, name)

    def _refuse_if_all(
        self, wanted: Mapping[str, Any], left: list[str], tables: Mapping[str, Table]
    ) -> None:
        if wanted and len(left) == len(wanted):
            raise _too_much(tables[left[0]], "")

    def _tell_many(
        self,
        body: dict[str, Any],
        meter: Meter,
        level: str,
        tables: Mapping[str, Table],
        *,
        detailed: bool = False,
    ) -> None:
        body.pop("ConsumedCapacity", None)
        if level == "NONE":
            return
        told = []
        for name, table in tables.items():
            consumed = meter.by_table.get(table.name)
            if consumed is not None:
                side = "Write" if consumed.writes else "Read"
                told.append(
                    consumed_capacity(consumed, level, name, detailed=side if detailed else "")
                )
        body["ConsumedCapacity"] = told


def _too_much(table: Table, index: str) -> JsonRESTError:
    if table.billing_mode == "PAY_PER_REQUEST":
        return JsonRESTError(
            "com.amazonaws.dynamodb.v20120810#ThrottlingException",
            "Throughput exceeds the current capacity of your table or index. DynamoDB is "
            "automatically scaling your table or index so please try again shortly.",
        )
    what = "for one or more global secondary indexes of the table" if index else "for the table"
    return JsonRESTError(
        "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
        f"The level of configured provisioned throughput {what} was exceeded. Consider increasing "
        "your provisioning level with the UpdateTable API.",
    )
