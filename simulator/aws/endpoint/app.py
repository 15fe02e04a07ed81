"""The endpoint: requests from outside in, to the cloud or the control routes."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from simulator.aws.endpoint.control import Control
from simulator.aws.endpoint.http1 import BODY_LIMIT_BYTES, Incoming

if TYPE_CHECKING:
    from simulator.aws.endpoint.timekeeper import Call, Timekeeper
    from simulator.http import HttpResponse

log = logging.getLogger(__name__)


class Endpoint:
    """Answers HTTP requests from a world's cloud."""

    def __init__(self, keeper: Timekeeper, bind_host: str) -> None:
        self._keeper = keeper
        self._gateway = keeper.world.cloud.gateway
        self._control = Control(keeper, bind_host)

    async def serve(self, incoming: Incoming) -> HttpResponse | None:
        """The answer to a request; None where its client has left before there was one."""
        request = incoming.request
        if incoming.too_large:
            sentence = f"a body may have {BODY_LIMIT_BYTES} bytes at most"
            return self._gateway.refusal(request, 413, "EntityTooLarge", sentence)
        try:
            if (answer := await self._control.answer(incoming.path, request)) is not None:
                return answer
            call = await self._keeper.begin(request)
            if call.answer.done():
                return call.answer.result()
            return await self._stand_by(call, incoming)
        except Exception as error:  # the server outlives whatever one request does to it
            log.exception("%s %s failed", request.method, incoming.path)
            sentence = f"the request failed inside Paddock: {type(error).__name__}: {error}"
            return self._gateway.refusal(request, 500, "InternalFailure", sentence)

    async def _stand_by(self, call: Call, incoming: Incoming) -> HttpResponse | None:
        """Wait for an answer that comes with time, as long as somebody is there to read it."""
        standing = asyncio.ensure_future(self._keeper.stand_by(call))
        try:
            waited: set[asyncio.Future[Any]] = {standing, incoming.left}
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
            if standing.done():
                return standing.result()
            await self._keeper.leave(call)
            return None
        finally:
            standing.cancel()
