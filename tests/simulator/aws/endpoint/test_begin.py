"""Work that is begun at once: a task is made only for what has to wait."""

from __future__ import annotations

import asyncio

import pytest

from simulator.aws.endpoint.http1 import begin


async def test_work_that_never_waits_is_done_when_begin_returns() -> None:
    done = []

    async def work() -> None:
        done.append(1)

    assert begin(work()) is None
    assert done == [1]


async def test_what_waits_is_finished_by_a_task() -> None:
    answer = asyncio.get_running_loop().create_future()
    seen: list[object] = []

    async def work() -> None:
        seen.append("begun")
        seen.append(await answer)
        await asyncio.sleep(0)
        async with asyncio.timeout(5):
            await asyncio.sleep(0.001)
        seen.append("done")

    task = begin(work())
    assert task is not None
    assert seen == ["begun"]
    answer.set_result(42)
    await task
    assert seen == ["begun", 42, "done"]


async def test_a_failed_wait_and_a_cancellation_reach_the_work() -> None:
    async def wait_for(answer: asyncio.Future[None], seen: list[str]) -> None:
        try:
            await answer
        except BaseException as error:
            seen.append(type(error).__name__)
            raise

    failed, seen = asyncio.get_running_loop().create_future(), list[str]()
    task = begin(wait_for(failed, seen))
    failed.set_exception(OSError("gone"))
    with pytest.raises(OSError, match="gone"):
        await task  # type: ignore[misc]

    task = begin(wait_for(asyncio.get_running_loop().create_future(), seen))
    assert task is not None
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert seen == ["OSError", "CancelledError"]
