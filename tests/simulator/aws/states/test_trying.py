"""TestState: mocks, what is seen of a state, contexts given, retriers that nobody waits for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

INVOKE = {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke",
    "Parameters": {"FunctionName": "f", "Payload.$": "$.sent"},
    "ResultSelector": {"said.$": "$.Payload"},
    "ResultPath": "$.answer",
    "Next": "After",
}
MAP = {
    "QueryLanguage": "JSONata",
    "Type": "Map",
    "Items": "{% $states.input.items %}",
    "ToleratedFailureCount": 1,
    "ItemProcessor": {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "Each",
        "States": {"Each": {"Type": "Pass", "End": True}},
    },
    "End": True,
}


def tried(sfn: Any, state: dict[str, Any], sent: Any, **asked: Any) -> dict[str, Any]:
    """The answer of TestState, with the data that was seen read from its JSON."""
    answer = sfn.test_state(definition=json.dumps(state), input=json.dumps(sent), **asked)
    answer.pop("ResponseMetadata")
    if "output" in answer:
        answer["output"] = json.loads(answer["output"])
    for name, text in answer.get("inspectionData", {}).items():
        if isinstance(text, str):
            answer["inspectionData"][name] = json.loads(text)
    told: dict[str, Any] = answer
    return told


def test_a_mocked_result_goes_through_the_filters(sfn: Any) -> None:
    """AWS Step Functions API Reference, "InspectionData"."""
    answer = tried(
        sfn,
        INVOKE,
        {"sent": 1},
        inspectionLevel="TRACE",
        mock={"result": json.dumps({"Payload": "hello"})},
    )
    assert answer == {
        "status": "SUCCEEDED",
        "nextState": "After",
        "output": {"sent": 1, "answer": {"said": "hello"}},
        "inspectionData": {
            "input": {"sent": 1},
            "afterInputPath": {"sent": 1},
            "afterParameters": {"FunctionName": "f", "Payload": 1},
            "result": {"Payload": "hello"},
            "afterResultSelector": {"said": "hello"},
            "afterResultPath": {"sent": 1, "answer": {"said": "hello"}},
        },
    }


@pytest.mark.parametrize(
    ("result", "wrong"),
    [
        ("no json", "Mocked result must be valid JSON"),
        ('{"StatusCode":"200"}', "Field 'StatusCode' must be a number"),
        ('{"Payload":{"a":1}}', "Field 'Payload' must be a string"),
    ],
)
def test_a_mocked_result_fits_the_calls_model(sfn: Any, result: str, wrong: str) -> None:
    """AWS Step Functions API Reference, "MockInput", fieldValidationMode."""
    with pytest.raises(ClientError, match=wrong):
        tried(sfn, INVOKE, {"sent": 1}, mock={"result": result})
    if result.startswith("{"):
        loose = {"result": result, "fieldValidationMode": "NONE"}
        selected = {**INVOKE, "ResultSelector": {"all.$": "$"}}
        assert tried(sfn, selected, {"sent": 1}, mock=loose)["status"] == "SUCCEEDED"


def test_what_must_be_there_is_asked_for_in_strict_mode_alone(sfn: Any) -> None:
    start = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution",
        "Parameters": {"StateMachineArn": "arn"},
        "End": True,
    }
    with pytest.raises(ClientError, match="Required field 'ExecutionArn' is missing"):
        tried(sfn, start, {}, mock={"result": "{}"})
    answer = tried(sfn, start, {}, mock={"result": "{}", "fieldValidationMode": "PRESENT"})
    assert answer["output"] == {}


def test_a_retrier_answers_at_once(sfn: Any, world: Any) -> None:
    """AWS Step Functions API Reference, "TestStateConfiguration", retrierRetryCount."""
    retry = [{"ErrorEquals": ["Boom"], "IntervalSeconds": 3, "BackoffRate": 2, "MaxAttempts": 2}]
    state = {**INVOKE, "Retry": retry}
    asked: dict[str, Any] = {
        "inspectionLevel": "DEBUG",
        "mock": {"errorOutput": {"error": "Boom", "cause": "why"}},
    }
    before_s = world.now_s
    again = tried(sfn, state, {"sent": 1}, stateConfiguration={"retrierRetryCount": 1}, **asked)
    assert (again["status"], again["error"], again["cause"]) == ("RETRIABLE", "Boom", "why")
    details = {"retryIndex": 0, "retryBackoffIntervalSeconds": 6}
    assert again["inspectionData"]["errorDetails"] == details
    spent = tried(sfn, state, {"sent": 1}, stateConfiguration={"retrierRetryCount": 2}, **asked)
    assert spent["status"] == "FAILED"
    assert spent["inspectionData"]["errorDetails"] == {"retryIndex": 0}
    assert world.now_s == before_s


def test_a_caught_error_tells_where_it_goes(sfn: Any) -> None:
    catch = [
        {"ErrorEquals": ["Other"], "Next": "No"},
        {"ErrorEquals": ["States.ALL"], "ResultPath": "$.e", "Next": "Mend"},
    ]
    answer = tried(
        sfn,
        {**INVOKE, "Catch": catch},
        {"sent": 1},
        inspectionLevel="DEBUG",
        mock={"errorOutput": {"error": "Boom", "cause": "why"}},
    )
    assert (answer["status"], answer["nextState"]) == ("CAUGHT_ERROR", "Mend")
    assert answer["output"] == {"sent": 1, "e": {"Error": "Boom", "Cause": "why"}}
    assert answer["inspectionData"]["errorDetails"] == {"catchIndex": 1}


def test_a_map_needs_a_mock_and_counts_failures(sfn: Any) -> None:
    with pytest.raises(ClientError, match="does not support Map or Parallel states"):
        tried(sfn, MAP, {"items": [1, 2]})
    with pytest.raises(ClientError, match="Mocked result must be an array"):
        tried(sfn, MAP, {"items": [1, 2]}, mock={"result": "{}"})
    asked: dict[str, Any] = {"inspectionLevel": "DEBUG", "mock": {"result": "[3,4]"}}
    fine = tried(sfn, MAP, {"items": [1, 2]}, **asked)
    assert (fine["status"], fine["output"]) == ("SUCCEEDED", [3, 4])
    assert fine["inspectionData"] == {
        "input": {"items": [1, 2]},
        "maxConcurrency": 0,
        "toleratedFailureCount": 1,
    }
    many = {"mapIterationFailureCount": 2}
    over = tried(sfn, MAP, {"items": [1, 2]}, stateConfiguration=many, **asked)
    assert (over["status"], over["error"]) == (
        "FAILED",
        "States.ExceedToleratedFailureThreshold",
    )


def test_a_context_object_is_given(sfn: Any) -> None:
    state = {**INVOKE, "ResultSelector": {"all.$": "$$"}}
    given = {"Execution": {"Name": "n"}, "State": {}}
    asked: dict[str, Any] = {"mock": {"result": "{}"}}
    answer = tried(sfn, state, {"sent": 1}, context=json.dumps(given), **asked)
    assert answer["output"]["answer"] == {"all": given}
    for wrong, told in (
        ({"Map": {}}, "'Map' field is not supported"),
        ({"Execution": {"Id": 1}}, "Execution.Id must be a string"),
        ({"Task": {"Token": "t"}}, "'.waitForTaskToken' service integration pattern"),
    ):
        with pytest.raises(ClientError, match=told):
            tried(sfn, state, {"sent": 1}, context=json.dumps(wrong), **asked)


def test_what_a_request_may_not_combine(sfn: Any) -> None:
    mock = {"result": "{}"}
    with pytest.raises(ClientError, match="State type 'Pass' is not supported when a mock"):
        tried(sfn, {"Type": "Pass", "End": True}, {}, mock=mock)
    with pytest.raises(ClientError, match="does not support RevealSecrets"):
        tried(sfn, INVOKE, {}, mock=mock, revealSecrets=True)
    with pytest.raises(ClientError, match="only one of the following fields"):
        tried(sfn, INVOKE, {}, mock={**mock, "errorOutput": {"error": "E"}})
    with pytest.raises(ClientError, match="RoleArn must be specified"):
        tried(sfn, INVOKE, {"sent": 1})
    with pytest.raises(ClientError, match="State not found in definition"):
        machine = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
        tried(sfn, machine, {}, stateName="B")
