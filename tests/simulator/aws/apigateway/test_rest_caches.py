"""The cache of a stage. Source: API Gateway Developer Guide, "Cache settings for REST APIs"."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.world import World

COUNT = """
count = 0
def handler(event, context):
    global count
    count += 1
    return {"statusCode": 200 if event["path"] != "/bad" else 500, "body": str(count)}
"""


@pytest.fixture
def url(rest: Any, permitted: Any) -> str:
    arn = permitted("f", COUNT)
    for verb, path in (("GET", "/x"), ("POST", "/x"), ("GET", "/bad")):
        rest.function(verb, path, arn)
    stage = str(rest.deploy())
    settings(
        rest,
        cacheClusterEnabled="true",
        **{"*/*/caching/enabled": "true", "*/*/caching/ttlInSeconds": "60"},
    )
    return stage


def settings(rest: Any, **values: str) -> None:
    operations = [
        {"op": "replace", "path": f"/{path}", "value": value} for path, value in values.items()
    ]
    rest.client.update_stage(restApiId=rest.id, stageName="prod", patchOperations=operations)


def test_an_answer_is_kept_for_its_time_to_live(world: World, url: str, call) -> None:
    assert [call("GET", f"{url}/x?q={n}").body for n in range(3)] == [b"1"] * 3
    assert [call("POST", f"{url}/x").body for _ in range(2)] == [b"2", b"3"]
    world.run(until=world.now_s + 61)
    assert call("GET", f"{url}/x").body == b"4"
    cached = [f.data.get("cached") for f in world.journal.facts if f.what == "apigateway.answered"]
    assert cached == [None, True, True, None, None, None]


def test_a_failure_is_not_kept(url: str, call) -> None:
    assert [call("GET", f"{url}/bad").body for _ in range(2)] == [b"1", b"2"]


def test_a_cache_is_flushed(rest, url: str, call) -> None:
    call("GET", f"{url}/x")
    rest.client.flush_stage_cache(restApiId=rest.id, stageName="prod")
    assert call("GET", f"{url}/x").body == b"2"


def test_a_caller_may_ask_anew_where_that_needs_no_right(rest, url: str, call) -> None:
    call("GET", f"{url}/x")
    assert call("GET", f"{url}/x", Cache_Control="max-age=0").body == b"1"
    settings(rest, **{"*/*/caching/requireAuthorizationForCacheControl": "false"})
    assert call("GET", f"{url}/x", Cache_Control="max-age=0").body == b"2"
    settings(
        rest,
        **{
            "*/*/caching/requireAuthorizationForCacheControl": "true",
            "*/*/caching/unauthorizedCacheControlHeaderStrategy": "FAIL_WITH_403",
        },
    )
    assert call("GET", f"{url}/x", Cache_Control="max-age=0").status == 403


def test_keys_part_what_is_kept(rest, url: str, call) -> None:
    where = {"restApiId": rest.id, "resourceId": rest.resource("/x"), "httpMethod": "GET"}
    rest.client.update_integration(
        **where,
        patchOperations=[{"op": "add", "path": "/cacheKeyParameters/method.request.querystring.q"}],
    )
    rest.deploy()
    told = [call("GET", f"{url}/x?q={q}&other={n}").body for n, q in enumerate("aabba")]
    assert told == [b"1", b"1", b"2", b"2", b"1"]


def test_without_a_cluster_nothing_is_kept(rest, url: str, call) -> None:
    settings(rest, cacheClusterEnabled="false")
    assert [call("GET", f"{url}/x").body for _ in range(2)] == [b"1", b"2"]
