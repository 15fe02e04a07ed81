"""What Lambda refuses: "Lambda quotas", "Working with Lambda environment variables"."""

import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator.aws.functions import checks
from simulator.world import World

pytestmark = pytest.mark.process
Deploy = Callable[..., str]
Invoke = Callable[..., tuple[Any, str | None]]
ECHO = "def handler(e, c): return e\n"


def refused(act: Callable[[], Any]) -> tuple[str, int, str]:
    """The code, status and message of the error that an act raises."""
    with pytest.raises(ClientError) as error:
        act()
    told = error.value.response
    status = told["ResponseMetadata"]["HTTPStatusCode"]
    return told["Error"]["Code"], status, told["Error"]["Message"]


def test_variables_have_four_kilobytes(deploy: Deploy) -> None:
    big = {"Variables": {"A1": "x" * 4090}}
    code, status, message = refused(lambda: deploy("f", ECHO, Environment=big))
    assert (code, status) == ("InvalidParameterValueException", 400)
    assert "exceeded the 4KB limit. String measured: " in message
    deploy("f", ECHO, Environment={"Variables": {"A1": "x" * 4000}})


def test_lambdas_own_variables_cannot_be_set(deploy: Deploy, client: Any) -> None:
    own = {"Variables": {"AWS_REGION": "x", "FINE": "y"}}
    code, _, message = refused(lambda: deploy("f", ECHO, Environment=own))
    assert code == "InvalidParameterValueException"
    assert message.endswith("Reserved keys used in this request: AWS_REGION")
    deploy("f", ECHO)
    change = lambda: client.update_function_configuration(FunctionName="f", Environment=own)  # noqa: E731
    assert refused(change)[0] == "InvalidParameterValueException"


@pytest.mark.parametrize(
    "wanted",
    [
        {"MemorySize": 10241},
        {"Timeout": 901},
        {"EphemeralStorage": {"Size": 10241}},
    ],
)
def test_values_out_of_range(deploy: Deploy, wanted: dict[str, Any]) -> None:
    code, status, message = refused(lambda: deploy("f", ECHO, **wanted))
    assert (code, status) == ("ValidationException", 400)
    assert "1 validation error detected: Value" in message


def test_a_package_of_fifty_megabytes_is_too_large_to_send(
    client: Any, role: str, deploy: Deploy
) -> None:
    big = random.Random(1).randbytes(2**20) * 51
    code, status, message = refused(
        lambda: client.create_function(
            FunctionName="f",
            Runtime="python3.12",
            Handler="app.handler",
            Role=role,
            Code={"ZipFile": big},
        )
    )
    assert (code, status) == ("RequestEntityTooLargeException", 413)
    assert message == "Request must be smaller than 70167211 bytes for the CreateFunction operation"
    layer = lambda: client.publish_layer_version(LayerName="l", Content={"ZipFile": big})  # noqa: E731
    assert refused(layer)[0] == "RequestEntityTooLargeException"


def test_what_unpacks_to_too_much_is_refused(
    client: Any, deploy: Deploy, zipped: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "UNZIPPED_LIMIT", 10_000)
    big = {"ZipFile": zipped(app__py=ECHO, data="x" * 10_001)}
    code, _, message = refused(lambda: deploy("f", "", Code=big))
    assert code == "InvalidParameterValueException"
    assert message == "Unzipped size must be smaller than 10000 bytes"
    half = zipped(data="x" * 9_990)
    arn = client.publish_layer_version(LayerName="l", Content={"ZipFile": half})["LayerVersionArn"]
    _, _, message = refused(lambda: deploy("f", ECHO, Layers=[arn]))
    assert "combined with layers exceeds the maximum allowed size of 10000 bytes" in message
    deploy("f", ECHO)
    update = lambda: client.update_function_code(FunctionName="f", **big)  # noqa: E731
    assert "Unzipped size" in refused(update)[2]
    assert json.loads(client.invoke(FunctionName="f", Payload=b"1")["Payload"].read()) == 1


