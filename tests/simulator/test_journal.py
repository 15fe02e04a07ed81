"""The journal: on disk after every fact, read back lazily, honest about damage."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from simulator.journal import SCHEMA, Fact, Journal, JournalError, read


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path, {"seed": 7})
    journal.record(0.1 + 0.2, "lab", "ride.ended", {"fare": "f-1", "name": "Jürgen"})
    assert [fact.data["fare"] for fact in read(path)] == ["f-1"]  # before it is closed
    journal.close()
    assert path.read_text(encoding="utf-8").splitlines() == list(journal.lines())
    assert json.loads(path.read_text().splitlines()[0]) == {"schema": SCHEMA, "seed": 7}
    assert list(read(path)) == [Fact(0.3, "lab", "ride.ended", {"fare": "f-1", "name": "Jürgen"})]


def test_a_torn_last_line_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    journal.record(1, "a", "b", {})
    journal.close()
    with path.open("a") as file:
        file.write('{"at":2,"who":"a","wh')
    assert len(list(read(path))) == 1


def test_damage_in_the_middle_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_text(f'{{"schema":{SCHEMA}}}\n{{"at":1}}\n')
    with pytest.raises(JournalError, match=r"line 2 of .*journal\.jsonl"):
        list(read(path))


@pytest.mark.parametrize("text", ["", "hello\n", "[]\n", '{"seed":1}\n'])
def test_what_is_no_journal_is_said_to_be_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "file"
    path.write_text(text)
    with pytest.raises(JournalError, match="is no journal"):
        list(read(path))


def test_another_schema_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text('{"schema":999}\n')
    with pytest.raises(JournalError, match="schema 999"):
        list(read(path))


def test_reading_is_lazy(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_text(f'{{"schema":{SCHEMA}}}\n{{"at":1,"who":"a","what":"b"}}\nbroken\n')
    assert next(read(path)) == Fact(1, "a", "b", {})


def test_a_path_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match=r"cannot write the journal .*; name another"):
        Journal(tmp_path / "missing" / "journal.jsonl")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_one_sentence() -> None:
    with pytest.raises(JournalError, match="cannot write the journal /dev/full: No space left"):
        Journal(Path("/dev/full"))


@pytest.mark.process
def test_a_killed_process_loses_no_fact_it_recorded(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    code = (
        "import os, signal, sys; from pathlib import Path; from simulator.journal import Journal\n"
        "journal = Journal(Path(sys.argv[1]))\n"
        "for n in range(100): journal.record(n, 'a', 'b', {})\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, str(path)], check=False, cwd=os.fspath(Path.cwd())
    )
    assert ended.returncode == -signal.SIGKILL
    assert len(list(read(path))) == 100
