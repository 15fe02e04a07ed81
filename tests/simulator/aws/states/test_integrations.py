"""Tasks that call other services.

Sources: AWS Step Functions Developer Guide, "Learning to use AWS service SDK integrations in Step
Functions", "Start a new AWS Step Functions state machine from a running execution".
"""

import json
from collections.abc import Callable
from typing import Any

from simulator.world import World

Machine = Callable[..., str]


def task(resource: str, **fields: Any) -> dict[str, Any]:
    return {"Do": {"Type": "Task", "Resource": resource, "End": True, **fields}}


def ended(world: World, sfn: Any, arn: str, text: Any = None) -> dict[str, Any]:
    run = sfn.start_execution(stateMachineArn=arn, input=json.dumps(text or {}))
    world.run()
    described: dict[str, Any] = sfn.describe_execution(executionArn=run["executionArn"])
    return described


def test_sdk_calls_and_their_errors(world: World, sfn: Any, machine: Machine) -> None:
    s3 = world.cloud.session().client("s3")
    s3.create_bucket(Bucket="bucket")
    put = task(
        "arn:aws:states:::aws-sdk:s3:putObject",
        Parameters={"Bucket": "bucket", "Key": "k", "Body.$": "$"},
    )
    assert ended(world, sfn, machine(put, "put"), {"a": 1})["status"] == "SUCCEEDED"
    assert s3.get_object(Bucket="bucket", Key="k")["Body"].read() == b'{"a":1}'
    get = task(
        "arn:aws:states:::aws-sdk:s3:getObject", Parameters={"Bucket": "bucket", "Key": "nothing"}
    )
    failed = ended(world, sfn, machine(get, "get"))
    assert failed["error"] == "S3.NoSuchKeyException"
    assert "(Service: S3, Status Code: 404, Request ID: " in failed["cause"]
    start = task("arn:aws:states:::aws-sdk:sfn:listStateMachines", Parameters={"MaxResults": 10})
    listed = json.loads(ended(world, sfn, machine(start, "list"))["output"])
    assert {"Name", "StateMachineArn", "CreationDate", "Type"} <= set(listed["StateMachines"][0])


def test_nested_executions(world: World, sfn: Any, machine: Machine) -> None:
    inner = machine(
        {"Rest": {"Type": "Wait", "Seconds": 30, "Next": "Say"}}
        | {"Say": {"Type": "Pass", "Result": {"said": "hi"}, "End": True}},
        "inner",
    )
    parameters = {"StateMachineArn": inner, "Input": {"from.$": "$$.Execution.Id"}}
    for suffix, output in ((".sync", '{"said":"hi"}'), (".sync:2", {"said": "hi"})):
        resource = f"arn:aws:states:::states:startExecution{suffix}"
        outer = machine(task(resource, Parameters=parameters), f"outer{len(suffix)}")
        done = ended(world, sfn, outer)
        assert (done["stopDate"] - done["startDate"]).total_seconds() == 30
        told = json.loads(done["output"])
        assert (told["Status"], told["Output"]) == ("SUCCEEDED", output)
    resource = "arn:aws:states:::states:startExecution"
    told = json.loads(ended(world, sfn, machine(task(resource, Parameters=parameters)))["output"])
    assert told["ExecutionArn"].startswith(inner.replace(":stateMachine:", ":execution:"))


def test_a_service_that_is_not_served_fails_by_name(
    world: World, sfn: Any, machine: Machine
) -> None:
    resource = "arn:aws:states:::bedrock:invokeModel"
    failed = ended(world, sfn, machine(task(resource, Parameters={"ModelId": "x"})))
    assert failed["status"] == "FAILED"
    assert resource in failed["cause"]


def test_the_whole_input_as_a_member(world: World, sfn: Any, machine: Machine) -> None:
    states = {"P": {"Type": "Pass", "Parameters": {"Item.$": "$"}, "End": True}}
    assert ended(world, sfn, machine(states), {"a": 1})["output"] == '{"Item":{"a":1}}'
