"""Archived objects: how long a restore takes, and for how many days its copy is there.

Source: S3 User Guide, "Restoring an archived object", "Understanding archive retrieval options".
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from moto.core.utils import unix_time
from moto.s3.exceptions import S3ClientError
from moto.s3.models import FakeKey, s3_backends

from simulator.aws.s3.notices import BY_S3
from simulator.kernel import sleep
from simulator.model.expiry import Expiry

if TYPE_CHECKING:
    from simulator.aws.s3.delivery import Notifier
    from simulator.world import World


_MINUTE_S, _HOUR_S, _DAY_S = 60.0, 3_600.0, 86_400.0
TIERS: dict[str, dict[str, tuple[float, float]]] = {
    "GLACIER": {
        "Expedited": (_MINUTE_S, 5 * _MINUTE_S),
        "Standard": (3 * _HOUR_S, 5 * _HOUR_S),
        "Bulk": (5 * _HOUR_S, 12 * _HOUR_S),
    },
    "DEEP_ARCHIVE": {
        "Standard": (9 * _HOUR_S, 12 * _HOUR_S),
        "Bulk": (36 * _HOUR_S, 48 * _HOUR_S),
    },
}
"""How long a restore takes, at least and at most; in between by the seed. Of DEEP_ARCHIVE, AWS
says "within" 12 and 48 hours."""

_THEIRS: Any = FakeKey.status


def status(key: FakeKey) -> str | None:
    """How far a restore is: moto's status, which knows of no waiting."""
    if key.__dict__.get("restoring"):
        return "IN_PROGRESS"
    told: str | None = _THEIRS.fget(key)
    return told


STATUS = property(status, _THEIRS.fset)


def check(key: FakeKey, tier: str) -> None:
    """Refuse a tier that an archive's storage class does not have."""
    if tier not in TIERS.get(str(key.storage_class), {tier: ()}):
        told = "Retrieval option is not supported by this storage class"
        raise S3ClientError("InvalidArgument", told)


class RestoredCopies:
    """The restores of a world: under way, and the copies that run out."""

    def __init__(self, world: World, notifier: Notifier) -> None:
        self._world = world
        self._notifier = notifier
        self._expiry = Expiry(world.env, self._end)

    def watch(self, key: FakeKey) -> None:
        """Take note of how long a copy is there."""
        if key._expiry is not None:
            place = (key.account_id, key.partition, key.bucket_name, key.name, key.version_id)
            due_s = unix_time(key._expiry) - self._world.clock.start.timestamp()
            self._expiry.put(place, due_s)

    def begin(self, key: FakeKey, tier: str, days: int) -> None:
        """Restore an object in the time that a tier takes."""
        bounds_s = TIERS[str(key.storage_class)][tier]
        key.restoring = True  # type: ignore[attr-defined]
        lasts_s = self._world.streams["s3-restore"].uniform(*bounds_s)
        act = partial(self._restore, key, tier, days, lasts_s)
        self._world.spawn(act, name=f"restore of {key.name}", actor="s3", daemon=True)

    def _restore(self, key: FakeKey, tier: str, days: int, lasts_s: float) -> None:
        sleep(lasts_s)
        key.restoring = False  # type: ignore[attr-defined]
        bucket = s3_backends[key.account_id][key.partition].buckets.get(str(key.bucket_name))
        if bucket is None or all(one is not key for one in bucket.keys.getlist(key.name, ())):
            return  # it was deleted meanwhile
        midnight_s = -(-self._world.clock.unix_s // _DAY_S) * _DAY_S
        key._expiry = datetime.fromtimestamp(midnight_s + days * _DAY_S, UTC).replace(tzinfo=None)
        self._world.record("s3.restored", bucket=bucket.name, key=key.name, tier=tier)
        assert key.status == "RESTORED"  # moto tells of it when it is read
        self.watch(key)

    def _end(self, place: Any) -> None:
        account, partition, bucket_name, name, version_id = place
        bucket = s3_backends[account][partition].buckets.get(bucket_name)
        if bucket is None:
            return
        for key in bucket.keys.getlist(name, ()):
            if isinstance(key, FakeKey) and key.version_id == version_id and key._expiry:
                self._notifier.happened(bucket, "ObjectRestore:Delete", key, by=BY_S3)
                key._expiry, key._status = None, None
