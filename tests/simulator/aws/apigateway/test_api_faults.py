"""What goes wrong with APIs themselves, and how long their calls take."""

from __future__ import annotations

import json
from typing import Any

import pytest

from simulator.fault import Fault
from simulator.http import HttpRequest
from simulator.world import World


def test_a_fault_strikes_the_calls_of_one_api(world: World, rest: Any, call: Any) -> None:
    rest.mock("GET", "/ride")
    url = f"{rest.deploy()}/ride"
    where = {"service": "execute-api", "resource": rest.id}
    world.faults.inject(Fault("busy", where, "ServiceUnavailable", 503, attempts=(1,)))
    struck = call("GET", url)
    assert (struck.status, struck.headers["x-amzn-ErrorType"]) == (503, "ServiceUnavailable")
    assert "injected" in json.loads(struck.body)["message"]
    assert call("GET", url).status == 200
    told = [f.data for f in world.journal.facts if f.what == "apigateway.answered"]
    assert [fact["status"] for fact in told] == [503, 200]
    assert told[0]["why"] == "the fault busy"


def test_an_answer_may_be_lost_or_late(world: World, rest: Any, permitted: Any, call: Any) -> None:
    source = "def handler(e, c):\n    print('ran')\n    return {'statusCode': 200, 'body': 'ok'}\n"
    rest.function("POST", "/ride", permitted("f", source))
    url = f"{rest.deploy()}/ride"
    world.faults.inject(Fault("lost", {"service": "execute-api"}, "Lost", 502, after=True))
    assert call("POST", url).status == 502
    assert sum(f.what == "lambda.log" for f in world.journal.facts) == 1
    world.faults.lift("lost")
    world.faults.inject(Fault("slow", {"service": "execute-api"}, None, latency_s=4.0))
    began_s = world.now_s
    assert call("POST", url).body == b"ok"
    assert world.now_s - began_s >= 4.0


@pytest.mark.parametrize(("profile", "takes"), [("none", False), ("typical", True)])
def test_traffic_takes_its_time(profile: str, takes: bool) -> None:
    with World(seed=1, traffic=profile) as world:
        client: Any = world.cloud.session().client("apigatewayv2")
        api = client.create_api(Name="h", ProtocolType="HTTP")["ApiId"]
        client.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
        began_s = world.now_s
        url = f"https://{api}.execute-api.us-east-1.amazonaws.com/"
        assert world.cloud.gateway.handle(HttpRequest("GET", url, {}, b"")).status == 404
        assert (world.now_s > began_s) is takes
