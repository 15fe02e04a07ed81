"""Distributed Map: readers, batches, thresholds, results, map runs.

Sources: AWS Step Functions Developer Guide, "Using Map state in Distributed mode", "ItemReader
(Map)", "ItemBatcher (Map)", "ResultWriter (Map)", "Setting failure thresholds for Distributed Map
states".
"""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator.world import World

Machine = Callable[..., str]
Run = Callable[..., dict[str, Any]]
KEEP = {"StartAt": "Keep", "States": {"Keep": {"Type": "Pass", "End": True}}}
PICKY = {
    "StartAt": "Look",
    "States": {
        "Look": {
            "Type": "Choice",
            "Choices": [{"Variable": "$", "NumericLessThan": 2, "Next": "No"}],
            "Default": "Yes",
        },
        "No": {"Type": "Fail", "Error": "Small"},
        "Yes": {"Type": "Pass", "End": True},
    },
}


def mapped(program: dict[str, Any], kind: str = "EXPRESS", **fields: Any) -> dict[str, Any]:
    config = {"Mode": "DISTRIBUTED", "ExecutionType": kind}
    processor = {"ProcessorConfig": config, **program}
    return {"Map": {"Type": "Map", "ItemProcessor": processor, "End": True, **fields}}


@pytest.fixture
def run(world: World, sfn: Any, machine: Machine) -> Run:
    def start(states: dict[str, Any], text: Any, name: str = "m") -> dict[str, Any]:
        arn = machine(states, name)
        began = sfn.start_execution(stateMachineArn=arn, input=json.dumps(text))
        world.run()
        described: dict[str, Any] = sfn.describe_execution(executionArn=began["executionArn"])
        return described

    return start


@pytest.fixture
def s3(world: World) -> Any:
    client = world.cloud.session().client("s3")
    client.create_bucket(Bucket="bucket")
    return client


def reader(action: str = "getObject", **config: Any) -> dict[str, Any]:
    where = {"Bucket": "bucket", "Key": "k"} if action == "getObject" else {"Bucket": "bucket"}
    made: dict[str, Any] = {"Resource": f"arn:aws:states:::s3:{action}", "Parameters": where}
    return made | ({"ReaderConfig": config} if config else {})


