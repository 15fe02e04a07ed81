"""What the cloud looks like now, folded from the facts of the journal: counts, states, ledgers."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from simulator.journal import Fact

VISIBILITY_S = 30.0
"""How long a received message stays hidden where the queue says nothing else.

Source: Amazon SQS Developer Guide, "Amazon SQS visibility timeout".
"""
LEDGER_LINES = 200


@dataclass
class QueueState:
    """One queue: which messages wait, which are in flight until when, how many were given up."""

    visibility_s: float = VISIBILITY_S
    waiting: set[str] = field(default_factory=set)
    flying: dict[str, float] = field(default_factory=dict)
    dead: int = 0
    sent: int = 0

    def expire(self, now_s: float) -> None:
        """Let every message whose visibility timeout has passed wait again."""
        for message_id in [key for key, until_s in self.flying.items() if until_s <= now_s]:
            del self.flying[message_id]
            self.waiting.add(message_id)

    @property
    def counts(self) -> tuple[int, int, int]:
        """Waiting, in flight, dead."""
        return len(self.waiting), len(self.flying), self.dead


@dataclass
class FunctionState:
    """One function: what runs now, and how its invocations ended."""

    running: set[str] = field(default_factory=set)
    ok: int = 0
    failed: int = 0
    cold: int = 0
    last_error: str = ""


@dataclass
class StateMark:
    """One state of a workflow in one execution. `status` is current, done, failed or caught."""

    status: str = "current"
    entered: int = 0
    retries: int = 0
    error: str = ""


@dataclass
class MachineState:
    """One state machine: how its executions ended, and the states of the latest one."""

    running: set[str] = field(default_factory=set)
    succeeded: int = 0
    failed: int = 0
    latest: str = ""
    states: dict[str, StateMark] = field(default_factory=dict)
    _by_event: dict[Any, str] = field(default_factory=dict)

    def take(self, event: str, data: Mapping[str, Any]) -> None:
        """Fold one history event in; `event` is AWS's name for it."""
        execution = str(data.get("execution", ""))
        if event == "ExecutionStarted":
            self.running.add(execution)
            self.latest, self.states, self._by_event = execution, {}, {}
        elif event.startswith("Execution"):
            self._end(execution, event)
        if execution == self.latest:
            self._take_state(event, data)

    def _end(self, execution: str, event: str) -> None:
        self.running.discard(execution)
        if event == "ExecutionSucceeded":
            self.succeeded += 1
        else:
            self.failed += 1
        if execution == self.latest:
            for mark in self.states.values():
                if mark.status == "current":
                    mark.status = "done" if event == "ExecutionSucceeded" else "failed"

    def _take_state(self, event: str, data: Mapping[str, Any]) -> None:
        name = data.get("state") or self._by_event.get(data.get("previous_id"), "")
        if not name:
            return
        self._by_event[data.get("id")] = name
        mark = self.states.setdefault(name, StateMark())
        if event.endswith("StateEntered"):
            mark.status, mark.error, mark.entered = "current", "", mark.entered + 1
        elif event == "Retried":
            mark.status, mark.retries = "current", mark.retries + 1
        elif event.endswith("StateExited"):
            mark.status = "caught" if mark.error else "done"
        elif event.endswith(("Failed", "TimedOut", "Aborted")):
            mark.status, mark.error = "failed", str(data.get("error") or event)
        elif event.endswith("Succeeded"):
            mark.error = ""


@dataclass
class TopicState:
    """One topic: messages published and delivered."""

    published: int = 0
    delivered: int = 0


@dataclass
class TableState:
    """One table: items written and removed, by the calls that succeeded."""

    writes: int = 0
    deletes: int = 0


@dataclass
class PartnerState:
    """A system outside the cloud: what it did, newest last, and how often it said no."""

    done: int = 0
    refused: int = 0
    ledger: deque[str] = field(default_factory=lambda: deque(maxlen=LEDGER_LINES))


@dataclass
class FaultState:
    """Something that goes wrong on purpose: how often it has struck."""

    hits: int = 0
    active: bool = True


REFUSALS = frozenset({"declined", "refused", "error", "failed", "timeout", "unavailable", "down"})
"""The outcomes of a partner's operation that mean no."""
_TABLE_WRITES = frozenset({"PutItem", "UpdateItem"})


