"""Hostile handlers behind a queue and in a workflow: the service that called goes on."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from simulator.aws.functions import runtimes
from simulator.world import World

pytestmark = pytest.mark.process
Deploy = Callable[..., str]
Facts = Callable[[str], list[dict[str, Any]]]

PYTHON = {
    "an endless loop": ("while True: pass", "Sandbox.Timedout"),
    "leaving": ("import os; os._exit(1)", "Runtime.ExitError"),
    "four gigabytes": ("bytearray(4 * 2**30)", "Runtime.OutOfMemory"),
    "garbage on the pipe": (
        "import os; [os.write(3 + n, b'x' * 64) for n in range(60) if os.path.exists"
        "(f'/proc/self/fd/{3 + n}')]; os.read(os.pipe()[0], 1)",
        "Runtime.ExitError",
    ),
    "no JSON": ("return object()", "Runtime.MarshalError"),
}
NODE = {
    "an endless loop": ("for (;;);", "Sandbox.Timedout"),
    "leaving": ("process.exit(1)", "Runtime.ExitError"),
    "a heap too small": ("const a = []; for (;;) a.push(new Array(1e5).fill(1.5))", "Runtime."),
    "no JSON": ("return 1n", "Error"),
}
ATTACKS = [("python3.12", *each) for each in PYTHON.values()]
if runtimes.node() is not None:
    ATTACKS += [("nodejs20.x", *each) for each in NODE.values()]


@pytest.fixture
def attack(deploy: Deploy, zipped: Any) -> Callable[[str, str], str]:
    def make(runtime: str, body: str) -> str:
        source = f"def handler(e, c):\n    {body}\n"
        if runtime.startswith("nodejs"):
            source = f"exports.handler = async () => {{ {body} }}"
        file = "app__py" if runtime.startswith("python") else "app__js"
        return deploy("bad", "", Runtime=runtime, Code={"ZipFile": zipped(**{file: source})})

    return make


@pytest.mark.parametrize(("runtime", "body", "kind"), ATTACKS)
def test_a_queues_message_comes_back_and_is_buried(
    world: World,
    client: Any,
    queue: Any,
    bodies: Any,
    facts: Facts,
    attack: Any,
    runtime: str,
    body: str,
    kind: str,
) -> None:
    _, dead = queue("dead")
    policy = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 2})
    url, arn = queue("jobs", VisibilityTimeout="5", RedrivePolicy=policy)
    attack(runtime, body)
    client.create_event_source_mapping(EventSourceArn=arn, FunctionName="bad")
    world.cloud.session().client("sqs").send_message(QueueUrl=url, MessageBody='"job"')
    world.run(until=200)
    assert bodies("dead") == ["job"]
    assert [fact["error_type"].startswith(kind) for fact in facts("lambda.ended")] == [True, True]


@pytest.mark.parametrize(("runtime", "body", "kind"), ATTACKS)
def test_a_workflow_catches_it(
    world: World, role: str, attack: Any, runtime: str, body: str, kind: str
) -> None:
    states = world.cloud.session().client("stepfunctions")
    task = {
        "Type": "Task",
        "Resource": attack(runtime, body),
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}],
        "End": True,
    }
    machine = states.create_state_machine(
        name="m",
        roleArn=role,
        definition=json.dumps(
            {"StartAt": "Bad", "States": {"Bad": task, "Caught": {"Type": "Pass", "End": True}}}
        ),
    )["stateMachineArn"]
    run = states.start_execution(stateMachineArn=machine)["executionArn"]
    world.run()
    told = states.describe_execution(executionArn=run)
    assert told["status"] == "SUCCEEDED"
    assert json.loads(told["output"])["Error"].startswith(kind)
