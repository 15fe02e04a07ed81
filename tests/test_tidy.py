"""House rules as tests: what tests/tidy.py reads must hold for every file of the tree.

Every rule is also shown snippets that break it: a rule that cannot fail proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests import tidy
from tests.tidy import Source


@pytest.fixture(scope="module")
def files() -> list[Source]:
    found = tidy.read_tree()
    assert any(s.path == "pyproject.toml" for s in found), "the tree was not read"
    return found


@pytest.mark.parametrize("rule", tidy.PYTHON_RULES, ids=lambda rule: rule.__name__)
def test_code_keeps(rule: Callable[[Source], Iterator[str]], files: list[Source]) -> None:
    found = [f"{s.path}:{finding}" for s in files if s.is_code for finding in rule(s)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("rule", tidy.TREE_RULES, ids=lambda rule: rule.__name__)
def test_tree_keeps(rule: Callable[[list[Source]], Iterator[str]], files: list[Source]) -> None:
    assert not (found := list(rule(files))), "\n".join(found)


def test_text_names_no_machine(files: list[Source]) -> None:
    found = [f"{s.path}:{finding}" for s in files for finding in tidy.nobodys_machine(s)]
    assert not found, "\n".join(found)


def test_exceptions_are_still_needed(files: list[Source]) -> None:
    for path, reason in tidy.REAL_TIME_OK.items():
        assert reason, path
        names = [n for s in files if s.path.startswith(path) and s.is_code for _, n in tidy.uses(s)]
        assert any(tidy.CLOCK.fullmatch(n) or tidy.CHANCE.fullmatch(n) for n in names), (
            f"{path} needs no exception: take it out of REAL_TIME_OK"
        )


BAD: dict[str, list[tuple[str, str]]] = {
    "imports_point_down": [
        ("simulator/world.py", "from lab.run import Run"),
        ("simulator/aws/x.py", "from ...lab import run"),
        ("lab/run.py", "def f():\n    import tui.app"),
        ("lab/run.py", "from scenarios.wild_rydes.saga.scenario import SCENARIO"),
        ("tui/app.py", "import scenarios.wild_rydes"),
        ("tui/app.py", "from simulator.world import World"),
        ("tui/app.py", "from simulator import world"),
        ("scenarios/a/b/checks.py", "import tui"),
        ("scenarios/a/b/checks.py", "from simulator.journal import _Writer"),
        ("scenarios/a/b/starter/app.py", "import simulator.kernel"),
    ],
    "floors_of_the_simulator": [
        ("simulator/model/queue.py", "from simulator.aws.sqs import x"),
        ("simulator/kernel/clock.py", "import simulator.world"),
        ("simulator/aws/cloud.py", "from simulator.world import World"),
    ],
    "scenarios_stand_alone": [
        ("scenarios/a/b/checks.py", "from scenarios.a.c import checks"),
        ("scenarios/a/b/checks.py", "from ..c.checks import x"),
    ],
    "only_aws_knows_moto": [
        ("simulator/model/queue.py", "from moto.sqs.models import Queue"),
        ("lab/run.py", "import botocore.session"),
        ("tui/app.py", "from botocore import session"),
    ],
    "one_clock_one_chance": [
        ("lab/run.py", "import time\ntime.monotonic()"),
        ("lab/run.py", "from time import perf_counter_ns as now\nnow()"),
        ("simulator/aws/x.py", "import datetime as d\nd.datetime.now(d.UTC)"),
        ("simulator/aws/x.py", "from datetime import datetime, UTC\nclock = datetime.now"),
        ("simulator/model/x.py", "import random\nrandom.choice('ab')"),
        ("simulator/model/x.py", "import random\nrandom.Random(1)"),
        ("simulator/model/x.py", "from time import gmtime\ngmtime()"),
        ("simulator/model/x.py", "from uuid import uuid4\nuuid4()"),
        ("tui/app.py", "import os, secrets\nos.urandom(4)"),
        ("scenarios/a/b/checks.py", "import secrets\nsecrets.token_hex()"),
    ],
    "sizes": [
        ("lab/run.py", "x = 1\n" * 401),
        ("tests/lab/test_run.py", "def f():\n" + "    x = 1\n" * 70),
    ],
    "modules_say_what_for": [("lab/run.py", "x = 1"), ("lab/run.py", '""" """')],
    "nothing_prints": [("lab/run.py", "print(1)"), ("tests/test_a.py", "def f(): print(1)")],
    "skips_say_why": [
        ("tests/test_a.py", "@pytest.mark.skip\ndef test_a(): ..."),
        ("tests/test_a.py", "@pytest.mark.skip()\ndef test_a(): ..."),
        ("tests/test_a.py", "@pytest.mark.skipif(x)\ndef test_a(): ..."),
        ("tests/test_a.py", "pytestmark = [pytest.mark.xfail]"),
        ("tests/test_a.py", "def test_a(): pytest.skip()"),
    ],
    "markers_are_registered": [("tests/test_a.py", "@pytest.mark.slow\ndef test_a(): ...")],
}
GOOD: dict[str, list[tuple[str, str]]] = {
    "imports_point_down": [
        ("lab/run.py", "from simulator.world import World\nfrom . import grade"),
        ("tui/app.py", "from simulator.journal import Fact"),
        ("tests/lab/test_run.py", "import tui, scenarios"),
    ],
    "floors_of_the_simulator": [
        ("simulator/aws/sqs/x.py", "from simulator.model.queue import Queue"),
        (
            "simulator/model/x.py",
            "if TYPE_CHECKING:\n    from simulator.world import World\n"
            "def f():\n    import simulator.aws",
        ),
    ],
    "scenarios_stand_alone": [("scenarios/a/b/checks.py", "from scenarios.a.b import scenario")],
    "only_aws_knows_moto": [
        ("simulator/aws/sqs/models.py", "import moto.sqs"),
        ("lab/run.py", "from botocore.exceptions import ClientError"),
    ],
    "one_clock_one_chance": [
        ("simulator/kernel/clock.py", "import time\ntime.time()"),
        ("simulator/model/x.py", "import random\ndef f(r: random.Random): return r.random()"),
        ("scenarios/a/b/starter/app.py", "import time\ntime.time()"),
        ("lab/run.py", "import time\nnow = time.gmtime(world.env.now)"),
    ],
    "sizes": [("lab/run.py", "def f():\n" + "    x = 1\n" * 69)],
    "modules_say_what_for": [("lab/__init__.py", ""), ("lab/run.py", '"""Runs."""')],
    "nothing_prints": [("lab/cli.py", "print(1)"), ("scenarios/a/b/starter/app.py", "print(1)")],
    "skips_say_why": [
        ("tests/test_a.py", "@pytest.mark.skipif(x, reason='no node')\ndef test_a(): ..."),
        ("tests/test_a.py", "def test_a(): pytest.skip('no node')"),
    ],
    "markers_are_registered": [("tests/test_a.py", "pytestmark = pytest.mark.process")],
}


@pytest.mark.parametrize("rule", tidy.PYTHON_RULES, ids=lambda rule: rule.__name__)
def test_rule_can_fail(rule: Callable[[Source], Iterator[str]]) -> None:
    for path, text in BAD[rule.__name__]:
        assert list(rule(Source(path, text))), f"{rule.__name__} lets pass in {path}: {text}"
    for path, text in GOOD[rule.__name__]:
        assert not list(rule(Source(path, text))), f"{rule.__name__} refuses in {path}: {text}"


@pytest.mark.parametrize(
    "text",
    [
        "see /ho" "me/someone/x", "in /wo" "rk/x", "/ro" "ot/x", "file:/" "//x", "C:\\Us" "ers",
        "https://pyp" "i.org/simple", "registry.npmj" "s.org", "--index-ur" "l", "ghc" "r.io/x",
    ],
)  # fmt: skip
def test_text_rule_can_fail(text: str) -> None:
    assert list(tidy.nobodys_machine(Source("README.md", f"fine\n{text}\n")))


def test_tree_rules_can_fail() -> None:
    def findings(rule: Callable[[list[Source]], Iterator[str]], *paths: str) -> list[str]:
        return list(rule([Source(path, "x = 1") for path in paths]))

    assert findings(tidy.top_is_fixed, "notes.txt", "utils/x.py", "lab/run.py")[1:2]
    assert not findings(tidy.top_is_fixed, "README.md", "lab/run.py", ".ci/run")
    kernel, test = "simulator/kernel/clock.py", "tests/simulator/kernel/test_clock.py"
    assert not findings(tidy.mirrored_by_tests, kernel, test)
    assert findings(tidy.mirrored_by_tests, kernel, "tests/simulator/test_world.py")
    assert findings(tidy.mirrored_by_tests, "tests/nowhere/test_x.py")
    assert findings(tidy.mirrored_by_tests, kernel, test, "lab/run.py", "tests/lab/test_clock.py")
    assert findings(tidy.mirrored_by_tests, "tests/__init__.py")
