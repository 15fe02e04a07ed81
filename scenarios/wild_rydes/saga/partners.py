"""The companies Wild Rydes deals with: a payment provider and an accounting system, as HTTP hosts.

Both are fair and forgetful. A request with an `Idempotency-Key` takes effect once, and each later
request with that key gets the first answer again; a request without one is a new wish every time.
Undoing what never happened is answered 200 with the outcome `nothing`. Each request takes effect
when it arrives; the answer comes later, and a client that has stopped waiting never sees it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from simulator.http import HttpRequest, HttpResponse
from simulator.kernel import sleep
from simulator.world import World

PAYMENTS = "payments.wildrydes.example"
ACCOUNTS = "accounts.wildrydes.example"

ANSWER_S = (0.08, 0.25)
"""The shortest and the longest time a partner in good health takes to answer, in seconds."""

Effect = Callable[[str, int], str]


class _Refused(Exception):
    """A request that makes no sense; `status` is HTTP's, the text says what is wrong."""

    def __init__(self, status: HTTPStatus, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class Partner:
    """One company's HTTP API. Each path is an operation on one fare; each request is a fact.

    Faults are struck with the attributes partner, operation and fare: HTTP 402 is a decline, any
    other error an outage; `latency_s` is how much later than usual the answer comes.
    """

    host: str

    def __init__(self, world: World, operations: dict[str, tuple[str, Effect]]) -> None:
        self._world = world
        self._operations = operations
        self._chance = world.streams[f"latency of {self.host}"]
        self._answers: dict[tuple[str, str], tuple[str, int, dict[str, Any]]] = {}
        world.cloud.partners.serve(self.host, self.handle)

    def told(self, fare_id: str) -> dict[str, Any]:
        """What every fact about a fare says besides the request."""
        raise NotImplementedError

    def handle(self, request: HttpRequest) -> HttpResponse:
        """Answer one request, in the caller's fiber."""
        try:
            operation, effect = self._operation(request)
            fare_id, amount_cents = _fare(request)
        except _Refused as error:
            return _answer(error.status, {"error": "bad_request", "message": str(error)})
        fault = self._world.faults.strike(partner=self.host, operation=operation, fare=fare_id)
        if fault is not None and fault.error is not None and not fault.after:
            outcome = "declined" if fault.status == HTTPStatus.PAYMENT_REQUIRED else "unavailable"
            response = _answer(fault.status, {"error": fault.error, "message": fault.message})
            self._tell(operation, fare_id, amount_cents, outcome, _key(request))
        else:
            response = self._perform(operation, effect, fare_id, amount_cents, _key(request))
            if fault is not None and fault.error is not None:
                response = _answer(fault.status, {"error": fault.error, "message": fault.message})
        usual_s = round(self._chance.uniform(*ANSWER_S), 3)
        sleep(usual_s + (fault.latency_s if fault is not None else 0.0))
        return response

    def _perform(
        self, operation: str, effect: Effect, fare_id: str, amount_cents: int, key: str | None
    ) -> HttpResponse:
        known = self._answers.get((operation, key)) if key else None
        if known is not None and known[:2] != (fare_id, amount_cents):
            self._tell(operation, fare_id, amount_cents, "refused", key)
            sentence = f"the Idempotency-Key {key} was sent before with another fare or amount"
            return _answer(422, {"error": "idempotency_key_reused", "message": sentence})
        if known is not None:
            self._tell(operation, fare_id, amount_cents, "repeated", key)
            return _answer(HTTPStatus.OK, known[2])
        outcome = effect(fare_id, amount_cents)
        self._tell(operation, fare_id, amount_cents, outcome, key)
        body = {"fareId": fare_id, "amountCents": amount_cents, "outcome": outcome}
        if key:
            self._answers[operation, key] = (fare_id, amount_cents, body)
        return _answer(HTTPStatus.OK, body)

    def _tell(
        self, operation: str, fare_id: str, amount_cents: int, outcome: str, key: str | None
    ) -> None:
        self._world.record(
            f"partner.{operation}",
            partner=self.host,
            fare_id=fare_id,
            amount_cents=amount_cents,
            outcome=outcome,
            **({"key": key} if key else {}),
            **self.told(fare_id),
        )

    def _operation(self, request: HttpRequest) -> tuple[str, Effect]:
        path = urlsplit(request.url).path.strip("/")
        if path not in self._operations:
            known = ", ".join(f"/{name}" for name in self._operations)
            raise _Refused(HTTPStatus.NOT_FOUND, f"{self.host} has no /{path}; it has {known}")
        if request.method != "POST":
            raise _Refused(HTTPStatus.METHOD_NOT_ALLOWED, f"/{path} takes POST")
        return self._operations[path]


class PaymentProvider(Partner):
    """Cards: a hold reserves money, a charge takes it (from the hold where there is one).

    A void releases every hold of a fare; a refund gives money back to a card that was charged.
    """

    host = PAYMENTS

    def __init__(self, world: World) -> None:
        super().__init__(
            world,
            {
                "holds": ("preauthorise", self._hold),
                "voids": ("void", self._void),
                "charges": ("charge", self._charge),
                "refunds": ("refund", self._refund),
            },
        )
        self._holds: Counter[str] = Counter()
        self._charged: set[str] = set()

    def told(self, fare_id: str) -> dict[str, Any]:
        """How many holds are open for the fare."""
        return {"open_holds": self._holds[fare_id]}

    def _hold(self, fare_id: str, _amount_cents: int) -> str:
        self._holds[fare_id] += 1
        return "held"

    def _void(self, fare_id: str, _amount_cents: int) -> str:
        return "voided" if self._holds.pop(fare_id, 0) else "nothing"

    def _charge(self, fare_id: str, _amount_cents: int) -> str:
        if self._holds[fare_id]:
            self._holds[fare_id] -= 1
        self._charged.add(fare_id)
        return "charged"

    def _refund(self, fare_id: str, _amount_cents: int) -> str:
        return "refunded" if fare_id in self._charged else "nothing"


class AccountingSystem(Partner):
    """Customers' accounts: a credit books a paid fare, a debit takes the booking back."""

    host = ACCOUNTS

    def __init__(self, world: World) -> None:
        super().__init__(
            world, {"credits": ("credit", self._credit), "debits": ("debit", self._debit)}
        )
        self._credited: set[str] = set()

    def told(self, _fare_id: str) -> dict[str, Any]:
        """Nothing more than the request."""
        return {}

    def _credit(self, fare_id: str, _amount_cents: int) -> str:
        self._credited.add(fare_id)
        return "credited"

    def _debit(self, fare_id: str, _amount_cents: int) -> str:
        return "debited" if fare_id in self._credited else "nothing"


def _fare(request: HttpRequest) -> tuple[str, int]:
    """The fare id and the amount in a request's body."""
    try:
        body = json.loads(request.body)
        fare_id, amount_cents = body["fareId"], body["amountCents"]
    except (ValueError, KeyError, TypeError) as error:
        raise _Refused(
            HTTPStatus.BAD_REQUEST, "the body must be a JSON object with fareId and amountCents"
        ) from error
    if not isinstance(fare_id, str) or type(amount_cents) is not int or amount_cents <= 0:
        raise _Refused(
            HTTPStatus.BAD_REQUEST, "fareId must be a string, amountCents a whole number above 0"
        )
    return fare_id, amount_cents


def _key(request: HttpRequest) -> str | None:
    for name, value in request.headers.items():
        if name.lower() == "idempotency-key" and value:
            return value
    return None


def _answer(status: int, body: dict[str, Any]) -> HttpResponse:
    return HttpResponse(
        int(status), {"Content-Type": "application/json"}, json.dumps(body).encode()
    )
