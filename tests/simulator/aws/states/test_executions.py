"""Standard executions: versions, aliases, redrive, tokens, activities, pages, single states.

Sources: AWS Step Functions API Reference, the calls of the tests' names; Developer Guide,
"Restarting state machine executions with redrive".
"""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator.world import World

Machine = Callable[..., str]
HELLO = {"Hi": {"Type": "Pass", "Result": {"said": "hi"}, "End": True}}


def says(word: str) -> dict[str, Any]:
    return {"Hi": {"Type": "Pass", "Result": word, "End": True}}


def test_versions_and_aliases(world: World, sfn: Any, machine: Machine) -> None:
    arn = machine(says("one"), publish=True)
    define = json.dumps({"StartAt": "Hi", "States": says("two")})
    second = sfn.update_state_machine(stateMachineArn=arn, definition=define, publish=True)
    assert "revisionId" not in sfn.describe_state_machine(stateMachineArn=f"{arn}:1")
    assert second["revisionId"] == sfn.describe_state_machine(stateMachineArn=arn)["revisionId"]
    again = sfn.update_state_machine(stateMachineArn=arn, definition=define)
    assert again["revisionId"] == second["revisionId"]
    same = sfn.publish_state_machine_version(stateMachineArn=arn)
    assert same["stateMachineVersionArn"] == second["stateMachineVersionArn"] == f"{arn}:2"
    routes = [{"stateMachineVersionArn": f"{arn}:{number}", "weight": 50} for number in (1, 2)]
    alias = sfn.create_state_machine_alias(name="live", routingConfiguration=routes)
    alias = alias["stateMachineAliasArn"]
    runs = [sfn.start_execution(stateMachineArn=alias)["executionArn"] for _ in range(40)]
    old = sfn.start_execution(stateMachineArn=f"{arn}:1")["executionArn"]
    world.run()
    said = Counter(sfn.describe_execution(executionArn=run)["output"] for run in runs)
    assert set(said) == {'"one"', '"two"'}
    assert min(said.values()) > 8
    described = sfn.describe_execution(executionArn=old)
    assert (described["output"], described["stateMachineArn"]) == ('"one"', arn)
    assert described["stateMachineVersionArn"] == f"{arn}:1"
    listed = sfn.list_executions(stateMachineArn=alias)["executions"]
    assert len(listed) == 40
    with pytest.raises(ClientError, match="must not be referenced by an alias"):
        sfn.delete_state_machine_version(stateMachineVersionArn=f"{arn}:2")
    sfn.delete_state_machine_alias(stateMachineAliasArn=alias)
    sfn.delete_state_machine_version(stateMachineVersionArn=f"{arn}:2")
    left = sfn.list_state_machine_versions(stateMachineArn=arn)["stateMachineVersions"]
    assert [version["stateMachineVersionArn"] for version in left] == [f"{arn}:1"]


def test_redrive_goes_on_where_it_failed(world: World, sfn: Any, machine: Machine) -> None:
    sqs = world.cloud.session().client("sqs")
    url = "https://sqs.us-east-1.amazonaws.com/123456789012/later"
    arn = machine(
        {
            "First": {"Type": "Pass", "Assign": {"word": "kept"}, "Next": "Send"},
            "Send": {
                "Type": "Task",
                "Resource": "arn:aws:states:::sqs:sendMessage",
                "Parameters": {"QueueUrl": url, "MessageBody.$": "$word"},
                "ResultPath": None,
                "End": True,
            },
        }
    )
    run = sfn.start_execution(stateMachineArn=arn, input='{"a":1}')["executionArn"]
    world.run()
    failed = sfn.describe_execution(executionArn=run)
    assert (failed["status"], failed["redriveStatus"]) == ("FAILED", "REDRIVABLE")
    sqs.create_queue(QueueName="later")
    sfn.redrive_execution(executionArn=run)
    world.run()
    done = sfn.describe_execution(executionArn=run)
    assert (done["status"], done["output"], done["redriveCount"]) == ("SUCCEEDED", '{"a":1}', 1)
    assert "error" not in done
    events = sfn.get_execution_history(executionArn=run)["events"]
    types = [event["type"] for event in events]
    after = types[types.index("ExecutionRedriven") + 1 :]
    assert after[0] == "TaskStateEntered"
    assert "PassStateEntered" not in after
    assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "kept"
    with pytest.raises(ClientError, match="ExecutionNotRedrivable"):
        sfn.redrive_execution(executionArn=run)


