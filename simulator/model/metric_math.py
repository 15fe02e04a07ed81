"""Metric math: arithmetic over time series, as GetMetricData and alarms write it."""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise

TimeSeries = dict[int, float]
"""Values by the second since 1970 at which their period begins."""

Value = float | TimeSeries | list[TimeSeries]


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _deviation(values: list[float]) -> float:
    mean = _mean(values)
    return math.sqrt(_mean([(value - mean) ** 2 for value in values]))


_OPERATORS: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.Mod: operator.mod,
}
_COMPARISONS: Mapping[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_PYTHON_WORDS = (
    (re.compile(r"&&|\bAND\b"), " and "),
    (re.compile(r"\|\||\bOR\b"), " or "),
    (re.compile(r"\^"), "**"),
)
_FOLDS: Mapping[str, Callable[[list[float]], float]] = {
    "SUM": sum,
    "AVG": _mean,
    "MIN": min,
    "MAX": max,
    "STDDEV": _deviation,
}
_EACH: Mapping[str, Callable[[float], float]] = {
    "ABS": abs,
    "CEIL": math.ceil,
    "FLOOR": math.floor,
    "LOG": math.log,
    "LOG10": math.log10,
}


class InvalidExpression(ValueError):
    """An expression that cannot be read or uses what is not built; the message says which."""


class Expression:
    """A compiled expression. Raises InvalidExpression where it cannot be read.

    Source: CloudWatch User Guide, "Using math expressions with CloudWatch metrics".
    """

    def __init__(self, text: str) -> None:
        self.text = text
        program = text.strip()
        for form, word in _PYTHON_WORDS:
            program = form.sub(word, program)
        try:
            self._tree = ast.parse(program, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise InvalidExpression(f"the expression {text!r} cannot be read") from error

    def names(self) -> list[str]:
        """The ids it refers to, in the order they stand there."""
        return [
            node.id
            for node in ast.walk(self._tree)
            if isinstance(node, ast.Name) and not node.id.isupper()
        ]

    def over(self, known: Mapping[str, TimeSeries], period_s: int) -> Value:
        """Its value where `known` are the series by id and each data point spans `period_s`."""
        return _Evaluation(known, period_s).of(self._tree)


def as_series(value: Value, known: Iterable[TimeSeries]) -> list[TimeSeries]:
    """The series a value stands for; a number holds at every data point there is."""
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        return [value]
    seconds = sorted({second for series in known for second in series})
    return [dict.fromkeys(seconds, value)]


class _Evaluation:
    def __init__(self, known: Mapping[str, TimeSeries], period_s: int) -> None:
        self._known = known
        self._period_s = period_s

    def of(self, node: ast.expr) -> Value:
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            return float(node.value)
        if isinstance(node, ast.Name):
            if node.id not in self._known:
                raise InvalidExpression(f"there is no metric or expression {node.id!r}")
            return self._known[node.id]
        if isinstance(node, ast.List):
            return [series for item in node.elts for series in self._several(item)]
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return self._paired(operator.sub, 0.0, self.of(node.operand))
        if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
            apply = _OPERATORS[type(node.op)]
            return self._paired(apply, self.of(node.left), self.of(node.right))
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            compare = _COMPARISONS.get(type(node.ops[0]))
            if compare is not None:
                return self._paired(compare, self.of(node.left), self.of(node.comparators[0]))
        if isinstance(node, ast.BoolOp):
            fold = all if isinstance(node.op, ast.And) else any
            value = self.of(node.values[0])
            for other in node.values[1:]:
                value = self._paired(lambda a, b: float(fold((a, b))), value, self.of(other))
            return value
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
            return self._call(node.func.id, node.args)
        raise InvalidExpression(f"{ast.unparse(node)!r} is not built")

    def _paired(self, apply: Callable[[float, float], float], left: Value, right: Value) -> Value:
        """A pair of numbers, a series with a number, or two series where both have data."""
        if isinstance(left, list) or isinstance(right, list):
            many = left if isinstance(left, list) else right
            assert isinstance(many, list)
            pairs = (
                ((one, right) for one in many)
                if isinstance(left, list)
                else ((left, one) for one in many)
            )
            found = [self._paired(apply, one, other) for one, other in pairs]
            return [series for series in found if isinstance(series, dict)]
        if isinstance(left, dict) and isinstance(right, dict):
            return _kept({s: _safely(apply, left[s], right[s]) for s in left if s in right})
        if isinstance(left, dict):
            assert isinstance(right, float)
            return _kept({s: _safely(apply, value, right) for s, value in left.items()})
        if isinstance(right, dict):
            return _kept({s: _safely(apply, left, value) for s, value in right.items()})
        return _safely(apply, left, right) or 0.0

    def _call(self, name: str, arguments: list[ast.expr]) -> Value:
        if name == "METRICS":
            wanted = str(arguments[0].value) if _is_text(arguments) else ""  # type: ignore[attr-defined]
            return [series for key, series in self._known.items() if wanted in key]
        if not arguments:
            raise InvalidExpression(f"{name} needs an argument")
        if name in _FOLDS:
            return self._fold(_FOLDS[name], self.of(arguments[0]))
        if name in _EACH:
            each = _EACH[name]
            return self._paired(lambda value, _: each(value), self.of(arguments[0]), 0.0)
        if name == "PERIOD":
            return float(self._period_s)
        if name == "IF" and len(arguments) in (2, 3):
            return self._if(arguments)
        if name == "FILL" and len(arguments) == 2:
            return self._fill(self._one(arguments[0]), arguments[1])
        if name in ("DIFF", "RATE", "RUNNING_SUM", "TIME_SERIES"):
            return self._along(name, self.of(arguments[0]))
        raise InvalidExpression(f"the function {name} is not built")

    def _fold(self, fold: Callable[[list[float]], float], value: Value) -> Value:
        """One series to one number; several series to one, instant by instant."""
        if isinstance(value, float):
            return value
        if isinstance(value, dict):
            return float(fold(list(value.values()))) if value else 0.0
        seconds = sorted({second for series in value for second in series})
        return {s: float(fold([series[s] for series in value if s in series])) for s in seconds}

    def _if(self, arguments: list[ast.expr]) -> Value:
        condition, then = self.of(arguments[0]), self.of(arguments[1])
        otherwise = self.of(arguments[2]) if len(arguments) == 3 else None
        if isinstance(condition, float):
            chosen = then if condition else otherwise
            return {} if chosen is None else chosen
        if isinstance(condition, list):
            raise InvalidExpression("IF needs one series or a number as its condition")
        found: dict[int, float | None] = {}
        for second, holds in condition.items():
            chosen = then if holds else otherwise
            found[second] = chosen.get(second) if isinstance(chosen, dict) else _number(chosen)
        return _kept(found)

    def _fill(self, series: TimeSeries, filler: ast.expr) -> TimeSeries:
        """Data points where another series of the query has them and this one does not."""
        seconds = sorted({s for other in self._known.values() for s in other} | set(series))
        word = filler.id if isinstance(filler, ast.Name) else ""
        if word not in ("REPEAT", "LINEAR"):
            value = self.of(filler)
            if isinstance(value, list):
                raise InvalidExpression("FILL needs a number, a series, REPEAT or LINEAR")
            with_gaps = {s: value.get(s) if isinstance(value, dict) else value for s in seconds}
            return _kept({s: series.get(s, with_gaps[s]) for s in seconds})
        filled: dict[int, float | None] = {}
        known = sorted(series)
        for second in seconds:
            before = [s for s in known if s <= second]
            after = [s for s in known if s >= second]
            filled[second] = series[before[-1]] if before else None
            if word == "LINEAR" and before and after and after[0] > before[-1]:
                share = (second - before[-1]) / (after[0] - before[-1])
                low, high = series[before[-1]], series[after[0]]
                filled[second] = low + (high - low) * share
        return _kept(filled)

    def _along(self, name: str, value: Value) -> Value:
        """What looks from one data point to the next."""
        if isinstance(value, float):
            if name != "TIME_SERIES":
                raise InvalidExpression(f"{name} needs a series")
            return as_series(value, self._known.values())[0]
        if isinstance(value, list):
            found = [self._along(name, series) for series in value]
            return [series for series in found if isinstance(series, dict)]
        if name == "TIME_SERIES":
            return value
        seconds = sorted(value)
        if name == "RUNNING_SUM":
            total, sums = 0.0, {}
            for second in seconds:
                total += value[second]
                sums[second] = total
            return sums
        steps = {
            later: (value[later] - value[earlier], later - earlier)
            for earlier, later in pairwise(seconds)
        }
        per_s = name == "RATE"
        return {s: change / span if per_s else change for s, (change, span) in steps.items()}

    def _several(self, node: ast.expr) -> list[TimeSeries]:
        return as_series(self.of(node), self._known.values())

    def _one(self, node: ast.expr) -> TimeSeries:
        value = self.of(node)
        if not isinstance(value, dict):
            raise InvalidExpression(f"{ast.unparse(node)!r} is no single series")
        return value


def _is_text(arguments: list[ast.expr]) -> bool:
    return (
        bool(arguments)
        and isinstance(arguments[0], ast.Constant)
        and isinstance(arguments[0].value, str)
    )


def _number(value: Value | None) -> float | None:
    return value if isinstance(value, float) else None


def _safely(apply: Callable[[float, float], float], left: float, right: float) -> float | None:
    """No data point where the arithmetic has no answer, as a division by zero."""
    try:
        value = apply(left, right)
    except (ArithmeticError, ValueError):
        return None
    return None if isinstance(value, complex) or math.isnan(value) else float(value)


def _kept(series: Mapping[int, float | None]) -> TimeSeries:
    return {second: value for second, value in series.items() if value is not None}
