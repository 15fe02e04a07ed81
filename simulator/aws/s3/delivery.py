"""S3's notifications on their way: matched, sent to queue, topic, function or bus, written down."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from moto.core.utils import iso_8601_datetime_with_milliseconds
from moto.events.models import events_backends
from moto.moto_api._internal import mock_random
from moto.s3.models import FakeBucket

from simulator.aws.events.targets import queue_url
from simulator.aws.functions.policies import invokes
from simulator.aws.s3.notices import BY_S3, Notice, encoded, notice
from simulator.model import lineage

if TYPE_CHECKING:
    from simulator.aws.cloud import Cloud
    from simulator.world import World

TAGGED = "ObjectTagging:Put"
_SUBJECT = "Amazon S3 Notification"


class Notifier:
    """Tells who wants to know what happens in the buckets of a world."""

    def __init__(self, world: World, cloud: Cloud) -> None:
        self._world = world
        self._cloud = cloud
        self._clients: dict[tuple[str, str, str], Any] = {}
        self._sequence = 0
        self._hushed = frozenset({TAGGED})
        self._silent = False

    @contextmanager
    def hush(self, *events: str) -> Iterator[None]:
        """While open, these events are for the bus only: moto makes more of a call than AWS."""
        before, self._hushed = self._hushed, self._hushed | frozenset(events)
        try:
            yield
        finally:
            self._hushed = before

    @contextmanager
    def tagging(self) -> Iterator[None]:
        """While open, tags are put for their own sake, and not with an object."""
        before, self._hushed = self._hushed, self._hushed - {TAGGED}
        try:
            yield
        finally:
            self._hushed = before

    @contextmanager
    def silence(self) -> Iterator[None]:
        """While open, what moto tells of reaches nobody."""
        before, self._silent = self._silent, True
        try:
            yield
        finally:
            self._silent = before

    def happened(
        self, bucket: FakeBucket, event: str, thing: Any, *, by: str | None = None
    ) -> None:
        """Tell of an event, at this instant, after what is being done now."""
        wanted = bucket.notification_configuration
        if wanted is None or thing is None or self._silent:
            return
        told = notice(bucket, event, thing, self._next_sequencer(), by)
        if told.event not in self._hushed:
            name = f"s3:{told.event}"
            kinds: tuple[tuple[list[Any], Callable[[Notice, Any], None]], ...] = (
                (wanted.cloud_function, self._to_function),
                (wanted.queue, self._to_queue),
                (wanted.topic, self._to_topic),
            )
            for configurations, send in kinds:
                for one in configurations:
                    if one.matches(name, told.key):
                        self._spawn(told, one.arn, partial(send, told, one))
        if wanted.event_bridge is not None:
            bus: Any = events_backends[told.account][told.region]
            self._spawn(told, "events", lambda: bus.publish(told.event_of_bus()))

    def test(self, bucket: FakeBucket) -> None:
        """Send s3:TestEvent to the queues and topics of a new configuration, each once."""
        wanted = bucket.notification_configuration
        if wanted is None:
            return
        body = json.dumps(
            {
                "Service": "Amazon S3",
                "Event": "s3:TestEvent",
                "Time": iso_8601_datetime_with_milliseconds(),
                "Bucket": bucket.name,
                "RequestId": mock_random.get_random_hex(16).upper(),
                "HostId": mock_random.get_random_hex(32),
            }
        )
        places = ((wanted.queue, self._send_message), (wanted.topic, self._publish))
        for configurations, send in places:
            for arn in dict.fromkeys(one.arn for one in configurations):
                self._spawn_as_s3(
                    bucket,
                    arn,
                    partial(send, arn, body),
                    {"bucket": bucket.name, "event": "TestEvent", "target": arn},
                )

    def _next_sequencer(self) -> str:
        """A text that grows from event to event."""
        self._sequence += 1
        return f"00{int(self._world.clock.unix_s):08X}{self._sequence:08X}"

    def _spawn(self, told: Notice, target: str, act: Callable[[], Any]) -> None:
        bucket = {"bucket": told.bucket, "key": told.key, "event": told.event, "target": target}
        if told.version_id is not None:
            bucket["version"] = told.version_id
        self._spawn_as_s3(told, target, act, bucket)

    def _spawn_as_s3(
        self, whose: Any, target: str, act: Callable[[], Any], fact: dict[str, Any]
    ) -> None:
        def send() -> None:
            try:
                act()
            except ClientError as error:
                code = error.response.get("Error", {}).get("Code", "")
                self._world.record("s3.notification_failed", **fact, error=str(code))
            except PermissionError:
                self._world.record("s3.notification_failed", **fact, error="AccessDeniedException")
            except (BotoCoreError, ValueError) as error:
                name = type(error).__name__
                self._world.record("s3.notification_failed", **fact, error=name)
            else:
                self._world.record("s3.notified", **fact)

        fiber = self._world.spawn(send, name=f"notice to {target}", daemon=True)
        account = whose.account if isinstance(whose, Notice) else whose.account_id
        chain = {} if target == "events" else lineage.current()
        fiber.context = {"actor": "s3", "account": account, lineage.KEY: chain}

    def _client(self, service: str, arn: str) -> Any:
        parts = arn.split(":")
        key = (service, parts[4], parts[3])
        if key not in self._clients:
            options = Config(parameter_validation=False, retries={"total_max_attempts": 1})
            session = self._cloud.session(parts[4], parts[3])
            self._clients[key] = session.client(service, config=options)
        return self._clients[key]

    def _to_queue(self, told: Notice, configuration: Any) -> None:
        self._send_message(configuration.arn, _body(told, configuration.id))

    def _to_topic(self, told: Notice, configuration: Any) -> None:
        self._publish(configuration.arn, _body(told, configuration.id, slash=True))

    def _to_function(self, told: Notice, configuration: Any) -> None:
        if not invokes(configuration.arn, BY_S3, told.bucket_arn, told.account):
            raise PermissionError  # it was taken away since
        self._client("lambda", configuration.arn).invoke(
            FunctionName=configuration.arn,
            InvocationType="Event",
            Payload=_body(told, configuration.id).encode(),
        )

    def _send_message(self, arn: str, body: str) -> None:
        self._client("sqs", arn).send_message(QueueUrl=queue_url(arn), MessageBody=body)

    def _publish(self, arn: str, body: str) -> None:
        self._client("sns", arn).publish(TopicArn=arn, Message=body, Subject=_SUBJECT)


def _body(told: Notice, configuration: str, *, slash: bool = False) -> str:
    record = told.record(configuration, encoded(told.key, slash=slash))
    return json.dumps({"Records": [record]}, separators=(",", ":"))
