"""Mode paused: time stands until it is moved, and nobody is left hanging."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest

pytestmark = pytest.mark.process


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


@pytest.fixture
def queue(paused: Any, request: pytest.FixtureRequest) -> str:
    """A queue of the test's own."""
    name = request.node.name[:80]
    return str(paused.client("sqs").create_queue(QueueName=name)["QueueUrl"])


def now_s(served: Any) -> float:
    return float(served.get("/_paddock/clock")["now_s"])


def until_waiting(served: Any, count: int) -> None:
    """Stand by until `count` calls wait for time to pass."""
    tick = threading.Event()
    while served.get("/_paddock/health")["waiting"] != count:
        tick.wait(0.01)


def test_time_stands_between_calls(paused: Any, queue: str) -> None:
    before = now_s(paused)
    for _ in range(3):
        paused.client("sqs").send_message(QueueUrl=queue, MessageBody="m")
    assert now_s(paused) == before


def test_moving_the_clock_wakes_who_waits(
    paused: Any, queue: str, threads: ThreadPoolExecutor
) -> None:
    sqs, before = paused.client("sqs"), paused.get("/_paddock/clock")
    sqs.send_message(QueueUrl=queue, MessageBody="late", DelaySeconds=12)
    poll: Future[Any] = threads.submit(sqs.receive_message, QueueUrl=queue, WaitTimeSeconds=20)
    until_waiting(paused, 1)
    sqs.list_queues()  # others are served meanwhile
    assert paused.move(advance_s=11.9)["now_s"] == pytest.approx(before["now_s"] + 11.9)
    assert not poll.done()
    later = datetime.fromisoformat(before["now"]) + timedelta(minutes=1)
    assert paused.move(to=later.isoformat())["now_s"] == before["now_s"] + 60
    assert poll.result()["Messages"][0]["Body"] == "late"
    received = paused.facts("sqs.received")[-1]
    assert received["at"] == pytest.approx(before["now_s"] + 12)


def test_a_message_wakes_a_long_poll_at_once(
    paused: Any, queue: str, threads: ThreadPoolExecutor
) -> None:
    sqs, before = paused.client("sqs"), now_s(paused)
    poll: Future[Any] = threads.submit(sqs.receive_message, QueueUrl=queue, WaitTimeSeconds=20)
    until_waiting(paused, 1)
    sqs.send_message(QueueUrl=queue, MessageBody="now")
    assert poll.result()["Messages"][0]["Body"] == "now"
    assert now_s(paused) == before


def test_a_long_poll_ends_in_real_time_though_the_clock_stands(paused: Any, queue: str) -> None:
    sqs, before = paused.client("sqs"), now_s(paused)
    assert "Messages" not in sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1)
    assert now_s(paused) == before
    sqs.send_message(QueueUrl=queue, MessageBody="m")
    assert sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1)["Messages"]


def test_who_leaves_while_waiting_takes_no_message(paused: Any, queue: str) -> None:
    sqs = paused.client("sqs")
    body = json.dumps({"QueueUrl": queue, "WaitTimeSeconds": 20}).encode()
    with socket.create_connection(("127.0.0.1", paused.port)) as connection:
        connection.sendall(
            b"POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: AmazonSQS.ReceiveMessage\r\n"
            b"Content-Type: application/x-amz-json-1.0\r\n"
            b"Authorization: AWS4-HMAC-SHA256 Credential=t/20260101/us-east-1/sqs/aws4_request\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
        )
        until_waiting(paused, 1)
    until_waiting(paused, 0)
    sqs.send_message(QueueUrl=queue, MessageBody="m")
    assert sqs.receive_message(QueueUrl=queue)["Messages"][0]["Body"] == "m"


def test_back_to_auto_answers_those_who_wait(
    paused: Any, queue: str, threads: ThreadPoolExecutor
) -> None:
    sqs, before = paused.client("sqs"), now_s(paused)
    poll: Future[Any] = threads.submit(sqs.receive_message, QueueUrl=queue, WaitTimeSeconds=20)
    until_waiting(paused, 1)
    assert paused.move(mode="auto")["mode"] == "auto"
    assert "Messages" not in poll.result()
    assert paused.move(mode="paused")["now_s"] == pytest.approx(before + 20)


def test_stopping_answers_those_who_wait(
    launch: Callable[..., Any], threads: ThreadPoolExecutor
) -> None:
    served = launch("--time", "paused")
    sqs = served.client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    poll: Future[Any] = threads.submit(sqs.receive_message, QueueUrl=url, WaitTimeSeconds=20)
    until_waiting(served, 1)
    assert served.stop() == 0
    with pytest.raises(sqs.exceptions.ClientError, match="the endpoint is stopping"):
        poll.result()
