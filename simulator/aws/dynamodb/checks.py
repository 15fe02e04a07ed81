"""What DynamoDB refuses of a request before it looks at any item.

Sources: DynamoDB Developer Guide, "Using expressions in DynamoDB", "Constraints in Amazon
DynamoDB", "Reserved words in DynamoDB"; API Reference, "Query", "PutItem".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from moto.dynamodb.comparisons import IncorrectOperandType, get_filter_expression
from moto.dynamodb.exceptions import ConditionAttributeIsReservedKeyword, MockValidationException
from moto.dynamodb.parsing.reserved_keywords import ReservedKeywords

if TYPE_CHECKING:
    from simulator.aws.dynamodb.table import Table

Body = Mapping[str, Any]
_KEY_CONDITION, _UPDATE = "KeyConditionExpression", "UpdateExpression"
_CONDITIONS = ("ConditionExpression", "FilterExpression")
_TEST_FUNCTIONS = frozenset(
    {"attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains"}
    | {"size"}
)
_FUNCTIONS = {
    _UPDATE: frozenset({"if_not_exists", "list_append"}),
    _KEY_CONDITION: frozenset({"begins_with"}),
    **dict.fromkeys(_CONDITIONS, _TEST_FUNCTIONS),
}
_WORDS = frozenset({"and", "or", "not", "in", "between", "set", "add", "remove", "delete"})
_CALL = re.compile(r"(?<![\w#:.])([A-Za-z_]\w*)\s*\(")
_PLACEHOLDER = re.compile(r"(?<![\w#:])([#:]\w+)")
_BETWEEN = re.compile(r"\bBETWEEN\s+(:\w+)\s+AND\s+(:\w+)", re.IGNORECASE)
_PATH = r"(?<![\w#:.])(#?[A-Za-z_]\w*)"
_COMPARED = re.compile(rf"{_PATH}\s*(?:=|<=?|>=?)\s*(:\w+)")
_WITHIN = re.compile(rf"{_PATH}\s+BETWEEN\s+(:\w+)\s+AND\s+(:\w+)", re.IGNORECASE)
_BEGINS = re.compile(rf"begins_with\s*\(\s*{_PATH}\s*,\s*(:\w+)\s*\)")
_MOST_DIGITS = 38
_MOST_READABLE = 1024
_readable: set[tuple[str, ...]] = set()
"""Conditions that were read without fault, so that each is read for this only once."""


def check_expressions(said: Body) -> None:
    """Refuse expressions that name what is not defined, or that cannot be read."""
    if said.get("ExpressionAttributeNames") == {} or said.get("ExpressionAttributeValues") == {}:
        return  # moto tells that they must not be empty
    names = said.get("ExpressionAttributeNames") or {}
    values = said.get("ExpressionAttributeValues") or {}
    for kind in (_KEY_CONDITION, *_CONDITIONS, _UPDATE):
        expression = said.get(kind)
        if not isinstance(expression, str) or not expression.strip():
            continue
        for function in _CALL.findall(expression):
            if function.lower() not in _WORDS and function not in _FUNCTIONS[kind]:
                raise _invalid(kind, f"Invalid function name; function: {function}")
        for placeholder in _PLACEHOLDER.findall(expression):
            _check_defined(kind, placeholder, names if placeholder[0] == "#" else values)
        for low, high in _BETWEEN.findall(expression):
            _check_bounds(kind, values[low], values[high])
        if kind in _CONDITIONS:
            _check_condition(kind, expression, names, values)


def _check_defined(kind: str, placeholder: str, known: Mapping[str, Any]) -> None:
    if placeholder in known:
        return
    if placeholder[0] == "#":
        what = "An expression attribute name used in the document path is not defined"
        raise _invalid(kind, f"{what}; attribute name: {placeholder}")
    what = "An expression attribute value used in expression is not defined"
    raise _invalid(kind, f"{what}; attribute value: {placeholder}")


def _check_bounds(kind: str, low: Mapping[str, Any], high: Mapping[str, Any]) -> None:
    ((low_type, low_value),), ((high_type, high_value),) = low.items(), high.items()
    if low_type == "NULL" or high_type == "NULL":
        return  # moto tells
    both = (
        f"lower bound operand: AttributeValue: {{{low_type}:{low_value}}}, "
        f"upper bound operand: AttributeValue: {{{high_type}:{high_value}}}"
    )
    between = "The BETWEEN operator requires"
    if low_type != high_type:
        raise _invalid(kind, f"{between} same data type for lower and upper bounds; {both}")
    if low_type == "N":
        low_value, high_value = Decimal(str(low_value)), Decimal(str(high_value))
    if low_value > high_value:
        rule = "upper bound to be greater than or equal to lower bound"
        raise _invalid(kind, f"{between} {rule}; {both}")


def _check_condition(
    kind: str, expression: str, names: Mapping[str, Any], values: Mapping[str, Any]
) -> None:
    mark = (kind, expression, *sorted(map(str, names.items())), *sorted(values))
    if mark in _readable:
        return
    try:
        get_filter_expression(expression, dict(names), dict(values))
    except ConditionAttributeIsReservedKeyword as error:
        raise _reserved(kind, error.keyword) from error
    except IncorrectOperandType as error:
        raise _invalid(kind, str(error)) from error
    except ValueError as error:
        raise _invalid(kind, f'Syntax error; near: "{expression}"') from error
    if len(_readable) < _MOST_READABLE:
        _readable.add(mark)


def check_against(table: Table, said: Body) -> None:
    """Refuse keys, items and conditions that the table's schema does not allow."""
    if "Key" in said:
        check_key(table, said["Key"])
    if "Item" in said:
        check_item(table, said["Item"])
    if _KEY_CONDITION in said:
        check_query(table, said)
    check_start(table, said)
    check_values(said.get("ExpressionAttributeValues") or {})


