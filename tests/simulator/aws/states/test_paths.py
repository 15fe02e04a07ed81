"""What JSONPath finds (AWS Step Functions Developer Guide, "Using JSONPath paths")."""

from __future__ import annotations

import json
from typing import Any

import pytest

from simulator.world import World

DATA = {"rides": [{"id": "a", "stops": [1, 2]}, {"id": "b", "stops": [3]}], "one": [{"id": "x"}]}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$.rides[0].id", "a"),
        ("$.rides[1].stops", [3]),
        ("$.rides[0].stops[1]", 2),
        ("$['rides'][1]['id']", "b"),
        ("$.one[*].id", ["x"]),
        ("$.rides[*].id", ["a", "b"]),
        ("$.rides[0:1].id", ["a"]),
        ("$.rides[?(@.id=='b')].stops", [[3]]),
    ],
)
def test_what_a_path_finds(world: World, role: str, path: str, found: Any) -> None:
    states: Any = world.cloud.session().client("stepfunctions")
    passing = {"Type": "Pass", "Parameters": {"found.$": path}, "End": True}
    definition = json.dumps({"StartAt": "P", "States": {"P": passing}})
    machine = states.create_state_machine(name="m", definition=definition, roleArn=role)
    began = states.start_execution(
        stateMachineArn=machine["stateMachineArn"], input=json.dumps(DATA)
    )
    world.run()
    told = states.describe_execution(executionArn=began["executionArn"])
    assert json.loads(told["output"]) == {"found": found}


def test_a_map_over_what_a_branch_gave(world: World, role: str) -> None:
    states: Any = world.cloud.session().client("stepfunctions")
    done = {"Type": "Pass", "End": True}
    branches = [{"StartAt": "B", "States": {"B": done}}]
    inner = {"StartAt": "I", "States": {"I": done}}
    each = {"Type": "Map", "ItemsPath": "$[0].rides", "Iterator": inner, "End": True}
    first = {"Type": "Parallel", "Branches": branches, "Next": "M"}
    definition = json.dumps({"StartAt": "P", "States": {"P": first, "M": each}})
    machine = states.create_state_machine(name="m", definition=definition, roleArn=role)
    began = states.start_execution(
        stateMachineArn=machine["stateMachineArn"], input=json.dumps(DATA)
    )
    world.run()
    told = states.describe_execution(executionArn=began["executionArn"])
    assert json.loads(told["output"]) == DATA["rides"]