class CloudState:
    """The folded cloud. `take` one fact after another; the same facts give the same cloud."""

    def __init__(self) -> None:
        self.queues: dict[str, QueueState] = {}
        self.topics: dict[str, TopicState] = {}
        self.functions: dict[str, FunctionState] = {}
        self.machines: dict[str, MachineState] = {}
        self.tables: dict[str, TableState] = {}
        self.partners: dict[str, PartnerState] = {}
        self.faults: dict[str, FaultState] = {}
        self.last_touched: dict[str, float] = {}
        """When each named thing was last in a fact: what glows in the drawing."""
        self._takers: dict[str, Callable[[str, Fact], None]] = {
            "sqs": self._take_sqs,
            "sns": self._take_sns,
            "lambda": self._take_lambda,
            "states": self._take_states,
            "partner": self._take_partner,
            "fault": self._take_fault,
        }

    def take(self, fact: Fact) -> None:
        """Fold one fact in; what it does not know it passes over."""
        if fact.what == "call":
            self._take_call(fact)
            return
        family, _, event = fact.what.partition(".")
        taker = self._takers.get(family)
        if taker is not None:
            taker(event, fact)

    def settle(self, now_s: float) -> None:
        """Move the clock on: messages whose visibility timeout has passed wait again."""
        for queue in self.queues.values():
            queue.expire(now_s)

    def _take_sqs(self, event: str, fact: Fact) -> None:
        name = self._touch(fact, "queue")
        queue = self.queues.setdefault(name, QueueState())
        message_id = str(fact.data.get("message_id", ""))
        if event == "sent":
            queue.sent += 1
            queue.waiting.add(message_id)
        elif event == "moved":
            queue.waiting.discard(message_id)
            queue.flying.pop(message_id, None)
            queue.dead += 1
            there = self.queues.setdefault(self._touch(fact, "to"), QueueState())
            there.waiting.add(message_id)
        elif event == "received":
            queue.waiting.discard(message_id)
            hidden_s = float(fact.data.get("visibility_s", queue.visibility_s))
            queue.flying[message_id] = fact.at + hidden_s
        elif event == "deleted":
            queue.waiting.discard(message_id)
            queue.flying.pop(message_id, None)
        elif event == "purged":
            queue.waiting.clear()
            queue.flying.clear()

    def _take_sns(self, event: str, fact: Fact) -> None:
        topic = self.topics.setdefault(self._touch(fact, "topic"), TopicState())
        if event == "published":
            topic.published += 1
        elif event == "delivered":
            topic.delivered += 1

    def _take_lambda(self, event: str, fact: Fact) -> None:
        function = self.functions.setdefault(self._touch(fact, "function"), FunctionState())
        request_id = str(fact.data.get("request_id", ""))
        if event == "started":
            function.running.add(request_id)
            function.cold += bool(fact.data.get("cold"))
        elif event == "ended":
            function.running.discard(request_id)
            if fact.data.get("outcome") == "ok":
                function.ok += 1
            else:
                function.failed += 1
                reason = fact.data.get("error_type") or fact.data.get("outcome", "")
                function.last_error = str(reason)

    def _take_states(self, event: str, fact: Fact) -> None:
        machine = self.machines.setdefault(self._touch(fact, "machine"), MachineState())
        machine.take(event, fact.data)

    def _take_partner(self, event: str, fact: Fact) -> None:
        partner = self.partners.setdefault(self._touch(fact, "partner"), PartnerState())
        outcome = str(fact.data.get("outcome", "ok"))
        if outcome.lower() in REFUSALS:
            partner.refused += 1
        else:
            partner.done += 1
        partner.ledger.append(entry_text(event, fact.data))

    def _take_fault(self, event: str, fact: Fact) -> None:
        fault = self.faults.setdefault(str(fact.data.get("name", "fault")), FaultState())
        if event == "hit":
            fault.hits += 1
        else:
            fault.active = event == "injected"

    def _take_call(self, fact: Fact) -> None:
        if fact.data.get("error"):
            return
        params = fact.data.get("params") or {}
        action = fact.data.get("action")
        if action == "CreateQueue":
            self._set_queue(str(params.get("QueueName", "")), params.get("Attributes") or {})
        elif action == "SetQueueAttributes":
            name = str(params.get("QueueUrl", "")).rpartition("/")[2]
            self._set_queue(name, params.get("Attributes") or {})
        elif action == "CreateTopic":
            self.topics.setdefault(str(params.get("Name", "")), TopicState())
        elif action == "CreateFunction":
            self.functions.setdefault(str(params.get("FunctionName", "")), FunctionState())
        elif action == "CreateStateMachine":
            self.machines.setdefault(str(params.get("name", "")), MachineState())
        elif action == "CreateTable":
            self.tables.setdefault(str(params.get("TableName", "")), TableState())
        elif action in _TABLE_WRITES or action == "DeleteItem":
            table = self.tables.setdefault(str(params.get("TableName", "")), TableState())
            self.last_touched[str(params.get("TableName", ""))] = fact.at
            if action == "DeleteItem":
                table.deletes += 1
            else:
                table.writes += 1

    def _set_queue(self, name: str, attributes: Mapping[str, Any]) -> None:
        queue = self.queues.setdefault(name, QueueState())
        try:
            queue.visibility_s = float(attributes["VisibilityTimeout"])
        except (KeyError, TypeError, ValueError):
            return

    def _touch(self, fact: Fact, key: str) -> str:
        name = str(fact.data.get(key, "?"))
        self.last_touched[name] = fact.at
        return name


def entry_text(operation: str, data: Mapping[str, Any]) -> str:
    """One line of a partner's ledger: charge declined fare_id=… amount_cents=…"""
    known = ("partner", "outcome", "key")
    rest = " ".join(f"{name}={value}" for name, value in data.items() if name not in known)
    return f"{operation} {data.get('outcome', '')} {rest}".replace("  ", " ").strip()


def fold(facts: Iterable[Fact]) -> CloudState:
    """The cloud that these facts leave."""
    cloud = CloudState()
    for fact in facts:
        cloud.take(fact)
    return cloud
