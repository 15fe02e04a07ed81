"""PartiQL statements carried out by the calls that do the same, and charged as these are."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import JsonRESTError
from moto.dynamodb.exceptions import MockValidationException, ResourceNotFoundException

from simulator.aws.dynamodb.partiql import parse
from simulator.aws.dynamodb.partiql_terms import (
    Call,
    Malformed,
    Mismatched,
    Path,
    Statement,
    Test,
    Value,
    conjuncts,
)

if TYPE_CHECKING:
    from simulator.aws.dynamodb.table import Table

Body = dict[str, Any]
Act = Callable[[str, Body], Body]
"""A call of DynamoDB's by its name in Python, with its parameters; what it answers."""
_KEY_NEEDED = "Where clause does not contain a mandatory equality on all key attributes"
_SETS = {"set_add": "ADD", "set_delete": "DELETE"}
_SORT_TESTS = ("=", "<", "<=", ">", ">=")


class Expressions:
    """Conditions and paths as expressions of the API, with their placeholders."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._values: dict[str, Value] = {}

    def into(self, body: Body) -> Body:
        """The parameters with what the placeholders stand for."""
        if self._names:
            body["ExpressionAttributeNames"] = {mark: name for name, mark in self._names.items()}
        if self._values:
            body["ExpressionAttributeValues"] = self._values
        return body

    def operand(self, operand: Any) -> str:
        """A path, a value, a function or a sum."""
        if isinstance(operand, Path):
            return self.path(operand)
        if isinstance(operand, Call):
            inner = [self.operand(each) for each in operand.arguments]
            if operand.name in "+-":
                return f" {operand.name} ".join(inner)
            return f"{operand.name}({', '.join(inner)})"
        mark = f":v{len(self._values)}"
        self._values[mark] = operand
        return mark

    def path(self, path: Path) -> str:
        """An attribute, or what lies in it."""
        told = ""
        for part in path.parts:
            if isinstance(part, int):
                told += f"[{part}]"
            else:
                mark = self._names.setdefault(part, f"#n{len(self._names)}")
                told += f".{mark}" if told else mark
        return told

    def all_of(self, tests: list[Any]) -> str:
        """A condition of which every part has to hold."""
        return " AND ".join(self.test(test) for test in tests)

    def test(self, test: Any) -> str:
        """One condition."""
        if isinstance(test, Call):
            return self.operand(test)
        kind, of = test
        if kind in ("and", "or"):
            return "(" + f" {kind.upper()} ".join(self.test(each) for each in of) + ")"
        if kind == "not":
            return f"(NOT {self.test(of[0])})"
        if kind == "compare":
            sign, left, right = of
            return f"{self.operand(left)} {sign} {self.operand(right)}"
        if kind == "in":
            return f"{self.operand(of[0])} IN ({', '.join(self.operand(each) for each in of[1])})"
        if kind == "between":
            left, low, high = (self.operand(each) for each in of)
            return f"{left} BETWEEN {low} AND {high}"
        if kind == "missing":
            return f"attribute_not_exists({self.operand(of[0])})"
        return f"attribute_type({self.operand(of[0])}, {self.operand({'S': 'NULL'})})"


def read(said: Mapping[str, Any]) -> Statement:
    """A statement of a request, with its parameters put in."""
    try:
        return parse(str(said.get("Statement", "")), said.get("Parameters") or ())
    except Mismatched as error:
        told = "Number of parameters in request and statement don't match."
        raise MockValidationException(told) from error
    except (Malformed, RecursionError) as error:
        told = f"Statement wasn't well formed, can't be processed: {error}"
        raise MockValidationException(told) from error


class Runner:
    """Carries statements out. `find` gives a table by its name, `act` makes a call."""

    def __init__(self, find: Callable[[str], Table | None], act: Act) -> None:
        self._find = find
        self._act = act

    def table_of(self, statement: Statement) -> Table:
        """The table that a statement names. Raises what AWS does where there is none."""
        table = self._find(statement.table)
        if table is None:
            raise ResourceNotFoundException
        known = [index.name for index in table.all_indexes()]
        if statement.index is not None and statement.index not in known:
            raise MockValidationException("The table does not have the specified index")
        return table

    def run(self, statement: Statement, said: Mapping[str, Any]) -> Body:
        """Items, and where there are more; said: Limit, NextToken, ConsistentRead and what to
        tell of the capacity."""
        table = self.table_of(statement)
        options = {"ReturnConsumedCapacity": said.get("ReturnConsumedCapacity", "NONE")}
        if statement.kind == "select":
            return self._select(table, statement, said, options)
        if statement.kind == "delete" and self.key(table, statement) is None:
            return self._delete_all(table, statement, options)
        name, body = self.write(table, statement)
        if statement.returning:
            body["ReturnValues"] = statement.returning
        try:
            told = self._act(name, {**body, **options})
        except JsonRESTError as error:
            if statement.kind == "insert" and code_of(error) == "ConditionalCheckFailedException":
                raise JsonRESTError(
                    "com.amazonaws.dynamodb.v20120810#DuplicateItemException",
                    "Duplicate primary key exists in table",
                ) from error
            raise
        items = [told["Attributes"]] if told.get("Attributes") else []
        return _with_capacity({"Items": items}, told)

    def key(self, table: Table, statement: Statement) -> dict[str, Value] | None:
        """The key that a statement's conditions name; None where they do not."""
        found = _equal_to(conjuncts(statement.where))
        names = table.table_key_attrs
        return {n: found[n] for n in names} if all(n in found for n in names) else None

    def write(self, table: Table, statement: Statement) -> tuple[str, Body]:
        """The call that does what a statement that writes asks for, and its parameters."""
        expressions = Expressions()
        body: Body = {"TableName": table.name}
        hash_key = Path((str(table.hash_key_attr),))
        if statement.kind == "insert":
            condition = expressions.test(Test("missing", (hash_key,)))
            body |= {"Item": statement.item, "ConditionExpression": condition}
            return "put_item", expressions.into(body)
        key = self.key(table, statement)
        if key is None:
            raise MockValidationException(_KEY_NEEDED)
        rest = [test for test in conjuncts(statement.where) if not _names_key(test, key)]
        body["Key"] = key
        if statement.kind == "update":
            body["UpdateExpression"] = _changes(statement, expressions)
        if statement.kind != "delete":  # the item has to be there
            rest = [Test("not", (Test("missing", (hash_key,)),)), *rest]
        if rest:
            body["ConditionExpression"] = expressions.all_of(rest)
        return f"{statement.kind}_item", expressions.into(body)

    def get(self, table: Table, statement: Statement) -> Body:
        """The parameters that get the one item a statement selects by its key."""
        expressions = Expressions()
        body: Body = {"TableName": table.name, "Key": self.key(table, statement)}
        if statement.paths:
            paths = [expressions.path(path) for path in statement.paths]
            body["ProjectionExpression"] = ", ".join(paths)
        return expressions.into(body)

    def _select(
        self, table: Table, statement: Statement, said: Mapping[str, Any], options: Body
    ) -> Body:
        expressions, tests = Expressions(), conjuncts(statement.where)
        body: Body = {"TableName": table.name, **options}
        if statement.index is not None:
            body["IndexName"] = statement.index
        for name in ("Limit", "ConsistentRead"):
            if said.get(name) is not None:
                body[name] = said[name]
        if said.get("NextToken"):
            body["ExclusiveStartKey"] = _start(str(said["NextToken"]))
        if statement.paths:
            paths = [expressions.path(path) for path in statement.paths]
            body["ProjectionExpression"] = ", ".join(paths)
        keys, rest = _key_tests(_schema(table, statement.index), tests)
        if keys:
            body["KeyConditionExpression"] = expressions.all_of(keys)
            if statement.order is not None:
                body["ScanIndexForward"] = not statement.order[1]
        elif statement.order is not None:
            raise MockValidationException(
                "Must have WHERE clause in the statement when using ORDER BY clause."
            )
        if rest:
            body["FilterExpression"] = expressions.all_of(rest)
        told = self._act("query" if keys else "scan", expressions.into(body))
        answer: Body = {"Items": told["Items"]}
        if told.get("LastEvaluatedKey"):
            last = json.dumps(told["LastEvaluatedKey"], default=str).encode()
            answer["NextToken"] = b64encode(last).decode()
        return _with_capacity(answer, told)

    def _delete_all(self, table: Table, statement: Statement, options: Body) -> Body:
        """moto's public tests delete a whole partition by its key, which AWS refuses."""
        if str(table.hash_key_attr) not in _equal_to(conjuncts(statement.where)):
            raise MockValidationException(_KEY_NEEDED)
        found = self._select(table, Statement("select", where=statement.where), {}, {})
        for item in found["Items"]:
            key = {name: item[name] for name in table.table_key_attrs}
            self._act("delete_item", {"TableName": table.name, "Key": key, **options})
        return {"Items": []}


