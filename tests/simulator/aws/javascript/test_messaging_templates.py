"""A queue, a topic and a bus between functions, deployed and read with the AWS CLI as it is.

Source: AWS Compute Blog, "Choosing between messaging services for serverless applications".
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from simulator.aws.functions import runtimes
from tests.simulator.aws.serving import serving

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(runtimes.node() is None, reason="this machine has no Node.js"),
]
DATA = Path(__file__).parent / "data" / "messaging"
Aws = Callable[..., str]


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    """Runs the AWS CLI against a served cloud; what it prints."""
    with serving(seed=3) as url:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", "/"),
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": url,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

        def run(*words: str) -> str:
            # The CLI's first version names SQS's endpoint itself.
            command = [sys.executable, "-m", "awscli", *words, "--endpoint-url", url]
            done = subprocess.run(
                command, env=environment, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stdout + done.stderr
            return done.stdout

        run("s3", "mb", "s3://artifacts")
        yield run


@pytest.mark.parametrize("runtime", ["nodejs12.x", "nodejs20.x", "python3.12"])
@pytest.mark.parametrize("service", ["queue", "topic", "bus"])
def test_what_is_published_is_in_the_consumers_log(
    aws: Aws, tmp_path: Path, service: str, runtime: str
) -> None:
    packaged, stack = tmp_path / "packaged.yaml", f"{service}-{runtime.replace('.', '-')}"
    aws(
        *("cloudformation", "package", "--template-file", str(DATA / f"{service}.yaml")),
        *("--s3-bucket", "artifacts", "--output-template-file", str(packaged)),
    )
    aws(
        *("cloudformation", "deploy", "--template-file", str(packaged), "--stack-name", stack),
        *("--capabilities", "CAPABILITY_IAM", "--parameter-overrides", f"Runtime={runtime}"),
    )
    told = json.loads(aws("cloudformation", "describe-stacks", "--stack-name", stack))
    outputs = {each["OutputKey"]: each["OutputValue"] for each in told["Stacks"][0]["Outputs"]}
    answer = tmp_path / "answer.json"
    invoked = aws("lambda", "invoke", "--function-name", outputs["Publisher"], str(answer))
    assert "FunctionError" not in invoked, answer.read_text()
    for consumer in outputs["Consumers"].split(","):
        group = f"/aws/lambda/{consumer}"
        events = json.loads(aws("logs", "filter-log-events", "--log-group-name", group))["events"]
        heard = [each["message"] for each in events if "sent at" in each["message"]]
        assert len(heard) == 1, events
        assert any(each["message"].startswith("REPORT RequestId: ") for each in events)
