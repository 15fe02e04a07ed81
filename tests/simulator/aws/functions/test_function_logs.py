"""What stands in a function's log: Lambda's own lines and the runtime's, as text and as JSON.

Sources: Lambda Developer Guide, "Configuring advanced logging controls for Lambda functions",
"Using Lambda advanced logging controls with Python" and "… with Node.js".
"""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator.world import World

pytestmark = pytest.mark.process
Deploy = Callable[..., str]
Invoke = Callable[..., tuple[Any, str | None]]
Lines = Callable[..., list[str]]

JSON = {"LogFormat": "JSON"}


@pytest.fixture
def lines(world: World) -> Lines:
    def read(group: str = "/aws/lambda/f") -> list[str]:
        logs = world.cloud.session().client("logs")
        events = logs.filter_log_events(logGroupName=group)["events"]
        return [each["message"] for each in events]

    return read


def objects(lines: list[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines if line.startswith("{")]


def test_a_text_log_is_lambdas(deploy: Deploy, invoke: Invoke, lines: Lines) -> None:
    deploy("f", "def handler(e, c):\n    print('here')\n    return 1 / e\n")
    invoke("f", 0)
    start, here, error, end, report = lines()
    request = start.split()[2]
    assert start == f"START RequestId: {request} Version: $LATEST"
    assert here == "here"
    assert error.startswith("[ERROR] ZeroDivisionError: division by zero\nTraceback")
    assert end == f"END RequestId: {request}"
    assert report == (
        f"REPORT RequestId: {request}\tDuration: 0.00 ms\tBilled Duration: 250 ms\t"
        "Memory Size: 128 MB\tInit Duration: 250.00 ms"
    )


@pytest.mark.parametrize(
    ("body", "told", "status"),
    [
        (
            "import time; time.sleep(9)",
            ["2026-01-01T00:00:03.250Z {id} Task timed out after 3.00 seconds"],
            "\tStatus: timeout",
        ),
        (
            "import os; os._exit(4)",
            [
                "RequestId: {id} Error: Runtime exited with error: exit status 4\n"
                "Runtime.ExitError\n[paddock] the process ended (Runtime exited with error: exit "
                "status 4)"
            ],
            "\tStatus: error\tError Type: Runtime.ExitError",
        ),
    ],
)
def test_what_lambda_says_of_an_ending(
    deploy: Deploy, invoke: Invoke, lines: Lines, body: str, told: list[str], status: str
) -> None:
    deploy("f", f"def handler(e, c): {body}\n")
    invoke("f")
    start, *said, _, report = lines()
    assert said == [each.replace("{id}", start.split()[2]) for each in told]
    assert report.endswith(status)


def test_python_logs_json(deploy: Deploy, invoke: Invoke, lines: Lines, client: Any) -> None:
    source = """
import logging
log = logging.getLogger("rides")
def handler(event, context):
    log.debug("unseen")
    log.info("ride %s", 7, extra={"rider": "ann"})
    print("plain")
    try:
        raise KeyError("fare")
    except KeyError:
        log.exception("lost")
    raise ValueError("late")
"""
    deploy("f", source, LoggingConfig=JSON)
    assert client.get_function_configuration(FunctionName="f")["LoggingConfig"] == {
        "LogFormat": "JSON",
        "ApplicationLogLevel": "INFO",
        "SystemLogLevel": "INFO",
        "LogGroup": "/aws/lambda/f",
    }
    answer, _ = invoke("f")
    assert "plain" in lines()
    start, info, lost, late, report = objects(lines())
    request = answer["requestId"]
    assert start == {
        "time": "2026-01-01T00:00:00.250Z",
        "type": "platform.start",
        "record": {"requestId": request, "version": "$LATEST"},
    }
    assert info == {
        "timestamp": "2026-01-01T00:00:00Z",
        "level": "INFO",
        "message": "ride 7",
        "logger": "rides",
        "rider": "ann",
        "requestId": request,
    }
    assert (lost["errorType"], lost["message"], lost["requestId"]) == ("KeyError", "lost", request)
    assert (late["log_level"], late["errorMessage"]) == ("ERROR", "late")
    assert report["type"] == "platform.report"
    assert report["record"]["status"] == "error"
    assert report["record"]["metrics"] == {
        "durationMs": 0.0,
        "billedDurationMs": 250,
        "memorySizeMB": 128,
        "initDurationMs": 250.0,
    }


def test_levels_leave_lines_out(deploy: Deploy, invoke: Invoke, lines: Lines) -> None:
    levels = {**JSON, "ApplicationLogLevel": "ERROR", "SystemLogLevel": "WARN"}
    body = "    import logging\n    logging.warning('w')\n    logging.error('e')\n"
    deploy("f", f"def handler(e, c):\n{body}", LoggingConfig=levels)
    invoke("f")
    assert [each.get("message") for each in objects(lines())] == ["e"]
    deploy("g", "def handler(e, c):\n    while True: pass\n", LoggingConfig=levels)
    invoke("g")
    (report,) = objects(lines("/aws/lambda/g"))
    assert (report["record"]["status"], report["record"]["errorType"]) == (
        "timeout",
        "Sandbox.Timedout",
    )


def test_node_logs_json(deploy_node: Deploy, invoke: Invoke, lines: Lines) -> None:
    source = """exports.handler = async () => {
        console.debug('unseen');
        console.log('ride %s', 7);
        console.warn({ rider: 'ann' });
        console.error('lost', new TypeError('fare'));
        throw new RangeError('late');
    }"""
    deploy_node("f", source, LoggingConfig=JSON)
    invoke("f")
    _, ride, ann, lost, late, _ = objects(lines())
    assert (ride["level"], ride["message"]) == ("INFO", "ride 7")
    assert (ann["level"], ann["message"]) == ("WARN", {"rider": "ann"})
    assert (lost["level"], lost["errorType"], lost["errorMessage"]) == (
        *("ERROR", "TypeError", "fare"),
    )
    assert (late["errorType"], late["errorMessage"]) == ("RangeError", "late")
    assert {each["requestId"] for each in (ride, ann, lost, late)} == {ride["requestId"]}


def test_a_group_of_ones_own(deploy: Deploy, invoke: Invoke, lines: Lines) -> None:
    deploy("f", "def handler(e, c): print('x')\n", LoggingConfig={"LogGroup": "/rides"})
    invoke("f")
    assert "x" in lines("/rides")


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"LogFormat": "XML"}, "enum value set"),
        ({"LogFormat": "JSON", "SystemLogLevel": "ERROR"}, "enum value set"),
        ({"LogFormat": "Text", "ApplicationLogLevel": "INFO"}, "LogFormat is JSON"),
    ],
)
def test_what_logging_may_not_be(deploy: Deploy, config: dict[str, str], words: str) -> None:
    with pytest.raises(ClientError, match=words):
        deploy("f", "def handler(e, c): pass\n", LoggingConfig=config)
