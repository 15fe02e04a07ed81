"""moto's S3 with the events that AWS sends, each once, and destinations that must be there."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from moto.awslambda.exceptions import UnknownFunctionException
from moto.awslambda.models import lambda_backends
from moto.core.utils import unix_time
from moto.moto_api._internal import mock_random
from moto.s3 import models as moto
from moto.s3.exceptions import (
    InvalidArgumentError,
    InvalidNotificationARN,
    MalformedXML,
    S3ClientError,
)
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from simulator.aws.functions.policies import invokes
from simulator.aws.s3.lifecycle import check_days, enabled_rules, extras
from simulator.aws.s3.notices import BY_S3
from simulator.aws.s3.restored import check

if TYPE_CHECKING:
    from simulator.aws.s3.delivery import Notifier
    from simulator.aws.s3.lifecycle import Lifecycles
    from simulator.aws.s3.replication import Replications
    from simulator.aws.s3.restored import RestoredCopies

_PUT = "ObjectCreated:Put"
_ENCRYPTION = "AES256"
_FUNCTION = re.compile(r"arn:[\w-]+:lambda:[\w-]+:\d{12}:function:[\w-]+(:[\w$-]+)?")
_INVALID = "Unable to validate the following destination configurations"


class RestoreAlreadyInProgress(S3ClientError):
    """A restore that is under way cannot be asked for again."""

    def __init__(self) -> None:
        super().__init__("RestoreAlreadyInProgress", "Object restore is already in progress")


class S3Backend(moto.S3Backend):
    """One account's buckets."""

    notifier: Notifier
    lifecycles: Lifecycles
    copies: RestoredCopies
    replications: Replications
    note: ClassVar[Callable[..., None]]
    """Adds to the journal's fact of the call that is being answered."""
    note_each: ClassVar[Callable[..., None]]
    """Adds to a list in that fact."""
    transition_minimum: str | None = None
    """What the call that puts a lifecycle says of small objects."""
    restore_tier: str | None = None
    """How fast the call that restores an object wants it."""

    @property
    def _url_module(self) -> Any:
        from simulator.aws.s3 import urls  # its responses reach this module

        return urls

    def put_bucket_notification_configuration(
        self, bucket_name: str, notification_config: dict[str, Any]
    ) -> None:
        """Say who is told of what. A destination of the bucket's account has to exist."""
        bucket = self.get_bucket(bucket_name)
        for kind, exists, absent in _KINDS:
            for one in notification_config.get(f"{kind}Configuration") or ():
                arn = str(one[kind])
                if len(arn.split(":", 5)) < 6:
                    raise InvalidNotificationARN
                here = arn.split(":")[3:5] == [bucket.region_name, bucket.account_id]
                if here and not exists(arn):
                    # queues and topics of other accounts may be anywhere: they are not looked for
                    raise InvalidArgumentError(_INVALID, arn, absent)
                if kind == "CloudFunction" and not invokes(
                    arn, BY_S3, str(bucket.arn), bucket.account_id
                ):
                    told = f"Not authorized to invoke function [{arn}]"
                    raise InvalidArgumentError(_INVALID, arn, told)
        before = bucket.notification_configuration
        try:
            super().put_bucket_notification_configuration(bucket_name, notification_config)
        except Exception:
            bucket.notification_configuration = before  # moto puts it in force before it looks
            raise

    def put_bucket_lifecycle_configuration(
        self, bucket_name: str, rules: list[dict[str, Any]]
    ) -> None:
        """Put a bucket's rules in force: the next midnight carries them out."""
        bucket = self.get_bucket(bucket_name)
        before = bucket.rules
        try:
            for rule in rules:
                check_days(rule)
            super().put_bucket_lifecycle_configuration(bucket_name, rules)
            for kept, given in zip(bucket.rules, rules, strict=True):
                kept.id = kept.id or str(mock_random.uuid4())
                kept.extra = extras(given, self.transition_minimum)  # type: ignore[attr-defined]
            enabled_rules(bucket, all_rules=True)
        except ValueError as error:  # a number or a date that is none
            bucket.rules = before
            raise MalformedXML from error
        except Exception:
            bucket.rules = before
            raise
        self.lifecycles.wake()

    def put_object(self, *args: Any, **options: Any) -> moto.FakeKey:
        """Put an object; the fact of the call says how large it is.

        S3 encrypts every object, by keys of its own unless another way was asked for (User Guide,
        "Setting default server-side encryption behavior for Amazon S3 buckets").
        """
        key = super().put_object(*args, **options)
        key.encryption = key.encryption or _ENCRYPTION
        version = {"version": key.version_id} if key.version_id != "null" else {}
        self.note(bytes=key.size, storage_class=key.storage_class, **version)
        self.replications.made(self.get_bucket(str(key.bucket_name)), key)
        return key

    def restore_object(
        self, bucket_name: str, key_name: str, days: str | None, type_: str | None
    ) -> bool:
        """Bring an archived object back for some days: in its tier's time, if one is named."""
        key = self.get_object(bucket_name, key_name)
        if isinstance(key, moto.FakeKey):
            if key.__dict__.get("restoring"):
                raise RestoreAlreadyInProgress
            check(key, self.restore_tier or "Standard")
        there = super().restore_object(bucket_name, key_name, days, type_)
        assert isinstance(key, moto.FakeKey)
        if self.restore_tier and days and not there:
            self.copies.begin(key, self.restore_tier, int(days))
        else:
            self.copies.watch(key)
        return there

    def create_multipart_upload(self, *args: Any, **options: Any) -> moto.FakeMultipart:
        """Begin an upload in parts."""
        upload = super().create_multipart_upload(*args, **options)
        upload.initiated_s = unix_time()  # type: ignore[attr-defined]
        return upload

    def complete_multipart_upload(
        self, bucket_name: str, multipart_id: str, body: Any
    ) -> moto.FakeKey | None:
        """Make an object of its parts: one event, where moto makes three."""
        with self.notifier.hush(_PUT):
            return super().complete_multipart_upload(bucket_name, multipart_id, body)

    def delete_object(
        self,
        bucket_name: str,
        key_name: str,
        version_id: str | None = None,
        bypass: bool = False,
    ) -> tuple[bool, dict[str, Any]]:
        """Delete an object, a version or a delete marker, or make a marker."""
        bucket = self.get_bucket(bucket_name)
        if not bucket.is_versioned:
            done = super().delete_object(bucket_name, key_name, version_id, bypass)
            self._note_deleted(key_name, version_id)
            return done
        stack = bucket.keys.getlist(key_name, [])
        gone = next((each for each in stack if str(each.version_id) == str(version_id)), None)
        with self.notifier.silence():  # moto tells of the last version only, and of no marker
            found, told = super().delete_object(bucket_name, key_name, version_id, bypass)
        if found and version_id is None:
            marker = bucket.keys[key_name]
            self.notifier.happened(bucket, "ObjectRemoved:DeleteMarkerCreated", marker)
            self.replications.made(bucket, marker)
        elif found and gone is not None:
            self.notifier.happened(bucket, "ObjectRemoved:Delete", gone)
            self._note_deleted(key_name, version_id)
        return found, told

    def _note_deleted(self, key: str, version_id: str | None) -> None:
        version = {"version": version_id} if version_id not in (None, "null") else {}
        self.note_each("deleted", {"key": key, **version})


def _has_queue(arn: str) -> bool:
    region, account, name = (*arn.split(":", 5)[3:], "")[:3]
    return name in sqs_backends[account][region].queues


def _has_topic(arn: str) -> bool:
    region, account = arn.split(":")[3:5]
    return arn in sns_backends[account][region].topics


def _has_function(arn: str) -> bool:
    region, account = arn.split(":")[3:5]
    if not _FUNCTION.fullmatch(arn):
        return True  # moto's public tests name `function:n/a` where nothing is to happen
    try:
        lambda_backends[account][region].get_function(arn)
    except UnknownFunctionException:
        return False
    return True


_KINDS = (
    ("Queue", _has_queue, "The destination queue does not exist"),
    ("Topic", _has_topic, "The destination topic does not exist"),
    ("CloudFunction", _has_function, "The destination Lambda does not exist"),
)
