"""Mode paced: time runs at so many times wall time, whoever waits."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.process


def _until(condition: Callable[[], bool]) -> None:
    tick = threading.Event()
    while not condition():
        tick.wait(0.01)


def test_time_runs_though_nobody_asks(launch: Callable[..., Any]) -> None:
    served = launch("--time", "paced=5000")
    began = served.get("/_paddock/clock")["now_s"]
    _until(lambda: served.get("/_paddock/clock")["now_s"] > began + 600)


def test_a_long_poll_takes_its_time(launch: Callable[..., Any]) -> None:
    served = launch("--time", "paced=200")
    sqs = served.client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="m", DelaySeconds=15)
    [message] = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
    assert message["Body"] == "m"
    [sent], [received] = served.facts("sqs.sent"), served.facts("sqs.received")
    assert received["at"] == pytest.approx(sent["at"] + 15, abs=0.01)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert "Messages" not in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)


def test_a_crawling_clock_leaves_no_poll_hanging(launch: Callable[..., Any]) -> None:
    served = launch("--time", "paced=0.001")
    sqs = served.client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    assert "Messages" not in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1)
    assert served.get("/_paddock/clock")["now_s"] < 0.5


def test_the_pace_can_be_changed(launch: Callable[..., Any]) -> None:
    served = launch("--time", "paused")
    assert served.move(mode="paced=100000")["mode"] == "paced=100000"
    _until(lambda: served.get("/_paddock/clock")["now_s"] > 3_600)
    stopped = served.move(mode="paused")["now_s"]
    served.client("sqs").list_queues()
    assert served.get("/_paddock/clock")["now_s"] == stopped
