"""Writes that happen together or not at all, and once however often a client repeats them."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import JsonRESTError
from moto.dynamodb.comparisons import get_filter_expression
from moto.dynamodb.exceptions import (
    ConditionalCheckFailed,
    MockValidationException,
    MultipleTransactionsException,
    TooManyTransactionsException,
    TransactionCanceledException,
    TransactWriteSingleOpException,
)
from moto.dynamodb.models.dynamo_type import Item

from simulator.aws.dynamodb import metering
from simulator.model.item_size import item_size

if TYPE_CHECKING:
    from simulator.aws.dynamodb.backend import DynamoDBBackend
    from simulator.aws.dynamodb.table import Table

TOKEN_S = 600.0
_MOST, _MOST_BYTES = 100, 4 * 1024 * 1024
_OPERATIONS = ("ConditionCheck", "Put", "Delete", "Update")
_Change = tuple["Table", dict[str, Any], Item | None]


class Transactions:
    """The transactions of one account in one Region.

    Source: Developer Guide, "Amazon DynamoDB Transactions: How it works". A call happens at one
    instant here, so no two transactions ever meet: there are no conflicts.
    """

    def __init__(self, backend: DynamoDBBackend) -> None:
        self._backend = backend
        self._tokens: dict[str, tuple[float, str]] = {}
        self.token: str | None = None
        """The ClientRequestToken of the transaction that comes next."""

    def write(self, items: list[dict[str, Any]]) -> None:
        """Do all writes or none. Raises TransactionCanceledException, with a reason for each."""
        token, self.token = self.token, None
        if len(items) > _MOST:
            raise TooManyTransactionsException
        if token and self._repeated(token, items):
            self._charge_as_reads(items)
            return
        changes: list[_Change] = []
        seen: set[str] = set()
        try:
            errors = [self._attempt(item, seen, changes) for item in items]
        except (MultipleTransactionsException, MockValidationException):
            self._undo(changes)
            raise
        if any(code is not None for code, _, _ in errors):
            self._undo(changes)
            raise TransactionCanceledException(errors)
        if _size(changes) > _MOST_BYTES:
            self._undo(changes)
            raise MockValidationException(
                "The items of a transaction cannot be larger than 4 MB together"
            )
        for table, key, before in changes:
            after = table._there(key)
            if table.stream_shard is not None and (before is not None or after is not None):
                table.stream_shard.add(before, after)
            table.changed(before, after)
        if token:
            self._tokens[token] = (self._now_s + TOKEN_S, _fingerprint(items))

    @property
    def _now_s(self) -> float:
        return float(self._backend.world.env.now)

    def _repeated(self, token: str, items: list[dict[str, Any]]) -> bool:
        """Whether this very transaction was done, and its token is not yet forgotten."""
        for known, (until_s, _) in list(self._tokens.items()):
            if until_s > self._now_s:
                break
            del self._tokens[known]
        if token not in self._tokens:
            return False
        if self._tokens[token][1] != _fingerprint(items):
            raise JsonRESTError(
                "com.amazonaws.dynamodb.v20120810#IdempotentParameterMismatchException",
                "The request uses the same client token as a previous, but non-identical request. "
                "Do not reuse a client token with different requests, unless the requests are "
                "identical.",
            )
        return True

    def _charge_as_reads(self, items: list[dict[str, Any]]) -> None:
        """A repeated transaction is paid for as the reads that find it done."""
        meter = metering.current()
        if meter is None:
            return
        meter.reading = True
        for item in items:
            operation = next(iter(item.values()))
            table = self._backend.table(operation["TableName"])
            meter.consistent = {**meter.consistent, table.name: True}
            meter.got(table, table._there(operation.get("Key") or operation.get("Item") or {}))

    def _attempt(
        self, item: dict[str, Any], seen: set[str], changes: list[_Change]
    ) -> tuple[str | None, str | None, dict[str, Any] | None]:
        """Do one write; why the transaction fails, if it does by this one."""
        if len(item) > 1:
            raise TransactWriteSingleOpException
        shown: dict[str, Any] | None = None
        try:
            kind, operation = next(iter(item.items()))
            if kind not in _OPERATIONS:
                raise ValueError("Unsupported transaction operation")
            table = self._backend.table(operation["TableName"])
            key = _key_of(table, kind, operation)
            mark = json.dumps([table.name, sorted(key.items())], default=str)
            if mark in seen:
                raise MultipleTransactionsException
            seen.add(mark)
            self._backend.get_keys_value(table, key)
            before = table._there(key)
            if not _holds(operation, before):
                if operation.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" and before:
                    shown = before.to_json()["Attributes"]
                table.refused(before)
                raise ConditionalCheckFailed(item=shown)
            changes.append((table, key, copy.deepcopy(before)))
            if kind != "ConditionCheck":
                self._do(kind, operation, table, key)
        except (MultipleTransactionsException, MockValidationException):
            raise
        except ConditionalCheckFailed as error:
            return "ConditionalCheckFailed", str(error.message), shown
        except Exception as error:  # as moto tells what else may happen
            return type(error).__name__, str(error), shown
        return None, None, None

    def _do(self, kind: str, operation: dict[str, Any], table: Table, key: dict[str, Any]) -> None:
        from simulator.aws.dynamodb.backend import one_change

        with one_change(table):
            if kind == "Put":
                table.put_item(operation["Item"])
            elif kind == "Delete":
                self._backend.delete_item(table.name, key)
            else:
                self._backend.update_item(
                    table.name,
                    key,
                    update_expression=operation["UpdateExpression"],
                    expression_attribute_names=operation.get("ExpressionAttributeNames"),
                    expression_attribute_values=operation.get("ExpressionAttributeValues"),
                )

    def _undo(self, changes: list[_Change]) -> None:
        from simulator.aws.dynamodb.backend import restore

        for table, key, before in reversed(changes):
            restore(table, key, before)


def _key_of(table: Table, kind: str, operation: dict[str, Any]) -> dict[str, Any]:
    if kind != "Put":
        return dict(operation["Key"])
    item = operation["Item"]
    for name in table.table_key_attrs:
        if name not in item:
            raise MockValidationException(
                f"One or more parameter values were invalid: Missing the key {name} in the item"
            )
    return {name: item[name] for name in table.table_key_attrs}


def _holds(operation: dict[str, Any], item: Item | None) -> bool:
    condition = operation.get("ConditionExpression")
    if condition is None:
        return True
    expression = get_filter_expression(
        condition,
        operation.get("ExpressionAttributeNames"),
        operation.get("ExpressionAttributeValues"),
    )
    return bool(expression.expr(item))


def _size(changes: list[_Change]) -> int:
    """Bytes of all items that a transaction touches, each as the larger of before and after."""
    return sum(
        max(
            item_size(item.attrs) if item is not None else 0 for item in (before, table._there(key))
        )
        for table, key, before in changes
    )


def _fingerprint(items: list[dict[str, Any]]) -> str:
    return json.dumps(items, sort_keys=True, default=str)
