"""Concurrency and throttling: "Understanding Lambda function scaling"."""

import base64
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator.world import World

pytestmark = pytest.mark.process
Deploy = Callable[..., str]
Facts = Callable[[str], list[dict[str, Any]]]
SLEEPS = "import time\ndef handler(e, c):\n    time.sleep(1)\n    return 'well'\n"


def calls(world: World, client: Any, count: int, **options: Any) -> list[Any]:
    """So many synchronous invocations at once: each one's status, or its error."""
    found: list[Any] = []

    def call() -> None:
        try:
            answer = client.invoke(FunctionName="f", **options)
            found.append(answer["StatusCode"])
        except ClientError as error:
            found.append(error.response)

    for _ in range(count):
        world.spawn(call)
    world.run()
    return found


def test_reserved_concurrency_is_a_limit(
    world: World, client: Any, deploy: Deploy, facts: Facts
) -> None:
    deploy("f", SLEEPS)
    client.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=2)
    no_retries = world.cloud.session().client("lambda")
    no_retries.meta.config.retries = {"total_max_attempts": 1}
    found = calls(world, no_retries, 3)
    assert found.count(200) == 2
    refused = next(each for each in found if each != 200)
    # Lambda API Reference, "Invoke", errors
    assert refused["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert refused["Error"]["Code"] == "TooManyRequestsException"
    assert refused["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert {fact["reason"] for fact in facts("lambda.throttled")} == {refused["Reason"]}
    assert calls(world, client, 1) == [200]


def test_no_concurrency_stops_a_function(world: World, client: Any, deploy: Deploy) -> None:
    deploy("f", SLEEPS)
    client.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=0)
    (refused,) = calls(world, client, 1)
    assert refused["Error"]["Code"] == "TooManyRequestsException"
    client.delete_function_concurrency(FunctionName="f")
    assert calls(world, client, 1) == [200]


def test_functions_share_what_is_left_of_the_accounts(
    world: World, client: Any, deploy: Deploy
) -> None:
    deploy("f", SLEEPS)
    deploy("other", SLEEPS)
    world.cloud.functions.pool("123456789012", "us-east-1").limit = 5
    found = calls(world, client, 8)
    assert found.count(200) >= 5  # boto3 calls again after a while
    reasons = {each["Reason"] for each in found if each != 200}
    assert reasons <= {"ConcurrentInvocationLimitExceeded"}
    assert reasons or found.count(200) == 8


def test_account_settings_tell_what_is_set_aside(client: Any, deploy: Deploy) -> None:
    deploy("f", SLEEPS)
    client.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=100)
    told = client.get_account_settings()
    assert told["AccountLimit"]["ConcurrentExecutions"] == 1000
    assert told["AccountLimit"]["UnreservedConcurrentExecutions"] == 900
    assert told["AccountUsage"]["FunctionCount"] == 1


def test_more_than_the_account_has_cannot_be_reserved(client: Any, deploy: Deploy) -> None:
    deploy("f", SLEEPS)
    with pytest.raises(client.exceptions.InvalidParameterValueException) as error:
        client.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=1001)
    assert "UnreservedConcurrentExecution" in error.value.response["Error"]["Message"]


def test_provisioned_environments_are_warm(
    world: World, client: Any, deploy: Deploy, facts: Facts
) -> None:
    """ "Configuring provisioned concurrency for a function"."""
    deploy("f", SLEEPS, Publish=True)
    asked = client.put_provisioned_concurrency_config(
        FunctionName="f", Qualifier="1", ProvisionedConcurrentExecutions=2
    )
    assert (asked["Status"], asked["RequestedProvisionedConcurrentExecutions"]) == (
        "IN_PROGRESS",
        2,
    )
    world.run()
    told = client.get_provisioned_concurrency_config(FunctionName="f", Qualifier="1")
    assert (told["Status"], told["AvailableProvisionedConcurrentExecutions"]) == ("READY", 2)
    assert calls(world, client, 3, Qualifier="1") == [200, 200, 200]
    assert [each["cold"] for each in facts("lambda.started")] == [False, False, True]
    assert [each.get("provisioned") for each in facts("lambda.ended")] == [True, True, None]
    client.delete_provisioned_concurrency_config(FunctionName="f", Qualifier="1")
    with pytest.raises(client.exceptions.ProvisionedConcurrencyConfigNotFoundException):
        client.get_provisioned_concurrency_config(FunctionName="f", Qualifier="1")


def test_provisioning_wants_a_version(client: Any, deploy: Deploy) -> None:
    deploy("f", SLEEPS)
    with pytest.raises(client.exceptions.InvalidParameterValueException):
        client.put_provisioned_concurrency_config(
            FunctionName="f", Qualifier="$LATEST", ProvisionedConcurrentExecutions=1
        )


def test_environments_are_not_kept_for_ever(
    world: World, client: Any, deploy: Deploy, facts: Facts
) -> None:
    deploy("f", "def handler(e, c): pass\n")
    for pause_s in (0, 600, 1200):
        world.run(until=world.now_s + pause_s)
        client.invoke(FunctionName="f")
    assert [each["cold"] for each in facts("lambda.started")] == [True, False, True]


@pytest.mark.parametrize(("memory_mb", "took_s"), [(128, 13.8203), (1769, 1.0), (3538, 1.0)])
def test_processor_work_takes_time_by_memory(
    world: World, client: Any, deploy: Deploy, facts: Facts, memory_mb: int, took_s: float
) -> None:
    """ "Configure Lambda function memory": 1,769 MB are one vCPU."""
    deploy(
        "f",
        "def handler(e, c): return 1\n",
        MemorySize=memory_mb,
        Timeout=60,
        Tags={"paddock:vcpu-ms": "1000"},
    )
    client.invoke(FunctionName="f")
    (ended,) = facts("lambda.ended")
    assert ended["duration_ms"] == pytest.approx(took_s * 1000, abs=0.1)


def test_what_an_invocation_costs_is_told(client: Any, deploy: Deploy, facts: Facts) -> None:
    deploy("f", SLEEPS, MemorySize=256, Architectures=["arm64"])
    answer = client.invoke(FunctionName="f", LogType="Tail")
    (ended,) = facts("lambda.ended")
    told = {
        "version": "$LATEST",
        "cold": True,
        "memory_mb": 256,
        "init_ms": 250.0,
        "duration_ms": 1000.0,
        "billed_ms": 1250,
        "account": "123456789012",
        "region": "us-east-1",
        "architecture": "arm64",
        "storage_mb": 512,
        "trigger": "outside",
    }
    assert {name: ended[name] for name in told} == told
    report = base64.b64decode(answer["LogResult"]).decode().splitlines()[-1]
    assert "Billed Duration: 1250 ms" in report
    assert report.endswith("Init Duration: 250.00 ms")
