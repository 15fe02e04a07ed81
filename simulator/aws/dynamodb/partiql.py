"""PartiQL as DynamoDB has it: a statement's text as what it selects, inserts, updates or deletes.

Source: Developer Guide, "PartiQL - a SQL-compatible query language for Amazon DynamoDB".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from simulator.aws.dynamodb.partiql_terms import (
    Call,
    Malformed,
    Mismatched,
    Path,
    Statement,
    Test,
    Value,
)

_SPACE = re.compile(r"\s+")
_TOKEN = re.compile(
    r"""(?P<text>'(?:[^']|'')*') | (?P<name>"(?:[^"]|"")*")
      | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
      | (?P<word>[A-Za-z_]\w*) | (?P<sign><<|>>|<>|!=|<=|>=|[=<>()\[\]{},:.?+*-])""",
    re.VERBOSE,
)
_TABLE = re.compile(r"\s*(?:\"([^\"]+)\"|'([^']+)'|([\w-]+))")
_COMPARISONS = {"=": "=", "<>": "<>", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


def parse(text: str, parameters: Sequence[Value] = ()) -> Statement:
    """Read a statement. Raises Malformed."""
    reader = _Reader(text, parameters)
    statement = reader.statement()
    reader.end()
    return statement


class _Reader:
    """Reads from left to right."""

    def __init__(self, text: str, parameters: Sequence[Value]) -> None:
        self._text, self._at = text, 0
        self._parameters, self._used = parameters, 0

    # ---- statements

    def statement(self) -> Statement:
        if self._takes("select"):
            return self._select()
        if self._takes("exists"):
            self._sign("(")
            self._word("select")
            statement = self._select()
            self._sign(")")
            statement.kind = "exists"
            return statement
        if self._takes("insert"):
            self._word("into")
            statement = Statement("insert", *self._table())
            self._word("value")
            value = self._value()
            if not isinstance(value, dict) or "M" not in value:
                raise Malformed("VALUE must be followed by a tuple")
            statement.item = value["M"]
            return statement
        if self._takes("update"):
            return self._update(Statement("update", *self._table()))
        if self._takes("delete"):
            self._word("from")
            statement = Statement("delete", *self._table())
            self._rest(statement)
            return statement
        raise self._unexpected()

    def _select(self) -> Statement:
        paths: list[Path] = []
        if not self._has("*"):
            paths = [self._path()]
            while self._has(","):
                paths.append(self._path())
        self._word("from")
        statement = Statement("select", *self._table(), paths=paths)
        self._rest(statement)
        return statement

    def _update(self, statement: Statement) -> Statement:
        while True:
            if self._takes("set"):
                action = "SET"
            elif self._takes("remove"):
                action = "REMOVE"
            else:
                break
            while True:
                path = self._path()
                operand = None
                if action == "SET":
                    self._sign("=")
                    operand = self._sum()
                statement.changes.append((action, path, operand))
                if not self._has(","):
                    break
        if not statement.changes:
            raise self._unexpected()
        self._rest(statement)
        return statement

    def _rest(self, statement: Statement) -> None:
        if self._takes("where"):
            statement.where = self._or()
        if self._takes("order"):
            self._word("by")
            statement.order = (self._path(), self._one_of(asc=False, desc=True, otherwise=False))
        if self._takes("returning"):
            which = self._one_of(all="ALL", modified="UPDATED")
            when = self._one_of(old="OLD", new="NEW")
            self._sign("*")
            statement.returning = f"{which}_{when}"

    def _one_of(self, *, otherwise: Any = None, **meanings: Any) -> Any:
        """What the word that comes means; without `otherwise`, one of them has to come."""
        for word, meaning in meanings.items():
            if self._takes(word):
                return meaning
        if otherwise is None:
            raise self._unexpected()
        return otherwise

    def _table(self) -> tuple[str, str | None]:
        names = [self._table_name()]
        while self._has("."):
            names.append(self._table_name())
        if len(names) > 2:
            raise self._unexpected()
        return names[0], names[1] if len(names) > 1 else None

    def _table_name(self) -> str:
        found = _TABLE.match(self._text, self._at)
        if found is None:
            raise self._unexpected()
        self._at = found.end()
        return str(found[1] or found[2] or found[3])

    # ---- conditions

    def _or(self) -> Any:
        tests = [self._and()]
        while self._takes("or"):
            tests.append(self._and())
        return tests[0] if len(tests) == 1 else Test("or", tuple(tests))

    def _and(self) -> Any:
        tests = [self._not()]
        while self._takes("and"):
            tests.append(self._not())
        return tests[0] if len(tests) == 1 else Test("and", tuple(tests))

    def _not(self) -> Any:
        if self._takes("not"):
            return Test("not", (self._not(),))
        before = self._at, self._used
        if self._has("("):
            try:
                test = self._or()
                self._sign(")")
                return test
            except Mismatched:
                raise
            except Malformed:  # the bracket belongs to an operand
                self._at, self._used = before
        return self._test()

    def _test(self) -> Any:
        left = self._operand()
        for sign, name in _COMPARISONS.items():
            if self._peek() == sign:
                self._next()
                return Test("compare", (name, left, self._operand()))
        negated = self._takes("not")
        if self._takes("in"):
            close = "]" if self._has("[") else ")"
            if close == ")":
                self._sign("(")
            values = [self._operand()]
            while self._has(","):
                values.append(self._operand())
            self._sign(close)
            test = Test("in", (left, tuple(values)))
        elif self._takes("between"):
            low = self._operand()
            self._word("and")
            test = Test("between", (left, low, self._operand()))
        elif self._takes("is"):
            negated = self._takes("not")
            test = Test(self._one_of(missing="missing", null="null"), (left,))
        elif isinstance(left, Call) and not negated:
            return left
        else:
            raise self._unexpected()
        return Test("not", (test,)) if negated else test

    # ---- operands

    def _sum(self) -> Any:
        left = self._operand()
        for sign in "+-":
            if self._has(sign):
                return Call(sign, (left, self._operand()))
        return left

    def _operand(self) -> Any:
        kind, text = self._look()
        following = self._text[self._at :].lstrip()[len(text) :].lstrip()[:1]
        if kind == "word" and following == "(":
            self._next()
            self._sign("(")
            arguments = [self._operand()]
            while self._has(","):
                arguments.append(self._operand())
            self._sign(")")
            return Call(text.lower(), tuple(arguments))
        if kind == "name" or (kind == "word" and text.lower() not in ("true", "false", "null")):
            return self._path()
        return self._value()

    def _path(self) -> Path:
        parts: list[str | int] = [self._name()]
        while True:
            if self._has("."):
                parts.append(self._name())
            elif self._has("["):
                kind, text = self._next()
                if kind != "number":
                    raise self._unexpected()
                parts.append(int(text))
                self._sign("]")
            else:
                return Path(tuple(parts))

    def _name(self) -> str:
        kind, text = self._next()
        if kind == "name":
            return text[1:-1].replace('""', '"')
        if kind != "word":
            raise self._unexpected()
        return text

    def _value(self) -> Value:
        kind, text = self._next()
        if kind == "text":
            return {"S": text[1:-1].replace("''", "'")}
        if kind == "number":
            return {"N": text}
        if text == "-":
            return {"N": f"-{self._next()[1]}"}
        if text == "?":
            self._used += 1
            if self._used > len(self._parameters):
                raise Mismatched
            return dict(self._parameters[self._used - 1])
        if kind == "word" and text.lower() in ("true", "false"):
            return {"BOOL": text.lower() == "true"}
        if kind == "word" and text.lower() == "null":
            return {"NULL": True}
        if text == "[":
            return {"L": self._members("]")}
        if text == "<<":
            return _set(self._members(">>"))
        if text == "{":
            return {"M": self._pairs()}
        raise self._unexpected()

    def _members(self, close: str) -> list[Value]:
        found: list[Value] = []
        while not self._has(close):
            if found:
                self._sign(",")
            found.append(self._value())
        return found

    def _pairs(self) -> dict[str, Value]:
        found: dict[str, Value] = {}
        while not self._has("}"):
            if found:
                self._sign(",")
            kind, text = self._next()
            if kind not in ("text", "name"):
                raise self._unexpected()
            self._sign(":")
            found[text[1:-1]] = self._value()
        return found

    # ---- tokens

    def _look(self) -> tuple[str, str]:
        before = self._at
        found = self._next()
        self._at = before
        return found

    def _next(self) -> tuple[str, str]:
        space = _SPACE.match(self._text, self._at)
        begin = space.end() if space else self._at
        found = _TOKEN.match(self._text, begin)
        if found is None:
            if begin >= len(self._text):
                return "", ""
            raise self._unexpected()
        self._at = found.end()
        return str(found.lastgroup), found[0]

    def _peek(self) -> str:
        return self._look()[1]

    def _takes(self, word: str) -> bool:
        kind, text = self._look()
        if kind != "word" or text.lower() != word:
            return False
        self._next()
        return True

    def _word(self, word: str) -> None:
        if not self._takes(word):
            raise self._unexpected()

    def _has(self, sign: str) -> bool:
        kind, text = self._look()
        if kind != "sign" or text != sign:
            return False
        self._next()
        return True

    def _sign(self, sign: str) -> None:
        if not self._has(sign):
            raise self._unexpected()

    def end(self) -> None:
        """Nothing may follow, and no parameter be left."""
        if self._text[self._at :].strip().rstrip(";"):
            raise self._unexpected()
        if self._used != len(self._parameters):
            raise Mismatched

    def _unexpected(self) -> Malformed:
        near = self._text[self._at :].strip()[:20]
        return Malformed(f"Unexpected token at column {self._at + 1}: {near or 'the end'}")


def _set(members: list[Value]) -> Value:
    kinds = {kind for member in members for kind in member}
    if len(kinds) != 1 or not kinds <= {"S", "N", "B"}:
        raise Malformed("A set has members of one type: text, number or binary")
    (kind,) = kinds
    return {f"{kind}S": [member[kind] for member in members]}
