"""moto's answers to S3's calls, where ours differ."""

from __future__ import annotations

import re
from typing import Any

from moto.core.responses import ActionResult
from moto.s3.responses import S3Response as MotoResponse

from simulator.aws.s3 import replication
from simulator.aws.s3.lifecycle import complete
from simulator.aws.s3.models import S3Backend

_CHECKSUM, _CHECKSUM_TYPE, _WHOLE = "x-amz-checksum-", "x-amz-checksum-type", "FULL_OBJECT"
_TIER = re.compile(rb"<Tier>\s*(\w+)\s*</Tier>")
_MINIMUM = "x-amz-transition-default-minimum-object-size"


class S3Response(MotoResponse):
    """Answers each call."""

    def put_object(self) -> Any:
        """Put an object; a checksum of it, where there is one, is of the whole object."""
        answer = super().put_object()
        if "uploadId" in self.querystring:  # a part, which moto answers through the same door
            return answer
        return _typed(answer)

    def get_object(self) -> Any:
        """Read an object; the fact of the call says how many bytes of it were sent."""
        status, headers, body = _typed(super().get_object())
        S3Backend.note(sent_bytes=len(body))
        return status, headers, body

    def _handle_range_header(self, request: Any, *args: Any, **options: Any) -> Any:
        answer = super()._handle_range_header(request, *args, **options)
        if request.method == "GET":
            S3Backend.note(sent_bytes=len(answer[2]))
        return answer

    def get_bucket_replication(self) -> Any:
        """What of a bucket is replicated."""
        kept = self.backend.get_bucket_replication(self.bucket_name)
        if not kept:
            return super().get_bucket_replication()
        self.data["Action"] = "GetBucketReplication"
        rules = [replication.told(rule) for rule in kept["Rule"]]
        told = {"ReplicationConfiguration": {"Role": kept["Role"], "Rules": rules}}
        return self.serialized(ActionResult(told))

    def put_object_tagging(self) -> Any:
        """Tag an object: an event of its own, as the tags that come with an object are not."""
        with S3Backend.notifier.tagging():
            return super().put_object_tagging()

    def _notification_config_from_body(self) -> dict[str, Any]:
        try:
            config: dict[str, Any] = super()._notification_config_from_body()
        except TypeError:  # moto counts what is in an empty element, which switches all off
            return {}
        return config

    def _bucket_response_put(self, *args: Any, **options: Any) -> Any:
        S3Backend.transition_minimum = self.headers.get(_MINIMUM)
        try:
            return super()._bucket_response_put(*args, **options)
        finally:
            S3Backend.transition_minimum = None

    def _key_response_post(self, request: Any, body: bytes, *args: Any, **options: Any) -> Any:
        found = _TIER.search(body if b"RestoreRequest" in body else b"")
        S3Backend.restore_tier = found[1].decode() if found else None
        try:
            return super()._key_response_post(request, body, *args, **options)
        finally:
            S3Backend.restore_tier = None

    def serialized(self, action_result: Any) -> Any:
        """The answer as XML; a lifecycle's with what moto does not keep of it."""
        told = action_result.result
        if isinstance(told, dict) and "TransitionDefaultMinimumObjectSize" in told:
            kept = self.backend.get_bucket_lifecycle(self.bucket_name)
            for rule, each in zip(kept, told["Rules"], strict=True):
                complete(each, getattr(rule, "extra", {}))
        return super().serialized(action_result)


def _typed(answer: Any) -> Any:
    """An answer whose checksum says what it is of; that of parts says so itself."""
    status, headers, body = answer
    if _CHECKSUM_TYPE not in headers and any(name.startswith(_CHECKSUM) for name in headers):
        headers[_CHECKSUM_TYPE] = _WHOLE
    return status, headers, body
