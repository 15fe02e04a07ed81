"""Definitions that lead nowhere are refused, in AWS's words."""

import pytest

from simulator.aws.asl import broken_transitions
from simulator.world import World


def test_a_sound_machine_has_no_broken_transition() -> None:
    machine = {
        "StartAt": "A",
        "States": {
            "A": {"Type": "Task", "Catch": [{"ErrorEquals": ["x"], "Next": "B"}], "Next": "B"},
            "B": {"Type": "Succeed"},
        },
    }
    assert list(broken_transitions(machine)) == []


def test_every_kind_of_transition_is_followed() -> None:
    inner = {"StartAt": "I", "States": {"I": {"Type": "Pass", "Next": "gone1"}}}
    machine = {
        "StartAt": "gone2",
        "States": {
            "C": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.a", "Next": "gone3"}],
                "Default": "gone4",
            },
            "T": {"Type": "Task", "Catch": [{"Next": "gone5"}], "End": True},
            "P": {"Type": "Parallel", "Branches": [inner], "End": True},
            "M": {"Type": "Map", "ItemProcessor": inner, "End": True},
        },
    }
    found = list(broken_transitions(machine))
    assert [line.split("target: ")[1].split(" at ")[0] for line in found] == [
        "gone2",
        "gone4",
        "gone3",
        "gone5",
        "gone1",
        "gone1",
    ]
    assert found[-1].endswith("at /States/M/ItemProcessor/States/I/Next")


@pytest.mark.parametrize(
    ("definition", "words"),
    [
        ('{"StartAt": "S",\n x}', "(?s)INVALID_JSON_DESCRIPTION: .*line: 2, column: 3"),
        ('{"StartAt":"S","States":{"S":{"Type":"No"}}}', "SCHEMA_VALIDATION_FAILED: line 1:37"),
        (
            '{"StartAt":"S","States":{"S":{"Type":"Pass","Next":"T"}}}',
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: T at /States/S/Next",
        ),
    ],
)
def test_create_state_machine_refuses_with_line_and_reason(definition: str, words: str) -> None:
    with World() as world:
        client = world.cloud.session().client("stepfunctions")
        with pytest.raises(client.exceptions.InvalidDefinition, match=words):
            client.create_state_machine(
                name="m", definition=definition, roleArn="arn:aws:iam::123456789012:role/r"
            )
