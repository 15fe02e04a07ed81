"""Starting and stopping: a line when it accepts, a sentence when it cannot, nothing left over."""

from __future__ import annotations

import io
import json
import signal
import socket
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.process


def refused(*options: str) -> str:
    """What is said on standard error by an endpoint that must not start."""
    done = subprocess.run(
        [sys.executable, "-m", "simulator.aws.endpoint", *options],
        cwd=Path(__file__).resolve().parents[4],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_a_port_in_use_is_one_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert refused("--port", str(port)) == (
            f"paddock: port {port} is in use; stop what uses it or choose another with --port\n"
        )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--port", "70000"), "port 70000 is not a port"),
        (("--port", "0", "--time", "paced=0"), "there is no time mode 'paced=0'"),
        (("--port", "0", "--time", "paced=nan"), "there is no time mode 'paced=nan'"),
        (("--port", "0", "--time", "slow"), "there is no time mode 'slow'"),
        (("--port", "0", "--start", "yesterday"), "'yesterday' is no instant"),
        (("--port", "0", "--start", "2026-01-01T00:00:00"), "with a time zone"),
        (("--port", "0", "--start", "3500-01-01T00:00:00Z"), "cannot begin in 3500"),
        (("--port", "0", "--host", "no.such.host.invalid"), "the host 'no.such.host.invalid'"),
        (("--port", "0", "--journal", "/no/such/folder/j"), "cannot write the journal"),
    ],
)
def test_what_cannot_be_served_is_one_sentence(options: tuple[str, ...], said: str) -> None:
    assert said in refused(*options)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_cleanly(
    launch: Callable[..., Any], number: signal.Signals, capfd: pytest.CaptureFixture[str]
) -> None:
    served = launch()
    served.client("sqs").create_queue(QueueName="q")  # a kept-alive connection stays open
    served.process.send_signal(number)
    assert served.process.wait(timeout=30) == 0
    assert served.process.stdout.read() == ""
    assert capfd.readouterr().err == ""


def test_a_signal_stops_a_world_that_runs_flat_out(launch: Callable[..., Any]) -> None:
    served = launch("--time", "paced=1e9")
    states = served.client("stepfunctions")
    again = {"Type": "Wait", "Seconds": 1, "Next": "B"}
    definition = {"StartAt": "A", "States": {"A": again, "B": {**again, "Next": "A"}}}
    machine = states.create_state_machine(
        name="m", definition=json.dumps(definition), roleArn="arn:aws:iam::123456789012:role/r"
    )["stateMachineArn"]
    states.start_execution(stateMachineArn=machine)
    assert served.get("/_paddock/health")["status"] == "ok"
    assert served.stop() == 0


def test_stopping_ends_the_functions_processes(
    launch: Callable[..., Any], capfd: pytest.CaptureFixture[str]
) -> None:
    served = launch()
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("app.py", "def handler(event, context):\n    return event\n")
    functions = served.client("lambda")
    role = served.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")
    functions.create_function(
        FunctionName="f",
        Runtime="python3.12",
        Role=role["Role"]["Arn"],
        Handler="app.handler",
        Code={"ZipFile": package.getvalue()},
    )
    answer = functions.invoke(FunctionName="f", Payload=b'{"ride": 1}')
    assert json.loads(answer["Payload"].read()) == {"ride": 1}
    children = children_of(served.process.pid)
    assert children
    assert served.stop() == 0
    assert not [child for child in children if Path(f"/proc/{child}").exists()]
    assert "Traceback" not in capfd.readouterr().err


def children_of(pid: int) -> list[str]:
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += [child, *children_of(int(child))]
    return found


def test_another_host_is_served_with_a_warning() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "simulator.aws.endpoint", "--host", "0.0.0.0", "--port", "0"],
        cwd=Path(__file__).resolve().parents[4],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("listening on http://127.0.0.1:")
    process.terminate()
    _, said = process.communicate()
    assert said == (
        "paddock: warning: 0.0.0.0 is not loopback; "
        "whoever reaches this machine can use the cloud\n"
    )
    assert process.returncode == 0
