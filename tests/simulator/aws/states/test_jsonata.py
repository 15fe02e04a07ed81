"""JSONata in state machines, without a JVM.

Sources: AWS Step Functions Developer Guide, "Transforming data with JSONata in Step Functions",
"Passing data between states with variables"; the failures' shape: Step Functions API Reference,
"EvaluationFailedEventDetails".
"""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from simulator.aws.states import jsonata
from simulator.world import World

Execute = Callable[..., dict[str, Any]]


def value_of(expression: str, **variables: Any) -> Any:
    return jsonata.evaluate(expression, {"input": {"n": 3, "none": None}}, variables)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("$states.input.n * 2", 6),
        ("$states.input.none", None),
        ("$exists($states.input.nothing)", False),
        ("$partition([1, 2, 3], 2)", [[1, 2], [3]]),
        ("$range(0, 10, 5)", [0, 5, 10]),
        ("$range(3, 1, -1)", [3, 2, 1]),
        ("$range(1, 1, 1)", 1),
        ("""$parse('{"a": [1, null]}')""", {"a": [1, None]}),
        ("$hash('text', 'SHA-256')", hashlib.sha256(b"text").hexdigest()),
        ("$random(1) = $random(1)", True),
        ("$list[0].a & $name", "xy"),
        ("$zero", None),
    ],
)
def test_expressions(expression: str, value: Any) -> None:
    assert value_of(expression, list=[{"a": "x"}], name="y", zero=None) == value


@pytest.mark.parametrize(
    ("expression", "part"),
    [
        ("$nosuch", "returned nothing (undefined)."),
        ("1 + 'a'", "threw an error during evaluation. T2002"),
        ("$sum", "returned an unsupported result type."),
        ("$eval('1')", "$eval is not supported"),
        ("($f := function($n) { $f($n + 1) }; $f(0))", "timed out"),
        ("($f := function($n) { 1 + $f($n) }; $f(0))", "Stack overflow"),
        ("$range(1, 5000, 1)", "1,000"),
        ("$hash('a', 'CRC')", "CRC"),
    ],
)
def test_failures(expression: str, part: str) -> None:
    with pytest.raises(jsonata.QueryError) as refused:
        value_of(expression)
    assert part in str(refused.value)


def test_the_result_shares_nothing_with_the_variable_it_came_from() -> None:
    kept = {"list": [1]}
    result = value_of("$kept", kept=kept)
    result["list"].append(2)
    assert kept == {"list": [1]}


def test_variables_flow_through_states_and_conditions(world: World, execute: Execute) -> None:
    done = execute(
        {
            "Set": {
                "Type": "Pass",
                "QueryLanguage": "JSONata",
                "Assign": {"total": "{% $sum($states.input.prices) %}", "quote": '"'},
                "Output": {"ids": "{% $states.input.prices.($string($)) %}"},
                "Next": "Dear",
            },
            "Dear": {
                "Type": "Choice",
                "QueryLanguage": "JSONata",
                "Choices": [{"Condition": "{% $total > 10 and $quote = '\"' %}", "Next": "Old"}],
                "Default": "Cheap",
            },
            "Cheap": {"Type": "Fail"},
            "Old": {"Type": "Pass", "Parameters": {"sum.$": "$total", "a.$": "$.ids"}, "End": True},
        },
        "Set",
        {"prices": [4, 7]},
    )
    assert (done["status"], done["output"]) == ("SUCCEEDED", '{"sum":11,"a":["4","7"]}')


def test_a_failed_query_says_where(world: World, execute: Execute) -> None:
    failed = execute(
        {
            "Start": {
                "Type": "Pass",
                "QueryLanguage": "JSONata",
                "Output": {"deep": {"x": "{% $nosuch %}"}},
                "End": True,
            }
        },
        "Start",
    )
    cause = (
        "An error occurred while executing the state 'Start' (entered at the event id #2). "
        "The JSONata expression '$nosuch' specified for the field 'Output/deep/x' returned "
        "nothing (undefined)."
    )
    assert (failed["error"], failed["cause"]) == ("States.QueryEvaluationError", cause)
    types = [event["type"] for event in failed["events"]]
    assert types == ["ExecutionStarted", "PassStateEntered", "EvaluationFailed", "ExecutionFailed"]
    assert failed["events"][2]["evaluationFailedEventDetails"] == {
        "error": "States.QueryEvaluationError",
        "cause": cause,
        "location": "Output/deep/x",
        "state": "Start",
    }


def test_a_failing_branch_keeps_its_error(world: World, execute: Execute) -> None:
    branch = {
        "StartAt": "B",
        "States": {"B": {"Type": "Pass", "InputPath": "$.nosuch", "End": True}},
    }
    caught = execute(
        {
            "Both": {
                "Type": "Parallel",
                "Branches": [branch],
                "Catch": [{"ErrorEquals": ["States.Runtime"], "Next": "Caught"}],
                "End": True,
            },
            "Caught": {"Type": "Pass", "End": True},
        },
        "Both",
    )
    assert caught["status"] == "SUCCEEDED"
