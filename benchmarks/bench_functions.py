"""Invocations a second inside the process, against a bare loop that asks the same handler."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks import Ratio, side_by_side
from simulator.aws.runtime.environment import Environment
from simulator.aws.runtime.zygote import Zygote
from simulator.model.invocation import Invocation
from simulator.world import World

CALLS = 500
HANDLER = "def handler(event, context):\n    return event\n"
EVENT = b'{"ride": 1}'


def deployed(world: World, name: str = "null", source: str = HANDLER) -> Any:
    """A Lambda client of `world`, with a function: by default the null handler."""
    session = world.cloud.session()
    role = session.client("iam").create_role(RoleName="bench", AssumeRolePolicyDocument="{}")
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr(zipfile.ZipInfo("app.py"), source)
    client = session.client("lambda")
    client.create_function(
        FunctionName=name,
        Runtime="python3.12",
        Handler="app.handler",
        Role=role["Role"]["Arn"],
        Code={"ZipFile": package.getvalue()},
    )
    return client


def invocations(client: Any) -> Callable[[], int]:
    """Calls of Invoke, each with its log lines, facts and metrics."""

    def work() -> int:
        for _ in range(CALLS):
            answer = client.invoke(FunctionName="null", Payload=EVENT)
            assert answer["Payload"].read() == EVENT
        return CALLS

    return work


class NoCalls:
    """A world that the null handler never asks anything of."""

    def now_s(self) -> float:
        """Always the same instant."""
        return 1.7e9

    def sleep(self, seconds: float) -> None:
        """Nobody sleeps."""

    def http(self, request: Any, timeout_s: float | None = None) -> Any:
        """Nobody calls."""
        raise ConnectionRefusedError(f"{request} within {timeout_s} s")

    def log(self, text: str) -> None:
        """Nobody listens."""


def null_handler(environment: Environment) -> Callable[[], int]:
    """The pipe and the handler alone: no Lambda around them."""

    def work() -> int:
        arn = "arn:aws:lambda:us-east-1:123456789012:function:null"
        for number in range(CALLS):
            asked = Invocation(f"id-{number}", EVENT, 1.7e9 + 3, arn)
            assert json.loads(environment.invoke(asked, NoCalls()).payload) == {"ride": 1}
        return CALLS

    return work


def compare() -> Iterator[Ratio]:
    """One line: what Lambda, botocore and the journal add to the handler's own cost."""
    import tempfile
    from pathlib import Path

    from simulator.aws.runtime.spec import EnvironmentSpec

    with World(seed=1) as world, tempfile.TemporaryDirectory() as folder, Zygote() as zygote:
        Path(folder, "app.py").write_text(HANDLER)
        spec = EnvironmentSpec("null", "app.handler", Path(folder), Path(folder, "tmp"))
        environment = Environment(zygote, spec)
        assert environment.init(NoCalls()).kind == "ok"
        work = invocations(deployed(world))
        yield side_by_side(
            "invocations (Lambda, null handler)",
            lambda: world.run(until=world.spawn(work)),
            "the handler over its pipe alone",
            null_handler(environment),
        )
