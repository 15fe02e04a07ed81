"""The grader's door: an item a check, points that add up, and no way in for a submission."""

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from lab.pytest_plugin import concerns_us
from lab.scenario import Scenario

pytestmark = pytest.mark.process

ROOT = Path(__file__).resolve().parents[2]


def grade(*words: object, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    code = "import sys, pytest; sys.exit(pytest.main(sys.argv[1:]))"
    loaded = ["-p", "lab.pytest_plugin"] if not _is_installed() else []
    return subprocess.run(
        [sys.executable, "-P", "-c", code, *loaded, "-p", "no:cacheprovider", *map(str, words)],
        cwd=cwd,
        env={**clean, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )


def _is_installed() -> bool:
    from importlib.metadata import entry_points

    return any(point.name == "paddock" for point in entry_points(group="pytest11"))


def results(path: Path) -> dict[str, tuple[int, int, str]]:
    tests = json.loads(path.read_text())["tests"]
    return {test["name"]: (test["score"], test["max_score"], test["status"]) for test in tests}


def test_each_check_is_an_item_with_points(letter: Scenario, starter: Path, tmp_path: Path) -> None:
    file, junit = tmp_path / "results.json", tmp_path / "junit.xml"
    done = grade(
        letter.folder, "--solution", starter, "--results", file, f"--junitxml={junit}", "-rA"
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "2 failed, 1 passed" in done.stdout
    assert "post/letter: 1/6 points" in done.stdout
    assert (
        "expected: 1 letter sent\nactual:   0 sent\n"
        "why:      Nothing arrives that was not sent.\ntry:      Put a stamp on it.\n"
    ) in done.stdout
    assert "Traceback" not in done.stdout
    assert results(file) == {
        "Send a letter: sent": (0, 2, "failed"),
        "Send a letter: delivered": (1, 1, "passed"),
        "Lose a letter: gave up": (0, 3, "failed"),
    }
    assert json.loads(file.read_text())["score"] == 1
    cases = ET.parse(junit).getroot().iter("testcase")
    earned = {
        case.get("name"): {p.get("name"): p.get("value") for p in case.iter("property")}
        for case in cases
    }
    assert earned["send: sent"]["points"] == "2"
    assert earned["send: sent"]["earned"] == "0"
    assert earned["send: delivered"]["earned"] == "1"


def test_the_reference_passes_on_every_seed(letter: Scenario, tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    done = grade(letter.folder / "scenario.py", "--seeds", "3", "--seed", "5", "--results", file)
    assert done.returncode == 0, done.stdout
    assert "9 passed" in done.stdout
    assert "seed 5, 6, 7" in done.stdout
    assert sum(score for score, _, _ in results(file).values()) == 6


def test_under_xdist_a_run_is_made_once_a_seed(letter: Scenario, tmp_path: Path) -> None:
    pytest.importorskip("xdist")
    counted = tmp_path / "runs"
    counted.mkdir()
    root = tmp_path / "scenarios"
    _copy_counting(letter.folder, root / "post" / "letter", counted)
    file = tmp_path / "results.json"
    words = (root / "post" / "letter", "--seeds", "2", "-n", "2", "--results", file)
    done = grade(*words, PADDOCK_SCENARIOS=str(root))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "6 passed" in done.stdout
    assert len(list(counted.iterdir())) == 2
    assert json.loads(file.read_text())["score"] == 6


def _copy_counting(source: Path, target: Path, counted: Path) -> None:
    """The scenario with a set-up that leaves a mark each time it is run."""
    target.mkdir(parents=True)
    for name in ("scenario.py", "checks.py", "acts.py"):
        (target / name).write_text((source / name).read_text())
    (target / "reference").mkdir()
    (target / "reference" / "plan.json").write_text('{"stamp": true, "attempts": 3}')
    acts = target / "acts.py"
    mark = f"\n    import os\n    open(f'{counted}/{{os.getpid()}}', 'w').close()\n"
    acts.write_text(
        acts.read_text().replace("-> None:\n    path =", f"-> None:{mark}    path =", 1)
    )


def test_what_was_not_run_is_not_passed(letter: Scenario, tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    done = grade(letter.folder, "--results", file, "-k", "gave")
    assert done.returncode == 0
    assert results(file)["Lose a letter: gave up"] == (3, 3, "passed")
    assert results(file)["Send a letter: sent"] == (0, 2, "failed")
    assert "could not tell: the check was not run" in file.read_text()


def test_a_run_that_takes_too_long_could_not_be_told(letter: Scenario, tmp_path: Path) -> None:
    root = tmp_path / "scenarios"
    _copy_counting(letter.folder, root / "post" / "letter", tmp_path)
    acts = root / "post" / "letter" / "acts.py"
    acts.write_text(
        acts.read_text().replace("import os\n", "import select; select.select([],[],[])\n")
    )
    file = tmp_path / "results.json"
    words = (root / "post" / "letter", "--time-limit", "2", "--results", file)
    done = grade(*words, PADDOCK_SCENARIOS=str(root))
    assert done.returncode == 1
    told = json.loads(file.read_text())
    assert told["score"] == 0
    assert told["output"].startswith("could not tell: the run took more than 2 s")
    assert len(told["tests"]) == 3


def test_a_worker_that_dies_could_not_tell(letter: Scenario, tmp_path: Path) -> None:
    root = tmp_path / "scenarios"
    _copy_counting(letter.folder, root / "post" / "letter", tmp_path)
    acts = root / "post" / "letter" / "acts.py"
    acts.write_text(acts.read_text().replace("import os\n", "import os; os.kill(os.getpid(), 9)\n"))
    done = grade(root / "post" / "letter", PADDOCK_SCENARIOS=str(root))
    assert done.returncode == 1
    assert "could not tell: the run's process was killed by SIGKILL" in done.stdout


@pytest.fixture
def hostile(letter: Scenario, tmp_path: Path) -> Path:
    """A submission with all that pytest or Python might run, inside what is collected."""
    folder = tmp_path / "scenarios" / "post" / "letter"
    _copy_counting(letter.folder, folder, tmp_path)
    submission = folder / "submission"
    submission.mkdir()
    (submission / "plan.json").write_text('{"stamp": true, "attempts": 1}')
    for name in ("conftest.py", "test_mine.py", "sitecustomize.py", "evil.py", "lab.py"):
        (submission / name).write_text(f"open({str(tmp_path / 'mark')!r}, 'w').close()\n")
    (submission / "pytest.ini").write_text("[pytest]\naddopts = -p evil\npythonpath = .\n")
    return submission


def test_nothing_of_the_submission_runs_in_pytest(hostile: Path, tmp_path: Path) -> None:
    root = tmp_path / "scenarios"
    folder = root / "post" / "letter"
    (root / "pytest.ini").write_text("[pytest]\n")  # as a checkout of ours has its settings
    for words in (
        (folder, "--solution", hostile),
        (root / "post", "--solution", hostile, "--rootdir", root),
        (folder, "--solution", "."),
        (f"--solution={hostile}", folder),
    ):
        done = grade(*words, cwd=hostile, PADDOCK_SCENARIOS=str(root))
        assert "1 failed, 2 passed" in done.stdout, done.stdout + done.stderr
        assert not (tmp_path / "mark").exists()


def test_settings_of_the_submission_are_refused(hostile: Path, tmp_path: Path) -> None:
    (hostile / "pytest.ini").write_text("[pytest]\n")
    root = tmp_path / "scenarios"
    words = ("--solution", hostile, root / "post" / "letter")
    done = grade(*words, PADDOCK_SCENARIOS=str(root))
    assert done.returncode == 4
    assert "pytest took its settings from the solution's own" in done.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--solution", "/none"), "--solution /none does not exist"),
        (("--solution", __file__), "is a file, not a folder"),
        (("--seeds", "0"), "--seeds counts the seeds"),
        (("--results", "/none/results.json"), "there is no folder /none"),
    ],
)
def test_bad_options_are_a_sentence(words: tuple[str, ...], says: str, letter: Scenario) -> None:
    done = grade(letter.folder, *words)
    assert done.returncode == 4
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_broken_scenario_is_a_sentence(tmp_path: Path) -> None:
    folder = tmp_path / "scenarios" / "x" / "broken"
    folder.mkdir(parents=True)
    (folder / "scenario.py").write_text("from lab.scenario import Scenario\n1/0")
    done = grade(folder, PADDOCK_SCENARIOS=str(tmp_path / "scenarios"))
    assert done.returncode == 2
    assert "cannot be used: ZeroDivisionError" in done.stdout
    assert "Traceback" not in done.stdout


def test_a_scenario_that_is_in_no_catalogue_is_a_sentence(letter: Scenario, tmp_path: Path) -> None:
    done = grade(letter.folder, PADDOCK_SCENARIOS="")
    assert done.returncode == 2
    assert "PADDOCK_SCENARIOS" in done.stdout
    assert "Traceback" not in done.stdout


def test_other_projects_notice_nothing(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        "def pytest_addoption(parser):\n"
        "    for name in ('--seed', '--seeds', '--solution', '--results', '--time-limit'):\n"
        "        parser.addoption(name, default='theirs')\n"
    )
    (tmp_path / "scenario.py").write_text("def test_not_ours(): pass\n")
    (tmp_path / "test_theirs.py").write_text(
        "import sys\n"
        "def test_it(pytestconfig):\n"
        "    assert pytestconfig.getoption('--solution') == 'theirs'\n"
        "    ours = [m for m in sys.modules if m.split('.')[0] in ('simulator', 'moto', 'simpy')]\n"
        "    assert ours == []\n"
        "    assert 'lab.grading' not in sys.modules\n"
    )
    done = grade(tmp_path, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
    assert not concerns_us([tmp_path, "-q", "tests::x", ""])


def test_scenarios_are_recognised_from_above(letter: Scenario) -> None:
    assert concerns_us([letter.folder / "scenario.py"])
    assert concerns_us([letter.folder])
    assert concerns_us([letter.folder.parent])
    assert concerns_us([str(letter.folder.parent.parent) + "/"])
    assert not concerns_us([letter.folder / "starter"])