def check_query(table: Table, said: Body) -> None:
    """Refuse key conditions of the wrong type, and filters on what is a key."""
    index = said.get("IndexName")
    if not _has_index(table, index):
        return  # moto tells
    condition = said.get(_KEY_CONDITION)
    if isinstance(condition, str):
        _check_key_condition(table, condition, said)
    wanted = said.get("FilterExpression")
    if isinstance(wanted, str):
        names = said.get("ExpressionAttributeNames") or {}
        for found in re.findall(_PATH, wanted):
            if names.get(found, found) in _partition_key(table, index):
                raise MockValidationException(
                    "Filter Expression can only contain non-primary key attributes: "
                    f"Primary key attribute: {names.get(found, found)}"
                )


def _check_key_condition(table: Table, condition: str, said: Body) -> None:
    names = said.get("ExpressionAttributeNames") or {}
    values = said.get("ExpressionAttributeValues") or {}
    types = {each["AttributeName"]: each["AttributeType"] for each in table.attr}
    reserved = ReservedKeywords.get_reserved_keywords()
    for name, value in _BEGINS.findall(condition):
        if types.get(names.get(name, name)) == "N" or "N" in values.get(value, {}):
            what = "Incorrect operand type for operator or function"
            which = "operator or function: begins_with, operand type: N"
            raise _invalid(_KEY_CONDITION, f"{what}; {which}")
    compared = [*_COMPARED.findall(condition), *_BEGINS.findall(condition)]
    compared += [(name, bound) for name, *both in _WITHIN.findall(condition) for bound in both]
    for name, value in compared:
        if name.upper() in reserved:
            raise _reserved(_KEY_CONDITION, name)
        known = types.get(names.get(name, name))
        if known is not None and known not in values.get(value, {known: ""}):
            raise MockValidationException(
                "One or more parameter values were invalid: "
                "Condition parameter type does not match schema type"
            )


def check_start(table: Table, said: Body) -> None:
    """Refuse an ExclusiveStartKey that is no key of the table, or of the index."""
    start, index = said.get("ExclusiveStartKey"), said.get("IndexName")
    if start is None or not _has_index(table, index):
        return
    if set(start) != _keys(table, index) | _keys(table, None) or not _typed(table, start):
        raise MockValidationException("The provided starting key is invalid")