def code_of(error: Any) -> str:
    """An error's code, without its namespace."""
    return str(getattr(error, "error_type", "")).rpartition("#")[2]


def _with_capacity(answer: Body, told: Mapping[str, Any]) -> Body:
    if "ConsumedCapacity" in told:
        answer["ConsumedCapacity"] = told["ConsumedCapacity"]
    return answer


def _start(token: str) -> Any:
    try:
        return json.loads(b64decode(token, validate=True))
    except ValueError as error:
        raise MockValidationException("NextToken is not valid") from error


def _schema(table: Table, index: str | None) -> tuple[str, str | None]:
    """The names of the partition key and the sort key, of the table or of an index."""
    schema = table.schema if index is None else table.get_index(index).schema
    names = {each["KeyType"]: str(each["AttributeName"]) for each in schema}
    return names["HASH"], names.get("RANGE")


def _equal_to(tests: list[Any]) -> dict[str, Value]:
    """What attributes have to be equal to."""
    found: dict[str, Value] = {}
    for test in tests:
        if isinstance(test, Test) and test.kind == "compare":
            sign, left, right = test.of
            named = isinstance(left, Path) and len(left.parts) == 1
            if sign == "=" and named and isinstance(right, dict):
                found.setdefault(str(left.parts[0]), right)
    return found


