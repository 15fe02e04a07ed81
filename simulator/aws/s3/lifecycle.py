"""Buckets' lifecycles: rules as moto keeps them, carried out once a day at midnight, UTC."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from moto.core.utils import unix_time
from moto.s3.exceptions import S3ClientError
from moto.s3.models import FakeBucket, FakeDeleteMarker, FakeKey, s3_backends

from simulator.aws.s3.notices import BY_S3
from simulator.kernel import sleep
from simulator.model import lifecycle as model
from simulator.model.lifecycle import DAY_S, Move, Rule, Thing

if TYPE_CHECKING:
    from simulator.aws.s3.delivery import Notifier
    from simulator.aws.s3.models import S3Backend
    from simulator.world import World

_SAME_INSTANT_S = 1e-6
_IA_CLASSES, _IA_LEAST_DAYS = ("STANDARD_IA", "ONEZONE_IA"), 30


class Lifecycles:
    """Carries out the rules of all buckets of a world. While there are none, nothing ticks."""

    def __init__(self, world: World, notifier: Notifier) -> None:
        self._world = world
        self._notifier = notifier
        self._running = False

    def wake(self) -> None:
        """Some bucket has rules now."""
        if not self._running:
            self._running = True
            self._world.spawn(self._daily, name="lifecycle rules", actor="s3", background=True)

    def _daily(self) -> None:
        while True:
            now_s = self._world.clock.unix_s + _SAME_INSTANT_S
            sleep((now_s // DAY_S + 1) * DAY_S - self._world.clock.unix_s)
            buckets = [(backend, bucket) for backend, bucket in _buckets() if enabled_rules(bucket)]
            if not buckets:
                self._running = False
                return
            for backend, bucket in buckets:
                self._carry_out(backend, bucket)

    def _carry_out(self, backend: S3Backend, bucket: FakeBucket) -> None:
        rules = enabled_rules(bucket)
        now_s = self._world.clock.unix_s + _SAME_INSTANT_S
        for name in list(bucket.keys):
            versions = list(bucket.keys.getlist(name, ()))
            self._noncurrent(backend, bucket, rules, versions, now_s)
            self._current(backend, bucket, rules, name, now_s)
        for upload_id, upload in list(bucket.multiparts.items()):
            for rule in rules:
                began_s = getattr(upload, "initiated_s", now_s)
                if (
                    rule.abort_days is not None
                    and rule.covers(upload.key_name, 0, {})
                    and model.due_s(began_s, rule.abort_days) <= now_s
                ):
                    del bucket.multiparts[upload_id]
                    self._told(bucket, upload.key_name, "aborted", rule.name, upload=upload_id)
                    break

    def _current(
        self, backend: S3Backend, bucket: FakeBucket, rules: list[Rule], name: str, now_s: float
    ) -> None:
        versions = bucket.keys.getlist(name, ())
        if not versions:
            return
        newest = versions[-1]
        if isinstance(newest, FakeDeleteMarker):
            if len(versions) == 1:
                self._lone_marker(bucket, rules, newest, now_s)
            return
        thing = thing_of(backend, newest, unix_time(newest.last_modified))
        expires = model.expiry(rules, thing)
        if expires is not None and expires[0] <= now_s:
            if not bucket.is_versioned and newest.is_locked(governance_bypass=False):
                return
            with self._notifier.silence():
                backend.delete_object(bucket.name, name)
            if bucket.is_versioned:
                marker = bucket.keys[name]
                event = "LifecycleExpiration:DeleteMarkerCreated"
                self._notifier.happened(bucket, event, marker, by=BY_S3)
                self._told(bucket, name, "marked", expires[1], version=marker.version_id)
            else:
                self._notifier.happened(bucket, "LifecycleExpiration:Delete", newest, by=BY_S3)
                self._told(bucket, name, "expired", expires[1], size=thing.size)
            return
        self._move(bucket, newest, model.move(rules, thing, now_s))

    def _noncurrent(
        self,
        backend: S3Backend,
        bucket: FakeBucket,
        rules: list[Rule],
        versions: list[Any],
        now_s: float,
    ) -> None:
        gone = []
        for place, version in enumerate(versions[:-1]):
            newer = len(versions) - 2 - place
            ended_s = unix_time(versions[place + 1].last_modified)
            thing = thing_of(backend, version, ended_s)
            rule = model.noncurrent_expiry(rules, thing, newer, now_s)
            locked = isinstance(version, FakeKey) and version.is_locked(governance_bypass=False)
            if rule is not None and not locked:
                gone.append((version, rule))
            elif isinstance(version, FakeKey):
                self._move(bucket, version, model.noncurrent_move(rules, thing, newer, now_s))
        if not gone:
            return
        name = versions[0].name
        left = [each for each in versions if all(each is not version for version, _ in gone)]
        bucket.keys.setlist(name, left)
        for version, rule in gone:
            self._notifier.happened(bucket, "LifecycleExpiration:Delete", version, by=BY_S3)
            self._told(bucket, name, "expired", rule, version=version.version_id)

    def _lone_marker(
        self, bucket: FakeBucket, rules: list[Rule], marker: FakeDeleteMarker, now_s: float
    ) -> None:
        """A delete marker with nothing under it goes where a rule says so, or by its age."""
        for rule in rules:
            aged = (
                rule.expire_days is not None
                and model.due_s(unix_time(marker.last_modified), rule.expire_days) <= now_s
            )
            if rule.covers(marker.name, 0, {}) and (rule.expire_marker or aged):
                dict.pop(bucket.keys, marker.name)
                self._notifier.happened(bucket, "LifecycleExpiration:Delete", marker, by=BY_S3)
                version = marker.version_id
                self._told(bucket, marker.name, "expired", rule.name, version=version)
                return

    def _move(self, bucket: FakeBucket, key: FakeKey, wanted: tuple[str, str] | None) -> None:
        if wanted is None:
            return
        storage_class, rule = wanted
        key.set_storage_class(storage_class)
        self._notifier.happened(bucket, "LifecycleTransition", key, by=BY_S3)
        told = {"storage_class": storage_class, "size": key.size, "version": key.version_id}
        self._told(bucket, key.name, "moved", rule, **told)

    def _told(self, bucket: FakeBucket, key: str, did: str, rule: str, **more: Any) -> None:
        told = {name: value for name, value in more.items() if value not in (None, "null")}
        self._world.record("s3.lifecycle", bucket=bucket.name, key=key, did=did, rule=rule, **told)


def _buckets() -> Iterator[tuple[Any, FakeBucket]]:
    for account in list(s3_backends):
        for partition in list(s3_backends[account]):
            backend = s3_backends[account][partition]
            for bucket in list(backend.buckets.values()):
                yield backend, bucket


def thing_of(backend: Any, version: Any, since_s: float) -> Thing:
    """A version of an object as the rules see it."""
    if isinstance(version, FakeDeleteMarker):
        return Thing(version.name, 0, since_s, "")
    tags = backend.tagger.get_tag_dict_for_resource(version.arn)
    storage_class = str(version.storage_class)
    return Thing(version.name, version.size, since_s, storage_class, tags)


def enabled_rules(bucket: FakeBucket, *, all_rules: bool = False) -> list[Rule]:
    """The rules of a bucket that are enabled. Raises ValueError for what is no number or date."""
    found = []
    for rule in bucket.rules:
        if rule.status != "Enabled" and not all_rules:
            continue
        extra: Mapping[str, Any] = getattr(rule, "extra", {})
        tags: dict[str, str] = {}
        prefix = rule.prefix or ""
        if rule.filter:
            prefix = rule.filter.prefix or ""
            if rule.filter.tag_key:
                tags = {rule.filter.tag_key: rule.filter.tag_value or ""}
            if rule.filter.and_filter:
                prefix = rule.filter.and_filter.prefix or ""
                tags = dict(rule.filter.and_filter.tags)
        found.append(
            Rule(
                name=rule.id or "",
                prefix=prefix,
                tags=tags,
                over_bytes=_whole(extra.get("ObjectSizeGreaterThan")),
                under_bytes=_whole(extra.get("ObjectSizeLessThan")),
                expire_days=_whole(rule.expiration_days),
                expire_at_s=_instant(rule.expiration_date),
                expire_marker=str(rule.expired_object_delete_marker).lower() == "true",
                moves=tuple(
                    Move(str(each.storage_class), _whole(each.days), _instant(each.date))
                    for each in rule.transitions or ()
                ),
                noncurrent_days=_whole(rule.nve_noncurrent_days),
                noncurrent_keep=_whole(extra.get("NewerNoncurrentVersions")) or 0,
                noncurrent_moves=tuple(
                    Move(
                        each.storage_class,
                        _whole(each.days),
                        keep=_whole(each.newer_versions) or 0,
                    )
                    for each in rule.noncurrent_version_transitions or ()
                ),
                abort_days=_whole(rule.aimu_days),
                smallest=bool(extra.get("smallest")),
            )
        )
    return found


def check_days(rule: Mapping[str, Any]) -> None:
    """Refuse to move objects to the IA classes too early, or to expire them before they move.

    Source: S3 User Guide, "Transitioning objects using Amazon S3 Lifecycle"; "Lifecycle
    configuration elements".
    """
    moves = rule.get("Transition") or []
    moves = [moves] if isinstance(moves, Mapping) else moves
    days = [(str(move.get("StorageClass")), _whole(move.get("Days"))) for move in moves]
    for storage_class, after in days:
        if storage_class in _IA_CLASSES and after is not None and after < _IA_LEAST_DAYS:
            raise S3ClientError(
                "InvalidArgument",
                "'Days' in Transition action must be greater than or equal to "
                f"{_IA_LEAST_DAYS} for storageClass '{storage_class}'",
            )
    expires = _whole((rule.get("Expiration") or {}).get("Days"))
    if expires is not None and any(after is not None and after >= expires for _, after in days):
        raise S3ClientError(
            "InvalidArgument",
            "'Days' in the Expiration action must be greater than 'Days' in the Transition action",
        )


def extras(rule: Mapping[str, Any], minimum: str | None) -> dict[str, Any]:
    """What of a rule of the API moto does not keep."""
    wanted: Mapping[str, Any] = rule.get("Filter") or {}
    sizes = {**wanted, **(wanted.get("And") or {})}
    kept = {
        name: sizes[name]
        for name in ("ObjectSizeGreaterThan", "ObjectSizeLessThan")
        if name in sizes
    }
    newer = (rule.get("NoncurrentVersionExpiration") or {}).get("NewerNoncurrentVersions")
    if newer is not None:
        kept["NewerNoncurrentVersions"] = newer
    if minimum == "all_storage_classes_128K":
        kept["smallest"] = True
    return kept


def complete(told: dict[str, Any], extra: Mapping[str, Any]) -> None:
    """Add to a rule that is told what moto does not keep of it."""
    sizes = {name: size for name, size in extra.items() if name.startswith("ObjectSize")}
    if sizes:
        wanted = told.setdefault("Filter", {})
        wanted.get("And", wanted).update(sizes)
    newer = extra.get("NewerNoncurrentVersions")
    if newer is not None:
        told["NoncurrentVersionExpiration"]["NewerNoncurrentVersions"] = newer


def _whole(value: Any) -> int | None:
    return None if value in (None, "") else int(value)


def _instant(value: Any) -> float | None:
    if not value:
        return None
    instant = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp()
