"""The post's fare-processing machine, unchanged, from the AWS CLI to a message in a queue."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.process

ACCOUNT, REGION = "111122223333", "us-east-1"
MACHINE = Path(__file__).parent / "data" / "fare_machine.asl.json"
FUNCTIONS = ["RegisterFareFunction", "ChargeFareFunction", "UpdateCustomerAccountFunction"]
HANDLER = """
def handler(event, context):
    return {**event, "visited": event.get("visited", []) + [context.function_name]}
"""


def test_it_succeeds_and_its_message_arrives(served: Any, tmp_path: Path) -> None:
    def aws(*arguments: str) -> Any:
        return served.aws(*arguments, key=ACCOUNT)

    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    role = aws(
        "iam", "create-role", "--role-name", "fares", "--assume-role-policy-document", trust
    )["Role"]["Arn"]
    package = tmp_path / "package.zip"
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("app.py", HANDLER)
    for name in FUNCTIONS:
        aws(
            *("lambda", "create-function", "--function-name", name, "--runtime", "python3.12"),
            *("--role", role, "--handler", "app.handler", "--zip-file", f"fileb://{package}"),
        )
    queue = aws("sqs", "create-queue", "--queue-name", "fares")["QueueUrl"]
    topic = aws("sns", "create-topic", "--name", "myTopic")["TopicArn"]
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:fares"
    aws(
        *("sns", "subscribe", "--topic-arn", topic, "--protocol", "sqs"),
        *("--notification-endpoint", arn),
    )

    text = MACHINE.read_text().replace("REGION", REGION).replace("ACCOUNT_ID", ACCOUNT)
    machine = aws(
        *("stepfunctions", "create-state-machine", "--name", "fare-processing"),
        *("--definition", text, "--role-arn", role),
    )["stateMachineArn"]
    execution = aws(
        *("stepfunctions", "start-execution", "--state-machine-arn", machine),
        *("--input", '{"fare": "f-1"}'),
    )["executionArn"]
    status, polls = "RUNNING", 0
    while status == "RUNNING":
        polls += 1
        assert polls < 20
        ended = aws("stepfunctions", "describe-execution", "--execution-arn", execution)
        status = ended["status"]
    assert status == "SUCCEEDED", ended
    message = aws("sqs", "receive-message", "--queue-url", queue, "--wait-time-seconds", "20")
    notified = json.loads(message["Messages"][0]["Body"])
    assert json.loads(notified["Message"]) == {"Input": "Hello from Step Functions!"}
    assert notified["TopicArn"] == topic

    history = aws("stepfunctions", "get-execution-history", "--execution-arn", execution)
    entered = [event for event in history["events"] if event["type"] == "TaskStateEntered"]
    assert [e["stateEnteredEventDetails"]["name"] for e in entered] == [
        "RegisterFare",
        "ProcessPayment",
        "UpdateCustomerAccount",
        "PublishFareProcessedEvent",
    ]
    assert json.loads(entered[-1]["stateEnteredEventDetails"]["input"])["visited"] == FUNCTIONS
    groups = aws("logs", "describe-log-groups")["logGroups"]
    assert {f"/aws/lambda/{name}" for name in FUNCTIONS} == {g["logGroupName"] for g in groups}


def test_the_walkthrough_does_the_same_with_boto3(served: Any) -> None:
    for _ in range(2):  # it takes down what it made
        done = subprocess.run(
            [sys.executable, "-m", "scenarios.wild_rydes.saga.walkthrough"],
            cwd=Path(__file__).resolve().parents[4],
            env={
                "PATH": os.environ["PATH"],
                "AWS_ENDPOINT_URL": served.url,
                "AWS_ACCESS_KEY_ID": "444455556666",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[-2:] == [
            "execution SUCCEEDED",
            'message {"Input": "Hello from Step Functions!"}',
        ]


def test_the_walkthrough_says_when_it_cannot_begin() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "scenarios.wild_rydes.saga.walkthrough"],
        cwd=Path(__file__).resolve().parents[4],
        env={"PATH": os.environ["PATH"], "AWS_ENDPOINT_URL": "http://127.0.0.1:9"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("walkthrough: Could not connect")
    assert done.stderr.count("\n") == 1
