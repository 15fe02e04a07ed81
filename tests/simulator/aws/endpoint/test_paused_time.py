"""Mode paused: time stands until it is moved, and nobody is left hanging."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

pytestmark = pytest.mark.process


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


@pytest.fixture
def served(launch: Callable[..., Any]) -> Any:
    return launch("--time", "paused", "--start", "2026-01-01T00:00:00Z")


def _until_waiting(served: Any, count: int) -> None:
    """Stand by until `count` calls wait for time to pass."""
    tick = threading.Event()
    while served.get("/_paddock/health")["waiting"] != count:
        tick.wait(0.01)


def test_time_stands_between_calls(served: Any) -> None:
    sqs = served.client("sqs")
    sqs.create_queue(QueueName="q")
    for _ in range(3):
        sqs.list_queues()
    assert served.get("/_paddock/clock")["now_s"] == 0


def test_moving_the_clock_wakes_who_waits(served: Any, threads: ThreadPoolExecutor) -> None:
    sqs = served.client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="late", DelaySeconds=12)
    poll: Future[Any] = threads.submit(sqs.receive_message, QueueUrl=url, WaitTimeSeconds=20)
    _until_waiting(served, 1)
    sqs.list_queues()  # others are served meanwhile
    assert served.move(advance_s=11.9)["now_s"] == 11.9
    assert not poll.done()
    assert served.move(to="2026-01-01T00:01:00Z")["now_s"] == 60
    assert poll.result()["Messages"][0]["Body"] == "late"
    [received] = served.facts("sqs.received")
    assert received["at"] == 12


def test_a_message_wakes_a_long_poll_at_once(served: Any, threads: ThreadPoolExecutor) -> None:
    sqs = served.client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    poll: Future[Any] = threads.submit(sqs.receive_message, QueueUrl=url, WaitTimeSeconds=20)
    _until_waiting(served, 1)
    sqs.send_message(QueueUrl=url, MessageBody="now")
    assert poll.result()["Messages"][0]["Body"] == "now"
    assert served.get("/_paddock/clock")["now_s"] == 0


def test_a_long_poll_ends_in_real_time_though_the_clock_stands(served: Any) -> None:
    sqs = served.client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    assert "Messages" not in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1)
    assert served.get("/_paddock/clock")["now_s"] == 0
    sqs.send_message(QueueUrl=url, MessageBody="m")
    assert sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1)["Messages"]


def test_who_leaves_while_waiting_takes_no_message(
    served: Any, threads: ThreadPoolExecutor
) -> None:
    sqs = served.client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    body = json.dumps({"QueueUrl": url, "WaitTimeSeconds": 20}).encode()
    with socket.create_connection(("127.0.0.1", served.port)) as connection:
        connection.sendall(
            b"POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: AmazonSQS.ReceiveMessage\r\n"
            b"Content-Type: application/x-amz-json-1.0\r\n"
            b"Authorization: AWS4-HMAC-SHA256 Credential=t/20260101/us-east-1/sqs/aws4_request\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
        )
        _until_waiting(served, 1)
    _until_waiting(served, 0)
    sqs.send_message(QueueUrl=url, MessageBody="m")
    assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "m"


def test_back_to_auto_answers_those_who_wait(served: Any, threads: ThreadPoolExecutor) -> None:
    sqs = served.client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    poll: Future[Any] = threads.submit(sqs.receive_message, QueueUrl=url, WaitTimeSeconds=20)
    _until_waiting(served, 1)
    assert served.move(mode="auto")["mode"] == "auto"
    assert "Messages" not in poll.result()
    assert served.get("/_paddock/clock")["now_s"] == 20


def test_stopping_answers_those_who_wait(served: Any, threads: ThreadPoolExecutor) -> None:
    sqs = served.client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    poll: Future[Any] = threads.submit(sqs.receive_message, QueueUrl=url, WaitTimeSeconds=20)
    _until_waiting(served, 1)
    assert served.stop() == 0
    with pytest.raises(sqs.exceptions.ClientError, match="the endpoint is stopping"):
        poll.result()