def _names_key(test: Any, key: Mapping[str, Value]) -> bool:
    equal = _equal_to([test])
    return any(key.get(name) == value for name, value in equal.items())


def _key_tests(schema: tuple[str, str | None], tests: list[Any]) -> tuple[list[Any], list[Any]]:
    """Tests that find items by their key, the partition's first; and all the others."""
    hash_name, range_name = schema
    by_hash = [test for test in tests if hash_name in _equal_to([test])][:1]
    if not by_hash:
        return [], tests
    rest = [test for test in tests if test is not by_hash[0]]
    by_range = [test for test in rest if range_name and _is_of_sort_key(test, range_name)][:1]
    return by_hash + by_range, [test for test in rest if test not in by_range]


def _is_of_sort_key(test: Any, name: str) -> bool:
    path = Path((name,))
    if isinstance(test, Call):
        return test.name == "begins_with" and test.arguments[0] == path
    if test.kind == "between":
        return bool(test.of[0] == path)
    return test.kind == "compare" and test.of[0] in _SORT_TESTS and test.of[1] == path


def _changes(statement: Statement, expressions: Expressions) -> str:
    parts: dict[str, list[str]] = {}
    for action, path, operand in statement.changes:
        if action == "REMOVE":
            parts.setdefault(action, []).append(expressions.path(path))
        elif isinstance(operand, Call) and operand.name in _SETS:
            change = f"{expressions.path(path)} {expressions.operand(operand.arguments[1])}"
            parts.setdefault(_SETS[operand.name], []).append(change)
        else:
            change = f"{expressions.path(path)} = {expressions.operand(operand)}"
            parts.setdefault(action, []).append(change)
    return " ".join(f"{action} {', '.join(each)}" for action, each in parts.items())
