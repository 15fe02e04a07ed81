"""Benchmarks: each measures Paddock against a peer or a limit, side by side, as a ratio.

A benchmark is a module `bench_*.py` here with one function `compare() -> Iterator[Ratio]`.
Numbers of different runs or machines do not compare; the ratios of one run do.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

ROUNDS = 3


@dataclass(frozen=True)
class Ratio:
    """How often a second two sides do the same thing."""

    what: str
    ours_per_s: float
    peer: str
    peer_per_s: float

    def line(self) -> str:
        """The comparison as one line of a table."""
        share = self.ours_per_s / self.peer_per_s
        return (
            f"{self.what:<36} {self.ours_per_s:>10,.0f}/s   "
            f"{self.peer:<30} {self.peer_per_s:>10,.0f}/s   {share:5.2f}x"
        )


def side_by_side(
    what: str, ours: Callable[[], int], peer_name: str, peer: Callable[[], int]
) -> Ratio:
    """Run both sides in turn, so that a busy moment meets both, and keep each one's best round.

    A side does its work once a call and returns how many things it did.
    """
    best = {ours: 0.0, peer: 0.0}
    for _ in range(ROUNDS):
        for side in best:
            began = time.perf_counter()
            done = side()
            best[side] = max(best[side], done / (time.perf_counter() - began))
    return Ratio(what, best[ours], peer_name, best[peer])
