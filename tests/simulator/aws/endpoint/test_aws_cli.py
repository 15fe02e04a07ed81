"""The real AWS CLI, a word with each service, and HTTP as its clients use it."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest

pytestmark = pytest.mark.process

KEY = "700000000001"  # an account of these tests' own


def test_sqs(served: Any) -> None:
    url = served.aws("sqs", "create-queue", "--queue-name", "cli", key=KEY)["QueueUrl"]
    sent = served.aws("sqs", "send-message", "--queue-url", url, "--message-body", "hé", key=KEY)
    [got] = served.aws("sqs", "receive-message", "--queue-url", url, key=KEY)["Messages"]
    assert (got["MessageId"], got["Body"]) == (sent["MessageId"], "hé")


def test_the_readme_s_line_reaches_the_endpoint(served: Any, tmp_path: Path) -> None:
    readme = (Path(__file__).resolve().parents[4] / "README.md").read_text(encoding="utf-8")
    (line,) = [line for line in readme.splitlines() if line.startswith("aws ")]
    # The CLI's own script cannot stand in a folder whose name has a space.
    (tmp_path / "aws").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m awscli "$@"\n')
    (tmp_path / "aws").chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    keys = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": "t"}
    told = {"PATH": path, "AWS_ENDPOINT_URL": served.url, "AWS_DEFAULT_REGION": "us-east-1", **keys}
    done = subprocess.run(
        ["bash", "-c", line], env=told, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["QueueUrl"].endswith(f"/{KEY}/rides")


def test_sns(served: Any) -> None:
    topic = served.aws("sns", "create-topic", "--name", "cli", key=KEY)["TopicArn"]
    assert topic == f"arn:aws:sns:us-east-1:{KEY}:cli"
    said = served.aws("sns", "publish", "--topic-arn", topic, "--message", "m", key=KEY)
    assert said["MessageId"]


def test_dynamodb_and_its_waiter(served: Any) -> None:
    served.aws(
        *("dynamodb", "create-table", "--table-name", "rides", "--billing-mode"),
        *("PAY_PER_REQUEST", "--key-schema", "AttributeName=id,KeyType=HASH"),
        *("--attribute-definitions", "AttributeName=id,AttributeType=S"),
        key=KEY,
    )
    served.aws("dynamodb", "wait", "table-exists", "--table-name", "rides", key=KEY)
    item = json.dumps({"id": {"S": "r1"}})
    served.aws("dynamodb", "put-item", "--table-name", "rides", "--item", item, key=KEY)
    found = served.aws("dynamodb", "scan", "--table-name", "rides", key=KEY)
    assert found["Items"] == [{"id": {"S": "r1"}}]


def test_stepfunctions(served: Any) -> None:
    definition = json.dumps({"StartAt": "D", "States": {"D": {"Type": "Succeed"}}})
    machine = served.aws(
        *("stepfunctions", "create-state-machine", "--name", "cli", "--definition", definition),
        *("--role-arn", f"arn:aws:iam::{KEY}:role/r"),
        key=KEY,
    )["stateMachineArn"]
    execution = served.aws(
        "stepfunctions", "start-execution", "--state-machine-arn", machine, key=KEY
    )["executionArn"]
    told = served.aws("stepfunctions", "describe-execution", "--execution-arn", execution, key=KEY)
    assert told["status"] == "SUCCEEDED"


def test_lambda(served: Any, tmp_path: Path) -> None:
    package, out = tmp_path / "p.zip", tmp_path / "out.json"
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("app.py", "def handler(event, context):\n    return event['n'] + 1\n")
    role = served.client("iam", key=KEY).create_role(
        RoleName="for-lambda", AssumeRolePolicyDocument="{}"
    )["Role"]["Arn"]
    served.aws(
        *("lambda", "create-function", "--function-name", "cli", "--runtime", "python3.12"),
        *("--role", role, "--handler", "app.handler", "--zip-file", f"fileb://{package}"),
        key=KEY,
    )
    told = served.aws(
        *("lambda", "invoke", "--function-name", "cli", "--payload", '{"n": 41}', str(out)),
        key=KEY,
    )
    assert (told["StatusCode"], out.read_text()) == (200, "42")


def test_iam_and_logs(served: Any) -> None:
    user = served.aws("iam", "create-user", "--user-name", "ann", key=KEY)["User"]
    assert user["Arn"] == f"arn:aws:iam::{KEY}:user/ann"
    served.aws("logs", "create-log-group", "--log-group-name", "cli", key=KEY)
    groups = served.aws(*("logs", "describe-log-groups", "--log-group-name-prefix", "cli"), key=KEY)
    assert [group["logGroupName"] for group in groups["logGroups"]] == ["cli"]


def test_cloudformation(served: Any, tmp_path: Path) -> None:
    template = tmp_path / "stack.json"
    template.write_text(json.dumps({"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}))
    served.aws(
        *("cloudformation", "deploy", "--stack-name", "cli", "--template-file", str(template)),
        key=KEY,
    )
    found = served.aws(
        "cloudformation", "describe-stack-resources", "--stack-name", "cli", key=KEY
    )["StackResources"]
    assert [resource["ResourceType"] for resource in found] == ["AWS::SQS::Queue"]
    assert served.client("sqs", key=KEY).list_queues(QueueNamePrefix="cli-Q")["QueueUrls"]


def test_s3_in_parts_and_back(served: Any, tmp_path: Path) -> None:
    there, back = tmp_path / "there", tmp_path / "back"
    there.write_bytes(bytes(range(256)) * 40_000)  # over the CLI's 8 MB: sent in parts
    served.aws("s3", "mb", "s3://rides-cli", key=KEY)
    served.aws("s3", "cp", "--quiet", str(there), "s3://rides-cli/a/b c+é", key=KEY)
    served.aws("s3", "cp", "--quiet", "s3://rides-cli/a/b c+é", str(back), key=KEY)
    assert back.read_bytes() == there.read_bytes()
    listed = served.client("s3", key=KEY).list_objects_v2(Bucket="rides-cli")["Contents"]
    assert [entry["Key"] for entry in listed] == ["a/b c+é"]


def test_s3_over_plain_http(served: Any) -> None:
    s3 = served.client("s3")
    s3.create_bucket(Bucket="rides-http")
    s3.put_object(Bucket="rides-http", Key="a b/c", Body=b"ride", ContentType="text/ride")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "rides-http", "Key": "a b/c"})
    with urlopen(url) as answer:
        assert (answer.read(), answer.headers["Content-Type"]) == (b"ride", "text/ride")
    put = s3.generate_presigned_url("put_object", Params={"Bucket": "rides-http", "Key": "up"})
    with urlopen(Request(put, b"sent", method="PUT")) as answer:
        assert answer.status == 200
    # A virtual host: the address resolves on any machine, the bucket stands in the Host header.
    parts = urlsplit(url)
    connection = http.client.HTTPConnection("127.0.0.1", served.port)
    virtual = {"Host": f"rides-http.localhost:{served.port}"}
    path = parts.path.replace("/rides-http", "")
    connection.request("HEAD", f"{path}?{parts.query}", headers=virtual)
    head = connection.getresponse()
    assert (head.status, head.headers["Content-Length"], head.read()) == (200, "4", b"")
    connection.request("GET", f"{path}?{parts.query}", headers=virtual)  # the same connection
    assert connection.getresponse().read() == b"ride"
    connection.close()


def test_a_client_that_waits_for_100_continue(served: Any) -> None:
    served.client("s3").create_bucket(Bucket="rides-continue")
    url = urlsplit(
        served.client("s3").generate_presigned_url(
            "put_object", Params={"Bucket": "rides-continue", "Key": "k"}
        )
    )
    with socket.create_connection(("127.0.0.1", served.port), timeout=30) as connection:
        connection.sendall(
            f"PUT {url.path}?{url.query} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n"
            "Expect: 100-continue\r\n\r\n".encode()
        )
        assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"body")
        assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")
    got = served.client("s3").get_object(Bucket="rides-continue", Key="k")
    assert got["Body"].read() == b"body"


def test_a_chunked_upload(served: Any) -> None:
    s3 = served.client("s3")
    s3.create_bucket(Bucket="rides-chunked")
    url = urlsplit(
        s3.generate_presigned_url("put_object", Params={"Bucket": "rides-chunked", "Key": "k"})
    )
    connection = http.client.HTTPConnection("127.0.0.1", served.port)
    connection.request(
        "PUT", f"{url.path}?{url.query}", iter([b"in ", b"pieces"]), encode_chunked=True,
        headers={"Transfer-Encoding": "chunked"},
    )  # fmt: skip
    assert connection.getresponse().status == 200
    connection.close()
    assert s3.get_object(Bucket="rides-chunked", Key="k")["Body"].read() == b"in pieces"
