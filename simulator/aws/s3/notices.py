"""What S3 says of an event: the record for queues, topics and functions, and EventBridge's form.

Sources: S3 User Guide, "Event message structure" and "EventBridge event message structure".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus

from moto.core.utils import iso_8601_datetime_with_milliseconds
from moto.moto_api._internal import mock_random
from moto.s3.models import FakeBucket, FakeDeleteMarker, FakeKey
from moto.s3.notifications import _detail_type

PREFIX = "s3:"
BY_S3 = "s3.amazonaws.com"
"""Who did it where S3 itself did: lifecycle rules, and restored copies that run out."""

_LATER = ("LifecycleExpiration", "LifecycleTransition", "ObjectAcl", "ObjectTagging")
_ORDERED = ("ObjectCreated", "ObjectRemoved", "LifecycleExpiration")
_GONE = ("ObjectRemoved", "LifecycleExpiration")


@dataclass(frozen=True)
class Notice:
    """An event of a bucket, as it was when it happened."""

    account: str
    region: str
    bucket: str
    bucket_arn: str
    event: str
    """Without its `s3:`, such as ObjectCreated:Put."""
    key: str
    size: int
    etag: str
    version_id: str | None
    at: str
    sequencer: str
    request_id: str
    by: str
    storage_class: str = "STANDARD"
    expiry: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def family(self) -> str:
        """The event's first word, such as ObjectCreated."""
        return self.event.partition(":")[0]

    @property
    def gone(self) -> bool:
        """Whether there is no object, or version, of this name any more."""
        return self.family in _GONE

    def record(self, configuration: str, key: str) -> dict[str, Any]:
        """The one record of the message; `key` is the object's name as the destination gets it."""
        thing: dict[str, Any] = {"key": key}
        if not self.gone:
            if self.family not in ("ObjectTagging", "ObjectAcl"):
                thing["size"] = self.size
            thing["eTag"] = self.etag
        if self.version_id is not None:
            thing["versionId"] = self.version_id
        if self.family in _ORDERED:
            thing["sequencer"] = self.sequencer
        told: dict[str, Any] = {
            "eventVersion": "2.3" if self._is_of_later_kind else "2.1",
            "eventSource": "aws:s3",
            "awsRegion": self.region,
            "eventTime": self.at,
            "eventName": self.event,
            "userIdentity": {"principalId": self.by},
            "requestParameters": {"sourceIPAddress": "127.0.0.1"},
            "responseElements": {
                "x-amz-request-id": self.request_id,
                "x-amz-id-2": f"{self.request_id}/{self.sequencer}",
            },
            "s3": {
                "s3SchemaVersion": "1.0",
                "configurationId": configuration,
                "bucket": {
                    "name": self.bucket,
                    "ownerIdentity": {"principalId": self.account},
                    "arn": self.bucket_arn,
                },
                "object": thing,
            },
        }
        if self.event == "ObjectRestore:Completed":
            told["glacierEventData"] = {
                "restoreEventData": {
                    "lifecycleRestorationExpiryTime": self.expiry,
                    "lifecycleRestoreStorageClass": self.storage_class,
                }
            }
        elif self.event == "LifecycleTransition":
            told["lifecycleEventData"] = {
                "transitionEventData": {"destinationStorageClass": self.storage_class}
            }
        return told

    @property
    def _is_of_later_kind(self) -> bool:
        return self.family in _LATER or self.event == "ObjectRestore:Delete"

    def event_of_bus(self) -> dict[str, Any]:
        """The event for EventBridge's default bus; its reason is the event's first word."""
        thing: dict[str, Any] = {"key": self.key}
        if not self.gone:
            thing |= {"size": self.size, "etag": self.etag}
        if self.version_id is not None:
            thing["version-id"] = self.version_id
        if self.family in _ORDERED:
            thing["sequencer"] = self.sequencer
        detail: dict[str, Any] = {
            "version": "0",
            "bucket": {"name": self.bucket},
            "object": thing,
            "request-id": self.request_id,
            "requester": self.by if self.by == BY_S3 else self.account,
        }
        if self.by != BY_S3:
            detail["source-ip-address"] = "127.0.0.1"
        if self.family == "LifecycleExpiration":
            detail["reason"] = "Lifecycle Expiration"
        elif self.family != "LifecycleTransition":
            detail["reason"] = self.family
        if self.gone:
            marker = self.event.endswith(":DeleteMarkerCreated")
            detail["deletion-type"] = "Delete Marker Created" if marker else "Permanently Deleted"
        if self.family == "ObjectRestore":
            detail["source-storage-class"] = self.storage_class
            if self.event.endswith(":Completed"):
                detail["restore-expiry-time"] = self.expiry
        elif self.family == "LifecycleTransition":
            detail["destination-storage-class"] = self.storage_class
        return {
            "version": "0",
            "id": str(mock_random.uuid4()),
            "detail-type": _detail_type(PREFIX + self.event),
            "source": "aws.s3",
            "account": self.account,
            "time": f"{self.at[:19]}Z",
            "region": self.region,
            "resources": [self.bucket_arn],
            "detail": detail,
        }


def notice(
    bucket: FakeBucket,
    event: str,
    thing: FakeKey | FakeDeleteMarker,
    sequencer: str,
    by: str | None = None,
) -> Notice:
    """What happened to an object or a delete marker, `event` with its `s3:` or without."""
    key = thing if isinstance(thing, FakeKey) else None
    there = key is not None and not key.disposed
    version = str(thing.version_id)
    return Notice(
        account=bucket.account_id,
        region=bucket.region_name,
        bucket=bucket.name,
        bucket_arn=bucket.arn,
        event=event.removeprefix(PREFIX),
        key=thing.name,
        size=key.size if key else 0,
        etag=key.etag.strip('"') if key and there else "",
        version_id=version if version != "null" else None,
        at=iso_8601_datetime_with_milliseconds(),
        sequencer=sequencer,
        request_id=mock_random.get_random_hex(16).upper(),
        by=by or f"AWS:{bucket.account_id}",
        storage_class=str(key.storage_class) if key else "STANDARD",
        expiry=key.expiry_date if key else None,
    )


def encoded(key: str, *, slash: bool = False) -> str:
    """An object's name as messages carry it: URL-encoded, a space as `+`, a slash as it is.

    With `slash`, the slash is encoded too: see docs/fidelity/s3.md on topics.
    """
    return quote_plus(key, safe="" if slash else "/")
