"""The house rules, for test_tidy.py: each reads the text of files and runs none of it.

A rule is a function from one file, or from the whole list of files, to its findings.
"""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[1]
FILE_LINES_MAX, FUNCTION_LINES_MAX = 400, 70

FOLDERS = {".ci", "benchmarks", "docs", "lab", "scenarios", "simulator", "tests", "tui"}
PAPERS = {"ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md"}
TOP = {".gitignore", "Makefile", "compose.yaml", "constraints.txt", "pyproject.toml"} | PAPERS

# Who may import what. A screen reads facts and reports, never a World.
ROOMS = {"lab", "scenarios", "simulator", "tui"}
BELOW = {
    "simulator": ["simulator"],
    "lab": ["lab", "simulator"],
    "scenarios": ["scenarios", "lab", "simulator"],
    "tui": ["tui", "lab", "simulator.journal"],
}
# The floors inside the simulator, by what a module may not import when it is loaded. A world makes
# its cloud when it is first asked for one, so the rooms above know it as a type only.
NOT_BELOW = {
    "simulator/kernel/": (
        "simulator.journal",
        "simulator.model",
        "simulator.aws",
        "simulator.world",
    ),
    "simulator/journal.py": ("simulator.kernel", "simulator.model", "simulator.aws"),
    "simulator/fault.py": ("simulator.model", "simulator.aws"),
    "simulator/http.py": ("simulator.kernel", "simulator.model", "simulator.aws"),
    "simulator/world.py": ("simulator.model", "simulator.aws"),
    "simulator/model/": ("simulator.aws", "simulator.world"),
    "simulator/aws/": ("simulator.world",),
}
# botocore's public face: the errors a client catches and the settings it passes.
BOTOCORE_FOR_ALL = {"botocore.config", "botocore.exceptions"}

# The only readers of real time and chance outside simulator/kernel, each with its reason.
# A folder ends in a slash.
REAL_TIME_OK: dict[str, str] = {
    "simulator/aws/runtime/inside/": "runs in a function's own process, where it puts the world's "
    "clock and seed in place of the machine's",
    "simulator/aws/runtime/environment.py": "gives up on a process that is silent in real time",
    "simulator/aws/endpoint/serve.py": "a served world begins now unless it is told otherwise",
    "lab/pipes.py": "how often a person's screen is told",
    "lab/server.py": "the pace of a person's screen, and slices short enough to stay responsive",
}

CLOCK = re.compile(
    r"time\.(time|monotonic|perf_counter|process_time|thread_time|clock_gettime)(_ns)?"
    r"|time\.(gmtime|localtime|ctime)\(\)|datetime\.datetime\.(now|utcnow|today)|datetime\.date\.today"
)
CHANCE = re.compile(
    r"random\.(?!Random$)\w+|secrets\.\w+|os\.u?random|uuid\.uuid[14]|numpy\.random\..*"
)
# Spelled with brackets so that this file does not break its own rule.
MACHINE = re.compile(
    r"/(?:hom[e]|User[s])/[\w.-]+/|/roo[t]/|/wor[k]/\w|file:/[/]/|[A-Z]:\\User[s]", re.A
)
REGISTRY = re.compile(
    r"(?:pyp[i]|pythonhoste[d]|npmj[s]|ghc[r]|docke[r]|qua[y]|golan[g])\.(?:org|io|com)\b"
    r"|(?:extra-)?index-ur[l]\b|trusted-hos[t]\b|find-link[s]\b"
)


