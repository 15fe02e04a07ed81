"""Resource policies: "Granting Lambda function access to AWS services"."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.awslambda.models import lambda_backends

from simulator.aws.functions.policies import invokes
from simulator.world import World

pytestmark = pytest.mark.process
Deploy = Callable[..., str]
TOPIC = "arn:aws:sns:us-east-1:123456789012:rides"
OTHER = "210987654321"


def add(client: Any, name: str = "f", **statement: Any) -> None:
    client.add_permission(
        FunctionName=name,
        StatementId=str(len(statement)) + str(sorted(statement))[:40].translate(_PLAIN),
        Action="lambda:InvokeFunction",
        **statement,
    )


_PLAIN = str.maketrans("", "", "[]', ")


@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        ({"Principal": "sns.amazonaws.com"}, True),
        ({"Principal": "sns.amazonaws.com", "SourceArn": TOPIC}, True),
        ({"Principal": "sns.amazonaws.com", "SourceArn": TOPIC[:-2] + "*"}, True),
        ({"Principal": "sns.amazonaws.com", "SourceArn": f"{TOPIC}2"}, False),
        ({"Principal": "sns.amazonaws.com", "SourceAccount": "123456789012"}, True),
        ({"Principal": "sns.amazonaws.com", "SourceAccount": OTHER}, False),
        ({"Principal": "events.amazonaws.com"}, False),
        ({"Principal": "123456789012"}, False),
    ],
)
def test_a_service_needs_a_statement_that_holds(
    world: World, client: Any, deploy: Deploy, statement: dict[str, Any], allowed: bool
) -> None:
    arn = deploy("f", "def handler(e, c): pass\n")
    assert not invokes(arn, "sns.amazonaws.com", TOPIC)
    add(client, **statement)
    assert invokes(arn, "sns.amazonaws.com", TOPIC) is allowed


def test_each_qualifier_has_its_own_policy(client: Any, deploy: Deploy) -> None:
    arn = deploy("f", "def handler(e, c): pass\n", Publish=True)
    add(client, Principal="sns.amazonaws.com", Qualifier="1")
    assert invokes(f"{arn}:1", "sns.amazonaws.com", TOPIC)
    assert not invokes(arn, "sns.amazonaws.com", TOPIC)
    (whole,) = lambda_backends["123456789012"]["us-east-1"].get_function("f").policy.statements
    assert whole["Resource"] == f"{arn}:1"
    policy = json.loads(client.get_policy(FunctionName="f", Qualifier="1")["Policy"])
    assert [each["Resource"] for each in policy["Statement"]] == [f"{arn}:1"]
    sid = policy["Statement"][0]["Sid"]
    with pytest.raises(client.exceptions.ResourceConflictException):
        client.add_permission(
            FunctionName="f",
            Qualifier="1",
            StatementId=sid,
            Action="lambda:InvokeFunction",
            Principal="sns.amazonaws.com",
        )
    client.remove_permission(FunctionName="f", StatementId=sid, Qualifier="1")
    assert not invokes(f"{arn}:1", "sns.amazonaws.com", TOPIC)


def test_without_permission_a_topic_and_a_rule_fail(
    world: World, deploy: Deploy, facts: Callable[[str], list[dict[str, Any]]]
) -> None:
    arn = deploy("f", "def handler(e, c): pass\n")
    session = world.cloud.session()
    topic = session.client("sns").create_topic(Name="rides")["TopicArn"]
    session.client("sns").subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn)
    session.client("sns").publish(TopicArn=topic, Message="m")
    events = session.client("events")
    events.put_rule(Name="r", EventPattern='{"source": ["rides"]}')
    events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": arn}])
    events.put_events(Entries=[{"Source": "rides", "DetailType": "t", "Detail": "{}"}])
    world.run()
    assert facts("lambda.started") == []
    assert len(facts("sns.failed")) == 1
    assert [fact["error"] for fact in facts("events.failed")] == ["NO_PERMISSIONS"]


def test_another_account_needs_permission_to_invoke(
    world: World, client: Any, deploy: Deploy
) -> None:
    arn = deploy("f", "def handler(e, c): return 'well'\n")
    theirs = world.cloud.session(OTHER).client("lambda")
    with pytest.raises(ClientError) as error:
        theirs.invoke(FunctionName=arn)
    assert error.value.response["Error"]["Code"] == "AccessDeniedException"
    add(client, Principal=OTHER)
    assert json.loads(theirs.invoke(FunctionName=arn)["Payload"].read()) == "well"
