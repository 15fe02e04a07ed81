"""A redrive goes on within Map and Parallel states: what has succeeded there is not done again.

Source: AWS Step Functions Developer Guide, "Restarting state machine executions with redrive".
"""

from collections.abc import Callable
from typing import Any

import pytest

from simulator.world import World

Machine = Callable[..., str]
URL = "https://sqs.us-east-1.amazonaws.com/123456789012/later"


def send(**fields: Any) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Parameters": {"QueueUrl": URL, "MessageBody.$": "States.JsonToString($)"},
        "ResultPath": None,
        **fields,
    }


@pytest.fixture
def redriven(world: World, sfn: Any, machine: Machine) -> Callable[..., list[dict[str, Any]]]:
    """Run states that fail until a queue is there, redrive them; the events since then."""

    def run(states: dict[str, Any], text: str) -> list[dict[str, Any]]:
        arn = machine(states)
        execution = sfn.start_execution(stateMachineArn=arn, input=text)["executionArn"]
        world.run()
        assert sfn.describe_execution(executionArn=execution)["status"] == "FAILED"
        world.cloud.session().client("sqs").create_queue(QueueName="later")  # type: ignore[attr-defined]
        sfn.redrive_execution(executionArn=execution)
        world.run()
        told = sfn.describe_execution(executionArn=execution)
        assert (told["status"], told.get("cause")) == ("SUCCEEDED", None)
        events: list[dict[str, Any]] = sfn.get_execution_history(
            executionArn=execution, maxResults=1000
        )["events"]
        types = [event["type"] for event in events]
        since = events[types.index("ExecutionRedriven") + 1 :]
        return [*since, {"type": "output", "output": told["output"]}]

    return run


def entered(events: list[dict[str, Any]]) -> list[str]:
    return [
        event["stateEnteredEventDetails"]["name"]
        for event in events
        if event["type"].endswith("StateEntered")
    ]


def test_branches_that_have_succeeded_are_not_run_again(redriven: Any) -> None:
    good = {"StartAt": "Good", "States": {"Good": {"Type": "Pass", "Result": 7, "End": True}}}
    bad = {
        "StartAt": "Before",
        "States": {
            "Before": {"Type": "Pass", "Assign": {"kept": 1}, "Next": "Send"},
            "Send": send(Next="After"),
            "After": {"Type": "Pass", "Parameters": {"kept.$": "$kept"}, "End": True},
        },
    }
    # The good branch is over before the other one fails.
    bad["States"] = {"Rest": {"Type": "Wait", "Seconds": 1, "Next": "Before"}, **bad["States"]}  # type: ignore[dict-item]
    bad["StartAt"] = "Rest"
    both = {"Both": {"Type": "Parallel", "Branches": [good, bad], "End": True}}
    events = redriven(both, "{}")
    assert entered(events) == ["Both", "Send", "After"]
    assert events[-1]["output"] == '[7,{"kept":1}]'


@pytest.mark.parametrize("mode", ["INLINE", "DISTRIBUTED"])
def test_items_that_have_succeeded_are_not_run_again(
    redriven: Any, world: World, mode: str
) -> None:
    config = {"Mode": mode} | ({"ExecutionType": "STANDARD"} if mode == "DISTRIBUTED" else {})
    processor = {
        "ProcessorConfig": config,
        "StartAt": "Look",
        "States": {
            "Look": {
                "Type": "Choice",
                "Choices": [{"Variable": "$", "NumericEquals": 2, "Next": "Rest"}],
                "Default": "Good",
            },
            "Good": {"Type": "Pass", "End": True},
            "Rest": {"Type": "Wait", "Seconds": 1, "Next": "Send"},
            "Send": send(End=True),
        },
    }
    before = world.now_s
    events = redriven({"Map": {"Type": "Map", "ItemProcessor": processor, "End": True}}, "[1,2,3]")
    assert events[-1]["output"] == "[1,2,3]"
    assert world.now_s - before == 1  # it rested once
    if mode == "INLINE":
        assert entered(events) == ["Map", "Send"]


def test_children_are_redriven_with_their_map_run(redriven: Any, sfn: Any, world: World) -> None:
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "Send",
        "States": {"Send": send(End=True)},
    }
    redriven({"Map": {"Type": "Map", "ItemProcessor": processor, "End": True}}, "[1]")
    (execution,) = sfn.list_executions(
        stateMachineArn="arn:aws:states:us-east-1:123456789012:stateMachine:m"
    )["executions"]
    first, second = sfn.list_map_runs(executionArn=execution["executionArn"])["mapRuns"]
    (failed,) = sfn.list_executions(mapRunArn=first["mapRunArn"])["executions"]
    (done,) = sfn.list_executions(mapRunArn=second["mapRunArn"])["executions"]
    assert (failed["redriveCount"], done["redriveCount"]) == (0, 1)
    assert failed["name"] == done["name"]


def test_a_later_pass_through_a_map_is_run_whole(world: World, sfn: Any, machine: Machine) -> None:
    """What iterations came to in one pass does not stand in for those of the next."""
    again = {
        "Map": {
            "Type": "Map",
            "ItemsPath": "$.items",
            "ItemProcessor": {
                "StartAt": "Same",
                "States": {"Same": {"Type": "Pass", "End": True}},
            },
            "ResultPath": "$.done",
            "Next": "More",
        },
        "More": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.items[0]", "NumericEquals": 1, "Next": "Other"}],
            "Default": "End",
        },
        "Other": {
            "Type": "Pass",
            "Result": [5, 6],
            "ResultPath": "$.items",
            "Next": "Map",
        },
        "End": {"Type": "Pass", "OutputPath": "$.done", "End": True},
    }
    run = sfn.start_execution(stateMachineArn=machine(again), input='{"items":[1,2,3]}')
    world.run()
    told = sfn.describe_execution(executionArn=run["executionArn"])
    assert told["output"] == "[5,6]"
