"""docs/bill.md and docs/prices.md say what the commands in them print."""

import re
from pathlib import Path

import pytest

from lab.cli import main

DOCS = Path(__file__).parent.parent / "docs"
BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)


def commands(page: str) -> list[tuple[str, str]]:
    """Each command of a page's console blocks, and what the page says it prints."""
    found = []
    for block in BLOCK.findall((DOCS / page).read_text()):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, printed = part.partition("\n")
            found.append((command, printed))
    return found


@pytest.mark.parametrize(("command", "printed"), [*commands("bill.md"), *commands("prices.md")])
def test_a_command_prints_what_the_page_says(
    capsys: pytest.CaptureFixture[str], command: str, printed: str
) -> None:
    program, *words = command.split()
    assert program == "paddock"
    assert main(words) == 0
    assert capsys.readouterr().out == printed, f"'{command}' prints something else now"


def test_its_python_runs() -> None:
    blocks = re.findall(r"```python\n(.*?)```", (DOCS / "bill.md").read_text(), re.DOTALL)
    assert len(blocks) == 1
    exec(compile(blocks[0], "docs/bill.md", "exec"), {"__name__": "page"})


def test_there_is_something_to_compare() -> None:
    assert len(commands("bill.md")) == 9
    assert len(commands("prices.md")) == 2


def test_the_table_of_functions_is_the_post_s(capsys: pytest.CaptureFixture[str]) -> None:
    rows = re.findall(r"^\| (\d+) \| (\$[\d.]+) \|$", (DOCS / "bill.md").read_text(), re.MULTILINE)
    assert len(rows) == 6
    for memory_mb, total in rows:
        calls = "1_000_000"
        words = [f"lambda.requests={calls}", f"lambda.gb_seconds={calls}x{memory_mb}MBx1s"]
        assert main(["price", *words]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert next(line for line in lines if line.startswith("total")).split() == ["total", total]
