"""JSONata in a state machine: expressions, Step Functions' own functions, failures in AWS's words.

Expressions are compiled once and get the variables as values; the interpreter would write every
value into the expression's text. Sources: AWS Step Functions Developer Guide, "Transforming data
with JSONata in Step Functions", "Passing data between states with variables".
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from moto.moto_api._internal import mock_random

_DEPTH = 10_000
"""Python frames an expression may nest: JSONata's functions call themselves freely."""
_STEPS = 1_000_000
"""Evaluations of one expression before it counts as endless."""
_RANGE_LIMIT = 1_000

_DIGESTS = {
    "MD5": "md5",
    "SHA-1": "sha1",
    "SHA-256": "sha256",
    "SHA-384": "sha384",
    "SHA-512": "sha512",
}


class QueryError(Exception):
    """An expression that cannot be evaluated, or whose result is no JSON."""


def evaluate(expression: str, states: Mapping[str, Any], variables: Mapping[str, Any]) -> Any:
    """Return what `expression` makes of `$states` and the variables.

    Raises:
        QueryError: it fails, returns nothing, or returns what JSON cannot hold. The message follows
            "The JSONata expression '…' specified for the field '…' " in AWS's cause.
    """
    from jsonata.jexception import JException

    bindings = {name: _value(value) for name, value in variables.items()}
    bindings["states"] = {key: _value(value) for key, value in states.items()}
    try:
        with _deep():
            compiled = _compiled(expression)
            result = compiled.evaluate(None, _functions() | bindings)
            if result is None:
                raise QueryError("returned nothing (undefined).")
            return _plain(result)
    except JException as error:
        raise QueryError(f"threw an error during evaluation. {error.error}: {error}") from error
    except RecursionError as error:
        raise QueryError("threw an error during evaluation. D1011: Stack overflow") from error
    except (TypeError, ValueError, ArithmeticError, AttributeError, LookupError) as error:
        # The library trips over arguments of a kind it does not expect.
        raise QueryError(f"threw an error during evaluation. {error}") from error


def syntax_error(expression: str) -> str:
    """Why `expression` is no JSONata, or nothing."""
    from jsonata.jexception import JException

    try:
        with _deep():
            _compiled(expression)
    except JException as error:
        return f"{error.error}: {error}"
    except Exception as error:  # the library's parser, on text it did not expect
        return str(error)
    return ""


@contextmanager
def _deep() -> Iterator[None]:
    """Let Python nest deeper for a while; the library would change that for the whole process."""
    usual = sys.getrecursionlimit()
    sys.setrecursionlimit(max(usual, _DEPTH))
    try:
        yield
    finally:
        sys.setrecursionlimit(usual)


@lru_cache(maxsize=1024)
def _compiled(expression: str) -> Any:
    from jsonata import Jsonata

    compiled: Any = Jsonata(expression)
    compiled.set_output_convert_nulls(False)
    steps = 0

    def count(_expression: Any, _input: Any, _frame: Any) -> None:
        nonlocal steps
        steps += 1
        if steps > _STEPS:
            raise QueryError("threw an error during evaluation. D1012: Evaluation timed out")

    def evaluate(data: Any, bindings: Mapping[str, Any]) -> Any:
        nonlocal steps
        steps = 0
        return plain_evaluate(data, bindings)

    plain_evaluate, compiled.evaluate = compiled.evaluate, evaluate
    compiled.environment.set_evaluate_entry_callback(count)
    return compiled


def _value(value: Any) -> Any:
    """A variable's value as the library takes it: `None` would be *undefined*."""
    from jsonata.utils import Utils

    return Utils.NULL_VALUE if value is None else value


def _plain(value: Any) -> Any:
    """The library's result as JSON of its own, sharing nothing with the variables it came from."""
    from jsonata.utils import Utils

    if value is None or value is Utils.NULL_VALUE:
        return None
    if isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(value[index]) for index in range(len(value))]
    raise QueryError("returned an unsupported result type.")


@lru_cache(maxsize=1)
def _functions() -> dict[str, Any]:
    """What Step Functions adds to JSONata, and what it takes away."""
    from jsonata import Jsonata

    made: dict[str, Callable[..., Any]] = {
        "partition": _partition,
        "range": _range,
        "hash": _hash,
        "random": _random,
        "uuid": lambda *_: str(mock_random.uuid4()),
        "parse": _parse,
        "eval": _no_eval,
    }
    return {name: Jsonata.JLambda(function) for name, function in made.items()}


def _partition(array: Any = None, size: Any = None, *_: Any) -> Any:
    if array is None:
        return None
    if not isinstance(size, int | float) or isinstance(size, bool) or int(size) < 1:
        raise QueryError("threw an error during evaluation. The chunk size must be positive.")
    items = array if isinstance(array, list) else [array]
    step = int(size)
    return [list(items[start : start + step]) for start in range(0, len(items), step)]


def _range(first: Any = None, last: Any = None, step: Any = 1, *_: Any) -> Any:
    first, last, step = int(first), int(last), int(step)
    if not step:
        raise QueryError("threw an error during evaluation. The step of a range is not zero.")
    numbers = range(first, last + (1 if step > 0 else -1), step)
    if len(numbers) > _RANGE_LIMIT:
        raise QueryError("threw an error during evaluation. A range holds 1,000 elements at most.")
    # As a sequence: JSONata's own unwrap one of a single element.
    from jsonata.utils import Utils

    return Utils.create_sequence_from_iter(numbers) if numbers else []


def _hash(content: Any = None, algorithm: Any = None, *_: Any) -> Any:
    if str(algorithm) not in _DIGESTS:
        raise QueryError(f"threw an error during evaluation. Unknown algorithm: {algorithm}")
    return hashlib.new(_DIGESTS[str(algorithm)], str(content).encode()).hexdigest()


def _random(seed: Any = None, *_: Any) -> float:
    if seed is None:
        return float(mock_random.random())
    digest = hashlib.sha256(str(float(seed)).encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


def _parse(text: Any = None, *_: Any) -> Any:
    if text is None:
        return None
    try:
        return _value(json.loads(str(text)))
    except ValueError as error:
        raise QueryError(f"threw an error during evaluation. Invalid JSON: {error}") from error


def _no_eval(*_: Any) -> Any:
    raise QueryError("threw an error during evaluation. $eval is not supported; use $parse.")
