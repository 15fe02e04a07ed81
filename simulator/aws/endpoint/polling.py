"""Polling is waiting: which repeated calls let time run, and until what.

A client that asks the same read-only question twice in a row, with no other call from outside in
between, is waiting for an answer that has not come yet. In mode `auto` its wait must let time run:

* a second question about a Step Functions execution that is still running (DescribeExecution,
  GetExecutionHistory) runs time to that execution's next change;
* a second call of an operation that botocore has a waiter for runs time to the next fact of the
  journal, whatever it is;
* any other call that only reads (Describe, Get, List, Receive, Scan, Query …) costs `POLL_S`
  seconds;
* so does one that is asked for the third time with nothing but other questions in between: its
  client looks in several places in turn;
* a ReceiveMessage that brought messages is no poll: its client is getting on.

Whoever reads a log wants to see what is being done: while something is under way, a reader of logs
runs time to its end, ten seconds at most, at the first time of asking too.

Whoever creates, updates or deletes a stack goes on when that is done: while one is under way, and
is not waiting for a signal from outside, the next call of anybody runs time to its end.

Nothing is let run further than `FURTHEST_S` for one question.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from botocore.exceptions import DataNotFoundError, UnknownServiceError
from botocore.session import get_session

if TYPE_CHECKING:
    from simulator.aws.gateway import Gateway
    from simulator.aws.routing import Target
    from simulator.http import HttpRequest, HttpResponse
    from simulator.journal import Fact, Journal

POLL_S = 1.0
"""What a repeated question costs, in seconds of virtual time."""
FURTHEST_S = 90_000.0
"""How far one question lets time run, at most: a little over a day."""
LOG_S = 10.0
"""How far a reader of logs lets time run, at most; on AWS they come some seconds late."""

_READS = re.compile(
    r"(BatchGet|Describe|Filter|Get|Head|List|Lookup|Receive|Search)[A-Z]|(Query|Scan)$"
)
_ACTION = re.compile(rb"(?:^|&)Action=(\w+)")
_MOST_QUESTIONS = 64
_TURNS = 3
_LOG_READS = tuple(
    f"Logs_20140328.{name}"
    for name in ("FilterLogEvents", "GetLogEvents", "DescribeLogStreams", "DescribeLogGroups")
)
_ACCESS_KEY = re.compile(r"Credential=([^/,\s]+)/")
_EXECUTION_ENDED = re.compile(r"states\.Execution(Succeeded|Failed|TimedOut|Aborted)")
_EXECUTION_READS = ("DescribeExecution", "GetExecutionHistory")


@dataclass(frozen=True, slots=True)
class Wait:
    """What a poll waits for; `changed` tells whether it has happened, None: only time passes.

    It waits for `most_s` seconds at most.
    """

    changed: Callable[[], bool] | None
    most_s: float = FURTHEST_S


class Polls:
    """Knows the calls before, and how far each execution has got."""

    def __init__(self, gateway: Gateway, journal: Journal, idle: Callable[[], bool]) -> None:
        """`idle` tells whether nothing is under way in the world."""
        self._idle = idle
        self._gateway = gateway
        self._facts = journal.facts
        self._last: tuple[str, ...] | None = None
        self._target: Target | None = None
        self._brought = False
        self._asked: Counter[tuple[str, ...]] = Counter()
        self._running: set[str] = set()
        self._stacks: dict[str, None] = {}
        self._steps: Counter[str] = Counter()
        journal.subscribe(self._note)

    def look(self, request: HttpRequest) -> Wait | None:
        """What the caller waits for, if the call repeats the one before; call it once a request."""
        key = _key(request)
        if self._stacks:
            self._last, self._target = key, None
            return Wait(lambda: not self._stacks)
        if request.headers.get("x-amz-target", "") in _LOG_READS and not self._idle():
            self._last, self._target = key, None
            return Wait(self._idle, LOG_S)
        if key != self._last:
            self._last, self._target = key, None
            return Wait(None) if self._asked_again(key, request) else None
        target = self._target = self._target or self._gateway.target(request)
        if target is None:
            return None
        if target.service == "stepfunctions" and target.action in _EXECUTION_READS:
            execution = _execution(request.body)
            if execution in self._running:
                return self._next_step(execution)
        if target.action in _waited_for(target.service):
            return self._next_fact()
        if not _READS.match(target.action):
            return None
        if target.action == "ReceiveMessage" and self._brought:
            return None
        return Wait(None)

    def _asked_again(self, key: tuple[str, ...], request: HttpRequest) -> bool:
        """Whether a question is asked again and again, and no call has changed anything since."""
        reads = _reads(request)
        if self._brought or not reads or len(self._asked) >= _MOST_QUESTIONS:
            self._asked.clear()
        if reads:
            self._asked[key] += 1
        return self._asked[key] >= _TURNS

    def answered(self, response: HttpResponse) -> None:
        """Remember whether the answer brought messages."""
        body = response.body
        self._brought = b'"Messages"' in body or b"<Message>" in body

    def _next_step(self, execution: str) -> Wait:
        before = self._steps[execution]
        return Wait(lambda: self._steps[execution] != before)

    def _next_fact(self) -> Wait:
        before = len(self._facts)
        return Wait(lambda: len(self._facts) != before)

    def _note(self, fact: Fact) -> None:
        if fact.what.startswith("cloudformation."):
            self._note_stack(fact)
            return
        if not fact.what.startswith("states."):
            return
        execution = f"{fact.data.get('machine')}:{fact.data.get('execution')}"
        self._steps[execution] += 1
        if fact.what in ("states.ExecutionStarted", "states.ExecutionRedriven"):
            self._running.add(execution)
        elif _EXECUTION_ENDED.fullmatch(fact.what):
            self._running.discard(execution)

    def _note_stack(self, fact: Fact) -> None:
        """Remember which stacks are under way; one that waits for a signal is not."""
        stack, status = str(fact.data.get("id")), str(fact.data.get("status"))
        if fact.what == "cloudformation.stack":
            under_way = status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS"
        elif fact.what in ("cloudformation.waiting", "cloudformation.waited"):
            under_way = fact.what == "cloudformation.waited"
        else:
            return
        if under_way:
            self._stacks[stack] = None
        else:
            self._stacks.pop(stack, None)


def _key(request: HttpRequest) -> tuple[str, ...]:
    """What makes two requests the same call of the same caller; signatures and dates differ."""
    headers = request.headers
    signed = _ACCESS_KEY.search(headers.get("authorization", ""))
    return (
        request.method,
        request.url,
        headers.get("x-amz-target", ""),
        headers.get("x-moto-account-id", ""),
        signed[1] if signed else "",
        request.body.decode("latin-1"),
    )


def _reads(request: HttpRequest) -> bool:
    """Whether a call only reads, as far as its headers and the beginning of its body tell."""
    name = request.headers.get("x-amz-target", "").rpartition(".")[2]
    if not name and (action := _ACTION.search(request.body[:512])) is not None:
        name = action[1].decode()
    return _READS.match(name) is not None if name else request.method in ("GET", "HEAD")


def _execution(body: bytes) -> str:
    """`machine:execution` of the ARN in a call's body, or nothing."""
    try:
        arn = str(json.loads(body)["executionArn"])
    except (ValueError, KeyError, TypeError):
        return ""
    return arn.partition(":execution:")[2]


@cache
def _waited_for(service: str) -> frozenset[str]:
    """The operations of a service that botocore has a waiter for."""
    try:
        waiters = get_session().get_waiter_model(service)
    except (DataNotFoundError, UnknownServiceError):
        return frozenset()
    return frozenset(waiters.get_waiter(name).operation for name in waiters.waiter_names)
