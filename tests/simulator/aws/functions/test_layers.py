"""Layers: "Managing Lambda dependencies with layers", "Granting layer access to other accounts"."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator.aws.functions import runtimes
from simulator.world import World

pytestmark = pytest.mark.process
Deploy = Callable[..., str]
Invoke = Callable[..., tuple[Any, str | None]]
OTHER = "210987654321"


def publish(client: Any, content: bytes, name: str = "tools") -> str:
    made = client.publish_layer_version(LayerName=name, Content={"ZipFile": content})
    return str(made["LayerVersionArn"])


def layer(path: str, text: str) -> bytes:
    import io
    import zipfile

    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(zipfile.ZipInfo(path), text)
    return made.getvalue()


def test_layers_lie_in_opt_the_last_one_on_top(client: Any, deploy: Deploy, invoke: Invoke) -> None:
    first = publish(client, layer("python/tool.py", "name = 'first'\n"), "one")
    second = publish(client, layer("python/tool.py", "name = 'second'\n"), "two")
    data = publish(client, layer("data/note.txt", "a note"), "three")
    source = (
        "import pathlib, tool\n"
        "def handler(e, c):\n"
        "    return [tool.name, pathlib.Path('/opt/data/note.txt').read_text()]\n"
    )
    deploy("f", source, Layers=[first, second, data])
    assert invoke("f") == (["second", "a note"], None)
    client.update_function_configuration(FunctionName="f", Layers=[second, first, data])
    assert invoke("f") == (["first", "a note"], None)


@pytest.mark.skipif(runtimes.node() is None, reason="this machine has no Node.js")
@pytest.mark.parametrize("folder", ["nodejs/node_modules", "nodejs/node20/node_modules"])
def test_a_layer_brings_node_modules(
    client: Any, deploy_node: Deploy, invoke: Invoke, folder: str
) -> None:
    path = f"{folder}/tool/index.js"
    arn = publish(client, layer(path, "exports.name = 'from the layer'"))
    deploy_node("f", "exports.handler = async () => require('tool').name", Layers=[arn])
    assert invoke("f") == ("from the layer", None)


def test_five_at_most_and_no_two_versions_of_one(client: Any, deploy: Deploy) -> None:
    content = layer("python/x.py", "")
    arns = [publish(client, content, f"l{number}") for number in range(6)]
    deploy("f", "def handler(e, c): pass\n", Layers=arns[:5])
    for wanted in (arns, [arns[0], publish(client, content, "l0")]):
        with pytest.raises(client.exceptions.InvalidParameterValueException):
            client.update_function_configuration(FunctionName="f", Layers=wanted)
    kept = client.get_function_configuration(FunctionName="f")["Layers"]
    assert [each["Arn"] for each in kept] == arns[:5]


def test_a_deleted_layer_version_leaves_its_functions_alone(
    world: World, client: Any, deploy: Deploy, invoke: Invoke
) -> None:
    arn = publish(client, layer("python/tool.py", "name = 'kept'\n"))
    deploy("f", "import tool\ndef handler(e, c): return tool.name\n", Layers=[arn])
    client.delete_layer_version(LayerName="tools", VersionNumber=1)
    assert invoke("f") == ("kept", None)
    client.update_function_configuration(FunctionName="f", MemorySize=256)
    assert invoke("f") == ("kept", None)
    with pytest.raises(ClientError) as error:
        deploy("g", "def handler(e, c): pass\n", Layers=[arn])
    assert error.value.response["Error"]["Code"] == "ResourceNotFoundException"
    assert publish(client, layer("python/tool.py", "")).endswith(":2")


def test_another_account_needs_the_layers_policy(
    world: World, client: Any, zipped: Callable[..., bytes]
) -> None:
    arn = publish(client, layer("python/tool.py", "name = 'shared'\n"))
    other = world.cloud.session(OTHER)
    role = other.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")
    theirs = other.client("lambda")
    wanted: dict[str, Any] = {
        "FunctionName": "f",
        "Runtime": "python3.12",
        "Handler": "app.handler",
        "Role": role["Role"]["Arn"],
        "Code": {"ZipFile": zipped(app__py="import tool\ndef handler(e, c): return tool.name\n")},
        "Layers": [arn],
    }
    with pytest.raises(ClientError) as error:
        theirs.create_function(**wanted)
    assert error.value.response["Error"]["Code"] == "AccessDeniedException"
    assert f"lambda:GetLayerVersion on resource: {arn}" in error.value.response["Error"]["Message"]
    client.add_layer_version_permission(
        LayerName="tools",
        VersionNumber=1,
        StatementId="other",
        Action="lambda:GetLayerVersion",
        Principal=OTHER,
    )
    theirs.create_function(**wanted)
    answer = theirs.invoke(FunctionName="f")
    assert json.loads(answer["Payload"].read()) == "shared"
    assert theirs.get_layer_version_by_arn(Arn=arn)["Version"] == 1
    client.remove_layer_version_permission(LayerName="tools", VersionNumber=1, StatementId="other")
    with pytest.raises(ClientError):
        theirs.get_layer_version_by_arn(Arn=arn)


def test_a_layer_of_another_region_cannot_be_used(world: World, deploy: Deploy) -> None:
    far = world.cloud.session(region="eu-west-1").client("lambda")
    arn = publish(far, layer("python/tool.py", ""))
    with pytest.raises(ClientError) as error:
        deploy("f", "def handler(e, c): pass\n", Layers=[arn])
    assert error.value.response["Error"]["Code"] == "InvalidParameterValueException"


@pytest.mark.parametrize("member", [True, False])
def test_a_layer_is_shared_with_an_organisation(world: World, client: Any, member: bool) -> None:
    arn = publish(client, layer("python/tool.py", ""))
    organisations = world.cloud.session().client("organizations")
    made = organisations.create_organization(FeatureSet="ALL")["Organization"]["Id"]
    account = OTHER
    if member:
        status = organisations.create_account(Email="a@example.com", AccountName="a")
        account = status["CreateAccountStatus"]["AccountId"]
    client.add_layer_version_permission(
        LayerName="tools",
        VersionNumber=1,
        StatementId="all",
        Action="lambda:GetLayerVersion",
        Principal="*",
        OrganizationId=made,
    )
    theirs = world.cloud.session(account).client("lambda")
    if member:
        assert theirs.get_layer_version_by_arn(Arn=arn)["Version"] == 1
        return
    with pytest.raises(ClientError):
        theirs.get_layer_version_by_arn(Arn=arn)


@pytest.mark.parametrize("runtime", ["python3.12", "python3.13"])
def test_a_layer_made_for_one_version_of_python(
    client: Any, deploy: Deploy, invoke: Invoke, runtime: str
) -> None:
    """ "Working with layers for Python Lambda functions": both folders are on the path."""
    arn = publish(client, layer(f"python/lib/{runtime}/site-packages/tool.py", "name = 'found'\n"))
    source = "import tool\ndef handler(e, c): return tool.name\n"
    deploy("f", source, Layers=[arn], Runtime=runtime)
    assert invoke("f") == ("found", None)
