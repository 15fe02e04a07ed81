"""Node.js in each cell that a system may offer: it runs, and it is kept in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from simulator.aws.functions import runtimes
from simulator.aws.runtime.environment import Environment
from simulator.aws.runtime.spec import EnvironmentSpec
from simulator.aws.runtime.watch import Limits
from simulator.aws.runtime.zygote import Zygote, ZygoteError
from simulator.model.invocation import Invocation, Outcome

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(runtimes.node() is None, reason="this machine has no Node.js"),
]
Run = Callable[..., Outcome]


@pytest.fixture(params=["namespaces", "landlock", "limits"])
def isolation(request: pytest.FixtureRequest, zygotes: dict[str, Zygote]) -> str:
    strength = str(request.param)
    try:
        zygotes.setdefault(strength, Zygote(strength)).start()
    except ZygoteError as error:
        pytest.skip(f"this system has no {strength}: {error}")
    return strength


@pytest.fixture
def run(zygote: Zygote, calls: Any, write: Callable[..., Path], tmp_path: Path) -> Iterator[Run]:
    made: list[Environment] = []
    modules = tmp_path / "node_modules"
    (modules / "kit").mkdir(parents=True)
    (modules / "kit" / "index.js").write_text("exports.word = 'here'")

    def run_code(code: str, memory_mb: int = 128, file: str = "index.js") -> Outcome:
        spec = EnvironmentSpec(
            function_name="f",
            handler="index.handler",
            code_dir=write(code, file=file),
            modules=modules,
            tmp_dir=tmp_path / "tmp",
            runtime="nodejs20.x",
            program=runtimes.command("nodejs20.x", memory_mb),
            memory_mb=memory_mb,
        )
        environment = Environment(zygote, spec, Limits(cpu_s=1.0, silence_s=20.0))
        made.append(environment)
        assert environment.init(calls).kind == "ok"
        arn = "arn:aws:lambda:us-east-1:123456789012:function:f"
        return environment.invoke(Invocation("id-1", b"{}", calls.now + 60, arn), calls)

    yield run_code
    for environment in made:
        environment.kill()


def test_it_runs_and_has_a_tmp(run: Run) -> None:
    outcome = run(
        """
        const fs = require('fs'), os = require('os');
        exports.handler = async () => {
            fs.writeFileSync(os.tmpdir() + '/note', 'kept');
            return fs.readFileSync(os.tmpdir() + '/note', 'utf8');
        };
        """
    )
    assert (outcome.kind, json.loads(outcome.payload)) == ("ok", "kept")


def test_it_reaches_no_network(run: Run) -> None:
    outcome = run(
        """
        exports.handler = () => new Promise((done) => {
            const socket = require('net').connect(9, '127.0.0.1');
            socket.on('error', (error) => done(error.code)).on('connect', () => done('in'));
        });
        """
    )
    assert json.loads(outcome.payload) != "in"


def test_it_cannot_write_elsewhere(run: Run, isolation: str, tmp_path: Path) -> None:
    if isolation == "limits":
        pytest.skip("resource limits keep nobody from files")
    target = tmp_path / "elsewhere"
    outcome = run(
        f"exports.handler = async () => require('fs').writeFileSync({str(target)!r}, 'x')"
    )
    assert outcome.kind == "error"
    assert not target.exists()


@pytest.mark.parametrize(
    ("code", "kinds"),
    [
        ("for (;;);", ("cpu",)),
        ("const a = []; for (;;) a.push(Buffer.alloc(2 ** 24, 1));", ("memory", "exit", "error")),
        ("const a = []; for (;;) a.push(new Array(1e5).fill({}));", ("memory", "exit")),
        ("process.kill(process.pid, 'SIGKILL'); for (;;);", ("exit", "cpu")),
    ],
)
def test_what_goes_wrong_ends_it(run: Run, code: str, kinds: tuple[str, ...]) -> None:
    assert run(f"exports.handler = async () => {{ {code} }}").kind in kinds
    assert run("exports.handler = async () => 1").kind == "ok"


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("index.js", "const { word } = require('kit'); exports.handler = async () => word"),
        ("index.mjs", "import { word } from 'kit'; export const handler = async () => word"),
    ],
)
def test_it_has_the_modules_of_its_runtime(run: Run, file: str, code: str) -> None:
    assert run(code, file=file).payload == b'"here"'
