"""Step Functions: moto's interpreter in virtual time, with AWS's timestamps, names and accounts."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from simulator.aws import workflows
from simulator.aws.session import Session
from simulator.fault import Fault
from simulator.world import World

Execute = Callable[..., dict[str, Any]]


def offsets(execution: dict[str, Any], kind: str) -> list[float]:
    """Seconds from the execution's start to each event of one type."""
    start = execution["startDate"]
    return [
        (event["timestamp"] - start).total_seconds()
        for event in execution["events"]
        if event["type"] == kind
    ]


def test_waits_parallel_and_backoff_have_exact_timestamps(world: World, execute: Execute) -> None:
    sqs = world.cloud.session().client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    world.faults.inject(Fault("flaky", where={"state": "Send"}, attempts={1, 2, 3}))

    def pause(seconds: int) -> dict[str, Any]:
        state = {"Type": "Wait", "Seconds": seconds, "End": True}
        return {"StartAt": f"W{seconds}", "States": {f"W{seconds}": state}}

    execution = execute(
        {
            "Day": {"Type": "Wait", "Seconds": 86400, "Next": "Both"},
            "Both": {"Type": "Parallel", "Branches": [pause(30), pause(60)], "Next": "Send"},
            "Send": {
                "Type": "Task",
                "Resource": "arn:aws:states:::sqs:sendMessage",
                "Parameters": {"QueueUrl": url, "MessageBody": "done"},
                "Retry": [
                    {
                        "ErrorEquals": ["States.ALL"],
                        "IntervalSeconds": 10,
                        "BackoffRate": 2,
                        "MaxAttempts": 3,
                    }
                ],
                "End": True,
            },
        },
        "Day",
    )
    assert execution["status"] == "SUCCEEDED"
    assert offsets(execution, "WaitStateExited") == [86400, 86430, 86460]
    assert offsets(execution, "TaskScheduled") == [86460, 86470, 86490, 86530]
    assert (execution["stopDate"] - execution["startDate"]).total_seconds() == 86530
    waits = [f.data["wait_s"] for f in world.journal.facts if f.what == "states.Retried"]
    assert waits == [10, 20, 40]


@pytest.mark.process
def test_lambda_tasks_fail_retry_and_are_caught_with_their_own_error(
    world: World, deploy: Callable[..., str], execute: Execute
) -> None:
    arn = deploy(
        "charge",
        "class Declined(Exception): pass\ndef handler(e, c): raise Declined(str(e['cents']))\n",
    )
    execution = execute(
        {
            "Charge": {
                "Type": "Task",
                "Resource": arn,
                "Retry": [{"ErrorEquals": ["Declined"], "IntervalSeconds": 5, "MaxAttempts": 1}],
                "Catch": [{"ErrorEquals": ["Declined"], "ResultPath": "$.error", "Next": "Sorry"}],
                "Next": "Thanks",
            },
            "Thanks": {"Type": "Succeed"},
            "Sorry": {"Type": "Fail", "Error": "FareFailed", "Cause": "declined"},
        },
        "Charge",
        {"cents": 1250},
    )
    assert (execution["status"], execution["error"]) == ("FAILED", "FareFailed")
    failures = [
        event["lambdaFunctionFailedEventDetails"]
        for event in execution["events"]
        if event["type"] == "LambdaFunctionFailed"
    ]
    assert [failure["error"] for failure in failures] == ["Declined", "Declined"]
    assert json.loads(failures[0]["cause"])["errorMessage"] == "1250"


def test_choice_map_and_dynamodb_and_sns_tasks(world: World, execute: Execute) -> None:
    session = world.cloud.session()
    session.client("dynamodb").create_table(
        TableName="Fares",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    topic = session.client("sns").create_topic(Name="fares")["TopicArn"]
    sqs = session.client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    queue_arn = "arn:aws:sqs:us-east-1:123456789012:q"
    session.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn)
    put = {
        "Type": "Task",
        "Resource": "arn:aws:states:::dynamodb:putItem",
        "Parameters": {"TableName": "Fares", "Item": {"id": {"S.$": "$.id"}}},
        "ResultPath": None,
        "End": True,
    }
    execution = execute(
        {
            "Each": {
                "Type": "Map",
                "ItemsPath": "$.fares",
                "ItemProcessor": {"StartAt": "Put", "States": {"Put": put}},
                "Next": "Many",
            },
            "Many": {
                "Type": "Choice",
                "Choices": [{"Variable": "$[1].id", "IsPresent": True, "Next": "Tell"}],
                "Default": "No",
            },
            "Tell": {
                "Type": "Task",
                "Resource": "arn:aws:states:::sns:publish",
                "Parameters": {"TopicArn": topic, "Message": {"Input": "Hello"}},
                "End": True,
            },
            "No": {"Type": "Fail"},
        },
        "Each",
        {"fares": [{"id": "f-1"}, {"id": "f-2"}]},
    )
    assert execution["status"] == "SUCCEEDED"
    items = session.client("dynamodb").scan(TableName="Fares")["Items"]
    assert sorted(item["id"]["S"] for item in items) == ["f-1", "f-2"]
    received = sqs.receive_message(QueueUrl=url)["Messages"][0]
    assert json.loads(json.loads(received["Body"])["Message"]) == {"Input": "Hello"}


