"""A world with a cloud, and the shortest way to put a function or a machine into it."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from simulator.world import World

# The same draws in every run, and no judgement of how quick the machine is.
settings.register_profile(
    "house",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
settings.load_profile("house")

ROLE_TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})


@pytest.fixture
def world() -> Iterator[World]:
    with World(seed=7) as world:
        yield world


@pytest.fixture
def role(world: World) -> str:
    iam = world.cloud.session().client("iam")
    created = iam.create_role(RoleName="r", AssumeRolePolicyDocument=ROLE_TRUST)
    return str(created["Role"]["Arn"])


@pytest.fixture
def deploy(world: World, role: str) -> Callable[..., str]:
    """Create a function from source; returns its ARN."""

    def create(name: str, source: str, **options: Any) -> str:
        package = io.BytesIO()
        with zipfile.ZipFile(package, "w") as archive:
            archive.writestr(zipfile.ZipInfo("app.py"), source)
        created = (
            world.cloud.session()
            .client("lambda")
            .create_function(
                FunctionName=name,
                **{
                    "Runtime": "python3.12",
                    "Handler": "app.handler",
                    "Role": role,
                    "Code": {"ZipFile": package.getvalue()},
                    **options,
                },
            )
        )
        return str(created["FunctionArn"])

    return create


@pytest.fixture
def permit(world: World) -> Callable[..., None]:
    """Let a service invoke a function, for one resource of it where that is named."""

    def add(function: str, service: str, source_arn: str = "") -> None:
        world.cloud.session().client("lambda").add_permission(
            FunctionName=function,
            StatementId=f"s{len(world.journal.facts)}",
            Action="lambda:InvokeFunction",
            Principal=service,
            **({"SourceArn": source_arn} if source_arn else {}),
        )

    return add


@pytest.fixture
def execute(world: World, role: str) -> Callable[..., dict[str, Any]]:
    """Create a machine, run it to its end and describe the execution, with its history."""

    def run(states: dict[str, Any], start_at: str, event: Any = None) -> dict[str, Any]:
        sfn = world.cloud.session().client("stepfunctions")
        machine = sfn.create_state_machine(
            name=f"m{len(world.journal.facts)}",
            definition=json.dumps({"StartAt": start_at, "States": states}),
            roleArn=role,
        )
        started = sfn.start_execution(
            stateMachineArn=machine["stateMachineArn"], input=json.dumps(event or {})
        )
        world.run()
        arn = started["executionArn"]
        history = sfn.get_execution_history(executionArn=arn, maxResults=1000)["events"]
        return {**sfn.describe_execution(executionArn=arn), "events": history}

    return run
