"""Requests of any shape get an answer of AWS's shape, and those refused change nothing."""

import json
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import pytest
from botocore.session import get_session
from hypothesis import given, settings
from hypothesis import strategies as st
from moto.events.models import events_backends
from moto.scheduler.models import scheduler_backends

from simulator.aws.schemas.models import schemas_backends
from simulator.http import HttpRequest
from simulator.world import World

TEXTS = ["", "a", "default", "{}", '{"source":["a"]}', '{"a":', "rate(1 minute)", "ENABLED", "*"]
TEXTS += ["arn:aws:events:us-east-1:123456789012:event-bus/default", "$.a", "x" * 300, "é☃\x00"]
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(TEXTS),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)


@lru_cache
def model(service):
    return get_session().get_service_model(service)


def value_of(shape: Any, depth: int = 0) -> st.SearchStrategy:
    """Something like a value of a shape, now and then something else."""
    if depth > 4:
        return JUNK
    if shape.type_name == "structure":
        members = {
            member.serialization.get("name", name): value_of(member, depth + 1)
            for name, member in shape.members.items()
        }
        likely = st.fixed_dictionaries({}, optional=members)
    elif shape.type_name == "list":
        likely = st.lists(value_of(shape.member, depth + 1), max_size=2)
    elif shape.type_name == "string":
        likely = st.sampled_from([*TEXTS, *shape.enum])
    elif shape.type_name in ("integer", "long", "timestamp"):
        likely = st.sampled_from([0, -1, 60, 1_767_225_600])
    else:
        likely = JUNK
    return st.one_of(likely, likely, likely, JUNK)


@st.composite
def requests(draw, service):
    metadata = model(service).metadata
    operation = model(service).operation_model(
        draw(st.sampled_from(sorted(model(service).operation_names)))
    )
    shape = operation.input_shape
    body = json.dumps(draw(value_of(shape)) if shape else {}).encode()
    credential = f"Credential=testing/20260101/us-east-1/{service}/aws4_request"
    headers = {
        "Host": f"{service}.us-east-1.amazonaws.com",
        "Authorization": f"AWS4-HMAC-SHA256 {credential}, SignedHeaders=host, Signature=0",
    }
    if metadata["protocol"] == "json":
        headers["X-Amz-Target"] = f"{metadata['targetPrefix']}.{operation.name}"
        return HttpRequest("POST", "http://localhost/", headers, body)
    uri = operation.http["requestUri"]
    for name, member in shape.members.items() if shape else ():
        if member.serialization.get("location") == "uri":
            text = quote(draw(st.sampled_from(TEXTS[1:])), safe="")
            uri = uri.replace(f"{{{member.serialization.get('name', name)}}}", text)
    return HttpRequest(operation.http["method"], f"http://localhost{uri}", headers, body)


def state():
    """What the three services hold, as text."""
    events = events_backends["123456789012"]["us-east-1"]
    schedules = scheduler_backends["123456789012"]["us-east-1"]
    schemas = schemas_backends["123456789012"]["us-east-1"]
    buses = {name: list(bus.rules) for name, bus in events.event_buses.items()}
    groups = {name: list(group.schedules) for name, group in schedules.schedule_groups.items()}
    held = {name: list(registry.schemas) for name, registry in schemas.registries.items()}
    return json.dumps([buses, list(events.archives), list(events.connections), groups, held])


@pytest.mark.parametrize("service", ["events", "scheduler", "schemas"])
def test_malformed_requests_are_refused_and_change_nothing(service):
    with World(seed=5) as world:
        gateway = world.cloud.gateway

        @settings(max_examples=120)
        @given(requests(service))
        def try_one(request):
            before = state()
            response = gateway.handle(request)
            assert response.status < 500 or response.status == 501, response.body
            if response.status >= 400:
                assert json.loads(response.body)
                assert state() == before

        try_one()
        client = world.cloud.session().client("events")
        assert client.describe_event_bus()["Name"] == "default"
