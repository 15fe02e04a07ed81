"""Point-in-time recovery: what changed in a table, kept so that it can be undone.

Source: Developer Guide, "Point-in-time backups for DynamoDB"; API Reference,
"RestoreTableToPointInTime".
"""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import JsonRESTError
from moto.core.utils import unix_time
from moto.dynamodb.exceptions import PointInTimeRecoveryUnavailable
from moto.dynamodb.models.dynamo_type import DynamoType, Item

if TYPE_CHECKING:
    from simulator.aws.dynamodb.table import Table

LAG_S = 300.0
"""The latest instant that can be restored is this long ago."""
DAY_S = 86_400.0

Key = tuple[DynamoType, DynamoType | None]


class History:
    """The changes of a table: when, of which key, and what there was before."""

    def __init__(self) -> None:
        self._changes: deque[tuple[float, Key, Item | None]] = deque()

    def add(self, key: Key, before: Item | None, kept_s: float) -> None:
        """Keep a change, and forget what is older than `kept_s`."""
        now = unix_time()
        self._changes.append((now, key, before))
        while self._changes and self._changes[0][0] < now - kept_s:
            self._changes.popleft()

    def clear(self) -> None:
        """Forget all."""
        self._changes.clear()

    def undone(self, items: Iterable[Item], at: float) -> list[Item]:
        """The items as they were at an instant, seconds since 1970."""
        there = {(item.hash_key, item.range_key): item for item in items}
        for when, key, before in reversed(self._changes):
            if when <= at:
                break
            if before is None:
                there.pop(key, None)
            else:
                there[key] = before
        return [copy.deepcopy(item) for item in there.values()]


def described(table: Table) -> dict[str, Any]:
    """The table's ContinuousBackupsDescription at this instant."""
    told = table.continuous_backups
    recovery = told["PointInTimeRecoveryDescription"]
    if recovery["PointInTimeRecoveryStatus"] != "ENABLED":
        return told
    now = unix_time()
    earliest = max(recovery["EarliestRestorableDateTime"], now - kept_s(table))
    latest = max(earliest, now - LAG_S)
    shown = {
        **recovery,
        "EarliestRestorableDateTime": earliest,
        "LatestRestorableDateTime": latest,
    }
    return {**told, "PointInTimeRecoveryDescription": shown}


def is_on(table: Table) -> bool:
    """Whether changes of the table are kept."""
    recovery = table.continuous_backups["PointInTimeRecoveryDescription"]
    return bool(recovery["PointInTimeRecoveryStatus"] == "ENABLED")


def kept_s(table: Table) -> float:
    """How long changes are kept, in seconds."""
    recovery = table.continuous_backups["PointInTimeRecoveryDescription"]
    return DAY_S * float(recovery.get("RecoveryPeriodInDays", 35))


def instant(table: Table, wanted: Any) -> float:
    """The instant to restore, in seconds since 1970; None wants the latest. Raises what AWS does
    where the table has no recovery or the instant lies outside it."""
    if not is_on(table):
        raise PointInTimeRecoveryUnavailable(table.name)
    recovery = described(table)["PointInTimeRecoveryDescription"]
    earliest = float(recovery["EarliestRestorableDateTime"])
    latest = float(recovery["LatestRestorableDateTime"])
    at = latest if wanted is None else _unix(wanted)
    if not earliest <= at <= latest:
        raise JsonRESTError(
            "com.amazonaws.dynamodb.v20120810#InvalidRestoreTimeException",
            "An invalid restore time was specified. RestoreDateTime must be between "
            "EarliestRestorableDateTime and LatestRestorableDateTime.",
        )
    return at


def _unix(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) else unix_time(value)