def test_an_activity_is_fetched_and_answered(world: World, sfn: Any, machine: Machine) -> None:
    activity = sfn.create_activity(name="a")["activityArn"]
    arn = machine({"Do": {"Type": "Task", "Resource": activity, "End": True}})
    run = sfn.start_execution(stateMachineArn=arn, input='{"n":1}')["executionArn"]

    def work() -> None:
        task = sfn.get_activity_task(activityArn=activity, workerName="w")
        sfn.send_task_success(taskToken=task["taskToken"], output=task["input"])

    world.spawn(work)
    world.run()
    done = sfn.describe_execution(executionArn=run)
    assert (done["status"], done["output"]) == ("SUCCEEDED", '{"n":1}')
    types = [each["type"] for each in sfn.get_execution_history(executionArn=run)["events"]]
    assert types[2:5] == ["ActivityScheduled", "ActivityStarted", "ActivitySucceeded"]
    before_s = world.clock.now_s
    assert "taskToken" not in sfn.get_activity_task(activityArn=activity)
    assert world.clock.now_s - before_s == 60


def test_tokens(world: World, sfn: Any, machine: Machine) -> None:
    sqs = world.cloud.session().client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    arn = machine(
        {
            "Ask": {
                "Type": "Task",
                "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
                "Parameters": {"QueueUrl": url, "MessageBody.$": "$$.Task.Token"},
                "HeartbeatSeconds": 100,
                "TimeoutSeconds": 1000,
                "End": True,
            }
        }
    )

    def asked() -> tuple[str, str]:
        run = sfn.start_execution(stateMachineArn=arn)["executionArn"]
        token = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"][0]["Body"]
        return run, token

    run, token = asked()
    world.run(until=world.clock.now_s + 90)
    sfn.send_task_heartbeat(taskToken=token)
    world.run(until=world.clock.now_s + 90)
    with pytest.raises(ClientError, match="InvalidOutput"):
        sfn.send_task_success(taskToken=token, output="no json")
    sfn.send_task_failure(taskToken=token, error="Refused", cause="why")
    world.run()
    failed = sfn.describe_execution(executionArn=run)
    assert (failed["status"], failed["error"], failed["cause"]) == ("FAILED", "Refused", "why")
    run, token = asked()
    world.run()
    failed = sfn.describe_execution(executionArn=run)
    assert (failed["status"], failed["error"]) == ("FAILED", "States.Timeout")
    with pytest.raises(ClientError, match="TaskTimedOut"):
        sfn.send_task_success(taskToken=token, output="{}")
    with pytest.raises(ClientError, match="InvalidToken"):
        sfn.send_task_heartbeat(taskToken="none")


def test_a_token_of_a_task_that_timed_out(world: World, sfn: Any, machine: Machine) -> None:
    sqs = world.cloud.session().client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    arn = machine(
        {
            "Ask": {
                "Type": "Task",
                "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
                "Parameters": {"QueueUrl": url, "MessageBody.$": "$$.Task.Token"},
                "TimeoutSeconds": 10,
                "Catch": [{"ErrorEquals": ["States.Timeout"], "Next": "Rest"}],
                "End": True,
            },
            "Rest": {"Type": "Wait", "Seconds": 100, "End": True},
        }
    )
    sfn.start_execution(stateMachineArn=arn)
    token = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"][0]["Body"]
    world.run(until=world.clock.now_s + 50)
    with pytest.raises(ClientError, match="Provided task does not exist anymore"):
        sfn.send_task_success(taskToken=token, output="{}")


def test_a_history_comes_in_pages(world: World, sfn: Any, machine: Machine) -> None:
    run = sfn.start_execution(stateMachineArn=machine(HELLO))["executionArn"]
    world.run()
    first = sfn.get_execution_history(executionArn=run, maxResults=3, reverseOrder=True)
    second = sfn.get_execution_history(
        executionArn=run, maxResults=3, reverseOrder=True, nextToken=first["nextToken"]
    )
    assert [event["id"] for event in first["events"] + second["events"]] == [4, 3, 2, 1]
    assert "nextToken" not in second
    bare = sfn.get_execution_history(executionArn=run, includeExecutionData=False)["events"]
    assert "output" not in bare[3]["executionSucceededEventDetails"]


def test_stopping_says_why(world: World, sfn: Any, machine: Machine) -> None:
    arn = machine({"Rest": {"Type": "Wait", "Seconds": 900, "End": True}})
    run = sfn.start_execution(stateMachineArn=arn)["executionArn"]
    sfn.stop_execution(executionArn=run, error="E", cause="c")
    described = sfn.describe_execution(executionArn=run)
    assert (described["status"], described["error"], described["cause"]) == ("ABORTED", "E", "c")
    world.run()
    last = sfn.get_execution_history(executionArn=run)["events"][-1]
    assert last["executionAbortedEventDetails"] == {"error": "E", "cause": "c"}


