"""Templates in the manner of the public workshop, deployed with the AWS CLI as they are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.simulator.aws.serving import serving

pytestmark = pytest.mark.process

DATA = Path(__file__).parent / "data"


class Staying(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: where one leads is what a test asks."""

    def redirect_request(self, *told: Any, **more: Any) -> None:
        del told, more


class Cloud:
    """A served endpoint, as the CLI and boto3 see it by AWS_ENDPOINT_URL."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", "/"),
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": url,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def aws(self, *words: str) -> str:
        command = [sys.executable, "-m", "awscli", *words]
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def deploy(
        self, lab: str, folder: Path, template: str = "template.yaml", status: str = "CREATE"
    ) -> dict[str, str]:
        packaged = folder / "packaged.yaml"
        self.aws(
            *("cloudformation", "package", "--template-file", str(DATA / lab / template)),
            *("--s3-bucket", "artifacts", "--output-template-file", str(packaged)),
        )
        try:
            self.aws(
                *("cloudformation", "deploy", "--template-file", str(packaged)),
                *("--stack-name", lab, "--capabilities", "CAPABILITY_IAM"),
            )
        except AssertionError as error:
            formation = self.client("cloudformation")
            for event in formation.describe_stack_events(StackName=lab)["StackEvents"]:
                if event["ResourceStatus"].endswith("_FAILED"):
                    error.add_note(f"{event['LogicalResourceId']}: {event['ResourceStatusReason']}")
            raise
        told = self.client("cloudformation").describe_stacks(StackName=lab)["Stacks"][0]
        assert told["StackStatus"] == f"{status}_COMPLETE"
        return {output["OutputKey"]: output["OutputValue"] for output in told["Outputs"]}

    def post(self, function: str, body: Any) -> Any:
        event = {"body": json.dumps(body), "httpMethod": "POST"}
        answer = self.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
        assert "FunctionError" not in answer, answer["Payload"].read()
        return json.loads(answer["Payload"].read())

    def call(self, address: str, body: Any = None) -> tuple[int, str]:
        """Call an API by the address that AWS would give it: its host goes into a header."""
        host, _, path = address.removeprefix("https://").partition("/")
        data = None if body is None else json.dumps(body).encode()
        headers = {"Host": host, "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/{path}", data=data, headers=headers)
        try:
            with urllib.request.build_opener(Staying).open(request) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers.get("Location") or error.read().decode()

    def ids(self, table: str) -> list[str]:
        found = self.client("dynamodb").scan(TableName=table)["Items"]
        return sorted(item["id"]["S"] for item in found)

    def wait(self, seconds: int) -> None:
        """Let virtual time run: a poll of a queue that stays empty."""
        sqs = self.client("sqs")
        url = sqs.create_queue(QueueName="clock")["QueueUrl"]
        for _ in range(0, seconds, 20):
            sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with serving(seed=3) as url:
        found = Cloud(url)
        found.client("s3").create_bucket(Bucket="artifacts")
        yield found


def test_fan_out_with_a_filter(cloud: Cloud, tmp_path: Path) -> None:
    outputs = cloud.deploy("fanout", tmp_path)
    near, far = ({"id": "near", "distance": 3}, {"id": "far", "distance": 70})
    for ride in (near, far):
        assert cloud.post(outputs["SubmitRide"], ride)["statusCode"] == 201
    cloud.wait(20)
    assert cloud.ids(outputs["Notices"]) == [
        *("accounting/far", "accounting/near", "customer/far", "customer/near"),
        "extraordinary/far",
    ]
    assert outputs["SubmitRideUrl"].endswith(
        ".execute-api.us-east-1.amazonaws.com/Prod/submit-ride-completion"
    )


def test_queues_behind_a_topic(cloud: Cloud, tmp_path: Path) -> None:
    outputs = cloud.deploy("chaining", tmp_path)
    assert cloud.post(outputs["Publish"], {"id": "r1"})["statusCode"] == 202
    cloud.wait(20)
    assert cloud.ids(outputs["Notices"]) == ["customer/r1", "loyalty/r1"]


def test_scatter_and_gather(cloud: Cloud, tmp_path: Path) -> None:
    outputs = cloud.deploy("scatter", tmp_path)
    assert cloud.post(outputs["Submit"], {"rfq": "q1"})["statusCode"] == 202
    cloud.wait(20)
    event = json.dumps({"pathParameters": {"rfq-id": "q1"}})
    answer = cloud.client("lambda").invoke(FunctionName=outputs["Query"], Payload=event)
    told = json.loads(answer["Payload"].read())
    assert json.loads(told["body"]) == [["Bucephalus", 9], ["Shadowfax", 12]]


def test_saga(cloud: Cloud, tmp_path: Path) -> None:
    outputs = cloud.deploy("saga", tmp_path)
    ends = {}
    for fare in ({"id": "small", "amount": 9}, {"id": "big", "amount": 900}):
        execution = json.loads(cloud.post(outputs["Collect"], fare)["body"])["execution"]
        cloud.wait(40)
        told = cloud.client("stepfunctions").describe_execution(executionArn=execution)
        ends[fare["id"]] = (told["status"], told.get("error"))
    assert ends == {"small": ("SUCCEEDED", None), "big": ("FAILED", "NotCollected")}
    found = cloud.client("dynamodb").scan(TableName=outputs["Fares"])["Items"]
    assert {item["id"]["S"]: item["state"]["S"] for item in found} == {
        "small": "charged",
        "big": "cancelled",
    }
    got = cloud.client("sqs").receive_message(QueueUrl=outputs["Failures"])
    assert [message["Body"] for message in got["Messages"]] == ["big"]


def test_an_update_changes_what_has_changed(cloud: Cloud, tmp_path: Path) -> None:
    text = (DATA / "chaining" / "template.yaml").read_text(encoding="utf-8")
    formation = cloud.client("cloudformation")
    packaged = tmp_path / "packaged.yaml"
    changed = DATA / "chaining" / "template.yaml"
    assert "VisibilityTimeout: 60" in text
    for number, name in enumerate(("first", "second")):
        cloud.aws(
            *("cloudformation", "package", "--template-file", str(changed)),
            *("--s3-bucket", "artifacts", "--output-template-file", str(packaged)),
        )
        if number:
            later = packaged.read_text(encoding="utf-8")
            packaged.write_text(later.replace("VisibilityTimeout: 60", "VisibilityTimeout: 90"))
        del name
        cloud.aws(
            *("cloudformation", "deploy", "--template-file", str(packaged)),
            *("--stack-name", "changing", "--capabilities", "CAPABILITY_IAM"),
        )
    events = formation.describe_stack_events(StackName="changing")["StackEvents"]
    updated = [e["LogicalResourceId"] for e in events if e["ResourceStatus"] == "UPDATE_COMPLETE"]
    assert updated == ["changing", "CustomerQueue"]
    unchanged = cloud.aws(
        *("cloudformation", "deploy", "--template-file", str(packaged)),
        *("--stack-name", "changing", "--capabilities", "CAPABILITY_IAM"),
        "--no-fail-on-empty-changeset",
    )
    assert "No changes to deploy" in unchanged


def test_a_lab_that_grows_step_by_step(cloud: Cloud, tmp_path: Path) -> None:
    rides = [{"fare": 10.5, "distance": 5}, {"fare": 90, "distance": 250}]
    outputs: dict[str, str] = {}
    for step in (1, 2, 3):
        status = "CREATE" if step == 1 else "UPDATE"
        outputs = cloud.deploy("steps", tmp_path, f"step{step}.yaml", status)
        for ride in rides:
            assert cloud.call(outputs["ApiEndpoint"], ride)[0] == 201
    cloud.wait(20)
    assert len(cloud.client("dynamodb").scan(TableName=outputs["Table"])["Items"]) == 6
    sqs, logs = cloud.client("sqs"), cloud.client("logs")
    got = sqs.receive_message(QueueUrl=outputs["Extraordinary"], MaxNumberOfMessages=10)
    assert [json.loads(message["Body"])["fare"] for message in got["Messages"]] == [90]
    resources = cloud.client("cloudformation").describe_stack_resources(StackName="steps")
    made = {each["LogicalResourceId"]: each for each in resources["StackResources"]}
    for name in ("CustomerNotificationFunction", "CustomerAccountingService"):
        group = f"/aws/lambda/{made[name]['PhysicalResourceId']}"
        events = logs.filter_log_events(logGroupName=group, filterPattern="told")["events"]
        assert len(events) == 4, name  # those of steps 2 and 3
    cloud.aws("cloudformation", "delete-stack", "--stack-name", "steps")
    cloud.aws("cloudformation", "wait", "stack-delete-complete", "--stack-name", "steps")
    functions = cloud.client("lambda").list_functions()["Functions"]
    assert not [each for each in functions if each["FunctionName"].startswith("steps-")]
    assert "QueueUrls" not in sqs.list_queues(QueueNamePrefix="extraordinary")


def test_quotes_over_an_api_that_is_written_out(cloud: Cloud, tmp_path: Path) -> None:
    url = cloud.deploy("rfq", tmp_path)["Url"]
    assert cloud.call(f"{url}/health") == (200, '{"who": "rydes"}')
    assert cloud.call(f"{url}/rfq", {"from": "Berlin"})[0] == 400
    asked = {"from": "Berlin", "to": "Potsdam", "customer": "ada"}
    status, told = cloud.call(f"{url}/rfq", asked)
    assert status == 202
    rfq = f"{url}{json.loads(told)['links']['self']}"
    seen = []
    for _ in range(60):  # somebody who asks again and again, a second of virtual time each
        status, told = cloud.call(rfq)
        if status == 303:
            break
        seen.append(json.loads(told)["responses-received"])
    assert status == 303 and told.endswith("/result")
    assert sorted(set(seen)) == [0, 1]
    quotes = json.loads(cloud.call(f"{rfq}/result")[1])["quotes"]
    assert quotes == [{"unicorn": "Quick", "price": 12}, {"unicorn": "Slow", "price": 7}]
    for path in ("ask", "enqueue"):
        assert cloud.call(f"{url}/{path}", {"any": "thing"})[0] == 200
