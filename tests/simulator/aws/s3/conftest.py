"""A bucket, and where its events can go."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from simulator.world import World

ACCOUNT = "123456789012"


class Shop:
    """A bucket called photos, with queues that listen."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.session = world.cloud.session()
        self.s3 = self.session.client("s3")
        self.s3.create_bucket(Bucket="photos")

    def queue(self, name: str) -> str:
        self.session.client("sqs").create_queue(QueueName=name)
        return f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"

    def notify(self, **configuration: Any) -> None:
        self.s3.put_bucket_notification_configuration(
            Bucket="photos", NotificationConfiguration=configuration
        )
        self.world.run()

    def listen(self, *events: str, name: str = "q", **options: Any) -> None:
        """Let a queue hear of events; the test event is taken off it."""
        arn = self.queue(name)
        self.notify(
            QueueConfigurations=[{"Id": "c", "QueueArn": arn, "Events": list(events), **options}]
        )
        url = self.session.client("sqs").get_queue_url(QueueName=name)["QueueUrl"]
        self.session.client("sqs").purge_queue(QueueUrl=url)

    def heard(self, name: str = "q") -> list[dict[str, Any]]:
        """The records in a queue, in order."""
        self.world.run()
        bodies = [json.loads(each["body"]) for each in self.world.cloud.peek_queue(name)]
        return [record for body in bodies for record in body["Records"]]

    def names(self, name: str = "q") -> list[str]:
        return [record["eventName"] for record in self.heard(name)]


@pytest.fixture
def shop(world: World) -> Shop:
    return Shop(world)


@pytest.fixture
def facts(world: World) -> Callable[[str], list[dict[str, Any]]]:
    return lambda what: [fact.data for fact in world.journal.facts if fact.what == what]