def check_key(table: Table, key: Mapping[str, Any]) -> None:
    """Refuse a key whose attributes are of other types than the table's."""
    if any(len(value) != 1 for value in key.values()):
        return  # `guards` tells
    if set(key) == _keys(table, None) and not _typed(table, key):
        raise MockValidationException("The provided key element does not match the schema")


def check_item(table: Table, item: Mapping[str, Any]) -> None:
    """Refuse an item that an index of the table, or no table, can hold."""
    types = {each["AttributeName"]: each["AttributeType"] for each in table.attr}
    for index in (*table.indexes, *table.global_indexes):
        for name in index.schema_key_attrs:
            ((found, _),) = item[name].items() if name in item else ((types.get(name), None),)
            if found != types.get(name):
                raise MockValidationException(
                    "One or more parameter values were invalid: Type mismatch for Index Key "
                    f"{name} Expected: {types.get(name)} Actual: {found} IndexName: {index.name}"
                )
    check_values(item)


def check_batch(tables: Mapping[str, Table], wanted: Mapping[str, Any]) -> None:
    """Refuse a batch of writes without any, or with two for one item."""
    if not wanted:
        raise MockValidationException(
            "1 validation error detected: Value '{}' at 'requestItems' failed to satisfy "
            "constraint: Member must have length greater than or equal to 1"
        )
    for name, table in tables.items():
        seen: list[dict[str, Any]] = []
        for request in wanted[name]:
            ((kind, inner),) = request.items()
            given = inner.get("Item" if kind == "PutRequest" else "Key") or {}
            if kind == "PutRequest":
                check_item(table, given)
            key = {attr: given[attr] for attr in table.table_key_attrs if attr in given}
            if key in seen:
                raise MockValidationException("Provided list of item keys contains duplicates")
            seen.append(key)


def check_operation(table: Table | None, operation: Body) -> None:
    """Refuse one operation of a transaction."""
    check_expressions(operation)
    if table is not None:
        check_against(table, operation)


def check_values(attributes: Mapping[str, Any]) -> None:
    """Refuse sets that have a member twice, and numbers that are too long."""
    for kind, value in _flat(attributes):
        if kind in ("SS", "NS", "BS") and len({*map(str, value)}) != len(value):
            members = ", ".join(map(str, value))
            raise MockValidationException(
                "One or more parameter values were invalid: "
                f"Input collection [{members}] contains duplicates."
            )
        if kind == "N" and len(_digits(str(value))) > _MOST_DIGITS:
            raise MockValidationException(
                "Attempting to store more than 38 significant digits in a Number"
            )


def _digits(number: str) -> str:
    return number.lower().partition("e")[0].lstrip("+-").replace(".", "").strip("0")


def _flat(attributes: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for value in attributes.values():
        if not isinstance(value, Mapping) or len(value) != 1:
            continue
        ((kind, inner),) = value.items()
        yield kind, inner
        if kind == "M" and isinstance(inner, Mapping):
            yield from _flat(inner)
        elif kind == "L" and isinstance(inner, list):
            yield from _flat({str(place): each for place, each in enumerate(inner)})


def _has_index(table: Table, name: str | None) -> bool:
    return name is None or any(each.name == name for each in table.all_indexes())


def _partition_key(table: Table, index: str | None) -> list[str]:
    schema = table.schema if index is None else table.get_index(index).schema
    return [each["AttributeName"] for each in schema if each["KeyType"] == "HASH"]


def _keys(table: Table, index: str | None) -> set[str]:
    if index is None:
        return set(table.table_key_attrs)
    return set(table.get_index(index).schema_key_attrs)


def _typed(table: Table, key: Mapping[str, Any]) -> bool:
    types = {each["AttributeName"]: each["AttributeType"] for each in table.attr}
    return all(types.get(name) in value for name, value in key.items())


def _invalid(kind: str, what: str) -> MockValidationException:
    return MockValidationException(f"Invalid {kind}: {what}")


def _reserved(kind: str, word: str) -> MockValidationException:
    return _invalid(kind, f"Attribute name is a reserved keyword; reserved keyword: {word}")
