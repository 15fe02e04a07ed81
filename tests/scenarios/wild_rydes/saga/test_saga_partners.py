"""The payment provider and the accounting system keep their word, with a key and without."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from scenarios.wild_rydes.saga.partners import (
    ACCOUNTS,
    ANSWER_S,
    PAYMENTS,
    AccountingSystem,
    PaymentProvider,
)
from simulator.fault import Fault
from simulator.http import HttpRequest
from simulator.world import World


@pytest.fixture
def world() -> Iterator[World]:
    with World(seed=5) as made:
        PaymentProvider(made)
        AccountingSystem(made)
        yield made


def ask(
    world: World, host: str, path: str, *, key: str = "", fare: str = "fare-1", **more: Any
) -> tuple[int, dict[str, Any]]:
    headers = {"Idempotency-Key": key} if key else {}
    body = json.dumps({"fareId": fare, "amountCents": 1000, **more}).encode()
    request = HttpRequest("POST", f"http://{host}/{path}", headers, body)
    response = world.run(until=world.spawn(world.cloud.partners.send, request))
    return response.status, json.loads(response.body)


def outcomes(world: World, operation: str) -> list[str]:
    facts = world.journal.facts
    return [fact.data["outcome"] for fact in facts if fact.what == f"partner.{operation}"]


@pytest.mark.parametrize(
    ("host", "path", "operation", "outcome"),
    [
        (PAYMENTS, "holds", "preauthorise", "held"),
        (PAYMENTS, "charges", "charge", "charged"),
        (ACCOUNTS, "credits", "credit", "credited"),
    ],
)
def test_a_key_makes_repetition_harmless(
    world: World, host: str, path: str, operation: str, outcome: str
) -> None:
    first = ask(world, host, path, key="k")
    assert ask(world, host, path, key="k") == first
    ask(world, host, path)
    assert outcomes(world, operation) == [outcome, "repeated", outcome]


def test_a_charge_takes_the_hold_and_a_void_releases_every_hold(world: World) -> None:
    ask(world, PAYMENTS, "holds")
    ask(world, PAYMENTS, "holds")
    ask(world, PAYMENTS, "charges")
    ask(world, PAYMENTS, "voids")
    assert [fact.data["open_holds"] for fact in world.journal.facts] == [1, 2, 1, 0]


@pytest.mark.parametrize(
    ("host", "path"), [(PAYMENTS, "voids"), (PAYMENTS, "refunds"), (ACCOUNTS, "debits")]
)
def test_undoing_what_never_happened_is_harmless(world: World, host: str, path: str) -> None:
    status, answer = ask(world, host, path)
    assert (status, answer["outcome"]) == (200, "nothing")


def test_refund_without_a_key_pays_again(world: World) -> None:
    ask(world, PAYMENTS, "charges")
    ask(world, PAYMENTS, "refunds")
    ask(world, PAYMENTS, "refunds")
    assert outcomes(world, "refund") == ["refunded", "refunded"]


def test_a_key_belongs_to_one_request(world: World) -> None:
    ask(world, PAYMENTS, "charges", key="k")
    status, answer = ask(world, PAYMENTS, "charges", key="k", fare="fare-2")
    assert status == 422
    assert "k was sent before" in answer["message"]
    assert outcomes(world, "charge") == ["charged", "refused"]


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"amountCents": -5}, 400, "above 0"),
        ({"amountCents": "5"}, 400, "whole number"),
        ({"amountCents": True}, 400, "whole number"),
        ({"fareId": None}, 400, "fareId"),
    ],
)
def test_nonsense_is_refused_in_a_sentence(
    world: World, changes: dict[str, Any], status: int, said: str
) -> None:
    got, answer = ask(world, PAYMENTS, "charges", **changes)
    assert got == status
    assert said in answer["message"]
    assert not world.journal.facts


def test_unknown_paths_name_the_known_ones(world: World) -> None:
    status, answer = ask(world, PAYMENTS, "chargebacks")
    assert status == 404
    assert "/charges" in answer["message"]


def fault(**keywords: Any) -> Fault:
    where = {"partner": PAYMENTS, "operation": "charge", "fare": "fare-1"}
    return Fault(**{"name": "trouble", "where": where, "error": "trouble", **keywords})


def test_a_decline_takes_no_effect_and_is_final(world: World) -> None:
    world.faults.inject(fault(status=402))
    assert ask(world, PAYMENTS, "charges", key="k")[0] == 402
    assert ask(world, PAYMENTS, "charges", key="k")[0] == 402
    assert outcomes(world, "charge") == ["declined", "declined"]


def test_an_outage_passes_and_strikes_one_fare(world: World) -> None:
    world.faults.inject(fault(status=503, attempts=(1,)))
    assert ask(world, PAYMENTS, "charges", fare="fare-2")[0] == 200
    assert ask(world, PAYMENTS, "charges")[0] == 503
    assert ask(world, PAYMENTS, "charges")[0] == 200


def test_a_slow_answer_comes_after_the_effect(world: World) -> None:
    world.faults.inject(fault(error=None, latency_s=8.0))
    assert ask(world, PAYMENTS, "charges")[1]["outcome"] == "charged"
    charge = next(fact for fact in world.journal.facts if fact.what == "partner.charge")
    assert charge.at == 0
    assert 8 + ANSWER_S[0] <= world.now_s <= 8 + ANSWER_S[1]


def test_a_lost_answer_comes_after_the_effect(world: World) -> None:
    world.faults.inject(fault(status=500, after=True))
    assert ask(world, PAYMENTS, "charges")[0] == 500
    assert outcomes(world, "charge") == ["charged"]
