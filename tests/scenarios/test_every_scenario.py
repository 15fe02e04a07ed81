"""What every scenario proves of itself, whoever wrote it: found by the catalogue, named nowhere."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import scenarios
from lab.catalog import Catalog, Entry
from lab.child import command_of
from lab.golden import NAME, written_by
from lab.judge import judge
from lab.lesson import LADDER, read_lesson
from lab.scenario import Scenario
from simulator import journal

CATALOG = Catalog([Path(place) for place in scenarios.__path__])
NAMES = [entry.name for entry in CATALOG.entries()]
# Fewer for a quick look: PADDOCK_TEST_SEEDS=2.
SEEDS = range(1, 1 + int(os.environ.get("PADDOCK_TEST_SEEDS", "20")))

BESIDE_CODE = {"lesson.md", NAME}
FOLDERS = {"starter", "reference"}

every_scenario = pytest.mark.parametrize("entry", CATALOG.entries(), ids=NAMES)


def test_there_are_scenarios() -> None:
    assert NAMES


@every_scenario
def test_it_is_listed_without_starting_a_cloud(entry: Entry) -> None:
    code = (
        f"import sys; from lab.catalog import Catalog; Catalog().load({entry.name!r});"
        "print([name for name in ('moto', 'boto3') if name in sys.modules])"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout == "[]\n", done.stderr


@every_scenario
def test_its_names_and_words_are_complete(entry: Entry) -> None:
    scenario = entry.load()
    assert scenario.folder == entry.folder
    assert scenario.title
    assert scenario.summary
    assert scenario.steps
    assert scenario.edges, "a screen has nothing to draw"
    for values in ([s.name for s in scenario.steps], [s.title for s in scenario.steps]):
        assert len(set(values)) == len(values)
    for step in scenario.steps:
        assert step.checks, f"{step.name} proves nothing"
        assert step.horizon_s > 0
        names = [check.name for check in step.checks]
        assert len(set(names)) == len(names)
        for check in step.checks:
            assert check.points > 0, check.name
            assert check.why.strip(), check.name
            assert check.advice.strip(), check.name


@every_scenario
def test_its_lesson_has_a_section_and_a_ladder_for_each_step(entry: Entry) -> None:
    scenario = entry.load()
    lesson = read_lesson(entry.folder)
    assert lesson.title == scenario.title
    assert [section.title for section in lesson.sections] == [s.title for s in scenario.steps]
    for section in lesson.sections:
        assert section.text, f"{section.title} says nothing"
        assert tuple(hint.name for hint in section.hints) == LADDER, section.title


@every_scenario
def test_no_file_is_stray(entry: Entry) -> None:
    here = {path.name for path in entry.folder.iterdir() if path.name != "__pycache__"}
    code = {f"{module}.py" for module in _reached(entry.folder)} | {"__init__.py"}
    code |= {path.name for path in entry.folder.glob("*.py") if _is_command(path)}
    assert here - code - BESIDE_CODE - FOLDERS == set()
    assert here >= FOLDERS
    starter, reference = (_files(entry.folder / name) for name in ("starter", "reference"))
    assert starter, "a learner has nothing to begin with"
    assert starter - reference == set(), "the reference does not know these files"
    assert any(
        (entry.folder / "starter" / name).read_bytes()
        != (entry.folder / "reference" / name).read_bytes()
        for name in starter
    )


@pytest.mark.process
@every_scenario
def test_the_starter_fails(entry: Entry) -> None:
    report = judge(entry.name, entry.folder / "starter", SEEDS[0])
    assert not report.passed
    assert report.error is None, "what a learner begins with must run"
    assert all(step.error is None for step in report.steps)
    assert report.earned < report.points / 2, "too much is given away"


@pytest.mark.process
@pytest.mark.parametrize("seed", SEEDS)
@every_scenario
def test_the_reference_passes(entry: Entry, seed: int) -> None:
    scenario = entry.load()
    report = judge(entry.name, None, seed)
    failed = [check for step in report.steps for check in step.checks if not check.passed]
    assert (report.error, failed) == (None, [])
    assert [(step.name, step.error) for step in report.steps] == [
        (step.name, None) for step in scenario.steps
    ]
    assert report.earned == report.points == _points(scenario)
    assert report.passed


@pytest.mark.process
@every_scenario
def test_its_journal_repeats_in_another_process_and_after_another_run(
    entry: Entry, tmp_path: Path
) -> None:
    paths = [tmp_path / "one", tmp_path / "two"]
    words = ("run", entry.name, "--seed", "11", "--journal")
    alone = command_of("lab.cli", *words, str(paths[0]))
    code = "import sys; from lab.cli import main; main(sys.argv[1:4] + ['7']); main(sys.argv[1:])"
    after_another = [sys.executable, "-c", code, *words, str(paths[1])]
    for hash_seed, command in enumerate((alone, after_another)):
        environment = {**os.environ, "PYTHONHASHSEED": str(hash_seed)}
        subprocess.run(command, check=True, capture_output=True, env=environment, timeout=300)
    one, two = (path.read_text(encoding="utf-8").splitlines() for path in paths)
    differing = next((pair for pair in zip(one, two, strict=False) if pair[0] != pair[1]), None)
    assert differing is None
    assert paths[0].read_bytes() == paths[1].read_bytes()
    facts = list(journal.read(paths[0]))
    assert [fact.at for fact in facts] == sorted(fact.at for fact in facts)
    assert "check" not in {fact.who for fact in facts}, "checks look; they leave no trace"


@pytest.mark.process
@every_scenario
def test_its_journal_is_the_golden_one(entry: Entry, tmp_path: Path) -> None:
    golden = (entry.folder / NAME).read_text(encoding="utf-8")
    theirs = golden.partition("\n")[0]
    if theirs != written_by():
        pytest.skip(f"the golden journal is of {theirs}, whose stack traces differ from ours")
    command = command_of("lab.cli", "golden", entry.name)
    told = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert told.stdout == golden, told.stderr


def _points(scenario: Scenario) -> int:
    return sum(check.points for step in scenario.steps for check in step.checks)


def _files(folder: Path) -> set[Path]:
    return {
        path.relative_to(folder)
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def _is_command(path: Path) -> bool:
    """Whether a module is there to be run, with `python -m`."""
    return '__name__ == "__main__"' in path.read_text(encoding="utf-8")


def _reached(folder: Path) -> set[str]:
    """The modules of a folder that its scenario.py imports, itself or through another."""
    reached: set[str] = set()
    waiting = ["scenario"]
    while waiting:
        module = waiting.pop()
        path = folder / f"{module}.py"
        if module in reached or not path.exists():
            continue
        reached.add(module)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                waiting += (node.module or "").rpartition(".")[2:]
                waiting += [alias.name for alias in node.names]
    return reached
