"""Lambda: handlers really run, in virtual time, and fail as on Lambda."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from simulator.world import World

pytestmark = pytest.mark.process


def invoke(world: World, name: str, event: Any = None, **options: Any) -> tuple[Any, str | None]:
    """The answer and the FunctionError of a synchronous invocation."""
    client = world.cloud.session().client("lambda")
    answer = client.invoke(FunctionName=name, Payload=json.dumps(event), **options)
    return json.loads(answer["Payload"].read() or b"null"), answer.get("FunctionError")


def facts(world: World, what: str) -> list[dict[str, Any]]:
    return [{"at": f.at, **f.data} for f in world.journal.facts if f.what == what]


def test_sleep_and_boto3_inside_a_handler_take_virtual_time(
    world: World, deploy: Callable[..., str]
) -> None:
    sqs = world.cloud.session().client("sqs")
    url = sqs.create_queue(QueueName="rides")["QueueUrl"]
    deploy(
        "f",
        "import boto3, os, time\n"
        "def handler(event, context):\n"
        "    time.sleep(100)\n"
        "    sqs = boto3.client('sqs')\n"
        "    sqs.receive_message(QueueUrl=event['url'], WaitTimeSeconds=20)\n"
        "    sqs.send_message(QueueUrl=event['url'], MessageBody=os.environ['GREETING'])\n"
        "    left_ms = context.get_remaining_time_in_millis()\n"
        "    return {'left_ms': left_ms, 'n': context.function_name}\n",
        Timeout=300,
        Environment={"Variables": {"GREETING": "hello"}},
    )
    answer, error = invoke(world, "f", {"url": url})
    assert (answer, error) == ({"left_ms": 180_000, "n": "f"}, None)
    assert world.now_s == 0.25 + 100 + 20
    assert [m["body"] for m in world.cloud.peek_queue("rides")] == ["hello"]


def test_module_state_and_tmp_live_as_long_as_the_environment(
    world: World, deploy: Callable[..., str]
) -> None:
    source = (
        "import os, pathlib, tempfile\n"
        "count = 0\n"
        "def handler(event, context):\n"
        "    global count; count += 1\n"
        "    note = pathlib.Path(tempfile.gettempdir(), 'note')\n"
        "    seen = note.exists(); note.write_text('x')\n"
        "    return [count, seen]\n"
    )
    deploy("f", source)
    assert [invoke(world, "f")[0] for _ in range(2)] == [[1, False], [2, True]]
    client = world.cloud.session().client("lambda")
    client.update_function_configuration(FunctionName="f", MemorySize=256)
    assert invoke(world, "f")[0] == [1, False]
    assert [start["cold"] for start in facts(world, "lambda.started")] == [True, False, True]


def test_two_invocations_at_once_need_two_environments(
    world: World, deploy: Callable[..., str]
) -> None:
    deploy("f", "import time\ndef handler(e, c):\n    time.sleep(1)\n")
    for _ in range(2):
        world.spawn(invoke, world, "f")
    world.run()
    assert world.now_s == 1.25
    assert [start["cold"] for start in facts(world, "lambda.started")] == [True, True]


def test_a_handled_error_has_lambdas_shape(world: World, deploy: Callable[..., str]) -> None:
    deploy(
        "f",
        "class CardDeclined(Exception): pass\n"
        "def handler(e, c): raise CardDeclined('insufficient funds')\n",
    )
    answer, error = invoke(world, "f")
    # AWS Lambda Developer Guide, "Understanding error handling in Python Lambda functions"
    assert error == "Unhandled"
    assert answer["errorType"] == "CardDeclined"
    assert answer["errorMessage"] == "insufficient funds"
    assert any("raise CardDeclined" in line for line in answer["stackTrace"])


@pytest.mark.parametrize(
    ("source", "error_type", "words"),
    [
        ("def handler(e, c):\n  import os; os._exit(3)\n", "Runtime.ExitError", "exit status 3"),
        ("def handler(e, c):\n  import sys; sys.exit(1)\n", "Runtime.ExitError", "exit"),
        ("def handler(e, c)\n", "Runtime.UserCodeSyntaxError", "Syntax error in module 'app'"),
        ("import nothing_such\n", "Runtime.ImportModuleError", "No module named 'nothing_such'"),
        ("def other(e, c): pass\n", "Runtime.HandlerNotFound", "Handler 'handler' missing"),
        ("def handler(e, c): return {1}\n", "Runtime.MarshalError", "not JSON serializable"),
        ("def handler(e, c):\n  import time; time.sleep(9)\n", "Sandbox.Timedout", "3.00 seconds"),
    ],
)
def test_ways_to_fail(
    world: World, deploy: Callable[..., str], source: str, error_type: str, words: str
) -> None:
    deploy("f", source)
    answer, error = invoke(world, "f")
    assert error == "Unhandled"
    assert (answer["errorType"], words in answer["errorMessage"]) == (error_type, True), answer
    deploy("sound", "def handler(e, c): return 'well'\n")
    assert invoke(world, "sound") == ("well", None)


def test_an_endless_loop_times_out_in_virtual_time(
    world: World, deploy: Callable[..., str]
) -> None:
    deploy("f", "def handler(e, c):\n    while True: pass\n", Timeout=7)
    answer, _ = invoke(world, "f")
    assert answer["errorType"] == "Sandbox.Timedout"
    assert world.now_s == 7.25


def test_a_memory_hog_is_ended(world: World, deploy: Callable[..., str]) -> None:
    deploy("f", "def handler(e, c):\n    return len(bytearray(4 * 2**30))\n")
    answer, error = invoke(world, "f")
    assert error == "Unhandled"
    assert answer["errorType"] in ("Runtime.ExitError", "Runtime.OutOfMemory"), answer


def test_a_slow_answer_of_a_called_function_does_not_outlive_the_callers_time(
    world: World, deploy: Callable[..., str]
) -> None:
    deploy(
        "slow", "import time\ndef handler(e, c):\n    time.sleep(5); return 'late'\n", Timeout=60
    )
    deploy(
        "f",
        "import boto3\ndef handler(e, c): boto3.client('lambda').invoke(FunctionName='slow')\n",
    )
    answer, _ = invoke(world, "f")
    assert answer["errorType"] == "Sandbox.Timedout"
    assert world.now_s == 3.25
    world.run()
    ended = {fact["function"]: fact["at"] for fact in facts(world, "lambda.ended")}
    assert ended == {"f": 3.25, "slow": 5.5}


def test_asynchronous_invocation_is_retried_twice(world: World, deploy: Callable[..., str]) -> None:
    deploy("f", "def handler(e, c): raise ValueError('no')\n")
    client = world.cloud.session().client("lambda")
    assert client.invoke(FunctionName="f", InvocationType="Event")["StatusCode"] == 202
    world.run()
    # AWS Lambda Developer Guide, "How Lambda handles errors and retries with asynchronous
    # invocation"
    assert [fact["at"] for fact in facts(world, "lambda.started")] == [0.0, 60.25, 180.25]
    assert len(facts(world, "lambda.retried")) == 2


def test_logs_reach_cloudwatch_and_the_tail(world: World, deploy: Callable[..., str]) -> None:
    deploy("f", "def handler(e, c):\n    print('ride', e)\n")
    client = world.cloud.session().client("lambda")
    answer = client.invoke(FunctionName="f", Payload=b"42", LogType="Tail")
    tail = base64.b64decode(answer["LogResult"]).decode().splitlines()
    assert [line.split(" ")[0] for line in tail] == ["START", "ride", "END", "REPORT"]
    logs = world.cloud.session().client("logs")
    events = logs.filter_log_events(logGroupName="/aws/lambda/f")["events"]
    assert [event["message"] for event in events] == tail


def test_chance_inside_a_handler_repeats_under_the_seed(deploy: Callable[..., str]) -> None:
    """See test_cloud.py for whole journals; here: the handler's own draws."""
    source = (
        "import os, random, secrets, uuid\n"
        "def handler(e, c):\n"
        "    return [random.random(), secrets.token_hex(4), str(uuid.uuid4()), hash('ride')]\n"
    )
    draws = []
    for seed in (1, 1, 2):
        with World(seed=seed) as world:
            iam = world.cloud.session().client("iam")
            role = iam.create_role(RoleName="r", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
            import io
            import zipfile

            package = io.BytesIO()
            with zipfile.ZipFile(package, "w") as archive:
                archive.writestr(zipfile.ZipInfo("app.py"), source)
            world.cloud.session().client("lambda").create_function(
                FunctionName="f",
                Runtime="python3.12",
                Handler="app.handler",
                Role=role,
                Code={"ZipFile": package.getvalue()},
            )
            draws.append(invoke(world, "f")[0])
    assert draws[0] == draws[1]
    assert draws[0][:3] != draws[2][:3]


def test_a_name_that_leads_out_of_the_package_is_refused(world: World, role: str) -> None:
    import io
    import zipfile

    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("../../evil.py", "x = 1")
    client = world.cloud.session().client("lambda")
    client.create_function(
        FunctionName="f",
        Runtime="python3.12",
        Handler="app.handler",
        Role=role,
        Code={"ZipFile": package.getvalue()},
    )
    answer, error = invoke(world, "f")
    assert error == "Unhandled"
    assert "leads out of the package" in answer["errorMessage"]


def test_a_runtime_that_is_not_built_fails_with_its_name(
    world: World, deploy: Callable[..., str]
) -> None:
    deploy("f", "public class App {}", Runtime="java21")
    answer, error = invoke(world, "f")
    assert error == "Unhandled"
    assert "java21" in answer["errorMessage"]


def test_nothing_is_said_of_the_endpoint(world: World, deploy: Callable[..., str]) -> None:
    code = "import logging; logging.getLogger().setLevel('INFO')\nimport boto3\n"
    deploy("f", code + "boto3.client('sqs')\ndef handler(e, c): logging.info('hello')")
    invoke(world, "f")
    logs = world.cloud.session().client("logs")
    events = logs.filter_log_events(logGroupName="/aws/lambda/f")["events"]
    told = "".join(event["message"] for event in events)
    assert "hello" in told
    assert "endpoint" not in told


def test_logs_go_to_the_group_that_is_named(world: World, deploy: Callable[..., str]) -> None:
    deploy("f", "def handler(e, c): print('here')\n", LoggingConfig={"LogGroup": "/rides/all"})
    invoke(world, "f")
    logs = world.cloud.session().client("logs")
    told = [
        event["message"] for event in logs.filter_log_events(logGroupName="/rides/all")["events"]
    ]
    assert "here" in told


def test_invoke_async_is_an_event(world: World, deploy: Callable[..., str]) -> None:
    deploy("f", "def handler(e, c): raise ValueError\n")
    client = world.cloud.session().client("lambda")
    assert client.invoke_async(FunctionName="f", InvokeArgs=b"{}")["Status"] == 202
    assert facts(world, "lambda.ended") == []
    world.run()
    assert len(facts(world, "lambda.ended")) == 3


def test_a_change_lets_what_runs_come_to_its_end(world: World, deploy: Callable[..., str]) -> None:
    deploy("f", "import time\ndef handler(e, c): time.sleep(2); return 'old'\n")
    client = world.cloud.session().client("lambda")
    first = world.spawn(invoke, world, "f")
    world.run(until=1)
    client.update_function_configuration(FunctionName="f", MemorySize=256)
    second = world.spawn(invoke, world, "f")
    assert world.run(until=first) == ("old", None)
    assert world.run(until=second) == ("old", None)
    assert [fact["memory_mb"] for fact in facts(world, "lambda.ended")] == [128, 256]
    assert [fact["cold"] for fact in facts(world, "lambda.started")] == [True, True]
