"""moto's answers to S3's calls, where ours differ."""

from __future__ import annotations

from typing import Any

from moto.s3.responses import S3Response as MotoResponse

from simulator.aws.s3.lifecycle import complete
from simulator.aws.s3.models import S3Backend

_MINIMUM = "x-amz-transition-default-minimum-object-size"


class S3Response(MotoResponse):
    """Answers each call."""

    def put_object(self) -> Any:
        """Keep an object; every one is encrypted, and a checksum is of the whole of it.

        Source: Amazon S3 API Reference, "PutObject".
        """
        answer = super().put_object()
        if "uploadId" in self.querystring:  # a part, which moto answers through the same door
            return answer
        status, headers, body = answer
        headers.setdefault("x-amz-server-side-encryption", "AES256")
        if any(name.startswith("x-amz-checksum-") for name in headers):
            headers.setdefault("x-amz-checksum-type", "FULL_OBJECT")
        return status, headers, body

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

    def serialized(self, action_result: Any) -> Any:
        """The answer as XML; a lifecycle's with what moto does not keep of it."""
        told = action_result.result
        if isinstance(told, dict) and "TransitionDefaultMinimumObjectSize" in told:
            kept = self.backend.get_bucket_lifecycle(self.bucket_name)
            for rule, each in zip(kept, told["Rules"], strict=True):
                complete(each, getattr(rule, "extra", {}))
        return super().serialized(action_result)