@dataclass(frozen=True)
class Source:
    """One file, by its path from the top of the checkout."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def parts(self) -> tuple[str, ...]:
        return PurePosixPath(self.path).parts

    @property
    def room(self) -> str:
        return self.parts[0] if self.parts[0] in ROOMS else ""

    @property
    def is_code(self) -> bool:
        """Python that must obey; test data may be broken on purpose."""
        return self.path.endswith(".py") and not {"data", "wrong"} & set(self.parts)

    @property
    def is_learners(self) -> bool:
        """Lambda code that a learner reads and edits: it runs inside the world, on its clock."""
        return self.room == "scenarios" and bool({"starter", "reference"} & set(self.parts))


def imports(source: Source) -> Iterator[tuple[int, str]]:
    """Every module or name that is imported, in full, wherever in the file it stands."""
    package = list(PurePosixPath(source.path).parent.parts)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*start, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{base}.{name.name}") for name in node.names)


def uses(source: Source) -> Iterator[tuple[int, str]]:
    """Every dotted name that is read, with imported aliases put back to their full names.

    A call without arguments ends in ``()``: ``gmtime()`` reads a clock, ``gmtime(t)`` does not.
    """
    empty = {n.func for n in ast.walk(source.tree) if isinstance(n, ast.Call) and not n.args}
    known: dict[str, str] = {}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            known |= {
                a.asname or a.name.split(".")[0]: a.name if a.asname else a.name.split(".")[0]
                for a in node.names
            }
        elif isinstance(node, ast.ImportFrom) and not node.level:
            known |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute | ast.Name):
            head, _, tail = ast.unparse(node).partition(".")
            if head in known:
                name = known[head] + (f".{tail}" if tail else "")
                yield node.lineno, name
                if node in empty:
                    yield node.lineno, f"{name}()"


def within(name: str, module: str) -> bool:
    return name == module or name.startswith(module + ".")


def imports_point_down(source: Source) -> Iterator[str]:
    for line, name in imports(source) if source.room else ():
        if name.split(".")[0] not in ROOMS:
            continue
        if source.is_learners:
            yield f"{line}: learners' code imports {name}; it may know only AWS"
        elif not any(within(name, module) for module in BELOW[source.room]):
            allowed = ", ".join(BELOW[source.room])
            yield f"{line}: {source.room} imports {name}; it may import {allowed}"
        elif not within(name, source.room) and any(
            part.startswith("_") for part in name.split(".")
        ):
            yield f"{line}: {name} is private to its room"


def floors_of_the_simulator(source: Source) -> Iterator[str]:
    for floor, above in NOT_BELOW.items():
        if not source.path.startswith(floor):
            continue
        for line, name in loaded(source):
            if any(within(name, module) for module in above):
                yield f"{line}: {floor} imports {name}, which stands above it"


def loaded(source: Source) -> Iterator[tuple[int, str]]:
    """The imports that run when a module is loaded: not those in functions, nor for types only."""
    later: set[int] = set()
    for node in ast.walk(source.tree):
        typing_only = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        if typing_only or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            later.update(getattr(inner, "lineno", 0) for inner in ast.walk(node))
    yield from ((line, name) for line, name in imports(source) if line not in later)


def scenarios_stand_alone(source: Source) -> Iterator[str]:
    if source.room != "scenarios" or len(source.parts) < 4:
        return
    own = source.parts[1:3]
    for line, name in imports(source):
        others = tuple(name.split(".")[1:3])
        if within(name, "scenarios") and others != own:
            yield f"{line}: imports {name}; a scenario is one folder and leans on no other"


def only_aws_knows_moto(source: Source) -> Iterator[str]:
    if not source.room or source.path.startswith("simulator/aws/"):
        return
    for line, name in imports(source):
        public = any(within(name, module) for module in BOTOCORE_FOR_ALL)
        if (within(name, "moto") or within(name, "botocore")) and not public:
            yield f"{line}: imports {name}; only simulator/aws may"


def one_clock_one_chance(source: Source) -> Iterator[str]:
    free = source.path.startswith(("simulator/kernel/", *REAL_TIME_OK))
    if not source.room or free or source.is_learners:
        return
    for line, name in uses(source):
        if CLOCK.fullmatch(name) or CHANCE.fullmatch(name):
            yield f"{line}: {name} is real time or chance; take it from the world (REAL_TIME_OK)"
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"random.Random", "Random"}:
            yield f"{node.lineno}: makes a stream of chance; ask the kernel for a named one"


def sizes(source: Source) -> Iterator[str]:
    if (lines := len(source.text.splitlines())) > FILE_LINES_MAX:
        yield f"1: {lines} lines, at most {FILE_LINES_MAX}"
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if (length := (node.end_lineno or 0) - node.lineno + 1) > FUNCTION_LINES_MAX:
            yield f"{node.lineno}: {node.name} has {length} lines, at most {FUNCTION_LINES_MAX}"


def modules_say_what_for(source: Source) -> Iterator[str]:
    if source.text.strip() and not (ast.get_docstring(source.tree) or "").split("\n")[0].strip():
        yield "1: the module's docstring must begin with what the room is for"


def nothing_prints(source: Source) -> Iterator[str]:
    if source.path == "lab/cli.py" or source.is_learners:
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {
            "print",
            "pprint",
            "pprint.pprint",
        }:
            yield f"{node.lineno}: prints; only lab/cli.py speaks to a person that way"


def skips_say_why(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Attribute | ast.Call):
            continue
        name = ast.unparse(node.func if isinstance(node, ast.Call) else node)
        if not name.startswith("pytest.") or name.split(".")[-1] not in {"skip", "skipif", "xfail"}:
            continue
        if isinstance(node, ast.Attribute):
            # Where it is called, the call is judged instead.
            called = any(isinstance(n, ast.Call) and n.func is node for n in ast.walk(source.tree))
            bare = name.startswith("pytest.mark.") and not called
        else:
            given = {k.arg for k in node.keywords} & {"reason"}
            bare = not given and not (
                node.args and not name.endswith("skipif") and "mark.xfail" not in name
            )
        if bare:
            yield f"{node.lineno}: {name} without a reason"


def markers() -> set[str]:
    options = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    own = {line.split(":")[0].split("(")[0] for line in options["markers"]}
    return own | {
        "asyncio",
        "filterwarnings",
        "parametrize",
        "skip",
        "skipif",
        "usefixtures",
        "xfail",
        "xdist_group",
    }


def markers_are_registered(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if (
            isinstance(node, ast.Attribute)
            and ast.unparse(node.value) == "pytest.mark"
            and node.attr not in markers()
        ):
            yield f"{node.lineno}: pytest.mark.{node.attr} is not registered in pyproject.toml"


def nobodys_machine(source: Source) -> Iterator[str]:
    for number, line in enumerate(source.text.splitlines(), 1):
        if found := MACHINE.search(line) or REGISTRY.search(line):
            yield f"{number}: '{found[0]}' names a machine or a registry"


def top_is_fixed(files: list[Source]) -> Iterator[str]:
    for source in files:
        folder = source.parts[0] if len(source.parts) > 1 else ""
        if folder not in FOLDERS if folder else source.path not in TOP:
            yield f"{source.path}: the top of the tree is fixed (FOLDERS and TOP in tests/tidy.py)"


def mirrored_by_tests(files: list[Source]) -> Iterator[str]:
    """Each room of the simulator and each other package has tests of its own, in the same place."""
    code = [s for s in files if s.is_code and s.room and not s.path.endswith("__init__.py")]
    tests = [s for s in files if s.parts[0] == "tests" and s.parts[-1].startswith("test_")]
    rooms = {"/".join(s.parts[:-1][: 2 if s.room == "simulator" else 1]) for s in code}
    for room in sorted(rooms):
        if not any(s.path.startswith(f"tests/{room}/") for s in tests):
            yield f"{room}: has code, and no test under tests/{room}/"
    folders = {"/".join(s.parts[:n]) for s in files for n in range(1, len(s.parts))}
    for source in tests:
        home = "/".join(source.parts[1:-1])
        if home and home not in folders:
            yield f"{source.path}: mirrors no folder of the tree"
    for name, count in Counter(s.parts[-1] for s in tests).items():
        if count > 1:
            yield f"{name}: {count} test files have this name; importlib mode wants one"
    yield from (
        f"{s.path}: tests are no package"
        for s in files
        if s.parts[0] == "tests" and s.parts[-1] == "__init__.py"
    )


PYTHON_RULES: list[Callable[[Source], Iterator[str]]] = [
    imports_point_down, floors_of_the_simulator, scenarios_stand_alone, only_aws_knows_moto,
    one_clock_one_chance, sizes,
    modules_say_what_for, nothing_prints, skips_say_why, markers_are_registered,
]  # fmt: skip
TREE_RULES = [top_is_fixed, mirrored_by_tests]


def read_tree() -> list[Source]:
    """What is, or is about to be, committed; without git, whatever lies here that no tool made."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        names = done.stdout.split("\0")[:-1] if done.returncode == 0 else []
    except FileNotFoundError:
        names = []
    if not names:
        made = re.compile(r"(^|/)(\.venv|\.git|__pycache__|\.\w+_cache|\.hypothesis|build|dist)/")
        every = (p.relative_to(ROOT).as_posix() for p in ROOT.rglob("*") if p.is_file())
        names = [name for name in every if not made.search(name)]
    paths = [ROOT / name for name in sorted(names) if (ROOT / name).is_file()]
    return [Source(p.relative_to(ROOT).as_posix(), p.read_text("utf-8", "replace")) for p in paths]
