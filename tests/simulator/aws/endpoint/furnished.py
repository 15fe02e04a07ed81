"""A world with a thing of each kind in it, and all that its services hold, as plain values."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from moto.backends import get_backend

from simulator.http import HttpRequest, HttpResponse
from simulator.world import World
from tests.simulator.aws.endpoint.hostile import ACCOUNT, REGION

_LEAVES = (str, bytes, int, float, bool, type(None), complex)
_OURS = ("moto.", "simulator.aws.", "simulator.model.")
# What moto makes, or moves on, when it is looked at: its states, EC2's default key.
_BY_LOOKING = ("_tick", "_time_progressed", "default_kms_key_id")


class Furnished:
    """Answers requests in a furnished world; in a new one once something has changed.

    So the answer to a request never depends on the requests that came before.
    """

    def __init__(self, services: Iterable[str], journal: Path) -> None:
        self._services = tuple(services)
        self._journal = journal
        self._world: World | None = None
        self._held: Any = None

    def answer(self, request: HttpRequest) -> tuple[HttpResponse, bool]:
        """The answer, and whether the request changed anything once all that it led to is over."""
        world = self._world or self._furnish()
        self._world = None  # whatever goes wrong now, the next one has a new world
        response = world.cloud.gateway.handle(request)
        if response.status < 400:
            world.run()
        changed = self._state() != self._held
        if not changed and world.now_s == 0:
            self._world = world
        return response, changed

    def _furnish(self) -> World:
        world = World(seed=11, journal=self._journal)
        client = world.cloud.session().client
        for service in self._services:
            _FURNISH[service](client)
        # A look may make what is made at the first look.
        self._state()
        self._held = self._state()
        return world

    def _state(self) -> Any:
        try:
            return [state(service) for service in self._services]
        except RecursionError:
            return "too deep to be told"


def _sqs(client: Any) -> None:
    url = client("sqs").create_queue(QueueName="fares")["QueueUrl"]
    client("sqs").send_message(QueueUrl=url, MessageBody="7")


def _dynamodb(client: Any) -> None:
    client("dynamodb").create_table(
        TableName="rides",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    client("dynamodb").put_item(TableName="rides", Item={"id": {"S": "r1"}})


def _s3(client: Any) -> None:
    client("s3").create_bucket(Bucket="rides")
    client("s3").put_object(Bucket="rides", Key="r1", Body=b"7")


_FURNISH = {
    "sqs": _sqs,
    "sns": lambda client: client("sns").create_topic(Name="rides"),
    "events": lambda client: client("events").put_rule(
        Name="rides", EventPattern='{"source": ["rides"]}'
    ),
    "dynamodb": _dynamodb,
    "schemas": lambda client: client("schemas").create_registry(RegistryName="rides"),
    "scheduler": lambda client: client("scheduler").create_schedule_group(Name="rides"),
    "lambda": lambda client: None,  # one needs a process, and most requests a function
    "s3": _s3,
    "ec2": lambda client: None,  # has networks of its own
}


def state(service: str) -> Any:
    """All that moto holds of a service in our account and Region, as plain values."""
    regional = get_backend(service)[ACCOUNT]
    return _plain(regional[REGION if REGION in regional else "aws"], set())


def _plain(value: Any, seen: set[int]) -> Any:
    if isinstance(value, _LEAVES):
        return value
    if id(value) in seen:
        return f"the {type(value).__name__} told before"
    seen.add(id(value))
    if isinstance(value, dict):
        told = [(str(key), _plain(inner, seen)) for key, inner in value.items()]
        return [entry for entry in told if entry[1] != []]  # a look may leave an empty one
    if isinstance(value, (list, tuple)):
        return [_plain(inner, seen) for inner in value]
    if isinstance(value, (set, frozenset)):
        return sorted(map(str, value))
    if isinstance(value, date):
        return value.isoformat()
    if type(value).__module__.startswith(_OURS):
        names = [n for kind in type(value).__mro__ for n in getattr(kind, "__slots__", ())]
        names += getattr(value, "__dict__", ())
        told = [
            (name, _plain(getattr(value, name), seen))
            for name in names
            if name not in _BY_LOOKING and hasattr(value, name)
        ]
        return [type(value).__name__, told]
    return type(value).__name__  # of the world around it: no state of the service
