"""Runs the worlds of the seeds it is given, in turn; writes the last journal's digest."""

import hashlib
import io
import json
import sys
import time
import zipfile
from typing import Any

from simulator.fault import Fault
from simulator.world import World

HANDLER = """
import random, time, uuid
def handler(event, context):
    time.sleep(random.random())
    print(uuid.uuid4())
    if random.random() < 0.5: raise ValueError(event)
    return str(uuid.uuid4())
"""


def zipped(source: str) -> bytes:
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr(zipfile.ZipInfo("app.py"), source)
    return package.getvalue()


def busy(seed: int) -> str:
    with World(seed=seed) as world:
        session = world.cloud.session()
        role = session.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")
        arn = role["Role"]["Arn"]
        function = session.client("lambda").create_function(
            FunctionName="f",
            Runtime="python3.12",
            Role=arn,
            Handler="app.handler",
            Code={"ZipFile": zipped(HANDLER)},
        )
        sqs = session.client("sqs")
        url = sqs.create_queue(QueueName="q")["QueueUrl"]
        task: dict[str, Any] = {
            "Type": "Task",
            "Resource": function["FunctionArn"],
            "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 5, "JitterStrategy": "FULL"}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Send"}],
            "Next": "Send",
        }
        send = {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage",
            "Parameters": {"QueueUrl": url, "MessageBody.$": "$"},
            "End": True,
        }
        sfn = session.client("stepfunctions")
        machine = sfn.create_state_machine(
            name="m",
            definition=json.dumps({"StartAt": "T", "States": {"T": task, "Send": send}}),
            roleArn=arn,
        )
        world.faults.inject(
            Fault("flaky", where={"action": "SendMessage"}, attempts={3}, latency_s=2.5)
        )

        def rider(number: int) -> None:
            time.sleep(world.streams["riders"].expovariate(1 / 10))
            sfn.start_execution(stateMachineArn=machine["stateMachineArn"], input=str(number))
            sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)

        for number in range(6):
            world.spawn(rider, number)
        world.run()
        digest = hashlib.sha256()
        for line in world.journal.lines():
            digest.update(line.encode())
        return f"{digest.hexdigest()} {len(world.journal.facts)} facts, {world.now_s} s"


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        told = busy(int(argument))
    sys.stdout.write(f"{told}\n")
