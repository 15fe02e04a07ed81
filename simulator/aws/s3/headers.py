"""What S3 says of an object in headers, with when it expires by the bucket's lifecycle."""

from __future__ import annotations

from email.utils import formatdate
from typing import Any

from moto.core.utils import unix_time
from moto.s3.models import FakeKey, s3_backends

from simulator.aws.s3.lifecycle import enabled_rules, thing_of
from simulator.model.lifecycle import expiry

_THEIRS: Any = FakeKey.response_dict


def headers(key: FakeKey) -> dict[str, Any]:
    """moto's headers of an object and x-amz-expiration (API Reference, "HeadObject")."""
    told: dict[str, Any] = _THEIRS.fget(key)
    replication = getattr(key, "replication_status", None)
    if replication is not None:
        told["x-amz-replication-status"] = replication
    backend = s3_backends[key.account_id][key.partition]
    bucket = backend.buckets.get(key.bucket_name) if key.bucket_name else None
    if bucket is None or not bucket.rules:
        return told
    versions = bucket.keys.getlist(key.name, ())
    if not versions or versions[-1] is not key:
        return told
    thing = thing_of(backend, key, unix_time(key.last_modified))
    found = expiry(enabled_rules(bucket), thing)
    if found is not None:
        date = formatdate(found[0], usegmt=True)
        told["x-amz-expiration"] = f'expiry-date="{date}", rule-id="{found[1]}"'
    return told
