"""The drawing of the cloud: every node once, every edge to its arrow, cycles and all."""

from __future__ import annotations

from tui.graph import layers, tree

EDGES = [("a", "b"), ("b", "c"), ("b", "d"), ("c", "e"), ("d", "e"), ("a", "e")]


def drawn(edges: list[tuple[str, str]], height: int = 20) -> list[str]:
    drawing = layers(edges, {name: 1 for edge in edges for name in edge}, height)
    grid = [[" "] * drawing.width for _ in range(drawing.height)]
    for (x, y), stroke in drawing.strokes.items():
        grid[y][x] = stroke
    for name, (x, y) in drawing.nodes.items():
        grid[y][x] = name
    return ["".join(row).rstrip() for row in grid]


def test_a_tree_has_every_node_once_and_names_it_where_it_comes_again() -> None:
    rows = tree(EDGES)
    assert [(row.name, row.again) for row in rows] == [
        ("a", False), ("b", False), ("c", False), ("e", False), ("d", False),
        ("e", True), ("e", True),
    ]  # fmt: skip
    assert rows[1].prefix == "├▸"
    assert rows[3].prefix == "│ │ ╰▸"


def test_a_chain_is_one_line() -> None:
    assert drawn([("a", "b"), ("b", "c")]) == ["a ──▸ b ──▸ c"]


def test_a_fork_and_a_join_are_drawn() -> None:
    assert drawn([("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")], height=2) == [
        "a ┬─▸ b ┬─▸ d",
        "  ╰─▸ c ╯",
    ]


def test_rows_are_spread_where_there_is_room() -> None:
    edges = [("a", "b"), ("a", "c"), ("a", "d")]
    assert len(drawn(edges, height=5)) == 5
    assert len(drawn(edges, height=4)) == 3


def test_a_long_edge_passes_the_layers_between() -> None:
    drawing = layers(EDGES, dict.fromkeys("abcde", 1), 20)
    columns = {name: x for name, (x, _) in drawing.nodes.items()}
    assert columns["a"] < columns["b"] < columns["c"] == columns["d"] < columns["e"]


def test_a_cycle_is_drawn_all_the_same() -> None:
    cycle = [("a", "b"), ("b", "c"), ("c", "a")]
    assert [row.name for row in tree(cycle)] == ["a", "b", "c", "a"]
    assert set("".join(drawn(cycle))) >= set("abc")


def test_nothing_is_drawn_of_nothing() -> None:
    assert tree([]) == []
    assert layers([], {}, 10).nodes == {}
