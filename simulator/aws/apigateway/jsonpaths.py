"""JSONPath as API Gateway reads it: in templates and parameter mappings."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any


def select(value: Any, path: str) -> Any:
    """What is at a path, `$.a[0].b`; None where nothing is. A path with wildcards gives a list."""
    if path in ("$", "$.", ""):
        return value
    expression = _parsed(path if path.startswith("$") else f"$.{path}")
    found = [match.value for match in expression.find(value)]
    if any(mark in path for mark in ("*", "..", "?(", ",")) or _is_slice(path):
        return found
    return found[0] if found else None


def body_of(body: bytes) -> Any:
    """A body as JSON; an empty one is an empty object, one that is no JSON a text."""
    if not body.strip():
        return {}
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body.decode("utf-8", "replace")


@lru_cache(maxsize=512)
def _parsed(path: str) -> Any:
    from jsonpath_ng.ext.parser import parse  # a tenth of a second

    return parse(path)


def _is_slice(path: str) -> bool:
    return any(":" in part.partition("]")[0] for part in path.split("[")[1:] if "'" not in part)
