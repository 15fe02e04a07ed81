"""DynamoDB's capacity: what a read or a write costs, and the throughput that a table has for it.

Sources: DynamoDB Developer Guide, "DynamoDB read and write operations", "DynamoDB provisioned
capacity mode", "DynamoDB on-demand capacity mode", "Burst and adaptive capacity".
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

READ_UNIT_BYTES = 4096
WRITE_UNIT_BYTES = 1024
BURST_S = 300.0
"""Unused provisioned throughput is kept this long."""
ON_DEMAND_READS = 12_000.0
ON_DEMAND_WRITES = 4_000.0
"""Units a second that a new on-demand table takes at once; later twice its former peak."""
PEAK_KEPT_S = 1_800.0


def read_units(size: int, *, consistent: bool) -> float:
    """What reading so many bytes costs, an item or a page of them: at least one unit's worth."""
    units = max(1, -(-size // READ_UNIT_BYTES))
    return float(units) if consistent else units / 2


def write_units(size: int) -> float:
    """What writing an item of so many bytes costs."""
    return float(max(1, -(-size // WRITE_UNIT_BYTES)))


def index_write_units(old_size: int | None, new_size: int | None, *, same_key: bool) -> float:
    """What a write costs in a secondary index: sizes of the entry before and after, if any.

    An entry that changes costs as its larger form; one whose index key changes is deleted and put.
    The caller leaves out entries that stay as they are.
    """
    if old_size is None or new_size is None:
        size = old_size if new_size is None else new_size
        return 0.0 if size is None else write_units(size)
    if same_key:
        return write_units(max(old_size, new_size))
    return write_units(old_size) + write_units(new_size)


@dataclass
class Consumed:
    """Units that a call took from a table and its indexes."""

    table: str
    reads: float = 0.0
    writes: float = 0.0
    local: dict[str, float] = field(default_factory=dict)
    global_: dict[str, float] = field(default_factory=dict)
    """By index; their units are in neither `reads` nor `writes`."""
    index_reads: bool = False
    """Whether the indexes' units are reads."""

    @property
    def table_units(self) -> float:
        """Units of the table itself."""
        return self.reads + self.writes

    @property
    def total(self) -> float:
        """Units of the table and its indexes."""
        return self.table_units + sum(self.local.values()) + sum(self.global_.values())

    @property
    def all_reads(self) -> float:
        """Read units, of indexes too."""
        return self.total if self.index_reads else self.reads

    @property
    def all_writes(self) -> float:
        """Write units, of indexes too."""
        return 0.0 if self.index_reads else self.total - self.reads


class Throughput:
    """Units that come at a rate and are kept for a while; who finds some left may take more.

    So DynamoDB admits what it cannot yet measure, and charges afterwards.
    """

    def __init__(self, per_s: float, kept_s: float, now_s: float) -> None:
        self._per_s, self._kept_s, self._at_s = per_s, kept_s, now_s
        self._units = per_s * kept_s

    @property
    def per_s(self) -> float:
        """The rate in force."""
        return self._per_s

    def change(self, per_s: float, now_s: float) -> None:
        """Put another rate in force; what was kept is kept, as far as the new rate allows."""
        self._settle(now_s)
        self._per_s = per_s
        self._units = min(self._units, per_s * self._kept_s)

    def admits(self, now_s: float) -> bool:
        """Whether there is anything left."""
        self._settle(now_s)
        return self._units > 0

    def take(self, units: float, now_s: float) -> None:
        """Charge units, more than there are if need be."""
        self._settle(now_s)
        self._units -= units

    def _settle(self, now_s: float) -> None:
        gained = (now_s - self._at_s) * self._per_s
        self._units = min(self._units + gained, self._per_s * self._kept_s)
        self._at_s = now_s


class OnDemand(Throughput):
    """Throughput that follows twice the peak of the last half hour, never under its first rate."""

    def __init__(self, first_per_s: float, now_s: float) -> None:
        super().__init__(first_per_s, 1.0, now_s)
        self._first = first_per_s
        self._second, self._in_second = int(now_s), 0.0
        self._peaks: deque[tuple[int, float]] = deque()

    def take(self, units: float, now_s: float) -> None:
        """Charge units, and remember how many a second there were."""
        super().take(units, now_s)
        if int(now_s) != self._second:
            self._remember()
            self._second, self._in_second = int(now_s), 0.0
        self._in_second += units
        while self._peaks and self._peaks[0][0] < now_s - PEAK_KEPT_S:
            self._peaks.popleft()
        peak = max((units for _, units in self._peaks), default=0.0)
        self.change(max(self._first, 2 * peak), now_s)

    def _remember(self) -> None:
        if self._in_second * 2 <= self._first:
            return  # it changes nothing
        while self._peaks and self._peaks[-1][1] <= self._in_second:
            self._peaks.pop()
        self._peaks.append((self._second, self._in_second))