@pytest.mark.parametrize(
    ("body", "config", "items"),
    [
        ("a,b\n1,2\n3", {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}, None),
        ("[1,2]", {"InputType": "JSON"}, [1, 2]),
        ('{"x":{"y":[7]}}', {"InputType": "JSON", "ItemsPointer": "/x/y"}, [7]),
        ('{"n":1}\n{"n":2}\n', {"InputType": "JSONL"}, [{"n": 1}, {"n": 2}]),
        (
            "a|b\n1|2",
            {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW", "CSVDelimiter": "PIPE"},
            [{"a": "1", "b": "2"}],
        ),
    ],
)
def test_readers(run: Run, s3: Any, body: str, config: Any, items: Any) -> None:
    s3.put_object(Bucket="bucket", Key="k", Body=body)
    done = run(mapped(KEEP, ItemReader=reader(**config)), {})
    expected = [{"a": "1", "b": "2"}, {"a": "3", "b": ""}] if items is None else items
    assert done.get("cause", "") == ""
    assert json.loads(done["output"]) == expected


def test_objects_of_a_bucket(run: Run, s3: Any) -> None:
    for number in range(3):
        s3.put_object(Bucket="bucket", Key=f"o{number}", Body=b"x")
    done = run(mapped(KEEP, ItemReader=reader("listObjectsV2")), {})
    assert [each["Key"] for each in json.loads(done["output"])] == ["o0", "o1", "o2"]


def test_batches(run: Run) -> None:
    batcher = {"MaxItemsPerBatch": 2, "BatchInput": {"from.$": "$.who", "to": "you"}}
    states = mapped(KEEP, ItemsPath="$.items", ItemBatcher=batcher)
    done = run(states, {"items": [1, 2, 3], "who": "me"})
    shared = {"from": "me", "to": "you"}
    assert json.loads(done["output"]) == [
        {"BatchInput": shared, "Items": [1, 2]},
        {"BatchInput": shared, "Items": [3]},
    ]
    states = mapped(KEEP, ItemBatcher={"MaxInputBytesPerBatch": 20})
    done = run(states, ["aaaa", "bbbb"], "n")
    assert json.loads(done["output"]) == [{"Items": ["aaaa"]}, {"Items": ["bbbb"]}]


@pytest.mark.parametrize(
    ("tolerance", "status"),
    [
        ({}, "FAILED"),
        ({"ToleratedFailureCount": 1}, "FAILED"),
        ({"ToleratedFailureCount": 2}, "SUCCEEDED"),
        ({"ToleratedFailurePercentage": 40}, "FAILED"),
        ({"ToleratedFailurePercentage": 50}, "SUCCEEDED"),
    ],
)
def test_failures_are_tolerated_up_to_a_threshold(run: Run, tolerance: Any, status: str) -> None:
    done = run(mapped(PICKY, **tolerance), [0, 1, 2, 3])
    assert done["status"] == status
    if status == "FAILED":
        assert done["error"] == "States.ExceedToleratedFailureThreshold"
    else:
        assert json.loads(done["output"]) == [2, 3]


def test_results_are_written(run: Run, s3: Any, sfn: Any) -> None:
    writer = {
        "Resource": "arn:aws:states:::s3:putObject",
        "Parameters": {"Bucket": "bucket", "Prefix": "out"},
    }
    done = run(mapped(PICKY, ResultWriter=writer, ToleratedFailureCount=1), [0, 2])
    told = json.loads(done["output"])
    manifest = told["ResultWriterDetails"]
    body = json.loads(s3.get_object(Bucket="bucket", Key=manifest["Key"])["Body"].read())
    assert body["MapRunArn"] == told["MapRunArn"]
    (good,) = body["ResultFiles"]["SUCCEEDED"]
    (bad,) = body["ResultFiles"]["FAILED"]
    good = json.loads(s3.get_object(Bucket="bucket", Key=good["Key"])["Body"].read())
    bad = json.loads(s3.get_object(Bucket="bucket", Key=bad["Key"])["Body"].read())
    assert [(each["Input"], each["Output"]) for each in good] == [("2", "2")]
    assert [(each["Input"], each["Error"]) for each in bad] == [("0", "Small")]
    described = sfn.describe_map_run(mapRunArn=told["MapRunArn"])
    assert described["status"] == "SUCCEEDED"
    counts = described["itemCounts"]
    assert (counts["succeeded"], counts["failed"], counts["running"]) == (1, 1, 0)
    (listed,) = sfn.list_map_runs(executionArn=done["executionArn"])["mapRuns"]
    assert listed["mapRunArn"] == told["MapRunArn"]


def test_many_items_one_after_the_other(run: Run) -> None:
    done = run(mapped(KEEP, MaxConcurrency=1), list(range(1_200)))
    assert json.loads(done["output"]) == list(range(1_200))


def test_children_are_executions(run: Run, sfn: Any) -> None:
    """AWS Step Functions API Reference, "ListExecutions", mapRunArn."""
    done = run(mapped(PICKY, "STANDARD", ToleratedFailureCount=1, Label="lot"), [0, 2])
    (listed,) = sfn.list_map_runs(executionArn=done["executionArn"])["mapRuns"]
    arn = listed["mapRunArn"]
    children = sfn.list_executions(mapRunArn=arn)["executions"]
    assert [(each["status"], each["itemCount"]) for each in children] == [
        ("SUCCEEDED", 1),
        ("FAILED", 1),
    ]
    (failed,) = sfn.list_executions(mapRunArn=arn, statusFilter="FAILED")["executions"]
    told = sfn.describe_execution(executionArn=failed["executionArn"])
    assert (told["status"], told["error"], told["input"]) == ("FAILED", "Small", "0")
    assert told["stateMachineArn"].endswith(":m/lot")
    assert told["mapRunArn"] == arn
    history = sfn.get_execution_history(executionArn=failed["executionArn"])["events"]
    assert [(each["id"], each["type"]) for each in history] == [
        (1, "ExecutionStarted"),
        (2, "ChoiceStateEntered"),
        (3, "ChoiceStateExited"),
        (4, "FailStateEntered"),
        (5, "ExecutionFailed"),
    ]
    own = sfn.list_executions(stateMachineArn=done["stateMachineArn"])["executions"]
    assert [each["executionArn"] for each in own] == [done["executionArn"]]


def test_express_children_are_not_kept(run: Run, sfn: Any) -> None:
    done = run(mapped(KEEP, "EXPRESS"), [1])
    (listed,) = sfn.list_map_runs(executionArn=done["executionArn"])["mapRuns"]
    with pytest.raises(sfn.exceptions.StateMachineTypeNotSupported):
        sfn.list_executions(mapRunArn=listed["mapRunArn"])


def test_a_child_knows_itself(run: Run) -> None:
    """AWS Step Functions Developer Guide, "Accessing execution data from the Context object"."""
    look = {"Type": "Pass", "End": True, "Parameters": {"me.$": "$$.Execution.Id", "it.$": "$"}}
    program = {"StartAt": "Look", "States": {"Look": look}}
    chosen = {"n.$": "$$.Map.Item.Value", "parent.$": "$$.Execution.Name"}
    done = run(mapped(program, "STANDARD", ItemSelector=chosen, Label="lot"), [7])
    (told,) = json.loads(done["output"])
    assert ":execution:m/lot:" in told["me"]
    assert told["it"] == {"n": 7, "parent": done["name"]}


def test_too_many_failures_start_no_more_children(run: Run, sfn: Any) -> None:
    done = run(mapped(PICKY, "STANDARD", MaxConcurrency=1), [0, 2, 3])
    (listed,) = sfn.list_map_runs(executionArn=done["executionArn"])["mapRuns"]
    told = sfn.describe_map_run(mapRunArn=listed["mapRunArn"])
    counts = told["executionCounts"]
    assert (told["status"], counts["failed"], counts["aborted"]) == ("FAILED", 1, 2)
    assert (counts["total"], counts["pending"], counts["running"]) == (3, 0, 0)


SLOW = {
    "StartAt": "Look",
    "States": {
        "Look": {
            "Type": "Choice",
            "Choices": [{"Variable": "$", "NumericLessThan": 2, "Next": "Soon"}],
            "Default": "Rest",
        },
        "Soon": {"Type": "Wait", "Seconds": 10, "Next": "No"},
        "No": {"Type": "Fail", "Error": "Small"},
        "Rest": {"Type": "Wait", "Seconds": 1000, "End": True},
    },
}


def test_too_many_failures_abort_the_children_that_run(
    world: World, sfn: Any, machine: Machine
) -> None:
    """AWS Step Functions Developer Guide, "Setting failure thresholds for Distributed Map"."""
    arn = machine(mapped(SLOW, "STANDARD"), "m")
    execution = sfn.start_execution(stateMachineArn=arn, input="[0,2,3]")["executionArn"]
    world.run(world.now_s + 20)
    done = sfn.describe_execution(executionArn=execution)
    assert (done["status"], done["error"]) == ("FAILED", "States.ExceedToleratedFailureThreshold")
    (listed,) = sfn.list_map_runs(executionArn=execution)["mapRuns"]
    told = sfn.describe_map_run(mapRunArn=listed["mapRunArn"])
    counts = {name: number for name, number in told["executionCounts"].items() if number}
    assert (told["status"], counts) == ("FAILED", {"total": 3, "failed": 1, "aborted": 2})
    ended = sfn.list_executions(mapRunArn=listed["mapRunArn"])["executions"]
    assert sorted(child["status"] for child in ended) == ["ABORTED", "ABORTED", "FAILED"]


def test_a_stopped_execution_aborts_its_map_run(world: World, sfn: Any, machine: Machine) -> None:
    arn = machine(mapped(SLOW, "STANDARD", MaxConcurrency=2), "m")
    execution = sfn.start_execution(stateMachineArn=arn, input="[2,3,4]")["executionArn"]
    world.run(world.now_s + 20)
    sfn.stop_execution(executionArn=execution)
    world.run(world.now_s + 20)
    (listed,) = sfn.list_map_runs(executionArn=execution)["mapRuns"]
    told = sfn.describe_map_run(mapRunArn=listed["mapRunArn"])
    counts = {name: number for name, number in told["executionCounts"].items() if number}
    assert (told["status"], counts) == ("ABORTED", {"total": 3, "aborted": 3})
    ended = sfn.list_executions(mapRunArn=listed["mapRunArn"])["executions"]
    assert [child["status"] for child in ended] == ["ABORTED", "ABORTED"]
    events = sfn.get_execution_history(executionArn=execution)["events"]
    assert [each["type"] for each in events[-2:]] == ["MapRunAborted", "ExecutionAborted"]


def test_counts_while_children_run_and_items_of_batches(
    world: World, sfn: Any, machine: Machine
) -> None:
    """AWS Step Functions API Reference, "DescribeMapRun"."""
    rest = {"StartAt": "Rest", "States": {"Rest": {"Type": "Wait", "Seconds": 60, "End": True}}}
    arn = machine(
        mapped(rest, "STANDARD", MaxConcurrency=1, ItemBatcher={"MaxItemsPerBatch": 2}), "b"
    )
    execution = sfn.start_execution(stateMachineArn=arn, input="[1,2,3]")["executionArn"]
    world.run(world.now_s + 30)
    (listed,) = sfn.list_map_runs(executionArn=execution)["mapRuns"]

    def counts(kind: str) -> dict[str, int]:
        told = sfn.describe_map_run(mapRunArn=listed["mapRunArn"])[kind]
        return {name: number for name, number in told.items() if number}

    assert counts("executionCounts") == {"total": 2, "running": 1, "pending": 1}
    assert counts("itemCounts") == {"total": 3, "running": 2, "pending": 1}
    world.run()
    assert counts("executionCounts") == {"total": 2, "succeeded": 2, "resultsWritten": 2}
    assert counts("itemCounts") == {"total": 3, "succeeded": 3, "resultsWritten": 3}


def test_the_concurrency_of_a_map_run_changes(world: World, sfn: Any, machine: Machine) -> None:
    """AWS Step Functions API Reference, "UpdateMapRun"."""
    rest = {"StartAt": "Rest", "States": {"Rest": {"Type": "Wait", "Seconds": 60, "End": True}}}
    arn = machine(mapped(rest, "STANDARD", MaxConcurrency=1), "b")
    execution = sfn.start_execution(stateMachineArn=arn, input=json.dumps([*range(12)]))
    world.run(world.now_s + 30)
    (listed,) = sfn.list_map_runs(executionArn=execution["executionArn"])["mapRuns"]

    def running() -> int:
        told = sfn.describe_map_run(mapRunArn=listed["mapRunArn"])
        return int(told["executionCounts"]["running"])

    seen = [running()]
    for most in (4, 2):
        sfn.update_map_run(mapRunArn=listed["mapRunArn"], maxConcurrency=most)
        world.run(world.now_s + 1)
        seen.append(running())
        world.run(world.now_s + 61)
        seen.append(running())
    assert seen == [1, 4, 4, 4, 2]
    world.run()
    done = sfn.describe_execution(executionArn=execution["executionArn"])
    assert done["status"] == "SUCCEEDED"
    assert len(json.loads(done["output"])) == 12


def test_map_runs_in_pages(run: Run, sfn: Any) -> None:
    first = mapped(KEEP)["Map"]
    states = {"One": {**first, "Next": "Two"}, "Two": first}
    del states["One"]["End"]
    done = run(states, [1])
    page = sfn.list_map_runs(executionArn=done["executionArn"], maxResults=1)
    rest = sfn.list_map_runs(
        executionArn=done["executionArn"], maxResults=1, nextToken=page["nextToken"]
    )
    assert (len(page["mapRuns"]), len(rest["mapRuns"]), "nextToken" in rest) == (1, 1, False)


def test_what_is_no_map_run(sfn: Any) -> None:
    arn = "arn:aws:states:us-east-1:123456789012:mapRun:m/l:1"
    for call in (sfn.describe_map_run, sfn.list_executions):
        with pytest.raises(ClientError, match="ResourceNotFound"):
            call(mapRunArn=arn)
    with pytest.raises(ClientError, match="ResourceNotFound"):
        sfn.update_map_run(mapRunArn=arn, maxConcurrency=2)
    with pytest.raises(ClientError, match="ValidationException"):
        sfn.list_executions()


def test_what_is_not_read_fails_by_its_name(run: Run, s3: Any) -> None:
    s3.put_object(Bucket="bucket", Key="k", Body=b"PAR1")
    done = run(mapped(KEEP, ItemReader=reader(InputType="PARQUET")), {})
    assert (done["status"], done["error"]) == ("FAILED", "States.ItemReaderFailed")
    assert "PARQUET" in done["cause"]
