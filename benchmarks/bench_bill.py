"""The bill: what metering a fact costs, however much there is, against writing the fact down."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from benchmarks import Ratio
from benchmarks.bench_queue import by_processor_time
from simulator.journal import Fact, Journal
from simulator.price import Meter

FACTS = 20_000
MANY = 10_000
START = datetime(2026, 1, 1, tzinfo=UTC)


def calls(queues: int) -> list[Fact]:
    """Sends to so many queues, turn by turn."""
    told: dict[str, Any] = {
        "service": "sqs", "action": "SendMessage", "account": "123456789012",
        "region": "us-east-1", "latency_s": 0.0, "status": 200, "payload_bytes": 1024,
    }  # fmt: skip
    return [
        Fact(
            number / 10,
            "outside",
            "call",
            {**told, "params": {"QueueUrl": f"http://paddock/123456789012/q{number % queues}"}},
        )
        for number in range(FACTS)
    ]


def metered(facts: list[Fact]) -> int:
    """Fold the facts into usage."""
    meter = Meter(START)
    for fact in facts:
        meter.take(fact)
    return len(facts)


def written(facts: list[Fact]) -> int:
    """Record the facts in a journal in memory, and make each its line."""
    journal = Journal()
    for fact in facts:
        journal.record(fact.at, fact.who, fact.what, fact.data).to_json()
    return len(facts)


def compare() -> Iterator[Ratio]:
    """Against the fact's own line, and against a world with few resources."""
    few, many = calls(10), calls(MANY)
    yield by_processor_time(
        "facts metered", lambda: metered(few), "facts written down", lambda: written(few)
    )
    yield by_processor_time(
        f"facts metered, {MANY:,} queues", lambda: metered(many), "10 queues", lambda: metered(few)
    )
