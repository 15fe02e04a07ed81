"""Control routes: the clock, the journal, and who may reach them."""

from __future__ import annotations

import http.client
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.process

JSON = {"Content-Type": "application/json"}


def ask(
    served: Any,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", served.port)
    connection.request(method, path, body, headers or {})
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    return response.status, text


def test_the_clock_is_read_and_moved(launch: Callable[..., Any]) -> None:
    served = launch("--start", "2026-01-01T00:00:00Z", "--seed", "9")
    assert served.get("/_paddock/clock") == {
        "now": "2026-01-01T00:00:00+00:00",
        "now_s": 0.0,
        "start": "2026-01-01T00:00:00+00:00",
        "mode": "auto",
        "seed": 9,
    }
    assert served.move(advance_s=31)["now_s"] == 31
    assert served.move(advance_s=0.5)["now_s"] == 31.5
    assert served.move(to="2026-01-02T00:00:00+00:00")["now_s"] == 86_400
    assert served.move(mode="paced=2.5")["mode"] == "paced=2.5"
    assert served.move(mode="paused")["mode"] == "paused"


def test_moving_the_clock_runs_what_is_due(launch: Callable[..., Any]) -> None:
    served = launch()
    states = served.client("stepfunctions")
    definition = {
        "StartAt": "W",
        "States": {"W": {"Type": "Wait", "Seconds": 3_600, "End": True}},
    }
    machine = states.create_state_machine(
        name="m", definition=json.dumps(definition), roleArn="arn:aws:iam::123456789012:role/r"
    )["stateMachineArn"]
    execution = states.start_execution(stateMachineArn=machine)["executionArn"]
    served.move(advance_s=3_599)
    assert states.describe_execution(executionArn=execution)["status"] == "RUNNING"
    served.move(advance_s=2)
    states.list_state_machines()
    assert states.describe_execution(executionArn=execution)["status"] == "SUCCEEDED"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"31",
        b"{}",
        b'{"advance_s": "31"}',
        b'{"advance_s": -1}',
        b'{"advance_s": NaN}',
        b'{"advance_s": Infinity}',
        b'{"advance_s": true}',
        b'{"advance_s": null}',
        b'{"advance_s": 1e300}',
        b'{"advance_s": 1' + b"0" * 400 + b"}",
        b'{"advance_s": 1, "to": "2027-01-01T00:00:00Z"}',
        b'{"to": "2020-01-01T00:00:00Z"}',
        b'{"to": "tomorrow"}',
        b'{"to": "9999-12-31T23:59:59Z"}',
        b'{"mode": "fast"}',
        b'{"mode": "paced=-1"}',
        b'{"mode": 3}',
        b'\xff\xfe{"mode": "auto"}',
        b"[" * 100_000,
    ],
)
def test_a_bad_command_is_one_sentence_and_moves_nothing(served: Any, body: bytes) -> None:
    before = served.get("/_paddock/clock")
    status, text = ask(served, "POST", "/_paddock/clock", body, JSON)
    assert status == 400
    told = json.loads(text)["error"]
    assert 20 < len(told) < 400
    assert "\n" not in told
    assert served.get("/_paddock/clock") == before


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Host": "evil.example"},
        {"Host": "evil.example:4566"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": ""},
        {"Host": "["},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
    ],
)
def test_a_cross_site_request_is_refused(served: Any, headers: dict[str, str]) -> None:
    before = served.get("/_paddock/clock")
    status, text = ask(served, "POST", "/_paddock/clock", b'{"advance_s": 5}', {**JSON, **headers})
    assert status == 403
    assert json.loads(text)["error"]
    assert served.get("/_paddock/clock") == before
    if "Content-Type" not in headers:
        assert ask(served, "GET", "/_paddock/journal", None, headers)[0] == 403
        assert ask(served, "POST", "/moto-api/reset", b"", headers)[0] == 403


def test_pages_of_the_endpoint_itself_may_ask(served: Any) -> None:
    own = {"Origin": served.url, "Sec-Fetch-Site": "same-origin"}
    assert ask(served, "GET", "/_paddock/clock", None, own)[0] == 200
    assert (
        ask(served, "GET", "/_paddock/health", None, {"Host": f"localhost:{served.port}"})[0] == 200
    )


