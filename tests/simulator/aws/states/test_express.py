"""Express workflows.

Sources: AWS Step Functions Developer Guide, "Choosing workflow type in Step Functions", "Using
CloudWatch Logs to log execution history"; API Reference, "StartSyncExecution".
"""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator.price import Bill, Meter
from simulator.price.bill import cents
from simulator.world import World

Machine = Callable[..., str]
HELLO = {"Hi": {"Type": "Pass", "Result": {"said": "hi"}, "End": True}}


def code_of(call: Callable[..., Any], **options: Any) -> str:
    with pytest.raises(ClientError) as refused:
        call(**options)
    return str(refused.value.response["Error"]["Code"])


def test_a_synchronous_execution_answers_with_its_end(sfn: Any, machine: Machine) -> None:
    states = {"Rest": {"Type": "Wait", "Seconds": 2, "Next": "Hi"}, **HELLO}
    arn = machine(states, type="EXPRESS")
    run = sfn.start_sync_execution(stateMachineArn=arn, name="n", input='{"a":1}')
    assert (run["status"], run["output"], run["input"]) == (
        "SUCCEEDED",
        '{"said":"hi"}',
        '{"a":1}',
    )
    assert (run["stopDate"] - run["startDate"]).total_seconds() == 2
    assert run["billingDetails"] == {
        "billedMemoryUsedInMB": 64,
        "billedDurationInMilliseconds": 2000,
    }
    place = arn.replace(":stateMachine:", ":express:")
    assert run["executionArn"].startswith(f"{place}:n:")
    # Names of Express executions may come again.
    again = sfn.start_sync_execution(stateMachineArn=arn, name="n")
    assert again["executionArn"] != run["executionArn"]


def test_a_synchronous_execution_that_fails_or_lasts_too_long(sfn: Any, machine: Machine) -> None:
    failing = machine({"No": {"Type": "Fail", "Error": "E", "Cause": "c"}}, "f", type="EXPRESS")
    run = sfn.start_sync_execution(stateMachineArn=failing)
    assert (run["status"], run["error"], run["cause"]) == ("FAILED", "E", "c")
    lasting = machine({"Rest": {"Type": "Wait", "Seconds": 900, "End": True}}, "l", type="EXPRESS")
    run = sfn.start_sync_execution(stateMachineArn=lasting)
    assert run["status"] == "TIMED_OUT"
    assert (run["stopDate"] - run["startDate"]).total_seconds() == 300


def test_express_executions_have_logs_and_no_history(
    world: World, sfn: Any, machine: Machine
) -> None:
    logs = world.cloud.session().client("logs")
    logs.create_log_group(logGroupName="/aws/vendedlogs/states/m")
    group = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/vendedlogs/states/m:*"
    arn = machine(
        HELLO,
        type="EXPRESS",
        loggingConfiguration={
            "level": "ALL",
            "includeExecutionData": True,
            "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": group}}],
        },
    )
    run = sfn.start_execution(stateMachineArn=arn, input="{}")["executionArn"]
    world.run()
    assert code_of(sfn.describe_execution, executionArn=run) == "InvalidArn"
    assert code_of(sfn.get_execution_history, executionArn=run) == "InvalidArn"
    assert code_of(sfn.list_executions, stateMachineArn=arn) == "StateMachineTypeNotSupported"
    found = logs.filter_log_events(logGroupName="/aws/vendedlogs/states/m")["events"]
    entries = [json.loads(event["message"]) for event in found]
    assert [entry["type"] for entry in entries] == [
        "ExecutionStarted",
        "PassStateEntered",
        "PassStateExited",
        "ExecutionSucceeded",
    ]
    assert {entry["execution_arn"] for entry in entries} == {run}
    assert entries[2]["details"]["output"] == '{"said":"hi"}'
    assert found[0]["logStreamName"].startswith("states/m/")


def test_what_express_does_not_take(sfn: Any, machine: Machine) -> None:
    waiting = {
        "Ask": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "Parameters": {"QueueUrl": "u", "MessageBody.$": "$$.Task.Token"},
            "End": True,
        }
    }
    with pytest.raises(ClientError, match="does not support"):
        machine(waiting, type="EXPRESS")
    standard = machine(HELLO, "s")
    assert (
        code_of(sfn.start_sync_execution, stateMachineArn=standard)
        == "StateMachineTypeNotSupported"
    )


def test_a_log_that_is_not_there_is_refused(machine: Machine) -> None:
    group = "arn:aws:logs:us-east-1:123456789012:log-group:nowhere:*"
    logging = {
        "level": "ALL",
        "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": group}}],
    }
    with pytest.raises(ClientError, match="Log Destination not found"):
        machine(HELLO, loggingConfiguration=logging)


def test_the_journal_tells_express_from_standard(world: World, sfn: Any, machine: Machine) -> None:
    sfn.start_sync_execution(stateMachineArn=machine(HELLO, "e", type="EXPRESS"))
    sfn.start_execution(stateMachineArn=machine(HELLO, "s"))
    world.run()
    facts = [fact for fact in world.journal.facts if fact.what == "states.ExecutionSucceeded"]
    assert [fact.data.get("express") for fact in facts] == [True, None]


def test_the_bill_of_real_runs_standard_against_express(
    world: World, sfn: Any, machine: Machine
) -> None:
    """AWS Step Functions Pricing: $25 a million transitions; $1 a million requests, and GB-seconds.

    Five states, half a second, ten runs each: as in "Standard against Express" of the posts.
    """
    meter = Meter(world.clock.instant)
    world.journal.subscribe(meter.take)
    names = [f"S{number}" for number in range(4)]
    states: dict[str, Any] = {
        name: {"Type": "Pass", "Next": after}
        for name, after in zip(names, [*names[1:], "Rest"], strict=True)
    }
    states["Rest"] = {"Type": "Wait", "Seconds": 1, "End": True}
    standard, express = machine(states, "standard"), machine(states, "express", type="EXPRESS")
    for _ in range(10):
        sfn.start_execution(stateMachineArn=standard)
        sfn.start_execution(stateMachineArn=express)
    world.run()
    usage = meter.usage(world.now_s)
    assert usage.of("standard", "states.transitions") == 50
    assert usage.of("standard", "states.express_requests") == 0
    assert usage.of("express", "states.express_requests") == 10
    assert usage.of("express", "states.express_gb_seconds") * 16 == 10
    assert usage.of("express", "states.transitions") == 0
    # What a million such runs of each would cost.
    costs = Bill.of(usage.times(100_000)).by_resource()
    assert (cents(costs["states standard"]), cents(costs["states express"])) == (
        Decimal("125.00"),
        Decimal("2.04"),
    )


def test_express_children_of_a_standard_machine_are_billed_as_such(
    world: World, sfn: Any, machine: Machine
) -> None:
    """AWS Step Functions Developer Guide, "Using Map state in Distributed mode"."""
    meter = Meter(world.clock.instant)
    world.journal.subscribe(meter.take)
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
        "StartAt": "Rest",
        "States": {"Rest": {"Type": "Wait", "Seconds": 1, "End": True}},
    }
    arn = machine({"Map": {"Type": "Map", "ItemProcessor": processor, "End": True}})
    sfn.start_execution(stateMachineArn=arn, input="[1,2,3]")
    world.run()
    usage = meter.usage(world.now_s)
    assert usage.of("m", "states.transitions") == 1
    assert usage.of("m", "states.express_requests") == 3
    assert usage.of("m", "states.express_gb_seconds") * 16 == 3
