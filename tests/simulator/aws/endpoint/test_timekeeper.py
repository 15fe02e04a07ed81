"""The timekeeper alone: its patience, and what becomes of actors that fail."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from simulator.aws.endpoint import timekeeper
from simulator.aws.endpoint.modes import TimeMode
from simulator.aws.endpoint.timekeeper import Timekeeper
from simulator.http import HttpRequest, HttpResponse
from simulator.kernel import sleep, wait
from simulator.world import World

SIGNED = "AWS4-HMAC-SHA256 Credential=t/20260101/us-east-1/{}/aws4_request, Signature=0"


def call(service: str, target: str, **parameters: Any) -> HttpRequest:
    headers = {
        "host": "localhost",
        "x-amz-target": target,
        "content-type": "application/x-amz-json-1.0",
        "authorization": SIGNED.format(service),
    }
    return HttpRequest("POST", "http://localhost/", headers, json.dumps(parameters).encode())


LIST = call("sqs", "AmazonSQS.ListQueues")


@pytest.fixture
async def world() -> AsyncIterator[World]:
    with World(seed=1) as world, world.active():
        yield world


async def answer(keeper: Timekeeper, request: HttpRequest) -> HttpResponse:
    pending = await keeper.begin(request)
    return pending.answer.result() if pending.answer.done() else await keeper.stand_by(pending)


def slow_service(world: World, seconds: float | None) -> None:
    """Let every call from outside take this long; None: it waits for what never comes."""
    plain = world.cloud.gateway.handle

    def handle(request: HttpRequest) -> HttpResponse:
        if seconds is None:
            wait(world.env.event())
        else:
            sleep(seconds)
        return plain(request)

    world.cloud.gateway.handle = handle  # type: ignore[method-assign]


async def test_a_call_that_waits_at_a_paused_clock_is_told_so(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timekeeper, "PATIENCE_S", 0.05)
    slow_service(world, 5)
    keeper = Timekeeper(world, TimeMode.parse("paused"))
    response = await answer(keeper, LIST)
    assert response.status == 503
    told = json.loads(response.body)
    assert told["__type"] == "ServiceUnavailable"
    assert "paused" in told["message"]
    assert "paddock clock advance" in told["message"]
    assert keeper.waiting == 0
    await keeper.advance(10)  # what it asked for happens all the same, when its time comes
    assert [(fact.at, fact.data["action"]) for fact in world.journal.facts] == [(5, "ListQueues")]


async def test_the_same_call_is_answered_when_the_clock_moves(world: World) -> None:
    slow_service(world, 5)
    keeper = Timekeeper(world, TimeMode.parse("paused"))
    pending = asyncio.ensure_future(answer(keeper, LIST))
    while not keeper.waiting:
        await asyncio.sleep(0)
    await keeper.advance(4)
    assert not pending.done()
    await keeper.advance(6)
    assert (await pending).status == 200
    assert world.now_s == 6


async def test_what_nothing_can_answer_is_refused_at_once(world: World) -> None:
    slow_service(world, None)
    keeper = Timekeeper(world, TimeMode.parse("auto"))
    response = await answer(keeper, LIST)
    assert response.status == 503
    assert "nothing left in this world" in json.loads(response.body)["message"]


async def test_an_actor_that_fails_stops_nobody(world: World) -> None:
    def actor() -> None:
        sleep(3)
        raise LookupError("no unicorn")

    world.spawn(actor, name="dispatcher", actor="dispatcher")
    keeper = Timekeeper(world, TimeMode.parse("paused"))
    await keeper.advance(5)
    assert (await answer(keeper, LIST)).status == 200
    [failed] = [fact for fact in world.journal.facts if fact.what == "fiber.failed"]
    assert failed.at == 3
    assert failed.data == {"name": "dispatcher", "error": "LookupError: no unicorn"}


async def test_a_background_that_never_rests_holds_up_no_answer(world: World) -> None:
    def poller() -> None:
        while True:
            sleep(20)

    world.spawn(poller, name="poller", background=True)
    keeper = Timekeeper(world, TimeMode.parse("auto"))
    assert (await answer(keeper, LIST)).status == 200
    await keeper.advance(86_400)
    assert world.now_s == 86_400


async def test_auto_serves_one_after_the_other(world: World) -> None:
    slow_service(world, 5)
    keeper = Timekeeper(world, TimeMode.parse("auto"))
    users = call("sts", "", Action="x")
    await asyncio.gather(answer(keeper, LIST), answer(keeper, users))
    assert [fact.at for fact in world.journal.facts] == [5.001, 10.002]


async def test_a_call_that_breaks_is_an_internal_failure(world: World) -> None:
    def handle(_: HttpRequest) -> HttpResponse:
        raise ArithmeticError("out of unicorns")

    world.cloud.gateway.handle = handle  # type: ignore[method-assign]
    keeper = Timekeeper(world, TimeMode.parse("auto"))
    response = await answer(keeper, LIST)
    assert response.status == 500
    assert json.loads(response.body)["__type"] == "InternalFailure"
    assert "out of unicorns" in json.loads(response.body)["message"]


async def test_after_an_answer_all_that_is_due_now_is_done(world: World) -> None:
    done: list[float] = []
    plain = world.cloud.gateway.handle

    def handle(request: HttpRequest) -> HttpResponse:
        world.spawn(lambda: done.append(world.now_s), name="at once")
        world.spawn(lambda: (sleep(1), done.append(world.now_s)), name="later")
        return plain(request)

    world.cloud.gateway.handle = handle  # type: ignore[method-assign]
    await answer(Timekeeper(world, TimeMode.parse("auto")), LIST)
    assert done == [0.001]


async def test_a_repeated_call_with_a_waiter_waits_for_the_next_fact(world: World) -> None:
    def other() -> None:
        sleep(500)
        world.record("something.changed", who="other")

    world.spawn(other, name="other")
    keeper = Timekeeper(world, TimeMode.parse("auto"))
    describe = call("dynamodb", "DynamoDB_20120810.DescribeTable", TableName="rides")
    await answer(keeper, describe)
    assert world.now_s == 0.001
    await answer(keeper, describe)
    assert world.now_s == 500
    await answer(keeper, describe)  # nothing more will happen: the poll only takes its second
    assert world.now_s == 501
    await answer(keeper, LIST)
    assert world.now_s == 501.001


async def test_no_question_lets_time_run_without_end(world: World) -> None:
    def other() -> None:
        sleep(30 * 86_400)
        world.record("something.changed", who="other")

    world.spawn(other, name="other")
    keeper = Timekeeper(world, TimeMode.parse("auto"))
    describe = call("dynamodb", "DynamoDB_20120810.DescribeTable", TableName="rides")
    for _ in range(2):
        await answer(keeper, describe)
    assert world.now_s <= 90_001
    for _ in range(40):
        await answer(keeper, describe)
    assert [fact.at for fact in world.journal.facts if fact.who == "other"] == [30 * 86_400]
