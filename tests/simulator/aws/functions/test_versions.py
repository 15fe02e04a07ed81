"""Versions, aliases and qualifiers: "Manage Lambda function versions", "Lambda aliases"."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.process
Deploy = Callable[..., str]
Invoke = Callable[..., tuple[Any, str | None]]
TELLS = (
    "import os\n"
    "def handler(e, c): return [c.function_version, c.invoked_function_arn, os.environ['STEP']]\n"
)
ARN = "arn:aws:lambda:us-east-1:123456789012:function:f"


def set_step(client: Any, step: str) -> None:
    client.update_function_configuration(
        FunctionName="f", Environment={"Variables": {"STEP": step}}
    )


@pytest.fixture
def versions(client: Any, deploy: Deploy) -> None:
    """Version 1 says one, version 2 two, $LATEST three."""
    deploy("f", TELLS, Environment={"Variables": {"STEP": "one"}}, Publish=True)
    set_step(client, "two")
    client.publish_version(FunctionName="f")
    set_step(client, "three")


@pytest.mark.parametrize(
    ("name", "qualifier", "told"),
    [
        ("f", None, ["$LATEST", ARN, "three"]),
        ("f", "1", ["1", f"{ARN}:1", "one"]),
        ("f:2", None, ["2", f"{ARN}:2", "two"]),
        (f"{ARN}:1", None, ["1", f"{ARN}:1", "one"]),
        ("123456789012:function:f:2", None, ["2", f"{ARN}:2", "two"]),
        ("f", "live", ["2", f"{ARN}:live", "two"]),
        (f"{ARN}:live", None, ["2", f"{ARN}:live", "two"]),
    ],
)
def test_a_qualifier_names_what_runs(
    versions: None, client: Any, name: str, qualifier: str | None, told: list[str]
) -> None:
    client.create_alias(FunctionName="f", Name="live", FunctionVersion="2")
    named = {"Qualifier": qualifier} if qualifier else {}
    answer = client.invoke(FunctionName=name, **named)
    assert json.loads(answer["Payload"].read()) == told
    assert answer["ExecutedVersion"] == told[0]


def test_an_unknown_qualifier_is_refused(versions: None, client: Any) -> None:
    with pytest.raises(client.exceptions.ResourceNotFoundException) as error:
        client.invoke(FunctionName="f", Qualifier="9")
    assert error.value.response["Error"]["Message"] == f"Function not found: {ARN}:9"


def test_a_version_is_made_only_of_what_has_changed(versions: None, client: Any) -> None:
    third = client.publish_version(FunctionName="f")
    assert third["Version"] == "3"
    assert client.publish_version(FunctionName="f")["Version"] == "3"
    client.delete_function(FunctionName="f", Qualifier="3")
    set_step(client, "four")
    assert client.publish_version(FunctionName="f")["Version"] == "4"


def test_publishing_wants_the_code_that_the_caller_means(versions: None, client: Any) -> None:
    with pytest.raises(client.exceptions.InvalidParameterValueException) as error:
        client.publish_version(FunctionName="f", CodeSha256="other")
    assert "different from current CodeSHA256" in error.value.response["Error"]["Message"]


def test_a_version_in_use_is_kept(versions: None, client: Any) -> None:
    client.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    with pytest.raises(client.exceptions.ResourceConflictException):
        client.delete_function(FunctionName="f", Qualifier="1")
    client.delete_alias(FunctionName="f", Name="live")
    client.delete_function(FunctionName="f", Qualifier="1")
    with pytest.raises(ClientError):
        client.invoke(FunctionName="f", Qualifier="1")


def test_an_alias_shares_its_calls_by_weight(versions: None, client: Any, invoke: Invoke) -> None:
    """ "Implement Lambda canary deployments using a weighted alias"."""
    client.create_alias(
        FunctionName="f",
        Name="live",
        FunctionVersion="1",
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.25}},
    )
    runs = [invoke("f", Qualifier="live")[0][2] for _ in range(200)]
    assert sorted(set(runs)) == ["one", "two"]
    assert 30 <= runs.count("two") <= 70


def test_a_deleted_function_is_gone_with_its_environments(
    versions: None, client: Any, deploy: Deploy, invoke: Invoke
) -> None:
    assert invoke("f")[0][2] == "three"
    client.delete_function(FunctionName="f")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.invoke(FunctionName="f")
    deploy("f", "def handler(e, c): return 'new'\n")
    assert invoke("f") == ("new", None)