def test_executions_without_a_name_get_one_each(world: World, role: str) -> None:
    sfn = world.cloud.session().client("stepfunctions")
    definition = json.dumps({"StartAt": "S", "States": {"S": {"Type": "Succeed"}}})
    machine = sfn.create_state_machine(name="m", definition=definition, roleArn=role)
    arns = {
        sfn.start_execution(stateMachineArn=machine["stateMachineArn"])["executionArn"]
        for _ in range(2)
    }
    assert len(arns) == 2


def test_a_definition_that_does_not_parse_poisons_nothing(world: World, role: str) -> None:
    sfn = world.cloud.session().client("stepfunctions")
    bad = {"QueryLanguage": "JSONata", "StartAt": "S", "States": {"S": {"Type": "Nothing"}}}
    with pytest.raises(sfn.exceptions.InvalidDefinition):
        sfn.create_state_machine(name="bad", definition=json.dumps(bad), roleArn=role)
    good = {
        "StartAt": "P",
        "States": {"P": {"Type": "Pass", "Parameters": {"a.$": "$.b"}, "End": True}},
    }
    sfn.create_state_machine(name="good", definition=json.dumps(good), roleArn=role)


def test_what_cloudformation_creates_runs(world: World, role: str) -> None:
    session = world.cloud.session()
    definition = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 9, "End": True}}}
    template = {
        "Resources": {
            "Machine": {
                "Type": "AWS::StepFunctions::StateMachine",
                "Properties": {"DefinitionString": json.dumps(definition), "RoleArn": role},
            }
        },
        "Outputs": {"Arn": {"Value": {"Ref": "Machine"}}},
    }
    cloudformation = session.client("cloudformation")
    cloudformation.create_stack(StackName="s", TemplateBody=json.dumps(template))
    world.run()
    outputs = cloudformation.describe_stacks(StackName="s")["Stacks"][0]["Outputs"]
    sfn = session.client("stepfunctions")
    began_s = world.now_s
    execution = sfn.start_execution(stateMachineArn=outputs[0]["OutputValue"])["executionArn"]
    world.run()
    assert sfn.describe_execution(executionArn=execution)["status"] == "SUCCEEDED"
    assert world.now_s == began_s + 9


def test_tasks_act_in_the_account_of_their_execution(world: World) -> None:
    other: Session = world.cloud.session(account="210987654321")
    url = other.client("sqs").create_queue(QueueName="theirs")["QueueUrl"]
    definition = {
        "StartAt": "Send",
        "States": {
            "Send": {
                "Type": "Task",
                "Resource": "arn:aws:states:::sqs:sendMessage",
                "Parameters": {"QueueUrl": url, "MessageBody": "hello"},
                "End": True,
            }
        },
    }
    sfn = other.client("stepfunctions")
    machine = sfn.create_state_machine(
        name="m",
        definition=json.dumps(definition),
        roleArn="arn:aws:iam::210987654321:role/r",
    )
    execution = sfn.start_execution(stateMachineArn=machine["stateMachineArn"])["executionArn"]
    world.run()
    assert sfn.describe_execution(executionArn=execution)["status"] == "SUCCEEDED"
    assert len(world.cloud.peek_queue("theirs", account="210987654321")) == 1


def test_stopping_an_execution_that_waits(world: World, role: str) -> None:
    sfn = world.cloud.session().client("stepfunctions")
    definition = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 900, "End": True}}}
    machine = sfn.create_state_machine(name="m", definition=json.dumps(definition), roleArn=role)
    execution = sfn.start_execution(stateMachineArn=machine["stateMachineArn"])["executionArn"]
    world.run(until=60)
    sfn.stop_execution(executionArn=execution, error="Enough", cause="the ride was cancelled")
    world.run()
    described = sfn.describe_execution(executionArn=execution)
    assert described["status"] == "ABORTED"
    assert (described["stopDate"] - described["startDate"]).total_seconds() == 60


def test_a_loop_that_takes_no_time_ends_at_the_limit_of_its_history(
    world: World, execute: Execute, monkeypatch: pytest.MonkeyPatch
) -> None:
    # AWS Step Functions Developer Guide, "Step Functions service quotas"
    assert workflows.HISTORY_LIMIT == 25_000
    monkeypatch.setattr(workflows, "HISTORY_LIMIT", 250)
    execution = execute({"Round": {"Type": "Pass", "Next": "Round"}}, "Round")
    assert (execution["status"], execution["error"]) == ("FAILED", "States.Runtime")
    assert "maximum number of history events (250)" in execution["cause"]
    assert len(execution["events"]) <= 252
    assert world.now_s == 0
