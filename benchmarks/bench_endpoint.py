"""Calls a second over HTTP: one boto3 client at our endpoint, a stock moto server and MiniStack.

MiniStack is an optional peer, for it is not among what the project needs: install it where you
like, and name its command in MINISTACK unless it is on the path.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3

from benchmarks import Ratio, side_by_side

CALLS = 400
_PATIENCE_S = 30.0
PADDOCK = "import sys; from lab.cli import main; sys.exit(main())"
MOTO = "import sys; from moto.server import main; sys.exit(main())"


@contextmanager
def served(program: str, *options: str) -> Iterator[str]:
    """Start a server of its own process, on a port that it picks; its address once it says so."""
    server = subprocess.Popen(
        [sys.executable, "-c", program, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert server.stdout is not None
        said = []
        for line in server.stdout:
            said.append(line)
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                break
        else:
            raise RuntimeError(f"the server did not start: {''.join(said)}")
        # Its log must be read on, or a full pipe would stop it.
        threading.Thread(target=server.stdout.read, daemon=True).start()
        yield found[0]
    finally:
        server.terminate()
        server.wait()


def client_of(endpoint: str, service: str) -> Any:
    """An ordinary client of a server."""
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="123456789012",
        aws_secret_access_key="bench",
    )


def gets(endpoint: str) -> Callable[[], int]:
    """Reads of one DynamoDB item."""
    client = client_of(endpoint, "dynamodb")
    client.create_table(
        TableName="rides",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    client.put_item(TableName="rides", Item={"id": {"S": "r1"}, "fare": {"N": "12"}})

    def work() -> int:
        for _ in range(CALLS):
            item = client.get_item(TableName="rides", Key={"id": {"S": "r1"}})["Item"]
            assert item["fare"] == {"N": "12"}
        return CALLS

    return work


def sends(endpoint: str) -> Callable[[], int]:
    """Messages to one SQS queue, which holds more of them from round to round."""
    client = client_of(endpoint, "sqs")
    url = client.create_queue(QueueName="fares")["QueueUrl"]

    def work() -> int:
        for number in range(CALLS):
            client.send_message(QueueUrl=url, MessageBody=f"fare {number}")
        return CALLS

    return work


def round_trips(endpoint: str) -> Callable[[], int]:
    """Messages sent to an SQS queue, received from it and deleted, one after the other."""
    client = client_of(endpoint, "sqs")
    url = client.create_queue(QueueName="rides")["QueueUrl"]

    def work() -> int:
        for _ in range(CALLS // 3):
            client.send_message(QueueUrl=url, MessageBody="x" * 100)
            (message,) = client.receive_message(QueueUrl=url)["Messages"]
            client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return CALLS // 3 * 3

    return work


@contextmanager
def ministack() -> Iterator[str | None]:
    """MiniStack's address, on loopback; None where it is not installed."""
    command = os.environ.get("MINISTACK") or shutil.which("ministack")
    if command is None:
        yield None
        return
    with socket.socket() as probe:  # it cannot pick a port itself
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    told = {"GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "MINISTACK_HOST": "127.0.0.1"}
    quiet = subprocess.DEVNULL
    server = subprocess.Popen([command], env=os.environ | told, stdout=quiet, stderr=quiet)
    try:
        _await(port, server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def _await(port: int, server: subprocess.Popen[bytes]) -> None:
    ends_s = time.monotonic() + _PATIENCE_S
    while time.monotonic() < ends_s and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("MiniStack did not start; unset MINISTACK to do without it")


def compare() -> Iterator[Ratio]:
    """A read and a write against moto, a message's whole way against MiniStack: in turns."""
    with (
        served(PADDOCK, "serve", "--port", "0") as ours,
        served(MOTO, "-H", "127.0.0.1", "-p", "0") as moto,
    ):
        for what, calls in (("DynamoDB GetItem", gets), ("SQS SendMessage", sends)):
            name = f"endpoint calls ({what})"
            yield side_by_side(name, calls(ours), "stock moto server", calls(moto))
    with served(PADDOCK, "serve", "--port", "0") as ours, ministack() as peer:
        name = "endpoint calls (SQS send, receive, delete)"
        if peer is None:
            sys.stderr.write(f"{name}: no MiniStack here; name its command in MINISTACK\n")
            return
        yield side_by_side(name, round_trips(ours), "MiniStack", round_trips(peer))