def test_a_state_by_itself(sfn: Any, role: str) -> None:
    state = {
        "Type": "Pass",
        "QueryLanguage": "JSONata",
        "Output": "{% $states.input.n + $more %}",
        "Next": "X",
    }
    tried = sfn.test_state(
        definition=json.dumps(state), roleArn=role, input='{"n":1}', variables='{"more":2}'
    )
    assert (tried["status"], tried["output"], tried["nextState"]) == ("SUCCEEDED", "3", "X")
    tried = sfn.test_state(
        definition=json.dumps({"Type": "Fail", "Error": "E", "Cause": "c"}), roleArn=role
    )
    assert (tried["status"], tried["error"], tried["cause"]) == ("FAILED", "E", "c")


def test_a_definition_is_diagnosed(sfn: Any) -> None:
    good = json.dumps({"StartAt": "Hi", "States": HELLO})
    told = sfn.validate_state_machine_definition(definition=good)
    assert (told["result"], told["diagnostics"]) == ("OK", [])
    bad = json.dumps({"StartAt": "No", "States": HELLO})
    told = sfn.validate_state_machine_definition(definition=bad)
    assert told["result"] == "FAIL"
    assert told["diagnostics"][0]["code"] == "MISSING_TRANSITION_TARGET"


def test_refusals_in_the_words_of_aws(sfn: Any, machine: Machine, role: str) -> None:
    with pytest.raises(ClientError, match=r"These fields are required: \[States\] at /'"):
        sfn.create_state_machine(name="x", definition='{"StartAt":"A"}', roleArn=role)
    with pytest.raises(ClientError, match="Invalid Arn: 'Invalid ARN prefix: nothing'"):
        sfn.describe_execution(executionArn="nothing")
    arn = machine(HELLO)
    with pytest.raises(ClientError, match="Unrecognized token 'not': was expecting"):
        sfn.start_execution(stateMachineArn=arn, input="not json")
    with pytest.raises(ClientError, match=r"'Invalid execution input.'"):
        sfn.start_execution(stateMachineArn=arn, input="")
    with pytest.raises(ClientError, match="Member must have value less than or equal to 1000"):
        sfn.list_state_machines(maxResults=1001)


def test_another_definition_under_the_same_name(machine: Machine) -> None:
    assert machine(says("one")) == machine(says("one"))
    with pytest.raises(ClientError, match="StateMachineAlreadyExists"):
        machine(says("two"))


def test_eventbridge_hears_of_every_status(world: World, sfn: Any, machine: Machine) -> None:
    session = world.cloud.session()
    sqs, events = session.client("sqs"), session.client("events")
    url = sqs.create_queue(QueueName="heard")["QueueUrl"]
    events.put_rule(Name="r", EventPattern=json.dumps({"source": ["aws.states"]}))
    target = "arn:aws:sqs:us-east-1:123456789012:heard"
    events.put_targets(Rule="r", Targets=[{"Id": "q", "Arn": target}])
    run = sfn.start_execution(stateMachineArn=machine(HELLO), input="{}")["executionArn"]
    world.run()
    got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    told = [json.loads(message["Body"]) for message in got]
    assert sorted(event["detail"]["status"] for event in told) == ["RUNNING", "SUCCEEDED"]
    assert {event["detail-type"] for event in told} == {"Step Functions Execution Status Change"}
    (done,) = [event for event in told if event["detail"]["status"] == "SUCCEEDED"]
    assert (done["resources"], done["detail"]["output"]) == ([run], '{"said":"hi"}')


REST = {"StartAt": "Rest", "States": {"Rest": {"Type": "Wait", "Seconds": 99, "End": True}}}


@pytest.mark.parametrize(
    "state",
    [
        {"Type": "Parallel", "Branches": [REST, REST]},
        {"Type": "Map", "ItemProcessor": REST, "ItemsPath": "$.items"},
    ],
)
def test_a_stopped_execution_tells_no_more(
    world: World, sfn: Any, machine: Machine, state: dict[str, Any]
) -> None:
    arn = machine({"Both": {**state, "End": True}})
    run = sfn.start_execution(stateMachineArn=arn, input='{"items":[1,2]}')["executionArn"]
    world.run(until=world.clock.now_s + 10)
    before = len(sfn.get_execution_history(executionArn=run)["events"])
    sfn.stop_execution(executionArn=run)
    world.run()
    events = sfn.get_execution_history(executionArn=run)["events"]
    assert [each["type"] for each in events[before:]] == ["ExecutionAborted"]
    sfn.redrive_execution(executionArn=run)
    world.run()
    events = sfn.get_execution_history(executionArn=run)["events"]
    assert events[-1]["type"] == "ExecutionSucceeded"
