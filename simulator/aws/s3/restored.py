"""Copies of archived objects that were restored for some days, and then are archived only.

Source: S3 User Guide, "Restoring an archived object".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.core.utils import unix_time
from moto.s3.models import FakeKey, s3_backends

from simulator.aws.s3.notices import BY_S3
from simulator.model.expiry import Expiry

if TYPE_CHECKING:
    from simulator.aws.s3.delivery import Notifier
    from simulator.world import World


class RestoredCopies:
    """When the restored copies of a world run out."""

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

    def _end(self, place: Any) -> None:
        account, partition, bucket_name, name, version_id = place
        bucket = s3_backends[account][partition].buckets.get(bucket_name)
        if bucket is None:
            return
        for key in bucket.keys.getlist(name, ()):
            if isinstance(key, FakeKey) and key.version_id == version_id and key._expiry:
                self._notifier.happened(bucket, "ObjectRestore:Delete", key, by=BY_S3)
                key._expiry, key._status = None, None
