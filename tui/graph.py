"""Where the cloud's nodes and edges go on a grid of characters: as a tree, or in layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Edges = Sequence[tuple[str, str]]

_UP, _DOWN, _LEFT, _RIGHT = 1, 2, 4, 8
_STROKES = {
    _UP | _DOWN: "│", _LEFT | _RIGHT: "─", _UP: "│", _DOWN: "│", _LEFT: "─", _RIGHT: "─",
    _DOWN | _RIGHT: "╭", _DOWN | _LEFT: "╮", _UP | _RIGHT: "╰", _UP | _LEFT: "╯",
    _UP | _DOWN | _RIGHT: "├", _UP | _DOWN | _LEFT: "┤",
    _LEFT | _RIGHT | _DOWN: "┬", _LEFT | _RIGHT | _UP: "┴",
    _UP | _DOWN | _LEFT | _RIGHT: "┼",
}  # fmt: skip


@dataclass(frozen=True)
class Branch:
    """One row of the tree: what is drawn before the name; `again` where it stands elsewhere."""

    prefix: str
    name: str
    again: bool = False


def tree(edges: Edges) -> list[Branch]:
    """The edges as an indented tree, in reading order; a second way to a node is a reference."""
    children = _children(edges)
    targets = {target for _, target in edges}
    roots = [name for name in children if name not in targets] or list(children)[:1]
    rows: list[Branch] = []
    seen: set[str] = set()

    def grow(name: str, indent: str, lead: str, last: bool) -> None:
        rows.append(Branch(indent + lead, name, name in seen))
        if name in seen:
            return
        seen.add(name)
        below = indent + ("" if not lead else ("  " if last else "│ "))
        kids = children.get(name, [])
        for index, kid in enumerate(kids):
            final = index == len(kids) - 1
            grow(kid, below, "╰▸" if final else "├▸", final)

    for root in roots:
        grow(root, "", "", True)
    for name in children:  # what only a cycle reaches
        if name not in seen:
            grow(name, "", "", True)
    return rows


def _children(edges: Edges) -> dict[str, list[str]]:
    children: dict[str, list[str]] = {}
    for source, target in edges:
        children.setdefault(source, [])
        children.setdefault(target, [])
        if target not in children[source]:
            children[source].append(target)
    return children


@dataclass
class Drawing:
    """Nodes at (x, y), and the strokes between them by cell."""

    width: int
    height: int
    nodes: dict[str, tuple[int, int]] = field(default_factory=dict)
    strokes: dict[tuple[int, int], str] = field(default_factory=dict)


def layers(edges: Edges, widths: Mapping[str, int], height: int) -> Drawing:
    """The edges drawn left to right in layers; `widths` says how wide each node's label is.

    Rows are spread over `height` where that leaves one free between them, and close otherwise.
    """
    columns, links = _layer(edges)
    tallest = max((len(column) for column in columns), default=0)
    pitch = 2 if tallest * 2 - 1 <= height else 1
    drawing = Drawing(0, max(0, (tallest - 1) * pitch + 1))
    rows: list[dict[str, int]] = []
    for column in columns:
        top = (drawing.height - ((len(column) - 1) * pitch + 1)) // 2
        rows.append({name: top + index * pitch for index, name in enumerate(column)})
    x = 0
    marks: dict[tuple[int, int], int] = {}
    for index, column in enumerate(columns):
        wide = max((widths.get(name, 0) for name in column), default=0)
        for name in column:
            if name in widths:
                drawing.nodes[name] = (x, rows[index][name])
        right = x + wide
        if index + 1 < len(columns):
            right = _route(
                drawing, marks, links[index], (rows[index], rows[index + 1]), x, wide, widths
            )
        x = right
    for cell, mark in marks.items():
        drawing.strokes.setdefault(cell, _STROKES[mark])
    drawing.width = x
    return drawing


def _layer(edges: Edges) -> tuple[list[list[str]], list[list[tuple[str, str]]]]:
    """Columns of names and the links between neighbours; long edges pass through stand-ins."""
    children = _children(edges)
    depth = dict.fromkeys(children, 0)
    for _ in range(len(children)):  # longest paths; a cycle stops at the number of nodes
        moved = False
        for source, kids in children.items():
            for kid in kids:
                if depth[kid] <= depth[source] < len(children) - 1 and not _reaches(
                    children, kid, source
                ):
                    depth[kid] = depth[source] + 1
                    moved = True
        if not moved:
            break
    columns: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for name, level in depth.items():
        columns[level].append(name)
    links: list[list[tuple[str, str]]] = [[] for _ in columns]
    for source, kids in children.items():
        for kid in kids:
            if depth[kid] <= depth[source]:
                continue  # an edge that points back is left to the tree
            via = source
            for level in range(depth[source] + 1, depth[kid]):
                stand_in = f"\0{source}\0{kid}\0{level}"
                columns[level].append(stand_in)
                links[level - 1].append((via, stand_in))
                via = stand_in
            links[depth[kid] - 1].append((via, kid))
    for level in range(1, len(columns)):
        _order(columns, links, level)
    return columns, links


def _reaches(children: Mapping[str, list[str]], start: str, goal: str) -> bool:
    stack, seen = [start], set()
    while stack:
        name = stack.pop()
        if name == goal:
            return True
        if name not in seen:
            seen.add(name)
            stack += children[name]
    return False


def _order(columns: list[list[str]], links: list[list[tuple[str, str]]], level: int) -> None:
    """Put each node near the middle of where its edges come from, which saves crossings."""
    above = {name: index for index, name in enumerate(columns[level - 1])}
    pulls: dict[str, list[int]] = {}
    for source, target in links[level - 1]:
        pulls.setdefault(target, []).append(above[source])

    def middle(name: str) -> float:
        pull = pulls.get(name)
        return sum(pull) / len(pull) if pull else float(len(above))

    columns[level].sort(key=middle)


def _route(
    drawing: Drawing,
    marks: dict[tuple[int, int], int],
    links: list[tuple[str, str]],
    rows: tuple[dict[str, int], dict[str, int]],
    x: int,
    wide: int,
    widths: Mapping[str, int],
) -> int:
    """Draw the links of one gutter; returns where the next column begins."""
    sources, targets = ({link[side] for link in links} for side in (0, 1))
    side = 0 if len(sources) <= len(targets) else 1  # whichever end has fewer shares its trunks
    trunks = _trunks(links, rows, side)
    start = x + wide + 1
    end = start + max(1, len(trunks)) + 1  # the column of the arrow heads
    for link in links:
        source, target = link
        here, there = rows[0][source], rows[1][target]
        begin = x if source.startswith("\0") else x + widths.get(source, 0) + 1
        bend = start + trunks.index(link[side]) if link[side] in trunks else end
        _line(marks, begin, min(bend, end), here)
        if here != there:
            _bend(marks, bend, here, there)
        _line(marks, bend, end, there)
        if not target.startswith("\0"):
            drawing.strokes[end, there] = "▸"
        elif (end, there) in marks:
            marks[end, there] |= _RIGHT
    return end + (2 if any(not target.startswith("\0") for _, target in links) else 1)


def _trunks(
    links: list[tuple[str, str]], rows: tuple[dict[str, int], dict[str, int]], side: int
) -> list[str]:
    """The vertical strokes of a gutter from left to right, by the node that each belongs to.

    A node whose row someone else's stroke arrives in goes first, or the two would share a line.
    """
    leaves: dict[str, set[int]] = {}
    arrives: dict[str, set[int]] = {}
    for link in links:
        here, there = rows[0][link[0]], rows[1][link[1]]
        leaves.setdefault(link[side], set()).add(here)
        arrives.setdefault(link[side], set()).add(there)
    waiting = [name for name in leaves if leaves[name] != arrives[name] or len(leaves[name]) > 1]
    trunks: list[str] = []
    while waiting:

        def behind(name: str) -> int:
            return sum(len(arrives[name] & leaves[other]) for other in waiting if other != name)

        trunks.append(min(waiting, key=behind))
        waiting.remove(trunks[-1])
    return trunks


def _line(marks: dict[tuple[int, int], int], left: int, right: int, y: int) -> None:
    for x in range(left, right + 1):
        mark = (_LEFT if x > left else 0) | (_RIGHT if x < right else 0)
        marks[x, y] = marks.get((x, y), 0) | (mark or _LEFT)


def _bend(marks: dict[tuple[int, int], int], x: int, here: int, there: int) -> None:
    low, high = min(here, there), max(here, there)
    for y in range(low, high + 1):
        mark = (_UP if y > low else 0) | (_DOWN if y < high else 0)
        marks[x, y] = marks.get((x, y), 0) | mark
