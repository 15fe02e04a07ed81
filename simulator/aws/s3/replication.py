"""Replication: what is put into a bucket is put into others too, a little later.

Source: S3 User Guide, "Replicating objects within and across Regions", "Replication configuration
file elements", "Getting replication status information".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from moto.s3 import models as moto
from moto.s3.models import FakeBucket, FakeDeleteMarker, FakeKey, s3_backends

from simulator.aws.s3.notices import BY_S3
from simulator.kernel import sleep

if TYPE_CHECKING:
    from simulator.aws.s3.delivery import Notifier
    from simulator.world import World

_LEAST_S, _MEAN_S, _MOST_S = 1.0, 15.0, 900.0
"""Most objects are there within seconds, nearly all within 15 minutes."""
PENDING, COMPLETED, FAILED, REPLICA = "PENDING", "COMPLETED", "FAILED", "REPLICA"


@dataclass(frozen=True)
class Rule:
    """A rule of a bucket's replication configuration that is enabled."""

    name: str
    priority: int
    destination: str
    prefix: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    storage_class: str | None = None
    markers: bool = False
    """Whether delete markers are replicated."""

    def covers(self, name: str, tags: Mapping[str, str]) -> bool:
        """Whether its filter lets an object through."""
        return name.startswith(self.prefix) and self.tags.items() <= tags.items()


class Replications:
    """Replicates objects between the buckets of a world."""

    def __init__(self, world: World, notifier: Notifier) -> None:
        self._world = world
        self._notifier = notifier

    def made(self, bucket: FakeBucket, thing: FakeKey | FakeDeleteMarker) -> None:
        """An object, or a delete marker, was made: let it be replicated where rules say so."""
        if not getattr(bucket, "replication", None):
            return
        marker = isinstance(thing, FakeDeleteMarker)
        rules = [
            rule
            for rule in rules_of(bucket)
            if thing.name.startswith(rule.prefix)
            and (not marker or (rule.markers and not rule.tags))
        ]
        if rules:
            _mark(thing, PENDING)
        for destination in dict.fromkeys(rule.destination for rule in rules):
            lag_s = self._world.streams["s3-replication"].expovariate(1 / _MEAN_S)
            self._world.spawn(
                self._replicate, bucket, thing, destination, min(_LEAST_S + lag_s, _MOST_S),
                name=f"replication of {thing.name}", actor="s3", daemon=True,
            )  # fmt: skip

    def _replicate(self, bucket: FakeBucket, thing: Any, destination: str, lag_s: float) -> None:
        sleep(lag_s)
        source = s3_backends[bucket.account_id][bucket.partition]
        if all(one is not thing for one in bucket.keys.getlist(thing.name, ())):
            return  # it was deleted meanwhile
        marker = isinstance(thing, FakeDeleteMarker)
        tags = {} if marker else source.tagger.get_tag_dict_for_resource(thing.arn)
        rules = [
            rule
            for rule in rules_of(bucket)
            if rule.destination == destination and rule.covers(thing.name, tags)
        ]
        if not rules:
            _mark(thing, None)
            return
        told = {"bucket": bucket.name, "key": thing.name, "version": thing.version_id}
        found = _bucket_of(destination)
        if found is None or not found[1].is_versioned:
            _mark(thing, FAILED)
            self._world.record("s3.replication_failed", **told, destination=destination)
            return
        rule = max(rules, key=lambda each: each.priority)
        backend, there = found
        if marker:
            size = _mark_there(found, thing)
        else:
            size = _copy(source, found, thing, rule)
            self._notifier.happened(there, "ObjectCreated:Put", there.keys[thing.name], by=BY_S3)
        _mark(thing, COMPLETED)
        self._world.record(
            "s3.replicated", **told, destination=there.name, account=backend.account_id, **size
        )


def rules_of(bucket: FakeBucket) -> Iterator[Rule]:
    """The rules of a bucket that are enabled."""
    configuration: Mapping[str, Any] = getattr(bucket, "replication", None) or {}
    for given in configuration.get("Rule") or ():
        if given.get("Status") != "Enabled":
            continue
        wanted = given.get("Filter")
        parts = (wanted or {}).get("And") or wanted or {}
        tags = parts.get("Tag") or []
        destination = given.get("Destination") or {}
        markers = (given.get("DeleteMarkerReplication") or {}).get("Status")
        yield Rule(
            name=str(given.get("ID")),
            priority=int(given.get("Priority") or 1),
            destination=str(destination.get("Bucket", "")).rpartition(":")[2],
            prefix=str(parts.get("Prefix") or given.get("Prefix") or ""),
            tags={t["Key"]: t["Value"] for t in ([tags] if isinstance(tags, Mapping) else tags)},
            storage_class=destination.get("StorageClass"),
            # a configuration of the first version, without filters, replicates them too
            markers=markers == "Enabled" or (markers is None and "Filter" not in given),
        )


def _copy(source: Any, found: tuple[Any, FakeBucket], key: FakeKey, rule: Rule) -> dict[str, Any]:
    backend, bucket = found
    storage_class = rule.storage_class or str(key.storage_class)
    # moto's own way, past ours: no call is made, and a replica is not replicated again
    replica = moto.S3Backend.put_object(
        backend, bucket.name, key.name, key.value, storage=storage_class, disable_notification=True
    )
    replica._version_id = key.version_id
    replica.encryption = key.encryption
    replica.set_metadata(dict(key.metadata))
    replica.checksum_algorithm, replica.checksum_value = key.checksum_algorithm, key.checksum_value
    backend.tagger.tag_resource(replica.arn, source.tagger.list_tags_for_resource(key.arn)["Tags"])
    _mark(replica, REPLICA)
    return {"bytes": replica.size, "storage_class": storage_class}


def _mark_there(found: tuple[Any, FakeBucket], marker: FakeDeleteMarker) -> dict[str, Any]:
    backend, bucket = found
    moto.S3Backend.delete_object(backend, bucket.name, marker.name)
    bucket.keys[marker.name]._version_id = marker.version_id
    return {}


def _bucket_of(name: str) -> tuple[Any, FakeBucket] | None:
    for account in list(s3_backends):
        for partition in list(s3_backends[account]):
            backend = s3_backends[account][partition]
            if name in backend.buckets:
                return backend, backend.buckets[name]
    return None


def _mark(thing: Any, status: str | None) -> None:
    thing.replication_status = status


def told(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A rule as GetBucketReplication tells it, with all that moto keeps of it and does not tell."""
    answer = {
        "ID": rule["ID"],
        "Priority": rule["Priority"],
        "Status": rule["Status"],
        "DeleteMarkerReplication": rule.get("DeleteMarkerReplication") or {"Status": "Disabled"},
        "Filter": {"Prefix": ""},
        "Destination": rule["Destination"],
    }
    wanted = rule.get("Filter")
    if wanted:
        combined = wanted.get("And")
        if combined:
            tags = combined.get("Tag") or []
            tags = [tags] if isinstance(tags, Mapping) else tags
            prefix = {"Prefix": combined["Prefix"]} if combined.get("Prefix") else {}
            wanted = {"And": {**prefix, "Tags": tags}}
        answer["Filter"] = wanted
    elif rule.get("Prefix"):
        answer["Filter"] = {"Prefix": rule["Prefix"]}
    return answer
