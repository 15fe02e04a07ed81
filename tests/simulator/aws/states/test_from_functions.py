"""State machines that functions start.

Source: AWS Step Functions API Reference, "StartSyncExecution".
"""

import json
from collections.abc import Callable
from typing import Any

from simulator.world import World

SOURCE = """
import boto3
def handler(event, context):
    client = boto3.client("stepfunctions")
    run = client.start_sync_execution(stateMachineArn=event["arn"], input='{"n":1}')
    return [run["status"], run["output"]]
"""


def test_a_function_starts_an_express_execution_and_waits(
    world: World, sfn: Any, machine: Callable[..., str], deploy: Callable[..., str]
) -> None:
    states = {"Rest": {"Type": "Wait", "Seconds": 5, "Next": "Give"}}
    states["Give"] = {"Type": "Pass", "End": True}
    arn = machine(states, type="EXPRESS")
    deploy("starter", SOURCE, Timeout=20)
    client = world.cloud.session().client("lambda")
    answer = client.invoke(FunctionName="starter", Payload=json.dumps({"arn": arn}))
    assert json.loads(answer["Payload"].read()) == ["SUCCEEDED", '{"n":1}']
