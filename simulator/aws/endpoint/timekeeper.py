"""Drives a world for callers from outside: spends virtual time on their calls as the mode says.

Only here, in the whole simulator, does real time move a world, and only where that is the point:
how fast a paced clock goes, how long a call may stand at a paused one, and how long the loop may
run before the server looks at its sockets. In mode `auto` none of these changes what happens: the
same requests in the same order write the same journal.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from simulator.aws.apigateway.loopback import is_outside, listen
from simulator.aws.endpoint.modes import TimeMode
from simulator.aws.endpoint.polling import POLL_S, Polls, Wait
from simulator.aws.errors import AnswerNow

if TYPE_CHECKING:
    from simpy.events import Event

    from simulator.http import HttpRequest, HttpResponse
    from simulator.world import World

log = logging.getLogger(__name__)

CALL_S = 0.001
"""What a call from outside costs in mode auto, so that no two share an instant."""
PATIENCE_S = 50.0
"""Real seconds that a call may stand at a paused clock; boto3 gives up after 60."""
_TICK_S = 0.02
_SLICE_S = 0.02
_GRACE_S = 0.5  # real seconds that a paced clock may be late with an answer
_LAG_S = 0.25  # real seconds that a paced clock makes up for
_LAST = datetime(3000, 1, 1, tzinfo=UTC)
_EVENTS_PER_LOOK = 16
_EVENTS_AT_ONE_INSTANT = 200_000  # actors that never let time pass must not hold up an answer
_STANDS = (
    "virtual time is paused and this call waits for it; move it with `paddock clock advance 30s`"
)
_NEVER = "nothing left in this world can bring the answer; the call would wait for ever"
_STOPPING = "the endpoint is stopping"
_HALF_A_MICROSECOND = 5e-7


class Call:
    """A request from outside on its way: a fiber in the world, an answer outside."""

    def __init__(self, world: World, request: HttpRequest) -> None:
        gateway = world.cloud.gateway
        self.request = request
        self._gateway = gateway
        self.answer: asyncio.Future[HttpResponse] = asyncio.get_running_loop().create_future()
        self.fiber = world.spawn(
            gateway.handle,
            request,
            # Without the query, which may hold a signature.
            name=f"{request.method} {request.url.partition('?')[0]}",
            actor="outside",
            daemon=True,
        )
        self.fiber.context["served"] = True
        assert self.fiber.done.callbacks is not None
        self.fiber.done.callbacks.append(self._done)

    @property
    def patience_s(self) -> float | None:
        """How long it asked to wait at most, if it is a poll that may end empty-handed."""
        return self.fiber.context.get("patience_s")

    def refuse(self, sentence: str) -> None:
        """Answer without the fiber, which goes on as it would behind a client that has left."""
        if not self.answer.done():
            self.answer.set_result(
                self._gateway.refusal(self.request, 503, "ServiceUnavailable", sentence)
            )

    def _done(self, done: Event) -> None:
        if self.answer.done():
            return
        error = self.fiber.error
        if error is None:
            response: Any = done.value
            self.answer.set_result(response)
            return
        sentence = f"the call failed inside Paddock: {type(error).__name__}: {error}"
        log.error(sentence)
        log.debug("%s", self.fiber.name, exc_info=error)
        self.answer.set_result(
            self._gateway.refusal(self.request, 500, "InternalFailure", sentence)
        )


class Timekeeper:
    """The one hand that moves a served world; whoever moves it holds the turn."""

    def __init__(self, world: World, mode: TimeMode) -> None:
        self.world = world
        self.mode = mode
        self._polls = Polls(world.cloud.gateway, world.journal, lambda: world.env.idle)
        self._turn = asyncio.Lock()
        self._waiting: list[Call] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._slice_ends_s = 0.0
        self._pace_began_s = self._pace_looked_s = self._pace_from_s = 0.0
        self._end_s = (_LAST - world.clock.start).total_seconds()
        self._closed = False
        listen(lambda: self._start(self._after_backend()))
        self.set_mode(mode)

    @property
    def waiting(self) -> int:
        """How many calls from outside wait for time to pass."""
        return len(self._waiting)

    async def begin(self, request: HttpRequest) -> Call:
        """Take a request in, and let happen what the mode allows; its `answer` may come later."""
        async with self._turn:
            auto = self.mode.kind == "auto"
            wait = self._polls.look(request)
            if auto:
                await self._spend(wait)
            elif self.mode.kind == "paced":
                await self._catch_up()
            call = Call(self.world, request)
            await self._settle()
            if auto:
                await self._run_to_answer(call)
            if call.answer.done():
                self._polls.answered(call.answer.result())
            elif self._closed:
                call.refuse(_STOPPING)
            else:
                self._waiting.append(call)
        return call

    async def stand_by(self, call: Call) -> HttpResponse:
        """The answer to a call that has to wait: time brings it, or the end of patience."""
        while not call.answer.done():
            limit_s = self._limit_s(call)
            await asyncio.wait([call.answer], timeout=limit_s)
            if call.answer.done():
                break
            if call.patience_s is not None:
                await self.leave(call)
            elif self.mode.kind == "paused":
                call.refuse(_STANDS)
        self._forget(call)
        return call.answer.result()

    async def leave(self, call: Call) -> None:
        """End a poll with what there is; any other call goes on without its client."""
        self._forget(call)
        if call.patience_s is None:
            return
        async with self._turn:
            if call.patience_s is not None and call.fiber.alive:
                call.fiber.interrupt(AnswerNow())
                await self._settle()

    async def advance(self, to_s: float) -> None:
        """Move the clock to `to_s` seconds after the start, through every event on the way."""
        async with self._turn:
            await self._run_to(max(to_s, self.world.now_s))
            await self._settle()
            self._repace()

    def set_mode(self, mode: TimeMode) -> None:
        """Change how time goes, from now on, for calls that wait already as well."""
        self.mode = mode
        self._repace()
        if mode.kind == "paced":
            self._start(self._keep_pace(mode))
        elif mode.kind == "auto":
            self._start(self._answer_waiting())

    def close(self) -> None:
        """Answer all that wait, and move nothing any more."""
        self._closed = True
        for task in tuple(self._tasks):
            task.cancel()
        for call in tuple(self._waiting):
            call.refuse(_STOPPING)

    def _limit_s(self, call: Call) -> float | None:
        """How long in real time a call may wait on, or None."""
        paced = self.mode.kind == "paced"
        if call.patience_s is not None:
            return call.patience_s + (_GRACE_S if paced else 0.0)
        return PATIENCE_S

    def _forget(self, call: Call) -> None:
        if call in self._waiting:
            self._waiting.remove(call)

    async def _spend(self, wait: Wait | None) -> None:
        """Let time pass before a call: a moment, or what a poll waits for."""
        now_s = self.world.now_s
        if wait is None or wait.changed is None:
            await self._run_to(now_s + (CALL_S if wait is None else POLL_S))
            return
        await self._run(now_s + wait.most_s, wait.changed)
        if not wait.changed():
            furthest_s = POLL_S if self.world.env.idle else wait.most_s
            await self._run_to(max(self.world.now_s, now_s + furthest_s))
        await self._settle()
        await self._run_to(max(self.world.now_s, now_s + CALL_S))

    async def _run_to_answer(self, call: Call) -> None:
        await self._run(
            float("inf"),
            lambda: (
                call.answer.done()
                or self.mode.kind != "auto"
                or self._closed
                or is_outside(call.fiber.context)
            ),
        )
        outside = is_outside(call.fiber.context)
        if not (call.answer.done() or outside or self._closed) and self.mode.kind == "auto":
            call.refuse(_NEVER)
        await self._settle()

    async def _after_backend(self) -> None:
        """A backend on this machine has answered: what waits for it goes on."""
        async with self._turn:
            await self._settle()
            if self.mode.kind == "auto":
                for call in tuple(self._waiting):
                    await self._run_to_answer(call)

    async def _answer_waiting(self) -> None:
        async with self._turn:
            for call in tuple(self._waiting):
                await self._run_to_answer(call)

    async def _run(self, horizon_s: float, enough: Callable[[], bool]) -> None:
        """Process events, one by one, until it is enough, up to `horizon_s`."""
        env, count = self.world.env, 0
        while not enough() and not env.idle and env.peek() <= horizon_s + _HALF_A_MICROSECOND:
            self._step()
            count += 1
            if count % _EVENTS_PER_LOOK == 0:
                await self._breathe()

    async def _run_to(self, to_s: float) -> None:
        """Process all events up to `to_s`, the background's too; the clock then stands there."""
        to_s = round(min(to_s, self._end_s), 6)
        env = self.world.env
        if to_s <= self.world.now_s or env.pass_to(to_s):
            return
        count, marker = 0, env.timeout(max(0.0, to_s - env.now))
        while not marker.processed and not self._closed:
            self._step()
            count += 1
            if count % _EVENTS_PER_LOOK == 0:
                await self._breathe()

    async def _settle(self) -> None:
        """Process what is due at this very instant."""
        env = self.world.env
        latest_s = self.world.now_s + _HALF_A_MICROSECOND
        for count in range(_EVENTS_AT_ONE_INSTANT):
            if env.peek() > latest_s:
                return
            self._step()
            if count % _EVENTS_PER_LOOK == _EVENTS_PER_LOOK - 1:
                await self._breathe()

    def _step(self) -> None:
        try:
            self.world.step()
        except Exception as error:  # an actor's failure is its own; the cloud goes on
            cause = error.__cause__ or error
            named = re.match(r"fiber '(.+?)' failed at ", str(error))
            told = f"{type(cause).__name__}: {cause}"
            self.world.record("fiber.failed", name=named[1] if named else "", error=told)
            log.warning("%s", error)

    async def _breathe(self) -> None:
        """Give the server's sockets a turn now and then."""
        loop = asyncio.get_running_loop()
        if loop.time() >= self._slice_ends_s:
            await asyncio.sleep(0)
            self._slice_ends_s = loop.time() + _SLICE_S

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _repace(self) -> None:
        self._pace_began_s = self._pace_looked_s = asyncio.get_running_loop().time()
        self._pace_from_s = self.world.now_s

    async def _keep_pace(self, mode: TimeMode) -> None:
        while self.mode is mode:
            async with self._turn:
                await self._catch_up()
            await asyncio.sleep(_TICK_S)

    async def _catch_up(self) -> None:
        """Run to where a paced clock should stand by now."""
        now_s = asyncio.get_running_loop().time()
        if self.mode.rate > 1:
            # What the machine was too slow for is not made up later: it would never catch up.
            self._pace_began_s += max(0.0, now_s - self._pace_looked_s - _LAG_S)
        self._pace_looked_s = now_s
        to_s = self._pace_from_s + (now_s - self._pace_began_s) * self.mode.rate
        if to_s > self.world.now_s:
            await self._run_to(to_s)
