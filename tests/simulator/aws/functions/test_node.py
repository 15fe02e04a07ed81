"""Node.js handlers: "Define Lambda function handler in Node.js", in virtual time."""

from collections.abc import Callable
from typing import Any

import pytest

from simulator.aws.functions import runtimes
from simulator.world import World

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(runtimes.node() is None, reason="this machine has no Node.js"),
]
Deploy = Callable[..., str]
Invoke = Callable[..., tuple[Any, str | None]]


def test_an_async_handler_sees_event_context_and_clock(
    world: World, deploy_node: Deploy, invoke: Invoke
) -> None:
    source = """
        let count = 0;
        exports.handler = async (event, context) => {
            const before = Date.now();
            await new Promise((done) => setTimeout(done, 1500));
            return [event.ride, context.functionName, Date.now() - before, ++count,
                    context.getRemainingTimeInMillis(), new Date().toISOString()];
        };
    """
    deploy_node("f", source)
    assert invoke("f", {"ride": "r1"}) == (
        ["r1", "f", 1500, 1, 1500, "2026-01-01T00:00:01.750Z"],
        None,
    )
    assert invoke("f", {"ride": "r2"})[0][3] == 2
    assert world.now_s == 3.25


def test_a_callback_waits_for_the_empty_loop_unless_told_not_to(
    world: World, deploy_node: Deploy, invoke: Invoke
) -> None:
    source = """
        exports.handler = (event, context, callback) => {
            context.callbackWaitsForEmptyEventLoop = event;
            setTimeout(() => console.log('late'), 1000);
            callback(null, 'well');
        };
    """
    deploy_node("f", source)
    assert invoke("f", event=True) == ("well", None)
    assert world.now_s == 1.25
    assert invoke("f", event=False) == ("well", None)
    assert world.now_s == 1.25


@pytest.mark.parametrize(
    ("file", "extra"), [("index__mjs", {}), ("index__js", {"package__json": '{"type": "module"}'})]
)
def test_es_modules(
    deploy_node: Deploy, invoke: Invoke, zipped: Callable[..., bytes], file: str, extra: Any
) -> None:
    source = "import { sep } from 'node:path'; export const handler = async (e) => sep + e;"
    deploy_node("f", "", Code={"ZipFile": zipped(**{file: source}, **extra)})
    assert invoke("f", "x") == ("/x", None)


@pytest.mark.parametrize(
    ("source", "kind", "words"),
    [
        ("exports.handler = async () => { throw new TypeError('no') }", "TypeError", "no"),
        ("exports.handler = (e, c, done) => done(new Error('no'))", "Error", "no"),
        ("exports.handler = async () => { await null; throw 'text' }", "string", "text"),
        ("exports.handler = (", "Runtime.UserCodeSyntaxError", "Unexpected end of input"),
        ("exports.other = 1", "Runtime.HandlerNotFound", "index.handler is undefined"),
        ("require('nothing-such')", "Runtime.ImportModuleError", "'nothing-such'"),
        ("exports.handler = async () => process.exit(3)", "Runtime.ExitError", "exit status 3"),
        (
            "exports.handler = async () => process.kill(process.pid, 'SIGKILL')",
            *("Runtime.ExitError", "signal: killed"),
        ),
        ("exports.handler = async () => process.abort()", "Runtime.ExitError", "signal: aborted"),
        ("exports.handler = async () => { for (;;); }", "Sandbox.Timedout", "3.00 seconds"),
        ("exports.handler = () => { setInterval(() => {}, 100) }", "Sandbox.Timedout", "3.00"),
        ("const f = () => f() + 1; exports.handler = f", "RangeError", "call stack"),
        (
            "exports.handler = async () => { Promise.reject(new Error('lost'));"
            " await new Promise((d) => setTimeout(d, 9)) }",
            "Runtime.UnhandledPromiseRejection",
            "Error: lost",
        ),
        (
            "exports.handler = async () => { const a = [];"
            " for (;;) a.push(Buffer.alloc(2 ** 24, 1)) }",
            "Runtime.OutOfMemory",
            "signal: killed",
        ),
        (
            "exports.handler = async () => require('fs').writeFileSync('/var/task/x', '')",
            "Error",
            "x'",
        ),
        (
            "exports.handler = async () => 'x'.repeat(7e6)",
            "Function.ResponseSizeTooLarge",
            "6291556",
        ),
    ],
)
def test_ways_to_fail(
    deploy_node: Deploy, deploy: Deploy, invoke: Invoke, source: str, kind: str, words: str
) -> None:
    deploy_node("f", source)
    answer, error = invoke("f")
    assert error == "Unhandled"
    assert (answer["errorType"], words in answer["errorMessage"]) == (kind, True), answer
    deploy("sound", "def handler(e, c): return 'well'\n")
    assert invoke("sound") == ("well", None)


