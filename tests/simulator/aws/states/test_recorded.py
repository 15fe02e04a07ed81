"""Refusals and answers as AWS's recordings have them, word by word.

Sources: AWS Step Functions API Reference, "ValidateStateMachineDefinition", "CreateActivity",
"CreateStateMachineAlias", "DescribeStateMachine"; Developer Guide, "Handling errors in Step
Functions workflows".
"""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator.world import World

Machine = Callable[..., str]
PASS = {"Hi": {"Type": "Pass", "End": True}}


def refused(call: Callable[..., Any], **options: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as error:
        call(**options)
    told = error.value.response["Error"]
    return str(told["Code"]), str(told["Message"])


@pytest.mark.parametrize(
    ("text", "code", "message", "location"),
    [
        (" ", "SCHEMA_VALIDATION_FAILED", "Definition must be a valid JSON object", None),
        (
            "not a definition",
            "INVALID_JSON_DESCRIPTION",
            "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token "
            "'null', 'true' or 'false')\n at "
            '[Source: (String)"not a definition"; line: 1, column: 4]',
            '[Source: (String)"not a definition"; line: 1, column: 4]',
        ),
        ("{}", "SCHEMA_VALIDATION_FAILED", "These fields are required: [States, StartAt]", "/"),
        (
            '{"QueryLanguage":"JSONata","StartAt":"P","States":{"P":{"QueryLanguage":"JSONPath",'
            '"Type":"Pass","End":true}}}',
            "SCHEMA_VALIDATION_FAILED",
            "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine",
            "/States/P",
        ),
    ],
)
def test_diagnostics(sfn: Any, text: str, code: str, message: str, location: str | None) -> None:
    told = sfn.validate_state_machine_definition(definition=text)
    expected = {"severity": "ERROR", "code": code, "message": message}
    if location:
        expected["location"] = location
    assert (told["result"], told["diagnostics"]) == ("FAIL", [expected])


def test_an_input_that_is_no_json(sfn: Any, machine: Machine) -> None:
    told = refused(sfn.start_execution, stateMachineArn=machine(PASS), input="{'not': 'json'")
    reason = "Unexpected character (''' (code 39)): was expecting double-quote to start field name"
    assert told == (
        "InvalidExecutionInput",
        f"Invalid State Machine Execution Input: '{reason}'",
    )


def test_variables_that_states_refer_to(sfn: Any, machine: Machine) -> None:
    arn = machine(
        {
            "Set": {"Type": "Pass", "Assign": {"a": 1, "b": 2}, "Next": "Path"},
            "Path": {
                "Type": "Pass",
                "Parameters": {"n.$": "States.MathAdd($b, $a.c)", "m": "$a"},
                "Next": "Ask",
            },
            "Ask": {
                "Type": "Pass",
                "QueryLanguage": "JSONata",
                "Output": "{% ($x := $b; $x + $states.input.n + $sum($c) & '$d') %}",
                "End": True,
            },
        }
    )
    told = sfn.describe_state_machine(stateMachineArn=arn)
    assert told["variableReferences"] == {"Ask": ["b", "c"], "Path": ["a", "b"]}


def test_an_activity_is_created_again(sfn: Any) -> None:
    first = sfn.create_activity(name="work")
    again = sfn.create_activity(name="work")
    assert (again["activityArn"], again["creationDate"]) == (
        first["activityArn"],
        first["creationDate"],
    )


def test_an_activity_that_is_gone_fails_the_execution(
    world: World, sfn: Any, machine: Machine
) -> None:
    activity = sfn.create_activity(name="work")["activityArn"]
    arn = machine({"Ask": {"Type": "Task", "Resource": activity, "End": True}})
    sfn.delete_activity(activityArn=activity)
    run = sfn.start_execution(stateMachineArn=arn)["executionArn"]
    world.run()
    history = sfn.get_execution_history(executionArn=run)["events"]
    assert [each["type"] for each in history] == [
        "ExecutionStarted",
        "TaskStateEntered",
        "ExecutionFailed",
    ]
    details = history[-1]["executionFailedEventDetails"]
    assert details["error"] == "States.Runtime"
    assert details["cause"].endswith(f"The activity {activity} does not exist.")


def test_routes_of_an_alias(sfn: Any, machine: Machine) -> None:
    arn = machine(PASS, publish=True)
    first = f"{arn}:1"
    second = sfn.update_state_machine(
        stateMachineArn=arn,
        definition=json.dumps({"Comment": "2", "StartAt": "Hi", "States": PASS}),
        publish=True,
    )["stateMachineVersionArn"]

    def said(*routes: tuple[str, int]) -> str:
        given = [{"stateMachineVersionArn": each, "weight": weight} for each, weight in routes]
        code, message = refused(
            sfn.create_state_machine_alias, name="live", routingConfiguration=given
        )
        assert code == "ValidationException"
        return message

    assert said((first, 70), (second, 29)) == (
        "Sum of routing configuration weights must equal 100. Received: [70, 29]"
    )
    assert said((arn, 70), (second, 30)) == (
        "Routing configuration must contain state machine version ARNs. "
        f"Received: [{arn}, {second}]"
    )
    assert said((first, 101)).startswith(
        "1 validation error detected: Value '101' at 'routingConfiguration.1.member.weight'"
    )
    missing = refused(sfn.describe_state_machine_alias, stateMachineAliasArn=f"{arn}:none")
    assert missing == (
        "ResourceNotFound",
        "Request references a resource that does not exist.",
    )


@pytest.mark.parametrize(
    ("url", "body", "error", "cause"),
    [
        ("nowhere", "x", "SQS.SdkClientException", "Unable to execute HTTP request: nowhere:"),
        (None, None, "SQS.AmazonSQSException", "The request must contain the parameter Mess"),
        ("{url}x", "x", "SQS.QueueDoesNotExistException", "The specified queue does not exist"),
    ],
)
def test_queues_that_refuse(
    world: World,
    sfn: Any,
    machine: Machine,
    url: str | None,
    body: str | None,
    error: str,
    cause: str,
) -> None:
    sqs: Any = world.cloud.session().client("sqs")
    there = sqs.create_queue(QueueName="q")["QueueUrl"]
    address = there if url is None else url.replace("{url}", there)
    send = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Parameters": {"QueueUrl": address, "MessageBody": body},
        "End": True,
    }
    run = sfn.start_execution(stateMachineArn=machine({"Send": send}))["executionArn"]
    world.run()
    told = sfn.describe_execution(executionArn=run)
    assert (told["error"], told["cause"][: len(cause)]) == (error, cause)


