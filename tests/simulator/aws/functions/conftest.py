"""The shortest ways to invoke functions and to read what was told of them."""

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from simulator.world import World


def package(**files: str | bytes) -> bytes:
    """A deployment package; a dot in a file's name is written as two underscores."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name.replace("__", ".")), content)
    return made.getvalue()


@pytest.fixture
def zipped() -> Callable[..., bytes]:
    return package


@pytest.fixture
def client(world: World) -> Any:
    return world.cloud.session().client("lambda")


@pytest.fixture
def invoke(world: World, client: Any) -> Callable[..., tuple[Any, str | None]]:
    """The answer and the FunctionError of a synchronous invocation."""

    def call(name: str, event: Any = None, **options: Any) -> tuple[Any, str | None]:
        answer = client.invoke(FunctionName=name, Payload=json.dumps(event), **options)
        return json.loads(answer["Payload"].read() or b"null"), answer.get("FunctionError")

    return call


@pytest.fixture
def facts(world: World) -> Callable[[str], list[dict[str, Any]]]:
    def told(what: str) -> list[dict[str, Any]]:
        return [{"at": f.at, **f.data} for f in world.journal.facts if f.what == what]

    return told


@pytest.fixture
def queue(world: World) -> Callable[..., tuple[str, str]]:
    """Create a queue; its URL and ARN."""

    def make(name: str, **attributes: str) -> tuple[str, str]:
        url = (
            world.cloud.session()
            .client("sqs")
            .create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        )
        return url, f"arn:aws:sqs:us-east-1:123456789012:{name}"

    return make


@pytest.fixture
def bodies(world: World) -> Callable[[str], list[Any]]:
    """What lies in a queue, read as JSON."""
    return lambda name: [json.loads(each["body"]) for each in world.cloud.peek_queue(name)]


@pytest.fixture
def deploy_node(client: Any, role: str) -> Callable[..., str]:
    """Create a Node.js function from one file's source; its name."""

    def create(name: str, source: str, file: str = "index__js", **options: Any) -> str:
        client.create_function(
            FunctionName=name,
            **{
                "Runtime": "nodejs20.x",
                "Handler": "index.handler",
                "Role": role,
                "Code": {"ZipFile": package(**{file: source})},
                **options,
            },
        )
        return name

    return create
