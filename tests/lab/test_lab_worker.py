"""The worker keeps its protocol and the client tells of its end, whatever that is."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from lab.child import command_of
from lab.client import Event, WorkerClient
from lab.run import run_through
from lab.scenario import Scenario
from lab.till import Till
from simulator.journal import Fact
from simulator.world import DEFAULT_START

pytestmark = pytest.mark.process


@asynccontextmanager
async def worker(*command: str) -> AsyncIterator[tuple[WorkerClient, AsyncIterator[Event]]]:
    client = WorkerClient(command or None)
    await client.start()
    try:
        yield client, client.events()
    finally:
        await client.close()


async def until(events: AsyncIterator[Event], kind: str, **fields: Any) -> list[Event]:
    """The events up to and with the first of that kind."""
    seen = []
    async with asyncio.timeout(60):
        async for event in events:
            seen.append(event)
            if event["event"] == kind and fields.items() <= event.items():
                return seen
    raise AssertionError(f"no {kind} came: {seen}")


def kinds(events: list[Event]) -> list[str]:
    return [event["event"] for event in events]


def facts(events: list[Event]) -> list[dict[str, Any]]:
    return [fact for event in events if event["event"] == "facts" for fact in event["facts"]]


async def test_a_step_is_advanced_and_its_report_comes_after_its_facts(letter: Scenario) -> None:
    async with worker() as (client, events):
        await client.open("post/letter", seed=3, solution=None)
        before = await until(events, "clock", state="paused")
        opened = next(event for event in before if event["event"] == "opened")
        assert before[0] == {"event": "ready"}
        assert opened["seed"] == 3
        assert opened["scenario"]["points"] == 6
        assert opened["scenario"]["edges"] == [["sender", "post"], ["post", "reader"]]
        assert opened["scenario"]["steps"][1] == {
            "index": 1,
            "name": "lose",
            "title": "Lose a letter",
            "checks": [{"name": "gave up", "points": 3}],
        }
        await client.advance()
        first = await until(events, "clock", state="paused")
        ended = next(event for event in first if event.get("state") == "ended")
        assert first[-1]["step"] == 1
        assert first[-1]["now_s"] == ended["report"]["ended_s"]
        assert first[-1]["instant"].startswith("2026-01-01T00:01:00")
        assert facts(first)[-1]["what"] == "step.ended"
        assert kinds(first).index("facts") < first.index(ended)
        await client.advance()
        rest = await until(events, "finished")
        assert rest[-1]["report"] == run_through(letter, None, 3).to_json()


async def test_advances_are_taken_in_order() -> None:
    async with worker() as (client, events):
        await client.open("post/letter", seed=1, solution=None)
        await client.advance("fact")
        await client.advance("for", 30)
        await client.advance("for", 30)
        await client.advance("fact")
        await client.advance()
        seen = await until(events, "clock", state="paused", step=1)
        stops = [event["now_s"] for event in seen if event.get("state") == "paused"]
        assert stops[:4] == [0, 0, 30, 60]
        assert 60 < stops[4] <= 61
        assert [fact["what"] for fact in facts(seen)][:3] == [
            "post.opened",
            "step.begun",
            "post.sent",
        ]


async def test_play_keeps_pace_until_it_is_paused() -> None:
    async with worker() as (client, events):
        await client.open("post/letter", seed=1, solution=None)
        await until(events, "clock", state="paused")
        await client.play(20)
        playing = [await anext(events) for _ in range(8)]
        assert {"clock"} <= set(kinds(playing))
        await client.pause()
        paused = (await until(events, "clock", state="paused"))[-1]
        assert 0 < paused["now_s"] < 60, "it must neither stand nor rush to the step's end"
        await client.play(1e9)
        seen = await until(events, "step", state="ended")
        assert seen[-1]["report"]["index"] == 0


async def test_pause_stops_a_run_that_is_flat_out(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text('{"stamp": true, "attempts": 1, "letters": 10000000}')
    async with worker() as (client, events):
        await client.open("post/flood", seed=1, solution=tmp_path)
        await until(events, "clock", state="paused")
        await client.advance()
        await until(events, "facts")
        await client.pause()
        seen = await until(events, "clock", state="paused")
        assert "step" not in [event["event"] for event in seen if event.get("state") == "ended"]
        now_s = seen[-1]["now_s"]
        await client.advance("for", 5)
        again = await until(events, "clock", state="paused")
        assert again[-1]["now_s"] == pytest.approx(now_s + 5)
        assert max(len(event["facts"]) for event in seen if event["event"] == "facts") <= 1000
        await client.advance()
        await until(events, "facts")


async def test_rerun_sees_the_saved_file_and_goto_stops_before(tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text('{"stamp": true, "attempts": 2}')
    async with worker() as (client, events):
        await client.open("post/letter", seed=1, solution=tmp_path)
        await client.rerun(1)
        seen = await until(events, "finished")
        assert seen[-1]["report"]["earned"] == 3
        plan.write_text('{"stamp": true, "attempts": 3}')
        await client.rerun(1)
        seen = await until(events, "finished")
        assert "reset" in kinds(seen)
        assert seen[-1]["report"]["earned"] == 6
        await client.goto(1)
        await until(events, "reset")
        seen = await until(events, "clock", state="paused", step=1)
        assert [event["index"] for event in seen if event.get("state") == "begun"] == [0]
        assert [fact["what"] for fact in facts(seen)][-1] == "step.ended"
        await client.goto(0)
        await until(events, "reset")
        seen = await until(events, "clock", state="paused", step=0)
        assert [fact["what"] for fact in facts(seen)] == ["post.opened"]


async def test_a_broken_file_is_told_and_mended(tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text("{")
    async with worker() as (client, events):
        await client.open("post/letter", seed=1, solution=tmp_path)
        seen = await until(events, "clock", state="paused")
        error = next(event for event in seen if event["event"] == "error")
        assert error["message"].startswith("plan.json, line 1")
        finished = next(event for event in seen if event["event"] == "finished")
        assert finished["report"]["error"] == error["message"]
        await client.advance()
        plan.write_text('{"stamp": true, "attempts": 3}')
        await client.rerun(0)
        await until(events, "step", state="ended")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"not json", "no command None"),
        (b"[]", "no command None"),
        (b'{"do": "fly"}', "no command 'fly'"),
        (b'{"do": "advance"}', "nothing is open"),
        (b'{"do": "rerun", "step": 0}', "nothing is open"),
        (b'{"do": "open"}', "cannot be read"),
        (b'{"do": "play", "rate": "x"}', "cannot be read"),
        (b'{"do": "open", "scenario": "post/lettre"}', "did you mean post/letter?"),
        (b'{"do": "open", "scenario": "post/letter", "solution": "/none"}', "no solution folder"),
    ],
)
async def test_a_command_that_cannot_be_done_is_answered(line: bytes, says: str) -> None:
    async with worker() as (client, events):
        process = client._process
        assert process is not None
        assert process.stdin is not None
        process.stdin.write(line + b"\n")
        error = (await until(events, "error"))[-1]
        assert says in error["message"]
        await client.open("post/letter", seed=1, solution=None)
        await until(events, "opened")


@pytest.mark.parametrize("command", ["advance", "rerun", "goto", "play"])
async def test_a_wrong_argument_is_one_sentence(command: str) -> None:
    async with worker() as (client, events):
        await client.open("post/letter", seed=1, solution=None)
        if command == "advance":
            await client.advance("sideways")  # type: ignore[arg-type]
        elif command == "play":
            await client.play(-1)
        else:
            await getattr(client, command)(7)
        await until(events, "error")
        await client.rerun(1)
        await until(events, "finished")


async def test_death_is_told_and_a_restart_opens_it_again() -> None:
    async with worker() as (client, events):
        await client.open("post/letter", seed=8, solution=None)
        await until(events, "opened")
        assert client.pid is not None
        os.kill(client.pid, signal.SIGKILL)
        died = (await until(events, "died"))[-1]
        assert died["status"] == -9
        assert died["message"] == "the lab's worker was killed by SIGKILL"
        assert not client.alive
        await client.advance()
        await client.restart()
        assert (await until(events, "opened"))[-1]["seed"] == 8


async def test_last_words_are_passed_on() -> None:
    code = "import sys; print('out of luck', file=sys.stderr); sys.exit(3)"
    async with worker(sys.executable, "-c", code) as (_, events):
        died = (await until(events, "died"))[-1]
        assert died["message"] == "the lab's worker ended with status 3: out of luck"


async def test_a_worker_that_babbles_is_ended() -> None:
    code = "import time; print('hello', flush=True); time.sleep(600)"
    async with worker(sys.executable, "-c", code) as (client, events):
        died = (await until(events, "died"))[-1]
        assert "no event" in died["message"]
        assert not client.alive


async def test_closing_ends_the_worker_and_the_events() -> None:
    client = WorkerClient()
    await client.start()
    await client.open("post/letter", seed=1, solution=None)
    pid = client.pid
    assert pid is not None
    await client.close()
    assert "died" not in kinds([event async for event in client.events()])
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_worker_whose_client_is_gone_ends() -> None:
    done = subprocess.run(command_of("lab.server"), input=b"", capture_output=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, b'{"event":"ready"}\n', b"")


def test_what_a_scenario_prints_is_no_event(tmp_path: Path) -> None:
    folder = tmp_path / "loud" / "mouth"
    folder.mkdir(parents=True)
    (folder / "scenario.py").write_text(
        "import os\nfrom pathlib import Path\nfrom lab.scenario import Scenario\n"
        "def act(stage):\n    print('hello', flush=True)\n    os.system('echo hello; cat')\n"
        "SCENARIO = Scenario('loud/mouth', 'T', 'S', Path(__file__).parent, act, ())\n"
    )
    commands = b'{"do": "open", "scenario": "loud/mouth", "solution": "."}\n{"do": "quit"}\n'
    done = subprocess.run(
        command_of("lab.server"),
        input=commands,
        capture_output=True,
        timeout=60,
        env={**os.environ, "PADDOCK_SCENARIOS": str(tmp_path)},
    )
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert kinds(events)[:2] == ["ready", "opened"]
    assert done.stderr.count(b"hello") == 2


async def test_the_bill_follows_the_clock_and_is_that_of_the_facts(letter: Scenario) -> None:
    async with worker() as (client, events):
        await client.open("post/letter", seed=3, solution=None)
        seen = await until(events, "clock", state="paused")
        await client.advance("step_end")
        seen += await until(events, "step", state="ended")
        seen += await until(events, "clock", state="paused")
        seen += await until(events, "bill")
    assert seen[-2]["event"] == "clock"
    told = [Fact.from_json(json.dumps(fact)) for fact in facts(seen)]
    till = Till(DEFAULT_START)
    for fact in told:
        till.take(fact)
    assert seen[-1]["bill"] == till.news(seen[-2]["now_s"])