def test_unknown_routes_and_methods(served: Any) -> None:
    assert ask(served, "GET", "/_paddock/nothing")[0] == 404
    assert ask(served, "GET", "/_paddock")[0] == 404
    assert ask(served, "DELETE", "/_paddock/clock")[0] == 405


def test_the_journal_is_read_from_any_fact_on(launch: Callable[..., Any]) -> None:
    served = launch()
    for name in "abc":
        served.client("sqs").create_queue(QueueName=name)
    every = served.journal().splitlines()
    assert [json.loads(line)["params"]["QueueName"] for line in every] == ["a", "b", "c"]
    status, text = ask(served, "GET", "/_paddock/journal?after=2")
    assert (status, text.splitlines()) == (200, every[2:])
    assert ask(served, "GET", "/_paddock/journal?after=999999999999999999999") == (200, "")
    for wrong in ("-1", "x", "1.5"):
        assert ask(served, "GET", f"/_paddock/journal?after={wrong}")[0] == 400


def test_reset_empties_the_cloud_and_leaves_our_backends_in_force(
    launch: Callable[..., Any],
) -> None:
    served = launch()
    sqs = served.client("sqs")
    sqs.create_queue(QueueName="before")
    states = served.client("stepfunctions")
    for _ in range(2):
        assert ask(served, "POST", "/moto-api/reset", b"")[0] == 200
        assert "QueueUrls" not in sqs.list_queues()
        url = sqs.create_queue(QueueName="after")["QueueUrl"]
        now_s = served.get("/_paddock/clock")["now_s"]
        assert "Messages" not in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)
        assert served.get("/_paddock/clock")["now_s"] == pytest.approx(now_s + 20.001)
        definition = {"StartAt": "W", "States": {"W": {"Type": "Succeed"}}}
        machine = states.create_state_machine(
            name="m", definition=json.dumps(definition), roleArn="arn:aws:iam::123456789012:role/r"
        )["stateMachineArn"]
        execution = states.start_execution(stateMachineArn=machine)["executionArn"]
        assert states.describe_execution(executionArn=execution)["status"] == "SUCCEEDED"


def test_motos_own_routes_are_there(served: Any) -> None:
    # moto's listing trips over buckets that were deleted; other tests share this server.
    assert ask(served, "POST", "/moto-api/reset", b"")[0] == 200
    role = served.client("iam").create_role(RoleName="moto-api", AssumeRolePolicyDocument="{}")
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("app.py", "")
    served.client("lambda").create_function(  # which moto would look for Docker for
        FunctionName="for-moto-api",
        Role=role["Role"]["Arn"],
        Runtime="python3.12",
        Handler="app.handler",
        Code={"ZipFile": package.getvalue()},
    )
    status, text = ask(served, "GET", "/moto-api/data.json")
    assert status == 200
    assert "for-moto-api" in json.dumps(json.loads(text))


def test_a_function_reaches_neither_control_routes_nor_the_reset(
    launch: Callable[..., Any],
) -> None:
    served = launch()
    handler = """
import json, os, urllib.error, urllib.request
def handler(event, context):
    said = {}
    for path in event["paths"]:
        for base in event["bases"]:
            try:
                request = urllib.request.Request(base + path, data=b'{"advance_s": 5}',
                    headers={"Content-Type": "application/json"})
                said[base + path] = urllib.request.urlopen(request, timeout=2).status
            except urllib.error.HTTPError as error:
                said[base + path] = error.code
            except OSError as error:
                said[base + path] = type(error).__name__
    return said
"""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("app.py", handler)
    served.client("sqs").create_queue(QueueName="stays")
    role = served.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")
    functions = served.client("lambda")
    functions.create_function(
        FunctionName="f",
        Runtime="python3.12",
        Role=role["Role"]["Arn"],
        Handler="app.handler",
        Timeout=60,
        Code={"ZipFile": package.getvalue()},
    )
    event = {
        "paths": ["/_paddock/clock", "/moto-api/reset"],
        "bases": [served.url, "http://localhost", "http://paddock"],
    }
    answer = functions.invoke(FunctionName="f", Payload=json.dumps(event).encode())
    said = json.loads(answer["Payload"].read())
    assert len(said) == 6
    assert all(status != 200 for status in said.values()), said
    assert served.client("sqs").list_queues()["QueueUrls"]
    assert served.get("/_paddock/clock")["now_s"] < 5
