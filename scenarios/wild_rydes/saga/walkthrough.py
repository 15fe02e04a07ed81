"""A first fare-processing machine as ordinary boto3: make it, run it, say how it ended.

`python -m scenarios.wild_rydes.saga.walkthrough` works against any emulator of AWS: it knows the
address in AWS_ENDPOINT_URL and nothing else, and waits as any client would. Exit code 0: the
execution succeeded and its message arrived; 1: anything else, and one sentence says what.
"""

from __future__ import annotations

import io
import json
import os
import sys
import zipfile
from collections.abc import Callable
from contextlib import suppress
from time import sleep
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from localstack_client.session import Session

FUNCTIONS = ("RegisterFareFunction", "ChargeFareFunction", "UpdateCustomerAccountFunction")
TOPIC, QUEUE, MACHINE, ROLE = (
    "myTopic",
    "fares-processed",
    "fare-processing",
    "fare-processing-role",
)
HANDLER = "def handler(event, context):\n    return {**event, context.function_name: 'done'}\n"
FARE = {"fare_id": "fare-1", "amount_cents": 1250}
POLLS, POLL_S = 300, 0.2


class Unfinished(Exception):
    """The walk ended early; the sentence says where."""


def definition(region: str, account: str) -> str:
    """The machine: register, charge, credit, and publish that the fare is processed."""
    steps = dict(
        zip(("RegisterFare", "ProcessPayment", "UpdateCustomerAccount"), FUNCTIONS, strict=True)
    )
    following = [*list(steps)[1:], "PublishFareProcessedEvent"]
    states: dict[str, Any] = {
        state: {
            "Type": "Task",
            "Resource": f"arn:aws:lambda:{region}:{account}:function:{function}",
            "Next": after,
        }
        for (state, function), after in zip(steps.items(), following, strict=True)
    }
    states["PublishFareProcessedEvent"] = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sns:publish",
        "Parameters": {
            "TopicArn": f"arn:aws:sns:{region}:{account}:{TOPIC}",
            "Message": {"Input": "Hello from Step Functions!"},
        },
        "End": True,
    }
    return json.dumps({"StartAt": "RegisterFare", "States": states}, indent=2)


class Walk:
    """One walk through the machine, and the things it made on the way."""

    def __init__(self, session: Any, say: Callable[[str], object]) -> None:
        self._client = session.client
        self._say = say
        self._undo: list[Callable[[], object]] = []

    def run(self) -> None:
        """Make everything, run it once, take it down. Raises Unfinished, or what boto3 raises."""
        account = self._client("sts").get_caller_identity()["Account"]
        region = self._client("sts").meta.region_name
        try:
            role = self._role()
            for name in FUNCTIONS:
                self._function(name, role)
            queue = self._subscribed_queue(account, region)
            self._execute(definition(region, account), role)
            self._message(queue)
        finally:
            for undo in reversed(self._undo):
                with suppress(ClientError):
                    undo()

    def _role(self) -> str:
        iam = self._client("iam")
        self._undo.append(lambda: iam.delete_role(RoleName=ROLE))
        trusted = {"Service": ["lambda.amazonaws.com", "states.amazonaws.com"]}
        trust = {"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"}
        made = iam.create_role(
            RoleName=ROLE,
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
        )
        return str(made["Role"]["Arn"])

    def _function(self, name: str, role: str) -> None:
        functions = self._client("lambda")
        package = io.BytesIO()
        with zipfile.ZipFile(package, "w") as archive:
            archive.writestr("app.py", HANDLER)
        self._undo.append(lambda: functions.delete_function(FunctionName=name))
        functions.create_function(
            FunctionName=name,
            Runtime="python3.12",
            Role=role,
            Handler="app.handler",
            Code={"ZipFile": package.getvalue()},
        )
        functions.get_waiter("function_active_v2").wait(FunctionName=name)
        self._say(f"function {name} is there")

    def _subscribed_queue(self, account: str, region: str) -> str:
        sqs, sns = self._client("sqs"), self._client("sns")
        queue = str(sqs.create_queue(QueueName=QUEUE)["QueueUrl"])
        topic = sns.create_topic(Name=TOPIC)["TopicArn"]
        self._undo.append(lambda: sns.delete_topic(TopicArn=topic))
        arn = f"arn:aws:sqs:{region}:{account}:{QUEUE}"
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        return queue  # it stays: for a minute SQS makes none of a deleted one's name

    def _execute(self, machine: str, role: str) -> None:
        states = self._client("stepfunctions")
        made = states.create_state_machine(name=MACHINE, definition=machine, roleArn=role)
        arn = made["stateMachineArn"]
        self._undo.append(lambda: states.delete_state_machine(stateMachineArn=arn))
        started = states.start_execution(stateMachineArn=arn, input=json.dumps(FARE))
        for _ in range(POLLS):
            told = states.describe_execution(executionArn=started["executionArn"])
            if told["status"] != "RUNNING":
                break
            sleep(POLL_S)
        self._say(f"execution {told['status']}")
        if told["status"] != "SUCCEEDED":
            why = told.get("cause") or told.get("error") or "no cause given"
            raise Unfinished(f"the execution is {told['status']}: {why}")

    def _message(self, queue: str) -> None:
        sqs = self._client("sqs")
        messages = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20).get("Messages", [])
        if not messages:
            raise Unfinished(f"no message came to the queue {QUEUE}")
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=messages[0]["ReceiptHandle"])
        self._say(f"message {json.loads(messages[0]['Body'])['Message']}")


def main() -> int:
    """Walk once, telling the steps on standard output."""
    session = Session(
        aws_access_key_id=os.environ.get("AWS_ACCESS_KEY_ID", "test"),
        aws_secret_access_key=os.environ.get("AWS_SECRET_ACCESS_KEY", "test"),
        aws_session_token=os.environ.get("AWS_SESSION_TOKEN"),
        region_name=os.environ.get("AWS_DEFAULT_REGION", "us-east-1"),
    )
    try:
        Walk(session, lambda line: sys.stdout.write(f"{line}\n")).run()
    except (Unfinished, BotoCoreError, ClientError) as error:
        sys.stderr.write(f"walkthrough: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
