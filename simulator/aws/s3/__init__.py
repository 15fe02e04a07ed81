"""S3: moto keeps buckets and objects, we tell of what happens to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.s3 import models as moto_models
from moto.s3 import notifications

from simulator.aws.s3.delivery import Notifier
from simulator.aws.s3.headers import headers
from simulator.aws.s3.lifecycle import Lifecycles
from simulator.aws.s3.models import S3Backend
from simulator.aws.s3.policies import permission
from simulator.aws.s3.replication import Replications
from simulator.aws.s3.restored import STATUS, RestoredCopies
from simulator.aws.seams import replace

if TYPE_CHECKING:
    from simulator.aws.cloud import Cloud
    from simulator.world import World


def install(world: World, cloud: Cloud) -> None:
    """Let every bucket of the process live in `world`."""
    notifier = S3Backend.notifier = Notifier(world, cloud)
    S3Backend.note = staticmethod(cloud.gateway.note)
    S3Backend.note_each = staticmethod(cloud.gateway.note_each)
    S3Backend.lifecycles = Lifecycles(world, notifier)
    S3Backend.copies = RestoredCopies(world, notifier)
    S3Backend.replications = Replications(world, notifier)
    replace(moto_models.s3_backends, "backend", S3Backend)

    def send_event(_account: str, event_name: Any, bucket: Any, key: Any) -> None:
        notifier.happened(bucket, event_name.value, key)

    def send_test_event(account_id: str, bucket: Any) -> None:  # noqa: ARG001  (moto's signature)
        notifier.test(bucket)

    replace(notifications, "send_event", send_event)
    replace(notifications, "send_test_event", send_test_event)
    replace(moto_models.FakeKey, "response_dict", property(headers))
    replace(moto_models.FakeBucket, "get_permission", permission)
    replace(moto_models.FakeKey, "status", STATUS)
