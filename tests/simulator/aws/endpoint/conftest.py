"""Endpoints served by processes of their own, and clients that know nothing of Paddock."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import boto3
import pytest
from botocore.config import Config

REGION = "us-east-1"


@dataclass
class Served:
    """A served endpoint, as a client and a shell see it."""

    process: subprocess.Popen[str]
    url: str

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def client(
        self,
        service: str,
        key: str = "test",
        token: str | None = None,
        region: str = REGION,
        **config: Any,
    ) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=region,
            aws_access_key_id=key,
            aws_secret_access_key="secret-of-the-client",
            aws_session_token=token,
            config=Config(**{"retries": {"total_max_attempts": 1}, **config}),
        )

    def aws(self, *arguments: str, key: str = "test") -> Any:
        """What the AWS CLI says, as JSON where it is."""
        done = self.aws_process(*arguments, key=key)
        assert done.returncode == 0, done.stderr
        try:
            return json.loads(done.stdout)
        except ValueError:
            return done.stdout

    def aws_process(self, *arguments: str, key: str = "test") -> subprocess.CompletedProcess[str]:
        # Version 1 of the CLI ignores AWS_ENDPOINT_URL for SQS (aws/aws-cli issue 8737).
        return subprocess.run(
            [sys.executable, "-m", "awscli", "--endpoint-url", self.url, *arguments],
            env={**_plain_environment(), "AWS_ACCESS_KEY_ID": key},
            capture_output=True,
            text=True,
            check=False,
        )

    def get(self, path: str) -> Any:
        with urlopen(self.url + path) as response:
            return json.loads(response.read())

    def move(self, **command: Any) -> Any:
        request = Request(
            self.url + "/_paddock/clock",
            json.dumps(command).encode(),
            {"Content-Type": "application/json"},
        )
        with urlopen(request) as response:
            return json.loads(response.read())

    def journal(self) -> str:
        with urlopen(self.url + "/_paddock/journal") as response:
            return str(response.read().decode())

    def facts(self, what: str) -> list[dict[str, Any]]:
        every = [json.loads(line) for line in self.journal().splitlines()]
        return [fact for fact in every if fact["what"] == what]

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait()


def _plain_environment() -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/"),
        "AWS_SECRET_ACCESS_KEY": "secret-of-the-client",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_PAGER": "",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def _launch(*options: str) -> Served:
    process = subprocess.Popen(
        [sys.executable, "-m", "simulator.aws.endpoint", "--port", "0", *options],
        cwd=Path(__file__).resolve().parents[4],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("listening on "), line
    return Served(process, line.removeprefix("listening on ").strip())


def _end(served: Served) -> None:
    if served.process.poll() is None:
        served.process.kill()
    served.process.wait()
    assert served.process.stdout is not None
    served.process.stdout.close()


@pytest.fixture(scope="session")
def served() -> Iterator[Served]:
    """An endpoint in mode auto that tests share; each uses names or an account of its own."""
    endpoint = _launch("--seed", "7")
    yield endpoint
    _end(endpoint)


@pytest.fixture(scope="module")
def paused() -> Iterator[Served]:
    """An endpoint whose clock stands; a test that sets it going must stop it again."""
    endpoint = _launch("--time", "paused")
    yield endpoint
    _end(endpoint)


@pytest.fixture
def launch() -> Iterator[Callable[..., Served]]:
    """Starts endpoints that end with the test."""
    started: list[Served] = []

    def start(*options: str) -> Served:
        started.append(_launch(*options))
        return started[-1]

    yield start
    for endpoint in started:
        _end(endpoint)
