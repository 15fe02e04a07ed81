"""The bill on the command line: of a run, of a journal, of a supposed usage; and the price list."""

import json
import signal
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
import pytest

from lab.bill import quantity
from lab.child import command_of
from lab.cli import main
from simulator.price import POSTS
from simulator.world import World


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """Three sends, one refused, to a queue of a tenant's; and something without a price."""
    path = tmp_path / "facts.jsonl"
    with World(journal=path) as world:

        def call(service: str, action: str, status: int, **params: str) -> None:
            world.record(
                "call", service=service, action=action, account="111122223333",
                region="us-east-1", params=params, status=status,
            )  # fmt: skip

        url = "http://paddock/111122223333/fares"
        for status in (200, 200, 400):
            call("sqs", "SendMessage", status, QueueUrl=url)
        call("quantum", "Guess", 200)
        call("iam", "CreateRole", 200)
    return path


def test_a_journal_has_a_bill(capsys: pytest.CaptureFixture[str], journal: Path) -> None:
    assert main(["bill", str(journal)]) == 0
    out = capsys.readouterr().out
    assert "Amazon SQS" in out
    assert "2 requests $0.000001" in " ".join(out.split())
    assert "not priced: quantum (1×, account 111122223333)" in out
    assert "iam" not in out


def test_the_bill_as_json_loses_no_digit(capsys: pytest.CaptureFixture[str], journal: Path) -> None:
    assert main(["bill", str(journal), "--json", "--prices", "2026-01-01"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert Decimal(told["usd"]) == Decimal("0.0000008")
    assert told["services"]["Amazon SQS"]["meters"]["sqs.requests"]["units"] == "2"
    assert told["accounts"] == {"111122223333": "0.0000008"}
    assert told["prices"] == "2026-01-01"


def test_the_free_tier_is_taken_off_when_asked(
    capsys: pytest.CaptureFixture[str], journal: Path
) -> None:
    assert main(["bill", str(journal), "--free-tier", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["usd"] == "0"


def test_a_journal_is_priced_at_another_scale(
    capsys: pytest.CaptureFixture[str], journal: Path
) -> None:
    words = ["bill", str(journal), "--times", "1000000", "--json"]
    assert main([*words, "--free-tier"]) == main(words) == 0
    shown = capsys.readouterr().out
    with_free_tier, without = (json.loads(part + "}") for part in shown.split("\n}\n")[:2])
    assert (with_free_tier["usd"], without["usd"]) == ("0.4", "0.8")
    assert without["not_priced"][0]["times"] == 1_000_000


def test_a_run_prints_its_bill_after_its_report(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "post/letter", "--bill"]) == 0
    report, _, bill = capsys.readouterr().out.partition("\n\nbill: ")
    assert "passed  6/6 points" in report
    assert "\ntotal " in bill


def test_a_runs_json_has_the_bill_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "post/letter", "--bill", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["passed"] is True
    assert told["bill"]["free_tier"] is False


@pytest.mark.parametrize(
    ("usage", "cost"),
    [
        (["sns.requests=100_000_000x1KB"], "$50.00"),
        (["sns.requests=1_562_500x64KB"], "$0.78"),
        (["lambda.requests=1000000", "lambda.gb_seconds=1000000x3008MBx1s"], "$49.17"),
        (["lambda.requests=1000000", "lambda.gb_seconds=1000000x128MBx1000ms"], "$2.28"),
    ],
)
def test_a_supposed_usage_is_priced(
    capsys: pytest.CaptureFixture[str], usage: list[str], cost: str
) -> None:
    assert main(["price", *usage]) == 0
    total = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("total"))
    assert total.split() == ["total", cost]


def test_without_a_usage_it_lists_every_price_with_its_source(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["price"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"us-east-1, prices of {POSTS}, in US dollars\n")
    assert "  sns.requests: requests, standard topics\n      $0.50 for 1,000,000 requests" in out
    assert "Optimizing the cost of serverless web applications, 2020-10-19" in out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["price", "lambda.requests=many"], "'lambda.requests=many' says no quantity"),
        (["price", "lambda.requests=-1"], "'lambda.requests=-1' says no quantity"),
        (["price", "lambda.request=1"], "the price list has no 'lambda.request'"),
        (["price", "sns.requests=1", "--prices", "soon"], "'soon' is no day"),
        (["price", "sns.requests=1", "--prices", "2019-12-31"], "begins on 2020-10-19"),
        (["bill", "nowhere.jsonl"], "cannot read the journal nowhere.jsonl"),
    ],
)
def test_what_cannot_be_priced_is_said_in_one_sentence(
    capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    try:
        status = main(words)
    except SystemExit as end:
        status = int(str(end.code))
    out, err = capsys.readouterr()
    assert status == 2
    assert out == ""
    assert err.startswith("paddock: ")
    assert sentence in err
    assert err.count("\n") == 1


def test_the_price_list_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["price", "--json"]) == 0
    meter = json.loads(capsys.readouterr().out)["meters"]["sqs.requests"]
    assert meter["tiers"][0] == {"up_to": "100000000000", "usd": "0.40"}
    assert meter["per"] == "1000000"


def test_quantities_are_shown_to_the_millionth() -> None:
    shown = [quantity(Decimal(text)) for text in ("1234567", "1234.5678", "0.0000001", "0")]
    assert shown == ["1,234,567", "1,234.5678", "<0.000001", "0"]


@pytest.mark.process
def test_a_served_world_has_a_bill_so_far(capsys: pytest.CaptureFixture[str]) -> None:
    command = command_of("lab.cli", "serve", "--port", "0", "--time", "paused")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            place = server.stdout.readline().split()[-1]
            sqs: Any = boto3.client(
                "sqs", endpoint_url=place, region_name="us-east-1",
                aws_access_key_id="111122223333", aws_secret_access_key="x",
            )  # fmt: skip
            sqs.create_queue(QueueName="rides")
            assert main(["bill", "--port", place.rpartition(":")[2], "--json"]) == 0
        finally:
            server.send_signal(signal.SIGINT)
    assert json.loads(capsys.readouterr().out)["accounts"] == {"111122223333": "0.0000004"}
