"""Accounts: by a 12-digit access key, by an assumed role, by moto's header, by a user's key."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytestmark = pytest.mark.process

HOME, OTHER = "123456789012", "222233334444"


def who(client: Any) -> str:
    return str(client.get_caller_identity()["Account"])


def test_an_ordinary_key_is_the_default_account(served: Any) -> None:
    assert who(served.client("sts", key="AKIAIOSFODNN7EXAMPLE")) == HOME


def test_a_twelve_digit_key_is_an_account(served: Any) -> None:
    assert who(served.client("sts", key=OTHER)) == OTHER
    url = served.client("sqs", key=OTHER).create_queue(QueueName="theirs")["QueueUrl"]
    assert url == f"{served.url}/{OTHER}/theirs"
    names = served.client("sqs").list_queues().get("QueueUrls", [])
    assert url not in names
    calls = [f for f in served.facts("call") if f["params"].get("QueueName") == "theirs"]
    assert [call["account"] for call in calls] == [OTHER]


def test_an_assumed_role_acts_in_its_account(served: Any) -> None:
    given = served.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{OTHER}:role/guest", RoleSessionName="visit"
    )["Credentials"]
    key, token = given["AccessKeyId"], given["SessionToken"]
    assert who(served.client("sts", key=key, token=token)) == OTHER
    topic = served.client("sns", key=key, token=token).create_topic(Name="visitors")["TopicArn"]
    assert topic == f"arn:aws:sns:us-east-1:{OTHER}:visitors"
    journal = served.journal()
    assert given["SecretAccessKey"] not in journal
    assert token not in journal


def test_a_users_key_acts_in_the_users_account(served: Any) -> None:
    iam = served.client("iam", key=OTHER)
    iam.create_user(UserName="bea")
    key = iam.create_access_key(UserName="bea")["AccessKey"]["AccessKeyId"]
    assert who(served.client("sts", key=key)) == OTHER


def test_motos_header_names_the_account(served: Any) -> None:
    sts = served.client("sts")

    def name_account(request: Any, **_: Any) -> None:
        request.headers["x-moto-account-id"] = OTHER

    sts.meta.events.register("before-sign", name_account)
    assert who(sts) == OTHER


def test_the_cli_assumes_a_role(served: Any) -> None:
    told = served.aws(
        *("sts", "assume-role", "--role-session-name", "cli"),
        *("--role-arn", f"arn:aws:iam::{OTHER}:role/guest"),
    )
    key = told["Credentials"]["AccessKeyId"]
    assert served.aws("sts", "get-caller-identity", key=key)["Account"] == OTHER


@pytest.mark.parametrize("service", ["sqs", "iam", "s3", "lambda"])
def test_a_region_that_is_none_is_said_in_the_services_protocol(served: Any, service: str) -> None:
    client = served.client(service, region="us-east-9")
    call = {"sqs": "list_queues", "iam": "list_users", "s3": "list_buckets"}
    with pytest.raises(client.exceptions.ClientError, match="there is no Region 'us-east-9'"):
        getattr(client, call.get(service, "list_functions"))()


def test_state_machines_act_in_their_own_account(served: Any) -> None:
    sqs = served.client("sqs", key=OTHER)
    url = sqs.create_queue(QueueName="told")["QueueUrl"]
    states = served.client("stepfunctions", key=OTHER)
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Parameters": {"QueueUrl": url, "MessageBody": "from the machine"},
        "End": True,
    }
    machine = states.create_state_machine(
        name="teller",
        definition=json.dumps({"StartAt": "T", "States": {"T": task}}),
        roleArn=f"arn:aws:iam::{OTHER}:role/r",
    )["stateMachineArn"]
    states.start_execution(stateMachineArn=machine)
    [message] = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"]
    assert message["Body"] == "from the machine"
