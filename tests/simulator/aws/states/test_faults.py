"""How states fail, in AWS's names and sentences.

Sources: AWS Step Functions Developer Guide, "Handling errors in Step Functions workflows", "Choice
workflow state", "Using Map state in Inline mode"; causes recorded from AWS.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from simulator.world import World

Execute = Callable[..., dict[str, Any]]
WHERE = "An error occurred while executing the state 'S' (entered at the event id #2). "


@pytest.mark.parametrize(
    ("state", "error", "cause"),
    [
        (
            {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsNull": True, "Next": "T"}]},
            "States.Runtime",
            "Failed to transition out of the state. The state does not point to a next state.",
        ),
        (
            {"Type": "Pass", "InputPath": "$.b", "End": True},
            "States.Runtime",
            "Invalid path '$.b' : No results for path: $['b']",
        ),
        (
            {"Type": "Pass", "Parameters": {"x.$": "States.StringToJson($.a)"}, "End": True},
            "States.IntrinsicFailure",
            "The function 'States.StringToJson($.a)' had the following error: ",
        ),
        (
            {"Type": "Wait", "SecondsPath": "$.a", "End": True},
            "States.Runtime",
            "The SecondsPath parameter cannot be parsed as a long value: $.a == {",
        ),
    ],
)
def test_faults(execute: Execute, state: dict[str, Any], error: str, cause: str) -> None:
    failed = execute({"S": state, "T": {"Type": "Succeed"}}, "S", {"a": "{"})
    assert (failed["status"], failed["error"]) == ("FAILED", error)
    assert failed["cause"].startswith(WHERE + cause)


def test_forty_iterations_of_an_inline_map_run_at_once(world: World, execute: Execute) -> None:
    rest = {"Rest": {"Type": "Wait", "Seconds": 10, "End": True}}
    program = {"StartAt": "Rest", "States": rest}
    done = execute(
        {"M": {"Type": "Map", "ItemProcessor": program, "ItemsPath": "$.items", "End": True}},
        "M",
        {"items": list(range(100))},
    )
    assert (done["stopDate"] - done["startDate"]).total_seconds() == 30
    assert json.loads(done["output"]) == list(range(100))


def test_an_error_name_that_nobody_throws_is_taken(machine: Callable[..., str]) -> None:
    """Though it begins as AWS's own do: definitions that AWS has published have such a name."""
    never = {"ErrorEquals": ["States.TaskFailedId"], "MaxAttempts": 1}
    task = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": True}
    task |= {"Parameters": {"QueueUrl": "q", "MessageBody": "m"}, "Retry": [never]}
    assert machine({"S": task})