def test_a_token_is_looked_at_before_the_output(sfn: Any) -> None:
    told = refused(sfn.send_task_success, taskToken="none", output="no json")
    assert told == ("InvalidToken", "Invalid Token: 'Invalid token'")


def test_a_version_carries_no_tags(sfn: Any, machine: Machine) -> None:
    arn = machine(PASS)
    version = sfn.publish_state_machine_version(stateMachineArn=arn)["stateMachineVersionArn"]
    missing = ("ResourceNotFound", f"Resource not found: '{version}'")
    tags = [{"key": "team", "value": "rides"}]
    assert refused(sfn.tag_resource, resourceArn=version, tags=tags) == missing
    assert refused(sfn.untag_resource, resourceArn=version, tagKeys=["team"]) == missing
    sfn.tag_resource(resourceArn=arn, tags=tags)
    assert sfn.list_tags_for_resource(resourceArn=arn)["tags"] == tags


@pytest.mark.parametrize("given", [{}, {"destinations": []}])
def test_a_logging_configuration_is_completed(sfn: Any, given: dict[str, Any]) -> None:
    definition = json.dumps({"StartAt": "Hi", "States": PASS})
    arn = sfn.create_state_machine(
        name="logs",
        definition=definition,
        roleArn="arn:aws:iam::123456789012:role/r",
        loggingConfiguration=given,
    )["stateMachineArn"]
    told = sfn.describe_state_machine(stateMachineArn=arn)["loggingConfiguration"]
    assert told == {"level": "OFF", "includeExecutionData": False, **given}


def test_an_update_takes_one_log_destination(sfn: Any, machine: Machine) -> None:
    group = {"logGroupArn": "arn:aws:logs:us-east-1:123456789012:log-group:rides:*"}
    twice = {"level": "ALL", "destinations": [{"cloudWatchLogsLogGroup": group}] * 2}
    assert refused(
        sfn.update_state_machine, stateMachineArn=machine(PASS), loggingConfiguration=twice
    ) == (
        "InvalidLoggingConfiguration",
        "Invalid Logging Configuration: Must specify exactly one Log Destination.",
    )


def test_an_alias_by_no_arn(sfn: Any) -> None:
    wrong = ("InvalidArn", "Invalid Arn: 'Invalid ARN prefix: x'")
    assert refused(sfn.describe_state_machine_alias, stateMachineAliasArn="x") == wrong
    assert refused(sfn.delete_state_machine_alias, stateMachineAliasArn="x") == wrong
