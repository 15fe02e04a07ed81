"""A small world for functions' processes: a clock that calls move, and hosts that answer."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from simulator.aws.runtime.environment import Environment
from simulator.aws.runtime.spec import EnvironmentSpec
from simulator.aws.runtime.watch import Limits
from simulator.aws.runtime.zygote import Zygote, ZygoteError
from simulator.http import HttpRequest, HttpResponse
from simulator.model.invocation import Invocation, Outcome

START_S = 1_700_000_000.0  # 2023-11-14T22:13:20Z
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
ENDPOINT = {"AWS_ENDPOINT_URL": "http://localhost:4566"}


class FakeCalls:
    """Answers a process' calls and remembers them."""

    def __init__(self) -> None:
        self.now = START_S
        self.logs: list[str] = []
        self.requests: list[tuple[HttpRequest, float | None]] = []
        self.answer: Callable[[HttpRequest], HttpResponse] = lambda request: HttpResponse(200)

    def now_s(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def http(self, request: HttpRequest, timeout_s: float | None = None) -> HttpResponse:
        self.requests.append((request, timeout_s))
        return self.answer(request)

    def log(self, text: str) -> None:
        self.logs.append(text)


class Function:
    """One execution environment of a function written as text."""

    def __init__(self, environment: Environment, calls: FakeCalls) -> None:
        self.environment, self.calls = environment, calls
        self._count = 0

    def init(self) -> Outcome:
        return self.environment.init(self.calls)

    def __call__(self, event: Any = None, **more: Any) -> Outcome:
        self._count += 1
        arn = "arn:aws:lambda:us-east-1:123456789012:function:f"
        invocation = Invocation(
            f"id-{self._count}", json.dumps(event).encode(), self.calls.now + 60, arn, **more
        )
        return self.environment.invoke(invocation, self.calls)

    def value(self, event: Any = None) -> Any:
        outcome = self(event)
        assert outcome.kind == "ok", (outcome, self.calls.logs[-5:])
        return json.loads(outcome.payload)


@pytest.fixture(scope="session")
def zygotes() -> Iterator[dict[str, Zygote]]:
    kept: dict[str, Zygote] = {}
    yield kept
    for zygote in kept.values():
        zygote.close()


@pytest.fixture
def isolation() -> str:
    return "best"


@pytest.fixture
def zygote(zygotes: dict[str, Zygote], isolation: str) -> Zygote:
    return zygotes.setdefault(isolation, Zygote(isolation))


@pytest.fixture
def calls() -> FakeCalls:
    return FakeCalls()


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def write_code(code: str, name: str = "code", file: str = "app.py") -> Path:
        path = tmp_path / name / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(code))
        return tmp_path / name

    return write_code


@pytest.fixture
def make(
    zygote: Zygote, calls: FakeCalls, write: Callable[..., Path], tmp_path: Path
) -> Iterator[Callable[..., Function]]:
    made: list[Environment] = []

    def make_function(code: str, limits: Limits | None = None, **more: Any) -> Function:
        env = CREDENTIALS | ENDPOINT | more.pop("env", {})
        spec = EnvironmentSpec(
            function_name="f",
            handler=more.pop("handler", "app.handler"),
            code_dir=write(code),
            tmp_dir=tmp_path / f"tmp{len(made)}",
            env=env,
            **more,
        )
        environment = Environment(zygote, spec, limits)
        made.append(environment)
        return Function(environment, calls)

    yield make_function
    for environment in made:
        environment.kill()


@pytest.fixture
def run(make: Callable[..., Function]) -> Callable[..., Any]:
    """Load a function, hand it one event, give its value."""

    def run_code(code: str, event: Any = None, **more: Any) -> Any:
        function = make(code, **more)
        try:
            outcome = function.init()
        except ZygoteError as error:
            pytest.skip(f"this system cannot: {error}")
        assert outcome.kind == "ok", outcome
        return function.value(event)

    return run_code
