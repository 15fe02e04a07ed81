"""State transitions inside the process, and Lambda tasks beside the null handler's own cost."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

from benchmarks import Ratio, side_by_side
from simulator.world import World

STATES = 200
"""States of one execution: as many transitions."""
TASKS = 60


def _machine(world: World, states: dict[str, Any]) -> Callable[[], int]:
    session = world.cloud.session()
    sfn = session.client("stepfunctions")
    arn = sfn.create_state_machine(
        name=f"m{len(world.journal.facts)}",
        definition=json.dumps({"StartAt": next(iter(states)), "States": states}),
        roleArn="arn:aws:iam::123456789012:role/bench",
    )["stateMachineArn"]

    def run() -> int:
        started = sfn.start_execution(stateMachineArn=arn, input='{"n":1}')
        world.run()
        ended = sfn.describe_execution(executionArn=started["executionArn"])
        if ended["status"] != "SUCCEEDED":
            raise RuntimeError(f"the execution ended {ended['status']}: {ended.get('cause')}")
        return len(states)

    return run


def _chain(count: int, **state: Any) -> dict[str, Any]:
    chain = {f"S{index}": {**state, "Next": f"S{index + 1}"} for index in range(count - 1)}
    return {**chain, f"S{count - 1}": {**state, "End": True}}


def _function(world: World) -> str:
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("app.py", "def handler(event, context):\n    return event\n")
    session = world.cloud.session()
    role = session.client("iam").create_role(RoleName="bench", AssumeRolePolicyDocument="{}")
    created = session.client("lambda").create_function(
        FunctionName="null",
        Runtime="python3.12",
        Handler="app.handler",
        Role=role["Role"]["Arn"],
        Code={"ZipFile": package.getvalue()},
    )
    return str(created["FunctionArn"])


def _invokes(world: World) -> Callable[[], int]:
    client = world.cloud.session().client("lambda")

    def invoke() -> int:
        for _ in range(TASKS):
            client.invoke(FunctionName="null", Payload=b"{}")["Payload"].read()
        return TASKS

    return invoke


def compare() -> list[Ratio]:
    """Passes (JSONPath, JSONata) and null Lambda tasks beside bare invocations."""
    with World(seed=1) as world:
        passes = _machine(world, _chain(STATES, Type="Pass", Parameters={"n.$": "$.n"}))
        jsonata = _machine(
            world,
            _chain(
                STATES, Type="Pass", QueryLanguage="JSONata", Output={"n": "{% $states.input.n %}"}
            ),
        )
        tasks = _machine(world, _chain(TASKS, Type="Task", Resource=_function(world)))
        invokes = _invokes(world)
        return [
            side_by_side("state transitions, JSONPath", passes, "the same in JSONata", jsonata),
            side_by_side("state transitions, Lambda task", tasks, "the handler invoked", invokes),
        ]
