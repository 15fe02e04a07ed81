"""moto's answers to S3's calls, where ours differ."""

from __future__ import annotations

from typing import Any

from moto.s3.responses import S3Response as MotoResponse

from simulator.aws.s3.models import S3Backend


class S3Response(MotoResponse):
    """Answers each call."""

    def put_object_tagging(self) -> Any:
        """Tag an object: an event of its own, as the tags that come with an object are not."""
        with S3Backend.notifier.tagging():
            return super().put_object_tagging()