def test_payloads_have_six_megabytes_or_one(client: Any, deploy: Deploy) -> None:
    deploy("f", ECHO)
    fits = b'"' + b"x" * (6 * 2**20 - 2) + b'"'
    assert len(client.invoke(FunctionName="f", Payload=fits)["Payload"].read()) == 6 * 2**20
    over = lambda: client.invoke(FunctionName="f", Payload=fits + b" ")  # noqa: E731
    assert refused(over)[:2] == ("RequestTooLargeException", 413)
    event = b'"' + b"x" * (2**20 - 2) + b'"'
    taken = client.invoke(FunctionName="f", InvocationType="Event", Payload=event)
    assert taken["StatusCode"] == 202
    later = lambda: client.invoke(FunctionName="f", InvocationType="Event", Payload=event + b" ")  # noqa: E731
    assert refused(later)[:2] == ("RequestTooLargeException", 413)
    old = lambda size: client.invoke_async(FunctionName="f", InvokeArgs=b'"' + b"x" * size + b'"')  # noqa: E731
    assert old(256 * 2**10 - 2)["Status"] == 202
    assert refused(lambda: old(256 * 2**10 - 1))[:2] == ("RequestTooLargeException", 413)


def test_an_answer_over_six_megabytes_is_an_error(deploy: Deploy, invoke: Invoke) -> None:
    deploy("f", "def handler(e, c): return 'x' * 7_000_000\n")
    answer, error = invoke("f")
    assert (answer["errorType"], error) == ("Function.ResponseSizeTooLarge", "Unhandled")


def test_a_payload_must_be_json(client: Any, deploy: Deploy) -> None:
    deploy("f", ECHO)
    code, status, _ = refused(lambda: client.invoke(FunctionName="f", Payload=b"{no"))
    assert (code, status) == ("InvalidRequestContentException", 400)


def test_a_dry_run_runs_nothing(world: World, client: Any, deploy: Deploy) -> None:
    deploy("f", ECHO)
    assert client.invoke(FunctionName="f", InvocationType="DryRun")["StatusCode"] == 204
    assert not [fact for fact in world.journal.facts if fact.what == "lambda.started"]


@pytest.mark.parametrize("size_mb", [512, 600])
def test_tmp_is_as_large_as_asked_for(deploy: Deploy, invoke: Invoke, size_mb: int) -> None:
    """ "Configure ephemeral storage for Lambda functions"."""
    source = (
        "def handler(e, c):\n"
        "    with open('/tmp/data', 'wb') as file:\n"
        "        for _ in range(e): file.write(bytes(2**20))\n"
    )
    deploy("f", source, MemorySize=1024, EphemeralStorage={"Size": size_mb})
    assert invoke("f", size_mb - 10) == (None, None)
    answer, _ = invoke("f", size_mb + 10)
    assert answer["errorType"] == "OSError"


def test_a_retired_runtime_is_taken_with_a_warning(
    deploy: Deploy, invoke: Invoke, facts: Callable[[str], Any]
) -> None:
    """ "Lambda runtimes", deprecated runtimes."""
    deploy("f", ECHO, Runtime="python3.7")
    (fact,) = facts("lambda.runtime_retired")
    assert (fact["function"], fact["runtime"]) == ("f", "python3.7")
    assert invoke("f", 1) == (1, None)


def test_functions_share_a_file_system(world: World, deploy: Deploy, invoke: Invoke) -> None:
    """ "Configuring file system access for Lambda functions"."""
    session = world.cloud.session()
    efs, ec2 = session.client("efs"), session.client("ec2")
    system = efs.create_file_system(CreationToken="t")["FileSystemId"]
    point = efs.create_access_point(ClientToken="p", FileSystemId=system)["AccessPointArn"]
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    options: dict[str, Any] = {
        "FileSystemConfigs": [{"Arn": point, "LocalMountPath": "/mnt/shared"}],
        "VpcConfig": {"SubnetIds": [subnet], "SecurityGroupIds": []},
    }
    deploy("writer", "def handler(e, c): open('/mnt/shared/note', 'a').write(e)\n", **options)
    deploy("reader", "def handler(e, c): return open('/mnt/shared/note').read()\n", **options)
    assert invoke("writer", "one ") == (None, None)
    assert invoke("writer", "two") == (None, None)
    assert invoke("reader") == ("one two", None)
    deploy("blind", "import os\ndef handler(e, c): return os.path.exists('/mnt/shared')\n")
    assert invoke("blind") == (False, None)


def test_a_file_system_wants_a_vpc_and_an_access_point(deploy: Deploy) -> None:
    point = "arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/fsap-0"
    wanted: dict[str, Any] = {"FileSystemConfigs": [{"Arn": point, "LocalMountPath": "/mnt/x"}]}
    assert "VpcConfig must be provided" in refused(lambda: deploy("f", ECHO, **wanted))[2]
    vpc = {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
    code, _, message = refused(lambda: deploy("f", ECHO, VpcConfig=vpc, **wanted))
    assert code == "InvalidParameterValueException"
    assert "does not exist" in message
