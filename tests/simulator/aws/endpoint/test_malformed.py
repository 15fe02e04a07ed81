"""Requests that nobody should send: answered in AWS's shape, and the refused ones change nothing.

What an error looks like in each protocol is read with botocore's own parsers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from botocore.parsers import ResponseParserError, create_parser
from botocore.session import get_session
from hypothesis import HealthCheck, given, settings
from moto.backends import get_backend
from moto.core.responses import method_names_from_class
from moto.core.utils import camelcase_to_underscores
from moto.ec2.responses import EC2Response

from simulator.http import HttpRequest, HttpResponse
from simulator.world import World
from tests.simulator.aws.endpoint.hostile import ACCOUNT, REGION, requests

EXAMPLES = 500
# Of each service: its protocols, the widest first.
SERVICES = {
    "json": ("sqs", "events", "dynamodb"),
    "query": ("sns", "sqs"),
    "ec2": ("ec2",),
    "rest-json": ("scheduler", "schemas", "lambda"),
    "rest-xml": ("s3",),
}
STATEFUL = ("sqs", "sns", "events", "scheduler", "schemas", "dynamodb", "s3", "lambda", "ec2")
CODE = re.compile(r"[A-Za-z][\w.:#-]*")


def _actions(service: str) -> tuple[str, ...]:
    names = sorted(get_session().get_service_model(service).operation_names)
    if service == "ec2":  # most of EC2 is not built, and one refusal is like the other
        built = method_names_from_class(EC2Response)
        names = [name for name in names if camelcase_to_underscores(name) in built]
    return tuple(names)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(seed=11, journal=tmp_path / "journal.jsonl") as world:
        furnish(world)
        yield world


def furnish(world: World) -> None:
    """A thing of each kind, that requests can be about."""
    client = world.cloud.session().client
    url = client("sqs").create_queue(QueueName="fares")["QueueUrl"]
    client("sqs").send_message(QueueUrl=url, MessageBody="7")
    client("sns").create_topic(Name="rides")
    client("events").put_rule(Name="rides", EventPattern='{"source": ["rides"]}')
    client("schemas").create_registry(RegistryName="rides")
    client("s3").create_bucket(Bucket="rides")
    client("s3").put_object(Bucket="rides", Key="r1", Body=b"7")
    client("dynamodb").create_table(
        TableName="rides",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    client("dynamodb").put_item(TableName="rides", Item={"id": {"S": "r1"}})


def state(service: str) -> Any:
    """All that moto holds of a service in our account and Region, as plain values."""
    regional = get_backend(service)[ACCOUNT]
    return _plain(regional[REGION if REGION in regional else "aws"], {})


_LEAVES = (str, bytes, int, float, bool, type(None), complex)


_PROGRESS = ("_tick", "_time_progressed")  # of moto's states that change by being looked at


def _plain(value: Any, seen: dict[int, int]) -> Any:
    if isinstance(value, _LEAVES):
        return value
    if id(value) in seen:
        return f"as {seen[id(value)]}"
    seen[id(value)] = len(seen)
    if isinstance(value, dict):
        told = [(str(key), _plain(inner, seen)) for key, inner in value.items()]
        return [entry for entry in told if entry[1] != []]  # a look may leave an empty one
    if isinstance(value, (list, tuple)):
        return [_plain(inner, seen) for inner in value]
    if isinstance(value, (set, frozenset)):
        return sorted(map(str, value))
    if isinstance(value, date):
        return value.isoformat()
    module = type(value).__module__
    if module.startswith(("moto.", "simulator.aws.", "simulator.model.")):
        names = [n for kind in type(value).__mro__ for n in getattr(kind, "__slots__", ())]
        names += getattr(value, "__dict__", ())
        told = [
            (name, _plain(getattr(value, name), seen))
            for name in names
            if name not in _PROGRESS and hasattr(value, name)
        ]
        return [type(value).__name__, told]
    return type(value).__name__  # of the world around it: no state of the service


def check_error(service: str, request: HttpRequest, response: HttpResponse) -> None:
    """Fails unless an error is one that the service's SDK can read."""
    if request.method == "HEAD" or (service == "sqs" and b"UnknownOperationEx" in response.body):
        return  # a HEAD has no body; SQS answers with an element alone where no action is named
    spoken = [protocol for protocol, services in SERVICES.items() if service in services]
    is_json = response.body.lstrip()[:1] == b"{"
    fitting = [protocol for protocol in spoken if ("json" in protocol) == is_json]
    assert fitting, f"{service} does not speak what it answers"
    told = {"status_code": response.status, "headers": _lower(response), "body": response.body}
    parsed = create_parser(fitting[0]).parse(told, None)
    error = parsed["Error"]
    assert CODE.fullmatch(str(error["Code"])), parsed
    assert error["Message"], parsed


def _lower(response: HttpResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}


@pytest.mark.parametrize("protocol", SERVICES)
def test_malformed_requests_are_refused_and_change_nothing(world: World, protocol: str) -> None:
    services = tuple((name, _actions(name)) for name in SERVICES[protocol])
    held = {service: state(service) for service in SERVICES[protocol]}

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(requests(protocol, services))
    def answer(what: tuple[str, HttpRequest]) -> None:
        service, request = what
        response = world.cloud.gateway.handle(request)
        if response.status >= 400:
            assert response.status < 500 or response.status == 501, response.body
            try:
                check_error(service, request, response)
            except ResponseParserError as error:
                raise AssertionError(response) from error
        else:
            world.run()
            held[service] = state(service)
        assert state(service) == held[service], response

    answer()
