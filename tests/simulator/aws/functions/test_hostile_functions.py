"""Handlers that attack or break: each fails as on Lambda, and the cloud goes on."""

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from simulator.world import World

pytestmark = pytest.mark.process
Deploy = Callable[..., str]
Invoke = Callable[..., tuple[Any, str | None]]

ATTACKS = {
    "an endless loop": ("    while True: pass\n", "Sandbox.Timedout", "timed out"),
    "deep recursion": (
        "    def deep(n): return deep(n + 1)\n    deep(0)\n",
        "RecursionError",
        "maximum recursion depth",
    ),
    "recursion without a limit": (
        "    import sys; sys.setrecursionlimit(10**9)\n"
        "    def deep(n): return [deep(n + 1)]\n"
        "    deep(0)\n",
        ("Runtime.ExitError", "Runtime.OutOfMemory"),
        "signal",
    ),
    "four gigabytes": ("    bytearray(4 * 2**30)\n", "Runtime.OutOfMemory", "signal: killed"),
    "leaving": ("    import os; os._exit(7)\n", "Runtime.ExitError", "exit status 7"),
    "a fork bomb": (
        "    import os\n    while True:\n        try: os.fork()\n        except OSError: pass\n",
        ("Sandbox.Timedout", "Runtime.ExitError", "Runtime.OutOfMemory"),
        "",
    ),
    "writing into its code": ("    open('/var/task/app.py', 'w')\n", "OSError", "Read-only"),
    "writing into the system": (
        "    open('/usr/x', 'w')\n",
        ("OSError", "PermissionError"),
        "/usr/x",
    ),
    "a gigabyte of output": (
        "    for _ in range(1024): print('x' * (2**20 - 1))\n    return 'done'\n",
        None,
        "done",
    ),
    "a gigabyte behind Python's back": (
        "    import os\n    data = b'x' * 2**20\n    for _ in range(1024): os.write(1, data)\n",
        ("OSError", "Runtime.ExitError", "Runtime.OutOfMemory", "Sandbox.Timedout"),
        "",
    ),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_hostile_handler(world: World, deploy: Deploy, invoke: Invoke, attack: str) -> None:
    body, kind, words = ATTACKS[attack]
    deploy("f", f"def handler(event, context):\n{body}")
    deploy("sound", "def handler(e, c): return 'well'\n")
    answer, error = invoke("f")
    if kind is None:
        assert (answer, error) == (words, None)
    else:
        assert error == "Unhandled"
        kinds = (kind,) if isinstance(kind, str) else kind
        assert answer["errorType"] in kinds, answer
        assert words in answer["errorMessage"]
    assert invoke("sound") == ("well", None)
    assert len(world.journal.facts) < 5_000


@pytest.mark.parametrize("name", ["../evil.py", "/tmp/evil.py", "a/../../evil.py"])
def test_a_package_or_layer_that_leads_out(
    client: Any, deploy: Deploy, invoke: Invoke, name: str
) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(name, "x = 1")
        archive.writestr("app.py", "def handler(e, c): return 'ran'\n")
    package = {"ZipFile": made.getvalue()}
    deploy("f", "", Code=package)
    answer, error = invoke("f")
    assert (answer["errorType"], error) == ("Runtime.BadPackage", "Unhandled")
    assert "leads out of the package" in answer["errorMessage"]
    layer = client.publish_layer_version(LayerName="l", Content=package)["LayerVersionArn"]
    deploy("g", "def handler(e, c): return 'ran'\n", Layers=[layer])
    assert "leads out of the package" in invoke("g")[0]["errorMessage"]


def test_a_package_that_is_none(deploy: Deploy, invoke: Invoke) -> None:
    deploy("f", "", Code={"ZipFile": b"this is no zip"})
    answer, _ = invoke("f")
    assert (answer["errorType"], "not a zip file" in answer["errorMessage"]) == (
        "Runtime.BadPackage",
        True,
    )


def test_a_hostile_batch_does_not_stop_its_queue(
    world: World, client: Any, deploy: Deploy, queue: Callable[..., tuple[str, str]]
) -> None:
    url, arn = queue("jobs", VisibilityTimeout="30")
    function = deploy(
        "f",
        "import os\ndef handler(e, c):\n"
        "    if e['Records'][0]['body'] == 'bad': os._exit(1)\n    print('good')\n",
    )
    client.create_event_source_mapping(EventSourceArn=arn, FunctionName=function, BatchSize=1)
    sqs = world.cloud.session().client("sqs")
    for body in ("bad", "fine", "bad", "fine"):
        sqs.send_message(QueueUrl=url, MessageBody=body)
    world.run(until=200)
    assert [each["body"] for each in world.cloud.peek_queue("jobs")] == ["bad", "bad"]


@pytest.mark.parametrize(
    ("source", "kind", "message", "at_s"),
    [
        ("while True: pass\n", "Sandbox.Timedout", "Task timed out after 3.00 seconds", 13.25),
        (
            "import time; time.sleep(60)\n",
            "Sandbox.Timedout",
            "Task timed out after 3.00 seconds",
            13.25,
        ),
        ("import os; os._exit(3)\n", "Runtime.ExitError", "exit status 3", 0.25),
    ],
)
def test_what_goes_wrong_while_loading_is_told_with_the_request(
    world: World, deploy: Deploy, invoke: Invoke, source: str, kind: str, message: str, at_s: float
) -> None:
    """Lambda Developer Guide, "Understanding the Lambda execution environment lifecycle"."""
    deploy("f", f"{source}def handler(e, c): return 1\n")
    answer, error = invoke("f")
    assert (answer["errorType"], error) == (kind, "Unhandled")
    assert answer["errorMessage"].startswith(f"RequestId: {answer['requestId']} Error: ")
    assert answer["errorMessage"].endswith(message)
    assert world.now_s == at_s


def test_a_slow_start_goes_on_in_the_invocation(
    world: World, deploy: Deploy, invoke: Invoke
) -> None:
    deploy("f", "import time; time.sleep(12)\ndef handler(e, c): return 1\n", Timeout=30)
    assert invoke("f") == (1, None)
    assert world.now_s == 0.25 + 10 + 12
    assert invoke("f") == (1, None)
    assert world.now_s == 22.25


def test_a_wait_for_what_is_not_the_worlds_is_bounded(deploy: Deploy, invoke: Invoke) -> None:
    wait = "    import subprocess; subprocess.run(['sleep', '1000'])\n"
    deploy("f", f"def handler(e, c):\n{wait}")
    assert invoke("f")[0]["errorType"] == "Sandbox.Timedout"


@pytest.mark.parametrize(
    ("body", "how"),
    [
        ("import os; os.kill(os.getpid(), 9)", "signal: killed"),
        ("import os; os.kill(os.getppid(), 15)", "signal: terminated"),
        ("import os; os.abort()", "signal: aborted"),
        ("import signal; signal.raise_signal(signal.SIGSEGV)", "signal: segmentation fault"),
    ],
)
def test_a_signal_to_itself(deploy: Deploy, invoke: Invoke, body: str, how: str) -> None:
    deploy("f", f"def handler(e, c): {body}\n")
    answer, _ = invoke("f")
    assert answer["errorType"] == "Runtime.ExitError"
    assert answer["errorMessage"].endswith(f"Error: Runtime exited with error: {how}")


def test_a_signal_that_is_handled_ends_nothing(deploy: Deploy, invoke: Invoke) -> None:
    body = "signal.signal(10, lambda *a: seen.append(1)); os.kill(os.getpid(), 10); return seen"
    deploy("f", f"import os, signal\nseen = []\ndef handler(e, c):\n    {body}\n")
    assert invoke("f") == ([1], None)


def test_an_error_too_large_to_tell(deploy: Deploy, invoke: Invoke) -> None:
    deploy("f", "def handler(e, c): raise ValueError('x' * 8 * 2**20)\n")
    answer, error = invoke("f")
    assert (answer["errorType"], error) == ("Function.ResponseSizeTooLarge", "Unhandled")


@pytest.mark.parametrize("body", ["return 'x' * 60 * 2**20", "raise ValueError('x' * 100 * 2**20)"])
def test_an_answer_that_does_not_fit_in_memory(deploy: Deploy, invoke: Invoke, body: str) -> None:
    deploy("f", f"def handler(e, c): {body}\n")
    assert invoke("f")[0]["errorType"] == "Runtime.OutOfMemory"


def test_empty_lines_without_end_are_few(world: World, deploy: Deploy, invoke: Invoke) -> None:
    deploy("f", "def handler(e, c):\n    while True: print()\n")
    assert invoke("f")[0]["errorType"] == "Sandbox.Timedout"
    assert len(world.journal.facts) < 50_000


def test_a_process_that_is_forked_does_not_answer(deploy: Deploy, invoke: Invoke) -> None:
    deploy("f", "import os\ndef handler(e, c):\n    os.fork()\n    return [e, os.getpid() == 1]\n")
    assert [invoke("f", each)[0][0] for each in range(3)] == [0, 1, 2]


def linked(target: str) -> bytes:
    """A package with a link `tool` to a target."""
    made = io.BytesIO()
    link = zipfile.ZipInfo("bin/tool")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("lib/tool.txt", "tool")
        archive.writestr(link, target)
        archive.writestr("app.py", "def handler(e, c): return open('bin/tool').read()\n")
    return made.getvalue()


@pytest.mark.parametrize(
    ("target", "answer"),
    [
        ("../lib/tool.txt", "tool"),
        ("../../../etc/passwd", "the link 'bin/tool' leads out of the package"),
        ("/etc/passwd", "the link 'bin/tool' leads out of the package"),
    ],
)
def test_links_stay_in_their_package(
    deploy: Deploy, invoke: Invoke, target: str, answer: str
) -> None:
    deploy("f", "", Code={"ZipFile": linked(target)})
    told, error = invoke("f")
    assert answer in (told["errorMessage"] if error else told)


def test_a_zip_bomb_is_refused_before_it_unpacks(client: Any, deploy: Deploy) -> None:
    made = io.BytesIO()
    with (
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("zeros", "w") as file,
    ):
        for _ in range(300):
            file.write(bytes(2**20))
    with pytest.raises(client.exceptions.InvalidParameterValueException, match="262144000"):
        deploy("f", "", Code={"ZipFile": made.getvalue()})


def test_a_loop_of_calls_ends_with_the_timeout(
    world: World, deploy: Deploy, invoke: Invoke
) -> None:
    loop = "    queues = boto3.client('sqs')\n    while True: queues.list_queues()\n"
    deploy("f", f"import boto3\ndef handler(e, c):\n{loop}", Timeout=1)
    assert invoke("f")[0]["errorType"] == "Sandbox.Timedout"
    calls = [each for each in world.journal.facts if each.data.get("action") == "ListQueues"]
    assert len(calls) == 1_999
    assert world.now_s == 1.25
