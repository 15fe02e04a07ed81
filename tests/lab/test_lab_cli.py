"""The command line: data on stdout, one sentence on stderr, an exit status that means something."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from shlex import quote, split

import pytest

from lab.child import command_of
from lab.cli import main
from lab.commands.durations import duration_s, instant
from lab.report import RunReport


def said(capsys: pytest.CaptureFixture[str]) -> str:
    """What was said of an error: one line beginning with our name, and no data."""
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("paddock: ")
    assert err.count("\n") == 1
    return err


def paddock(*words: str, **options: object) -> subprocess.CompletedProcess[str]:
    command = command_of("lab.cli", *words)
    return subprocess.run(command, text=True, timeout=120, **options)  # type: ignore[call-overload,no-any-return]


def test_run_prints_a_report_and_how_to_repeat_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "post/letter", "--seed", "4"]) == 0
    out, err = capsys.readouterr()
    assert "passed  6/6 points\nrepeat: paddock run post/letter --seed 4\n" in out
    assert err == ""


def test_run_of_a_failing_solution_exits_1(
    capsys: pytest.CaptureFixture[str], starter: Path
) -> None:
    assert main(["run", "post/letter", "--solution", str(starter), "--json"]) == 1
    report = RunReport.from_json(json.loads(capsys.readouterr().out))
    assert (report.earned, report.solution) == (1, str(starter))


def test_run_of_unusable_files_exits_1(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["run", "post/letter", "--solution", str(tmp_path)]) == 1
    assert "plan.json is missing" in capsys.readouterr().out


def test_list_shows_each_scenario_and_how_one_stands(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    assert "post/letter" in capsys.readouterr().out
    assert main(["list", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["post/letter"]["points"] == 6
    assert rows["post/letter"]["steps_passed"] == 0


def test_list_tells_of_a_broken_scenario_and_shows_the_others(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x" / "broken").mkdir(parents=True)
    (tmp_path / "x" / "broken" / "scenario.py").write_text("1/0")
    roots = os.environ["PADDOCK_SCENARIOS"]
    monkeypatch.setenv("PADDOCK_SCENARIOS", f"{roots}{os.pathsep}{tmp_path}")
    assert main(["list"]) == 2
    out, err = capsys.readouterr()
    assert "post/letter" in out
    assert "x/broken" in err
    assert "ZeroDivisionError" in err


def test_path_and_reset_print_the_workspace(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["path", "post/letter"]) == 0
    folder = Path(capsys.readouterr().out.strip())
    (folder / "plan.json").write_text("mine")
    assert main(["reset", "post/letter"]) == 0
    out, err = capsys.readouterr()
    assert Path(out.strip()) == folder
    assert "kept in" in err
    assert (folder / "plan.json").read_text() != "mine"


@pytest.mark.process
def test_grade_judges_seeds_and_writes_gradescopes_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, starter: Path
) -> None:
    assert main(["grade", "post/letter"]) == 2
    assert "there is no workspace" in said(capsys)
    results = tmp_path / "results.json"
    words = ["grade", "post/letter", "--solution", str(starter), "--seeds", "2"]
    assert main([*words, "--results", str(results)]) == 1
    assert capsys.readouterr().out.endswith("1/6 points\n")
    assert json.loads(results.read_text())["score"] == 1
    main(["path", "post/letter"])
    folder = Path(capsys.readouterr().out.strip())
    (folder / "plan.json").write_text('{"stamp": true, "attempts": 3}')
    assert main(["grade", "post/letter"]) == 0


@pytest.mark.process
def test_a_judge_that_runs_out_of_time_could_not_tell(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    results = tmp_path / "results.json"
    words = ["grade", "post/flood", "--solution", str(tmp_path), "--time-limit", "1"]
    assert main([*words, "--results", str(results)]) == 2
    assert "could not tell: the run took more than 1 s" in json.loads(results.read_text())["output"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("run post/lettre", "there is no scenario 'post/lettre'; did you mean post/letter?"),
        ("run post/letter --seed x", "'x' is no whole number"),
        ("run post/letter --bogus", "unrecognized arguments: --bogus"),
        ("run", "required: scenario"),
        ("fly", "invalid choice: 'fly'"),
        ("run post/letter --solution /none", "there is no solution folder /none"),
        (f"run post/letter --solution {quote(__file__)}", "is a file"),
        ("run post/letter --journal /none/j", "cannot write the journal /none/j"),
        ("run post/letter --journal /dev/full", "No space left on device"),
        ("grade post/letter --seeds 0", "0 is less than 1"),
        ("grade post/letter --time-limit nan", "nan is not above 0"),
        ("tui post/letter", "needs a terminal"),
        ("tui post/lettre", "did you mean"),
        ("serve --time paced=x", "'x' is no number"),
        ("serve --time slow", "none of auto, paced=N and paused"),
        ("serve --port 70000", "70000 is no port"),
        ("serve --start yesterday", "'yesterday' is no instant"),
        ("clock advance 3x", "'3x' is no duration"),
        ("clock --port 1", "nothing answers at http://127.0.0.1:1"),
    ],
)
def test_bad_input_is_one_sentence_and_status_2(
    words: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(split(words)) == 2
    assert says in said(capsys)


def test_a_fault_of_ours_is_a_sentence_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lab.run.run_through", lambda *_, **__: {}["gone"])
    monkeypatch.delenv("PADDOCK_DEBUG", raising=False)
    assert main(["run", "post/letter"]) == 2
    assert "Paddock itself broke: KeyError: 'gone'" in said(capsys)


@pytest.mark.process
def test_a_reader_that_leaves_and_a_full_disk_bring_no_traceback() -> None:
    read, write = os.pipe()
    os.close(read)
    left = paddock("run", "post/letter", stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    assert (left.returncode, left.stderr) == (141, "")
    with Path("/dev/full").open("w") as full:
        done = paddock("run", "post/letter", stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 2
    assert done.stderr == "paddock: cannot read or write: No space left on device\n"


@pytest.mark.process
def test_ctrl_c_brings_no_traceback(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    command = command_of(
        "lab.cli", "run", "post/flood", "--solution", str(tmp_path), "--journal", str(journal)
    )
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        while not (journal.exists() and journal.stat().st_size > 1000):
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, "paddock: stopped\n")


def test_durations() -> None:
    assert [duration_s(text) for text in ("31s", "15m", "2h", "1d", "1h30m", "250ms", "7")] == [
        31,
        900,
        7200,
        86400,
        5400,
        0.25,
        7,
    ]
    for wrong in ("", "-3s", "3 s", "1e9", "s", "1h-3m", "200000d"):
        with pytest.raises(ValueError, match="is"):
            duration_s(wrong)
    assert instant("2026-01-01T12:00:00Z") == instant("2026-01-01T12:00:00")
    assert instant("2026-01-01T12:00:00+02:00") < instant("2026-01-01T12:00:00")


@pytest.mark.process
def test_clock_reads_and_moves_a_served_world() -> None:
    command = command_of(
        "lab.cli", "serve", "--port", "0", "--time", "paused", "--start", "2026-05-01T00:00:00Z"
    )
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            port = server.stdout.readline().strip().rpartition(":")[2]
            shown = paddock("clock", "--port", port, capture_output=True)
            assert json.loads(shown.stdout)["now"] == "2026-05-01T00:00:00+00:00"
            moved = paddock("clock", "advance", "1h30m", "--port", port, capture_output=True)
            assert json.loads(moved.stdout)["now_s"] == 5400
            again = paddock("clock", "--port", port, "show", capture_output=True)
            assert again.stdout == moved.stdout
        finally:
            server.send_signal(signal.SIGINT)
            assert server.wait(30) == 0
