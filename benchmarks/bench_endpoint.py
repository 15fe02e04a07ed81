"""Calls a second over HTTP: the same boto3 client at our endpoint and at a stock moto server."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3

from benchmarks import Ratio, side_by_side

CALLS = 400
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


def compare() -> Iterator[Ratio]:
    """Two lines, a read and a write: both servers up at once, called in turn."""
    with (
        served(PADDOCK, "serve", "--port", "0") as ours,
        served(MOTO, "-H", "127.0.0.1", "-p", "0") as moto,
    ):
        for what, calls in (("DynamoDB GetItem", gets), ("SQS SendMessage", sends)):
            name = f"endpoint calls ({what})"
            yield side_by_side(name, calls(ours), "stock moto server", calls(moto))
