"""Path templates, and how closely a path fits one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import unquote

Fit = tuple[tuple[int, ...], dict[str, str]]
"""How closely (less is closer), and the path's parameters."""


def fit(wanted: Sequence[str], given: Sequence[str], read: Callable[[str], str]) -> Fit | None:
    """How the parts of a raw path fit those of a template; None where they do not.

    `{name}` takes a part, `{name+}` all that are left, at least one; `read` makes values of them.
    """
    closeness: list[int] = []
    values: dict[str, str] = {}
    for index, part in enumerate(wanted):
        if part.startswith("{") and part.endswith("+}"):
            rest = "/".join(given[index:])
            values[part[1:-2]] = read(rest)
            return ((*closeness, 2), values) if rest else None
        if index >= len(given):
            return None
        if part.startswith("{") and part.endswith("}"):
            values[part[1:-1]] = read(given[index])
            closeness.append(1)
        elif part == unquote(given[index]):
            closeness.append(0)
        else:
            return None
    return (tuple(closeness), values) if len(given) == len(wanted) else None
