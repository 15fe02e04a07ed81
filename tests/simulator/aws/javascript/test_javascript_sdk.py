"""The AWS SDK for JavaScript that a Node.js runtime carries: its calls, values, errors and retries.

Sources: Lambda Developer Guide, "Building Lambda functions with Node.js"; AWS SDK for JavaScript
Developer Guides for versions 2 and 3.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simulator.aws.functions import runtimes
from simulator.fault import Fault
from simulator.world import World

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(runtimes.node() is None, reason="this machine has no Node.js"),
]
DATA = Path(__file__).parent / "data" / "sdk"
Run = Callable[..., Any]


@pytest.fixture
def table(world: World) -> str:
    world.cloud.session().client("dynamodb").create_table(
        TableName="rides",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return "rides"


@pytest.fixture
def bucket(world: World) -> str:
    world.cloud.session().client("s3").create_bucket(Bucket="photos")
    return "photos"


def kept(name: str) -> str:
    return (DATA / name).read_text()


def second(body: str) -> str:
    return f"const AWS = require('aws-sdk'); exports.handler = async () => {{ {body} }}"


def third(imports: str, body: str) -> str:
    return f"{imports}; export const handler = async () => {{ {body} }}"


def test_version_2_by_promise_callback_and_event(world: World, run_js: Run) -> None:
    source = kept("requests_2.js")
    assert run_js(source, "nodejs12.x") == ["a", "b"]


def test_version_2s_document_client(table: str, run_js: Run) -> None:
    source = kept("documents_2.js")
    item, wire, plain, refused = run_js(source, "nodejs16.x")
    assert item == {"id": "1", "n": 3.5, "l": [None, True, "x"], "m": {"a": {}}, "s": [1, 2]}
    assert (wire, plain) == ({"N": "3.5"}, 3.5)
    assert refused == ["ConditionalCheckFailedException", 400, "The conditional request failed"]


def test_version_2_reads_and_writes_bytes_dates_and_streams(bucket: str, run_js: Run) -> None:
    source = kept("bytes_2.js")
    assert run_js(source, "nodejs14.x") == ["bytes", True, 5, "bytes"]


@pytest.mark.parametrize(
    ("params", "code", "message"),
    [
        ("{}", "MissingRequiredParameter", "Missing required key 'QueueName' in params"),
        (
            "{ QueueName: 'q', Nix: 1 }",
            "UnexpectedParameter",
            "Unexpected key 'Nix' found in params",
        ),
        ("{ QueueName: 5 }", "InvalidParameterType", "Expected params.QueueName to be a string"),
        (
            "{ QueueName: 5, Nix: 1 }",
            "MultipleValidationErrors",
            "There were 2 validation errors:\n"
            "* UnexpectedParameter: Unexpected key 'Nix' found in params\n"
            "* InvalidParameterType: Expected params.QueueName to be a string",
        ),
    ],
)
def test_version_2_checks_parameters_itself(
    run_js: Run, params: str, code: str, message: str
) -> None:
    source = second(
        f"try {{ await new AWS.SQS().createQueue({params}).promise() }}"
        "catch (e) { return [e.code, e.message] }"
    )
    assert run_js(source, "nodejs12.x") == [code, message]


def test_version_3_commands_methods_pages_and_errors(bucket: str, run_js: Run) -> None:
    source = kept("commands_3.mjs")
    assert run_js(source, "nodejs18.x", "index.mjs") == [
        *("b", [["a", "b"], ["c"]], True, "NoSuchKey", 404, 1, 200)
    ]


def test_version_3s_document_client(table: str, run_js: Run) -> None:
    source = kept("documents_3.mjs")
    values, big, count, bad, back = run_js(source, "nodejs22.x", "index.mjs")
    assert (values, big, count, back) == (["x"], str(2**60), 7, {"a": [1]})
    assert "removeUndefinedValues=true" in bad


def test_a_function_invokes_another(run_js: Run) -> None:
    run_js("exports.handler = async (e) => ({ got: e })", "nodejs20.x", FunctionName="other")
    params = "{ FunctionName: 'other', Payload: JSON.stringify({ x: 1 }) }"
    source = second(
        f"return JSON.parse((await new AWS.Lambda().invoke({params}).promise()).Payload)"
    )
    assert run_js(source, "nodejs12.x") == {"got": {"x": 1}}
    source = third(
        "import { LambdaClient, InvokeCommand } from '@aws-sdk/client-lambda'",
        f"const got = await new LambdaClient().send(new InvokeCommand({params}));"
        "return JSON.parse(got.Payload.transformToString())",
    )
    assert run_js(source, "nodejs20.x", "index.mjs") == {"got": {"x": 1}}


def test_a_throttled_call_is_tried_again_in_virtual_time(world: World, run_js: Run) -> None:
    where = {"service": "sqs", "action": "ListQueues"}
    world.faults.inject(Fault("busy", where, "ThrottlingException", 400, attempts=(1, 2)))
    body = "const got = await client.send(new ListQueuesCommand({})); return got.$metadata.attempts"
    source = third(
        "import { SQSClient, ListQueuesCommand } from '@aws-sdk/client-sqs'",
        f"const client = new SQSClient(); {body}",
    )
    assert run_js(source, "nodejs20.x", "index.mjs") == 3
    assert world.now_s > 0.25


def test_calls_are_the_functions_own(world: World, run_js: Run) -> None:
    source = second("await new AWS.SNS().listTopics().promise()")
    run_js(source, "nodejs12.x")
    (call,) = [f for f in world.journal.facts if f.data.get("action") == "ListTopics"]
    assert call.who == "lambda:f0"


def test_other_credentials_are_another_account(run_js: Run) -> None:
    source = third(
        "import { STSClient, GetCallerIdentityCommand } from '@aws-sdk/client-sts'",
        "const credentials = { accessKeyId: '222222222222', secretAccessKey: 's' };"
        "const caller = await new STSClient({ credentials }).send(new GetCallerIdentityCommand());"
        "return caller.Account",
    )
    assert run_js(source, "nodejs20.x", "index.mjs") == "222222222222"


@pytest.mark.parametrize(
    ("runtime", "file", "line", "words"),
    [
        ("nodejs20.x", "index.js", "require('aws-sdk')", "@aws-sdk/client-"),
        ("nodejs16.x", "index.js", "require('@aws-sdk/client-sqs')", "aws-sdk, version 2"),
        (
            "nodejs20.x",
            "index.mjs",
            "import '@aws-sdk/client-nix'",
            "deployment package or a layer",
        ),
        (
            "nodejs20.x",
            "index.js",
            "require('@aws-sdk/client-nix')",
            "deployment package or a layer",
        ),
    ],
)
def test_what_a_runtime_lacks_is_named(
    run_js: Run, runtime: str, file: str, line: str, words: str
) -> None:
    told = run_js(line, runtime, file)
    assert told["failed"] == "Runtime.ImportModuleError"
    assert words in told["message"]


def test_a_service_that_is_none_is_named(run_js: Run) -> None:
    told = run_js(second("new AWS.Unicorns()"), "nodejs12.x")
    assert told["failed"] == "TypeError"
    assert "no AWS.Unicorns" in told["message"]


@pytest.mark.parametrize(
    "body", ["'no json'", "'[]'", "'{}'", '\'{"version": 3, "kind": "call"}\'']
)
def test_garbage_to_the_sdks_host_is_an_answer(run_js: Run, body: str) -> None:
    source = f"""exports.handler = async () => {{
        const answer = await fetch('http://sdk.paddock/', {{ method: 'POST', body: {body} }});
        return (await answer.json()).error.code;
    }}"""
    assert run_js(source, "nodejs20.x") == "ValidationError"
