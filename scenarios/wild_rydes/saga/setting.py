"""The set-up: table, topic, queues, role, partners, the learner's functions and machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from lab.scenario import SolutionError, Stage

from .dispatch import Dispatch
from .partners import ACCOUNTS, PAYMENTS, AccountingSystem, PaymentProvider
from .solution import DEFINITION, Package, read_definition, read_handlers

MACHINE = "fare-processing"
GIVEN_MACHINE = "fare-processing-as-given"
TABLE = "fares"
TOPIC = "fare-events"
PROCESSED_QUEUE = "fare-processed"
FAILED_QUEUE = "fare-failed"
FUNCTION_TIMEOUT_S = 3
_STARTER = Path(__file__).parent / "starter"


def set_up(stage: Stage) -> None:
    """Build the world. Raises SolutionError where the learner's files cannot be used."""
    package = read_handlers(stage.solution)
    session = stage.world.cloud.session()
    _create_table(session)
    places = _create_pipes(session)
    role_arn = _create_role(session)
    PaymentProvider(stage.world)
    AccountingSystem(stage.world)
    places |= deploy_functions(session, package, role_arn)
    machine_arn = _deploy_machine(session, MACHINE, stage.solution, places, role_arn)
    stage.notes["role_arn"], stage.notes["places"] = role_arn, places
    stage.notes["dispatch"] = Dispatch(stage.world, machine_arn)


def deploy_given(stage: Stage) -> str:
    """Deploy the lab's own copy of the machine as given, beside the learner's; its ARN."""
    session, role_arn = stage.world.cloud.session(), stage.notes["role_arn"]
    package = read_handlers(_STARTER)
    places = stage.notes["places"] | deploy_functions(session, package, role_arn, "given-")
    return _deploy_machine(session, GIVEN_MACHINE, _STARTER, places, role_arn)


def deploy_functions(
    session: Any, package: Package, role_arn: str, prefix: str = ""
) -> dict[str, str]:
    """Create a function for each handler; their ARNs by placeholder.

    handlers/charge_card.py becomes the function charge-card and ${ChargeCardFunctionArn}.
    """
    client = session.client("lambda")
    places = {}
    for module in package.functions:
        created = client.create_function(
            FunctionName=prefix + module.replace("_", "-"),
            Runtime="python3.12",
            Role=role_arn,
            Handler=f"{module}.handler",
            Code={"ZipFile": package.zipped},
            Timeout=FUNCTION_TIMEOUT_S,
            Environment={
                "Variables": {
                    "PAYMENTS_URL": f"http://{PAYMENTS}",
                    "ACCOUNTS_URL": f"http://{ACCOUNTS}",
                }
            },
        )
        words = "".join(word.capitalize() for word in module.split("_"))
        places[f"{words}FunctionArn"] = created["FunctionArn"]
    return places


def _deploy_machine(
    session: Any, name: str, folder: Path, places: dict[str, str], role_arn: str
) -> str:
    definition = read_definition(folder, places)
    try:
        created = session.client("stepfunctions").create_state_machine(
            name=name, definition=definition, roleArn=role_arn
        )
    except ClientError as error:
        reason = error.response["Error"]["Message"].split(" in definition ")[0]
        raise SolutionError(f"{DEFINITION}: Step Functions refuses it: {reason}") from error
    return str(created["stateMachineArn"])


def _create_table(session: Any) -> None:
    session.client("dynamodb").create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "fareId", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "fareId", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


def _create_pipes(session: Any) -> dict[str, str]:
    """The topic and both queues; what the learner's placeholders stand for."""
    sqs, sns = session.client("sqs"), session.client("sns")
    topic_arn = sns.create_topic(Name=TOPIC)["TopicArn"]
    urls = {
        name: sqs.create_queue(QueueName=name)["QueueUrl"]
        for name in (PROCESSED_QUEUE, FAILED_QUEUE)
    }
    processed = sqs.get_queue_attributes(
        QueueUrl=urls[PROCESSED_QUEUE], AttributeNames=["QueueArn"]
    )
    sns.subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=processed["Attributes"]["QueueArn"])
    return {
        "FareTable": TABLE,
        "FareProcessedTopicArn": topic_arn,
        "FareFailedQueueUrl": urls[FAILED_QUEUE],
    }


def _create_role(session: Any) -> str:
    services = ["states.amazonaws.com", "lambda.amazonaws.com"]
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": services},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    role = session.client("iam").create_role(
        RoleName="fare-processing", AssumeRolePolicyDocument=json.dumps(trust)
    )
    return str(role["Role"]["Arn"])