def test_a_flood_of_output_and_a_swarm_of_processes_stay_inside(
    deploy_node: Deploy, invoke: Invoke
) -> None:
    flood = "const l = 'x'.repeat(1023); for (let i = 0; i < 1e6; i++) console.log(l); return 1"
    deploy_node("flood", f"exports.handler = async () => {{ {flood} }}")
    assert invoke("flood") == (1, None)
    swarm = "for (;;) require('child_process').spawn('sleep', ['1000']).on('error', () => {})"
    deploy_node("swarm", f"exports.handler = async () => {{ {swarm} }}")
    assert invoke("swarm")[1] == "Unhandled"
    assert invoke("flood") == (1, None)


_ASK = """
    const url = process.env.AWS_ENDPOINT_URL + '/?Action=ListQueues&Version=2012-11-05';
    const headers = { authorization: 'AWS4-HMAC-SHA256 Credential=123456789012/20260101/us-east-1/'
        + 'sqs/aws4_request, SignedHeaders=host, Signature=0' };
"""


@pytest.mark.parametrize(
    "body",
    [
        "const r = await fetch(url, { headers }); return [r.status, await r.text()];",
        """return new Promise((done, failed) => require('http').request(url, { headers }, (r) => {
            const parts = [];
            r.on('data', (part) => parts.push(part));
            r.on('end', () => done([r.statusCode, Buffer.concat(parts).toString()]));
        }).on('error', failed).end());""",
    ],
)
def test_requests_reach_the_world(
    deploy_node: Deploy, invoke: Invoke, queue: Callable[..., Any], body: str
) -> None:
    queue("rides")
    deploy_node("f", f"exports.handler = async () => {{ {_ASK} {body} }}")
    (status, text), error = invoke("f")
    assert (status, error) == (200, None)
    assert "/rides</QueueUrl>" in text


def test_a_host_that_does_not_exist_refuses(deploy_node: Deploy, invoke: Invoke) -> None:
    get = "require('https').get('https://nowhere.example/').on('error', failed)"
    deploy_node("f", f"exports.handler = () => new Promise((done, failed) => {get});")
    assert "ECONNREFUSED" in invoke("f")[0]["errorMessage"]


def test_chance_repeats_under_the_seed(role: str) -> None:
    import io
    import json
    import zipfile

    source = """
        const c = require('crypto');
        exports.handler = async () => [
            Math.random(), c.randomUUID(), c.randomBytes(4).toString('hex'),
            [...crypto.getRandomValues(new Uint8Array(3))]];
    """
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(zipfile.ZipInfo("index.js"), source)
    draws = []
    for seed in (1, 1, 2):
        with World(seed=seed) as world:
            iam = world.cloud.session().client("iam")
            arn = iam.create_role(RoleName="r", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
            client = world.cloud.session().client("lambda")
            client.create_function(
                FunctionName="f",
                Runtime="nodejs22.x",
                Handler="index.handler",
                Role=arn,
                Code={"ZipFile": made.getvalue()},
            )
            draws.append(json.loads(client.invoke(FunctionName="f")["Payload"].read()))
    assert draws[0] == draws[1] != draws[2]


def test_console_writes_as_lambda_does(world: World, deploy_node: Deploy, invoke: Invoke) -> None:
    deploy_node("f", "exports.handler = async () => { console.warn('low %d', 3); }")
    invoke("f")
    (line,) = [f.data["text"] for f in world.journal.facts if f.what == "lambda.log"]
    instant, request_id, level, text = line.split("\t")
    assert (instant, len(request_id), level, text) == (
        "2026-01-01T00:00:00.250Z",
        36,
        "WARN",
        "low 3",
    )


def test_without_node_the_error_says_what_is_missing(
    deploy_node: Deploy, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtimes, "node", lambda: None)
    deploy_node("f", "exports.handler = () => 1")
    answer, error = invoke("f")
    assert error == "Unhandled"
    assert "this machine has no Node.js" in answer["errorMessage"]


def test_the_user_has_a_home(deploy_node: Deploy, invoke: Invoke) -> None:
    """SDKs look for their settings there."""
    deploy_node("f", "exports.handler = async () => require('os').homedir()")
    assert invoke("f") == ("/home/sbx_user1051", None)


def test_a_file_beside_the_handler_is_a_module_by_its_name(
    deploy_node: Deploy, invoke: Invoke, zipped: Callable[..., bytes]
) -> None:
    """As Lambda's NODE_PATH has it: inline code of CloudFormation says require('cfn-response')."""
    files = {
        "index__js": "exports.handler = async () => require('cfn-response').SUCCESS",
        "cfn-response__js": "exports.SUCCESS = 'SUCCESS'",
    }
    deploy_node("f", "", Code={"ZipFile": zipped(**files)})
    assert invoke("f") == ("SUCCESS", None)
