"""The calls that take PartiQL statements: one, a batch, a transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult
from moto.dynamodb.exceptions import MockValidationException
from moto.dynamodb.responses import DynamoResult

from simulator.aws.dynamodb import statements

if TYPE_CHECKING:
    from simulator.aws.dynamodb.table import Table

_OPERATIONS = {
    "put_item": "Put",
    "update_item": "Update",
    "delete_item": "Delete",
    "exists_item": "ConditionCheck",
}
"""A call's operation in a transaction; EXISTS has no call of its own."""


class StatementCalls:
    """A part of the handler of DynamoDB's calls."""

    if TYPE_CHECKING:
        body: dict[str, Any]

        def _level(self) -> str: ...
        def _find(self, name: str) -> Table | None: ...

    def execute_statement(self) -> ActionResult:
        """Run a statement."""
        said = self.body
        return DynamoResult(self._runner.run(statements.read(said), said))

    def batch_execute_statement(self) -> ActionResult:
        """Run statements, each by itself; what is wrong with one is told in its place."""
        said, level = self.body, self._level()
        told: list[dict[str, Any]] = []
        consumed: list[dict[str, Any]] = []
        for each in said["Statements"]:
            options = {**each, "ReturnConsumedCapacity": level}
            told.append(self._one_of_batch(options, consumed))
        capacity = {"ConsumedCapacity": consumed} if consumed else {}
        return DynamoResult({"Responses": told, **capacity})

    def _one_of_batch(self, said: dict[str, Any], consumed: list[dict[str, Any]]) -> dict[str, Any]:
        named: dict[str, Any] = {}
        try:
            statement = statements.read(said)
            table = self._runner.table_of(statement)
            named["TableName"] = table.name
            if statement.kind == "select" and self._runner.key(table, statement) is None:
                raise MockValidationException(
                    "Select statements within BatchExecuteStatement must specify the primary key "
                    "in the where clause."
                )
            answer = self._runner.run(statement, said)
        except JsonRESTError as error:
            code = statements.code_of(error).removesuffix("Exception")
            code = "ValidationError" if code == "Validation" else code
            return {"Error": {"Code": code, "Message": error.message}, **named}
        if "ConsumedCapacity" in answer:
            consumed.append(answer["ConsumedCapacity"])
        return {**named, **({"Item": answer["Items"][0]} if answer["Items"] else {})}

    def execute_transaction(self) -> ActionResult:
        """Run statements at one instant: all of them read, or all write."""
        said = self.body
        read = [statements.read(each) for each in said["TransactStatements"]]
        reads = [statement.kind == "select" for statement in read]
        if any(reads) and not all(reads):
            raise MockValidationException(
                "A transaction's statements must all be reads, or all be writes"
            )
        runner, level = self._runner, said.get("ReturnConsumedCapacity", "NONE")
        tables = [runner.table_of(statement) for statement in read]
        if all(reads):
            pairs = list(zip(tables, read, strict=True))
            if any(runner.key(*pair) is None for pair in pairs):  # in moto's public tests only
                found = [item for each in read for item in runner.run(each, {})["Items"]]
                return DynamoResult({"Responses": [{"Item": item} for item in found]})
            gets = [{"Get": runner.get(*pair)} for pair in pairs]
            return DynamoResult(
                self._act(
                    "transact_get_items",
                    {"TransactItems": gets, "ReturnConsumedCapacity": level},
                )
            )
        items = []
        for table, statement in zip(tables, read, strict=True):
            name, body = runner.write(table, statement)
            items.append({_OPERATIONS[name]: body})
        options = {"TransactItems": items, "ReturnConsumedCapacity": level}
        if said.get("ClientRequestToken"):
            options["ClientRequestToken"] = said["ClientRequestToken"]
        told = self._act("transact_write_items", options)
        told.pop("ItemCollectionMetrics", None)
        return DynamoResult({"Responses": [{} for _ in items], **told})

    @property
    def _runner(self) -> statements.Runner:
        return statements.Runner(self._find, self._act)

    def _act(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        """Make another call in the course of this one."""
        before, self.body = self.body, body
        try:
            result: Any = getattr(self, name)().result
            return dict(result)
        finally:
            self.body = before
